"""The pieces of a page: connected components without dust and objects, broken strokes joined."""

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels import stroke_width
from inklens.pixels.ink import Ink
from inklens.reading.paper.masks import Mask
from inklens.reading.pieces.piece import Piece, heights_beside

_DUST = 1.3  # stroke widths; a digit is larger, a comma or the dot of an i about as large
_POINT = 0.8  # stroke widths; a point that a pen sets down is as wide as its stroke
_MOST = 1200  # pieces that are kept: more is texture, not writing
_SMALL = 0.55  # of the piece beside it: largest size of a part that broke off
_NEAR = 0.2  # of that piece's height: largest distance of the part
_PARTLY = 0.85  # of the height of digits beside it: a lower piece may be part of a broken digit
_LARGE = 4.0  # stroke widths; dust is smaller
_LONG, _SLIM = 5.0, 8.0  # length to that of other pieces, and to its width: the edge of a sheet,
_OF_PAGE = 0.2  # which is at least this long, as a share of the page's longer side
_HIGHER = 4.0  # largest ratio of the height of digits to that of a part beside them
_TALL = 1.25  # of that height: largest height of two parts together


def find_pieces(ink: Ink, mask: Mask, *, points: bool = False) -> list[Piece]:
    """Find the pieces of a page that may be digits, each with its own ink.

    Args:
        ink: without ruling.
        mask: where strokes are.
        points: keep points of the width of a stroke, which may be decimal points.
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
    found = [_cropped(ink, labels, boxes, numbers[group]) for group in groups]
    if points:
        small = np.flatnonzero((size >= max(3.0, _POINT * stroke)) & (size < max(4.0, _DUST * stroke)))
        found += [_cropped(ink, labels, boxes, np.array([number])) for number in small[small > 0][:_MOST]]
    return found


def is_dust(pieces: list[Piece], ink: Ink, mask: Mask) -> list[bool]:
    """Which pieces of a page, found with points, are too small for a digit."""
    least = max(4.0, _DUST * stroke_width(np.where(mask > 0, ink, np.float32(0))))
    return [max(piece.width, piece.height) < least for piece in pieces]


def _objects(boxes: NDArray[np.int64], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which components are large and touch the border: the edge of a table, a hand, a shadow."""
    left, top, wide, tall = boxes[:, :4].T
    height, width = shape
    border = (left == 0) | (top == 0) | (left + wide == width) | (top + tall == height)
    large: NDArray[np.bool_] = border & ((wide > 0.6 * width) | (tall > 0.6 * height))
    return large & (boxes[:, cv2.CC_STAT_AREA] > 0.02 * height * width) if large.any() else large


def _without_edges(
    numbers: NDArray[np.int64], boxes: NDArray[np.int64], least: float, long: float
) -> NDArray[np.int64]:
    """The components without edges of sheets and remnants of frames, if most are something else.

    Args:
        least: smallest size, in pixels, of a component that counts for the size of writing.
        long: smallest length of an edge, in pixels.
    """
    sides = np.sort(boxes[numbers, cv2.CC_STAT_WIDTH : cv2.CC_STAT_HEIGHT + 1], axis=1)
    large = sides[sides[:, 1] >= least, 1]
    if not large.size:
        return numbers
    edge = (sides[:, 1] > max(long, _LONG * np.median(large))) & (sides[:, 1] > _SLIM * sides[:, 0])
    return np.asarray(numbers[~edge], np.int64)


def _joined(boxes: NDArray[np.int64]) -> list[list[int]]:
    """Groups of components that are one piece: each small part joins the nearest larger one it belongs to."""
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
    """Join groups that lie one above the other and together are as high as the digits beside them.

    These are the halves of a broken 8, 5 or 1: each is lower than the digits beside it.
    """
    edges = np.array([_outline(boxes[group]) for group in groups], np.float64).reshape(-1, 4)
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


def _outline(boxes: NDArray[np.int64]) -> tuple[int, int, int, int]:
    right, bottom = (boxes[:, :2] + boxes[:, 2:]).max(axis=0).tolist()
    left, top = boxes[:, :2].min(axis=0).tolist()
    return left, top, right, bottom


def _cropped(
    ink: Ink, labels: NDArray[np.int32], boxes: NDArray[np.int64], numbers: NDArray[np.int64]
) -> Piece:
    left, top, right, bottom = _outline(boxes[numbers, :4])
    part = labels[top:bottom, left:right]
    own = part == numbers[0]
    for number in numbers[1:]:
        own |= part == number
    cut = np.where(own, ink[top:bottom, left:right], np.float32(0))
    return Piece(left, top, right - left, bottom - top, cut)
