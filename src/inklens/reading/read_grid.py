"""Reads printed grids: forms, tables and puzzles, one number or blank for each cell."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.reading import stage_pictures
from inklens.reading.numbers.cell_digits import are_candidates, read_cells
from inklens.reading.paper.grid import assign_to_cells
from inklens.reading.paper.grid_lines import without_lines
from inklens.reading.paper.grid_page import GridPage, level_grid
from inklens.reading.paper.masks import SURE, stroke_mask
from inklens.reading.paper.photo import Page
from inklens.reading.paper.printed_grids import PrintedGrid, find_printed_grids
from inklens.reading.paper.ruling import Ruling, without_ruling
from inklens.reading.pieces.cell_pieces import CellPieces, pieces_in_cells, share_in_own_cells
from inklens.reading.pieces.components import find_pieces
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.piece import boxes_of
from inklens.reading.placing import corners_of, number_of
from inklens.reading.reading import Grid, Number, Reading

Show = Callable[[str, Callable[[], NDArray[np.uint8]]], None]
GridChoice = tuple[int, int] | str  # rows and columns, "auto" or "all"

_READABLE = 0.9  # least mean probability of digits; with less, the grid may lie on its side
_CELLWISE = 0.75  # least mean probability of the digits of a page that is read by its cells unasked
_TURNS = (0, 1, 3, 2)  # quarter turns, the likely ones first
_MOST = 20  # rows or columns; more are squared paper
_IN_CELLS = 0.925  # least share of the writing that lies in its own cell; on squared paper it crosses lines
_INSIDE = 0.8  # least share of the page's ink that lies in a grid, where the page is one


def grids_of(page: Page) -> list[PrintedGrid]:
    """The printed grids of a page, the largest first."""
    light = page.ink > SURE
    if light.any() and page.grey[light].mean() > page.grey[~light].mean():  # chalk
        return find_printed_grids(cv2.bitwise_not(page.grey))
    return find_printed_grids(page.grey)


def chosen(grids: list[PrintedGrid], wanted: GridChoice) -> list[PrintedGrid]:
    """Those of this many rows and columns, or the other way round on a page that lies on its side."""
    if isinstance(wanted, str):
        of_rows = [grid for grid in grids if min(grid.shape) > 1]
        # A row of two boxes may be a digit: an 8 is one.
        found = of_rows or [grid for grid in grids if max(grid.shape) > 2]
        return found if wanted == "all" else found[:1]
    return [grid for grid in grids if wanted in (grid.shape, grid.shape[::-1])][:1]


@dataclass(frozen=True, eq=False)
class _Read:
    """One grid and what is in its cells."""

    page: GridPage
    writing: CellPieces
    cells: list[list[DigitHypothesis]]

    @property
    def readable(self) -> float:
        """The mean probability of the digits, 0 for an unknown one; 1 without any."""
        sure = [digit.probability * (digit.status == "ok") for cell in self.cells for digit in cell]
        return float(np.mean(sure)) if sure else 1.0


def read_as_grid(page: Page, classifier: Classifier, show: Show) -> Reading | None:
    """The cells of the grid that nearly all ink of a page lies in; None for any other page."""
    for grid in grids_of(page)[:1]:
        if min(grid.shape) > 1 and max(grid.shape) <= _MOST:
            inside = cv2.fillPoly(np.zeros_like(page.grey), [np.rint(grid.outline).astype(np.int32)], 1)
            inked = page.ink > SURE
            if inked[inside > 0].sum() >= _INSIDE * inked.sum():
                level = level_grid(page, grid)
                ink = without_lines(level.ink, level.lines_x, level.lines_y)
                if share_in_own_cells(ink, level.lines_x, level.lines_y) < _IN_CELLS:
                    return None
                read = _upright(page, grid, classifier, "auto")
                return _as_reading(page, [read], show) if read.readable >= _CELLWISE else None
    return None


def read_grids(
    page: Page, grids: list[PrintedGrid], classifier: Classifier, wanted: GridChoice, show: Show
) -> Reading:
    """The cells of these grids, row by row; a grid on its side is turned upright."""
    return _as_reading(page, [_upright(page, grid, classifier, wanted) for grid in grids], show)


def _as_reading(page: Page, read: list[_Read], show: Show) -> Reading:
    numbers: list[Number] = []
    left_out: Counter[str] = Counter()
    row = 0
    for place, each in enumerate(read):
        numbers += _numbers(each, place, row)
        left_out += each.writing.left_out
        row += each.page.shape[0]
        name = f"-{place + 1}" if place else ""
        _show_steps(each, show, name)
    found = tuple(
        Grid(*each.page.shape, corners_of(page, each.page.lattice[[0, 0, -1, -1], [0, -1, -1, 0]]))
        for each in read
    )
    reason = "" if any(number.digits for number in numbers) else "no digits in any cell of the grid"
    if not read:
        reason = "no printed grid whose lines run from side to side; say its rows and columns"
    return Reading(tuple(numbers), page.picture, page.size, reason, grids=found, left_out=dict(left_out))


def _upright(page: Page, grid: PrintedGrid, classifier: Classifier, wanted: GridChoice) -> _Read:
    """The grid as it lies; if its digits are not readable, the most readable of its quarter turns."""
    tried: list[_Read] = []
    for turn in _TURNS:
        turned = grid.turned(turn)
        if isinstance(wanted, str) or turned.shape == wanted:
            tried.append(_read_one(page, turned, classifier))
            if tried[-1].readable >= _READABLE:
                return tried[-1]
    return max(tried, key=lambda each: each.readable)


def _read_one(page: Page, grid: PrintedGrid, classifier: Classifier) -> _Read:
    level = level_grid(page, grid)
    ink = without_lines(level.ink, level.lines_x, level.lines_y)
    writing = pieces_in_cells(ink, level.lines_x, level.lines_y)
    return _Read(level, writing, read_cells(writing.cells, classifier))


def _numbers(read: _Read, place: int, first_row: int) -> list[Number]:
    page, columns = read.page, read.page.shape[1]
    candidates = are_candidates(read.cells, page.lines_y, columns)
    return [
        number_of(
            page, digits, first_row + cell // columns, cell % columns, grid=place, candidates=candidates[cell]
        )
        for cell, digits in enumerate(read.cells)
    ]


def _show_steps(read: _Read, show: Show, name: str) -> None:
    page = read.page
    ink = without_lines(page.ink, page.lines_x, page.lines_y)
    pieces = [piece for cell in read.writing.cells for piece in cell]
    show(f"1-as-given{name}", lambda: page.region)
    show(f"2-ink{name}", lambda: stage_pictures.ink_picture(page.ink))
    show(f"3-without-ruling{name}", lambda: stage_pictures.ink_picture(ink))
    show(f"4-pieces{name}", lambda: stage_pictures.pieces_picture(page.grey.shape, pieces))
    digits = [digit for cell in read.cells for digit in cell]
    show(f"5-digits{name}", lambda: stage_pictures.digits_picture(digits))


def read_boxes(
    page: Page,
    ruling: Ruling,
    classifier: Classifier,
    grid: tuple[int, int],
    show: Show,
    *,
    in_view: list[PrintedGrid],
) -> Reading:
    """The cells of a form whose boxes stand apart; without boxes the page is divided evenly.

    Args:
        in_view: the printed grids of the page, none of them of these rows and columns. The largest is named:
            its cells were not what was read.
    """
    ink = without_ruling(page.ink, ruling)
    pieces = find_pieces(ink, stroke_mask(ink))
    show("1-as-given", lambda: page.grey[..., None])
    show("2-ink", lambda: stage_pictures.ink_picture(page.ink))
    show("3-without-ruling", lambda: stage_pictures.ink_picture(ink))
    show("4-pieces", lambda: stage_pictures.pieces_picture(page.grey.shape, pieces))
    members = assign_to_cells(boxes_of(pieces), ruling.cells, page.grey.shape, grid)
    cells = read_cells([[pieces[index] for index in each] for each in members], classifier)
    show("5-digits", lambda: stage_pictures.digits_picture([digit for cell in cells for digit in cell]))
    found = [number_of(page, digits, *divmod(index, grid[1]), grid=0) for index, digits in enumerate(cells)]
    asked = f"{grid[0]}x{grid[1]}"
    reason = "" if any(cells) else f"no digits in any cell of a grid of {asked}"
    for rows, columns in [each.shape for each in in_view if min(each.shape) > 1][:1]:
        reason = reason or f"the page was divided into {asked}"
        reason += f"; the printed grid in view has {rows}x{columns}: give that, or auto"
    return Reading(tuple(found), page.picture, page.size, reason)
