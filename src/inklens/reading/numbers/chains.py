"""Chains of pieces that may be one number, at whatever slant they are written.

Each piece is linked to the nearest piece on its right if that has no nearer piece on its left. Nothing is
projected on an axis, so a number may climb, sink or run diagonally.
"""

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.masks import Boxes, Cells
from inklens.reading.pieces.piece import Piece, boxes_of

_RATIO = 2.5  # largest ratio between the heights of digits of one number
_GAP = 1.0  # heights: largest gap between digits of one number
_ODD_GAP = 2.0  # times the usual gap of a number: another number begins there,
_ODD_PITCH = 1.4  # if the digits' middles are also this many times farther apart,
_LEAST_GAP = 0.5  # and the gap has this many heights
_SINGLE = 1.6  # widths per height of a printed box for one digit
_STEEP = 1.2  # largest dy/dx of a number
_BEND = 35.0  # degrees by which a number may turn from one digit to the next
_APART = 1.5  # weight of vertical distance against horizontal distance
_NO_CELLS: Cells = np.zeros((0, 4, 2))


def find_chains(pieces: list[Piece], cells: Cells = _NO_CELLS) -> list[list[int]]:
    """Link pieces that may be one number into chains, each from left to right.

    Digits in adjacent printed boxes for one digit each are linked; wide cells of a table keep numbers apart.

    Returns:
        indices into `pieces`; each piece is in one chain, which may be itself alone.
    """
    if not pieces:
        return []
    boxes = boxes_of(pieces)
    in_cells = _pairs_in_cells(boxes, cells)
    following = _links(boxes, in_cells)
    chains = []
    for first in sorted(set(range(len(pieces))) - set(following.values())):
        members = [first]
        while members[-1] in following:
            members.append(following[members[-1]])
        chains += _cut_at_odd_gaps(members, boxes, in_cells.adjacent)
    return chains


class _InCells(NamedTuple):
    """Which pairs of pieces, (N, N), lie in adjacent boxes, and which ones a table keeps apart."""

    adjacent: NDArray[np.bool_]
    apart: NDArray[np.bool_]


def _pairs_in_cells(boxes: Boxes, cells: Cells) -> _InCells:
    none = np.zeros((len(boxes), len(boxes)), np.bool_)
    if not len(cells):
        return _InCells(none, none)
    low, high = cells.min(axis=1), cells.max(axis=1)
    size = high - low
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    inside = ((middle > low) & (middle < high)).all(axis=2)
    inside &= (boxes[:, None, 2:] - boxes[:, None, :2] <= 1.1 * size).all(axis=2)
    cell = np.where(inside.any(axis=1), inside.argmax(axis=1), -1)
    known = (cell[:, None] >= 0) & (cell[None] >= 0) & (cell[:, None] != cell[None])
    one, other = cell[:, None], cell[None]
    gap = np.abs(low[other, 0] - high[one, 0])
    level = np.abs(low[other, 1] - low[one, 1]) < 0.4 * size[one, 1]
    alone = np.bincount(cell[cell >= 0], minlength=len(cells)) == 1
    single = alone & (size[:, 0] <= _SINGLE * size[:, 1])
    adjacent = known & level & (gap < 0.35 * size[one, 0]) & single[one] & single[other]
    wide = size[:, 0] > 2 * np.median(boxes[:, 3] - boxes[:, 1])
    return _InCells(adjacent, known & ~adjacent & wide[one] & wide[other])


def _links(boxes: Boxes, in_cells: _InCells) -> dict[int, int]:
    """Which piece follows which: each is the nearest to the other, on its right and on its left."""
    left, top, right, bottom = boxes.T
    tall = bottom - top
    x, y = (left + right) / 2, (top + bottom) / 2
    height = np.maximum(tall[:, None], tall[None])
    along, across = x[None] - x[:, None], np.abs(y[None] - y[:, None])
    gap_x = np.maximum(left[None] - right[:, None], 0)
    gap_y = np.maximum(np.maximum(top[None] - bottom[:, None], top[:, None] - bottom[None]), 0)
    possible = (along > 0.1 * height) & (across <= _STEEP * along + 0.25 * height)
    possible &= height <= _RATIO * np.minimum(tall[:, None], tall[None])
    possible &= np.hypot(gap_x, gap_y) <= _GAP * height
    possible |= in_cells.adjacent & (along > 0)
    possible &= ~in_cells.apart
    cost = np.where(possible, gap_x + _APART * np.maximum(across - 0.2 * height, 0) + 0.2 * along, np.inf)
    after, before = cost.argmin(axis=1), cost.argmin(axis=0)
    return {
        one: int(after[one])
        for one in range(len(boxes))
        if np.isfinite(cost[one, after[one]]) and before[after[one]] == one
    }


def _cut_at_odd_gaps(members: list[int], boxes: Boxes, adjacent: NDArray[np.bool_]) -> list[list[int]]:
    """A chain, cut where it turns sharply or where a gap is far wider than the others."""
    if len(members) < 3:
        return [members]
    own = boxes[members]
    x, y = (own[:, 0] + own[:, 2]) / 2, (own[:, 1] + own[:, 3]) / 2
    height = float(np.median(own[:, 3] - own[:, 1]))
    turns = np.degrees(np.arctan2(np.diff(y), np.maximum(np.diff(x), 0.4 * height)))
    gaps = np.hypot(
        np.maximum(own[1:, 0] - own[:-1, 2], 0),
        np.maximum(np.maximum(own[1:, 1] - own[:-1, 3], own[:-1, 1] - own[1:, 3]), 0),
    )
    # A 1 leaves a wider gap although it is no farther away: the pitch must be odd too.
    pitch = np.hypot(np.diff(x), np.diff(y))
    far = (gaps > max(_ODD_GAP * float(np.median(gaps)), _LEAST_GAP * height)) & (
        pitch > _ODD_PITCH * np.median(pitch)
    )
    odd = (np.abs(turns - np.median(turns)) > _BEND) | far
    odd &= ~adjacent[members[:-1], members[1:]]
    cuts = [0, *(np.flatnonzero(odd) + 1).tolist(), len(members)]
    return [members[start:end] for start, end in pairwise(cuts)]
