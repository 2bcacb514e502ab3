"""Strokes of a drawn digit: its ink thinned to lines (Zhang and Suen 1984), followed from end to end."""

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

Point = tuple[int, int]
Stroke = list[tuple[float, float]]

_ENLARGED = 4  # a line of one pixel is rough in 28 pixels
_SHORTEST = 2.5  # pixels of the digit: what is shorter, beside a longer stroke, is a spur of thinning


def strokes_of(image: NDArray[np.uint8]) -> list[Stroke]:
    """From uint8 (H, W), bright ink on black or dark on white, to lines of (x, y) in pixels of the image."""
    if image.mean() > 127:
        image = 255 - image
    large = cv2.resize(image, None, fx=_ENLARGED, fy=_ENLARGED, interpolation=cv2.INTER_CUBIC)
    padded = np.pad(large > 0.3 * large.max(), 1)
    lines = [line for line in _lines(_thinned(padded)) if len(line) > 1]
    strokes = [
        [((x - 1) / _ENLARGED, (y - 1) / _ENLARGED) for y, x in line[:-1:3] + line[-1:]] for line in lines
    ]
    longest = max((_length(stroke) for stroke in strokes), default=0.0)
    return [stroke for stroke in strokes if _length(stroke) > min(_SHORTEST, longest / 2)]


def _length(stroke: Stroke) -> float:
    return float(np.hypot(*np.diff(np.array(stroke), axis=0).T).sum())


def _thinned(ink: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Takes pixels from the edge, of two sides in turn, as long as nothing breaks."""
    ink = ink.copy()
    while True:
        before = int(ink.sum())
        for first in (True, False):
            # The eight around each pixel, clockwise from above.
            ring = [np.roll(ink, shift, (0, 1)) for shift in
                    ((1, 0), (1, -1), (0, -1), (-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1))]  # fmt: skip
            count = np.sum(ring, axis=0)
            rises = np.sum([~ring[at] & ring[(at + 1) % 8] for at in range(8)], axis=0)
            above, right, below, left = ring[0], ring[2], ring[4], ring[6]
            open_sides = (
                ~(above & right & below) & ~(right & below & left)
                if first
                else ~(above & right & left) & ~(above & below & left)
            )
            ink &= ~((count >= 2) & (count <= 6) & (rises == 1) & open_sides)
        if int(ink.sum()) == before:
            return ink


def _lines(skeleton: NDArray[np.bool_]) -> Iterator[list[Point]]:
    """Follows each line from an end, straight on where lines cross; a ring from any of its points."""
    left = {(int(y), int(x)) for y, x in np.argwhere(skeleton)}
    whole = set(left)
    while left:
        ends = [point for point in left if len(_around(point, whole)) == 1]
        start = min(ends or left)
        line = [start]
        left.discard(start)
        while ahead := _around(line[-1], left):
            back = line[-min(6, len(line))]
            way = (line[-1][0] - back[0], line[-1][1] - back[1])
            last = line[-1]
            line.append(max(ahead, key=lambda point, way=way, last=last: _straightness(way, last, point)))
            left.discard(line[-1])
            if len(line) > 3:  # beside a line, thinning leaves single pixels of its corners
                left -= {point for point in _around(line[-2], left) if len(_around(point, left)) == 0}
        closing = [point for point in _around(line[-1], whole) if point not in line[-8:]]
        yield line + closing[:1] if len(line) > 8 else line


def _around(point: Point, among: set[Point]) -> list[Point]:
    y, x = point
    return [
        (y + down, x + across)
        for down in (-1, 0, 1)
        for across in (-1, 0, 1)
        if (down or across) and (y + down, x + across) in among
    ]


def _straightness(way: tuple[int, int], last: Point, point: Point) -> float:
    step = (point[0] - last[0], point[1] - last[1])
    return float((way[0] * step[0] + way[1] * step[1]) / np.hypot(*step))
