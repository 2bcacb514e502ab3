"""Removes ink that is not the writing: specks, bits of a box, a frame or a ruling, a neighbour's strokes."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink

_SEEN, _SURE = 0.2, 0.4  # pale ink connects pieces, but a piece of pale ink alone does not count
_SPECK = 0.04  # of the largest piece: smaller ones are dust; the bar of a 5 or the dot of an i is larger
_RIM = 0.15  # of the side: a line this near the border may belong to a frame
_RUN = 0.3  # of the side: least length of a straight run in a line
_THIN = 0.08  # of the side: largest width of a line
_LONG = 0.6  # of the side: least length of a piece of a frame
_WHOLE = 0.9  # of the side: least length of a line that is cut off a digit that touches it
_NEIGHBOUR = 0.4  # of the largest piece: least area of a piece at the border that is a digit of its own
_SHORT = 0.6  # of the largest piece's height: least height of such a digit in a picture of two
_BESIDE = 0.1  # of the width: how far a neighbour's strokes reach over or under the digit


def keep_writing(ink: Ink) -> Ink:
    """The ink without specks and without bits of a box, a frame or a ruling at the border.

    A digit in several pieces stays whole. If nothing else would be left, a line counts as writing.

    Args:
        ink: float32 (H, W), 0 (paper) to 1 (ink).

    Returns:
        float32 (H, W): 0 where a piece was removed; the input itself if none was.
    """
    seen = _seen(ink)
    return _without_small(ink, seen, _without_whole_lines(seen), lines=True)


def without_specks(ink: Ink) -> Ink:
    """As `keep_writing`, but straight lines stay: for ink without ruling.

    Args:
        ink: float32 (H, W), 0 (paper) to 1 (ink).

    Returns:
        float32 (H, W): 0 where a piece was removed; the input itself if none was.
    """
    seen = _seen(ink)
    return _without_small(ink, seen, seen, lines=False)


def without_adjacent_writing(ink: Ink) -> Ink:
    """The ink without strokes of a neighbour that a crop cuts off at its left or right border.

    They lie beside the largest piece and have less than two fifths of its area. Where the largest piece
    reaches the other border, the picture may be of two digits: what is 0.6 of its height or higher stays.

    Args:
        ink: float32 (H, W), 0 (paper) to 1 (ink).

    Returns:
        float32 (H, W): 0 where a piece was removed; the input itself if none was.
    """
    if cv2.minMaxLoc(ink[:, :1])[1] <= _SEEN and cv2.minMaxLoc(ink[:, -1:])[1] <= _SEEN:
        return ink
    seen = _seen(ink)
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(seen, connectivity=8, ltype=cv2.CV_32S)
    if count <= 2:
        return ink
    left, _, width, height, area = boxes.T
    right = left + width
    area[0] = 0
    main, wide = int(area.argmax()), ink.shape[1]
    lost = np.zeros(count, np.bool_)
    for at_border, beside, fills in (
        (left == 0, right <= left[main] + _BESIDE * wide, right[main] == wide),
        (right == wide, left >= right[main] - _BESIDE * wide, left[main] == 0),
    ):
        small = area < _NEIGHBOUR * area[main]
        if fills:
            small &= height < _SHORT * height[main]
        lost |= at_border & beside & small
    lost[[0, main]] = False
    if not lost.any():
        return ink
    around = cv2.dilate(lost.astype(np.uint8)[pieces], _square(3))
    return np.asarray(np.where(around, np.float32(0), ink), np.float32)


def _seen(ink: Ink) -> NDArray[np.uint8]:
    return np.asarray(cv2.threshold(ink, _SEEN, 255, cv2.THRESH_BINARY)[1], np.uint8)


def _without_small(ink: Ink, seen: NDArray[np.uint8], mask: NDArray[np.uint8], *, lines: bool) -> Ink:
    """The ink without the small pieces of the mask and, if `lines`, without those of a frame."""
    if mask is seen and cv2.connectedComponents(mask)[0] <= 2:
        return ink
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    # The size of a piece is its sure ink.
    writing = np.bincount(pieces[ink > _SURE], minlength=count)
    writing[0] = 0
    if lines and count > 2:
        writing[_frames(mask, pieces, boxes)] = 0
    kept = writing > _SPECK * writing.max()
    if kept[1:].all() and mask is seen:
        return ink
    stays = kept.astype(np.uint8)[pieces]
    lost = cv2.subtract(cv2.min(seen, 1), stays)
    # The pale edge of a removed piece goes too, but not that of a piece that stays.
    around = cv2.subtract(cv2.dilate(lost, _square(5)), cv2.dilate(stays, _square(3)))
    return np.asarray(np.where(cv2.max(around, lost), np.float32(0), ink), np.float32)


def _square(side: int) -> NDArray[np.uint8]:
    return np.ones((side, side), np.uint8)


def _lines(mask: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Thin straight runs near the upper and lower border, and near the left and right one: 0 or 255."""
    tall, wide = mask.shape
    across = _thin_runs(mask)
    rim = max(1, round(_RIM * tall))
    across[rim : tall - rim] = 0
    down = np.ascontiguousarray(_thin_runs(np.ascontiguousarray(mask.T)).T)
    rim = max(1, round(_RIM * wide))
    down[:, rim : wide - rim] = 0
    return across, down


def _thin_runs(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The pixels of level runs of ink that are not part of something thick."""
    tall, wide = mask.shape
    runs = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((1, max(3, round(_RUN * wide))), np.uint8))
    thick = cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones((max(2, round(_THIN * tall)) + 1, 1), np.uint8))
    return np.asarray(cv2.subtract(runs, thick), np.uint8)


def _frames(
    mask: NDArray[np.uint8], pieces: NDArray[np.int32], boxes: NDArray[np.int32]
) -> NDArray[np.bool_]:
    """Which pieces are lines at the border that reach past the largest other piece on both sides."""
    tall, wide = mask.shape
    left, top, width, height, area = boxes.T
    straight = cv2.max(*_lines(mask))
    share = np.bincount(pieces[straight > 0], minlength=len(boxes)) / area
    made_of_lines: NDArray[np.bool_] = share >= 0.6
    made_of_lines[0] = False
    if not made_of_lines.any():
        return made_of_lines
    others = np.where(made_of_lines, 0, area)
    others[0] = 0
    main = int(others.argmax())
    if not others[main]:
        return np.zeros(len(boxes), np.bool_)
    across = (left <= left[main]) & (left + width >= left[main] + width[main]) & (width >= _LONG * wide)
    down = (top <= top[main]) & (top + height >= top[main] + height[main]) & (height >= _LONG * tall)
    return np.asarray(made_of_lines & (across | down))


def _without_whole_lines(mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The mask without lines along a whole side and past everything else, which belong to no digit.

    A digit that touches its box is connected to it; without these lines it is separate. The mask itself, if
    there are none.
    """
    tall, wide = mask.shape
    high, broad = max(1, round(_RIM * tall)), max(1, round(_RIM * wide))
    level = _covers(mask[:high], 0) or _covers(mask[-high:], 0)
    if not (level or _covers(mask[:, :broad], 1) or _covers(mask[:, -broad:], 1)):
        return mask
    across, down = _lines(mask)
    rest = cv2.subtract(mask, cv2.max(across, down))
    rest = cv2.morphologyEx(rest, cv2.MORPH_OPEN, _square(2))
    left, top, width, height = cv2.boundingRect(rest)
    if not width:
        return mask
    cut = np.zeros_like(mask)
    if left >= 0.04 * wide and left + width <= 0.96 * wide:
        cut = cv2.max(cut, across)
    if top >= 0.04 * tall and top + height <= 0.96 * tall:
        cut = cv2.max(cut, down)
    return np.asarray(cv2.subtract(mask, cut), np.uint8) if cut.any() else mask


def _covers(rim: NDArray[np.uint8], axis: int) -> bool:
    """Whether ink lies along nearly all of a rim, whose short side is `axis`."""
    most = _WHOLE * rim.shape[1 - axis]
    # Counting pixels is quick, and too few of them cannot cover a rim.
    return bool(cv2.countNonZero(rim) >= most and rim.any(axis=axis).sum() >= most)
