"""Whether a picture shows more than one piece of writing, without any network."""

from pathlib import Path

from inklens.errors import ImageError
from inklens.reading.paper.masks import stroke_mask
from inklens.reading.paper.photo import open_page
from inklens.reading.paper.ruling import find_ruling, without_ruling
from inklens.reading.pieces.components import find_pieces

_AS_HIGH = 0.5  # of the highest piece: lower ones are points and parts


def shows_several(source: str | Path) -> bool:
    """Whether a picture shows at least two pieces of writing of about one height; False if it is none."""
    try:
        page = open_page(source)
    except ImageError:
        return False
    ink = without_ruling(page.ink, find_ruling(page.ink, page.region))
    heights = [piece.height for piece in find_pieces(ink, stroke_mask(ink))]
    return sum(height >= _AS_HIGH * max(heights) for height in heights) > 1
