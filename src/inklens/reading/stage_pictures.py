"""Pictures of the steps of reading: what `on_stage` of `inklens.read` is given."""

from collections.abc import Sequence

import cv2
import numpy as np

from inklens.pixels.ink import Ink
from inklens.reading.drawing import FONT, OK, UNKNOWN, Picture
from inklens.reading.pieces.hypotheses import DigitHypothesis
from inklens.reading.pieces.piece import Piece

_COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (160, 120, 0))


def ink_picture(ink: Ink) -> Picture:
    """Ink as black on white, uint8 (H, W, 1)."""
    return np.asarray(255 - cv2.convertScaleAbs(ink, alpha=255), np.uint8)[..., None]


def pieces_picture(shape: tuple[int, ...], pieces: Sequence[Piece]) -> Picture:
    """Each piece in its own colour and frame, on a page of this height and width, uint8 (H, W, 3)."""
    picture = np.full((*shape, 3), 255, np.uint8)
    for number, piece in enumerate(pieces):
        colour = np.array(_COLOURS[number % len(_COLOURS)], np.float32)
        part = picture[piece.top : piece.bottom, piece.left : piece.right]
        part[:] = np.rint(part * (1 - piece.ink[..., None]) + colour * piece.ink[..., None]).astype(np.uint8)
        corner = (piece.right - 1, piece.bottom - 1)
        cv2.rectangle(picture, (piece.left, piece.top), corner, tuple(map(int, colour)), 1)
    return picture


def digits_picture(digits: Sequence[DigitHypothesis]) -> Picture:
    """The network's inputs, with its answer below each, uint8 (H, W, 3)."""
    if not digits:
        return np.full((60, 120, 3), 255, np.uint8)
    side, across = 84, min(len(digits), 12)
    rows = -(-len(digits) // across)
    sheet = np.full((rows * (side + 34), across * (side + 10), 3), 255, np.uint8)
    for number, digit in enumerate(digits):
        top, left = number // across * (side + 34) + 4, number % across * (side + 10) + 5
        large = cv2.resize(digit.framed[..., 0], (side, side), interpolation=cv2.INTER_NEAREST)
        sheet[top : top + side, left : left + side] = large[..., None]
        text = f"{digit.label if digit.status == 'ok' else '?'}  {100 * digit.probability:.0f}%"
        colour = OK if digit.status == "ok" else UNKNOWN
        cv2.putText(sheet, text, (left + 2, top + side + 20), FONT, 0.5, colour, 1, cv2.LINE_AA)
    return sheet
