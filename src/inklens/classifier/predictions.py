"""What a classifier says about a batch of images, and when it says nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.metadata import ModelMetadata
from inklens.evaluation.thresholds import Thresholds

OK, UNKNOWN, EMPTY, ERROR = "ok", "unknown", "empty", "error"

# Log-odds that an image at the id_score's threshold is of any class; chosen on generated pages, where cuts
# between touching digits are never quite right and no page has as many outliers as digits.
_AT_THRESHOLD = 1.5
# Grey levels between the darkest and the lightest pixel, below which nobody could see anything in the image.
EMPTY_CONTRAST = 8


@dataclass(frozen=True, eq=False)
class Predictions:
    """One answer for each image.

    Args:
        class_names: one for each column of `probabilities`.
        probabilities: float32 (N, C), 0-1, each row summing to 1.
        id_score: float32 (N,), the in-distribution score, unbounded; the higher, the more like the training
            data.
        status: str (N,); "ok", "unknown" (like nothing it was trained on, or too unsure) or "empty" (blank).
        id_probability: float32 (N,), 0-1, the probability that the image is of any class at all, which
            `probabilities` take for granted; 1 without an OOD detector or without a threshold.
    """

    class_names: tuple[str, ...]
    probabilities: NDArray[np.float32]
    id_score: NDArray[np.float32]
    status: NDArray[np.str_]
    id_probability: NDArray[np.float32]

    @classmethod
    def joined(cls, parts: Sequence[Predictions]) -> Predictions:
        """The answers of several batches, one or more, as those of one."""
        names = [field.name for field in fields(cls)[1:]]
        columns = (np.concatenate([getattr(part, name) for part in parts]) for name in names)
        return cls(parts[0].class_names, *columns)

    def __len__(self) -> int:
        return len(self.probabilities)

    @property
    def indices(self) -> NDArray[np.int64]:
        """(N,) the most probable class of each image, whatever its status."""
        indices: NDArray[np.int64] = self.probabilities.argmax(axis=1)
        return indices

    @property
    def labels(self) -> tuple[str | None, ...]:
        """The class of each image by name; None where the status is not "ok"."""
        pairs = zip(self.indices.tolist(), self.status.tolist(), strict=True)
        return tuple(self.class_names[index] if status == OK else None for index, status in pairs)

    def top(self, count: int) -> NDArray[np.int64]:
        """(N, count) the most probable classes of each image, the most probable first."""
        return np.argsort(-self.probabilities, axis=1, kind="stable")[:, :count]


def shown_label(label: str) -> str:
    """A class by name where a status may stand in its place: in quotation marks if it reads as one."""
    return f'"{label}"' if label.casefold() in (OK, UNKNOWN, EMPTY, ERROR) else label


def id_probability(id_score: NDArray[np.float32], metadata: ModelMetadata) -> NDArray[np.float32]:
    """`Predictions.id_probability`, by the logistic function: an OOD detector's log-odds count half."""
    threshold = metadata.thresholds.id_score
    if not metadata.ood_detector or threshold is None:
        return np.ones(len(id_score), np.float32)
    log_odds = 2 * (id_score - np.float32(threshold)) + _AT_THRESHOLD
    return np.asarray(1 / (1 + np.exp(-np.clip(log_odds, -80, 80))), np.float32)


def decide_status(
    pixels: NDArray[np.uint8],
    probabilities: NDArray[np.float32],
    id_score: NDArray[np.float32],
    thresholds: Thresholds,
) -> NDArray[np.str_]:
    """The status of each image: "empty" before "unknown" before "ok".

    Args:
        pixels: uint8 (N, H, W, C), 0-255, framed.
        probabilities: float32 (N, C).
        id_score: float32 (N,).
        thresholds: decide what is "unknown".
    """
    answered = thresholds.answered(probabilities, id_score)
    contrast = (pixels.max(axis=(1, 2)) - pixels.min(axis=(1, 2))).max(axis=1)
    return np.where(contrast < EMPTY_CONTRAST, EMPTY, np.where(answered, OK, UNKNOWN))
