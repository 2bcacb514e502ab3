"""From bytes to the array that a network takes: all preprocessing is here.

Names resolve when they are first used, so that importing the room does not even import NumPy.
"""

from typing import TYPE_CHECKING

from inklens.lazy import lazily

if TYPE_CHECKING:
    from inklens.pixels.arrays import as_batch as as_batch
    from inklens.pixels.decoding import (
        decode as decode,
        decode_enough as decode_enough,
        decode_quietly as decode_quietly,
        pillow_quiet as pillow_quiet,
    )
    from inklens.pixels.encoding import encode_png as encode_png, encode_webp as encode_webp
    from inklens.pixels.framing import frame as frame, is_noise as is_noise
    from inklens.pixels.glyphs import uprightness as uprightness
    from inklens.pixels.image_formats import (
        HEIF_REMEDY as HEIF_REMEDY,
        IMAGE_SUFFIXES as IMAGE_SUFFIXES,
        UNREADABLE_SUFFIXES as UNREADABLE_SUFFIXES,
    )
    from inklens.pixels.ink_cleaning import (
        keep_writing as keep_writing,
        without_adjacent_writing as without_adjacent_writing,
        without_specks as without_specks,
    )
    from inklens.pixels.ink_finding import find_ink as find_ink
    from inklens.pixels.ink_placing import place_ink as place_ink, stroke_width as stroke_width
    from inklens.pixels.spec import FRAMINGS as FRAMINGS, PixelSpec as PixelSpec
    from inklens.pixels.writing import shows_writing as shows_writing

__getattr__, __dir__, __all__ = lazily(__name__)
