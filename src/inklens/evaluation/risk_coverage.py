"""The risk-coverage curve: the error among the images that a network is surest of, by how many these are."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError

_KEPT_POINTS = 100


@dataclass(frozen=True, eq=False)
class RiskCoverageCurve:
    """The error against the share of images that are answered, the surest first.

    Attributes:
        coverage: float64 (K,), rising, above 0 and up to 1; one point for each confidence that occurs,
            because images of equal confidence are answered together.
        error: float64 (K,), 0-1, among the images answered; the last is the error on all images.
    """

    coverage: NDArray[np.float64]
    error: NDArray[np.float64]

    @property
    def area(self) -> float:
        """Mean of the error over all coverages (Geifman and El-Yaniv 2017, "AURC"): the lower, the better."""
        widths = np.diff(self.coverage, prepend=0.0)
        return float((widths * self.error).sum())

    def error_at(self, coverage: float) -> float:
        """The error where at least this share is answered."""
        return float(self.error[self.coverage >= min(coverage, 1.0)][0])

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers, for metrics.json: the area, and at most a hundred points of the curve."""
        wanted = np.arange(1, _KEPT_POINTS + 1) / _KEPT_POINTS
        kept = np.unique(np.searchsorted(self.coverage, wanted).clip(max=len(self.coverage) - 1))
        return {
            "area": self.area,
            "coverage": self.coverage[kept].tolist(),
            "error": self.error[kept].tolist(),
        }


def risk_coverage_curve(confidence_scores: ArrayLike, correct: ArrayLike) -> RiskCoverageCurve:
    """Answers the images from the surest on, and counts the errors (El-Yaniv and Wiener 2010).

    Args:
        confidence_scores: float (N,), N at least 1; the higher, the surer, such as the highest probability.
        correct: bool (N,), whether the image is right.

    Raises:
        DataError: the arrays do not fit each other, or a score is not finite.

    Example:
        >>> risk_coverage_curve([0.9, 0.6], [True, False]).error
        array([0. , 0.5])
    """
    scores, right = np.asarray(confidence_scores, np.float64), np.asarray(correct)
    if scores.ndim != 1 or len(scores) == 0 or right.shape != scores.shape or right.dtype != np.bool_:
        raise DataError(
            f"scores of shape {scores.shape} and answers of shape {right.shape} and type {right.dtype}; "
            "expected one score and one boolean per image, and at least one image"
        )
    if not np.isfinite(scores).all():
        raise DataError("scores that are not finite; expected those of a network that did not diverge")
    order = np.argsort(-scores, kind="stable")
    ranked, errors = scores[order], np.cumsum(~right[order])
    last = np.flatnonzero(np.append(ranked[1:] != ranked[:-1], True))
    answered = last + 1
    return RiskCoverageCurve(answered / len(scores), errors[last] / answered)
