"""Augmentation as Keras layers, in front of a network while it trains and never in what is saved.

One warp rotates, shears, scales, shifts and bends; strokes are made thicker or thinner; of some images focus,
light and ground are changed, as a photograph's are, and a piece of ruling is left in. Each image is changed
on its own, on every backend, by numbers that depend on the seed. Things are mirrored elsewhere
(`inklens.training.loop.batches`), because an image has to be followed from epoch to epoch for it.

Erasing is our own: behind the warp, Keras's `RandomErasing` takes 1.3 to 1.7 times as long (batches of
(256, 28, 28, 1) and (128, 32, 32, 3) in a `tf.function` on two cores).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray


@dataclass(frozen=True)
class Augmentation:
    """How far images are changed: each is drawn evenly from the range, anew for every image and epoch.

    Args:
        rotation: degrees to either side.
        shear: degrees to either side; slants what is upright.
        scale: share of the size, larger or smaller; height and width together.
        aspect: share by which the width alone changes.
        shift: share of the side, to every side.
        elastic: share of the side by which single parts are moved at most (Simard et al. 2003); for writing.
        stroke: 0 to 1, how far a stroke grows or shrinks by a pixel on either side.
        erase: share of the side of a square that is blanked, at most (cutout; DeVries and Taylor 2017).
        reflect: what comes in from outside is the image's own edge, mirrored, as for things; else it is dark,
            as for writing.
        share: of the images, 0 to 1, that each of the following is done to, each time at random.
        blur: 0 to 1, how far a pixel moves towards the mean of its 3x3 surroundings.
        fade: 0 to 1, how much of the contrast is lost at most, to a ground that is uneven in its light.
        noise: standard deviation of what is added to each pixel, at most, as a share of 255.
        line: how near to the middle a straight line comes, what is left of a box or of ruling, as a share of
            the side: 0.5 keeps it to the very edge; 0 draws none.
        whole: shifts by whole pixels, so that a shift alone leaves an image as sharp as it is.
    """

    rotation: float = 0.0
    shear: float = 0.0
    scale: float = 0.0
    aspect: float = 0.0
    shift: float = 0.0
    elastic: float = 0.0
    stroke: float = 0.0
    erase: float = 0.0
    reflect: bool = False
    share: float = 0.0
    blur: float = 0.0
    fade: float = 0.0
    noise: float = 0.0
    line: float = 0.0
    whole: bool = False


AUGMENTATIONS = {
    "none": Augmentation(),
    "writing": Augmentation(
        rotation=13,
        shear=15,
        scale=0.15,
        aspect=0.12,
        shift=0.1,
        elastic=0.03,
        stroke=0.5,
        share=0.15,
        blur=1.0,
        fade=0.7,
        noise=0.2,
        line=0.3,
    ),
    "writing-light": Augmentation(rotation=7, shear=7, scale=0.08, aspect=0.05, shift=0.04),
    "things": Augmentation(shift=0.07, scale=0.05, erase=0.35, reflect=True),
    "things-light": Augmentation(shift=1 / 16, whole=True, reflect=True),
}


def augmentation_layer(name: str, seed: int) -> Augment | None:
    """The layer that changes training images, by a name in `AUGMENTATIONS`; None for "none"."""
    return None if name == "none" else Augment(AUGMENTATIONS[name], seed)


def augmented(
    images: NDArray[np.uint8], name: str, seed: int, times: int, *, flip: bool = False
) -> NDArray[np.uint8]:
    """Images as training sees them, several times: uint8 (N, H, W, C) -> uint8 (times, N, H, W, C), 0-255.

    With `flip`, every second time they are mirrored.
    """
    layer = Augment(AUGMENTATIONS[name], seed)
    sides = images, np.ascontiguousarray(images[:, :, ::-1]) if flip else images
    seen = [ops.convert_to_numpy(layer(sides[time % 2], training=True)) for time in range(times)]
    return np.stack(seen).round().clip(0, 255).astype(np.uint8)


class Augment(keras.layers.Layer):
    """Changes images as an `Augmentation` says: (N, H, W, C), uint8 or float 0-255 -> float32 0-255.

    `strength`, a variable from 0 to 1, scales every change: training lowers it towards its end.
    """

    def __init__(self, augmentation: Augmentation, seed: int = 0, **options: Any) -> None:
        super().__init__(dtype="float32", trainable=False, **options)
        self.augmentation = augmentation
        self.random = keras.random.SeedGenerator(seed)
        self.strength = self.add_weight(name="strength", shape=(), initializer="ones", trainable=False)

    def call(self, images: Any, training: bool = False) -> Any:
        """The images as they are when not training."""
        images = ops.cast(images, "float32")
        if not training:
            return images
        asked = self.augmentation
        images = self._warped(images)
        if asked.stroke:
            images = self._restroked(images)
        if asked.erase:
            images = self._erased(images)
        if asked.line:
            images = self._lined(images)
        if asked.blur:
            mean = ops.average_pool(images, 3, 1, "same", data_format="channels_last")
            images += self._now_and_then(images, asked.blur) * (mean - images)
        if asked.fade:
            images = self._faded(images)
        if asked.noise:
            spread = 255 * self._now_and_then(images, asked.noise)
            images = images + spread * keras.random.normal(ops.shape(images), seed=self.random)
            images = ops.clip(images, 0, 255)
        return images

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape stays."""
        return input_shape

    def _between(self, images: Any, radius: float, centre: float = 0.0) -> Any:
        """One number for each image, (N, 1, 1, 1): evenly from centre - radius to centre + radius."""
        shape = (ops.shape(images)[0], 1, 1, 1)
        drawn = keras.random.uniform(shape, -1, 1, seed=self.random)
        return self.strength * (centre + radius * drawn)

    def _now_and_then(self, images: Any, most: float) -> Any:
        """One number for each image, (N, 1, 1, 1): 0 for most, and for a `share` evenly from 0 to `most`."""
        share = self.augmentation.share
        drawn = keras.random.uniform((ops.shape(images)[0], 1, 1, 1), seed=self.random)
        return self.strength * most * ops.relu(1 - drawn / share)

    def _warped(self, images: Any) -> Any:
        """One affine transform, and with it, where asked for, an elastic one: pixels are looked up once."""
        transform = self._transform(images)
        if not self.augmentation.elastic:
            edge = "reflect" if self.augmentation.reflect else "constant"
            return ops.image.affine_transform(images, transform, fill_mode=edge, data_format="channels_last")
        height, width = images.shape[1:3]
        xx, xy, x, yx, yy, y = (transform[:, i, None, None] for i in range(6))
        column = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width))
        row = ops.reshape(ops.arange(height, dtype="float32"), (1, height, 1))
        grid = keras.random.uniform((ops.shape(images)[0], 5, 5, 2), -1, 1, seed=self.random)
        # Random displacements, interpolated between the points of a coarse grid: (N, H, W, 2)
        waves = (self.strength * self.augmentation.elastic) * _enlarged(grid, images)
        down = yx * column + yy * row + y + height * waves[..., 0]
        right = xx * column + xy * row + x + width * waves[..., 1]
        return bilinear(images, down, right)

    def _transform(self, images: Any) -> Any:
        """Where each output pixel comes from, around the middle of the image: (N, 8), as Keras takes it."""
        asked = self.augmentation
        height, width = images.shape[1:3]
        angle = math.radians(1) * self._between(images, asked.rotation)
        slant = ops.tan(math.radians(1) * self._between(images, asked.shear))
        size = 1 + self._between(images, asked.scale)
        wide = size * (1 + self._between(images, asked.aspect))
        # x from x and y, y from x and y: each (N, 1, 1, 1)
        xx = ops.cos(angle) / wide - slant * ops.sin(angle) / size
        xy = ops.sin(angle) / wide + slant * ops.cos(angle) / size
        yx, yy = -ops.sin(angle) / size, ops.cos(angle) / size
        middle_x, middle_y = (width - 1) / 2, (height - 1) / 2
        right, down = (self._between(images, asked.shift * side) for side in (width, height))
        if asked.whole:
            right, down = ops.round(right), ops.round(down)
        x = middle_x - xx * middle_x - xy * middle_y + right
        y = middle_y - yx * middle_x - yy * middle_y + down
        nothing = ops.zeros_like(x)
        return ops.concatenate([xx, xy, x, yx, yy, y, nothing, nothing], axis=1)[:, :, 0, 0]

    def _restroked(self, images: Any) -> Any:
        """Between the image and its dilation, or its erosion, for ink that is light on dark."""
        amount = self._between(images, self.augmentation.stroke)
        # Erosion is dilation of the negative, so that one pooling does for both.
        side = ops.where(amount < 0, -1.0, 1.0)
        changed = side * ops.max_pool(side * images, 3, 1, "same", data_format="channels_last")
        return images + ops.abs(amount) * (changed - images)

    def _lined(self, images: Any) -> Any:
        """A line of up to two pixels' width and any lightness, upright or level but for a few degrees."""
        height, width = images.shape[1:3]
        drawn = keras.random.uniform((6, ops.shape(images)[0], 1, 1), -1, 1, seed=self.random)
        upright = ops.cast(drawn[0] > 0, "float32")
        tilt = 0.1 * drawn[1]
        y = ops.reshape(ops.arange(height, dtype="float32") / height - 0.5, (1, height, 1))
        x = ops.reshape(ops.arange(width, dtype="float32") / width - 0.5, (1, 1, width))
        near = self.augmentation.line
        offset = ops.sign(drawn[2]) * (near + (0.5 - near) * ops.abs(drawn[3]))
        across = upright * (x + tilt * y) + (1 - upright) * (y + tilt * x) - offset  # (N, H, W)
        ink = ops.clip(1 + 0.5 * drawn[4] - height * ops.abs(across), 0, 1)[..., None]
        light = 255 * ops.minimum(2 * self._now_and_then(images, 1.0), 1.0)
        return ops.maximum(images, light * ink)

    def _faded(self, images: Any) -> Any:
        """Less contrast over a ground that is lighter in one place than in another."""
        lost = self._now_and_then(images, self.augmentation.fade)
        grid = keras.random.uniform((ops.shape(images)[0], 3, 3, 1), 0, 1, seed=self.random)
        return images + lost * (255 * ops.clip(_enlarged(grid, images), 0, 1) - images)

    def _erased(self, images: Any) -> Any:
        """A square of up to `erase` of the side, somewhere, takes the image's mean."""
        height, width = images.shape[1:3]
        half = self._between(images, self.augmentation.erase / 4, self.augmentation.erase / 4)[..., 0]
        middle = [self._between(images, 0.5)[..., 0] + 0.5 for _ in range(2)]
        y = ops.reshape(ops.arange(height, dtype="float32"), (1, height, 1)) / height
        x = ops.reshape(ops.arange(width, dtype="float32"), (1, 1, width)) / width
        inside = ops.logical_and(ops.abs(y - middle[0]) < half, ops.abs(x - middle[1]) < half)
        mean = ops.mean(images, axis=(1, 2, 3), keepdims=True)
        return ops.where(inside[..., None], mean, images)


def bilinear(images: Any, down: Any, right: Any) -> Any:
    """Looks images up at fractional places; outside of them all is 0.

    Args:
        images: float (N, H, W, C).
        down, right: float (N, h, w), in pixels from the centre of the first one.

    Returns:
        float (N, h, w, C).
    """
    channels = images.shape[-1]
    images = ops.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))  # so that an edge fades over one pixel
    height, width = images.shape[1:3]
    down, right = down + 1, right + 1
    down, right = ops.clip(down, 0, height - 1), ops.clip(right, 0, width - 1)
    top = ops.minimum(ops.floor(down), height - 2)
    left = ops.minimum(ops.floor(right), width - 2)
    below, beside = (down - top)[..., None], (right - left)[..., None]
    count = ops.shape(images)[0]
    first = ops.reshape(ops.arange(count, dtype="int32") * (height * width), (count, 1, 1))
    corner = first + ops.cast(top, "int32") * width + ops.cast(left, "int32")
    pixels = ops.reshape(images, (-1, channels))  # (N * H * W, C)

    def at(offset: int) -> Any:
        return ops.take(pixels, corner + offset, axis=0)

    upper = at(0) + beside * (at(1) - at(0))
    lower = at(width) + beside * (at(width + 1) - at(width))
    return upper + below * (lower - upper)


def _enlarged(grid: Any, images: Any) -> Any:
    """A coarse grid (N, h, w, C) interpolated to the size of the images: (N, H, W, C)."""
    return ops.image.resize(grid, images.shape[1:3], interpolation="bicubic", data_format="channels_last")
