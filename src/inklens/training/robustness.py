"""Corruptions conducted: measure a trained network, keep the figures and a picture sheet."""

from __future__ import annotations

from typing import Any

import numpy as np

from inklens.datasets import Dataset, Split
from inklens.evaluation import CORRUPTIONS, Robustness, corrupt, measure_robustness
from inklens.evaluation.robustness import CLEAN, OnCorruption, Predict
from inklens.pixels import PixelSpec
from inklens.runs import RunFolder

FILE, TABLE, PICTURE = "robustness.json", "robustness.csv", "pictures/robustness.png"
PICTURED = 10


def robustness(
    predict: Predict,
    data: Dataset,
    *,
    spec: PixelSpec,
    images: int | None = None,
    seed: int = 0,
    folder: RunFolder | None = None,
    on_corruption: OnCorruption | None = None,
) -> Robustness:
    """Measures a network on a data set's test part under fifteen corruptions.

    Args:
        predict: uint8 (N, H, W, C) -> probabilities, float (N, classes), the classes in the data's order.
        data: its images have the shape of `spec`.
        spec: what the network's images are framed to.
        images: measure on so many test images, a seeded choice; None or more than there are: on all.
        seed: of the corruptions and of the choice.
        folder: gets robustness.json, robustness.csv and pictures/robustness.png; None writes nothing.
        on_corruption: called with each corruption before it, how many are done, and how many there are.

    Raises:
        RunError: the folder cannot be written.
        MissingPackageError: Matplotlib, for the picture, is not installed.
    """
    split = data.test
    if images is not None and images < len(split):
        chosen = np.random.default_rng(seed).choice(len(split), images, replace=False)
        split = split.take(np.sort(chosen))
    measured = measure_robustness(
        predict, split.whole(), split.labels, spec=spec, seed=seed, on_corruption=on_corruption
    )
    if folder is not None:
        about = {"data": {"name": data.name, "fingerprint": data.fingerprint}}
        _write(folder, measured, about)
        _draw(folder, predict, split, data, measured)
    return measured


def _write(folder: RunFolder, measured: Robustness, about: dict[str, Any]) -> None:
    folder.write_json(FILE, {**measured.to_dict(), **about})
    folder.write_csv(TABLE, *measured.table())


def _draw(folder: RunFolder, predict: Predict, split: Split, data: Dataset, measured: Robustness) -> None:
    """The first test image of each class, up to ten of them."""
    from inklens import reporting

    chosen = np.sort(np.unique(split.labels, return_index=True)[1][:PICTURED])
    chosen = chosen[np.argsort(split.labels[chosen])]
    images = split.batch(chosen)
    seen = {CLEAN: images} | {name: corrupt(images, name, measured.seed) for name in CORRUPTIONS}
    rows = {name: (shown, predict(shown).argmax(axis=1)) for name, shown in seen.items()}
    errors = {CLEAN: measured.clean.error} | {name: rate.error for name, rate in measured.direct.items()}
    framed = None
    if measured.framed is not None and measured.clean_framed is not None:
        framed = {CLEAN: measured.clean_framed.error}
        framed |= {name: rate.error for name, rate in measured.framed.items()}
    counted = f"{measured.clean.n:,} test images of {data.name}"
    subtitle = f"mean error {100 * measured.mean_error:.2f} % on {counted}; wrong ones are framed and crossed"
    with folder.atomic(PICTURE) as path:
        reporting.corruptions_picture(
            rows, errors, split.labels[chosen], data.class_names, path, subtitle=subtitle, framed=framed
        )
