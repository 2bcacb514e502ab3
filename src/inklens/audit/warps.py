"""Images moved, bent and blurred, a batch at a time, each image as if it were alone."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]
Matrix = Sequence[Sequence[float]]


def warped(images: Images, matrix: Matrix) -> Floats:
    """Images under a linear map that keeps the middle; what comes in from outside is the background.

    Args:
        images: uint8 (N, H, W, C).
        matrix: 2x2, (row, column) from the middle of the result to (row, column) from the middle of an image.

    Returns:
        float32 (N, H, W, C), 0-255.
    """
    height, width = images.shape[1:3]
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2
    rows, columns = np.meshgrid(
        np.arange(height) - middle_row, np.arange(width) - middle_column, indexing="ij"
    )
    (a, b), (c, d) = matrix
    from_rows, from_columns = a * rows + b * columns + middle_row, c * rows + d * columns + middle_column
    return sampled(images, from_rows, from_columns, background(images))


def sampled(
    stack: Images | Floats,
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    outside: Floats | None = None,
) -> Floats:
    """Values between pixels, linearly.

    Args:
        stack: (N, h, w, C).
        rows: float (H, W), where to look, the same in all; as `columns`.
        outside: float32 (N, C), what lies around them; None for 0.

    Returns:
        float32 (N, H, W, C).
    """
    height, width = stack.shape[1:3]
    top, left = np.floor(rows).astype(np.int64), np.floor(columns).astype(np.int64)
    result = np.zeros((len(stack), *rows.shape, stack.shape[3]), np.float32)
    covered = np.zeros(rows.shape, np.float32)
    for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
        weight = (inside * (1 - np.abs(rows - y)) * (1 - np.abs(columns - x))).astype(np.float32)
        result += weight[..., None] * stack[:, y.clip(0, height - 1), x.clip(0, width - 1)]
        covered += weight
    if outside is not None:
        result += (1 - covered)[..., None] * outside[:, None, None]
    return result


def background(images: Images) -> Floats:
    """The median of each image's border: float32 (N, C)."""
    border = np.concatenate([images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], axis=1)
    return np.asarray(np.median(border, axis=1), np.float32)


def blurred(stack: Floats, sigma: float) -> Floats:
    """Gaussian blur of every (H, W, C) in float32 (N, H, W, C); the border is mirrored."""
    import cv2

    result = np.empty_like(stack)
    for image, into in zip(stack, result, strict=True):
        into[:] = cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)
    return result


def overlap(step: int, length: int) -> tuple[slice, slice]:
    """(where to, where from) along an axis of this length, for what moves by `step`."""
    kept = max(0, length - abs(step))
    to, start = (length - kept, 0) if step > 0 else (0, length - kept)
    return slice(to, to + kept), slice(start, start + kept)
