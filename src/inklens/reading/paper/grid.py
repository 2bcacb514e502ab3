"""The cells of a form or puzzle, and the boxes of writing in each."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

_LIKE = 1.6  # largest ratio between the areas of cells of one grid
_ENOUGH = 0.6  # least share of the cells that must be found printed to rely on them
_LARGEST = 1.3  # cells: largest side of a piece of writing
_LOWEST = 0.2  # cells: least height of a digit


@dataclass(frozen=True, eq=False)
class Grid:
    """Rows and columns, and the map from the page to them.

    Args:
        to_grid: float64 (3, 3), the homography from the page to x in 0..columns, y in 0..rows.
    """

    rows: int
    columns: int
    to_grid: NDArray[np.float64]


def find_grid(printed: NDArray[np.float64], shape: tuple[int, ...], rows: int, columns: int) -> Grid:
    """Find the printed grid; without one, the page is divided evenly.

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
    # The usual cell is the one that most others resemble in area.
    alike = [(np.maximum(areas, area) <= _LIKE * np.minimum(areas, area)).sum() for area in areas]
    usual = areas[int(np.argmax(alike))]
    cells = printed[np.maximum(areas, usual) <= _LIKE * np.minimum(areas, usual)]
    if not _ENOUGH * wanted <= len(cells) <= 1.4 * wanted:
        return None
    points = cells.reshape(-1, 2)
    total, difference = points.sum(axis=1), points[:, 0] - points[:, 1]
    ends = [total.argmin(), difference.argmax(), total.argmax(), difference.argmin()]
    return np.asarray(points[ends], np.float32)


def assign_to_cells(boxes: NDArray[np.float64], grid: Grid) -> list[list[int]]:
    """Assign boxes to the cells that their middles lie in.

    Boxes much larger than a cell, or far lower, are left out.

    Args:
        boxes: (N, 4), left, top, right and bottom in pixels of the page.

    Returns:
        for each cell, row by row, the indices of its boxes from left to right.
    """
    cells: list[list[int]] = [[] for _ in range(grid.rows * grid.columns)]
    if not len(boxes):
        return cells
    corners = cv2.perspectiveTransform(boxes.reshape(-1, 1, 2), grid.to_grid).reshape(-1, 2, 2)
    middle, size = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    inside = (middle >= 0).all(axis=1) & (middle < (grid.columns, grid.rows)).all(axis=1)
    fits = (size <= _LARGEST).all(axis=1) & (size[:, 1] >= _LOWEST)
    for number in np.argsort(boxes[:, 0], kind="stable").tolist():
        if inside[number] and fits[number]:
            column, row = middle[number].astype(int)
            cells[row * grid.columns + column].append(number)
    return cells
