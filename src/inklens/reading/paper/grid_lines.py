"""Removes the lines of a levelled grid and keeps the strokes that cross them."""

from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.reading.paper.masks import as_mask

_SEEN = 0.2  # ink of a line that is worth removing
_PALEST = 0.08  # ink that shows where a line runs
_BAND = 0.17  # of a cell, to either side of a line, in which its ink lies
_RUN = 0.6  # of a cell: shorter level ink in the band is writing
_BESIDE = 2  # pixels by which a line's ink may lie beside its path
_STRAIGHT, _ASIDE = 0.02, 0.3  # costs of a pixel off the line's place, and of a step aside
_THICKER, _MORE = 1.5, 2.0  # times and pixels: a longer run across the line is a stroke
_THICKER_IN_BOXES = 1.2  # the same where strokes are cut at the line
_THINNER = 0.25  # quantile of a line's thickness there: writing beside it makes it look thicker

Positions = NDArray[np.float64]
Mask = NDArray[np.bool_]


def without_lines(ink: Ink, lines_x: Positions, lines_y: Positions, *, boxes: bool = False) -> Ink:
    """The ink inside the grid without its lines.

    Each line's thickness is measured between each two crossings. Where the ink reaches farther across the
    line than that, a stroke crosses it.

    Args:
        ink: float32 (H, W), 0-1, of a levelled grid.
        lines_x, lines_y: where its upright and its level lines are, in pixels.
        boxes: writing stays inside its cell, as in a form: what touches a line is cut at it.
    """
    printed = _printed(ink, lines_y, lines_x, boxes)
    printed |= _printed(np.ascontiguousarray(ink.T), lines_x, lines_y, boxes).T
    inside = np.zeros(ink.shape, np.bool_)
    inside[int(lines_y[0]) : int(lines_y[-1]) + 1, int(lines_x[0]) : int(lines_x[-1]) + 1] = True
    return np.where(inside & ~printed, ink, np.float32(0))


def _printed(ink: Ink, lines: Positions, crossing: Positions, boxes: bool) -> Mask:
    """Where the level lines at these y are printed; upright lines cross them at `crossing`."""
    cell = float(np.median(np.diff(lines)))
    reach = max(4, round(_BAND * cell))
    seen = ink > _SEEN
    level = cv2.dilate(as_mask(ink > _PALEST), np.ones((3, 1), np.uint8))
    level = cv2.morphologyEx(level, cv2.MORPH_OPEN, np.ones((1, max(5, round(_RUN * cell))), np.uint8))
    at = np.rint(lines).astype(int)
    paths = _paths(np.stack([_band(as_mask(level), line, reach) for line in at.tolist()]) > 0)
    ends = np.clip(np.rint(crossing).astype(int), 0, seen.shape[1] - 1)
    printed = np.zeros_like(seen)
    for line, path in zip(at.tolist(), paths, strict=True):
        gone = _line_in_band(_band(as_mask(seen), line, reach) > 0, path, ends, boxes)
        first, last = max(0, line - reach), min(len(seen), line + reach + 1)
        printed[first:last] |= gone[first - line + reach : last - line + reach]
    return printed


def _band(picture: NDArray[np.uint8], line: int, reach: int) -> NDArray[np.uint8]:
    """The rows from `line - reach` to `line + reach`; 0 beyond the picture."""
    first, last = max(0, line - reach), min(len(picture), line + reach + 1)
    above, below = first - (line - reach), line + reach + 1 - last
    return np.pad(picture[first:last], ((above, below), (0, 0)))


def _paths(drawn: Mask) -> NDArray[np.int64]:
    """The row of each line in its band at each column, by dynamic programming: (lines, W).

    Args:
        drawn: (lines, rows of the band, W), where level ink is.
    """
    count, rows, width = drawn.shape
    cost = 1.0 - drawn.transpose(2, 0, 1) + _STRAIGHT * np.abs(np.arange(rows) - rows // 2)
    total, came = np.full((count, rows + 2), np.inf), np.zeros((width, count, rows), np.int8)
    total[:, 1:-1] = cost[0]
    for column in range(1, width):
        before = np.stack([total[:, 1:-1], total[:, :-2] + _ASIDE, total[:, 2:] + _ASIDE])
        came[column] = np.array([0, -1, 1], np.int8)[before.argmin(axis=0)]
        total[:, 1:-1] = before.min(axis=0) + cost[column]
    paths = np.empty((count, width), np.int64)
    at, every = total[:, 1:-1].argmin(axis=1), np.arange(count)
    for column in range(width - 1, -1, -1):
        paths[:, column] = at
        at = at + came[column, every, at]
    return paths


def _line_in_band(band: Mask, path: NDArray[np.int64], ends: NDArray[np.int64], boxes: bool) -> Mask:
    """Which ink of a band is its line's."""
    above, below = _runs(band, path)
    rows = np.arange(len(band))[:, None]
    if boxes:
        thick = _thickness(below - above, ends, _THINNER)
        stroke, half = below - above > _THICKER_IN_BOXES * thick + _MORE, np.ceil(thick / 2)
        above = np.where(stroke, np.maximum(above, path - half), above)
        below = np.where(stroke, np.minimum(below, path + half + 1), below)
        return np.asarray((rows >= above - 1) & (rows <= below) & (below > above))
    thick = _thickness(below - above, ends)
    stroke = below - above > _THICKER * thick + _MORE
    # Where an upright line crosses, the level line goes on.
    near = np.abs(np.arange(band.shape[1])[:, None] - ends).min(axis=1) <= len(band) / 5
    half = np.ceil(thick / 2) + 1
    above = np.where(stroke, np.where(near, np.maximum(above, path - half), 1), above)
    below = np.where(stroke, np.where(near, np.minimum(below, path + half), 0), below)
    return np.asarray((rows >= above - 1) & (rows <= below) & (below > above))


def _runs(band: Mask, path: NDArray[np.int64]) -> tuple[Positions, Positions]:
    """In each column, the first row of the run of ink nearest to the path, and the row after its last.

    Without a run near the path, both are the path.
    """
    rows, columns = np.arange(len(band))[:, None], np.arange(band.shape[1])
    away = np.abs(rows - path)
    nearest = np.where(band & (away <= _BESIDE), away, len(band)).argmin(axis=0)
    has = band[nearest, columns] & (np.abs(nearest - path) <= _BESIDE)
    above = np.where(~band & (rows < nearest), rows, -1).max(axis=0) + 1
    below = np.where(~band & (rows > nearest), rows, len(band)).min(axis=0)
    return np.where(has, above, path).astype(np.float64), np.where(has, below, path).astype(np.float64)


def _thickness(lengths: Positions, ends: NDArray[np.int64], quantile: float = 0.5) -> Positions:
    """The thickness of the line at each column: a quantile over its segment between two crossings."""
    thick = np.zeros(len(lengths))
    for start, end in pairwise([0, *ends[1:-1].tolist(), len(lengths)]):
        own = lengths[start:end]
        if np.count_nonzero(own) >= len(own) / 2:  # else the line is too faint to be seen
            thick[start:end] = np.quantile(own[own > 0], quantile)
    return thick
