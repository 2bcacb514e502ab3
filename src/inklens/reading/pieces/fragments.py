"""Small pieces beside digits: the bar that came off a 5, a dot, a bit of ruling.

A piece far lower than the digits beside it is no digit. It belongs to one of them if the network finds that
digit as probable with it as without.
"""

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify
from inklens.reading.pieces.piece import boxes_of, heights_beside, merged

_SURE = 0.9  # least probability of a digit whose height counts
_LOW = 0.6  # of the height of digits beside it: a lower piece may be a fragment
_TINY = 0.45  # of that height: a lower piece is a fragment, even if it looks like a 1
_NEAR = 0.3  # of that height: largest distance from the digit it may belong to
_AS_GOOD = 0.5  # nats by which a digit may get worse with its fragment

FRAGMENTS = "dust and fragments"  # why they are left out


def join_fragments(
    digits: list[DigitHypothesis], classifier: Classifier, *, keep: bool = False
) -> list[DigitHypothesis]:
    """Join fragments to their digits, and leave out those that belong to none.

    Args:
        digits: the pieces of a page, each read as one digit.
        keep: leave nothing out: if the number of digits is known, it decides what is dust.
    """
    if not digits:
        return digits
    boxes = boxes_of([digit.piece for digit in digits])
    sure = np.array([digit.status == "ok" and digit.probability >= _SURE for digit in digits])
    usual = heights_beside(boxes, np.tile(sure, (len(digits), 1)))
    height = boxes[:, 3] - boxes[:, 1]
    small = np.flatnonzero(height < _LOW * usual).tolist()
    pairs = [(at, base) for at in small for base in _bases(boxes, at, float(usual[at]))]
    together = classify([merged(digits[at].piece, digits[base].piece) for at, base in pairs], classifier)
    best: dict[int, tuple[float, int, DigitHypothesis]] = {}
    for (at, base), both in zip(pairs, together, strict=True):
        gain = digits[base].cost - both.cost
        if at not in best or gain > best[at][0]:
            best[at] = gain, base, both
    found = dict(enumerate(digits))
    for at in sorted(small, key=lambda one: float(height[one])):
        if found[at] is not digits[at]:
            continue  # a lower piece was joined to it: it is whole now
        gain, base, both = best.get(at, (-np.inf, at, digits[at]))
        joins = gain >= -_AS_GOOD and found.get(base) is digits[base]
        if joins:
            found[base] = both
        unlike = digits[at].status != "ok" or height[at] < _TINY * usual[at]
        if joins or (unlike and not keep):
            del found[at]
    return list(found.values())


def _bases(boxes: NDArray[np.float64], at: int, usual: float) -> list[int]:
    """The higher pieces near a small one: it may belong to one of them."""
    left, top, right, bottom = boxes[at]
    away_x = np.maximum(np.maximum(boxes[:, 0] - right, left - boxes[:, 2]), 0)
    away_y = np.maximum(np.maximum(boxes[:, 1] - bottom, top - boxes[:, 3]), 0)
    higher = boxes[:, 3] - boxes[:, 1] > bottom - top
    found: list[int] = np.flatnonzero(higher & (np.hypot(away_x, away_y) <= _NEAR * usual)).tolist()
    return found
