"""Chooses what `tutorial-a` pins where the article's values are lost: dropout, batch size, activation.

    python benchmarks/choose_tutorial_a.py --images 20000 --epochs 8

Every candidate learns from the same part of MNIST's training images, at half their size (14x14: an eighth of
the arithmetic), and is scored on 5,000 others of them by the mean accuracy of its last three epochs. The test
set stays closed.
"""

import statistics

import numpy as np
from numpy.typing import NDArray

import inklens
import record
from inklens.datasets import Split
from inklens.datasets.splits import stratified_split
from inklens.networks.backends import select_backend

CANDIDATES = (
    {"dropout": 0.25, "batch_size": 128},
    {"dropout": 0.5, "batch_size": 128},
    {"dropout": 0.75, "batch_size": 128},
    {"dropout": 0.25, "batch_size": 512},
    {"dropout": 0.75, "batch_size": 512},
    {"dropout": 0.5, "batch_size": 128, "activation": "leaky_relu"},
    {"dropout": 0.75, "batch_size": 128, "activation": "leaky_relu"},
)


def halved(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The images at half their size, each pixel the mean of four: (N, 28, 28, 1) -> (N, 14, 14, 1)."""
    count, height, width, channels = images.shape
    fours = images.reshape(count, height // 2, 2, width // 2, 2, channels)
    return fours.mean(axis=(2, 4), dtype=np.float32).round().astype(np.uint8)


def scored(train: Split, images: int, epochs: int, options: dict) -> dict:
    """One candidate trained, with its validation accuracy after every epoch."""
    from inklens.networks import build
    from inklens.training.loop.fit import fit

    recipe = inklens.Recipe.from_preset("tutorial-a", epochs=epochs, **options)
    rest, validation = stratified_split(train, 5000, 0)
    learnt = stratified_split(rest, images, 0)[1]
    network = build(
        recipe.network,
        train.images.shape[1:],
        10,
        activation=recipe.activation,
        dropout=recipe.dropout,
        training=True,
    )
    accuracies = [epoch["val_accuracy"] for epoch in fit(network, recipe, learnt, validation)]
    return {
        **options,
        "mean_of_last_three": statistics.mean(accuracies[-3:]),
        "validation_accuracy": accuracies,
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--images", type=int, default=20_000)
    parser.add_argument("--epochs", type=int, default=8)
    given = parser.parse_args()
    select_backend("tensorflow")
    whole = inklens.load("mnist").train
    train = Split(halved(whole.whole()), whole.labels)
    candidates = []
    for options in CANDIDATES:
        candidates.append(scored(train, given.images, given.epochs, options))
        print(f"{options}: {100 * candidates[-1]['mean_of_last_three']:.2f}%", flush=True)
    figures = {"images": given.images, "epochs": given.epochs, "candidates": candidates}
    record.write("choose-tutorial-a", figures, dry=given.dry)


if __name__ == "__main__":
    main()
