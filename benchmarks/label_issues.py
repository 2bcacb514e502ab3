"""How many labels that were made wrong on purpose does `inklens audit` list first?

    python benchmarks/label_issues.py --data mnist

1% of the training labels, chosen at random, become another class, chosen at random. It counts how many of
them are within the first 1.5% (of all training images) that the audit lists. `--data sample` is the quick
trial. MNIST's own wrong labels are in the list too, and count against it.
"""

from dataclasses import replace

import numpy as np

import inklens
import record
from inklens.audit import find_label_issues
from inklens.audit.label_audit import out_of_fold
from inklens.datasets import Split, stratified_folds

FLIPPED = 0.01
LISTED = 0.015


def flipped(data: inklens.Dataset, seed: int) -> tuple[inklens.Dataset, np.ndarray]:
    """The data with wrong labels, and the places of these."""
    random = np.random.default_rng(seed)
    labels = data.train.labels.copy()
    places = random.choice(len(labels), round(FLIPPED * len(labels)), replace=False)
    labels[places] = (labels[places] + random.integers(1, data.classes, len(places))) % data.classes
    return replace(data, train=Split(data.train.images, labels, data.train.rows)), places


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--data", default="mnist")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data, places = flipped(inklens.load(given.data), given.seed)
    recipe = inklens.Recipe.from_preset(given.preset, seed=given.seed)
    labels = data.train.labels
    fold_of = stratified_folds(labels, given.folds, given.seed, data.class_names)
    told = out_of_fold(
        data, recipe, fold_of, on_fold=lambda fold, of: print(f"fold {fold} of {of}", flush=True)
    )
    issues = find_label_issues(told, labels, data.class_names)
    first = issues.indices[: round(LISTED * len(labels))]
    found = np.isin(places, first)
    figures = {
        "data": {"name": data.name, "training_images": len(labels)},
        "preset": given.preset,
        "folds": given.folds,
        "seed": given.seed,
        "flipped": len(places),
        "listed_first": len(first),
        "found": int(found.sum()),
        "share_found": float(found.mean()),
        "share_found_anywhere": float(np.isin(places, issues.indices).mean()),
        "listed": len(issues),
        "estimated_wrong": issues.estimated,
    }
    print(figures)
    record.write(f"label_issues-{given.data}", figures, dry=given.dry)


if __name__ == "__main__":
    main()
