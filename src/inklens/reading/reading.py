"""What was read on a page: a `Reading` of `Number`s of `Digit`s."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.reading.drawing import annotate

UNREAD = "?"  # in the text of a number, a digit whose status is not "ok"
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Digit:
    """One digit of a number.

    Args:
        label: the most probable class; None where the status is "empty".
        probability: of this class, 0-1. Ink that may be no digit counts as any class, so this can be less
            than the calibrated probability of `Predictions`.
        status: "ok", "unknown" or "empty".
        box: its corners, x and y in pixels of the upright picture, clockwise from the upper left.
    """

    label: str | None
    probability: float
    status: str
    box: Corners

    @property
    def text(self) -> str:
        """Its label, or "?" if it is unknown."""
        return self.label if self.status == "ok" and self.label is not None else UNREAD


@dataclass(frozen=True)
class Number:
    """Digits that are one number.

    Args:
        digits: in reading order; none in a blank cell of a grid.
        line: its line on the page, from 0; in a grid its row.
        box: corners of the smallest rectangle around it that is turned as the number is.
        column: in a grid its column, from 0.
        grid: which grid its cell belongs to, from 0.
        are_candidates: whether these are several tiny digits in a cell of a puzzle, and no answer.
        marks: the decimal points, minus signs and other marks that were asked for: before which digit each
            stands, and its text.
    """

    digits: tuple[Digit, ...]
    line: int
    box: Corners
    column: int | None = None
    grid: int | None = None
    are_candidates: bool = False
    marks: tuple[tuple[int, str], ...] = ()

    @property
    def text(self) -> str:
        """Its digits and marks, with "?" for unknown digits; "" in a blank cell."""
        texts = ["", *(digit.text for digit in self.digits)]
        for place, mark in self.marks:
            texts[place] += mark
        return "".join(texts)

    @property
    def confidence(self) -> float:
        """The probability that all of its digits are right, provided that errors are independent."""
        return float(np.prod([digit.probability for digit in self.digits]))

    @property
    def status(self) -> str:
        """One of "ok", "unknown" (a digit is unknown), "empty" (a blank cell) and "candidates"."""
        if not self.digits:
            return "empty"
        if self.are_candidates:
            return "candidates"
        return "ok" if all(digit.status == "ok" for digit in self.digits) else "unknown"


@dataclass(frozen=True)
class Grid:
    """A grid that was found on a page.

    Args:
        rows, columns: how many.
        box: its corners, in pixels of the upright picture, clockwise from the upper left of its text.
    """

    rows: int
    columns: int
    box: Corners


@dataclass(frozen=True, eq=False)
class Reading:
    """The numbers of a page in reading order.

    Args:
        numbers: as found; in a grid one for each cell, row by row.
        picture: uint8 (H, W, 1 or 3), the upright page. A JPEG file of 12 megapixels or more that was read
            without a region has half its sides here, or less.
        size: height and width of the page as given, upright. All boxes are in its pixels.
        reason: why there are no numbers, or may be wrong ones: a grid that was asked for has other rows and
            columns than the one in view. Else "".
        left_out: how many pieces of ink are no digit, by the reason.
        grids: the grids that were found.
    """

    numbers: tuple[Number, ...]
    picture: NDArray[np.uint8] = field(repr=False)
    size: tuple[int, int]
    reason: str = ""
    left_out: Mapping[str, int] = field(default_factory=dict)
    grids: tuple[Grid, ...] = ()

    @property
    def pieces_left_out(self) -> int:
        """How many pieces of ink are no digit."""
        return sum(self.left_out.values())

    @property
    def text(self) -> str:
        """Numbers separated by spaces, lines by line breaks, grids by blank lines.

        A blank cell of a grid is "."; candidates stand in parentheses.
        """
        lines: dict[tuple[int, int], list[str]] = {}
        for number in self.numbers:
            text = f"({number.text})" if number.are_candidates else number.text or "."
            lines.setdefault((number.grid or 0, number.line), []).append(text)
        texts = [(grid, " ".join(line)) for (grid, _), line in lines.items()]
        blocks = [[text for _, text in block] for _, block in groupby(texts, lambda line: line[0])]
        return "\n\n".join("\n".join(block) for block in blocks)

    def blanked(self) -> Reading:
        """The same with a blank picture that takes no memory, for keeping many."""
        return replace(self, picture=np.broadcast_to(np.uint8(0), self.picture.shape))

    def annotated(self) -> NDArray[np.uint8]:
        """The picture with the frame and the text of each number drawn in: uint8 (H, W, 3)."""
        scale = self.picture.shape[1] / self.size[1]
        return annotate(self.picture, [number for number in self.numbers if number.digits], scale)

    def to_dict(self) -> Mapping[str, Any]:
        """Its fields for JSON: numbers with text, confidence, status, line, box and digits."""
        height, width = self.size
        return {
            "text": self.text,
            "reason": self.reason,
            "width": width,
            "height": height,
            "left_out": dict(self.left_out),
            "pieces_left_out": self.pieces_left_out,
            "grids": [vars(grid) for grid in self.grids],
            "numbers": [_number(number) for number in self.numbers],
        }


def _number(number: Number) -> dict[str, Any]:
    return {
        "text": number.text,
        "confidence": round(number.confidence, 6),
        "status": number.status,
        "line": number.line,
        **({} if number.column is None else {"column": number.column, "grid": number.grid}),
        "box": number.box,
        "digits": [{**vars(digit), "probability": round(digit.probability, 6)} for digit in number.digits],
    }
