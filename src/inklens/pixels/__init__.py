"""From bytes to the array that a network takes: all preprocessing is here.

Names resolve when they are first used, so that importing the room does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.pixels.arrays import as_batch
    from inklens.pixels.decoding import decode, decode_enough
    from inklens.pixels.encoding import encode_png, encode_webp
    from inklens.pixels.framing import frame
    from inklens.pixels.image_formats import IMAGE_SUFFIXES
    from inklens.pixels.ink_cleaning import keep_writing, without_specks
    from inklens.pixels.ink_finding import find_ink
    from inklens.pixels.ink_placing import place_ink, stroke_width
    from inklens.pixels.spec import FRAMINGS, PixelSpec

__all__ = [
    "FRAMINGS",
    "IMAGE_SUFFIXES",
    "PixelSpec",
    "as_batch",
    "decode",
    "decode_enough",
    "encode_png",
    "encode_webp",
    "find_ink",
    "frame",
    "keep_writing",
    "place_ink",
    "stroke_width",
    "without_specks",
]

_HOMES = {
    "FRAMINGS": "spec",
    "IMAGE_SUFFIXES": "image_formats",
    "PixelSpec": "spec",
    "as_batch": "arrays",
    "decode": "decoding",
    "decode_enough": "decoding",
    "encode_png": "encoding",
    "encode_webp": "encoding",
    "find_ink": "ink_finding",
    "frame": "framing",
    "keep_writing": "ink_cleaning",
    "place_ink": "ink_placing",
    "stroke_width": "ink_placing",
    "without_specks": "ink_cleaning",
}

__getattr__ = lazily(__name__, _HOMES)
