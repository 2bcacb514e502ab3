"""Pen and print distinguished by colour, such as a blue pen in black boxes or a black pen in red ones.

Many forms are printed in a drop-out colour for this reason.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.reading.paper.masks import Cells, Mask, dilated

_CORE = 0.6  # ink; paler ink is the edge of a stroke, mixed with the paper's colour
_PALE = 0.12
_SAMPLE = 8000  # pixels of each kind that are compared at most,
_LEAST = 200  # and at least
_INSIDE = 0.7  # of a box, around its middle: ink there is the pen's
_MOSTLY = 0.5  # least share of the ink there that has the pen's colour
_DARK = 64  # of 255; on darker paper ink is light and has few colours
_APART = 0.15  # of the paper's light: least difference between two colours
_BETWEEN, _VALLEY = 0.15, 0.1  # share of the way to either side of its middle, of pixels there at most
_CROSSED = 0.25  # share of the lines' pixels that are the pen's at most
_COARSE = 4  # reduction; the light of the paper changes slowly

Colours = NDArray[np.float32]  # (N, C): the share of the paper's light that is missing in each channel


def pen_by_colour(ink: Ink, picture: NDArray[np.uint8], lines: Mask, cells: Cells) -> Mask | None:
    """Find the ink of the pen.

    k-means (Lloyd 1982) finds the two kinds of ink on the page. Printed lines have one colour, the writing in
    the boxes the other.

    Args:
        picture: uint8 (H, W, C), the page.
        lines: where printed lines are.

    Returns:
        None where print and pen look alike, or on dark paper.
    """
    core = cv2.compare(ink, _CORE, cv2.CMP_GT)
    paper = _paper(ink, picture)
    in_boxes = core & _insides(cells, lines) & ~dilated(lines)
    every, prints, pens = (_sample(picture, paper, where) for where in (core, core & lines, in_boxes))
    if min(len(every), len(prints), len(pens)) < _LEAST or np.median(paper) < _DARK:
        return None
    away = [np.linalg.norm(every - np.median(own, axis=0), axis=1) for own in (prints, pens)]
    first = (away[1] < away[0]).astype(np.int32)[:, None]
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-3)
    printed, written = cv2.kmeans(every, 2, first, stop, 1, cv2.KMEANS_USE_INITIAL_LABELS)[2]
    way = written - printed
    if way @ way < _APART**2:
        return None
    bar = float(way @ (printed + written)) / 2
    valley = np.abs(every @ way - bar) < _BETWEEN * (way @ way)
    if (
        valley.mean() > _VALLEY
        or np.mean(prints @ way > bar) > _CROSSED
        or np.mean(pens @ way > bar) < _MOSTLY
    ):
        return None
    nearer = np.full(ink.shape, -bar, np.float32)
    for channel, weight in enumerate(way.tolist()):
        light = cv2.resize(paper[..., channel], ink.shape[::-1], interpolation=cv2.INTER_LINEAR)
        missing = cv2.divide(cv2.absdiff(picture[..., channel].astype(np.float32), light), light)
        nearer += np.float32(weight) * missing
    own = cv2.compare(nearer, 0, cv2.CMP_GT)
    # Soft edges of print look like the pen: the pen's own edges lie at the pen's strokes.
    strokes = cv2.morphologyEx(own & core, cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    beside = cv2.dilate(strokes, np.ones((5, 5), np.uint8))
    return np.asarray(own & beside & cv2.compare(ink, _PALE, cv2.CMP_GT), np.uint8)


def _insides(cells: Cells, like: Mask) -> Mask:
    """The middle of each box, where writing is."""
    middle = cells.mean(axis=1, keepdims=True)
    insides = np.zeros_like(like)
    for corners in np.rint(middle + _INSIDE * (cells - middle)).astype(np.int32):
        cv2.fillConvexPoly(insides, corners, 255)
    return insides


def _paper(ink: Ink, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The light of the paper around each place: float32 (H / _COARSE, W / _COARSE, C), 16 or more."""
    blank = cv2.compare(ink, _PALE, cv2.CMP_LT)
    size = tuple(max(1, side // _COARSE) for side in ink.shape[::-1])
    reach = (max(3, max(size) // 16 | 1),) * 2
    share = cv2.blur(cv2.resize(blank, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255, reach)
    light = cv2.bitwise_and(picture, picture, mask=blank)
    light = cv2.blur(cv2.resize(light, size, interpolation=cv2.INTER_AREA).astype(np.float32), reach)
    # Where no paper is near, as in a broad block of ink, the mean light of the page counts.
    light = light.reshape(*share.shape, -1) + light.reshape(-1, picture.shape[2]).mean(axis=0) * 1e-3
    return np.asarray(np.maximum(light / (share[..., None] + share.mean() * 1e-3 + 1e-9), 16), np.float32)


def _sample(picture: NDArray[np.uint8], paper: NDArray[np.float32], where: Mask) -> Colours:
    """The colours of at most `_SAMPLE` pixels, evenly spaced."""
    y, x = np.nonzero(where)
    step = max(1, math.ceil(len(y) / _SAMPLE))
    y, x = y[::step], x[::step]
    rows, columns = (
        np.minimum(at * small // whole, small - 1)
        for at, small, whole in zip((y, x), paper.shape, picture.shape, strict=False)
    )
    light = paper[rows, columns]
    return np.asarray(np.abs(picture[y, x] - light) / light, np.float32)
