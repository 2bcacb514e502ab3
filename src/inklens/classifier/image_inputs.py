"""From what a caller has, files or arrays of any size, to pixels that are ready for the network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, ImageError
from inklens.pixels import PixelSpec, as_batch, decode, frame

Image = str | Path | NDArray[np.generic]


def framed(images: Image | Sequence[Image], spec: PixelSpec) -> NDArray[np.uint8]:
    """One image or many, files or arrays, brought to `spec`: uint8 (N, H, W, C)."""
    if isinstance(images, str | Path):
        return framed_file(images, spec)[None]
    if isinstance(images, np.ndarray):
        return framed_array(images, spec)
    if not isinstance(images, Sequence):
        raise DataError(
            f"images of type {type(images).__name__}; expected a path, a NumPy array, or a sequence of both: "
            "numpy.asarray makes an array of a Pillow image"
        )
    batches = [
        framed_file(image, spec)[None] if isinstance(image, str | Path) else framed_array(image, spec)
        for image in images
    ]
    return np.concatenate(batches) if batches else np.empty((0, *spec.shape), np.uint8)


def framed_file(path: str | Path, spec: PixelSpec) -> NDArray[np.uint8]:
    """A file as uint8 (H, W, C) of `spec`.

    Raises:
        ImageError: it cannot be decoded, or framing is "none" and the size differs.
    """
    image = decode(path)
    try:
        return frame(image, spec)
    except ImageError as error:
        raise ImageError(f"{path}: {error}") from error


def framed_content(
    content: NDArray[np.uint8] | bytes | ImageError, name: str, spec: PixelSpec
) -> NDArray[np.uint8]:
    """The pixels, or the bytes of an image file, as uint8 (H, W, C) of `spec`.

    Raises:
        ImageError: the one given, it cannot be decoded, or framing is "none" and the size differs.
    """
    if isinstance(content, ImageError):
        raise content
    image = decode(content, name=name) if isinstance(content, bytes) else content
    try:
        return frame(image, spec)
    except ImageError as error:
        raise ImageError(f"{name}: {error}") from error


def framed_array(array: NDArray[np.generic], spec: PixelSpec) -> NDArray[np.uint8]:
    """An array as uint8 (N, H, W, C) of `spec`; see `Classifier.predict` for its shapes.

    Raises:
        DataError: other shapes, types or values.
        ImageError: framing is "none" and the size differs.
    """
    if not isinstance(array, np.ndarray):
        raise DataError(f"an image of type {type(array).__name__}; expected a path or a NumPy array")
    shape = array.shape
    channels_last = len(shape) >= 3 and shape[-1] in (1, 3)
    one_image = len(shape) == 2 or (len(shape) == 3 and channels_last)
    # Two or four columns are no image, but the channels of one with alpha.
    grey_batch = len(shape) == 3 and shape[-1] not in (2, 4) and not (spec.channels == 3 and shape[0] == 3)
    empty = 0 in (shape if one_image else shape[1:])
    if empty or not (one_image or grey_batch or (len(shape) == 4 and channels_last)):
        raise DataError(
            f"images of shape {shape}; expected (H, W), (H, W, C), (N, H, W) or (N, H, W, C) "
            "with 1 or 3 channels last: move the channels with numpy.moveaxis, lay what has alpha on white"
        )
    image_shape = shape if one_image else shape[1:]
    own = PixelSpec(image_shape[0], image_shape[1], image_shape[2] if channels_last else 1)
    batch = as_batch(array, own)
    if own.shape == spec.shape and spec.framing != "ink":
        return batch
    framed_images = [frame(image, spec) for image in batch]
    return np.stack(framed_images) if framed_images else np.empty((0, *spec.shape), np.uint8)
