"""Connected pieces of ink on a page: dust and objects dropped, the parts of broken strokes joined."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.placing import stroke_width
from inklens.reading.paper.page import Ink, Mask

_DUST = 1.3  # strokes; a digit is larger, a comma and the dot of an i are about this
_MOST = 1200  # pieces that are looked at: more is texture, not writing
_SMALL = 0.55  # of its neighbour's size that a broken-off part measures at most
_NEAR = 0.2  # of its neighbour's height that it lies away at most
_AROUND = 4.0  # heights to either side that count as beside
_PARTLY = 0.85  # of the digits' height beside it: what is lower may be a part of a broken digit
_PALE = 0.2  # ink from here on belongs to a box
_LARGE = 4.0  # strokes; dust is smaller
_LONG, _SLIM = 5.0, 8.0  # times what pieces on the page measure, and as long as wide: the edge of a sheet,
_OF_PAGE = 0.2  # which has at least so much of the page's longer side
_HIGHER = 4.0  # times a part's height that the digits beside it have at most
_TALL = 1.25  # times that height, which two parts together have at most


@dataclass(frozen=True, eq=False)
class Piece:
    """Ink that hangs together, or once did.

    Args:
        left, top, width, height: its box in the page's pixels, the page turned by -tilt.
        ink: float32 (height, width), 0-1: its own ink only.
        tilt: radians by which the number that it belongs to sinks from left to right.
    """

    left: int
    top: int
    width: int
    height: int
    ink: Ink
    tilt: float = 0.0

    @property
    def right(self) -> int:
        return self.left + self.width

    @property
    def bottom(self) -> int:
        return self.top + self.height

    @property
    def centre(self) -> tuple[float, float]:
        """In the page's pixels."""
        x, y = self.corners.mean(axis=0)
        return float(x), float(y)

    @property
    def corners(self) -> NDArray[np.float64]:
        """Of its box, in the page's pixels: (4, 2), clockwise from the upper left."""
        left, top, right, bottom = self.left, self.top, self.right, self.bottom
        box = np.array([(left, top), (right, top), (right, bottom), (left, bottom)], np.float64)
        return box @ _turn(self.tilt).T if self.tilt else box

    def levelled(self, tilt: float) -> Piece:
        """The same ink, turned so that a number that sinks by `tilt` radians runs level."""
        if not tilt:
            return self
        level = _turn(-tilt)
        box = self.corners @ level.T
        left, top = np.floor(box.min(axis=0)).astype(int).tolist()
        width, height = np.ceil(box.max(axis=0) - (left, top)).astype(int).tolist()
        # Pixel (x, y) of `ink` lies at (left + x, top + y) of the page, and there goes to `level` of that.
        shift = level @ (self.left, self.top) - (left, top)
        turned = cv2.warpAffine(self.ink, np.column_stack([level, shift]), (width, height))
        x, y, wide, tall = cv2.boundingRect((turned > _PALE).astype(np.uint8))
        if not wide:
            return self
        cut: Ink = np.ascontiguousarray(turned[y : y + tall, x : x + wide])
        return Piece(left + x, top + y, wide, tall, cut, tilt)


def _turn(angle: float) -> NDArray[np.float64]:
    """(2, 2), by radians, clockwise as y goes down."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.array([(cos, -sin), (sin, cos)])


def find_pieces(ink: Ink, mask: Mask) -> list[Piece]:
    """The pieces of a page that may be digits, each with its own ink.

    Args:
        ink: float32 (H, W), 0-1, ruling removed.
        mask: uint8 (H, W), 255 where a stroke is.
    """
    count, labels, boxes, _ = cv2.connectedComponentsWithStats(mask, connectivity=8, ltype=cv2.CV_32S)
    if count < 2:
        return []
    boxes = boxes.astype(np.int64)
    size = np.maximum(boxes[:, cv2.CC_STAT_WIDTH], boxes[:, cv2.CC_STAT_HEIGHT])
    stroke = stroke_width(np.where(mask > 0, ink, np.float32(0)))
    kept = size >= max(4.0, _DUST * stroke)
    kept[0] = False
    kept &= ~_objects(boxes, mask.shape)
    numbers = np.flatnonzero(kept)
    if len(numbers) > _MOST:
        numbers = numbers[np.argsort(-boxes[numbers, cv2.CC_STAT_AREA])[:_MOST]]
    numbers = _without_edges(numbers, boxes, _LARGE * stroke, _OF_PAGE * max(mask.shape))
    groups = _stacked(_joined(boxes[numbers, :4]), boxes[numbers, :4])
    return [_cut_out(ink, labels, boxes, numbers[group]) for group in groups]


def _objects(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """What comes in from the border and is large: a table's edge, a hand, a shadow."""
    left, top, wide, tall = boxes[:, :4].T
    height, width = shape
    border = (left == 0) | (top == 0) | (left + wide == width) | (top + tall == height)
    large: NDArray[np.bool_] = border & ((wide > 0.6 * width) | (tall > 0.6 * height))
    return large & (boxes[:, cv2.CC_STAT_AREA] > 0.02 * height * width) if large.any() else large


def _without_edges(
    numbers: NDArray[np.int64], boxes: NDArray[np.int64], least: float, long: float
) -> NDArray[np.int64]:
    """The pieces, less the edges of sheets and what is left of frames, where most pieces are others.

    Args:
        least: pixels that a piece measures that counts for how large writing is.
        long: pixels that an edge measures at least.
    """
    sides = np.sort(boxes[numbers, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1], axis=1)
    large = sides[sides[:, 1] >= least, 1]
    if not large.size:
        return numbers
    edge = (sides[:, 1] > max(long, _LONG * np.median(large))) & (sides[:, 1] > _SLIM * sides[:, 0])
    return np.asarray(numbers[~edge], np.int64)


def _joined(boxes: NDArray[np.int64]) -> list[list[int]]:
    """Groups of pieces that are one: each small part with the nearest larger piece that it belongs to."""
    groups = {number: [number] for number in range(len(boxes))}
    left, top, wide, tall = (boxes[:, axis].astype(np.float64) for axis in range(4))
    size = np.maximum(wide, tall)
    for small in np.argsort(size):
        away_x = np.maximum(np.maximum(left - (left[small] + wide[small]), left[small] - (left + wide)), 0)
        away_y = np.maximum(np.maximum(top - (top[small] + tall[small]), top[small] - (top + tall)), 0)
        belongs = (size[small] <= _SMALL * size) & (tall >= 0.5 * size)
        belongs &= (away_x <= 0.1 * tall) & (away_y <= _NEAR * tall)
        middle_x, middle_y = left[small] + wide[small] / 2, top[small] + tall[small] / 2
        low = (middle_y > top + 0.72 * tall) & (middle_x > left + wide) | (middle_y > top + 1.02 * tall)
        belongs &= ~low  # a comma or a full stop
        belongs[small] = False
        if belongs.any():
            away = np.where(belongs, np.hypot(away_x, away_y), np.inf)
            groups[int(away.argmin())] += groups.pop(int(small))
    return list(groups.values())


def _stacked(groups: list[list[int]], boxes: NDArray[np.int64]) -> list[list[int]]:
    """Groups, those joined that lie one above the other and together are as high as their neighbours are.

    The halves of a broken 8, 5 or 1: each is lower than the digits beside it.
    """
    edges = np.array([_hull(boxes[group]) for group in groups], np.float64).reshape(-1, 4)
    height = edges[:, 3] - edges[:, 1]
    usual = heights_beside(edges, (height >= height[:, None]) & (height <= _HIGHER * height[:, None]))
    left, top = (np.maximum(edges[:, None, axis], edges[None, :, axis]) for axis in (0, 1))
    right, bottom = (np.minimum(edges[:, None, axis], edges[None, :, axis]) for axis in (2, 3))
    wide = np.minimum.outer(edges[:, 2] - edges[:, 0], edges[:, 2] - edges[:, 0])
    low = np.minimum.outer(height, height)
    both = np.maximum.outer(edges[:, 3], edges[:, 3]) - np.minimum.outer(edges[:, 1], edges[:, 1])
    across = np.maximum.outer(edges[:, 2], edges[:, 2]) - np.minimum.outer(edges[:, 0], edges[:, 0])
    whole = np.where(np.isnan(usual), np.inf, usual)[:, None] * np.ones_like(both)
    whole = np.minimum(whole, whole.T)
    alone = np.isinf(whole)
    whole = np.where(alone, both, whole)
    belongs = (bottom - top <= 0.3 * low) & (right - left >= np.where(alone, 0.5, -0.1) * wide)
    belongs &= (top - bottom <= np.where(alone, 0.1, _NEAR) * whole) & (both <= _TALL * whole)
    belongs &= (np.maximum.outer(height, height) <= _PARTLY * whole) & (across <= 1.2 * both)
    np.fill_diagonal(belongs, False)
    wholes = {number: list(group) for number, group in enumerate(groups)}
    gap = np.where(belongs, top - bottom, np.inf)
    for one in np.argsort(gap.min(axis=1, initial=np.inf), kind="stable").tolist():
        other = int(gap[one].argmin())
        if one in wholes and other in wholes and np.isfinite(gap[one, other]):
            wholes[other] += wholes.pop(one)
            gap[[one, other]] = gap[:, [one, other]] = np.inf
    return list(wholes.values())


def merged(one: Piece, other: Piece) -> Piece:
    """Two pieces of one tilt as one."""
    left, top = min(one.left, other.left), min(one.top, other.top)
    right, bottom = max(one.right, other.right), max(one.bottom, other.bottom)
    ink = np.zeros((bottom - top, right - left), np.float32)
    for piece in (one, other):
        rows = slice(piece.top - top, piece.bottom - top)
        columns = slice(piece.left - left, piece.right - left)
        ink[rows, columns] = np.maximum(ink[rows, columns], piece.ink)
    return Piece(left, top, right - left, bottom - top, ink, one.tilt)


def heights_beside(boxes: NDArray[np.float64], counted: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The usual height of what lies to the left and right of each box: float64 (N,), NaN where nothing does.

    Args:
        boxes: float64 (N, 4), left, top, right, bottom.
        counted: bool (N, N), which boxes (columns) count for which (rows).
    """
    left, top, right, bottom = boxes.T
    height, middle = bottom - top, (top + bottom) / 2
    usual = np.full(len(boxes), np.nan)
    for one in range(len(boxes)):
        level = (top < middle[one]) & (bottom > middle[one]) | (middle > top[one]) & (middle < bottom[one])
        away = np.maximum(left - right[one], left[one] - right)
        beside = counted[one] & level & (away < _AROUND * np.maximum(height, height[one]))
        beside[one] = False
        if beside.any():
            usual[one] = np.median(height[beside])
    return usual


def _hull(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    left, top = boxes[:, :2].min(axis=0).tolist()
    return left, top, right, bottom


def _cut_out(
    ink: Ink, labels: NDArray[np.int32], boxes: NDArray[np.int64], numbers: NDArray[np.int64]
) -> Piece:
    left, top, right, bottom = _hull(boxes[numbers, :4])
    part = labels[top:bottom, left:right]
    own = part == numbers[0]
    for number in numbers[1:]:
        own |= part == number
    cut = np.where(own, ink[top:bottom, left:right], np.float32(0))
    return Piece(left, top, right - left, bottom - top, cut)
