"""Pieces that are no digits by the size of the page's writing: edges of sheets, shadows, drawings."""

import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.piece import boxes_of

_SURE = 0.9  # least probability of a digit whose height counts
_FEW = 3  # digits, at least, that show the size of the page's writing
_TALLER = 2.5  # times the usual height: no digit of this page, unless another is as high,
_ALIKE = 1.5  # within this ratio
_AT_BORDER = 1.4  # times the usual height, of what touches the border of the picture

TOO_LARGE, AT_BORDER = "larger than the digits of the page", "at the border of the picture"


def reasons_by_size(digits: list[DigitHypothesis], shape: tuple[int, ...]) -> list[str]:
    """Why each piece is no digit of the page; "" where its size says nothing against it.

    Args:
        digits: the pieces of a page, each read as one digit.
        shape: the page's height and width.
    """
    boxes = boxes_of([digit.piece for digit in digits])
    height = boxes[:, 3] - boxes[:, 1]
    sure = np.array([digit.status == "ok" and digit.probability >= _SURE for digit in digits], np.bool_)
    left, top, right, bottom = boxes.T
    border: NDArray[np.bool_] = (
        (np.minimum(left, top) <= 1) | (right >= shape[1] - 1) | (bottom >= shape[0] - 1)
    )
    reasons = []
    for one in range(len(digits)):
        others = sure & ~border
        others[one] = False
        if others.sum() < _FEW:
            reasons.append("")
            continue
        usual = float(np.median(height[others]))
        alike = (height[others] * _ALIKE >= height[one]) & (height[others] <= _ALIKE * height[one])
        if height[one] > _TALLER * usual and alike.sum() < _FEW - 1:
            reasons.append(TOO_LARGE)
        elif border[one] and height[one] > _AT_BORDER * usual:
            reasons.append(AT_BORDER)
        else:
            reasons.append("")
    return reasons
