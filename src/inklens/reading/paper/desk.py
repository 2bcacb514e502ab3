"""The desk around a sheet, whose texture would look like ink."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink

EDGE = 64  # of 255, by which the ground changes where one surface ends and another begins
_SHEET = 0.2  # least share of the picture that a sheet covers
_CONVEX = 0.9  # least share of its convex hull that a sheet fills
_RIM = 0.015  # of the picture's longer side: the rim of a sheet, in its edge's shadow, counts as desk
_CORNER = 0.03  # of that side: the width of the median that shows a sheet's corners
_ROUNDED = 0.08  # of that side: how far the ground's wide median moves them inwards at most
_TEXTURE = 0.1  # mean ink of a surface with texture; a written page has less
_APART = 32  # of 255, by which desk and sheet differ where the whole sheet is in the picture


def find_desk(small: NDArray[np.uint8], ground: NDArray[np.uint8], ink: Ink) -> NDArray[np.bool_]:
    """Where the desk around a sheet is; nowhere if it would not look like ink.

    A desk has another shade than the sheet, and texture all over. The sheet is convex and lies in the middle.
    A shadow on the sheet has no more ink than the rest. A smaller difference in shade is enough if the whole
    sheet is in the picture, or if no ink was found at all.

    Args:
        small: uint8 (h, w), the picture in a coarse size.
        ground: uint8 (h, w), the paper's and the desk's shade, without strokes: a wide median of `small`.
        ink: (H, W), of the same picture in full size.

    Returns:
        bool (H, W).
    """
    level, light = cv2.threshold(ground, 0, 255, cv2.THRESH_OTSU)
    none = np.zeros(ink.shape, np.bool_)
    if light.all() or not light.any():
        return none
    height, width = ground.shape
    middle = light[height // 4 : height - height // 4, width // 4 : width - width // 4]
    of_sheet = middle.mean() > 127
    hull = _hull(light if of_sheet else cv2.bitwise_not(light))
    if hull is None or cv2.contourArea(hull) < _SHEET * height * width:
        return none
    sheet = cv2.fillConvexPoly(np.zeros_like(ground), hull, 255)
    inked = cv2.resize(ink, (width, height), interpolation=cv2.INTER_AREA)
    if not (sheet == 0).any() or (inked.any() and inked[sheet == 0].mean() < _TEXTURE):
        return none
    border = np.concatenate([sheet[0], sheet[-1], sheet[:, 0], sheet[:, -1]])
    least = EDGE if border.any() and inked.any() else _APART
    if ground[light > 0].mean() - ground[light == 0].mean() < least:
        return none
    sheet = _with_corners(sheet, small, level, light=bool(of_sheet))
    rim = 2 * round(_RIM * max(height, width)) + 1
    sheet = cv2.erode(sheet, np.ones((rim, rim), np.uint8))
    desk = cv2.resize(sheet, ink.shape[::-1], interpolation=cv2.INTER_LINEAR) < 128
    return none if desk.all() else np.asarray(desk)


def _hull(surface: NDArray[np.uint8]) -> NDArray[np.int32] | None:
    """The convex hull of the largest part of a surface; None if that is not convex."""
    outlines, _ = cv2.findContours(surface, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    largest = max(outlines, key=cv2.contourArea)
    hull = np.asarray(cv2.convexHull(largest), np.int32)
    return hull if cv2.contourArea(largest) >= _CONVEX * cv2.contourArea(hull) else None


def _with_corners(
    sheet: NDArray[np.uint8], small: NDArray[np.uint8], level: float, *, light: bool
) -> NDArray[np.uint8]:
    """The sheet with its corners, which the wide median of the ground rounds off.

    A narrower median keeps more of a corner. It shows strokes too, but they leave the hull as it is.

    Args:
        sheet: uint8 (h, w), 255 on the sheet.
        level: shade that divides sheet and desk.
        light: whether the sheet is the lighter one.
    """
    wide = max(3, round(_CORNER * max(small.shape))) | 1
    _, finer = cv2.threshold(cv2.medianBlur(small, wide), level, 255, cv2.THRESH_BINARY)
    reach = 2 * round(_ROUNDED * max(small.shape)) + 1
    near = cv2.dilate(sheet, np.ones((reach, reach), np.uint8))
    hull = _hull(cv2.bitwise_and(np.asarray(finer if light else cv2.bitwise_not(finer), np.uint8), near))
    return sheet if hull is None else np.asarray(cv2.fillConvexPoly(sheet.copy(), hull, 255), np.uint8)


def cover_desk(grey: NDArray[np.uint8], desk: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The picture, uint8 (H, W), with the shade of paper in place of the desk."""
    covered = grey.copy()
    covered[desk] = np.median(grey[~desk])
    return covered
