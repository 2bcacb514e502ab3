"""Confidence that means what it says: temperature scaling."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError, needing
from inklens.evaluation.evaluation import checked_labels

with needing("scipy", "evaluation"):
    from scipy.optimize import brentq
    from scipy.special import softmax

# Outside of this the network is so wrong that no temperature helps.
_LOWEST, _HIGHEST = 0.05, 20.0


def calibrated_probabilities(logits: ArrayLike, temperature: float = 1.0) -> NDArray[np.float64]:
    """The softmax of logits (N, C) divided by a temperature: float64 (N, C)."""
    return np.asarray(softmax(np.asarray(logits, np.float64) / temperature, axis=1))


def fit_temperature(logits: ArrayLike, labels: ArrayLike) -> float:
    """The temperature with the least negative log-likelihood (Guo et al. 2017, "On Calibration of Modern
    Neural Networks"), to be fitted on images that were not learnt from.

    The likelihood is convex in 1/temperature, so the zero of its slope is the one minimum there is. Where no
    image is wrong there is none (the likelihood rises with confidence for ever): then a network whose mean
    confidence is below (N + 1) / (N + 2), as label smoothing makes it, is given that (Laplace 1774: the share
    of right answers to expect after N right ones). One that is surer keeps its temperature of 1.

    Args:
        logits: float (N, C).
        labels: int (N,), 0 to C - 1.

    Returns:
        0.05 to 20; above 1 where the network is too sure of itself.

    Raises:
        DataError: the arrays do not fit each other, or logits are not finite.
    """
    z, y = checked_logits(logits, labels)
    if np.array_equal(z.argmax(axis=1), y):
        return _temperature_without_errors(z)
    actual = z[np.arange(len(y)), y]

    def slope(inverse: float) -> float:
        return float(((calibrated_probabilities(z, 1 / inverse) * z).sum(axis=1) - actual).mean())

    coldest, hottest = 1 / _LOWEST, 1 / _HIGHEST
    if slope(coldest) <= 0:
        return _LOWEST
    if slope(hottest) >= 0:
        return _HIGHEST
    return 1 / float(brentq(slope, hottest, coldest, xtol=1e-8))


def _temperature_without_errors(z: NDArray[np.float64]) -> float:
    expected = (len(z) + 1) / (len(z) + 2)

    def missing(inverse: float) -> float:
        return expected - float(calibrated_probabilities(z, 1 / inverse).max(axis=1).mean())

    if missing(1.0) <= 0:
        return 1.0
    if missing(1 / _LOWEST) >= 0:
        return _LOWEST
    return 1 / float(brentq(missing, 1.0, 1 / _LOWEST, xtol=1e-8))


def checked_logits(logits: ArrayLike, labels: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns both as arrays of one dtype, or raises the DataError that says what is wrong with them."""
    z = np.asarray(logits, np.float64)
    if z.ndim != 2 or len(z) == 0:
        raise DataError(f"logits of shape {z.shape}; expected (images, classes), and at least one image")
    y = checked_labels(labels, *z.shape)
    if not np.isfinite(z).all():
        raise DataError("logits that are not finite; expected those of a training that did not diverge")
    return z, y


def checked_id_score(id_score: ArrayLike, images: int) -> NDArray[np.float64]:
    """Returns it as an array, or raises the DataError that says what is wrong with it."""
    scores = np.asarray(id_score, np.float64)
    if scores.shape != (images,) or not np.isfinite(scores).all():
        raise DataError(
            f"in-distribution scores of shape {scores.shape}; expected one finite number for each of "
            f"{images:,} images"
        )
    return scores
