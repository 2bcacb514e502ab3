"""Straight runs of ink, which ruled lines and the sides of boxes are made of.

The picture is sheared until lines of a given slope are level. A morphological opening then keeps the runs
of a given length.
"""

from collections.abc import Callable

import cv2
import numpy as np

from inklens.reading.paper.masks import Mask, as_mask

SIDE = 18  # pixels; a shorter straight run may be any stroke


class StraightRuns:
    """The straight runs of a mask of ink along some slopes, dy/dx."""

    def __init__(self, mask: Mask, slopes: list[float]) -> None:
        self._mask = mask
        self._slopes = slopes
        self._levelled = [_levelled(mask, slope) for slope in slopes]
        self._found: dict[int, Mask] = {}

    def at_least(self, length: float) -> Mask:
        """Ink in straight runs of at least `length` pixels. Do not change it."""
        least = max(3, int(length))
        if least not in self._found:
            found = self._found[least] = np.zeros_like(self._mask)
            for slope, levelled in zip(self._slopes, self._levelled, strict=True):
                found |= _sheared(open_level(levelled, least), slope) & self._mask
        return self._found[least]


def _levelled(mask: Mask, slope: float) -> Mask:
    """The mask with lines of this slope level, a little thicker and without short gaps."""
    thick = cv2.dilate(_sheared(mask, -slope), np.ones((3, 1), np.uint8))
    return as_mask(cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8)))


def _sheared(mask: Mask, slope: float) -> Mask:
    """The mask with level lines brought to this slope, about its middle column."""
    if not slope:
        return mask
    height, width = mask.shape
    shear = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float64)
    return as_mask(cv2.warpAffine(mask, shear, (width, height), flags=cv2.INTER_NEAREST))


def open_level(mask: Mask, length: int) -> Mask:
    """The opening by a level line of `length` pixels, the same as `cv2.morphologyEx` gives.

    A long line takes a tenth of its time: a minimum over many pixels is found by doubling, as the minimum of
    two minima over half as many.
    """
    eroded = _over_level_window(mask, length, cv2.min, 255)
    return _over_level_window(eroded, length, cv2.max, 0)


def _over_level_window(mask: Mask, length: int, of_two: Callable[..., object], outside: int) -> Mask:
    """The minimum or maximum over `length` pixels of each row."""
    sides = length // 2, length - 1 - length // 2
    found = as_mask(cv2.copyMakeBorder(mask, 0, 0, *sides, cv2.BORDER_CONSTANT, value=(outside,)))
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        found = as_mask(of_two(found[:, :-step], found[:, step:]))
        covered += step
    return found
