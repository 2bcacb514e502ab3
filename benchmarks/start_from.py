"""What `--from RUN` is worth where a class has 20 images: against a training from nothing, over five seeds.

    python benchmarks/start_from.py
    python benchmarks/start_from.py --pairs printed --seeds 1 --dry

INKLENS_DATA holds MNIST, Fashion-MNIST, cifar10.zip and folders/printed-digits. For each pair of sets, the
preset `fast` is trained once on the first one. Then, for each seed, it is trained on 20 images a class of the
second one, which the seed draws, from nothing and from that run. The test part of the second set tests it;
printed digits have none, and what was not drawn does. Both sets of a pair share no image.
"""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import inklens
import record
from inklens.datasets.places import data_dir

EACH = 20  # images of a class
PAIRS = {
    "printed": "MNIST, then printed digits",
    "fashion": "the first five classes of Fashion-MNIST, then the other five",
    "vehicles": "the animals of CIFAR-10, then its vehicles",
    "animals": "the vehicles of CIFAR-10, then its animals",
}
ANIMALS = ("bird", "cat", "deer", "dog", "frog", "horse")
VEHICLES = ("airplane", "automobile", "ship", "truck")
Labelled = tuple[NDArray[np.uint8], NDArray[np.str_]]


@dataclass(frozen=True)
class Pair:
    """What is learnt first, what is drawn from then, and what tests that (None: what was not drawn)."""

    first: inklens.Dataset
    second: Labelled
    test: Labelled | None


def pair_of(name: str, above: Path, scratch: Path) -> Pair:
    if name == "printed":
        digits = inklens.load(above / "folders" / "printed-digits", kind="writing", channels=1)
        return Pair(inklens.load("mnist"), labelled(digits, "all", digits.class_names), None)
    data = inklens.load("fashion-mnist" if name == "fashion" else above / "cifar10.zip")
    first = {"vehicles": ANIMALS, "animals": VEHICLES}.get(name, data.class_names[:5])
    others = tuple(name for name in data.class_names if name not in first)
    source = saved(scratch / "first.npz", "things", labelled(data, "train", first))
    return Pair(source, labelled(data, "train", others), labelled(data, "test", others))


def labelled(data: inklens.Dataset, part: str, names: tuple[str, ...]) -> Labelled:
    """The images of these classes, whose labels are their names: things are mirrored, digits are not."""
    split = data.part(part)
    labels = np.array(data.class_names)[np.asarray(split.labels)]
    chosen = np.isin(labels, names)
    return split.whole()[chosen], labels[chosen]


def saved(path: Path, kind: str, train: Labelled, test: Labelled | None = None) -> inklens.Dataset:
    """The images as a data set in a file."""
    parts = {"train": train} | ({} if test is None else {"test": test})
    arrays = {
        f"{axis}_{part}": array
        for part, both in parts.items()
        for axis, array in zip("xy", both, strict=True)
    }
    np.savez(path, **arrays)
    return inklens.load(path, kind=kind)


def drawn(pair: Pair, seed: int) -> tuple[Labelled, Labelled]:
    """20 images of each class, and what tests them."""
    images, labels = pair.second
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = np.concatenate([order[labels[order] == label][:EACH] for label in np.unique(labels)])
    rest = np.setdiff1d(order, chosen)
    return (images[chosen], labels[chosen]), pair.test or (images[rest], labels[rest])


def measured(name: str, seeds: int, scratch: Path) -> dict[str, Any]:
    """Accuracies from nothing and from the run, for each seed."""
    above = data_dir()
    assert above is not None
    pair = pair_of(name, above, scratch)
    run = inklens.train(pair.first, "fast", output=scratch, name="first", report=False)
    print(f"{PAIRS[name]}: of the first it knows {run.metrics['test']['accuracy']:.2%}", flush=True)
    starts = {"from nothing": None, "from the run": run.path}
    found: dict[str, list[float]] = {start: [] for start in starts}
    for seed in range(seeds):
        few = saved(scratch / f"{seed}.npz", pair.first.kind, *drawn(pair, seed))
        for start, given in starts.items():
            recipe = inklens.Recipe.from_preset("fast", seed=seed)
            one = inklens.train(few, recipe, output=scratch, report=False, start=given)
            found[start].append(one.metrics["test"]["accuracy"])
            print(f"  seed {seed}, {start}: {found[start][-1]:.2%}", flush=True)
    means = {start: statistics.mean(values) for start, values in found.items()}
    return {
        "sets": PAIRS[name],
        "accuracy": found,
        "mean": means,
        "sd": {start: statistics.stdev(values) if seeds > 1 else None for start, values in found.items()},
        "points": 100 * (means["from the run"] - means["from nothing"]),
    }


def main() -> None:
    """Measures and writes."""
    parser = record.parser(__doc__ or "")
    parser.add_argument("--pairs", nargs="+", default=list(PAIRS), choices=PAIRS)
    parser.add_argument("--seeds", type=int, default=5)
    given = parser.parse_args()
    found = dict(record.read("start_from").get("pairs", {}))
    for name in given.pairs:
        with tempfile.TemporaryDirectory() as scratch:
            found[name] = measured(name, given.seeds, Path(scratch))
        record.write("start_from", {"images_of_a_class": EACH, "pairs": found}, dry=given.dry)


if __name__ == "__main__":
    main()
