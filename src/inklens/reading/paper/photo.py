"""From a photo or scan to the ink of a page, at a size that is quick to read and still shows every stroke."""

from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, OptionError
from inklens.pixels import decode, decode_enough, find_ink
from inklens.pixels.decoding import MAX_PIXELS
from inklens.pixels.ink import Ink
from inklens.reading.paper.desk import EDGE, cover_desk, find_desk
from inklens.reading.paper.masks import SURE, as_mask

Box = tuple[int, int, int, int]  # left, top, width, height

# A sheet of A4 then has 7 pixels per millimetre: a digit of 3 mm still measures 20.
_PIXELS = 3_000_000
_SMALL = 160  # a smaller picture shows a few digits at most: it is enlarged, so that its strokes separate
_SPECK = 4  # pixels: smaller ones are not counted
_COARSE = 500  # pixels along the longer side that show the ground


@dataclass(frozen=True, eq=False)
class Page:
    """An upright picture of writing, its ink, and how its pixels map to the picture as given.

    Args:
        picture: uint8 (H, W, 1 or 3), the whole picture, upright; a large JPEG file, opened without a region,
            at a half of its sides or less.
        size: height and width of the picture as given, upright.
        region: uint8 (h, w, 1 or 3), the region that is read, scaled.
        grey: uint8 (h, w), the region in grey.
        ink: float32 (h, w), 0 (paper) to 1.
        left, top: of the region, in pixels of the picture as given.
        scale: pixels of `grey` per pixel of the picture as given.
        dark: whether ink is darker than the paper; None where that cannot be decided.
        on_desk: how many pieces of ink lie on the desk beside the sheet; they are not in `ink`.
    """

    picture: NDArray[np.uint8]
    size: tuple[int, int]
    region: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    ink: Ink
    left: int
    top: int
    scale: float
    dark: bool | None
    on_desk: int = field(default=0, kw_only=True)

    @property
    def has_ink(self) -> bool:
        """Whether any ink is surely a stroke."""
        return cv2.minMaxLoc(self.ink)[1] > SURE

    def in_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points x, y of `grey` as x, y of the picture as given: float64 (N, 2)."""
        return points / self.scale + np.array([self.left, self.top], np.float64)


def open_page(
    source: str | Path | bytes | NDArray[np.generic],
    region: Box | None = None,
    *,
    max_pixels: int = MAX_PIXELS,
) -> Page:
    """Decode a picture, turn it upright, crop the region, scale it and find its ink.

    Args:
        source: a path, the bytes of an image file, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255.
        region: left, top, width and height in pixels of the upright picture; None for all of it.
        max_pixels: the largest width x height of a file.

    Raises:
        DataError: an array of another type or shape.
        ImageError: a file that cannot be decoded.
        OptionError: the region lies outside of the picture.
    """
    picture, size = _opened(source, max_pixels, whole=region is not None)
    left, top, wide, tall = _within(region, size[1], size[0])
    cropped = picture if region is None else picture[top : top + tall, left : left + wide]
    scale = min(1.0, (_PIXELS / (wide * tall)) ** 0.5)
    if max(wide, tall) < _SMALL:
        scale = _SMALL / max(wide, tall)
    scaled = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    if scaled != cropped.shape[1::-1]:
        cropped = cv2.resize(cropped, scaled, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    cropped = np.ascontiguousarray(cropped).reshape(*cropped.shape[:2], -1)
    grey = cropped[..., 0] if cropped.shape[2] == 1 else cv2.cvtColor(cropped, cv2.COLOR_RGB2GRAY)
    longer, shorter = max(grey.shape), min(grey.shape)
    widest = max(longer / 16, shorter / 8)
    reach = max(3, int(2 * widest * min(1.0, _COARSE / longer))) | 1
    small, ground = _coarse(grey, reach)
    dark = _dark_strokes(small, ground, reach)
    ink = find_ink(grey, widest=widest, dark=dark)
    desk = find_desk(small, ground, ink)
    on_desk = 0
    if desk.any():  # faint writing would be measured by the desk's contrast, its shade by the desk's texture
        on_desk = _pieces_on(desk, ink)
        covered = cover_desk(grey, desk)
        dark = _dark_strokes(*_coarse(covered, reach), reach)
        ink = find_ink(covered, widest=widest, dark=dark)
        ink[desk] = 0
    return Page(picture, size, cropped, grey, ink, left, top, scale, dark, on_desk=on_desk)


def _pieces_on(desk: NDArray[np.bool_], ink: Ink) -> int:
    """How many pieces of ink lie on the desk, without specks."""
    _, _, boxes, _ = cv2.connectedComponentsWithStats(as_mask(desk & (ink > SURE)), connectivity=8)
    sides = boxes[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    return int((sides.max(axis=1) >= _SPECK).sum()) if len(sides) else 0


def _coarse(grey: NDArray[np.uint8], reach: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """The picture in a coarse size, and its ground: a median that is wider than any stroke."""
    shrunk = min(1.0, _COARSE / max(grey.shape))
    width, height = (max(1, round(side * shrunk)) for side in grey.shape[::-1])
    small = np.asarray(cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    return small, np.asarray(cv2.medianBlur(small, reach), np.uint8)


def _dark_strokes(small: NDArray[np.uint8], ground: NDArray[np.uint8], reach: int) -> bool | None:
    """Whether ink is darker than the paper around it; None where that cannot be decided.

    Ink is rarer than paper and differs much from it, so the skewness of the deviations from the local median
    decides. Where the ground changes, as from a sheet to a darker desk, corners of the lighter surface differ
    too: deviations smaller than the change of the ground do not count.
    """
    around = np.ones((reach, reach), np.uint8)
    change = cv2.subtract(cv2.dilate(ground, around), cv2.erode(ground, around))
    away = small.astype(np.float32) - ground
    away[(change > EDGE) | (np.abs(away) < change)] = 0
    skew = float((away**3).sum(dtype=np.float64))
    return None if skew == 0 else skew < 0


def _opened(
    source: str | Path | bytes | NDArray[np.generic], max_pixels: int, *, whole: bool
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The picture, and its height and width as given. Unless `whole`, it may be decoded at a reduced size."""
    if isinstance(source, str | Path | bytes):
        if not whole:
            return decode_enough(source, _PIXELS, max_pixels=max_pixels)
        picture = decode(source, max_pixels=max_pixels)
        return picture, picture.shape[:2]
    array = np.asarray(source)
    if array.ndim == 2:
        array = array[..., None]
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        raise DataError(
            f"a picture of {array.dtype} {np.shape(source)}; "
            "expected a path, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255"
        )
    return array.view(np.uint8), array.shape[:2]


def _within(region: Box | None, width: int, height: int) -> Box:
    if region is None:
        return 0, 0, width, height
    left, top, wide, tall = region
    right, bottom = min(width, left + wide), min(height, top + tall)
    if min(wide, tall) < 1 or min(left, top) < 0 or left >= width or top >= height:
        raise OptionError(
            f"region {','.join(map(str, region))} in a picture of {width}x{height}; "
            "expected left,top,width,height inside of it, in pixels"
        )
    return left, top, right - left, bottom - top
