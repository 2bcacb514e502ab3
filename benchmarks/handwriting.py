"""Accuracy on other people's handwriting: prepared as the tutorials do it, and framed by its ink.

    python benchmarks/handwriting.py runs/accuracy/mnist-accurate-seed0 runs/accuracy/mnist-tutorial-c-seed0

Nothing is trained here, and nobody may train or tune on these sets: INKLENS_DATA holds handwriting/bhmsds.npz
(digits cut from photographed sheets), handwriting/hwd1000.npz (drawn on screen) and photos/digits (drawings).
"The tutorials' way" scales the picture to the network's size and inverts it if it is bright. MNIST's test
part is measured as it is, and framed again, which must change nothing.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np

import inklens
import record
from inklens.evaluation import wilson_interval
from inklens.pixels import PixelSpec, decode, frame


def prepared_as_tutorials_do(image: np.ndarray, spec: PixelSpec) -> np.ndarray:
    stretch = PixelSpec(spec.height, spec.width, spec.channels, "stretch")
    pixels = frame(image, stretch)
    return 255 - pixels if pixels.mean() > 127 else pixels


def foreign_sets(folder: Path) -> dict[str, tuple[list[np.ndarray], np.ndarray]]:
    """By name, images of any size and their labels."""
    sets = {}
    for name in ("bhmsds", "hwd1000"):
        with np.load(folder / "handwriting" / f"{name}.npz") as file:
            sets[name] = (list(file["images"]), file["labels"].astype(np.int64))
    drawings = sorted((folder / "photos" / "digits").glob("[0-9].png"))
    sets["photos/digits"] = ([decode(path) for path in drawings], np.array([int(p.stem) for p in drawings]))
    return sets


def accuracy(right: np.ndarray) -> dict[str, Any]:
    low, high = wilson_interval(int(right.sum()), len(right))
    return {
        "accuracy": float(right.mean()),
        "interval": [low, high],
        "right": int(right.sum()),
        "n": len(right),
    }


def measured(path: Path, sets: dict[str, tuple[list[np.ndarray], np.ndarray]]) -> dict[str, Any]:
    classifier = inklens.Classifier.open(path)
    own = classifier.spec
    ink = PixelSpec(own.height, own.width, own.channels, "ink")

    def right(images: list[np.ndarray], labels: np.ndarray) -> dict[str, Any]:
        return accuracy(classifier.predict_framed(np.stack(images)).indices == labels)

    figures: dict[str, Any] = {"run": path.name, "preset": classifier.metadata.recipe.get("preset")}
    for name, (images, labels) in sets.items():
        figures[name] = {
            "tutorial": right([prepared_as_tutorials_do(image, own) for image in images], labels),
            "ink": right([frame(image, ink) for image in images], labels),
        }
    mnist = inklens.load("mnist", size=(own.height, own.width), channels=own.channels)
    test = mnist.test.whole()
    figures["mnist test"] = {
        "as it is": right(list(test), mnist.test.labels),
        "framed again": right([frame(image, ink) for image in test], mnist.test.labels),
    }
    for name in (*sets, "mnist test"):
        said = ", ".join(f"{way} {100 * found['accuracy']:.2f}%" for way, found in figures[name].items())
        print(f"{path.name}: {name}: {said}", flush=True)
    return figures


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("runs", nargs="+", type=Path)
    given = parser.parse_args()
    folder = Path(os.environ.get("INKLENS_DATA", "data"))
    if not (folder / "handwriting").is_dir():
        raise SystemExit(f"{folder} has no folder handwriting: set INKLENS_DATA to the folder that has it")
    sets = foreign_sets(folder)
    record.write("handwriting", {"runs": [measured(path, sets) for path in given.runs]}, dry=given.dry)


if __name__ == "__main__":
    main()
