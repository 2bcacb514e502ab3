"""Digits as they lie on a page, as digits and numbers of the picture as given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from inklens.reading.numbers.text_lines import bounding_box
from inklens.reading.paper.photo import Page
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.reading import Corners, Digit, Number


def number_of(
    page: Page,
    digits: list[DigitHypothesis],
    line: int,
    column: int | None = None,
    *,
    grid: int | None = None,
    candidates: bool = False,
    marks: Sequence[tuple[int, str]] = (),
) -> Number:
    """The number of these digits, its boxes in pixels of the picture as given.

    Args:
        page: where the digits' pieces lie.
        line: of the text, or the row of a grid.
        column, grid: of a cell.
        candidates: whether these are several tiny digits of a cell, and no answer.
        marks: between the digits: before which of them each stands, and its text.
    """
    read_digits = tuple(
        Digit(digit.label, digit.probability, digit.status, corners_of(page, digit.piece.corners))
        for digit in digits
    )
    outline = bounding_box([digit.piece.corners for digit in digits])
    return Number(read_digits, line, corners_of(page, outline), column, grid, candidates, tuple(marks))


def corners_of(page: Page, box: NDArray[np.float64]) -> Corners:
    """Corners in pixels of the page as corners in pixels of the picture as given."""
    return tuple((round(float(x), 1), round(float(y), 1)) for x, y in page.in_picture(box))
