"""Printed grids on a photo: forms, tables and puzzles, anywhere in it, turned, in perspective or bent.

A frame that stands out from the paper gives four corners. The picture between them is levelled, and each line
is then followed from side to side by dynamic programming, as it bends with the paper.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.line_following import follow_lines
from inklens.reading.paper.masks import Mask, as_mask

Lattice = NDArray[np.float64]  # (rows + 1, columns + 1, 2): where lines cross, x and y in pixels

_LEAST_SIDE = 0.12  # of the picture's shorter side: a smaller frame is a box of a form or a drawing
_FRAMES = 12  # frames that are looked at, the largest first
_FILLED = 0.6  # least share of the quadrilateral between its corners that a frame encloses
_SIDE = 720  # pixels of a levelled grid
_MARGIN = 24  # pixels around it, since corners are found within a few pixels
_PALE, _BELOW = 0.94, 0.96  # of the paper's light, of the mean light around: darker ink may be a line
_WIDEST = 1 / 80  # of the longer side: widest line
_HULL = 24  # vertices of a frame's outline among which its corners are


@dataclass(frozen=True, eq=False)
class PrintedGrid:
    """A grid by the places where its lines cross.

    Args:
        lattice: float64 (rows + 1, columns + 1, 2), x and y in pixels of the page, from the upper left.
    """

    lattice: Lattice

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.lattice.shape[0] - 1, self.lattice.shape[1] - 1

    def turned(self, quarters: int) -> PrintedGrid:
        """The same grid for a page that is turned by this many quarters, clockwise."""
        return PrintedGrid(np.ascontiguousarray(np.rot90(self.lattice, quarters)))

    @property
    def outline(self) -> NDArray[np.float64]:
        """Its border as a polygon, (N, 2), clockwise."""
        top, right, bottom, left = (
            self.lattice[0], self.lattice[1:, -1], self.lattice[-1, -2::-1], self.lattice[-2:0:-1, 0]
        )  # fmt: skip
        return np.concatenate([top, right, bottom, left])

    @property
    def area(self) -> float:
        return float(cv2.contourArea(self.outline.astype(np.float32)))


def find_printed_grids(grey: NDArray[np.uint8]) -> list[PrintedGrid]:
    """The grids of a page, the largest first; none lies in another.

    Args:
        grey: uint8 (H, W), the page.
    """
    dark = _narrow_and_dark(grey)
    found: list[PrintedGrid] = []
    for corners in _frames(dark):
        if any(_inside(corners.mean(axis=0), grid) for grid in found):
            continue
        grid = _grid_between(dark, corners)
        if grid is not None:
            found.append(grid)
    return sorted(found, key=lambda grid: -grid.area)


def _narrow_and_dark(grey: NDArray[np.uint8]) -> Mask:
    """Where the page is darker than on both sides: lines and strokes, no shadow and no edge of a sheet."""
    reach = max(9, round(max(grey.shape) * _WIDEST)) | 1
    ground = cv2.morphologyEx(cv2.medianBlur(grey, 3), cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8))
    around = cv2.blur(grey, (2 * reach + 1, 2 * reach + 1))
    narrow = cv2.compare(grey, cv2.convertScaleAbs(ground, alpha=_PALE), cv2.CMP_LT)
    return as_mask(narrow & cv2.compare(grey, cv2.convertScaleAbs(around, alpha=_BELOW), cv2.CMP_LT))


def _frames(dark: Mask) -> list[NDArray[np.float32]]:
    """The four corners of each large connected component, upper left first, clockwise."""
    joined = cv2.morphologyEx(dark, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    outlines, _ = cv2.findContours(joined, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)
    least = _LEAST_SIDE * min(dark.shape)
    large = [outline for outline in outlines if min(cv2.boundingRect(outline)[2:]) >= least]
    large.sort(key=lambda outline: -cv2.contourArea(cv2.convexHull(outline)))
    framed = ((outline, _corners(outline)) for outline in large[:_FRAMES])
    return [
        corners
        for outline, corners in framed
        if cv2.contourArea(outline) >= _FILLED * cv2.contourArea(corners)
    ]


def _corners(outline: NDArray[np.int32]) -> NDArray[np.float32]:
    """The largest quadrilateral between vertices of the hull, upper left first, clockwise."""
    hull = cv2.convexHull(outline)
    precision = 0.002 * cv2.arcLength(hull, True)
    points = hull.reshape(-1, 2)
    while len(points) > _HULL:
        points = cv2.approxPolyDP(hull, precision, True).reshape(-1, 2)
        precision *= 1.5
    if len(points) < 4:
        return np.asarray(cv2.boxPoints(cv2.minAreaRect(outline)), np.float32)
    x, y = points.astype(np.float64).T
    cross = x[:, None] * y[None] - x[None] * y[:, None]  # of each pair of vertices
    best, chosen = 0.0, (0, 1, 2, 3)
    count = len(points)
    for one in range(count):
        for three in range(one + 2, count):
            # For a diagonal, the farthest vertex on either side.
            between = np.arange(one + 1, three)
            beyond = np.r_[three + 1 : count, :one]
            if not len(beyond):
                continue
            first = np.abs(cross[one, between] + cross[between, three] + cross[three, one])
            second = np.abs(cross[one, beyond] + cross[beyond, three] + cross[three, one])
            area = first.max() + second.max()
            if area > best:
                best = area
                chosen = (one, int(between[first.argmax()]), three, int(beyond[second.argmax()]))
    return _upright(points[sorted(chosen)].astype(np.float32))


def _upright(corners: NDArray[np.float32]) -> NDArray[np.float32]:
    """The corners clockwise, from the one whose sides run most nearly to the right and down."""
    if cv2.contourArea(corners, oriented=True) < 0:
        corners = corners[::-1]
    across = np.roll(corners, -1, axis=0) - corners
    level = across[:, 0] / np.maximum(np.linalg.norm(across, axis=1), 1e-6)
    first = int(np.argmax(level - np.roll(level, 2)))
    return np.ascontiguousarray(np.roll(corners, -first, axis=0))


def _inside(point: NDArray[np.float32], grid: PrintedGrid) -> bool:
    return cv2.pointPolygonTest(grid.outline.astype(np.float32), tuple(map(float, point)), False) >= 0


def _grid_between(dark: Mask, corners: NDArray[np.float32]) -> PrintedGrid | None:
    """The grid between four corners; None if the lines there are no complete one."""
    width = max(np.linalg.norm(corners[1] - corners[0]), np.linalg.norm(corners[2] - corners[3]))
    height = max(np.linalg.norm(corners[3] - corners[0]), np.linalg.norm(corners[2] - corners[1]))
    if min(width, height) < 1:  # the corners of a stroke
        return None
    scale = _SIDE / max(width, height)
    wide, tall = (max(2, round(float(side * scale))) for side in (width, height))
    level = np.array([(0, 0), (wide, 0), (wide, tall), (0, tall)], np.float32) + _MARGIN
    to_level = cv2.getPerspectiveTransform(corners, level)
    size = (wide + 2 * _MARGIN, tall + 2 * _MARGIN)
    levelled = as_mask(cv2.warpPerspective(dark, to_level, size, flags=cv2.INTER_LINEAR) > 96) * np.uint8(255)
    across = follow_lines(levelled, _MARGIN)  # (rows + 1, width): y of each line
    down = follow_lines(as_mask(levelled.T), _MARGIN)
    if min(len(across), len(down)) < 2 or len(across) + len(down) < 5:  # a frame is no grid
        return None
    crossings = _crossings(across, down)
    to_page = np.linalg.inv(to_level)
    lattice = cv2.perspectiveTransform(crossings.reshape(-1, 1, 2), to_page).reshape(crossings.shape)
    return PrintedGrid(lattice)


def _crossings(across: NDArray[np.float64], down: NDArray[np.float64]) -> Lattice:
    """Where each level line meets each upright one: (level lines, upright lines, 2)."""
    rows, columns = len(across), len(down)
    x = np.broadcast_to(down.mean(axis=1), (rows, columns))
    y = np.broadcast_to(across.mean(axis=1)[:, None], (rows, columns))
    for _ in range(3):
        y = np.stack([np.interp(x[row], np.arange(across.shape[1]), across[row]) for row in range(rows)])
        x = np.stack(
            [np.interp(y[:, column], np.arange(down.shape[1]), down[column]) for column in range(columns)],
            axis=1,
        )
    return np.stack([x, y], axis=2).astype(np.float64)
