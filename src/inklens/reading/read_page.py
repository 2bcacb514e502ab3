"""From a photo to numbers: ink, ruling, pieces, digits, chains, lines. Each step is a module of its own."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.errors import OptionError
from inklens.reading import stage_pictures
from inklens.reading.numbers.chains import find_chains
from inklens.reading.numbers.selection import best_digits, select_number_of, select_numbers
from inklens.reading.numbers.text_lines import group_into_lines, skew_angles
from inklens.reading.paper.grid import assign_to_cells
from inklens.reading.paper.masks import stroke_mask
from inklens.reading.paper.photo import Box, Page, open_page
from inklens.reading.paper.ruling import find_ruling, without_ruling
from inklens.reading.pieces.components import find_pieces
from inklens.reading.pieces.fragments import join_fragments
from inklens.reading.pieces.hypotheses import DigitHypothesis, classify
from inklens.reading.pieces.piece import Piece, boxes_of
from inklens.reading.pieces.segmentation import find_segmentations
from inklens.reading.placing import number_of
from inklens.reading.read_grid import GridChoice, chosen, grids_of, page_as_grid, read_grids
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
    return read_page(open_page(source, region), classifier, expect=expect, grid=grid, on_stage=on_stage)


def read_page(
    page: Page,
    classifier: Classifier,
    *,
    expect: int | None = None,
    grid: GridChoice | None = None,
    on_stage: OnStage | None = None,
) -> Reading:
    """Read an opened page, as `read` does; `check_options` has accepted the options."""

    def show(name: str, draw: Callable[[], NDArray[np.uint8]]) -> None:
        if on_stage:  # drawing takes longer than reading
            on_stage(name, draw())

    if grid is not None:
        printed = chosen(grids_of(page), grid)
        if printed or isinstance(grid, str):
            return read_grids(page, printed, classifier, grid, show)
    ruling = find_ruling(page.ink, page.region)
    if grid is None and expect is None and len(ruling.cells) >= _LEAST_CELLS:
        printed = page_as_grid(page)
        if printed:
            return read_grids(page, printed, classifier, "auto", show)
    ink = without_ruling(page.ink, ruling)
    pieces = find_pieces(ink, stroke_mask(ink))

    show("1-as-given", lambda: page.grey[..., None])
    show("2-ink", lambda: stage_pictures.ink_picture(page.ink))
    show("3-without-ruling", lambda: stage_pictures.ink_picture(ink))
    show("4-pieces", lambda: stage_pictures.pieces_picture(page.grey.shape, pieces))
    digits = classify(pieces, classifier)
    if grid is not None:
        cells = assign_to_cells(boxes_of(pieces), ruling.cells, page.grey.shape, grid)
        chains = [[digits[index] for index in members] for members in cells]
    else:
        digits = join_fragments(digits, classifier, keep=expect is not None)
        linked = find_chains(_pieces(digits), ruling.cells)
        chains = _deskewed([[digits[index] for index in members] for members in linked], classifier)
    every = [digit for chain in chains for digit in chain]
    found = iter(find_segmentations(every, classifier, cut_all=expect is not None))
    options = [[next(found) for _ in chain] for chain in chains]
    if expect is not None:
        numbers = select_number_of(expect, options)
    else:
        numbers = [best_digits(of_chain) for of_chain in options]
        if grid is None:  # with `max_error`, "unknown" is the network's own answer, whatever the context
            numbers = select_numbers(numbers, use_context=classifier.metadata.thresholds.max_error is None)
    show("5-digits", lambda: stage_pictures.digits_picture([digit for number in numbers for digit in number]))
    if grid is not None:
        return _grid_reading(page, numbers, grid)
    return _reading(page, [number for number in numbers if number], len(pieces))


def _deskewed(chains: list[list[DigitHypothesis]], classifier: Classifier) -> list[list[DigitHypothesis]]:
    """The chains; those with a skew are turned level and classified again, all in one batch."""
    skews = skew_angles([_pieces(digits) for digits in chains])
    turned = [
        digit.piece.deskewed(skew)
        for digits, skew in zip(chains, skews, strict=True)
        if skew
        for digit in digits
    ]
    again = iter(classify(turned, classifier))
    return [
        [next(again) for _ in digits] if skew else digits for digits, skew in zip(chains, skews, strict=True)
    ]


def _pieces(digits: list[DigitHypothesis]) -> list[Piece]:
    return [digit.piece for digit in digits]


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


def _reading(page: Page, numbers: list[list[DigitHypothesis]], pieces: int) -> Reading:
    lines = group_into_lines([_pieces(digits) for digits in numbers])
    found = [number_of(page, numbers[index], line) for line, members in enumerate(lines) for index in members]
    reason = ""
    if not page.has_ink:
        reason = "no ink: nothing stands out from the paper"
    elif not found:
        reason = f"no digits: {pieces:,} pieces of ink look like words, drawings or dust"
    left_out = max(0, pieces - sum(map(len, numbers)))
    return Reading(tuple(found), page.picture, page.size, reason, left_out)


def _grid_reading(page: Page, cells: list[list[DigitHypothesis]], grid: tuple[int, int]) -> Reading:
    found = [number_of(page, digits, *divmod(index, grid[1]), grid=0) for index, digits in enumerate(cells)]
    reason = "" if any(cells) else "no digits in any cell of the grid"
    return Reading(tuple(found), page.picture, page.size, reason)
