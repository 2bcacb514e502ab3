"""Thresholds from validation images: an id_score that outliers miss, a probability that errors miss.

Measured in docs/results.md.
"""

import math
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import OptionError
from inklens.evaluation.calibration import calibrated_probabilities, checked_id_score, checked_logits
from inklens.evaluation.thresholds import Thresholds

# One in-distribution image in 200 may miss the id_score. On MNIST that refuses 98% of Fashion-MNIST.
_REFUSED_BY_ID_SCORE = 0.005
# At 0.5 the error rate of new images is as likely above as below `max_error`. A 95% guarantee of 0.1%
# allows a single error in 5,000 images, and costs coverage; the upper bound at 95% is reported instead.
_CONFIDENCE = 0.5


def choose_thresholds(
    logits: ArrayLike,
    id_score: ArrayLike,
    labels: ArrayLike,
    temperature: float,
    max_error: float | None = None,
) -> Thresholds:
    """Thresholds from validation images.

    That of the id_score is the one that an in-distribution image misses in 0.5% of cases (one more image is
    counted below it than there is, so that this holds for new images too; of fewer than 399 images it is the
    lowest id_score). That of the probability is the lowest at which the answered images' error rate is at
    most `max_error`: not the share of errors seen, which flatters where they are few, but the rate at which
    so few errors or fewer are as likely as not (Clopper and Pearson 1934, at 50%): no error in 693 images
    shows 0.1%, one needs 1,679.

    Args:
        logits: float (N, C), of images that were not learnt from.
        id_score: float (N,), of the same images.
        labels: int (N,), 0 to C - 1.
        temperature: what the logits are divided by before they become probabilities.
        max_error: share of 1; None leaves the probability's threshold out.

    Raises:
        DataError: the arrays do not fit each other, or are not finite.
        OptionError: too few images to show so small an error, or no threshold keeps it.
    """
    z, y = checked_logits(logits, labels)
    id_scores = checked_id_score(id_score, len(z))
    lowest = float(np.sort(id_scores)[max(0, int(_REFUSED_BY_ID_SCORE * (len(y) + 1)) - 1)])
    chosen = Thresholds(lowest)
    probabilities = calibrated_probabilities(z, temperature).astype(np.float32)  # as a model file gives them
    if max_error is not None:
        check_max_error(max_error, len(y))
        kept = chosen.answered(probabilities, id_scores)
        right = z.argmax(axis=1) == y
        probability = _lowest_probability(probabilities.max(axis=1)[kept], right[kept], max_error)
        chosen = Thresholds(lowest, probability, max_error)
    return replace(chosen, coverage=float(chosen.answered(probabilities, id_scores).mean()))


def check_max_error(max_error: float, images: int) -> None:
    """Raises OptionError where so many validation images without an error would not show so small a rate."""
    if not 0 < max_error < 1:
        raise OptionError(f"max error {max_error} is out of range: expected above 0% and below 100%")
    needed = math.ceil(math.log(1 - _CONFIDENCE) / math.log1p(-max_error))
    if images < needed:
        raise OptionError(
            f"max error {100 * max_error:g}% cannot be shown on {images:,} validation images: expected "
            f"{needed:,} or more; hold more out with --validation-split, or allow a larger --max-error"
        )


def error_upper_bound(errors: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """The largest error rate that goes with so few errors among n (Clopper and Pearson 1934), one-sided."""
    from scipy.special import betaincinv

    k, of = np.broadcast_arrays(np.asarray(errors, np.float64), np.asarray(n, np.float64))
    return np.where(k < of, betaincinv(k + 1, np.maximum(of - k, 1), confidence), 1.0)


def _lowest_probability(p: NDArray[np.float32], right: NDArray[np.bool_], max_error: float) -> float:
    order = np.argsort(-p, kind="stable")
    p, errors = p[order], np.cumsum(~right[order])
    bounds = error_upper_bound(errors, np.arange(1, len(p) + 1), _CONFIDENCE)
    following = np.append(p[1:], np.float32(0))
    bounds[p == following] = 1  # equal ones are answered together
    fits = np.flatnonzero(bounds <= max_error)
    if not len(fits):
        least = 100 * bounds.min(initial=1)
        raise OptionError(
            f"max error {100 * max_error:g}% is out of reach: the least that a threshold keeps on these "
            f"{len(p):,} validation images is {least:.2g}%; allow a larger --max-error, or train a better "
            "network"
        )
    last = fits[-1]  # halfway to the next, so that rounding moves no image across
    return (float(p[last]) + float(following[last])) / 2
