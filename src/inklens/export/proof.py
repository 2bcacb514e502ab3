"""Proof that an exported file predicts what the networks predict: it is loaded and given the same images."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ExportError
from inklens.export.formats import FORMATS
from inklens.networks.outputs import EnsembleOutputs

BATCH_SIZES = (1, 7, 64)
TOLERANCE = 1e-5
# The id_score is a difference of logits, some 20 in size, where float32 has a step of 2e-6.
ID_SCORE_TOLERANCE = 1e-3


@dataclass(frozen=True)
class Proof:
    """What was compared: how many images, and how far the probabilities were apart at most."""

    images: int
    largest_difference: float


def prove(
    path: Path, format_name: str, images: NDArray[np.uint8], outputs: EnsembleOutputs, temperature: float
) -> Proof:
    """Compares a written file with the networks that it came from, at batch sizes 1, 7 and 64.

    Args:
        path: the file, or the folder where the format is one.
        format_name: one of `inklens.export.FORMATS`.
        images: uint8 (N, H, W, C), held out.
        outputs: of the Keras networks for these N images.
        temperature: what the logits are divided by.

    Raises:
        ExportError: a label differs, probabilities by more than 1e-5, or in-distribution scores by more than
            1e-3.
    """
    predict = FORMATS[format_name].load(path)
    expected, id_scores = outputs.probabilities(temperature), outputs.id_score
    largest, labels = 0.0, 0
    for chosen in _batches(len(images)):
        probabilities, id_score = predict(images[chosen])
        if probabilities.shape != expected[chosen].shape:
            raise ExportError(
                f"the {format_name} file gives an array of shape {probabilities.shape} for "
                f"{len(chosen)} images; expected {expected[chosen].shape}; the file was not kept"
            )
        labels += int((probabilities.argmax(axis=1) != expected[chosen].argmax(axis=1)).sum())
        largest = max(largest, _largest(probabilities, expected[chosen]))
        if id_score is not None and _largest(id_score, id_scores[chosen]) > ID_SCORE_TOLERANCE:
            raise ExportError(
                f"the {format_name} file gives in-distribution scores that differ by up to "
                f"{_largest(id_score, id_scores[chosen]):.1e} from the networks'; the file was not kept"
            )
    if labels or largest > TOLERANCE:
        raise ExportError(
            f"the {format_name} file does not say what the network says: probabilities differ by up to "
            f"{largest:.1e} (expected at most {TOLERANCE:.0e}) and {labels} labels differ on "
            f"{len(images)} images; the file was not kept"
        )
    return Proof(len(images), largest)


def _batches(images: int) -> Iterator[NDArray[np.int64]]:
    """Every image at least once, in batches of 1, 7, 64, 1, ... and each of these sizes at least once."""
    start = 0
    while start < images or start < sum(BATCH_SIZES):
        for size in BATCH_SIZES:
            yield np.arange(start, start + size) % images
            start += size


def _largest(given: NDArray[Any], expected: NDArray[Any]) -> float:
    """The largest difference; infinite where something is not a number."""
    return float(np.nan_to_num(np.abs(given - expected), nan=np.inf).max())
