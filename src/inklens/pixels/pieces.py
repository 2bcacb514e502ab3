"""Which pieces of a picture's ink are the writing: not specks, not what is left of a box, frame or ruling."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink

_SEEN = 0.35  # ink from here on joins pieces; its paler edge goes with the piece that it touches
_SPECK = 0.04  # of the largest piece: smaller ones are dust, for the stroke of a 5 or an i's dot has more
_LONG = 0.6  # of the picture's side that a line runs along
_NARROW = 0.12  # of its length that a straight line is wide at most
_RIM = 0.15  # of the side: a line this near to the border is a frame's


def keep_writing(ink: Ink) -> Ink:
    """The ink without specks and without bits of a box, a frame or a ruling.

    A digit in several pieces stays whole. Where nothing else is left, a line is taken for the writing.

    Args:
        ink: float32 (H, W), 0 (paper) to 1 (ink).

    Returns:
        float32 (H, W): 0 where a piece was dropped, the input itself where none was.
    """
    mask = cv2.compare(ink, _SEEN, cv2.CMP_GT)
    count, pieces, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    if count <= 2:
        return ink
    lines = _lines(boxes[1:], ink.shape)
    writing = boxes[1:, cv2.CC_STAT_AREA] * ~lines
    if not writing.any():
        return ink
    kept = writing >= _SPECK * writing.max()
    if kept.all():
        return ink
    lost = np.concatenate([[False], ~kept])[pieces].astype(np.uint8)
    # The pale edge of a lost piece goes with it, but none of a piece that stays.
    around = cv2.dilate(lost, np.ones((5, 5), np.uint8))
    around[np.concatenate([[False], kept])[pieces]] = 0
    return np.asarray(np.where(around, np.float32(0), ink), np.float32)


def _lines(boxes: NDArray[np.int32], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which boxes (left, top, width, height, area) are long thin straight pieces at the border."""
    left, top, width, height, area = boxes.T
    tall, wide = shape
    across = (width >= _LONG * wide) & (height <= _NARROW * width)
    across &= (top <= _RIM * tall) | (top + height >= (1 - _RIM) * tall)
    down = (height >= _LONG * tall) & (width <= _NARROW * height)
    down &= (left <= _RIM * wide) | (left + width >= (1 - _RIM) * wide)
    return across | down
