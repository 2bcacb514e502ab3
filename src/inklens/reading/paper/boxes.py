"""Printed boxes: rectangles that straight runs of ink enclose, and that are no stroke of a digit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.masks import Cells, Mask, as_mask, line_width, transposed
from inklens.reading.paper.straight_runs import SIDE, StraightRuns

_WALL = 3.0  # pixels between the insides of adjacent boxes, at least,
_APART = 0.3  # and at most, in sides, where boxes of a row stand apart
_COVERED = 0.85  # least share of a box's outline that is drawn,
_COVERED_SIDE = 0.6  # and of each of its sides
_MOST_CELLS = 3000
_ROUNDED = (0.1, 0.32)  # of the way from a corner to the middle: a 0 has its stroke there, a box has nothing
_FEW = 3  # boxes: fewer may be loops of digits that have corners by chance,
_LOOP = 6  # if their inside is narrower than this many strokes
_ELONGATED = 2.2  # length to width of a loop at most
_BLANK = 0.1  # share of ink in the middle of a loop at most
_AROUND = 0.7  # half sides beyond the inside, in which the stroke is looked for
_RECTANGLE = 0.88  # share of its minimum-area rectangle that a box's inside fills; an ellipse fills 0.79


def find_boxes(across: StraightRuns, down: StraightRuns, inked: Mask) -> tuple[Cells, Mask]:
    """Find the rectangles that straight runs of ink enclose.

    The search is done twice: once the size of the boxes is known, shorter runs are strokes of the writing.

    Args:
        across: the level runs.
        down: the upright runs, of the transposed page.
        inked: where there is surely ink.

    Returns:
        the boxes, and where their sides are.
    """
    segments = across.at_least(SIDE) | transposed(down.at_least(SIDE))
    cells = _rectangles(segments, inked)
    if len(cells) < _FEW and all(_may_be_loop(cell, inked) for cell in cells):
        cells = []
    if cells:
        side = float(np.median([min(cv2.minAreaRect(cell)[1]) for cell in cells]))
        longer = across.at_least(0.75 * side) | transposed(down.at_least(0.75 * side))
        again = _rectangles(longer, inked)
        cells = _with_hidden_cells(again if len(again) >= len(cells) else cells, longer)
    sides = np.zeros_like(segments)
    for corners in cells:
        thickness = max(7, int(0.12 * min(cv2.minAreaRect(corners)[1])))
        cv2.polylines(sides, [np.rint(corners).astype(np.int32)], True, 255, thickness)
    return np.array(cells, np.float64).reshape(-1, 4, 2), sides


def _rectangles(segments: Mask, inked: Mask) -> list[NDArray[np.float32]]:
    closed = cv2.morphologyEx(segments, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    outlines, nesting = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cells: list[NDArray[np.float32]] = []
    for outline, (_, _, _, parent) in zip(outlines, nesting[0] if len(outlines) else [], strict=True):
        if parent < 0:
            continue
        rectangle = cv2.minAreaRect(outline)
        shorter, longer = sorted(rectangle[1])
        if shorter < SIDE or cv2.contourArea(cv2.convexHull(outline)) < _RECTANGLE * shorter * longer:
            continue
        corners = np.asarray(cv2.boxPoints(rectangle), np.float32)
        away = np.linalg.norm(outline.astype(np.float32) - corners, axis=2).min(axis=0)
        if away.max() <= 0.06 * shorter + 2 and not _rounded(corners, inked):
            cells.append(corners)
    return _outermost(cells)


def _rounded(corners: NDArray[np.float32], inked: Mask) -> bool:
    """Whether this is a 0, whose stroke cuts off the corners of the rectangle around its inside."""
    inward = corners.mean(axis=0) - corners
    half = float(np.abs(inward).max())
    steps = np.arange(max(1.0, _ROUNDED[0] * half), _ROUNDED[1] * half)[:, None, None] / half
    points = np.clip(np.rint(corners + steps * inward), 0, np.array(inked.shape[::-1]) - 1).astype(int)
    return int(np.count_nonzero(inked[points[..., 1], points[..., 0]].any(axis=0))) >= 3


def _may_be_loop(corners: NDArray[np.float32], inked: Mask) -> bool:
    """Whether this may be the loop of a 0 or 6: blank, about round, and narrow for the stroke around it."""
    shorter, longer = sorted(cv2.minAreaRect(corners)[1])
    if longer > _ELONGATED * shorter:
        return False
    middle = corners.mean(axis=0)
    around = middle + (1 + _AROUND) * (corners - middle)
    ring = _filled(around, inked) & ~_filled(corners, inked)
    half = shorter + longer  # of the outline; a stroke of width w around it covers 2 w half + 4 w^2
    stroke = ((half**2 + 4 * cv2.countNonZero(inked & ring)) ** 0.5 - half) / 4
    quarter = _filled((corners + middle) / 2, inked)
    blank = cv2.countNonZero(inked & quarter) < _BLANK * cv2.countNonZero(quarter)
    return blank and shorter < _LOOP * stroke


def _filled(corners: NDArray[np.float32], like: Mask) -> Mask:
    """The inside of a quadrilateral: 255 in a mask of the shape of `like`."""
    return as_mask(cv2.fillConvexPoly(np.zeros_like(like), np.rint(corners).astype(np.int32), 255))


def _with_hidden_cells(cells: list[NDArray[np.float32]], segments: Mask) -> list[NDArray[np.float32]]:
    """The cells, and those beside them that writing hides: straight runs lie along their sides too."""
    near = as_mask(cv2.dilate(segments, np.ones((5, 5), np.uint8)))
    both_walls = 2 * line_width(segments)
    known = list(cells)
    middles = np.array([cell.mean(axis=0) for cell in known])
    at = 0
    while at < len(known) and len(known) < _MOST_CELLS:
        cell = known[at]
        at += 1
        for side in range(4):
            across = cell[side] - cell[(side + 1) % 4]
            length = float(np.linalg.norm(across))
            walls = np.arange(_WALL, max(_APART * length, both_walls + 2), dtype=np.float32)
            beside = cell + (across * (1 + walls[:, None] / length))[:, None]
            if np.linalg.norm(middles - beside[0].mean(axis=0), axis=1).min() < 0.5 * length:
                continue
            drawn = _drawn(beside, near)
            best = int(drawn.min(axis=1).argmax())
            if drawn[best].mean() >= _COVERED and drawn[best].min() >= _COVERED_SIDE:
                known.append(beside[best])
                middles = np.vstack([middles, beside[best].mean(axis=0)])
    return known


def _drawn(cells: NDArray[np.float32], near: Mask) -> NDArray[np.float64]:
    """The share of each side of rectangles (N, 4, 2) that lies on straight runs, (N, 4)."""
    shares = np.linspace(0, 1, 24, endpoint=False, dtype=np.float32)[:, None]
    points = cells[:, :, None] + shares * (np.roll(cells, -1, axis=1) - cells)[:, :, None]
    x, y = np.moveaxis(np.rint(points).astype(int), -1, 0)
    inside = (x >= 0) & (y >= 0) & (x < near.shape[1]) & (y < near.shape[0])
    on_run = near[np.where(inside, y, 0), np.where(inside, x, 0)] > 0
    return np.asarray((on_run & inside).mean(axis=2), np.float64)


def _outermost(cells: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """The cells that lie in no other: a box in a box is writing, but a box around several is a sheet."""
    low = np.array([cell.min(axis=0) for cell in cells]).reshape(-1, 2)
    high = np.array([cell.max(axis=0) for cell in cells]).reshape(-1, 2)
    within = ((low[:, None] > low[None]) & (high[:, None] < high[None])).all(axis=2)  # row in column
    sheet = np.count_nonzero(within, axis=0) > 1
    inner = np.count_nonzero(within & ~sheet, axis=1) > 0
    return [cells[number] for number in np.flatnonzero(~(sheet | inner))]
