"""A piece of ink on a page, and the geometry of pieces beside each other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.reading.paper.masks import Boxes

_PALE = 0.2  # ink from here on belongs to a piece's box
_BESIDE = 4.0  # heights to either side within which boxes are beside each other


@dataclass(frozen=True, eq=False)
class Piece:
    """Connected ink, or the parts of a broken stroke.

    Args:
        left, top, width, height: its box in pixels of the page, turned by -skew.
        ink: float32 (height, width), 0-1, only its own.
        skew: angle in radians of the number that it belongs to, positive where that sinks to the right.
    """

    left: int
    top: int
    width: int
    height: int
    ink: Ink
    skew: float = 0.0

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """x and y of its middle, in pixels of the page."""
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    @property
    def corners(self) -> NDArray[np.float64]:
        """Of its box, in pixels of the page: (4, 2), clockwise from the upper left."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        box = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
        return box @ _turn(self.skew).T if self.skew else box

    def deskewed(self, skew: float) -> Piece:
        """The same ink, turned so that a number of this skew runs level."""
        if not skew:
            return self
        level = _turn(-skew)
        box = self.corners @ level.T
        left, top = np.floor(box.min(axis=0)).astype(int).tolist()
        width, height = np.ceil(box.max(axis=0) - (left, top)).astype(int).tolist()
        # Pixel (x, y) of `ink` lies at (left + x, top + y) of the page, which `level` turns.
        shift = level @ (self.left, self.top) - (left, top)
        turned = cv2.warpAffine(self.ink, np.column_stack([level, shift]), (width, height))
        x, y, wide, tall = cv2.boundingRect((turned > _PALE).astype(np.uint8))
        if not wide:
            return self
        cut: Ink = np.ascontiguousarray(turned[y : y + tall, x : x + wide])
        return Piece(left + x, top + y, wide, tall, cut, skew)


def _turn(angle: float) -> NDArray[np.float64]:
    """The rotation by an angle in radians, (2, 2); clockwise, since y points down."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([(cos, -sin), (sin, cos)])


def boxes_of(pieces: Sequence[Piece]) -> Boxes:
    """Their boxes."""
    boxes = [(piece.left, piece.top, piece.right, piece.bottom) for piece in pieces]
    return np.array(boxes, np.float64).reshape(-1, 4)


def merged(one: Piece, other: Piece) -> Piece:
    """Two pieces of the same skew as one."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right, bottom = max(one.right, other.right), max(one.bottom, other.bottom)
    ink = np.zeros((bottom - top, right - left), np.float32)
    for piece in (one, other):
        rows = slice(piece.top - top, piece.bottom - top)
        columns = slice(piece.left - left, piece.right - left)
        ink[rows, columns] = np.maximum(ink[rows, columns], piece.ink)
    return Piece(left, top, right - left, bottom - top, ink, one.skew)


def heights_beside(boxes: Boxes, counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The median height of the boxes to the left and right of each: float64 (N,), NaN without any.

    Args:
        counted: bool (N, N), which boxes (columns) may count for which (rows).
    """
    left, top, right, bottom = boxes.T
    height, middle = bottom - top, (top + bottom) / 2
    usual = np.full(len(boxes), np.nan)
    for one in range(len(boxes)):
        level = (top < middle[one]) & (bottom > middle[one]) | (middle > top[one]) & (middle < bottom[one])
        away = np.maximum(left - right[one], left[one] - right)
        beside = counted[one] & level & (away < _BESIDE * np.maximum(height, height[one]))
        beside[one] = False
        if beside.any():
            usual[one] = np.median(height[beside])
    return usual
