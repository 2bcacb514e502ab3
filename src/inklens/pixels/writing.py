"""Whether a picture shows writing: strokes of even ink on an even ground.

A picture of a thing differs in one of three ways: it is filled and not drawn with strokes, its inside is not
of one tone, or its ground is not even. `benchmarks/kind.py` measures it.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.channels import with_axes, with_channels
from inklens.pixels.ink import Ink, shrunk
from inklens.pixels.ink_finding import find_ink
from inklens.pixels.ink_placing import INK, stroke_width

_SIDE = 64  # pixels along the longer side that show what a picture is of
_BLANK = 15  # of 255: a picture with no more between its tones is blank
_WIDEST = 0.45  # of the ink's longer side: the widest place of bold letters and of markers
_GROUND = 0.2  # of the contrast: deviation of the ground, for rough paper in uneven light
_TONES = 0.08  # of the contrast: deviation inside the strokes beyond the ground's
_LEAST = 10  # pixels of ground, or of the inside of strokes, whose deviation means anything


def shows_writing(image: NDArray[np.uint8]) -> bool | None:
    """Whether a picture shows strokes on an even ground, written by hand or printed; None for a blank one.

    Args:
        image: uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255, dark on light or light on dark.

    Raises:
        DataError: the image has another type, shape or channel count.
    """
    grey = shrunk(with_channels(with_axes(image), 1)[..., 0], _SIDE)
    low, high = np.percentile(grey, [1, 99])
    if high - low < _BLANK:
        return None
    ink = find_ink(grey)
    inked = (ink > 0.5).view(np.uint8)
    if not inked.any():  # a texture
        return False
    return _is_drawn(inked) and _is_even(grey.astype(np.float32), ink, inked)


def _is_drawn(inked: NDArray[np.uint8]) -> bool:
    """Whether even the widest place of the ink is narrow."""
    *_, width, height = cv2.boundingRect(inked)
    padded = cv2.copyMakeBorder(inked, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
    widest = 2 * cv2.distanceTransform(padded, cv2.DIST_L2, 5).max()
    return bool(widest <= _WIDEST * max(width, height))


def _is_even(grey: NDArray[np.float32], ink: Ink, inked: NDArray[np.uint8]) -> bool:
    """Whether the ground is of one tone, and the inside of the strokes too."""
    around = cv2.dilate((ink > INK).view(np.uint8), np.ones((3, 3), np.uint8))
    ground = grey[around == 0]
    if ground.size < _LEAST:
        return False
    contrast = max(1.0, abs(float(np.median(grey[inked > 0]) - np.median(ground))))
    roughness = float(ground.std()) / contrast
    if roughness > _GROUND:
        return False
    cross = cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3))
    depth = max(1, round(stroke_width(ink) / 3))  # edges are soft where a picture was enlarged
    inside = grey[cv2.erode(inked, cross, iterations=depth) > 0]
    if inside.size < _LEAST:
        return True
    return math.sqrt(max(0.0, (float(inside.std()) / contrast) ** 2 - roughness**2)) <= _TONES
