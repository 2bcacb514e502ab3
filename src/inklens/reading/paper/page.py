"""From a file or array to the ink of a page, at a size that is quick and still shows every stroke."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, OptionError
from inklens.pixels import decode, decode_enough, find_ink

Ink = NDArray[np.float32]
Mask = NDArray[np.uint8]
Box = tuple[int, int, int, int]

# A sheet of A4 then has 7 pixels per millimetre: a digit of 3 mm still measures 20.
_PIXELS = 3_000_000
_SMALL = 160  # a picture this small is one digit or a few: enlarged, its strokes come apart
_LIGHTEST = 0.25  # ink from here on belongs to a stroke that somewhere reaches _SURE
_SURE = 0.5
_COARSE = 500  # pixels
_SHEET = 0.2  # of the picture that a sheet covers at least
_CONVEX = 0.9  # of its convex hull
_RIM = 0.015  # of the picture's longer side, inside a sheet's edge, that counts as outside
_TEXTURE = 0.1  # mean ink of a surface with texture; that of a written page is less
_EDGE = 64  # of 255, by which the ground changes where one surface ends and another begins
_APART = 32  # of 255, by which desk and sheet differ where all of the sheet is seen


@dataclass(frozen=True, eq=False)
class Page:
    """A picture of writing, upright, and where its pixels lie in the picture that was given.

    Args:
        picture: uint8 (H, W, 1 or 3), the whole picture, upright; a large JPEG file, opened without a region,
            at a half of its sides or less.
        size: height and width of the picture as given, upright.
        part: uint8 (h, w, 1 or 3), the region that is read, scaled.
        grey: uint8 (h, w), the same in grey.
        ink: float32 (h, w), 0 (paper) to 1.
        left: of the region in the picture as given, in its pixels.
        top: likewise.
        scale: pixels of `grey` per pixel of the picture as given.
    """

    picture: NDArray[np.uint8]
    size: tuple[int, int]
    part: NDArray[np.uint8]
    grey: NDArray[np.uint8]
    ink: Ink
    left: int
    top: int
    scale: float

    @property
    def has_ink(self) -> bool:
        """Whether `strokes` finds any."""
        return cv2.minMaxLoc(self.ink)[1] > _SURE

    def in_picture(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 2) x and y in `grey` as x and y in the picture as given."""
        return points / self.scale + np.array([self.left, self.top], np.float64)


def open_page(source: str | Path | NDArray[np.generic], region: Box | None = None) -> Page:
    """Decodes, turns upright, cuts the region, scales and finds the ink.

    Args:
        source: a path, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255.
        region: left, top, width and height in pixels of the upright picture; None is all of it.

    Raises:
        DataError: an array of another type or shape.
        ImageError: a file that cannot be decoded.
        OptionError: the region lies outside of the picture.
    """
    picture, size = _opened(source, whole=region is not None)
    left, top, wide, tall = _within(region, size[1], size[0])
    part = picture if region is None else picture[top : top + tall, left : left + wide]
    scale = min(1.0, (_PIXELS / (wide * tall)) ** 0.5)
    if max(wide, tall) < _SMALL:
        scale = _SMALL / max(wide, tall)
    scaled = (max(1, round(wide * scale)), max(1, round(tall * scale)))
    if scaled != part.shape[1::-1]:
        part = cv2.resize(part, scaled, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    part = np.ascontiguousarray(part).reshape(*part.shape[:2], -1)
    grey = part[..., 0] if part.shape[2] == 1 else cv2.cvtColor(part, cv2.COLOR_RGB2GRAY)
    longer, shorter = max(grey.shape), min(grey.shape)
    widest = max(longer / 16, shorter / 8)
    reach = max(3, int(2 * widest * min(1.0, _COARSE / longer))) | 1
    small = _coarse(grey)
    ground: Mask = np.asarray(cv2.medianBlur(small, reach), np.uint8)  # no stroke is wide enough to change it
    dark = _dark_strokes(small, ground, reach)
    ink = find_ink(grey, widest=widest, dark=dark)
    desk = _surroundings(ground, ink)
    if desk.any():  # else faint writing would be measured by the desk
        ink = find_ink(_covered(grey, desk), widest=widest, dark=dark)
        ink[desk] = 0
    return Page(picture, size, part, grey, ink, left, top, scale)


def _surroundings(ground: NDArray[np.uint8], ink: Ink) -> NDArray[np.bool_]:
    """The desk around a sheet, where its texture would look like ink: bool (H, W), as `ink`.

    A desk is of another shade than the sheet, which lies in the middle and is convex, and its texture is all
    over it. A shadow on the sheet has no more ink than the rest. Where the sheet lies in the picture as a
    whole, or no ink was found at all, less of a difference will do.
    """
    _, light = cv2.threshold(ground, 0, 255, cv2.THRESH_OTSU)
    none = np.zeros(ink.shape, np.bool_)
    if light.all() or not light.any():
        return none
    height, width = ground.shape
    middle = light[height // 4 : height - height // 4, width // 4 : width - width // 4]
    same = light if middle.mean() > 127 else cv2.bitwise_not(light)
    outlines, _ = cv2.findContours(same, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(outlines, key=cv2.contourArea)
    hull = cv2.convexHull(largest)
    area = cv2.contourArea(hull)
    if area < _SHEET * height * width or cv2.contourArea(largest) < _CONVEX * area:
        return none
    sheet = cv2.fillConvexPoly(np.zeros_like(ground), hull, 255)
    small = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    if not (sheet == 0).any() or (small.any() and small[sheet == 0].mean() < _TEXTURE):
        return none
    border = np.concatenate([sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]])
    least = _EDGE if border.any() and small.any() else _APART
    if ground[light > 0].mean() - ground[light == 0].mean() < least:
        return none
    rim = 2 * round(_RIM * max(height, width)) + 1  # the edge's own shadow
    sheet = cv2.erode(sheet, np.ones((rim, rim), np.uint8))
    desk = cv2.resize(sheet, ink.shape[::-1], interpolation=cv2.INTER_LINEAR) < 128
    return none if desk.all() else np.asarray(desk)


def _covered(grey: NDArray[np.uint8], desk: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture with paper in the place of the desk."""
    covered = grey.copy()
    covered[desk] = np.median(grey[~desk])
    return covered


def _dark_strokes(small: NDArray[np.uint8], ground: NDArray[np.uint8], reach: int) -> bool | None:
    """Whether ink is darker than the paper around it; None where that is hard to tell.

    Ink is rarer than paper and far from it, so that the cubes of the deviations from the local median tell.
    Where the ground itself changes, as from a sheet to a darker desk, the corners of what is lighter deviate
    by as much: what deviates by less than the ground changes is left out.
    """
    around = np.ones((reach, reach), np.uint8)
    change = cv2.subtract(cv2.dilate(ground, around), cv2.erode(ground, around))
    away = small.astype(np.float32) - ground
    away[(change > _EDGE) | (np.abs(away) < change)] = 0
    skew = float((away**3).sum(dtype=np.float64))
    return None if skew == 0 else skew < 0


def _coarse(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture with at most `_COARSE` pixels a side."""
    shrink = min(1.0, _COARSE / max(grey.shape))
    size = (max(1, round(grey.shape[1] * shrink)), max(1, round(grey.shape[0] * shrink)))
    return np.asarray(cv2.resize(grey, size, interpolation=cv2.INTER_AREA), np.uint8)


def strokes(ink: Ink) -> Mask:
    """Where there is ink: whatever is sure, and what is paler and touches it (Canny's hysteresis, 1986).

    Args:
        ink: float32 (H, W), 0-1.

    Returns:
        uint8 (H, W), 0 or 255.
    """
    pale = cv2.compare(ink, _LIGHTEST, cv2.CMP_GT)
    count, pieces = cv2.connectedComponents(pale, connectivity=8)
    sure = np.zeros(count, np.uint8)
    sure[pieces[ink > _SURE]] = 255
    sure[0] = 0
    found: Mask = sure[pieces]
    return found


def _opened(
    source: str | Path | NDArray[np.generic], *, whole: bool
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """The picture, and its height and width as given: less of it is decoded where that is enough."""
    if not isinstance(source, str | Path):
        picture = _checked(source)
    elif whole:
        picture = decode(source)
    else:
        return decode_enough(source, _PIXELS)
    return picture, picture.shape[:2]


def _checked(source: NDArray[np.generic]) -> NDArray[np.uint8]:
    array = np.asarray(source)
    if array.ndim == 2:
        array = array[..., None]
    if array.dtype != np.uint8 or array.ndim != 3 or array.shape[2] not in (1, 3) or not array.size:
        raise DataError(
            f"a picture of {array.dtype} {np.shape(source)}; "
            "expected a path, or uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255"
        )
    return array.view(np.uint8)


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
