"""Chains of pieces that may be one number, at whatever slant they are written.

Each piece is linked to the nearest piece on its right if that has no nearer piece on its left. Nothing is
projected on an axis, so a number may climb, sink or run diagonally.
"""

import math
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
_PITCH = 0.7  # heights from the middle of a digit to the middle of the one beside it
_WIDEST = 0.7  # heights; a wider piece may be several digits
_SEPARATE = 0.5  # heights beyond that pitch: digits so far apart are far apart
_KINDS = 2  # gaps of each kind, at least,
_VALLEY = 0.25  # with a step of this many heights between the kinds
_LEAST_FREE = 0.3  # and at least this free height in the wider ones
_SINGLE = 1.6  # widths per height of a printed box for one digit
_STEEP = 1.2  # largest dy/dx of a number
_BEND = 35.0  # degrees by which a number may turn from one digit to the next
_APART = 1.5  # weight of vertical distance against horizontal distance
_NO_CELLS: Cells = np.zeros((0, 4, 2))


def find_chains(pieces: list[Piece], cells: Cells = _NO_CELLS, *, separate: bool = False) -> list[list[int]]:
    """Link pieces that may be one number into chains, each from left to right.

    Digits in adjacent printed boxes for one digit each are linked; wide cells of a table keep numbers apart.
    Where the gaps of a page are of two kinds, the wide ones lie between numbers.

    Args:
        separate: digits that are far apart are single numbers, even if all gaps of the page are alike.

    Returns:
        indices into `pieces`; each piece is in one chain, which may be itself alone.
    """
    if not pieces:
        return []
    boxes = boxes_of(pieces)
    in_cells = _pairs_in_cells(boxes, cells)
    following = _links(boxes, in_cells)
    linked = []
    for first in sorted(set(range(len(pieces))) - set(following.values())):
        members = [first]
        while members[-1] in following:
            members.append(following[members[-1]])
        linked.append(members)
    most = _widest_within(linked, boxes)
    if separate:
        most = min(most, _SEPARATE)
    return [part for members in linked for part in _cut_at_odd_gaps(members, boxes, in_cells.adjacent, most)]


def _pitches(own: Boxes, height: float) -> NDArray[np.float64]:
    """From the middle of each digit to that of the next one. Of touching digits, the outermost counts.

    Args:
        own: the boxes of a chain, from left to right.
        height: of its digits.
    """
    half = np.minimum(own[:, 2] - own[:, 0], _WIDEST * height) / 2
    along = (own[1:, 0] + half[1:]) - (own[:-1, 2] - half[:-1])
    return np.asarray(np.hypot(along, np.diff(own[:, 1] + own[:, 3]) / 2), np.float64)


def _free(members: list[int], boxes: Boxes) -> NDArray[np.float64]:
    """How far each digit of a chain is from the next one beyond the pitch of digits side by side, in heights.

    Unlike the gap, this is not wider beside a 1.
    """
    own = boxes[members]
    height = float(np.median(own[:, 3] - own[:, 1]))
    return _pitches(own, height) / height - _PITCH


def _widest_within(chains: list[list[int]], boxes: Boxes) -> float:
    """The widest gap within numbers, as `_free` measures it; infinite where all gaps are of one kind."""
    free = np.sort(np.concatenate([np.empty(0), *(_free(members, boxes) for members in chains)]))
    if len(free) < 2 * _KINDS:
        return math.inf
    steps = np.diff(free)[_KINDS - 1 : len(free) - _KINDS]
    widest = int(steps.argmax()) + _KINDS - 1
    below, above = float(free[widest]), float(free[widest + 1])
    return (below + above) / 2 if above - below >= _VALLEY and above >= _LEAST_FREE else math.inf


class _InCells(NamedTuple):
    """Which pairs of pieces, (N, N), lie in adjacent boxes, and which ones a table keeps apart."""

    adjacent: NDArray[np.bool_]
    apart: NDArray[np.bool_]


def alone_in_boxes(pieces: list[Piece], cells: Cells) -> NDArray[np.bool_]:
    """Which pieces are the only one in a printed box for one digit: bool (pieces,)."""
    if not (pieces and len(cells)):
        return np.zeros(len(pieces), np.bool_)
    cell = _cell_of(boxes_of(pieces), cells)
    return np.asarray((cell >= 0) & _for_one_digit(cell, cells)[cell], np.bool_)


def _pairs_in_cells(boxes: Boxes, cells: Cells) -> _InCells:
    none = np.zeros((len(boxes), len(boxes)), np.bool_)
    if not len(cells):
        return _InCells(none, none)
    low, high = cells.min(axis=1), cells.max(axis=1)
    size = high - low
    cell = _cell_of(boxes, cells)
    known = (cell[:, None] >= 0) & (cell[None] >= 0) & (cell[:, None] != cell[None])
    one, other = cell[:, None], cell[None]
    gap = np.abs(low[other, 0] - high[one, 0])
    level = np.abs(low[other, 1] - low[one, 1]) < 0.4 * size[one, 1]
    single = _for_one_digit(cell, cells)
    adjacent = known & level & (gap < 0.35 * size[one, 0]) & single[one] & single[other]
    wide = size[:, 0] > 2 * np.median(boxes[:, 3] - boxes[:, 1])
    return _InCells(adjacent, known & ~adjacent & wide[one] & wide[other])


def _cell_of(boxes: Boxes, cells: Cells) -> NDArray[np.int64]:
    """The number of the cell in which each box lies, (boxes,); -1 for none."""
    low, high = cells.min(axis=1), cells.max(axis=1)
    middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
    inside = ((middle > low) & (middle < high)).all(axis=2)
    inside &= (boxes[:, None, 2:] - boxes[:, None, :2] <= 1.1 * (high - low)).all(axis=2)
    return np.where(inside.any(axis=1), inside.argmax(axis=1), -1)


def _for_one_digit(cell: NDArray[np.int64], cells: Cells) -> NDArray[np.bool_]:
    """Which cells hold one piece and are no wider than a box for one digit, (cells,).

    Args:
        cell: of each piece, as `_cell_of` gives it.
    """
    size = np.ptp(cells, axis=1)
    alone = np.bincount(cell[cell >= 0], minlength=len(cells)) == 1
    return np.asarray(alone & (size[:, 0] <= _SINGLE * size[:, 1]), np.bool_)


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


def _cut_at_odd_gaps(
    members: list[int], boxes: Boxes, adjacent: NDArray[np.bool_], most: float
) -> list[list[int]]:
    """A chain, cut where it turns sharply, or where a gap is wider than `most` or than the others by far."""
    if len(members) < 2:
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
    pitch = _pitches(own, height)
    far = (gaps > max(_ODD_GAP * float(np.median(gaps)), _LEAST_GAP * height)) & (
        pitch > _ODD_PITCH * np.median(pitch)
    )
    odd = (np.abs(turns - np.median(turns)) > _BEND) | far | (_free(members, boxes) > most)
    odd &= ~adjacent[members[:-1], members[1:]]
    cuts = [0, *(np.flatnonzero(odd) + 1).tolist(), len(members)]
    return [members[start:end] for start, end in pairwise(cuts)]
