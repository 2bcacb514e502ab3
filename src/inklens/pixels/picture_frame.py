"""A frame along the border of a picture, as screens and crops leave it."""

import numpy as np
from numpy.typing import NDArray

_WIDEST = 0.06  # of the shorter side
_SMALLEST = 24  # pixels; a smaller picture is a digit without a frame
_EVEN = 12.0  # of 255: largest deviation within a frame, and within the ground inside of it
_APART = 48.0  # of 255: least difference between the two
_INNER = 3  # pixels of ground that are looked at inside of a frame


def without_frame(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture without a thin even frame along all four sides, with even ground inside of it.

    Args:
        grey: uint8 (H, W).

    Returns:
        uint8 (h, w); the input itself without a frame.
    """
    shorter = min(grey.shape)
    if shorter < _SMALLEST:
        return grey
    outer = _ring(grey, 0)
    colour = float(np.median(outer))
    if np.abs(outer - colour).mean() > _EVEN:
        return grey
    for depth in range(1, max(1, round(_WIDEST * shorter)) + 1):
        ring = _ring(grey, depth)
        if abs(float(np.median(ring)) - colour) < _APART:
            continue
        inner = np.concatenate([_ring(grey, depth + 1 + step) for step in range(_INNER)])
        if np.abs(inner - np.median(inner)).mean() > _EVEN:
            return grey
        depth += 1  # this ring may be half frame, half ground
        return np.ascontiguousarray(grey[depth:-depth, depth:-depth])
    return grey


def _ring(grey: NDArray[np.uint8], depth: int) -> NDArray[np.float32]:
    """The pixels at this distance from the border."""
    inside = grey[depth : grey.shape[0] - depth, depth : grey.shape[1] - depth]
    sides = [inside[0], inside[-1], inside[1:-1, 0], inside[1:-1, -1]]
    return np.concatenate(sides).astype(np.float32)
