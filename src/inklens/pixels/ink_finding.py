"""Finds the ink of any picture; for a note on a desk, the ink on the note.

A picture may show more than the sheet. The sheet then stands out from the ground at the border, as one piece
with straight edges and the writing as gaps in it. No writing looks like that.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.channels import with_axes, with_channels
from inklens.pixels.ink import SMALLEST_SIDE, Ink, dark_on_light, ink_of_grey, shrunk
from inklens.pixels.ink_placing import stroke_width

_SIDE = 256  # pixels along the longer side that show the shape of a sheet
_INK = 0.5
_LEAST, _MOST = 0.2, 0.9  # share of the picture that a sheet covers; the rest is another ground
_FILLED = 0.45  # least share of its box that a sheet fills, written on and perhaps turned
_STRAIGHT = 0.92  # least share of its minimum-area rectangle that a sheet's hull fills; a circle fills 0.79
_WRITTEN = 0.02, 0.5  # share of a sheet that writing covers
_EDGE = 0.02  # of the longer side: the edge of a sheet is soft and not quite straight
_UNBROKEN = 0.85  # least share of the edge without writing; the hull of a broad 8 has gaps there
_LONG = 0.3  # of the sheet's longer side: least length of the longest piece of writing
_WIDE = 0.3  # of that piece: largest width of a stroke; the holes of a broad 8 are wider
_BOX = 0.8  # share of its box that the inside of a 0 with corners fills; so does an upright stroke,
_EVEN = 2  # but its margins differ by more than this ratio


def find_ink(image: NDArray[np.uint8], *, widest: float | None = None, dark: bool | None = None) -> Ink:
    """How much ink each pixel holds: no light and shadow, polarity decided, strokes scaled to about 1.

    The picture may be one digit of 8x8 pixels or a page of 12 megapixels. Anti-aliasing stays. A picture
    without ink gives zeros, whether flat, shaded or a texture. If a sheet with one piece of writing covers a
    part of the picture, only the ink on the sheet counts.

    Args:
        image: uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255, dark on light or light on dark.
        widest: largest width of a stroke in pixels; None is half the longer side, right for one piece of
            writing. A page needs less, and hard shadows then vanish too.
        dark: whether ink is darker than the paper; None decides it from the picture.

    Returns:
        float32 (H, W), 0 (paper) to 1 (ink).

    Raises:
        DataError: the image has another type, shape or channel count.
    """
    grey = with_channels(with_axes(image), 1)[..., 0]
    if min(grey.shape) < SMALLEST_SIDE:
        return np.zeros(grey.shape, np.float32)
    decided = dark_on_light(grey) if dark is None else dark
    ink = ink_of_grey(grey, decided, widest)
    if dark is not None or widest is not None:
        return ink
    sheet = _sheet(ink)
    return ink if sheet is None else _on_sheet(grey, sheet, not decided, ink)


def _sheet(ink: Ink) -> NDArray[np.uint8] | None:
    """The sheet that was taken for ink, without its edge; None if there is none.

    Returns:
        uint8 of at most `_SIDE` pixels along the longer side, 0 or 1.
    """
    if cv2.sumElems(ink)[0] < _LEAST * ink.size:
        return None
    ink = shrunk(ink, _SIDE)
    seen = (ink > _INK).view(np.uint8)
    *_, width, height = cv2.boundingRect(seen)
    if not width or cv2.countNonZero(seen) < _FILLED * width * height:
        return None
    outlines = cv2.findContours(seen, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)[0]
    hull = cv2.convexHull(max(outlines, key=cv2.contourArea))
    # Outlines run through the centres of pixels: half a pixel is missing on each side.
    across, down = (side + 1 for side in cv2.minAreaRect(hull)[1])
    sheet = cv2.fillConvexPoly(np.zeros_like(seen), hull, 1)
    whole = cv2.countNonZero(sheet)
    gaps = 1 - cv2.countNonZero(cv2.bitwise_and(seen, sheet)) / whole
    if whole > _MOST * ink.size or whole < _STRAIGHT * across * down:
        return None
    if not _WRITTEN[0] <= gaps <= _WRITTEN[1]:
        return None
    depth = 1 + round(_EDGE * max(ink.shape))
    inner = cv2.erode(sheet, np.ones((2 * depth + 1, 2 * depth + 1), np.uint8))
    edge = cv2.subtract(sheet, inner)
    if cv2.countNonZero(cv2.bitwise_and(seen, edge)) < _UNBROKEN * cv2.countNonZero(edge):
        return None
    return np.asarray(inner, np.uint8)


def _on_sheet(grey: NDArray[np.uint8], sheet: NDArray[np.uint8], dark: bool, otherwise: Ink) -> Ink:
    """The ink on a sheet, or `otherwise` if it is not writing."""
    if sheet.shape != grey.shape:
        sheet = cv2.resize(sheet, grey.shape[::-1], interpolation=cv2.INTER_NEAREST)
    left, top, width, height = cv2.boundingRect(sheet)
    if min(width, height) < SMALLEST_SIDE:
        return otherwise
    part = np.s_[top : top + height, left : left + width]
    inside = sheet[part] > 0
    # A turned sheet is continued into the corners of its box.
    corners = np.median(grey[part][inside]).astype(np.uint8)
    found = ink_of_grey(np.where(inside, grey[part], corners), dark) * inside
    if not _is_writing(found):
        return otherwise
    ink = np.zeros_like(otherwise)
    ink[part] = found
    return ink


def _is_writing(ink: Ink) -> bool:
    """Whether the ink on a sheet is writing, not the inside of a broad 8 or of a 0 with corners."""
    seen = (ink > _INK).view(np.uint8)
    pieces = cv2.connectedComponentsWithStats(seen)[2][1:]
    longest = pieces[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]].max(initial=0)
    if longest < _LONG * max(ink.shape) or stroke_width(ink) > _WIDE * longest:
        return False
    left, top, width, height = cv2.boundingRect(seen)
    margins = left, top, ink.shape[1] - left - width, ink.shape[0] - top - height
    is_box = cv2.countNonZero(seen) >= _BOX * width * height
    return not (is_box and max(margins) <= _EVEN * min(margins))
