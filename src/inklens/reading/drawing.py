"""Pictures of what reading sees: each of its steps, and the page with what was read drawn in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.page import Ink, Page

if TYPE_CHECKING:
    from inklens.reading.pieces.pieces import Piece
    from inklens.reading.pieces.splitting import Part
    from inklens.reading.reading import Reading

Picture = NDArray[np.uint8]

_SURE, _UNSURE = (0, 110, 200), (215, 90, 0)  # told apart by those who do not see red or green
_COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (86, 180, 233), (160, 120, 0))
_FONT = cv2.FONT_HERSHEY_SIMPLEX


def of_ink(ink: Ink) -> Picture:
    """Ink as black on white, uint8 (H, W, 1)."""
    return np.asarray(255 - cv2.convertScaleAbs(ink, alpha=255), np.uint8)[..., None]


def of_pieces(page: Page, pieces: list[Piece]) -> Picture:
    """Each piece in a colour and a frame of its own, uint8 (H, W, 3)."""
    picture = np.full((*page.grey.shape, 3), 255, np.uint8)
    for number, piece in enumerate(pieces):
        colour = np.array(_COLOURS[number % len(_COLOURS)], np.float32)
        part = picture[piece.top : piece.bottom, piece.left : piece.right]
        part[:] = np.rint(part * (1 - piece.ink[..., None]) + colour * piece.ink[..., None]).astype(np.uint8)
        corner = (piece.right - 1, piece.bottom - 1)
        cv2.rectangle(picture, (piece.left, piece.top), corner, tuple(map(int, colour)), 1)
    return picture


def of_digits(parts: list[Part]) -> Picture:
    """The digits as the network saw them, what it said below each, uint8 (H, W, 3)."""
    if not parts:
        return np.full((60, 120, 3), 255, np.uint8)
    side, across = 84, min(len(parts), 12)
    rows = -(-len(parts) // across)
    sheet = np.full((rows * (side + 34), across * (side + 10), 3), 255, np.uint8)
    for number, part in enumerate(parts):
        top, left = number // across * (side + 34) + 4, number % across * (side + 10) + 5
        large = cv2.resize(part.framed[..., 0], (side, side), interpolation=cv2.INTER_NEAREST)
        sheet[top : top + side, left : left + side] = large[..., None]
        text = f"{part.label if part.status == 'ok' else '?'}  {100 * part.probability:.0f} %"
        colour = _SURE if part.status == "ok" else _UNSURE
        cv2.putText(sheet, text, (left + 2, top + side + 20), _FONT, 0.5, colour, 1, cv2.LINE_AA)
    return sheet


def annotate(reading: Reading) -> Picture:
    """The picture with a frame around each number and its text above it, uint8 (H, W, 3)."""
    given = reading.picture
    picture = np.repeat(given, 3, axis=2) if given.shape[2] == 1 else given.copy()
    thick = max(1, round(max(picture.shape[:2]) / 500))
    scale = picture.shape[1] / reading.size[1]
    for number in reading.numbers:
        if not number.digits:
            continue
        colour = _SURE if number.status == "ok" else _UNSURE
        box = scale * np.array(number.box)
        cv2.polylines(picture, [np.rint(box).astype(np.int32)], True, colour, thick, cv2.LINE_AA)
        tall = scale * float(np.median([_height(digit.box) for digit in number.digits]))
        _label(picture, number.text, box, colour, max(0.4, min(tall / 60, thick * 0.9)))
    return picture


def _height(box: tuple[tuple[float, float], ...]) -> float:
    return math.dist(box[0], box[3])


def _label(
    picture: Picture, text: str, box: NDArray[np.float64], colour: tuple[int, int, int], size: float
) -> None:
    """Text on a ground of its own, above the box or, at the picture's upper edge, below it."""
    stroke = max(1, round(size * 1.8))
    (wide, tall), below = cv2.getTextSize(text, _FONT, size, stroke)
    left = int(min(max(0, box[0, 0]), max(0, picture.shape[1] - wide - 4)))
    bottom = int(box[:2, 1].min()) - 4
    if bottom - tall - below < 0:
        bottom = min(picture.shape[0] - 1, int(box[:, 1].max()) + tall + below + 6)
    cv2.rectangle(picture, (left, bottom - tall - below), (left + wide + 4, bottom), colour, -1)
    cv2.putText(
        picture, text, (left + 2, bottom - below + 1), _FONT, size, (255, 255, 255), stroke, cv2.LINE_AA
    )


def around(boxes: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Corners of a rectangle around boxes, turned as their row runs: upper left first, clockwise.

    Args:
        boxes: (4, 2) each, from left to right.
    """
    if not boxes:
        return np.zeros((0, 2))
    middles = np.array([box.mean(axis=0) for box in boxes])
    along = middles[-1] - middles[0]
    angle = float(np.arctan2(along[1], along[0])) if len(boxes) > 1 else 0.0
    turn = np.array([(np.cos(angle), -np.sin(angle)), (np.sin(angle), np.cos(angle))])
    turned = np.concatenate(boxes) @ turn
    (left, top), (right, bottom) = turned.min(axis=0), turned.max(axis=0)
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    return np.asarray(corners @ turn.T, np.float64)
