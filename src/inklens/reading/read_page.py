"""From a photo to numbers: ink, ruling, pieces, digits, chains, lines. Each step is a module of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.errors import OptionError
from inklens.reading.paper.photo import Box, Page, open_page
from inklens.reading.paper.printed_grids import PrintedGrid
from inklens.reading.paper.ruling import find_ruling
from inklens.reading.read_grid import GridChoice, chosen, grids_of, read_as_grid, read_boxes, read_grids
from inklens.reading.read_lines import LineOptions, read_lines
from inklens.reading.reading import Reading

_LEAST_CELLS = 4  # printed boxes; a page with fewer is no grid

OnStage = Callable[[str, NDArray[np.uint8]], None]


def read(
    source: str | Path | NDArray[np.uint8],
    classifier: Classifier,
    *,
    expect: int | None = None,
    region: Box | None = None,
    grid: GridChoice | None = None,
    separate: bool = False,
    marks: bool = False,
    on_stage: OnStage | None = None,
) -> Reading:
    """Read the handwritten numbers on a photo or scan.

    Words, drawings, crossed-out text and objects are left out. A reading without digits gives the reason.

    Args:
        source: a path, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255.
        classifier: a network for digits.
        expect: the number of digits, if there is only one number.
        region: left, top, width and height, in pixels of the upright picture, of the part to read.
        grid: rows and columns of a form or puzzle, "auto" for those of the largest grid in view, or "all" for
            every grid; each cell gives one number, blank cells too. Without it, a page that is a grid is read
            as one.
        separate: digits that are far apart are single numbers, even where all gaps are alike.
        marks: put decimal points and commas, minus signs, slashes and colons between digits into the text.
            Without it they are left out; they are never read as digits.
        on_stage: called with the name and the picture, uint8 (H, W, 1 or 3), of each step.

    Raises:
        ImageError: the file cannot be decoded.
        DataError: the array has another type or shape.
        OptionError: an option is out of range.

    Example:
        >>> reading = inklens.read("sheet.jpg", inklens.Classifier.open("runs/mnist-fast-1"))
        >>> reading.text
        '19624'
    """
    check_options(expect, grid)  # before any work
    return read_page(
        open_page(source, region),
        classifier,
        expect=expect,
        grid=grid,
        separate=separate,
        marks=marks,
        on_stage=on_stage,
    )


def read_page(
    page: Page,
    classifier: Classifier,
    *,
    expect: int | None = None,
    grid: GridChoice | None = None,
    separate: bool = False,
    marks: bool = False,
    on_stage: OnStage | None = None,
) -> Reading:
    """Read an opened page, as `read` does; `check_options` has accepted the options."""

    def show(name: str, draw: Callable[[], NDArray[np.uint8]]) -> None:
        if on_stage:  # drawing takes longer than reading
            on_stage(name, draw())

    in_view: list[PrintedGrid] = []
    if grid is not None:
        in_view = grids_of(page)
        printed = chosen(in_view, grid)
        if printed or isinstance(grid, str):
            return read_grids(page, printed, classifier, grid, show)
    ruling = find_ruling(page.ink, page.region)
    if isinstance(grid, tuple):
        return read_boxes(page, ruling, classifier, grid, show, in_view=in_view)
    if expect is None and len(ruling.cells) >= _LEAST_CELLS:
        as_grid = read_as_grid(page, classifier, show)
        if as_grid is not None:
            return as_grid
    options = LineOptions(expect, separate=separate, marks=marks)
    return read_lines(page, ruling, classifier, options, show)


def check_options(expect: int | None, grid: GridChoice | None) -> None:
    """Refuse options out of range, as `read` does."""
    if expect is not None and not 1 <= expect <= 100:
        raise OptionError(f"expect is {expect}; expected a number of digits, 1 to 100")
    if isinstance(grid, str):
        if grid not in ("auto", "all"):
            raise OptionError(f"grid is {grid!r}; expected rows and columns, 'auto' or 'all'")
    elif grid is not None and not (min(grid) >= 1 and max(grid) <= 200):
        raise OptionError(f"grid is {grid[0]}x{grid[1]}; expected rows and columns, 1 to 200 each")
    if grid is not None and expect is not None:
        raise OptionError("expect and grid exclude each other: a grid has one number for each cell")
