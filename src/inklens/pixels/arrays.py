"""From arrays of several shapes and types to the uint8 (N, H, W, C) that everything else takes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError
from inklens.pixels.spec import PixelSpec


def as_batch(images: ArrayLike | Sequence[ArrayLike], spec: PixelSpec) -> NDArray[np.uint8]:
    """One image or many as a batch of `spec`'s shape; uint8 is not copied.

    Three axes are one image if they equal (height, width, channels), else a batch of grey images.

    Args:
        images: (H, W), (H, W, C), (N, H, W) or (N, H, W, C);
            whole numbers 0-255, floats 0-1 or booleans (which become 0 and 255).

    Returns:
        uint8 (N, H, W, C), 0-255.

    Raises:
        DataError: another size, channel count, type or range.
    """
    try:
        array = np.asarray(images)
    except ValueError as error:
        raise DataError(
            f"images of different shapes; expected {spec.height}x{spec.width} each: "
            "frame them first, inklens.pixels.frame(image, spec)"
        ) from error
    return _as_bytes(array.reshape(-1, *spec.shape) if _fits(array.shape, spec) else _refuse(array, spec))


def _fits(shape: tuple[int, ...], spec: PixelSpec) -> bool:
    flat = shape[-2:] == spec.shape[:2] and spec.channels == 1 and len(shape) in (2, 3)
    return flat or (shape[-3:] == spec.shape and len(shape) in (3, 4))


def _refuse(array: NDArray[np.generic], spec: PixelSpec) -> NDArray[np.generic]:
    height, width, channels = spec.shape
    given = f"images of shape {array.shape}"
    expected = f"expected {height}x{width} with {channels} channel{'s' if channels > 1 else ''}"
    shapes = f"(H, W, {channels}) or (N, H, W, {channels})"
    if channels == 1:
        shapes = f"(H, W), (N, H, W), {shapes}"
    if array.ndim in (3, 4) and array.shape[-3:] == (channels, height, width):
        axes = "0, 2, 3, 1" if array.ndim == 4 else "1, 2, 0"
        raise DataError(f"{given}; {expected}, as {shapes}: move the channels last, images.transpose({axes})")
    raise DataError(f"{given}; {expected}, as {shapes}: frame them first, inklens.pixels.frame(image, spec)")


def _as_bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """The values scaled to 0-255; the shape stays."""
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    floats = np.issubdtype(array.dtype, np.floating)
    if not floats and not np.issubdtype(array.dtype, np.integer):
        raise DataError(f"images of type {array.dtype}; expected uint8 0-255 or floats 0-1")
    top = 1 if floats else 255
    low, high = (array.min(), array.max()) if array.size else (0, 0)
    if not (low >= 0 and high <= top):  # written so that NaN is refused too
        remedy = "divide them by 255 or give uint8" if floats else "scale them to 0-255 and give uint8"
        raise DataError(f"{array.dtype} images from {low} to {high}; expected 0 to {top}: {remedy}")
    return np.rint(np.multiply(array, np.float32(255))).astype(np.uint8) if floats else array.astype(np.uint8)
