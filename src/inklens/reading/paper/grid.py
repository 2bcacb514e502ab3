"""The cells of a form or puzzle, and the boxes of writing in each."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.masks import Boxes, Cells

_LIKE = 1.6  # largest ratio between the areas of cells of one grid
_ENOUGH = 0.6  # least share of the cells that must be found printed to rely on them
_LARGEST = 1.3  # cells: largest side of a piece of writing
_LOWEST = 0.2  # cells: least height of a digit


def assign_to_cells(
    boxes: Boxes, printed: Cells, shape: tuple[int, ...], grid: tuple[int, int]
) -> list[list[int]]:
    """Assign boxes to the cells of a grid that their middles lie in.

    Boxes much larger than a cell, or far lower, are left out. Without a printed grid, the page is divided
    evenly.

    Args:
        printed: the boxes found on the page.
        shape: the page's height and width.
        grid: rows and columns.

    Returns:
        for each cell, row by row, the indices of its boxes from left to right.
    """
    rows, columns = grid
    cells: list[list[int]] = [[] for _ in range(rows * columns)]
    if not len(boxes):
        return cells
    page, whole = (
        np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32)
        for wide, tall in (shape[1::-1], (columns, rows))
    )
    found = _outer_corners(printed, rows * columns)
    to_grid = cv2.getPerspectiveTransform(page if found is None else found, whole)
    corners = cv2.perspectiveTransform(boxes.reshape(-1, 1, 2), to_grid).reshape(-1, 2, 2)
    middle, size = corners.mean(axis=1), corners[:, 1] - corners[:, 0]
    inside = (middle >= 0).all(axis=1) & (middle < (columns, rows)).all(axis=1)
    fits = (size <= _LARGEST).all(axis=1) & (size[:, 1] >= _LOWEST)
    for number in np.argsort(boxes[:, 0], kind="stable").tolist():
        if inside[number] and fits[number]:
            column, row = middle[number].astype(int)
            cells[row * columns + column].append(number)
    return cells


def _outer_corners(printed: Cells, wanted: int) -> NDArray[np.float32] | None:
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
