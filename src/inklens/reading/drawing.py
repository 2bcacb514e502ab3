"""Draws what was read into a picture."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from inklens.reading.reading import Number

Picture = NDArray[np.uint8]

OK, UNKNOWN = (0, 110, 200), (215, 90, 0)  # colours that colour-blind readers can distinguish
FONT = cv2.FONT_HERSHEY_SIMPLEX


def annotate(given: Picture, numbers: Sequence[Number], scale: float) -> Picture:
    """A copy of a picture, uint8 (H, W, 1 or 3), with the frame and text of each number: uint8 (H, W, 3).

    Args:
        scale: pixels of the picture per pixel of the page that the numbers' boxes are in.
    """
    picture = np.repeat(given, 3, axis=2) if given.shape[2] == 1 else given.copy()
    thick = max(1, round(max(picture.shape[:2]) / 500))
    for number in numbers:
        box, colour = scale * np.array(number.box), OK if number.status == "ok" else UNKNOWN
        height = scale * float(np.median([math.dist(digit.box[0], digit.box[3]) for digit in number.digits]))
        cv2.polylines(picture, [np.rint(box).astype(np.int32)], True, colour, thick, cv2.LINE_AA)
        _write(picture, number.text, box, colour, max(0.4, min(height / 60, thick * 0.9)))
    return picture


def _write(
    picture: Picture, text: str, box: NDArray[np.float64], colour: tuple[int, int, int], size: float
) -> None:
    """Write text on a filled rectangle above the box, or below it at the picture's upper edge."""
    stroke = max(1, round(size * 1.8))
    (wide, tall), below = cv2.getTextSize(text, FONT, size, stroke)
    left = int(min(max(0, box[0, 0]), max(0, picture.shape[1] - wide - 4)))
    bottom = int(box[:2, 1].min()) - 4
    if bottom - tall - below < 0:
        bottom = min(picture.shape[0] - 1, int(box[:, 1].max()) + tall + below + 6)
    cv2.rectangle(picture, (left, bottom - tall - below), (left + wide + 4, bottom), colour, -1)
    cv2.putText(
        picture, text, (left + 2, bottom - below + 1), FONT, size, (255, 255, 255), stroke, cv2.LINE_AA
    )
