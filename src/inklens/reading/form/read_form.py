"""Reads the fields of a form on a photo or scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.classifier import Classifier
from inklens.errors import ImageError, OptionError
from inklens.reading.form.form_file import Field, Form
from inklens.reading.form.form_matching import PageFeatures, find_form, place_field
from inklens.reading.numbers.cell_digits import read_cells
from inklens.reading.numbers.selection import in_context
from inklens.reading.paper.grid_lines import without_lines
from inklens.reading.paper.grid_page import GridPage, level_grid
from inklens.reading.paper.masks import SURE, as_mask, dilated
from inklens.reading.paper.photo import Page, open_page
from inklens.reading.paper.printed_grids import PrintedGrid
from inklens.reading.pdf_pages import picture_of
from inklens.reading.pieces.cell_pieces import pieces_in_cells
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.placing import corners_of
from inklens.reading.reading import UNREAD, Corners

GAP, BLANK = "_", "."  # in a text: a blank box between the digits of a number, and a blank cell of a grid
LOOK_AT = 0.99  # confidence below which a person should look at a field: of 1,200, two above were wrong
_CELL = 80  # pixels: least side of a levelled cell
_RIM = 0.1  # of a cell, on each side: remnants of its lines lie there
_SPECK = 0.02  # share of a cell; as much ink that was not read makes a blank cell unsure
_CHECKED = (0.015, 0.05)  # share of a check box that ink covers: below it is blank, above it is checked
_INSIDE = 0.2  # of a check box, on each side, that is not looked at


@dataclass(frozen=True, eq=False)
class FieldReading:
    """What was read in one field.

    Args:
        field: of the form.
        cells: the digits of each cell, row by row: "" for a blank one, "?" for an unknown digit; of a check
            box "1" or "0".
        confidence: that all of it is right, 0-1.
        box: its corners, in pixels of the upright photo, clockwise from the upper left.
        crop: uint8 (H, W, 1 or 3), the field, levelled.
        found: whether its print is where it should be; if not, all cells are "?", and the confidence is 0.
    """

    field: Field
    cells: tuple[str, ...]
    confidence: float
    box: Corners
    crop: NDArray[np.uint8]
    found: bool = True

    @property
    def text(self) -> str:
        """The field in one line, "" if it is blank.

        A blank box between the digits of a number is "_". The cells of a grid are separated by spaces, blank
        ones are ".", and its rows are separated by semicolons.
        """
        if not any(self.cells):
            return ""
        if self.field.kind == "number":
            return "".join(cell or GAP for cell in self.cells).strip(GAP)
        shown = [cell or BLANK for cell in self.cells]
        wide = self.field.columns
        return "; ".join(" ".join(shown[start : start + wide]) for start in range(0, len(shown), wide))

    def to_dict(self) -> dict[str, Any]:
        """The field as JSON-ready values, without its crop."""
        return {
            "name": self.field.name,
            "kind": self.field.kind,
            "text": self.text,
            "cells": list(self.cells),
            "confidence": round(self.confidence, 4),
            "found": self.found,
            "box": [list(corner) for corner in self.box],
        }


class FormReader:
    """Reads photos of one form.

    Args:
        form: its reference page and fields.
        classifier: a network for digits.

    Raises:
        ImageError: the reference page cannot be decoded.
        OptionError: a field lies outside of it.
    """

    def __init__(self, form: Form, classifier: Classifier) -> None:
        self.form = form
        self._classifier = classifier
        self._reference = open_page(picture_of(str(form.page)))
        tall, wide = self._reference.size
        for field in form.fields:
            left, top, width, height = field.box
            if left + width > wide + 1 or top + height > tall + 1:
                raise OptionError(
                    f"the field {field.name!r} ends at {left + width:g},{top + height:g}, outside of "
                    f"{form.page} of {wide}x{tall}; expected a box in its pixels"
                )
        self._features = PageFeatures(self._reference.grey)

    def read(self, page: Page, name: str = "the photo") -> list[FieldReading]:
        """The fields of a page, in the form's order.

        Raises:
            ImageError: the page does not show the form.
        """
        reference = self._reference
        to_photo = find_form(self._features, PageFeatures(page.grey))
        if to_photo is None:
            raise ImageError(
                f"{name} does not show the form {self.form.page}; expected a photo with most of its print"
            )
        scale = reference.grey.shape[1] / reference.size[1]
        read = []
        for field in self.form.fields:
            lattice, found = place_field(reference.grey, page.grey, field.lattice * scale, to_photo)
            level = level_grid(page, PrintedGrid(lattice), _CELL)
            unread = (UNREAD,) * (field.rows * field.columns), 0.0
            cells, sure = self._read_field(field, level) if found else unread
            box = corners_of(page, lattice[[0, 0, -1, -1], [0, -1, -1, 0]])
            read.append(FieldReading(field, cells, sure, box, level.region, found))
        return read

    def _read_field(self, field: Field, level: GridPage) -> tuple[tuple[str, ...], float]:
        """The text of each cell, and the probability that all are right."""
        ink = without_lines(level.ink, level.lines_x, level.lines_y, boxes=True)
        if field.kind == "check":
            text, sure = _checked(ink, level)
            return (text,), sure
        cells = read_cells(pieces_in_cells(ink, level.lines_x, level.lines_y).cells, self._classifier)
        if self._classifier.metadata.thresholds.max_error is None:  # else "unknown" is the network's answer
            # Their probability stays what it is without the context, so that a person looks at them.
            cells = [[replace(digit, status=in_context(digit).status) for digit in cell] for cell in cells]
        one = _single if field.kind == "number" else _number
        texts = [one(cell) for cell in cells]
        probabilities = np.array([probability for _, probability in texts])
        sure = float(np.prod(probabilities * _share_read(ink, level, cells)))
        return tuple(text for text, _ in texts), sure


def _share_read(
    ink: NDArray[np.float32], level: GridPage, cells: Sequence[Sequence[DigitHypothesis]]
) -> NDArray[np.float64]:
    """For each cell the share of its ink that was read, 0-1: the bar of a 7 may have been left out."""
    left = (ink > SURE).astype(np.uint8)
    for cell in cells:
        for piece in (digit.piece for digit in cell):
            top, start = max(0, piece.top), max(0, piece.left)
            seen = dilated(as_mask(piece.ink > 0))[top - piece.top :, start - piece.left :]
            part = left[top : piece.bottom, start : piece.right]
            part[seen[: part.shape[0], : part.shape[1]] > 0] = 0
    shares = []
    for number, cell in enumerate(cells):
        row, column = divmod(number, len(level.lines_x) - 1)
        (top, bottom), (start, end) = level.lines_y[row : row + 2], level.lines_x[column : column + 2]
        rim_x, rim_y = _RIM * (end - start), _RIM * (bottom - top)
        inner = left[int(top + rim_y) : int(bottom - rim_y), int(start + rim_x) : int(end - rim_x)]
        read = sum(float(digit.piece.ink.sum()) for digit in cell) or _SPECK * inner.size
        shares.append(read / (read + float(inner.sum())))
    return np.array(shares)


def _number(cell: Sequence[DigitHypothesis]) -> tuple[str, float]:
    """The number in a cell, and the probability that it is right."""
    sure = [digit.probability * (digit.status == "ok") for digit in cell]
    text = "".join(digit.label if digit.status == "ok" else UNREAD for digit in cell)
    return text, float(np.prod(sure))


def _single(cell: Sequence[DigitHypothesis]) -> tuple[str, float]:
    """The digit in a box for one, and its probability; of several pieces, the one with most ink."""
    if not cell:
        return "", 1.0
    ink = np.array([digit.piece.ink.sum() for digit in cell])
    digit = cell[int(ink.argmax())]
    if digit.status != "ok":
        return UNREAD, 0.0
    return digit.label, digit.probability * float(ink.max() / ink.sum())


def _checked(ink: NDArray[np.float32], level: GridPage) -> tuple[str, float]:
    """Whether a box is checked, and how sure that is, by the share of it that ink covers."""
    (left, right), (top, bottom) = level.lines_x[[0, -1]], level.lines_y[[0, -1]]
    wide, tall = _INSIDE * (right - left), _INSIDE * (bottom - top)
    inside = ink[int(top + tall) : int(bottom - tall), int(left + wide) : int(right - wide)]
    share = float((inside > 0.5).mean()) if inside.size else 0.0
    low, high = _CHECKED
    if share <= low:
        return "0", 1.0 - 0.05 * share / low
    return "1", min(1.0, 0.5 + 0.5 * (share - low) / (high - low))
