"""From a file or bytes to an upright uint8 image, with an allow-list of formats and a pixel limit."""

import io
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError
from inklens.pixels.channels import with_channels
from inklens.pixels.image_formats import FORMATS
from inklens.pixels.plain_png import decode_plain_png

MAX_PIXELS = 50_000_000

_ORIENTATION = 0x0112  # EXIF's tag
_TRANSPOSED = range(5, 9)  # its values for images whose rows are columns
_REDUCTIONS = (8, 4, 2)  # a JPEG file can be decoded at an eighth of its sides, a quarter or a half


def decode(
    source: str | Path | bytes, *, channels: int | None = None, max_pixels: int = MAX_PIXELS
) -> NDArray[np.uint8]:
    """Decode one image, turned upright by its EXIF tag.

    Transparent pixels are laid on white. 16-bit grey is scaled to 8 bits (65535 becomes 255), 16-bit colour
    keeps its upper byte. A file with several pictures gives the first.

    Args:
        source: a path, or the bytes of a PNG, JPEG, BMP, GIF, TIFF, WebP or PPM/PGM/PBM file.
        channels: 1 (grey by ITU-R 601 luma) or 3 (RGB); None keeps what the file has.
        max_pixels: the largest width x height to decode; the size is checked before any pixel is.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255.

    Raises:
        ImageError: no such file, empty, no image, cut short, or too large.
    """
    image, _ = _read(source, max_pixels)
    return image if channels is None else with_channels(image, channels)


def decode_enough(
    source: str | Path | bytes, enough: int, *, max_pixels: int = MAX_PIXELS
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Decode one image as `decode` does, a large JPEG file at a half, a quarter or an eighth of its sides.

    The decoder then computes no other pixels (libjpeg's scaled inverse DCT) and saves most of its time and
    memory. Other formats are decoded in full size.

    Args:
        source: as `decode` takes it.
        enough: pixels, width x height, that remain at least, if the file has as many.
        max_pixels: as `decode` takes it.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255, and the height and width of the upright image in full size.

    Raises:
        ImageError: as `decode` does.
    """
    return _read(source, max_pixels, enough)


def _read(
    source: str | Path | bytes, max_pixels: int, enough: int | None = None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The image, reduced as `decode_enough` says, and its full height and width."""
    name = f"the image of {len(source)} bytes" if isinstance(source, bytes) else str(source)
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(
            f"{name} cannot be read ({reason}); expected an image file: check the path"
        ) from error
    if not content:
        raise ImageError(f"{name} is empty (0 bytes); expected an image file: replace it or leave it out")
    plain = decode_plain_png(content)
    if plain is not None and plain.shape[0] * plain.shape[1] <= max_pixels:
        return plain, plain.shape[:2]
    with warnings.catch_warnings():
        # Pillow warns about odd metadata and large sizes; what matters is checked here.
        warnings.filterwarnings("ignore", module=r"PIL\b")
        return _decoded(content, name, max_pixels, enough)


def _decoded(
    content: bytes, name: str, max_pixels: int, enough: int | None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=FORMATS) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise ImageError(
                    f"{name} has {width}x{height} pixels; expected at most {max_pixels:,}: make it smaller"
                )
            if enough is not None:
                by = next((by for by in _REDUCTIONS if width * height >= enough * by**2), 1)
                image.draft(None, (max(1, width // by), max(1, height // by)))
            pixels = _eight_bits(image, name)
            return pixels, (width, height) if _orientation(image) in _TRANSPOSED else (height, width)
    except UnidentifiedImageError as error:
        raise ImageError(
            f"{name} is no image of a known format; expected {', '.join(FORMATS)}: convert it or leave it out"
        ) from error
    except Image.DecompressionBombError as error:
        raise ImageError(f"{name} has far too many pixels; expected at most {max_pixels:,} in all") from error
    except (
        OSError,
        SyntaxError,
        ValueError,
        EOFError,
        IndexError,
        KeyError,
        TypeError,
        struct.error,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name} is cut short or damaged ({reason}); expected a whole image: replace it or leave it out"
        ) from error


def _eight_bits(image: Any, name: str) -> NDArray[np.uint8]:
    """An open Pillow image as uint8 (H, W, 1 or 3), turned upright."""
    from PIL import Image

    if image.mode == "F":
        raise ImageError(f"{name} holds floating-point pixels, whose range is unknown; expected 8 or 16 bits")
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        if wide.min() < 0 or wide.max() > 65535:
            raise ImageError(f"{name} holds {wide.min()} to {wide.max()} as pixels; expected 8 or 16 bits")
        return _upright(((wide * 255 + 32767) // 65535).astype(np.uint8), image)
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    flat = image
    if image.has_transparency_data:
        flat = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", flat.size, "white"), flat)
    if flat.mode != mode:  # else convert would copy
        flat = flat.convert(mode)
    return _upright(np.array(flat), image)


def _upright(pixels: NDArray[np.uint8], image: Any) -> NDArray[np.uint8]:
    """The pixels, turned and mirrored as the image's EXIF tag says: uint8 (H, W, 1 or 3)."""
    orientation = _orientation(image)
    if orientation in range(2, 9):
        import cv2

        if orientation in _TRANSPOSED:
            pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        axis = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
        if axis is not None:
            pixels = np.asarray(cv2.flip(pixels, axis), np.uint8)
    return pixels.reshape(*pixels.shape[:2], -1)


def _orientation(image: Any) -> Any:
    """EXIF's orientation, 1-8, or None; Pillow removes it from a TIFF once it has turned the image."""
    return image.getexif().get(_ORIENTATION)
