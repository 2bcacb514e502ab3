"""Time and memory of training over the number of images: 10,000 to 600,000, MNIST repeated.

    python benchmarks/scaling.py
    python benchmarks/scaling.py --images 2000 4000 --dry

Each number is a process of its own, which holds its images in memory and goes through them twice: the
second epoch is timed, the process's peak memory is of all of it. The exponent is that of a fit of a line to
the logarithms: 1 is time in proportion.
"""

import argparse
import json
import os
import sys

import numpy as np

import inklens
import process
import record

IMAGES = (10_000, 30_000, 60_000, 100_000, 300_000, 600_000)
SIDE = 28 * 28  # bytes of an image


def recipe_of(preset: str, data: inklens.Dataset) -> inklens.Recipe:
    """The preset, for two epochs."""
    return record.concrete(preset, data, epochs=2, backend="tensorflow")


def train(preset: str, images: int) -> None:
    """In the child: prints the seconds of the second epoch's steps."""
    from inklens.datasets import Split
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    from inklens.networks.augmentation import augmentation_layer
    from inklens.training.loop.fit import fit
    from inklens.training.prepare import PreparedNetwork

    data = inklens.load("mnist")
    recipe = recipe_of(preset, data)
    repeats = -(-images // len(data.train))
    own = data.train.whole()
    pixels = np.concatenate([own] * repeats)[:images] if repeats > 1 else own[:images]
    split = Split(pixels, np.tile(data.train.labels, repeats)[:images])
    few = data.test.take(np.arange(recipe.batch_size))
    network = PreparedNetwork.of(data, recipe).network
    augment = augmentation_layer(recipe.augmentation, recipe.seed)
    history = fit(network, recipe, split, few, augment=augment)
    print(json.dumps({"epoch_seconds": history[1]["ms_per_step"] * history[1]["steps"] / 1000}))


def measured(preset: str, images: int) -> dict:
    """The figures of one number of images, from a process of its own."""
    found = process.measure([sys.executable, __file__, "--preset", preset, "--train", str(images)])
    figures = json.loads(found["printed"].splitlines()[-1])
    return {"images": images, **figures, "peak_mb": found["peak_mb"]}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--preset", default="fast")
    parser.add_argument("--images", type=int, nargs="+", default=IMAGES)
    parser.add_argument("--train", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.train:
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        train(given.preset, given.train)
        return
    parts = []
    for images in given.images:
        parts.append(measured(given.preset, images))
        print(json.dumps(parts[-1]), flush=True)
    logs = np.log([[part["images"], part["epoch_seconds"]] for part in parts])
    figures = {
        "preset": given.preset,
        "recipe": recipe_of(given.preset, inklens.load("mnist")).to_dict(),
        "exponent": float(np.polyfit(logs[:, 0], logs[:, 1], 1)[0]),
        "microseconds_per_image": {
            f"{part['images']:,}": 1e6 * part["epoch_seconds"] / part["images"] for part in parts
        },
        "peak_mb": {f"{part['images']:,}": part["peak_mb"] for part in parts},
        "memory": _memory({part["images"]: part["peak_mb"] for part in parts}),
        "parts": parts,
    }
    print(json.dumps({figure: figures[figure] for figure in ("exponent", "peak_mb", "memory")}, indent=2))
    record.write(f"scaling-{given.preset}", figures, dry=given.dry)


def _memory(peaks: dict[int, float]) -> dict:
    """The largest number's peak against its data's own bytes and 1.2 times the peak of 60,000."""
    largest = max(peaks)
    if 60_000 not in peaks or largest == 60_000:
        return {}
    own = largest * SIDE / 2**20
    allowed = own + 1.2 * peaks[60_000]
    return {
        "data_mb": own,
        "allowed_mb": allowed,
        "peak_mb": peaks[largest],
        "kept": peaks[largest] <= allowed,
    }


if __name__ == "__main__":
    main()
