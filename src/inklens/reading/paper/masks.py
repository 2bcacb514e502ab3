"""Masks, and what ruling, boxes and pens do with them. Ink is float32 (H, W), 0 (paper) to 1."""

import math
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink

Mask = NDArray[np.uint8]  # (H, W): 255 where something is, else 0
Boxes = NDArray[np.float64]  # (N, 4): left, top, right, bottom, in pixels
Cells = NDArray[np.float64]  # (N, 4, 2): corners of the insides of printed boxes, in pixels

SURE = 0.5  # ink from here on is surely a stroke
_PALE = 0.25  # ink from here on belongs to a stroke that is sure somewhere

_Picture = TypeVar("_Picture", Mask, Ink)


def stroke_mask(ink: Ink) -> Mask:
    """Where strokes are: sure ink, and paler ink connected to it (hysteresis, Canny 1986)."""
    pale = cv2.compare(ink, _PALE, cv2.CMP_GT)
    count, components = cv2.connectedComponents(pale, connectivity=8)
    sure = np.zeros(count, np.uint8)
    sure[components[ink > SURE]] = 255
    sure[0] = 0
    found: Mask = sure[components]
    return found


def as_mask(array: object) -> Mask:
    """An array from NumPy or OpenCV as contiguous uint8."""
    return np.ascontiguousarray(array, np.uint8)


def transposed(picture: _Picture) -> _Picture:
    """Rows and columns swapped, in memory too: NumPy's transposed views are slow to compute with."""
    swapped: _Picture = cv2.transpose(picture)
    return swapped


def dilated(mask: Mask) -> Mask:
    """The mask, a pixel larger on every side."""
    return as_mask(cv2.dilate(mask, np.ones((3, 3), np.uint8)))


def line_width(lines: Mask) -> int:
    """The mean width of lines in pixels: twice their area over the length of their outline."""
    area = cv2.countNonZero(lines)
    outline = cv2.countNonZero(lines & ~cv2.erode(lines, np.ones((3, 3), np.uint8)))
    return max(1, math.ceil(2 * area / max(1, outline)))
