"""The cells of a form or puzzle, and which pieces of ink lie in which."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.pieces.pieces import Piece

_LIKE = 1.6  # between the sizes of cells of one grid
_ENOUGH = 0.6  # of the cells that must be found printed to trust them
_LARGEST = 1.3  # cells that a piece of writing measures at most
_LOWEST = 0.2  # of a cell's height that a digit measures at least


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows and columns, and what takes page coordinates to them.

    Args:
        to_grid: float64 (3, 3), a homography: x from 0 to columns, y from 0 to rows.
    """

    rows: int
    columns: int
    to_grid: NDArray[np.float64]


def find_grid(printed: NDArray[np.float64], shape: tuple[int, ...], rows: int, columns: int) -> Grid:
    """The printed grid where there is one, else the page cut evenly.

    Args:
        printed: (N, 4, 2), corners of the boxes found on the page.
        shape: the page's height and width.
    """
    corners = _outer_corners(printed, rows * columns)
    if corners is None:
        height, width = shape[:2]
        corners = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    grid = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    return Grid(rows, columns, np.asarray(cv2.getPerspectiveTransform(corners, grid), np.float64))


def _outer_corners(printed: NDArray[np.float64], wanted: int) -> NDArray[np.float32] | None:
    """The grid's four corners: upper left, upper right, lower right, lower left."""
    if not len(printed):
        return None
    areas = np.array([cv2.contourArea(cell.astype(np.float32)) for cell in printed])
    # The usual cell is the one that most area is made of in alike boxes.
    alike = [(np.maximum(areas, area) <= _LIKE * np.minimum(areas, area)).sum() for area in areas]
    usual = areas[int(np.argmax(alike))]
    cells = printed[np.maximum(areas, usual) <= _LIKE * np.minimum(areas, usual)]
    if not _ENOUGH * wanted <= len(cells) <= 1.4 * wanted:
        return None
    points = cells.reshape(-1, 2)
    total, difference = points.sum(axis=1), points[:, 0] - points[:, 1]
    ends = [total.argmin(), difference.argmax(), total.argmax(), difference.argmin()]
    return np.asarray(points[ends], np.float32)


def in_cells(pieces: list[Piece], grid: Grid) -> list[list[int]]:
    """Indices of the pieces in each cell, row by row, from left to right in each.

    A piece lies where its middle is; what is larger than a cell or far lower than it is no answer.
    """
    cells: list[list[int]] = [[] for _ in range(grid.rows * grid.columns)]
    if not pieces:
        return cells
    boxes = np.array([(piece.left, piece.top, piece.right, piece.bottom) for piece in pieces], np.float64)
    corners = cv2.perspectiveTransform(boxes.reshape(-1, 1, 2), grid.to_grid).reshape(-1, 2, 2)
    middle, size = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    inside = (middle >= 0).all(axis=1) & (middle < (grid.columns, grid.rows)).all(axis=1)
    fits = (size <= _LARGEST).all(axis=1) & (size[:, 1] >= _LOWEST)
    for number in np.argsort(boxes[:, 0], kind="stable").tolist():
        if inside[number] and fits[number]:
            column, row = middle[number].astype(int)
            cells[row * grid.columns + column].append(number)
    return cells
