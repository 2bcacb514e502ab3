"""Digits brought to one slant or one width before a network sees them, inside the model file too.

Networks that see differently normalised digits err on different images, and their vote errs less (Ciresan,
Meier and Schmidhuber 2012, "Multi-column deep neural networks for image classification"). Everything is
computed for each image alone, from its moments and the box around its ink. The resampling, first along the
rows and then along the columns, is products and sums, for which a model file needs no rare operator.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

_SIDE = 20 / 28  # of the image's side: the box that MNIST's digits fill
_INK = 51.0  # of 255: what is darker does not count for the box
_STEEPEST = 1.0  # columns a row


@dataclass(frozen=True)
class DigitNormalisation:
    """What is made equal in all digits.

    Args:
        upright: the slant is taken away, by the moments of the ink (LeCun et al. 1998).
        width: to what share of the image's side the width is brought half-way, when the height fills the box;
            None keeps the digit's proportions, with its centre of mass in the middle.
    """

    upright: bool = False
    width: float | None = None


NORMALISATIONS = {
    "none": DigitNormalisation(),
    "deslant": DigitNormalisation(upright=True),
    "stretch": DigitNormalisation(width=18 / 28),
}


def normalised(images: Any, name: str) -> Any:
    """Digits as a normalisation makes them: float (N, H, W, 1), 0-255 -> the same.

    Args:
        images: bright on black. One without ink stays empty.
        name: in `NORMALISATIONS`.
    """
    asked = NORMALISATIONS[name]
    if asked == DigitNormalisation():
        return images
    height, width = images.shape[1:3]
    ink = images[..., 0]  # (N, H, W)
    row = np.arange(height, dtype=np.float32).reshape(1, height, 1)
    column = np.arange(width, dtype=np.float32).reshape(1, 1, width)
    mass = _sum(ink) + 1e-3
    middle_x, middle_y = _sum(ink * column) / mass, _sum(ink * row) / mass  # each (N, 1, 1)
    down, right = ops.subtract(row, middle_y), ops.subtract(column, middle_x)  # (N, H, 1), (N, 1, W)
    from_left = right
    slant = 0.0 * mass
    if asked.upright:
        slant = _sum(ink * down * right) / (_sum(ink * down * down) + 1e-3)
        slant = ops.relu(slant + _STEEPEST) - ops.relu(slant - _STEEPEST) - _STEEPEST
    right = right - slant * down
    inked = ops.relu(ink - _INK) - ops.relu(ink - _INK - 1)  # 1 where there is ink, 0 where there is none
    outside = 1e3 * (1 - inked)
    left_edge, right_edge = -_largest(-right - outside), _largest(right - outside)
    top_edge, bottom_edge = -_largest(-down - outside), _largest(down - outside)
    wide, high = ops.relu(right_edge - left_edge) + 1, ops.relu(bottom_edge - top_edge) + 1
    if asked.width is None:
        largest = high + ops.relu(wide - high)
        zoom_x = zoom_y = _SIDE * height / largest
        from_x = from_y = 0.0 * mass
    else:
        zoom_y = _SIDE * height / high
        zoom_x = (wide + asked.width * width) / (2 * wide)
        from_x, from_y = (left_edge + right_edge) / 2, (top_edge + bottom_edge) / 2
    # Where the columns and rows of the result come from, from the centre of mass: (N, 1, W), (N, 1, H)
    out_x = from_x + ops.divide(column - (width - 1) / 2, zoom_x)
    out_y = from_y + ops.divide(row.transpose(0, 2, 1) - (height - 1) / 2, zoom_y)
    # Of each row its own columns, as the slant moves them: (N, H, W from, W to)
    across = _weights(from_left[..., None] - (out_x + slant * down)[..., None, :], zoom_x[..., None])
    ink = ops.sum(ink[..., None] * across, axis=2)  # (N, H, W)
    along = _weights(ops.transpose(out_y, (0, 2, 1)) - ops.transpose(down, (0, 2, 1)), zoom_y)
    return ops.sum(along[..., None] * ink[:, None], axis=2)[..., None]


def _weights(distance: Any, zoom: Any) -> Any:
    """Linear interpolation where an image grows, the mean over a wider tent where it shrinks."""
    reach = 1 + ops.relu(1 / zoom - 1)
    return ops.relu(1 - (ops.relu(distance) + ops.relu(-distance)) / reach) / reach


def _sum(values: Any) -> Any:
    return ops.sum(values, axis=(1, 2), keepdims=True)


def _largest(values: Any) -> Any:
    return ops.max(values, axis=(1, 2), keepdims=True)


class NormaliseDigits(keras.layers.Layer):
    """`normalised` in front of a network that is trained: (N, H, W, 1), uint8 or float -> float32, 0-255."""

    def __init__(self, name: str) -> None:
        super().__init__(dtype="float32", trainable=False)
        self.normalisation = name

    def call(self, images: Any) -> Any:
        """The digits, normalised."""
        return normalised(ops.cast(images, "float32"), self.normalisation)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape stays."""
        return input_shape
