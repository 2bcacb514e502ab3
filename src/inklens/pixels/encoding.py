"""From an array to the bytes of an image file, which pages can embed."""

import io

import numpy as np
from numpy.typing import NDArray


def encode_png(image: NDArray[np.uint8]) -> bytes:
    """An image as PNG, lossless.

    Args:
        image: uint8 (H, W, C), 0-255: 1 channel for grey, 3 for RGB, 4 for RGB and alpha.
    """
    return _encode(image, "PNG", optimize=True)


def encode_webp(image: NDArray[np.uint8]) -> bytes:
    """An image as lossy WebP: a quarter of a PNG's bytes for a photograph.

    Args:
        image: uint8 (H, W, C), 0-255, of 3 channels (RGB) or 4 (and alpha).
    """
    return _encode(image, "WEBP", quality=85, method=4)


def _encode(image: NDArray[np.uint8], format_name: str, **options: int) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    flat = image[..., 0] if image.shape[-1] == 1 else image
    Image.fromarray(np.ascontiguousarray(flat)).save(file, format_name, **options)
    return file.getvalue()
