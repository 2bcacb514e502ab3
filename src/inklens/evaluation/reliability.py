"""The reliability curve, accuracy by confidence, and the calibration error that sums it up."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.evaluation.calibration import checked_logits

ECE_BINS = 15


@dataclass(frozen=True, eq=False)
class Reliability:
    """Confidence beside accuracy in bins of equal width.

    Attributes:
        lower: float64 (bins,), 0-1: confidences above this are in the bin (0 itself is in the first).
        upper: float64 (bins,), 0-1: up to and with this.
        count: int64 (bins,), images in the bin.
        mean_confidence: float64 (bins,), 0-1; NaN where the bin is empty.
        accuracy: float64 (bins,), 0-1: the share that is right; NaN where the bin is empty.
    """

    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    count: NDArray[np.int64]
    mean_confidence: NDArray[np.float64]
    accuracy: NDArray[np.float64]

    @property
    def calibration_error(self) -> float:
        """The gaps between confidence and accuracy, weighted by the images in each bin: 0 is perfect."""
        filled = self.count > 0
        gaps = np.abs(self.mean_confidence - self.accuracy)[filled]
        return float((gaps * self.count[filled]).sum() / self.count.sum())

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, for metrics.json; an empty bin has None for confidence and accuracy."""
        return {
            "lower": self.lower.tolist(),
            "upper": self.upper.tolist(),
            "count": self.count.tolist(),
            "mean_confidence": _nullable(self.mean_confidence),
            "accuracy": _nullable(self.accuracy),
        }


def reliability_curve(probabilities: ArrayLike, labels: ArrayLike, bins: int = 10) -> Reliability:
    """How often the most probable class is right, by how probable it is (DeGroot and Fienberg 1983).

    Args:
        probabilities: float (N, C), each row with a sum of 1.
        labels: int (N,), 0 to C - 1.
        bins: of equal width, right-closed as in Guo et al. 2017.

    Raises:
        DataError: the arrays do not fit each other.
        ValueError: `bins` is less than 1.

    Example:
        >>> reliability_curve([[0.9, 0.1], [0.9, 0.1]], [0, 1], bins=2).accuracy
        array([nan, 0.5])
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}; expected 1 or more")
    p, y = checked_logits(probabilities, labels)
    confidence = p.max(axis=1)
    right = p.argmax(axis=1) == y
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(bin_of, minlength=bins)
    sums = (np.bincount(bin_of, weights=of, minlength=bins) for of in (confidence, right))
    of_images = np.where(count > 0, count, np.nan)
    mean_confidence, accuracy = (total / of_images for total in sums)
    edges = np.linspace(0, 1, bins + 1)
    return Reliability(edges[:-1], edges[1:], count, mean_confidence, accuracy)


def expected_calibration_error(probabilities: ArrayLike, labels: ArrayLike, bins: int = ECE_BINS) -> float:
    """How far confidence and accuracy are apart (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017).

    The `calibration_error` of a `reliability_curve` with so many bins.

    Returns:
        A share of 1: 0 is perfect.
    """
    return reliability_curve(probabilities, labels, bins).calibration_error


def _nullable(shares: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(share) else share for share in shares.tolist()]
