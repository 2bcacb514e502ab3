"""The picture of a printed grid, levelled: its cells are upright rectangles."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels import find_ink
from inklens.reading.paper.photo import Page
from inklens.reading.paper.printed_grids import Lattice, PrintedGrid

_MARGIN = 0.1  # of a cell, around the grid: half of its frame's line lies there
_SMALLEST, _LARGEST = 32, 160  # pixels: least and largest side of a levelled cell
_WIDEST = 0.5  # of a cell: widest stroke


@dataclass(frozen=True, eq=False)
class GridPage(Page):
    """A levelled grid as a page of its own.

    Args:
        source: the page it lies on.
        lattice: where its lines cross, (rows + 1, columns + 1, 2), in pixels of `source.grey`.
        lines_x, lines_y: the same lines in pixels of `grey`: (columns + 1,) and (rows + 1,).
    """

    source: Page
    lattice: Lattice
    lines_x: NDArray[np.float64]
    lines_y: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return len(self.lines_y) - 1, len(self.lines_x) - 1

    def in_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points x, y of `grey` as x, y of the picture as given: float64 (N, 2)."""
        if not len(points):
            return points
        across, down = _weights(points[:, 0], self.lines_x), _weights(points[:, 1], self.lines_y)
        return self.source.in_picture(np.einsum("nr,rcd,nc->nd", down, self.lattice, across))


def level_grid(page: Page, grid: PrintedGrid, smallest: int = _SMALLEST) -> GridPage:
    """The grid's part of a page, with the cells between its lines as rectangles.

    Args:
        smallest: least side of a levelled cell, in pixels.
    """
    lines_x = _positions(grid.lattice.transpose(1, 0, 2), smallest)
    lines_y = _positions(grid.lattice, smallest)
    wide, tall = (int(lines[-1] + lines[0]) + 1 for lines in (lines_x, lines_y))
    across, down = _weights(np.arange(wide), lines_x), _weights(np.arange(tall), lines_y)
    places = np.einsum("yr,rcd,xc->yxd", down, grid.lattice, across, optimize=True).astype(np.float32)
    region = cv2.remap(page.region, places, None, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    region = np.asarray(region, np.uint8).reshape(tall, wide, -1)
    grey = region[..., 0] if region.shape[2] == 1 else np.asarray(cv2.cvtColor(region, cv2.COLOR_RGB2GRAY))
    cell = float(min(np.median(np.diff(lines_x)), np.median(np.diff(lines_y))))
    ink = find_ink(grey, widest=_WIDEST * cell, dark=page.dark)
    return GridPage(
        page.picture, page.size, region, grey, ink, page.left, page.top, page.scale, page.dark,
        page, grid.lattice, lines_x, lines_y,
    )  # fmt: skip


def _positions(lines: Lattice, smallest: int) -> NDArray[np.float64]:
    """Where lines lie in the levelled picture: as far apart as on the page, a margin before the first."""
    apart = np.median(np.linalg.norm(np.diff(lines, axis=0), axis=2), axis=1)
    usual = float(np.median(apart))
    apart *= min(max(usual, smallest), _LARGEST) / usual
    return np.cumsum([max(2.0, _MARGIN * float(np.median(apart))), *apart])


def _weights(at: NDArray[np.float64] | NDArray[np.int64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """How much each line counts at each place, (places, lines): linear between two lines, and beyond."""
    at = at.astype(np.float64)
    before = np.clip(np.searchsorted(lines, at, "right") - 1, 0, len(lines) - 2)
    share = (at - lines[before]) / (lines[before + 1] - lines[before])
    weights = np.zeros((len(at), len(lines)))
    rows = np.arange(len(at))
    weights[rows, before] = 1 - share
    weights[rows, before + 1] = share
    return weights
