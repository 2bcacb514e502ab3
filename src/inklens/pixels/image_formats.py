"""The allowed image formats; other formats that Pillow can open are refused."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

HEIF_REMEDY = "pip install 'inklens[heif]'"
HEIF_SUFFIXES = frozenset({".heic", ".heif", ".hif"})  # iPhones'; a package beside Pillow reads them
AVIF_SUFFIXES = frozenset({".avif"})  # Pillow's own wheels read them; where they do not, that package does

_HEIF = find_spec("pillow_heif") is not None
# Looked for as a file: find_spec("PIL._avif") would import Pillow.
_PILLOW = find_spec("PIL")
_AVIF = (
    _PILLOW is not None and _PILLOW.origin is not None and any(Path(_PILLOW.origin).parent.glob("_avif.*"))
)
_ALWAYS = frozenset(
    [
        ".png",
        ".apng",
        ".jpg",
        ".jpeg",
        ".jpe",
        ".jfif",
        ".bmp",
        ".dib",
        ".gif",
        ".tif",
        ".tiff",
        ".webp",
        ".ppm",
        ".pgm",
        ".pbm",
        ".pnm",
    ]
)

IMAGE_SUFFIXES = (
    _ALWAYS
    | (HEIF_SUFFIXES if _HEIF else frozenset[str]())
    | (AVIF_SUFFIXES if _AVIF or _HEIF else frozenset[str]())
)
# Images all the same, which are passed over with a word about the package.
UNREADABLE_SUFFIXES = (HEIF_SUFFIXES | AVIF_SUFFIXES) - IMAGE_SUFFIXES


@cache
def open_formats() -> tuple[str, ...]:
    """The formats, as Pillow calls them, that can be opened here; readers of a package are registered."""
    formats: tuple[str, ...] = ("PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM")
    if _AVIF:
        formats += ("AVIF",)
    if not _HEIF:
        return formats
    import pillow_heif

    pillow_heif.register_heif_opener()
    return (*formats, "HEIF")


def is_heif(content: bytes) -> bool:
    """Whether the bytes are of a HEIC, HEIF or AVIF file, whatever its name is."""
    return content[4:8] == b"ftyp" and content[8:12] in _BRANDS


_BRANDS = frozenset(
    {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"avif", b"avis"}
)
