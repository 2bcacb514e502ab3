"""The pieces of writing in each cell of a levelled grid."""

from collections import Counter
from dataclasses import dataclass, replace
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.reading.paper.masks import as_mask, stroke_mask
from inklens.reading.pieces.components import find_pieces
from inklens.reading.pieces.fragments import FRAGMENTS
from inklens.reading.pieces.piece import Piece

_FAINTEST = 0.25  # ink of the faintest pencil
_RIM = 0.12  # of a cell: remnants of its lines lie this near to them
_PALER = 0.9  # darkest ink of remnants, where the writing of their cell has 1
_LEAST = 0.01  # share of a cell that writing covers at least
_SHARED = 0.25  # share of a component's ink in a second cell, from which it is writing of both
_LARGEST = 1.3  # cells: largest side of a piece of writing
_LOWEST = 0.2  # cells: least height of a digit
_SPECK = 0.05  # cells: smaller components are not counted

OUTSIDE, TOO_LARGE, REMNANTS = "outside the cells", "larger than a cell", "edges of the grid's lines"

Positions = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CellPieces:
    """The writing of a grid.

    Attributes:
        cells: the pieces of each cell, row by row, from left to right in each.
        left_out: how many pieces of ink are no writing of a cell, by the reason.
    """

    cells: list[list[Piece]]
    left_out: Counter[str]


def pieces_in_cells(ink: Ink, lines_x: Positions, lines_y: Positions) -> CellPieces:
    """The pieces of each cell, without dust and remnants of lines.

    A stroke that leaves its cell stays whole. Writing of two cells that touches is cut at the line.

    Args:
        ink: float32 (H, W), 0-1, of a levelled grid without its lines.
        lines_x, lines_y: where the lines were, in pixels.
    """
    ink = _cut_at_lines(_evened(ink, lines_x, lines_y), lines_x, lines_y)
    wide, tall = np.diff(lines_x), np.diff(lines_y)
    mask = stroke_mask(ink)
    _, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    column = np.searchsorted(lines_x, boxes[:, 0] + boxes[:, 2] / 2, "right") - 1
    row = np.searchsorted(lines_y, boxes[:, 1] + boxes[:, 3] / 2, "right") - 1
    inside = (row >= 0) & (row < len(tall)) & (column >= 0) & (column < len(wide))
    counted = boxes[:, 2:4].max(axis=1) >= _SPECK * min(wide.mean(), tall.mean())
    counted[0] = inside[0] = False
    left_out = Counter({OUTSIDE: int((counted & ~inside).sum())})
    fitting = inside.copy()
    fitting[inside] &= boxes[inside, 2] <= _LARGEST * wide[column[inside]]
    fitting[inside] &= boxes[inside, 3] <= _LARGEST * tall[row[inside]]
    left_out[TOO_LARGE] = int((inside & ~fitting).sum())
    cell = np.where(fitting, row * len(wide) + column, -1)
    remnants = _remnants(ink, labels, boxes, cell, lines_x, lines_y)
    left_out[REMNANTS] = int(counted[remnants].sum())
    cell[remnants] = -1
    cells: list[list[Piece]] = []
    for number in range(len(wide) * len(tall)):
        own = np.flatnonzero(cell == number)
        least = _LOWEST * tall[number // len(wide)]
        pieces = _pieces_of(ink, labels, boxes[own], own) if len(own) else []
        cells.append([piece for piece in pieces if piece.height >= least])
        left_out[FRAGMENTS] += len(pieces) - len(cells[-1])
    return CellPieces(cells, +left_out)


def _remnants(
    ink: Ink,
    labels: NDArray[np.int32],
    boxes: NDArray[np.int32],
    cell: NDArray[np.int64],
    lines_x: Positions,
    lines_y: Positions,
) -> list[int]:
    """Pale components that lie along the lines of a cell with other writing: blurred edges or shadows.

    Args:
        cell: of each component of `labels`; -1 for none.
    """
    near = _near_lines(ink.shape[0], lines_y)[:, None] | _near_lines(ink.shape[1], lines_x)
    inner = np.bincount(labels[~near], minlength=len(boxes)) > 0
    found = []
    for number in np.flatnonzero((cell >= 0) & ~inner & np.isin(cell, cell[inner])).tolist():
        left, top, wide, tall = boxes[number, :4].tolist()
        part = np.s_[top : top + tall, left : left + wide]
        if ink[part][labels[part] == number].max() < _PALER:
            found.append(number)
    return found


def _near_lines(length: int, lines: Positions) -> NDArray[np.bool_]:
    """Which places from 0 to `length` lie beside a line: (length,)."""
    at = np.arange(length)
    cell = np.clip(np.searchsorted(lines, at, "right") - 1, 0, len(lines) - 2)
    return np.asarray(np.abs(at[:, None] - lines).min(axis=1) <= _RIM * np.diff(lines)[cell])


def _pieces_of(
    ink: Ink, labels: NDArray[np.int32], boxes: NDArray[np.int32], own: NDArray[np.int64]
) -> list[Piece]:
    """The pieces of one cell, from left to right; parts of other cells' writing are not joined to them."""
    left, top = (int(side) for side in np.maximum(boxes[:, :2].min(axis=0) - 1, 0))
    right, bottom = (int(side) for side in (boxes[:, :2] + boxes[:, 2:4]).max(axis=0) + 1)
    part = np.s_[top:bottom, left:right]
    mask = as_mask(np.isin(labels[part], own) * np.uint8(255))
    pieces = find_pieces(np.where(mask > 0, ink[part], np.float32(0)), mask)
    moved = (replace(piece, left=piece.left + left, top=piece.top + top) for piece in pieces)
    return sorted(moved, key=lambda piece: piece.left)


def _evened(ink: Ink, lines_x: Positions, lines_y: Positions) -> Ink:
    """The ink with the pencil of one cell as dark as the print of another."""
    evened = ink.copy()
    for top, bottom in pairwise(np.rint(lines_y).astype(int).tolist()):
        for left, right in pairwise(np.rint(lines_x).astype(int).tolist()):
            own = evened[top:bottom, left:right]
            high, wide = (round(_RIM * side) for side in own.shape)
            inner = own[high : own.shape[0] - high, wide : own.shape[1] - wide]
            strokes = inner[inner > _FAINTEST / 2]
            if strokes.size > _LEAST * own.size:
                own /= max(_FAINTEST, float(np.quantile(strokes, 0.75)))
    return np.minimum(evened, 1, out=evened)


def share_in_own_cells(ink: Ink, lines_x: Positions, lines_y: Positions) -> float:
    """The share of the writing that lies in the cell of most of its component, 0-1; 1 without writing.

    On squared paper writing runs across the lines: 0.91 was the most there, and 0.94 the least in grids.

    Args:
        ink: float32 (H, W), 0-1, of a levelled grid without its lines.
        lines_x, lines_y: where the lines were, in pixels.
    """
    shares = _inked_in_cells(ink, lines_x, lines_y)[1][1:]
    large = shares.sum(axis=1) >= _LEAST * np.diff(lines_x).mean() * np.diff(lines_y).mean()
    return float(shares[large].max(axis=1).sum() / shares[large].sum()) if large.any() else 1.0


def _inked_in_cells(
    ink: Ink, lines_x: Positions, lines_y: Positions
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """The components of the ink, (H, W), and how many pixels of each lie in each cell."""
    count, labels = cv2.connectedComponents(stroke_mask(ink), connectivity=8)
    columns = np.searchsorted(lines_x, np.arange(ink.shape[1]), "right").astype(np.int64)
    rows = np.searchsorted(lines_y, np.arange(ink.shape[0]), "right").astype(np.int64)
    across = len(lines_x) + 1
    cell = rows[:, None] * across + columns
    cells = across * (len(lines_y) + 1)
    y, x = np.nonzero(labels)
    pixels = np.bincount(labels[y, x] * cells + cell[y, x], minlength=count * cells)
    return np.asarray(labels, np.int32), pixels.reshape(count, cells)


def _cut_at_lines(ink: Ink, lines_x: Positions, lines_y: Positions) -> Ink:
    """The ink, with components that are writing of several cells cut at the lines between these."""
    labels, shares = _inked_in_cells(ink, lines_x, lines_y)
    second = np.sort(shares, axis=1)[:, -2]
    shared = second >= _SHARED * np.maximum(shares.sum(axis=1), 1)
    shared[0] = False
    if not shared.any():
        return ink
    lines = np.zeros(ink.shape, np.bool_)
    at_x, at_y = (np.clip(np.rint(at).astype(int), 1, None) for at in (lines_x[1:-1], lines_y[1:-1]))
    lines[:, at_x] = lines[:, at_x - 1] = True
    lines[at_y] = lines[at_y - 1] = True
    return np.where(lines & shared[labels], np.float32(0), ink)
