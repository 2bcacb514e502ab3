"""Presets on pictures of things: accuracy, operations, and how well "unknown" distinguishes other pictures.

    python benchmarks/things.py --data cifar10.zip --preset fast --seeds 1
    python benchmarks/things.py --data cifar10.zip --preset fast --seeds 3 --test

Without --test the figures are of the validation images, by which settings are chosen; with it they are of the
test set, which is looked at once. Operations are 3 * 2 * multiply-adds * images * epochs: forward, and twice
as many backward. Out of distribution are Fashion-MNIST's test images (or CIFAR-10's, where the run is of
Fashion-MNIST itself), drawn textures and noise, framed as the run's own; AUROC is of the score in the model
file.

A part that is finished is kept in the result at once, and a later start takes over those whose recipe and
data are today's. Runs stay in --runs, and one that was interrupted is resumed.
"""

import json
import statistics
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import inklens
import record
from accuracy import trained
from inklens.classifier import Classifier
from inklens.networks.graph import multiply_adds
from inklens.recipes import training_split
from inklens.run import Run
from kind import textures
from unknown_scores import auroc

HELD_OUT = 5000
UNKNOWN = 2000

Pixels = NDArray[np.uint8]


def operations(run: Run) -> float:
    """Floating-point operations of the whole training."""
    training = run.metrics["training"]
    images = training["images"] + training["drawn_images"]
    return float(6 * multiply_adds(run.network) * images * training["epochs"])


def framed(images: list[Pixels], shape: tuple[int, int, int]) -> Pixels:
    """Grey or colour images of any size as a network of this shape takes them: uint8 (N, H, W, C)."""
    height, width, channels = shape

    def one(image: Pixels) -> Pixels:
        image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA).reshape(height, width, -1)
        if image.shape[-1] == channels:
            return image
        if channels == 3:
            return np.repeat(image, 3, axis=-1)
        return cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)[..., None]

    return np.stack([one(image) for image in images])


def out_of_distribution(data: inklens.Dataset) -> dict[str, Pixels]:
    """By name, images that show none of the classes: uint8 (N, H, W, C)."""
    random = np.random.default_rng(0)
    shape = data.image_shape
    other = "cifar10.zip" if "fashion" in data.name else "fashion-mnist"
    others = record.load(other).test
    chosen = np.sort(random.choice(len(others), UNKNOWN, replace=False))
    return {
        other.removesuffix(".zip"): framed(list(others.batch(chosen)), shape),
        "textures": framed(textures(), shape),
        "noise": random.integers(0, 256, (UNKNOWN, *shape), np.uint8),
    }


def part_of(run: Run, seed: int, data: inklens.Dataset, *, test: bool) -> dict[str, Any]:
    """What the result says of one run."""
    metrics, made = run.metrics, run.folder.read_json(run.folder.environment)
    scores = metrics["test" if test else "validation"]
    split = data.test if test else training_split(data, run.recipe)[1]
    classifier = Classifier.open(run.path)
    inside = classifier.predict_framed(split.whole()).id_score
    unknown = {
        name: auroc(inside, classifier.predict_framed(images).id_score)
        for name, images in out_of_distribution(data).items()
    }
    return {
        "seed": seed,
        "accuracy": scores["accuracy"],
        "interval_95": scores["accuracy_interval_95"],
        "loss": scores["loss"],
        "auroc": unknown,
        "operations": operations(run),
        "multiply_adds": multiply_adds(run.network),
        "training_seconds": metrics["training"]["seconds"],
        "date": made["date"],
        "precision": made["precision"],
        "fingerprint": data.fingerprint,
        "recipe": run.folder.read_recipe()["recipe"],
    }


def measured(
    known: list[dict], recipe: record.AnyRecipe, seed: int, data: inklens.Dataset
) -> dict[str, Any] | None:
    """The finished part of a former start, if its recipe and data are today's."""
    for part in known:
        same = part["seed"] == seed and part["fingerprint"] == data.fingerprint
        if same and record.is_of(recipe, part["recipe"]):
            return part
    return None


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--data", default="cifar10.zip")
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--test", action="store_true", help="opens the test set")
    parser.add_argument("--epochs", type=int, help="instead of the preset's")
    parser.add_argument("--runs", type=Path, default=Path("runs/things"))
    given = parser.parse_args()
    data = record.load(given.data)
    name = f"things-{data.name}-{given.preset}-{'test' if given.test else 'validation'}"
    known, parts = record.read(name).get("runs", []), []
    changed = {"epochs": given.epochs} if given.epochs else {}
    for seed in range(given.seeds):
        recipe = record.concrete(given.preset, data, seed=seed, validation_split=HELD_OUT, **changed)
        part = measured(known, recipe, seed, data)
        if part is None:
            path = given.runs / f"{name}-seed{seed}"
            folder = trained(recipe, data, path, test=given.test, report=False)
            part = part_of(Run(folder), seed, data, test=given.test)
        parts.append(part)
        print(json.dumps({key: part[key] for key in part if key != "recipe"}), flush=True)
        accuracies = [one["accuracy"] for one in parts]
        figures = {
            "mean_accuracy": statistics.mean(accuracies),
            "standard_deviation": statistics.stdev(accuracies) if len(accuracies) > 1 else None,
            "runs": parts,
        }
        record.write(name, figures, dry=given.dry)


if __name__ == "__main__":
    main()
