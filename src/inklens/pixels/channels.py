"""From grey to colour and back."""

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, OptionError


def with_axes(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W) or (H, W, C) as (H, W, C).

    Raises:
        DataError: another type or shape.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.size == 0:
        raise DataError(
            f"an image of {image.dtype} {image.shape}; expected uint8 (H, W), (H, W, 1) or (H, W, 3)"
        )
    return image[..., None] if image.ndim == 2 else image


def with_channels(image: NDArray[np.uint8], channels: int) -> NDArray[np.uint8]:
    """uint8 (H, W, 1 or 3) with `channels` channels.

    Raises:
        DataError: the image has neither 1 nor 3 channels.
        OptionError: `channels` is neither 1 nor 3.
    """
    if channels not in (1, 3):
        raise OptionError(f"channels is {channels!r}; expected 1 (grey) or 3 (RGB)")
    if image.shape[2] not in (1, 3):
        raise DataError(f"an image of {image.shape[2]} channels; expected 1 (grey) or 3 (RGB)")
    if image.shape[2] == channels:
        return image
    if channels == 3:
        return np.repeat(image, 3, axis=2)
    import cv2

    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.uint8)[..., None]
