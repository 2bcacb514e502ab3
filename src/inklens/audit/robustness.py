"""Robustness of a trained network: errors on corrupted images as figures, a table and a picture sheet."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from inklens.audit.corruption_errors import (
    CLEAN,
    CorruptionErrors,
    OnCorruption,
    Predict,
    measure_corruption_errors,
)
from inklens.audit.corruptions import CORRUPTIONS, corrupt
from inklens.datasets import Dataset, Split
from inklens.errors import require_packages
from inklens.evaluation import match_classes
from inklens.pixels import PixelSpec
from inklens.run_folder import RunFolder

FILE, TABLE, PICTURE = "robustness.json", "robustness.csv", "pictures/robustness.png"
PICTURED = 10


def evaluate_robustness(
    predict: Predict,
    data: Dataset,
    *,
    spec: PixelSpec,
    class_names: Sequence[str],
    images: int | None = None,
    seed: int = 0,
    folder: RunFolder | None = None,
    on_corruption: OnCorruption | None = None,
) -> CorruptionErrors:
    """Measures a network on a data set's test part under fifteen corruptions.

    Args:
        predict: uint8 (N, H, W, C) -> probabilities, float (N, classes).
        data: its images have the shape of `spec`; its classes are matched by name.
        spec: what the network's images are framed to.
        class_names: the network's, one for each column of what it predicts.
        images: measure on so many test images, a seeded choice; None or more than there are: on all.
        seed: of the corruptions and of the choice.
        folder: gets robustness.json, robustness.csv and pictures/robustness.png; None writes nothing.
        on_corruption: called with each corruption before it, how many are done, and how many there are.

    Raises:
        DataError: an image has a class that the network does not know.
        RunError: the folder cannot be written.
        MissingPackageError: SciPy or, for the picture, Matplotlib is not installed.
    """
    require_packages(["scipy"] if folder is None else ["scipy", "matplotlib"], "robustness", "audit")
    labels = match_classes(data.test.labels, data.class_names, class_names, data.name)
    split = replace(data.test, labels=labels)
    if images is not None and images < len(split):
        chosen = np.random.default_rng(seed).choice(len(split), images, replace=False)
        split = split.take(np.sort(chosen))
    measured = measure_corruption_errors(
        predict, split.whole(), split.labels, spec=spec, seed=seed, on_corruption=on_corruption
    )
    if folder is not None:
        about = {"name": data.name, "fingerprint": data.fingerprint}
        folder.write_json(FILE, {**measured.to_dict(), "data": about})
        folder.write_csv(TABLE, *measured.table())
        _draw(folder, predict, split, class_names, data.name, measured)
    return measured


def _draw(
    folder: RunFolder,
    predict: Predict,
    split: Split,
    class_names: Sequence[str],
    data: str,
    measured: CorruptionErrors,
) -> None:
    """The first test image of each class, up to ten of them."""
    from inklens import reporting

    chosen = np.sort(np.unique(split.labels, return_index=True)[1][:PICTURED])
    chosen = chosen[np.argsort(split.labels[chosen])]
    images = split.batch(chosen)
    seen = {CLEAN: images} | {name: corrupt(images, name, measured.seed) for name in CORRUPTIONS}
    rows = {name: (shown, predict(shown).argmax(axis=1)) for name, shown in seen.items()}
    errors = {name: rate.error for name, rate in measured.direct.items()}
    framed = None if measured.framed is None else {name: one.error for name, one in measured.framed.items()}
    counted = f"{measured.clean.n:,} test images of {data}"
    subtitle = f"mean error {100 * measured.mean_error:.2f}% on {counted}; wrong ones are framed and crossed"
    with folder.atomic(PICTURE) as path:
        reporting.corruptions_picture(
            rows, errors, split.labels[chosen], class_names, path, subtitle=subtitle, framed=framed
        )
