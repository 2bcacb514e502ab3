"""Presets on few and small pictures of things as users have them: the stamps of Tux Paint, in five folds.

    apt install tuxpaint-stamps-default
    python benchmarks/small_pictures.py --presets fast

The stamps are about 330 photographs and drawings in colour, cut out, with a transparent ground, from 50 to
670 pixels wide. Ten of their folders are the classes. No setting was chosen on them. Each picture is tested
once, by a network that was trained on the other four folds. Beside the presets stands the nearest neighbour
among the pictures of the other folds, by their thumbnails of 16x16 pixels.
"""

import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import cv2
import numpy as np

import inklens
import record
from inklens.datasets import Split, stratified_folds
from inklens.datasets.splits import joined
from inklens.evaluation.interval import wilson_interval
from inklens.recipes import Recipe
from inklens.recipes.presets import WITHOUT_TEACHER
from inklens.training.cross_validation import cross_validate

CLASSES = {
    "birds": "animals/birds",
    "coins": "symbols/money",
    "flowers": "plants/flowers",
    "fruit": "food/fruit",
    "houses": "town/houses",
    "insects": "animals/insects",
    "mammals": "animals/mammals",
    "road signs": "town/roadsigns",
    "vegetables": "food/vegetables",
    "vehicles": "vehicles",
}
FOLDS = 5
THUMBNAIL = (16, 16)


def sort_pictures(stamps: Path, to: Path) -> None:
    """A folder for each class, without the mirrored copies that a stamp may have."""
    for name, place in CLASSES.items():
        (to / name).mkdir(parents=True)
        for number, path in enumerate(sorted((stamps / place).rglob("*.png"))):
            if not path.stem.endswith(("_mirror", "_flip")):
                shutil.copy(path, to / name / f"{number}-{path.name}")


def nearest_neighbour(whole: Split, fold_of: np.ndarray) -> float:
    """Accuracy of the class of the picture of another fold whose thumbnail is nearest."""
    images = [cv2.resize(image, THUMBNAIL, interpolation=cv2.INTER_AREA) for image in whole.whole()]
    flat = np.stack(images).reshape(len(images), -1).astype(np.float64)
    squares = (flat**2).sum(axis=1)
    distance = squares[:, None] + squares[None] - 2 * flat @ flat.T
    distance[fold_of[:, None] == fold_of[None]] = np.inf
    return float((whole.labels[distance.argmin(axis=1)] == whole.labels).mean())


def main() -> None:
    parser = record.parser(__doc__ or "")
    parser.add_argument("--stamps", type=Path, default=Path("/usr/share/tuxpaint/stamps"))
    parser.add_argument("--presets", nargs="+", choices=WITHOUT_TEACHER, default=["fast"])
    parser.add_argument("--size", type=int, default=64, help="side of the pictures, in pixels")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    figures: dict[str, Any] = {"size": given.size, "seed": given.seed, "folds": FOLDS, "presets": {}}
    with tempfile.TemporaryDirectory() as scratch:
        pictures = Path(scratch) / "stamps"
        sort_pictures(given.stamps, pictures)
        data = inklens.load(pictures, kind="things", size=(given.size, given.size))
        whole = joined([split for split in data.parts.values() if len(split)])
        figures["images"] = len(whole)
        figures["of_each_class"] = dict(
            zip(data.class_names, np.bincount(whole.labels).tolist(), strict=True)
        )
        fold_of = stratified_folds(whole.labels, FOLDS, given.seed, data.class_names)
        figures["nearest_neighbour"] = nearest_neighbour(whole, fold_of)
        low, high = wilson_interval(round(figures["nearest_neighbour"] * len(whole)), len(whole))
        figures["nearest_neighbour_interval_95"] = [low, high]
        for preset in given.presets:
            began = time.perf_counter()
            found = cross_validate(data, Recipe.from_preset(preset, seed=given.seed), FOLDS)
            seconds = round(time.perf_counter() - began, 1)
            figures["presets"][preset] = {**found.to_dict(), "seconds": seconds}
            print(preset, figures["presets"][preset], flush=True)
    print({name: figures[name] for name in ("images", "of_each_class", "nearest_neighbour")})
    record.write("small_pictures", figures, dry=given.dry)


if __name__ == "__main__":
    main()
