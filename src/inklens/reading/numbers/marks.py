"""Marks between digits: decimal points and commas, minus signs, slashes and colons, which are no digits.

They are found by their size and place beside the digits of a line, before pieces are linked into numbers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.piece import Piece, boxes_of

_SURE = 0.9  # least probability of a digit whose height counts
_BESIDE = 4.0  # heights to either side, within which digits are beside a mark
_NEAR = 1.6  # heights: largest distance from a mark to its digit
_SMALL = 0.32  # heights: largest side of a point
_POINT = 0.72  # of the digit's height, from its top: the middle of a point or comma lies below
_COMMA = 0.6, 0.35  # heights: largest height and width of a comma
_FLAT = 0.5  # height to width of a minus sign at most,
_DASH = 0.2, 1.1  # with a length of this many heights, from and to,
_MIDDLE = 0.3, 0.7  # and its middle in this part of the digit's height
_WHOLE = 0.64  # heights: least height of a digit that a mark stands beside
_BEYOND = 0.06  # heights by which a slash reaches above and below the digits beside it; a 1 does not
_LEANS = 20.0, 60.0  # degrees by which it leans to the right, from and to
_STRAIGHT = 0.22  # of its length: largest width of the rectangle around it


@dataclass(frozen=True, eq=False)
class MarkPiece:
    """A piece of ink that is a mark: ".", ",", "-", "/" or ":"."""

    text: str
    piece: Piece


def find_marks(digits: list[DigitHypothesis]) -> tuple[list[DigitHypothesis], list[MarkPiece]]:
    """The pieces without marks, and the marks.

    Args:
        digits: the pieces of a page, each read as one digit.
    """
    if len(digits) < 2:
        return digits, []
    boxes = boxes_of([digit.piece for digit in digits])
    sure = np.array([digit.status == "ok" and digit.probability >= _SURE for digit in digits], np.bool_)
    usual = [_usual(one, boxes, sure) for one in range(len(digits))]
    texts = [
        "" if math.isnan(usual[one]) else _mark(one, digits, boxes, sure, usual[one])
        for one in range(len(digits))
    ]
    marks = [MarkPiece(text, digit.piece) for text, digit in zip(texts, digits, strict=True) if text]
    return [digit for text, digit in zip(texts, digits, strict=True) if not text], _with_colons(marks)


def _usual(one: int, boxes: NDArray[np.float64], sure: NDArray[np.bool_]) -> float:
    """The median height of the digits beside a piece, which may lie a little below them; NaN without any."""
    left, top, right, bottom = boxes.T
    height = bottom - top
    middle = (top[one] + bottom[one]) / 2
    level = (top - 0.5 * height <= middle) & (middle <= bottom + 0.5 * height)
    gap = np.maximum(np.maximum(left - right[one], left[one] - right), 0)
    beside = sure & level & (gap <= _BESIDE * height)
    beside[one] = False
    return float(np.median(height[beside])) if beside.any() else math.nan


def _mark(
    one: int, digits: list[DigitHypothesis], boxes: NDArray[np.float64], sure: NDArray[np.bool_], usual: float
) -> str:
    """Which mark a piece is; "" for none."""
    left, top, right, bottom = boxes[one]
    wide, tall = right - left, bottom - top
    whole = sure & (boxes[:, 3] - boxes[:, 1] >= _WHOLE * usual)
    whole[one] = False
    gap = np.maximum(np.maximum(boxes[:, 0] - right, left - boxes[:, 2]), 0)
    shared = np.minimum(boxes[:, 2], right) - np.maximum(boxes[:, 0], left)
    level = (boxes[:, 1] - 0.5 * usual < bottom) & (boxes[:, 3] + 0.5 * usual > top)
    beside = whole & level & (gap <= _NEAR * usual)
    if not beside.any() or (whole & level & (shared > 0.35 * wide)).any():  # the bar of a 5, a dot in an 8
        return ""
    nearest = int(np.where(beside, gap, np.inf).argmin())
    middle = ((top + bottom) / 2 - boxes[nearest, 1]) / (boxes[nearest, 3] - boxes[nearest, 1])
    if tall <= _FLAT * wide and _DASH[0] * usual <= wide <= _DASH[1] * usual:
        return "-" if _MIDDLE[0] <= middle <= _MIDDLE[1] else ""
    if max(wide, tall) <= _SMALL * usual:
        return "." if middle >= _POINT or _MIDDLE[0] - 0.1 <= middle <= _MIDDLE[1] else ""
    if tall <= _COMMA[0] * usual and wide <= _COMMA[1] * usual and middle >= _POINT + 0.08:
        return ","
    around = boxes[beside & (gap <= usual)]
    if not len(around):
        return ""
    over = min(float(around[:, 1].min()) - top, bottom - float(around[:, 3].max()))
    return "/" if over >= _BEYOND * usual and _leans(digits[one].piece) else ""


def _leans(piece: Piece) -> bool:
    """Whether a piece is one straight stroke that leans to the right."""
    y, x = np.nonzero(piece.ink > 0.5)
    if len(x) < 8:
        return False
    points = np.column_stack([x, y]).astype(np.float32)
    sides = sorted(cv2.minAreaRect(points)[1])
    across, up = np.linalg.eigh(np.cov(points.T))[1][:, 1]
    angle = math.degrees(math.atan2(abs(across), abs(up)))
    rises = across * up < 0  # y points down
    return bool(sides[0] <= _STRAIGHT * sides[1] and rises and _LEANS[0] <= angle <= _LEANS[1])


def _with_colons(marks: list[MarkPiece]) -> list[MarkPiece]:
    """The marks, two points above each other as one colon; a point at half height alone is none."""
    points = [mark for mark in marks if mark.text == "."]
    found = [mark for mark in marks if mark.text != "."]
    points.sort(key=lambda mark: (mark.piece.left, mark.piece.top))
    used: set[int] = set()
    for one, upper in enumerate(points):
        if one in used:
            continue
        for other in range(one + 1, len(points)):
            lower = points[other]
            size = max(upper.piece.width, upper.piece.height, lower.piece.width, lower.piece.height)
            apart = abs(lower.piece.top - upper.piece.top)
            if abs(lower.piece.left - upper.piece.left) <= size and size < apart <= 6 * size:
                used.add(other)
                found.append(
                    MarkPiece(":", upper.piece if upper.piece.top < lower.piece.top else lower.piece)
                )
                break
        else:
            found.append(upper)
    return found


def marks_of(number: list[DigitHypothesis], marks: list[MarkPiece]) -> list[tuple[int, str]]:
    """The marks of a number: before which of its digits each stands, and its text; from left to right.

    Args:
        number: its digits from left to right.
        marks: of the page.
    """
    if not number:
        return []
    centres = np.array([digit.piece.centre for digit in number])
    height = float(np.median([digit.piece.height for digit in number]))
    found = []
    for mark in marks:
        x, y = mark.piece.centre
        place = int(np.searchsorted(centres[:, 0], x))
        beside = centres[max(0, place - 1) : place + 1]
        gaps = [max(0.0, abs(x - digit.piece.centre[0]) - digit.piece.width / 2) for digit in number]
        near = min(gaps) <= _NEAR * height and abs(y - beside[:, 1].mean()) <= height
        leads = place == 0 and mark.text != "-"  # a point before a number belongs to nothing
        ends = place == len(number)  # and a full stop behind it ends a sentence
        if near and not leads and not ends:
            found.append((place, x, mark.text))
    return [(place, text) for place, _, text in sorted(found)]


def joined_by_marks(line: list[list[DigitHypothesis]], marks: list[MarkPiece]) -> list[list[DigitHypothesis]]:
    """The numbers of a line from left to right; those with a mark between them are one, such as a date.

    Args:
        line: the digits of each number.
        marks: of the page.
    """
    joined: list[list[DigitHypothesis]] = []
    for number in line:
        if joined and any(_between(joined[-1][-1], number[0], mark) for mark in marks):
            joined[-1] = [*joined[-1], *number]
        else:
            joined.append(number)
    return joined


def _between(before: DigitHypothesis, after: DigitHypothesis, mark: MarkPiece) -> bool:
    """Whether a mark lies between two digits and near to both."""
    (left, upper), (right, lower), (x, y) = before.piece.centre, after.piece.centre, mark.piece.centre
    height = max(before.piece.height, after.piece.height)
    gaps = x - left - before.piece.width / 2, right - x - after.piece.width / 2
    return bool(left < x < right and max(gaps) <= height and abs(y - (upper + lower) / 2) <= height)
