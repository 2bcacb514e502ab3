"""From a photo to numbers: ink, ruling, pieces, lines, digits; each step is a module of its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.errors import OptionError
from inklens.reading import drawing
from inklens.reading.numbers.choosing import choose, choose_exactly, likeliest
from inklens.reading.numbers.lines import chain, in_lines, tilts
from inklens.reading.paper.grid import find_grid, in_cells
from inklens.reading.paper.page import Box, Page, open_page, strokes
from inklens.reading.paper.ruling import find_ruling, remove
from inklens.reading.pieces.fragments import without_fragments
from inklens.reading.pieces.pieces import find_pieces
from inklens.reading.pieces.splitting import Part, Way, classify, may_touch, ways
from inklens.reading.reading import Corners, Digit, Number, Reading

OnStage = Callable[[str, NDArray[np.uint8]], None]


def read(
    source: str | Path | NDArray[np.uint8],
    classifier: Classifier,
    *,
    expect: int | None = None,
    region: Box | None = None,
    grid: tuple[int, int] | None = None,
    on_stage: OnStage | None = None,
) -> Reading:
    """Reads the handwritten numbers on a photo or scan.

    Words, drawings, crossings-out and objects are left out. A picture without digits gives an empty reading
    that says why.

    Args:
        source: a path, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255.
        classifier: a network for digits.
        expect: how many digits the number has, where there is one number only.
        region: left, top, width, height in pixels of the upright picture: what lies outside is not read.
        grid: rows and columns of a form or puzzle: one number for each cell, blank ones too.
        on_stage: is given each step's name and picture, uint8 (H, W, 1 or 3).

    Raises:
        ImageError: a file that cannot be decoded.
        DataError: an array of another type or shape.
        OptionError: an option out of range.

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
    grid: tuple[int, int] | None = None,
    on_stage: OnStage | None = None,
) -> Reading:
    """Reads a page that is open; as `read`, whose options `check_options` has passed."""
    ruling = find_ruling(page.ink, page.part)
    ink = remove(page.ink, ruling.taken)
    pieces = find_pieces(ink, strokes(ink))

    def show(name: str, drawn: Callable[[], NDArray[np.uint8]]) -> None:
        if on_stage:  # drawing takes longer than finding
            on_stage(name, drawn())

    show("1-as-given", lambda: page.grey[..., None])
    show("2-ink", lambda: drawing.of_ink(page.ink))
    show("3-without-ruling", lambda: drawing.of_ink(ink))
    show("4-pieces", lambda: drawing.of_pieces(page, pieces))
    single = classify(pieces, classifier)
    if grid is not None:
        cells = in_cells(pieces, find_grid(ruling.cells, page.grey.shape, *grid))
        groups = [[single[number] for number in members] for members in cells]
    else:
        single = without_fragments(single, classifier, keep=expect is not None)
        chains = chain([part.piece for part in single], ruling.cells)
        groups = _levelled([[single[number] for number in members] for members in chains], classifier)
    choices = _choices(groups, classifier, cut_all=expect is not None)
    if expect is not None:
        numbers = choose_exactly(choices, expect)
    else:
        numbers = [likeliest(options) for options in choices]
        if grid is None:  # whoever named an error to keep gets "unknown" wherever the network says so
            numbers = choose(numbers, vouch=classifier.metadata.reject.max_error is None)
    show("5-digits", lambda: drawing.of_digits([part for number in numbers for part in number]))
    if grid is not None:
        return _grid_reading(page, numbers, grid)
    return _reading(page, [parts for parts in numbers if parts], len(pieces))


def _levelled(groups: list[list[Part]], classifier: Classifier) -> list[list[Part]]:
    """The groups, those that run at a slant turned level and read anew, all in one batch."""
    slants = tilts([[part.piece for part in group] for group in groups])
    slanted = [
        part.piece.levelled(tilt)
        for group, tilt in zip(groups, slants, strict=True)
        if tilt
        for part in group
    ]
    turned = iter(classify(slanted, classifier))
    return [
        [next(turned) for _ in group] if tilt else group for group, tilt in zip(groups, slants, strict=True)
    ]


def _choices(
    groups: list[list[Part]], classifier: Classifier, *, cut_all: bool
) -> list[list[dict[int, Way]]]:
    """For each piece of each group the ways to read it; only what may be several digits is cut."""
    parts = [part for group in groups for part in group]
    options = iter(ways(parts, classifier, [cut_all or may_touch(part) for part in parts]))
    return [[next(options) for _ in group] for group in groups]


def check_options(expect: int | None, grid: tuple[int, int] | None) -> None:
    """Raises OptionError where `read` would."""
    if expect is not None and not 1 <= expect <= 100:
        raise OptionError(f"expect is {expect}; expected a number of digits, 1 to 100")
    if grid is not None and not (min(grid) >= 1 and max(grid) <= 200):
        raise OptionError(f"grid is {grid[0]}x{grid[1]}; expected rows and columns, 1 to 200 each")
    if grid is not None and expect is not None:
        raise OptionError("expect and grid exclude each other: a grid has one number for each cell")


def _reading(page: Page, numbers: list[list[Part]], pieces: int) -> Reading:
    order = in_lines([[part.piece for part in number] for number in numbers])
    found = [_number(page, numbers[one], line) for line, ones in enumerate(order) for one in ones]
    reason = ""
    if not page.has_ink:
        reason = "no ink: nothing stands out from the paper"
    elif not found:
        reason = f"no digits: {pieces:,} pieces of ink look like words, drawings or dust"
    left_out = max(0, pieces - sum(map(len, numbers)))
    return Reading(tuple(found), page.picture, page.size, reason, left_out)


def _grid_reading(page: Page, cells: list[list[Part]], grid: tuple[int, int]) -> Reading:
    found = [_number(page, parts, *divmod(place, grid[1])) for place, parts in enumerate(cells)]
    reason = "" if any(cells) else "no digits in any cell of the grid"
    return Reading(tuple(found), page.picture, page.size, reason)


def _number(page: Page, parts: list[Part], line: int, column: int | None = None) -> Number:
    digits = tuple(
        Digit(part.label, part.probability, part.status, _corners(page, part.piece.corners)) for part in parts
    )
    outline = drawing.around([part.piece.corners for part in parts])
    return Number(digits, line, _corners(page, outline), column)


def _corners(page: Page, box: NDArray[np.float64]) -> Corners:
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in page.in_picture(box))
