"""From a file or bytes to an upright uint8 image, with an allow-list of formats and a pixel limit."""

import io
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError
from inklens.pixels.channels import with_channels
from inklens.pixels.image_formats import HEIF_REMEDY, is_heif, open_formats
from inklens.pixels.jpeg import small_jpeg
from inklens.pixels.plain_png import decode_plain_png

MAX_PIXELS = 50_000_000

_quiet = ContextVar("_quiet", default=False)

_ORIENTATION = 0x0112  # EXIF's tag
_BITS_PER_SAMPLE = 258  # TIFF's tag
_NEARLY_WHITE = 200  # of 255
_TRANSPOSED = range(5, 9)  # its values for images whose rows are columns
_REDUCTIONS = (8, 4, 2)  # a JPEG file can be decoded at an eighth of its sides, a quarter or a half


def decode(
    source: str | Path | bytes,
    *,
    channels: int | None = None,
    max_pixels: int = MAX_PIXELS,
    name: str | None = None,
) -> NDArray[np.uint8]:
    """Decode one image, turned upright by its EXIF tag.

    Transparent pixels are laid on white, or on black where nothing would be seen on white. 16-bit grey is
    scaled to 8 bits (65535 becomes 255), 16-bit colour keeps its upper byte; a 16-bit file whose values end
    at 255 or below holds 8 bits, and keeps them. A file with several pictures gives the first.

    Args:
        source: a path, or the bytes of a PNG, JPEG, BMP, GIF, TIFF, WebP, AVIF or PPM/PGM/PBM file, and of
            HEIC where pillow-heif is installed.
        channels: 1 (grey by ITU-R 601 luma) or 3 (RGB); None keeps what the file has.
        max_pixels: the largest width x height to decode; the size is checked before any pixel is.
        name: what messages call bytes.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255.

    Raises:
        ImageError: no such file, empty, no image, cut short, or too large.
    """
    image, _ = _read(source, max_pixels, name=name)
    return image if channels is None else with_channels(image, channels)


def decode_enough(
    source: str | Path | bytes, enough: int, *, max_pixels: int = MAX_PIXELS, name: str | None = None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """Decode one image as `decode` does, a large JPEG file at a half, a quarter or an eighth of its sides.

    The decoder then computes no other pixels (libjpeg's scaled inverse DCT) and saves most of its time and
    memory. Other formats are decoded in full size.

    Args:
        source: as `decode` takes it.
        enough: pixels, width x height, that remain at least, if the file has as many.
        max_pixels: as `decode` takes it.
        name: as `decode` takes it.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255, and the height and width of the upright image in full size.

    Raises:
        ImageError: as `decode` does.
    """
    return _read(source, max_pixels, enough, name)


def _read(
    source: str | Path | bytes, max_pixels: int, enough: int | None = None, name: str | None = None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The image, reduced as `decode_enough` says, and its full height and width."""
    name = name or (f"the image of {len(source)} bytes" if isinstance(source, bytes) else str(source))
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except (OSError, ValueError) as error:  # ValueError: a null byte in the name
        reason = getattr(error, "strerror", None) or error
        raise ImageError(
            f"{name} cannot be read ({reason}); expected an image file: check the path"
        ) from error
    if not content:
        raise ImageError(f"{name} is empty (0 bytes); expected an image file: replace it or leave it out")
    small = small_jpeg(content, max_pixels)
    if small is None:
        small = decode_plain_png(content, max_pixels)
    if small is not None:
        return small, small.shape[:2]
    if _quiet.get():
        return _decoded(content, name, max_pixels, enough)
    with pillow_quiet():
        return _decoded(content, name, max_pixels, enough)


@contextmanager
def pillow_quiet() -> Iterator[None]:
    """Inside, Pillow does not warn about odd metadata and large sizes; what matters is checked here.

    `decode` sets it for itself. Whoever decodes many images sets it once: all threads share the filters.
    Threads of a pool are told so by `decode_quietly`, their initializer.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"PIL\b")
        set_before = _quiet.set(True)
        try:
            yield
        finally:
            _quiet.reset(set_before)


def decode_quietly() -> None:
    """Says that `pillow_quiet` is in force, in a thread that does not see it."""
    _quiet.set(True)


def _decoded(
    content: bytes, name: str, max_pixels: int, enough: int | None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(io.BytesIO(content), formats=open_formats()) as image:
            width, height = image.size
            if width * height > max_pixels:
                raise ImageError(
                    f"{name} has {width}x{height} pixels; expected at most {max_pixels:,}: make it smaller"
                )
            if enough is not None:
                by = next((by for by in _REDUCTIONS if width * height >= enough * by**2), 1)
                image.draft(None, (max(1, width // by), max(1, height // by)))
            pixels = _eight_bits(image, name, content)
            orientation = _orientation(
                image
            )  # once all is read: Pillow removes it from a TIFF that it has turned
            full = (width, height) if orientation in _TRANSPOSED else (height, width)
            return _upright(pixels, orientation), full
    except UnidentifiedImageError as error:
        if is_heif(content) and "HEIF" not in open_formats():
            raise ImageError(
                f"{name} is a HEIC or AVIF file; expected a package that reads it: {HEIF_REMEDY}"
            ) from error
        raise ImageError(
            f"{name} is no image of a known format; expected {', '.join(open_formats())}: "
            "convert it or leave it out"
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
        RuntimeError,
        struct.error,
    ) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ImageError(
            f"{name} is cut short or damaged ({reason}); expected a whole image: replace it or leave it out"
        ) from error


def _eight_bits(image: Any, name: str, content: bytes) -> NDArray[np.uint8]:
    """An open Pillow image as uint8 (H, W) or (H, W, 3), not turned."""
    from PIL import Image

    if image.mode == "F":
        raise ImageError(f"{name} holds floating-point pixels, whose range is unknown; expected 8 or 16 bits")
    if image.mode.startswith("I"):
        wide = np.asarray(image).astype(np.int64)
        if wide.min() < 0 or wide.max() > 65535:
            raise ImageError(f"{name} holds {wide.min()} to {wide.max()} as pixels; expected 8 or 16 bits")
        if wide.max() > 255:  # else it holds 8 bits: as 16 they would all be black
            wide = (wide * 255 + 32767) // 65535
        return wide.astype(np.uint8)
    mode = "L" if image.mode in ("1", "L", "LA", "La") else "RGB"
    flat = image
    if image.has_transparency_data:
        flat = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", flat.size, _ground(flat)), flat)
    if flat.mode != mode:  # else convert would copy
        flat = flat.convert(mode)
    pixels = np.array(flat)
    if mode == "RGB" and not pixels.any() and _has_sixteen_bits(image, content):
        pixels = _lower_bytes(content, pixels)
    return pixels


def _has_sixteen_bits(image: Any, content: bytes) -> bool:
    """Whether Pillow, which reads 8 bits of each colour, has left the lower ones in the file."""
    if image.format == "PNG":
        return content[24:25] == b"\x10"
    return image.format == "TIFF" and 16 in (image.tag_v2.get(_BITS_PER_SAMPLE) or ())


def _lower_bytes(content: bytes, black: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A 16-bit colour image whose upper bytes are all 0: uint8 (H, W, 3), not turned."""
    import cv2

    flags = cv2.IMREAD_COLOR | cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        wide = cv2.imdecode(np.frombuffer(content, np.uint8), flags)
    except cv2.error:
        return black
    if wide is None or wide.shape != black.shape:
        return black
    return np.ascontiguousarray(wide[..., ::-1].astype(np.uint8))


def _ground(image: Any) -> str:
    """The colour to lay an RGBA image on: white, or black if all that it shows is nearly white."""
    *_, alpha = image.split()
    if alpha.getextrema()[0] > 0:  # nothing is transparent all through
        return "white"
    shown = np.asarray(image.convert("L"))[np.asarray(alpha) >= 128]
    return "black" if shown.size and shown.min() >= _NEARLY_WHITE else "white"


def _upright(pixels: NDArray[np.uint8], orientation: Any) -> NDArray[np.uint8]:
    """The pixels, turned and mirrored as the image's EXIF tag says: uint8 (H, W, 1 or 3)."""
    if orientation in range(2, 9):
        import cv2

        if orientation in _TRANSPOSED:
            pixels = np.asarray(cv2.transpose(pixels), np.uint8)
        axis = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
        if axis is not None:
            pixels = np.asarray(cv2.flip(pixels, axis), np.uint8)
    return pixels.reshape(*pixels.shape[:2], -1)


def _orientation(image: Any) -> Any:
    """EXIF's orientation, 1-8, or None."""
    return image.getexif().get(_ORIENTATION)
