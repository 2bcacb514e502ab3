"""From arrays of several shapes and types to the uint8 (N, H, W, C) that everything else takes."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError
from inklens.pixels.spec import PixelSpec

_ROUNDED = 1e-3  # by which resizing and rounding may leave a range
_SURELY_BYTES = 64  # floats that reach it were never meant to end at 1


def as_batch(images: ArrayLike | Sequence[ArrayLike], spec: PixelSpec) -> NDArray[np.uint8]:
    """One image or many as a batch of `spec`'s shape; uint8 is not copied.

    Three axes are one image if they equal (height, width, channels), else a batch of grey images.

    Args:
        images: (H, W), (H, W, C), (N, H, W) or (N, H, W, C);
            whole numbers 0-255, floats 0-1, or booleans (which become 0 and 255). Taken for what they can
            only be, and brought to 0-255: whole numbers that are all 0 and 1; uint16 above 255 (65535 becomes
            255); floats from -1 to 1 with one below 0; floats 0-255 that are whole numbers or reach 64.

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
    """The values as 0-255, as `as_batch` says; the shape stays."""
    if array.dtype == np.bool_:
        return array.astype(np.uint8) * np.uint8(255)
    if np.issubdtype(array.dtype, np.floating):
        return _from_floats(array)
    if not np.issubdtype(array.dtype, np.integer):
        raise DataError(f"images of type {array.dtype}; expected uint8 0-255 or floats 0-1")
    low, high = _range(array)
    if high == 1 and low == 0:
        return array.astype(np.uint8) * np.uint8(255)
    if array.dtype == np.uint8:
        return array.view(np.uint8)
    if array.dtype == np.uint16 and high > 255:
        return ((array.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8)
    if low < 0 or high > 255:
        raise DataError(
            f"{array.dtype} images from {low} to {high}; expected 0 to 255: scale them to it and give uint8"
        )
    return array.astype(np.uint8)


def _from_floats(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    low, high = _range(array)
    given = f"{array.dtype} images from {low} to {high}"
    if not (np.isfinite(low) and np.isfinite(high)):
        bad = int(array.size - np.isfinite(array).sum())
        raise DataError(
            f"{array.dtype} images with {bad:,} pixels that are NaN or infinite; expected numbers: "
            "leave those images out, or set the pixels to 0 with numpy.nan_to_num(images, posinf=0, neginf=0)"
        )
    if -1 - _ROUNDED <= low < -_ROUNDED and high <= 1 + _ROUNDED:
        return _scaled(array, 127.5, 127.5)
    if low < -_ROUNDED:
        raise DataError(
            f"{given}; expected 0 to 1, -1 to 1 or 0 to 255: undo their standardisation, "
            "images * std + mean, and give what was there before"
        )
    if high <= 1 + _ROUNDED:
        return _scaled(array, 255, 0)
    if high > 255 + _ROUNDED or (high < _SURELY_BYTES and (array != np.rint(array)).any()):
        raise DataError(
            f"{given}; expected 0 to 1, -1 to 1 or 0 to 255: divide them by their largest possible value"
        )
    return _scaled(array, 1, 0)


def _scaled(array: NDArray[np.generic], by: float, plus: float) -> NDArray[np.uint8]:
    scaled = np.multiply(array, np.float32(by))
    if plus:
        scaled += scaled.dtype.type(plus)
    return np.asarray(np.clip(np.rint(scaled), 0, 255), np.uint8)


def _range(array: NDArray[np.generic]) -> tuple[Any, Any]:
    return (array.min(), array.max()) if array.size else (0, 0)
