"""Pieces into numbers and numbers into lines, at whatever slant they are written.

Each piece is linked with the neighbour on its right that is nearest and for which it is the nearest on the
left. Nothing is projected on an axis, so that a number may climb, sink or run diagonally.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.pieces import Piece

_RATIO = 2.5  # between the heights of digits of one number
_GAP = 1.0  # heights between digits of one number
_ODD_GAP = 2.0  # times the number's usual gap: there another number begins,
_ODD_PITCH = 1.4  # where its digits' middles are so many times farther apart as well,
_LEAST_GAP = 0.5  # and the gap has so many heights
_SINGLE = 1.6  # widths per height of a box that is made for one digit
_STEEP = 1.2  # of a number's direction, in dy/dx
_BEND = 35.0  # degrees by which a number may turn from one digit to the next
_SHORT = 3  # pieces; the slope of fewer is their shapes' as much as their number's
_LIKE_PAGE = 0.15  # radians
_LEAST_TILT = 0.1  # radians; digits are upright no more exactly than that
_APART = 1.5  # how much a height above or below counts, against a height to the side


def chain(pieces: list[Piece], cells: NDArray[np.float64] | None = None) -> list[list[int]]:
    """Groups of pieces that may be one number, each from left to right.

    In printed boxes for one digit each, the boxes say which digits are neighbours; the wide cells of a table
    keep their numbers apart.

    Args:
        cells: float64 (N, 4, 2), corners of printed boxes.

    Returns:
        indices into `pieces`; every piece is in one group, which may be itself alone.
    """
    if not pieces:
        return []
    boxes = np.array([(piece.left, piece.top, piece.right, piece.bottom) for piece in pieces], np.float64)
    boxed = _boxed(boxes, np.zeros((0, 4, 2)) if cells is None else cells)
    following = _links(boxes, boxed)
    chains = []
    for first in sorted(set(range(len(pieces))) - set(following.values())):
        members = [first]
        while members[-1] in following:
            members.append(following[members[-1]])
        chains += _cut_where_odd(members, boxes, boxed.neighbours)
    return chains


class _Boxed(NamedTuple):
    """Of pairs of pieces, (N, N): which lie in boxes side by side, and which a table keeps apart."""

    neighbours: NDArray[np.bool_]
    apart: NDArray[np.bool_]


def _boxed(boxes: NDArray[np.float64], cells: NDArray[np.float64]) -> _Boxed:
    none = np.zeros((len(boxes), len(boxes)), np.bool_)
    if not len(cells):
        return _Boxed(none, none)
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
    neighbours = known & level & (gap < 0.35 * size[one, 0]) & single[one] & single[other]
    wide = size[:, 0] > 2 * np.median(boxes[:, 3] - boxes[:, 1])
    return _Boxed(neighbours, known & ~neighbours & wide[one] & wide[other])


def _links(boxes: NDArray[np.float64], boxed: _Boxed) -> dict[int, int]:
    """Which piece follows which: nearest to the right and nearest to the left of each other."""
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
    possible |= boxed.neighbours & (along > 0)
    possible &= ~boxed.apart
    cost = np.where(possible, gap_x + _APART * np.maximum(across - 0.2 * height, 0) + 0.2 * along, np.inf)
    after, before = cost.argmin(axis=1), cost.argmin(axis=0)
    return {
        one: int(after[one])
        for one in range(len(boxes))
        if np.isfinite(cost[one, after[one]]) and before[after[one]] == one
    }


def _cut_where_odd(
    members: list[int], boxes: NDArray[np.float64], neighbours: NDArray[np.bool_]
) -> list[list[int]]:
    """A chain, cut where it turns sharply or where its gap is far wider than the others."""
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
    # A 1 leaves a wider gap without standing farther off: so the pitch must be odd too.
    pitch = np.hypot(np.diff(x), np.diff(y))
    far = (gaps > max(_ODD_GAP * float(np.median(gaps)), _LEAST_GAP * height)) & (
        pitch > _ODD_PITCH * np.median(pitch)
    )
    odd = (np.abs(turns - np.median(turns)) > _BEND) | far
    odd &= ~neighbours[members[:-1], members[1:]]
    cuts = [0, *(np.flatnonzero(odd) + 1).tolist(), len(members)]
    return [members[start:end] for start, end in pairwise(cuts)]


def tilts(chains: list[list[Piece]]) -> list[float]:
    """By how many radians each chain sinks from left to right; 0 where that is too little to matter.

    Digits differ in height and in place: of a short chain the page's slope says more than its own.
    """
    page = math.atan(_slope(chains)) if chains else 0.0
    found = []
    for members in chains:
        own = math.atan(_own_slope(members)) if len(members) > 1 else page
        short = len(members) < _SHORT and sum(map(len, chains)) > len(members)
        tilt = page if short or abs(own - page) < _LIKE_PAGE else own
        found.append(tilt if abs(tilt) > _LEAST_TILT else 0.0)
    return found


def _own_slope(members: list[Piece]) -> float:
    """dy/dx of a chain by its digits' tops, middles or bottoms, whichever is the most level."""
    boxes = np.array([(piece.left, piece.top, piece.right, piece.bottom) for piece in members], np.float64)
    x = (boxes[:, 0] + boxes[:, 2]) / 2
    away = x - x.mean()
    edges = np.stack([boxes[:, 1], (boxes[:, 1] + boxes[:, 3]) / 2, boxes[:, 3]])
    slopes = (edges - edges.mean(axis=1, keepdims=True)) @ away / max(float(away @ away), 1.0)
    return 0.0 if slopes.min() < 0 < slopes.max() else float(slopes[np.abs(slopes).argmin()])


def in_lines(chains: list[list[Piece]]) -> list[list[int]]:
    """Numbers in reading order: lines from top to bottom, each from left to right.

    Returns:
        indices into `chains`, a list for each line.
    """
    if not chains:
        return []
    centres = np.array([np.mean([piece.centre for piece in members], axis=0) for members in chains])
    heights = np.array([np.median([piece.height for piece in members]) for members in chains])
    slope = _slope(chains)
    turned = centres[:, 1] - slope * centres[:, 0]
    lines: list[list[int]] = []
    for number in np.argsort(turned, kind="stable").tolist():
        last = lines[-1] if lines else []
        near = 0.6 * max(heights[number], *heights[last]) if last else 0.0
        if last and turned[number] - float(np.mean(turned[last])) <= near:
            last.append(number)
        else:
            lines.append([number])
    return [sorted(line, key=lambda number: float(centres[number, 0])) for line in lines]


def _slope(chains: list[list[Piece]]) -> float:
    """dy/dx of the page's lines: the median of its numbers', the longer ones counting more."""
    slopes = []
    for members in chains:
        if len(members) > 1:
            x, y = np.array([piece.centre for piece in members]).T
            slopes += [float((y[-1] - y[0]) / max(x[-1] - x[0], 1.0))] * len(members)
    return float(np.median(slopes)) if slopes else 0.0
