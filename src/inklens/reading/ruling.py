"""Takes ruled lines, squares and printed boxes off a page, and leaves the strokes that cross them.

What tells print from pen is length and company, not darkness: a ruling runs on for many digits, and the sides
of a box meet at its corners.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.page import Ink, Mask

_LONG = 0.4  # of the picture's side that a ruling runs along
_SLIM = 60  # times as long as wide: with a pen of half a millimetre a stroke of 3 centimetres
_SEVERAL = 3  # upright lines make a ruling; fewer may be 1s with a fine pen,
_WHOLE = 0.97  # unless they run along so much of the side
_PART = 1 / 8  # of the side; a ruling is straight over so much of it, and goes on slightly bent
_SIDE = 18  # pixels; a shorter straight run may be any stroke
_MOST_TILT = 15.0  # degrees by which a page may be turned
_RECTANGLE = 0.88  # of its least rectangle that a box's inside fills; an ellipse fills 0.79


@dataclass(frozen=True, eq=False)
class Ruling:
    """Printed lines of a page.

    Args:
        lines: uint8 (H, W), 255 where a line is.
        cells: float64 (N, 4, 2), corners of the insides of the boxes.
        taken: uint8 (H, W), 255 where ink goes with the lines: `lines` without the strokes that cross.
    """

    lines: Mask
    cells: NDArray[np.float64]
    taken: Mask


def find_ruling(mask: Mask) -> Ruling:
    """Finds ruled lines, squared paper and boxes.

    Args:
        mask: uint8 (H, W), 255 where there is ink.
    """
    levels, uprights = _tilts(mask)
    level, long_level = _runs(mask, levels, lone_strokes=False)
    turned, long_turned = _runs(np.ascontiguousarray(mask.T), [-tilt for tilt in uprights], lone_strokes=True)
    upright, long_upright = turned.T, long_turned.T
    cells, sides = _boxes(cv2.bitwise_or(level, upright))
    level = cv2.bitwise_or(cv2.bitwise_and(level, sides), long_level)
    upright = cv2.bitwise_or(cv2.bitwise_and(upright, sides), long_upright)
    taken_level = _without_crossings(mask, level)
    taken_upright = _without_crossings(mask.T, np.ascontiguousarray(upright.T)).T
    lines = cv2.bitwise_or(level, upright)
    taken = cv2.bitwise_and(cv2.bitwise_or(taken_level, taken_upright), mask)
    # Where a level line meets an upright one each takes the other for a crossing stroke.
    corners = cv2.bitwise_and(_grown(level, 1), _grown(upright, 1))
    return Ruling(lines, cells, cv2.bitwise_or(taken, cv2.bitwise_and(corners, mask)))


def remove(ink: Ink, taken: Mask) -> Ink:
    """The ink without what was taken."""
    cleared = ink.copy()
    cleared[_grown(taken, 1) > 0] = np.minimum(cleared[_grown(taken, 1) > 0], 0.0)
    return cleared


def _tilts(mask: Mask) -> tuple[list[float], list[float]]:
    """Slopes of the long level lines (dy/dx) and of the long upright ones (-dx/dy); [0.0] where none is."""
    shrink = min(1.0, 1000 / max(mask.shape))
    small = cv2.resize(mask, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA) if shrink < 1 else mask
    small = cv2.compare(small, 60, cv2.CMP_GT)
    least = min(small.shape) * _PART * 2
    found = cv2.HoughLinesP(small, 1, np.pi / 720, int(least * 0.6), minLineLength=least, maxLineGap=4)
    if found is None:
        return [0.0], [0.0]
    ends = found.reshape(-1, 4).astype(np.float64)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    steep = np.tan(np.radians(_MOST_TILT))
    level = np.abs(dy) <= steep * np.abs(dx)
    upright = np.abs(dx) <= steep * np.abs(dy)
    return _spread(dy[level] / dx[level]), _spread(-dx[upright] / dy[upright])


def _spread(slopes: NDArray[np.float64]) -> list[float]:
    """Up to three slopes that stand for all: perspective makes lines fan out."""
    if not len(slopes):
        return [0.0]
    low, middle, high = np.quantile(slopes, [0.1, 0.5, 0.9])
    return [float(middle)] if high - low < 0.02 else [float(low), float(middle), float(high)]


def _runs(mask: Mask, slopes: list[float], lone_strokes: bool) -> tuple[Mask, Mask]:
    """Ink in straight runs along a slope: those of at least a box's side, and those as long as a ruling."""
    side, long_one = np.zeros_like(mask), np.zeros_like(mask)
    height, width = mask.shape
    part = max(_SIDE, width * _PART)
    for slope in slopes:
        shift = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float64)
        back = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float64)
        level = cv2.warpAffine(mask, shift, (width, height), flags=cv2.INTER_NEAREST) if slope else mask
        thick = cv2.dilate(level, np.ones((3, 1), np.uint8))
        bridged = cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8))
        for runs, length in ((side, _SIDE), (long_one, part)):
            opened = cv2.morphologyEx(bridged, cv2.MORPH_OPEN, np.ones((1, max(3, int(length))), np.uint8))
            if slope:
                opened = cv2.warpAffine(opened, back, (width, height), flags=cv2.INTER_NEAREST)
            cv2.bitwise_or(runs, cv2.bitwise_and(opened, mask), dst=runs)
    return side, _rulings(long_one, lone_strokes)


def _rulings(runs: Mask, lone_strokes: bool) -> Mask:
    """Of long straight level runs, those that go on across the page: longer and slimmer than a stroke.

    Args:
        lone_strokes: whether a lone line may be a digit, a 1 on end, unless it runs from border to border.
    """
    width = runs.shape[1]
    joined = cv2.dilate(runs, np.ones((3, max(3, width // 50)), np.uint8))
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    area = np.bincount(pieces[runs > 0], minlength=count)
    length = boxes[:, cv2.CC_STAT_WIDTH]
    kept = (length >= _LONG * width) & (length**2 >= _SLIM * area)
    kept[0] = False
    if lone_strokes and np.count_nonzero(kept) < _SEVERAL:
        kept &= length >= _WHOLE * width
    return np.asarray(np.where(kept[pieces], runs, 0), np.uint8)


def _boxes(segments: Mask) -> tuple[NDArray[np.float64], Mask]:
    """Corners of the rectangles that straight runs close around, and where their sides lie."""
    sides = np.zeros_like(segments)
    closed = cv2.morphologyEx(segments, cv2.MORPH_CLOSE, np.ones((5, 5), np.uint8))
    outlines, nesting = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cells: list[NDArray[np.float32]] = []
    for outline, (_, _, _, parent) in zip(outlines, nesting[0] if len(outlines) else [], strict=True):
        if parent < 0:
            continue
        rectangle = cv2.minAreaRect(outline)
        shorter, longer = sorted(rectangle[1])
        if shorter < _SIDE or cv2.contourArea(outline) < _RECTANGLE * shorter * longer:
            continue
        corners = np.asarray(cv2.boxPoints(rectangle), np.float32)
        away = np.linalg.norm(outline.astype(np.float32) - corners, axis=2).min(axis=0)
        if away.max() > 0.06 * shorter + 2:  # no corners: a squarish 0
            continue
        cells.append(corners)
    cells = _outermost(cells)
    for corners in cells:
        thickness = max(7, int(0.12 * min(cv2.minAreaRect(corners)[1])))
        cv2.polylines(sides, [np.rint(corners).astype(np.int32)], True, 255, thickness)
    return np.array(cells, np.float64).reshape(-1, 4, 2), sides


def _outermost(cells: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Cells that lie in no other: a box within a box is writing."""
    boxes = np.array([(*cell.min(axis=0), *cell.max(axis=0)) for cell in cells]).reshape(-1, 4)
    kept = []
    for number, (left, top, right, bottom) in enumerate(boxes):
        around = (boxes[:, 0] < left) & (boxes[:, 1] < top) & (boxes[:, 2] > right) & (boxes[:, 3] > bottom)
        if not around.any():
            kept.append(cells[number])
    return kept


def _without_crossings(mask: Mask, level: Mask) -> Mask:
    """Of level lines, what is no thicker than the line is: where a stroke crosses, the ink is thicker."""
    if not level.any():
        return level
    columns = np.count_nonzero(level, axis=0)
    edges = np.count_nonzero((level[1:] > 0) & (level[:-1] == 0), axis=0) + (level[0] > 0)
    width = float(columns.sum() / max(1, edges.sum()))
    thick = int(np.ceil(1.6 * width)) + 2
    tall = cv2.morphologyEx(np.ascontiguousarray(mask), cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8))
    # A line's own edge, which its straight runs miss, goes too.
    return cv2.bitwise_and(cv2.dilate(level, np.ones((3, 1), np.uint8)), cv2.bitwise_not(tall))


def _grown(mask: Mask, reach: int) -> Mask:
    return np.asarray(cv2.dilate(mask, np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)), np.uint8)
