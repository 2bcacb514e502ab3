"""How long `inklens check` takes on MNIST, and how many planted faults it finds.

    python benchmarks/data_check.py
    python benchmarks/data_check.py --labels

Planted are 100 of each: test images that are training images, copies within the training part, the same with
another label, inverted images, and darker and noisier copies. --labels also gives 200 of the sample's images
wrong labels, and trains the networks that look for them. The limits are 60 s for MNIST and 95% found.
"""

import time
from dataclasses import replace
from typing import Any

import numpy as np

import inklens
import record
from inklens.audit.check_files import _label_issues
from inklens.audit.data_check import DataCheck, examine
from inklens.datasets import Dataset, Split

COUNT, WRONG = 100, 200
LIMIT_S, LEAST = 60, 0.95


def planted(data: Dataset, seed: int) -> tuple[Dataset, dict[str, set[tuple[str, int]]]]:
    """The data with faults, and where they are: (part, index) by the kind of finding."""
    random = np.random.default_rng(seed)
    x, y = data.train.whole().copy(), data.train.labels.copy()
    x_test, y_test = data.test.whole().copy(), data.test.labels.copy()
    chosen = random.permutation(len(x))[: 8 * COUNT].reshape(8, COUNT)
    places = random.permutation(len(x_test))[:COUNT]
    x_test[places], y_test[places] = x[chosen[0]], y[chosen[0]]
    x[chosen[1]], y[chosen[1]] = x[chosen[2]], y[chosen[2]]
    x[chosen[3]], y[chosen[3]] = x[chosen[4]], (y[chosen[4]] + 1) % data.classes
    x[chosen[5]] = 255 - x[chosen[5]]
    noise = random.normal(0, 4, (COUNT, *x.shape[1:]))
    x[chosen[6]], y[chosen[6]] = np.clip(x[chosen[7]] * 0.8 + noise, 0, 255).astype(np.uint8), y[chosen[7]]
    faults = {
        "leak": {("test", int(index)) for index in places},
        "duplicate": _either(chosen[1], chosen[2]),
        "contradiction": _either(chosen[3], chosen[4]),
        "polarity": {("train", int(index)) for index in chosen[5]},
        "near-duplicate": _either(chosen[6], chosen[7]),
    }
    return replace(data, train=Split(x, y), test=Split(x_test, y_test)), faults


def _either(copies: np.ndarray, originals: np.ndarray) -> set[tuple[str, int]]:
    """The later image of each pair, which is the one that is named."""
    return {("train", int(max(pair))) for pair in zip(copies, originals, strict=True)}


def found(check: DataCheck, faults: dict[str, set[tuple[str, int]]]) -> dict[str, float]:
    """The share of the planted faults that was found, by kind."""
    named = {kind: {(one.part, one.index) for one in check.findings if one.kind == kind} for kind in faults}
    return {kind: len(named[kind] & places) / len(places) for kind, places in faults.items()}


def wrong_labels(seed: int) -> dict[str, Any]:
    """The share of the sample's planted wrong labels that is found, and how many right ones are named too."""
    data = inklens.load("sample")
    random = np.random.default_rng(seed)
    labels = data.train.labels.copy()
    wrong = random.permutation(len(labels))[:WRONG]
    labels[wrong] = (labels[wrong] + random.integers(1, data.classes, WRONG)) % data.classes
    data = replace(data, train=replace(data.train, labels=labels))
    check = examine(data, _label_issues(data, None))
    named = {one.index for one in check.findings if one.kind == "label"}
    return {
        "found": len(named & set(wrong.tolist())) / WRONG,
        "named": len(named),
        "serious": len(check.serious),
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--labels", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    data = inklens.load("mnist")
    began = time.perf_counter()
    check = examine(data)
    figures: dict[str, Any] = {
        **record.read("data_check"),
        "mnist_s": round(time.perf_counter() - began, 1),
        "mnist_serious": len(check.serious),
        "mnist_findings": dict(check.counts),
        "found": found(*(lambda faulty, faults: (examine(faulty), faults))(*planted(data, given.seed))),
    }
    if given.labels:
        figures["labels"] = wrong_labels(given.seed)
    print(figures)
    record.write("data_check", figures, dry=given.dry)
    shares = [*figures["found"].values(), *([figures["labels"]["found"]] if "labels" in figures else [])]
    if figures["mnist_s"] > LIMIT_S or figures["mnist_serious"] or min(shares) < LEAST:
        raise SystemExit("slower, or less found, than promised")


if __name__ == "__main__":
    main()
