"""Lines of text: their skew angle, the order in which numbers stand in them, and the boxes of numbers."""

import math

import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.piece import Piece, boxes_of

_SHORT = 3  # pieces; the slope of a shorter chain comes from the shapes of its digits
_LIKE_PAGE = 0.15  # radians; a chain that differs less from the page has the page's skew
_SAME_LINE = 0.9  # heights from the course of a line, within which a number is on it
_SAME_DEPTH = 0.6  # heights; numbers on one line differ less, once the bend of the page is undone
_TILTS = (-0.25, 0.25)  # dy/dx by which lines may begin steeper than the page
_LATEST = 8  # steps from number to number that show how lines run
_BENDING = 3  # numbers of a line that show how it bends,
_REACH = 0.6  # if one line reaches over so much of the page's numbers: beyond, a bend would be guessed
_LEAST_SKEW = 0.1  # radians; digits are upright no more exactly than that


def skew_angles(chains: list[list[Piece]]) -> list[float]:
    """The angle of each chain in radians, positive if it sinks to the right; 0 if too small to matter.

    Digits differ in height and position: for a short chain the page's slope is better than its own.
    """
    page = math.atan(_page_slope(chains)) if chains else 0.0
    found = []
    for members in chains:
        own = math.atan(_own_slope(members)) if len(members) > 1 else page
        short = len(members) < _SHORT and sum(map(len, chains)) > len(members)
        skew = page if short or abs(own - page) < _LIKE_PAGE else own
        found.append(skew if abs(skew) > _LEAST_SKEW else 0.0)
    return found


def _own_slope(members: list[Piece]) -> float:
    """dy/dx of the tops, middles or bottoms of a chain's digits, whichever is the most level."""
    boxes = boxes_of(members)
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    away = x - x.mean()
    edges = np.stack([boxes[:, 1], (boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 3]])
    slopes = (edges - edges.mean(axis=1, keepdims=True)) @ away / max(float(away @ away), 1.0)
    return 0.0 if slopes.min() < 0 < slopes.max() else float(slopes[np.abs(slopes).argmin()])


def group_into_lines(chains: list[list[Piece]]) -> list[list[int]]:
    """Numbers in reading order: lines from top to bottom, each from left to right.

    Returns:
        indices into `chains`, one list for each line.
    """
    if not chains:
        return []
    centres = np.array([np.mean([piece.centre for piece in members], axis=0) for members in chains])
    heights = np.array([np.median([piece.height for piece in members]) for members in chains])
    slope = _page_slope(chains)
    followed = _followed(centres, heights, slope)
    # Where lines bend most they may be lost at once: from another slope they are followed as a whole.
    steeper = min((_followed(centres, heights, slope + tilt) for tilt in _TILTS), key=len)
    if 2 * len(steeper) <= len(followed):
        followed = steeper
    bend = _common_bend([centres[line] for line in followed], float(np.ptp(centres[:, 0])))
    depth = centres[:, 1] - np.polyval(bend, centres[:, 0])
    lines: list[list[int]] = []
    for number in np.argsort(depth, kind="stable").tolist():
        last = lines[-1] if lines else []
        near = _SAME_DEPTH * max(heights[number], *heights[last]) if last else 0.0
        if last and depth[number] - float(np.mean(depth[last])) <= near:
            last.append(number)
        else:
            lines.append([number])
    return [sorted(line, key=lambda number: float(centres[number, 0])) for line in lines]


def _followed(centres: NDArray[np.float64], heights: NDArray[np.float64], slope: float) -> list[list[int]]:
    """Numbers that follow each other on one line, which may bend: indices from left to right.

    Args:
        centres: x and y of each number.
        heights: of their digits.
        slope: dy/dx of the page, for lines of one number.
    """
    lines: list[list[int]] = []
    slopes = [slope]  # of the latest steps on all lines: paper bends under all of them alike
    for number in np.argsort(centres[:, 0], kind="stable").tolist():
        x, y = centres[number]
        course = float(np.median(slopes[-_LATEST:]))
        away = []
        for line in lines:
            last_x, last_y = centres[line[-1]]
            near = _SAME_LINE * max(heights[number], heights[line[-1]])
            away.append(abs(y - last_y - course * (x - last_x)) / near if x > last_x else math.inf)
        best = int(np.argmin(away)) if away else 0
        if away and away[best] <= 1:
            step = centres[number] - centres[lines[best][-1]]
            slopes.append(float(step[1] / max(step[0], heights[number])))
            lines[best].append(number)
        else:
            lines.append([number])
    return lines


def _common_bend(lines: list[NDArray[np.float64]], width: float) -> NDArray[np.float64]:
    """The parabola that the lines of a page share, about their own depth: coefficients for `np.polyval`.

    Args:
        lines: x and y of the numbers of each, from left to right.
        width: from the first number of the page to the last, in pixels.
    """
    long = [line for line in lines if len(line) >= _BENDING]
    if not long or max(line[-1, 0] - line[0, 0] for line in long) < _REACH * width:
        slopes = [(line[-1, 1] - line[0, 1]) / (line[-1, 0] - line[0, 0]) for line in lines if len(line) > 1]
        return np.array([float(np.median(slopes)) if slopes else 0.0, 0.0])
    middle = float(np.mean(np.concatenate(long)[:, 0]))
    # Each line has a depth of its own, all have one parabola: least squares.
    rows, wanted = [], []
    for place, line in enumerate(long):
        for x, y in line - (middle, 0):
            own = np.zeros(len(long))
            own[place] = 1
            rows.append(np.concatenate([(x * x, x), own]))
            wanted.append(y)
    square, linear = np.linalg.lstsq(np.array(rows), np.array(wanted))[0][:2]
    # (x - middle)^2 square + (x - middle) linear, without its constant
    return np.array([square, linear - 2 * square * middle, 0.0])


def _page_slope(chains: list[list[Piece]]) -> float:
    """dy/dx of the page's lines: the median over its numbers, weighted by their length."""
    slopes = []
    for members in chains:
        if len(members) > 1:
            x, y = np.array([piece.centre for piece in members]).T
            slopes += [float((y[-1] - y[0]) / max(x[-1] - x[0], 1.0))] * len(members)
    return float(np.median(slopes)) if slopes else 0.0


def bounding_box(boxes: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """The smallest rectangle around boxes that is turned as their row is.

    Args:
        boxes: corners (4, 2) of each, from left to right.

    Returns:
        corners, float64 (4, 2), clockwise from the upper left; (0, 2) without boxes.
    """
    if not boxes:
        return np.zeros((0, 2))
    middles = np.array([box.mean(axis=0) for box in boxes])
    along = middles[-1] - middles[0]
    angle = float(np.arctan2(along[1], along[0])) if len(boxes) > 1 else 0.0
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    turned = np.concatenate(boxes) @ turn
    (left, top), (right, bottom) = turned.min(axis=0), turned.max(axis=0)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return np.asarray(corners @ turn.T, np.float64)
