"""Straight runs of ink: what ruled lines and the sides of boxes are made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import cv2
import numpy as np

from inklens.reading.paper.page import Ink, Mask

SIDE = 18  # pixels; a shorter straight run may be any stroke

_Picture = TypeVar("_Picture", Mask, Ink)


class StraightInk:
    """A picture in which lines of some slopes run level, and the straight runs in it."""

    def __init__(self, mask: Mask, slopes: list[float]) -> None:
        self._mask = mask
        self._slopes = slopes
        self._bridged = []
        self._runs: dict[int, Mask] = {}
        height, width = mask.shape
        for slope in slopes:
            level = mask
            if slope:
                shift = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float64)
                level = as_mask(cv2.warpAffine(mask, shift, (width, height), flags=cv2.INTER_NEAREST))
            thick = cv2.dilate(level, np.ones((3, 1), np.uint8))
            self._bridged.append(cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8)))

    def runs(self, length: float) -> Mask:
        """Ink in straight runs of at least `length` pixels: uint8 (H, W), 0 or 255. To be left as it is."""
        least = max(3, int(length))
        if least not in self._runs:
            self._runs[least] = self._find_runs(least)
        return self._runs[least]

    def _find_runs(self, least: int) -> Mask:
        found = np.zeros_like(self._mask)
        height, width = found.shape
        for slope, bridged in zip(self._slopes, self._bridged, strict=True):
            opened = opened_level(bridged, least)
            if slope:
                back = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float64)
                opened = cv2.warpAffine(opened, back, (width, height), flags=cv2.INTER_NEAREST)
            found |= opened & self._mask
        return found


def opened_level(mask: Mask, length: int) -> Mask:
    """`cv2.morphologyEx`'s opening by a level line of `length` pixels, in a tenth of the time where that is
    long: the least of so many neighbours is found by doubling, as the least of two leasts of half as many.
    """
    eroded = _along(mask, length, cv2.min, 255)
    return _along(eroded, length, cv2.max, 0)


def _along(mask: Mask, length: int, of_two: Callable[..., object], outside: int) -> Mask:
    sides = length // 2, length - 1 - length // 2
    found = as_mask(cv2.copyMakeBorder(mask, 0, 0, *sides, cv2.BORDER_CONSTANT, value=(outside,)))
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        found = as_mask(of_two(found[:, :-step], found[:, step:]))
        covered += step
    return found


def as_mask(array: object) -> Mask:
    """Whatever NumPy or OpenCV gives as uint8, each row after the other in memory, as OpenCV wants it."""
    return np.ascontiguousarray(array, np.uint8)


def transposed(picture: _Picture) -> _Picture:
    """Rows as columns, laid out anew: NumPy's own views of that kind are slow to compute with."""
    turned: _Picture = cv2.transpose(picture)
    return turned
