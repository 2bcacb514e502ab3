"""What was read on a page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNREAD = "?"  # stands in a number for a digit whose status is not "ok"
Corners = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Digit:
    """One digit of a number.

    Args:
        label: the most probable class; None where the status is "empty".
        probability: that it is this digit, 0-1; what may be none at all counts as any of them, so that it can
            be less than the calibrated one of `Predictions`.
        status: "ok", "unknown" or "empty".
        box: its corners, x and y in pixels of the upright picture, clockwise from the upper left.
    """

    label: str | None
    probability: float
    status: str
    box: Corners

    @property
    def text(self) -> str:
        """Its label, or "?" where that is not sure."""
        return self.label if self.status == "ok" and self.label is not None else UNREAD


@dataclass(frozen=True)
class Number:
    """Digits that belong together.

    Args:
        digits: in reading order; none in a blank cell of a grid.
        line: the line of the page that it stands in, from 0; in a grid its row.
        box: corners of the least rectangle around it, turned as the number is.
        column: in a grid, its column from 0.
    """

    digits: tuple[Digit, ...]
    line: int
    box: Corners
    column: int | None = None

    @property
    def text(self) -> str:
        """Its digits, "?" for each that is unknown; "" in a blank cell."""
        return "".join(digit.text for digit in self.digits)

    @property
    def confidence(self) -> float:
        """The probability that all of its digits are right, if their errors are independent."""
        return float(np.prod([digit.probability for digit in self.digits]))

    @property
    def status(self) -> str:
        """ "ok", "unknown" where one of its digits is, or "empty" in a blank cell."""
        if not self.digits:
            return "empty"
        return "ok" if all(digit.status == "ok" for digit in self.digits) else "unknown"


@dataclass(frozen=True, eq=False)
class Reading:
    """The numbers of a page in reading order.

    Args:
        numbers: as found; in a grid one for each cell, row by row.
        picture: uint8 (H, W, 1 or 3), the page, upright; a JPEG file of 12 megapixels and more, read without
            a region, at a half of its sides or less.
        size: height and width of the page as given, upright, in whose pixels all boxes are.
        reason: why there are no numbers; "" where there are some.
        pieces_left_out: pieces of ink less digits read, at least 0: words, drawings, dust and what came off.
    """

    numbers: tuple[Number, ...]
    picture: NDArray[np.uint8] = field(repr=False)
    size: tuple[int, int]
    reason: str = ""
    pieces_left_out: int = 0

    @property
    def text(self) -> str:
        """Numbers with a space between, lines with a line break; a blank cell of a grid is "."."""
        lines: dict[int, list[str]] = {}
        for number in self.numbers:
            lines.setdefault(number.line, []).append(number.text or ".")
        return "\n".join(" ".join(line) for line in lines.values())

    def blanked(self) -> Reading:
        """The same but for its picture, which is blank and takes no memory: for keeping many."""
        return replace(self, picture=np.broadcast_to(np.uint8(0), self.picture.shape))

    def annotated(self) -> NDArray[np.uint8]:
        """uint8 (H, W, 3): the picture with a frame and the text of each number drawn in."""
        from inklens.reading.drawing import annotate

        return annotate(self)

    def to_dict(self) -> Mapping[str, Any]:
        """Ready for JSON: numbers with text, confidence, status, line, box and digits."""
        height, width = self.size
        return {
            "text": self.text,
            "reason": self.reason,
            "width": width,
            "height": height,
            "pieces_left_out": self.pieces_left_out,
            "numbers": [_number(number) for number in self.numbers],
        }


def _number(number: Number) -> dict[str, Any]:
    return {
        "text": number.text,
        "confidence": round(number.confidence, 6),
        "status": number.status,
        "line": number.line,
        **({} if number.column is None else {"column": number.column}),
        "box": number.box,
        "digits": [
            {
                "label": digit.label,
                "probability": round(digit.probability, 6),
                "status": digit.status,
                "box": digit.box,
            }
            for digit in number.digits
        ],
    }
