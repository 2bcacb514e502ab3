"""Where a piece may be cut into digits that touch: along paths that cross little ink."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels import without_specks
from inklens.pixels.ink import Ink
from inklens.reading.pieces.piece import Piece

_SLANTS = (-0.5, -0.25, 0.0, 0.25, 0.5)  # dx/dy of the cuts
_CUTS = 8  # a piece has this many cuts at most, and as many again for each height of width,
_MOST_CUTS = 40  # up to this many
_EDGE = 0.2  # ink from here on belongs to a digit's box
_ROWS = 48  # of the reduced picture in which paths are found
_WINDING = 0.06  # heights by which a path may leave its straight line
_LEAST_APART = 0.08  # heights between adjacent cuts
_ASIDE, _TURN = 0.3, 0.1  # costs, in pixels of ink, of a row that far aside and of a step aside

Paths = NDArray[np.float32]  # (cuts, height): the column of each cut in each row


def find_cuts(piece: Piece) -> Paths:
    """The paths along which a piece may be cut, from left to right, its two ends included.

    Each begins as a straight line that crosses little ink, and then winds around the ink beside it.
    """
    height, width = piece.ink.shape
    most = min(_MOST_CUTS, _CUTS + int(_CUTS * width / height))
    chosen: list[Paths] = []
    for path in _paths(piece.ink, _straight(piece.ink)[: 2 * most]):
        if all(np.abs(path - other).mean() >= _LEAST_APART * height for other in chosen):
            chosen.append(path)
    chosen = sorted(chosen[:most], key=lambda path: float(path.mean()))
    ends = (np.full(height, side, np.float32) for side in (-1e6, 1e6))
    return np.stack([next(ends), *chosen, next(ends)])


def _straight(ink: Ink) -> list[tuple[float, float]]:
    """Straight cuts as x at half the height and dx/dy, those through the least ink first."""
    height, width = ink.shape
    found: list[tuple[float, float, float]] = []  # ink crossed, x, dx/dy
    middle = (height - 1) / 2
    reach = int(np.ceil(max(_SLANTS) * middle)) + 1
    for slant in _SLANTS:
        shift = np.array([[1, -slant, slant * middle + reach], [0, 1, 0]], np.float64)
        upright = cv2.warpAffine(ink, shift, (width + 2 * reach, height))
        crossed = cv2.blur(upright.sum(axis=0)[None], (3, 1))[0][reach : reach + width]
        low = np.flatnonzero((crossed[1:-1] <= crossed[:-2]) & (crossed[1:-1] < crossed[2:])) + 1
        found += [(float(crossed[x]) + 0.02 * height * abs(slant), float(x), slant) for x in low]
    edge = _LEAST_APART * height
    return [(x, slant) for _, x, slant in sorted(found) if edge <= x <= width - 1 - edge]


def _paths(ink: Ink, straight: Sequence[tuple[float, float]]) -> Paths:
    """The path beside each straight cut that crosses the least ink.

    Found by dynamic programming over a picture of at most `_ROWS` rows; from row to row a path may move one
    column aside.
    """
    height = len(ink)
    rows = min(_ROWS, height)
    if not straight or rows < 2:
        return np.empty((0, height), np.float32)
    y = np.linspace(0, height - 1, rows, dtype=np.float32)
    step = float(y[1])
    half = max(2, round(_WINDING * height / step))
    aside = np.arange(-half, half + 1)
    x, slant = np.array(straight, np.float32).reshape(-1, 2).T
    # (cuts, rows, 2 half + 1): the band around each cut, brought upright
    columns = (x[:, None] + slant[:, None] * (y - (height - 1) / 2))[..., None] + np.float32(
        step
    ) * aside.astype(np.float32)
    lines = np.broadcast_to(y[:, None], columns.shape)
    band = cv2.remap(ink, _flat(columns), _flat(lines), cv2.INTER_LINEAR).reshape(columns.shape)
    cost = band + np.float32(_ASIDE) * np.abs(aside) / half
    cuts = np.arange(len(x))[:, None]
    edged = np.full((len(x), 2 * half + 3), np.inf, np.float32)
    edged[:, 1:-1] = cost[:, 0]
    came = np.zeros(cost.shape, np.intp)
    for row in range(1, rows):
        before = np.stack([edged[:, :-2] + _TURN, edged[:, 1:-1], edged[:, 2:] + _TURN])
        best = before.argmin(axis=0)
        came[:, row] = aside + half + best - 1
        edged[:, 1:-1] = cost[:, row] + np.take_along_axis(before, best[None], 0)[0]
    at = edged[:, 1:-1].argmin(axis=1)[:, None]
    paths = np.empty((len(x), rows), np.float32)
    for row in range(rows - 1, -1, -1):
        paths[:, row] = columns[cuts, row, at][:, 0]
        at = came[cuts, row, at]
    return np.stack([np.interp(np.arange(height), y, path) for path in paths]).astype(np.float32)


def _flat(places: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.ascontiguousarray(places.reshape(-1, places.shape[-1]))


def crop_between(piece: Piece, left: Paths, right: Paths) -> Piece | None:
    """The ink between two cuts, cropped; None if it is too wide or too small for a digit."""
    height, width = piece.ink.shape
    first, last = max(0, int(left.min())), min(width, int(np.ceil(right.max())))
    if first >= last:
        return None
    columns = np.arange(first, last, dtype=np.float32)[None]
    inside = (columns >= left[:, None]) & (columns < right[:, None])
    ink: Ink = without_specks(np.where(inside, piece.ink[:, first:last], np.float32(0)))
    x, y, wide, tall = cv2.boundingRect((ink > _EDGE).astype(np.uint8))
    if wide > 1.2 * height or tall < 0.6 * height or not wide:
        return None
    cropped = ink[y : y + tall, x : x + wide]
    return Piece(piece.left + first + x, piece.top + y, wide, tall, cropped, piece.skew)
