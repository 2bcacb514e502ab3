"""When to say "unknown": a score that strangers miss, a probability below which one errs too often.

Measured in docs/confidence.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import MissingPackageError, OptionError
from inklens.evaluation.calibration import checked_logits, softmax

# One known image in 200 may be called unknown for its score. On MNIST that refuses 98 % of Fashion-MNIST.
_REFUSED_BY_SCORE = 0.005
# At 0.5 the error rate of new images is as likely above as below `max_error`. A 95 % guarantee of 0.1 %
# allows a single error in 5,000 images, and costs coverage; the upper bound at 95 % is reported instead.
_CONFIDENCE = 0.5


def unknown_score(logits: ArrayLike) -> NDArray[np.float64]:
    """How much an image is like those learnt from, float64 (N,): what the logits carry besides their softmax.

    Args:
        logits: float (N, C), as `inklens.networks.ensemble.Ensemble.logits` gives them, which says what the
            score is made of; it is their log-sum-exp.
    """
    with np.errstate(invalid="ignore"):  # of what is no number the score is none, and who compares finds out
        return np.asarray(np.logaddexp.reduce(np.asarray(logits, np.float64), axis=1))


@dataclass(frozen=True)
class Thresholds:
    """What is answered: images with a score and a probability that are not below these. None is unused.

    Args:
        score: of `unknown_score`.
        probability: the highest one of an image, 0-1.
        max_error: the error rate that `probability` was chosen for, a share of 1.
        coverage: the share of the images they were chosen from that they leave answered.
    """

    score: float | None = None
    probability: float | None = None
    max_error: float | None = None
    coverage: float | None = None

    def answered(self, logits: ArrayLike, temperature: float) -> NDArray[np.bool_]:
        """Which images are answered: bool (N,), from logits (N, C)."""
        probabilities = _highest(logits, temperature)
        answered = np.ones(len(probabilities), np.bool_)
        if self.score is not None:
            answered &= unknown_score(logits) >= self.score
        if self.probability is not None:
            answered &= probabilities >= self.probability
        return answered


def choose_thresholds(
    logits: ArrayLike, labels: ArrayLike, temperature: float, max_error: float | None = None
) -> Thresholds:
    """Thresholds from validation images.

    The score's is the one that a known image misses in 0.5 % of cases (one more image is counted below it
    than there is, so that this holds for new images too; of fewer than 399 images it is the lowest score).
    The probability's is the lowest at which the answered images' error rate is at most `max_error`: not the
    share of errors seen, which flatters where they are few, but the rate at which so few errors or fewer are
    as likely as not (Clopper and Pearson 1934, at 50 %): no error in 693 images shows 0.1 %, one needs 1,679.

    Args:
        logits: float (N, C), of images that were not learnt from.
        labels: int (N,), 0 to C - 1.
        temperature: what the logits are divided by before they become probabilities.
        max_error: share of 1; None leaves the probability's threshold out.

    Raises:
        OptionError: too few images to show so small an error, or no threshold keeps it.
    """
    z, y = checked_logits(logits, labels)
    scores = np.sort(unknown_score(z))
    score = float(scores[max(0, int(_REFUSED_BY_SCORE * (len(y) + 1)) - 1)])
    chosen = Thresholds(score)
    if max_error is not None:
        check_max_error(max_error, len(y))
        known = chosen.answered(z, temperature)
        right = z.argmax(axis=1) == y
        probability = _lowest_probability(_highest(z, temperature)[known], right[known], max_error)
        chosen = Thresholds(score, probability, max_error)
    return replace(chosen, coverage=float(chosen.answered(z, temperature).mean()))


def check_max_error(max_error: float, images: int) -> None:
    """Raises OptionError where so many validation images without an error would not show so small a rate."""
    if not 0 < max_error < 1:
        raise OptionError(f"max error {max_error} is out of range: expected above 0 % and below 100 %")
    needed = math.ceil(math.log(1 - _CONFIDENCE) / math.log1p(-max_error))
    if images < needed:
        raise OptionError(
            f"max error {100 * max_error:g} % cannot be shown on {images:,} validation images: expected "
            f"{needed:,} or more; hold more out with --validation-split, or allow a larger --max-error"
        )


def error_upper_bound(errors: ArrayLike, n: ArrayLike, confidence: float = 0.95) -> NDArray[np.float64]:
    """The largest error rate that goes with so few errors among n (Clopper and Pearson 1934), one-sided."""
    try:
        from scipy.special import betaincinv
    except ImportError as error:
        raise MissingPackageError(
            "a threshold needs scipy, which is not installed; pip install 'inklens[train]'"
        ) from error

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
            f"max error {100 * max_error:g} % is out of reach: the least that a threshold keeps on these "
            f"{len(p):,} validation images is {least:.2g} %; allow a larger --max-error, or train a better "
            "network"
        )
    last = fits[-1]  # halfway to the next, so that rounding moves no image across
    return (float(p[last]) + float(following[last])) / 2


def _highest(logits: ArrayLike, temperature: float) -> NDArray[np.float32]:
    """float32, as a model file gives it."""
    return np.asarray(softmax(logits, temperature).max(axis=1), np.float32)
