"""What the report of a run needs from elsewhere: what its network itself shows."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split
from inklens.reporting.report import Seen, read_sources, telling_samples, write_report
from inklens.run_folder import RunFolder

if TYPE_CHECKING:
    import keras


def report_run(
    folder: RunFolder, network: keras.Model | None, images: Split | None, notes: tuple[str, ...] = ()
) -> Path:
    """Writes report.html into the folder of a finished run; see `inklens.reporting.report.write_report`.

    Args:
        network: the run's own; None for a committee, whose members have reports of their own.
        images: what predictions.csv is about; None where the data cannot be loaded.
        notes: what the reader should know.
    """
    command = shlex.join(["inklens", "train", "--recipe", str(folder.recipe)])
    seen = None if network is None else _seen(folder, network, images)
    return write_report(folder, reproduce=command, images=images, seen=seen, notes=notes)


def _seen(folder: RunFolder, network: keras.Model, images: Split | None) -> Seen:
    from inklens.explanation import feature_maps, first_layer_filters, normalised_image

    normalisation = folder.networks()[0].digit_normalisation
    maps: list[tuple[NDArray[np.uint8], str, dict[str, NDArray[np.float32]]]] = []
    if images is not None:
        for index, what in telling_samples(read_sources(folder)):
            image = images.batch(np.array([index]))[0]
            seen = normalised_image(image, normalisation)
            maps.append((image, what, feature_maps(network, seen)))
    return Seen(first_layer_filters(network), maps)
