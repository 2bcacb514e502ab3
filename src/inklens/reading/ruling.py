"""Takes ruled lines, squares and printed boxes off a page, and leaves the strokes that cross them.

What tells print from pen is length and company, not darkness: a ruling runs on for many digits, and the sides
of a box meet at its corners. Where boxes have a colour of their own, it is that (`inklens.reading.pens`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.page import Ink, Mask
from inklens.reading.pens import pen_by_colour

_LONG = 0.4  # of the picture's side that a ruling runs along
_SLIM = 60  # times as long as wide: with a pen of half a millimetre a stroke of 3 centimetres
_SEVERAL = 3  # upright lines make a ruling; fewer may be 1s with a fine pen,
_WHOLE = 0.97  # unless they run along so much of the side
_PALEST = 0.12  # ink of a ruling that is worth removing
_INKED = 0.25
_DARKER = 1.4  # times the ruling's shade: then the pen is told from it by its shade
_WALL = 3.0  # pixels between the insides of neighbouring boxes
_MOST_OF = 0.9  # of the boxes that were found before print was told from pen
_COVERED = 0.85  # of a box's outline that must be drawn
_MOST_CELLS = 3000
_PART = 1 / 8  # of the side; a ruling is straight over so much of it, and goes on slightly bent
_SIDE = 18  # pixels; a shorter straight run may be any stroke
_MOST_TILT = 15.0  # degrees by which a page may be turned
_ON_SIDES = 0.9  # of a piece of ink that is left of a box
_SURE = 0.5  # ink
_ROUNDED = (0.1, 0.32)  # of the way from a corner to the middle; there a 0 has its stroke, and a box nothing
_LOOP = 36  # pixels inside; a smaller and blank "box" may be the loop of a 0 or 6, straight by chance
_BLANK = 0.1  # of its middle that is ink
_RECTANGLE = 0.88  # of its least rectangle that a box's inside fills; an ellipse fills 0.79


_Picture = TypeVar("_Picture", Mask, Ink)


@dataclass(frozen=True, eq=False)
class Ruling:
    """Printed lines of a page.

    Args:
        cells: float64 (N, 4, 2), corners of the insides of the boxes.
        taken: uint8 (H, W), 255 where ink goes with the lines; the strokes that cross them are not in it.
    """

    cells: NDArray[np.float64]
    taken: Mask


def find_ruling(ink: Ink, picture: NDArray[np.uint8]) -> Ruling:
    """Finds ruled lines, squared paper and boxes.

    Args:
        ink: float32 (H, W), 0-1.
        picture: uint8 (H, W) or (H, W, 1 or 3), the page: it knows shades and colours of ink that is all 1.
    """
    picture = picture.reshape(*picture.shape[:2], -1)
    seen = as_mask(cv2.compare(ink, _PALEST, cv2.CMP_GT))
    sure = as_mask(cv2.compare(ink, _SURE, cv2.CMP_GT))
    lines = _Lines(seen, sure)
    if not (lines.level.any() or lines.upright.any()):
        return Ruling(lines.cells, np.zeros_like(seen))
    written = None
    if len(lines.cells) and not lines.squared:
        written = pen_by_colour(ink, picture, lines.level | lines.upright, lines.cells)
    if written is not None:
        printed = _Lines(*_print_only(seen, sure, written), lines.tilts)
        if len(printed.cells) >= _MOST_OF * len(lines.cells):
            taken = _of_other_colour(printed, written)
            return _without_remains(ink, Ruling(printed.cells, taken), _grown(_grown(printed.sides)))
    taken = _by_thickness(ink, _grey(picture), lines)
    return _without_remains(ink, Ruling(lines.cells, as_mask(taken & seen)), lines.sides)


class _Lines:
    """The lines of a page: straight runs that are ruling or the sides of boxes.

    Args:
        seen: uint8 (H, W), 255 where there is any ink.
        sure: likewise, where there is surely ink.
        tilts: slopes of level and of upright lines, as `_tilts` gives them; None looks for them.

    Attributes:
        tilts: the slopes, as they were given or found.
        level, upright: uint8 (H, W), 255 where such lines are.
        cells: float64 (N, 4, 2), corners of boxes.
        sides: uint8 (H, W), 255 around their outlines.
        squared: whether rulings run both ways across the page, as on squared paper.
    """

    def __init__(self, seen: Mask, sure: Mask, tilts: tuple[list[float], list[float]] | None = None) -> None:
        self.tilts = tilts or _tilts(seen)
        across = Turned(seen, self.tilts[0])
        down = Turned(_transposed(seen), [-tilt for tilt in self.tilts[1]])
        self.cells, self.sides = _boxes(across, down, sure)
        self.level = _rulings(across.runs(max(_SIDE, seen.shape[1] * _PART)), lone_strokes=False)
        self.upright = _transposed(_rulings(down.runs(max(_SIDE, seen.shape[0] * _PART)), lone_strokes=True))
        self.squared = bool(self.level.any() and self.upright.any())
        if len(self.cells):
            self.level |= across.runs(_SIDE) & self.sides
            self.upright |= _transposed(down.runs(_SIDE)) & self.sides


def _print_only(seen: Mask, sure: Mask, written: Mask) -> tuple[Mask, Mask]:
    """Ink less the pen's; where the pen crosses a line, the line goes on."""
    pen = _grown(written)  # the edges of a dark stroke are as pale as print
    gap = _line_width(written) + 4 | 1
    printed = seen & ~pen
    across = cv2.morphologyEx(printed, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    down = cv2.morphologyEx(printed, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return as_mask(printed | seen & (across | down)), as_mask(sure & ~pen)


def _by_thickness(ink: Ink, grey: NDArray[np.uint8], lines: _Lines) -> Mask:
    """What goes with lines of the pen's colour: all but the strokes that cross them, darker or thicker."""
    level, upright = lines.level, lines.upright
    shade = _shade(ink, grey)
    written = shade[(ink > _SURE) & (_grown(level | upright) == 0)]
    pen = float(np.median(written)) if written.size else 0.0
    taken = _without_crossings(ink, level, shade, pen)
    taken = taken | _transposed(
        _without_crossings(_transposed(ink), _transposed(upright), _transposed(shade), pen)
    )
    # Where a level line meets an upright one each takes the other for a crossing stroke.
    meet = _grown(level) & _grown(upright)
    tone = float(np.median(shade[(level | upright) > 0]))
    taken |= meet if pen <= _DARKER * tone else meet & as_mask((shade <= (pen * tone) ** 0.5) * 255)
    return taken


def _of_other_colour(lines: _Lines, written: Mask) -> Mask:
    """What goes with lines of another colour than the pen's: all but the pen, also where it crosses them."""
    thickness = _line_width(lines.level | lines.upright) + 2 | 1  # odd, or OpenCV's closing is shifted
    upright = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((thickness, 1), np.uint8))
    level = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((1, thickness), np.uint8))
    taken = _grown(lines.level) & ~upright | _grown(lines.upright) & ~level
    return as_mask(taken | lines.sides & ~(upright | level))


def _line_width(lines: Mask) -> int:
    """The usual width of lines, in pixels: twice their area over their outline's length."""
    area = cv2.countNonZero(lines)
    outline = cv2.countNonZero(lines & ~cv2.erode(lines, np.ones((3, 3), np.uint8)))
    return max(1, math.ceil(2 * area / max(1, outline)))


def remove(ink: Ink, taken: Mask) -> Ink:
    """The ink without what was taken."""
    return np.where(taken > 0, np.float32(0), ink)


def as_mask(array: object) -> Mask:
    return np.ascontiguousarray(array, np.uint8)


def _tilts(mask: Mask) -> tuple[list[float], list[float]]:
    """Slopes of the long level lines (dy/dx) and of the long upright ones (-dx/dy); [0.0] where none is."""
    shrink = min(1.0, 700 / max(mask.shape))
    size = tuple(max(1, round(side * shrink)) for side in mask.shape[::-1])
    small = as_mask((cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 60) * 255)
    least = min(small.shape) * _PART * 2
    found = cv2.HoughLinesP(small, 1, np.pi / 360, int(least * 0.6), minLineLength=least, maxLineGap=4)
    if found is None:
        return [0.0], [0.0]
    ends = found.reshape(-1, 4).astype(np.float64)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    steep = np.tan(np.radians(_MOST_TILT))
    level = np.abs(dy) <= steep * np.abs(dx)
    upright = np.abs(dx) <= steep * np.abs(dy)
    levels, uprights = _spread(dy[level] / dx[level]), _spread(-dx[upright] / dy[upright])
    # A page is turned as a whole: where lines of one direction are short, those of the other tell.
    return levels or uprights or [0.0], uprights or levels or [0.0]


def _spread(slopes: NDArray[np.float64]) -> list[float]:
    """Up to three slopes that stand for all: perspective makes lines fan out; none of none."""
    if not len(slopes):
        return []
    low, middle, high = np.quantile(slopes, [0.1, 0.5, 0.9])
    return [float(middle)] if high - low < 0.02 else [float(low), float(middle), float(high)]


class Turned:
    """A picture in which lines of some slopes run level, and the straight runs in it."""

    def __init__(self, mask: Mask, slopes: list[float]) -> None:
        self._mask = mask
        self._slopes = slopes
        self._bridged = []
        self._runs: dict[int, Mask] = {}
        height, width = mask.shape
        for slope in slopes:
            level = mask
            if slope:
                shift = np.array([[1, 0, 0], [-slope, 1, slope * width / 2]], np.float64)
                level = as_mask(cv2.warpAffine(mask, shift, (width, height), flags=cv2.INTER_NEAREST))
            thick = cv2.dilate(level, np.ones((3, 1), np.uint8))
            self._bridged.append(cv2.morphologyEx(thick, cv2.MORPH_CLOSE, np.ones((1, 5), np.uint8)))

    def runs(self, length: float) -> Mask:
        """Ink in straight runs of at least `length` pixels: uint8 (H, W), 0 or 255. To be left as it is."""
        least = max(3, int(length))
        if least not in self._runs:
            self._runs[least] = self._find_runs(least)
        return self._runs[least]

    def _find_runs(self, least: int) -> Mask:
        found = np.zeros_like(self._mask)
        height, width = found.shape
        for slope, bridged in zip(self._slopes, self._bridged, strict=True):
            opened = opened_level(bridged, least)
            if slope:
                back = np.array([[1, 0, 0], [slope, 1, -slope * width / 2]], np.float64)
                opened = cv2.warpAffine(opened, back, (width, height), flags=cv2.INTER_NEAREST)
            found |= opened & self._mask
        return found


def opened_level(mask: Mask, length: int) -> Mask:
    """`cv2.morphologyEx`'s opening by a level line of `length` pixels, in a tenth of the time where that is
    long: the least of so many neighbours is found by doubling, as the least of two leasts of half as many.
    """
    eroded = _along(mask, length, cv2.min, 255)
    return _along(eroded, length, cv2.max, 0)


def _along(mask: Mask, length: int, of_two: Callable[..., object], outside: int) -> Mask:
    sides = length // 2, length - 1 - length // 2
    found = as_mask(cv2.copyMakeBorder(mask, 0, 0, *sides, cv2.BORDER_CONSTANT, value=(outside,)))
    covered = 1
    while covered < length:
        step = min(covered, length - covered)
        found = as_mask(of_two(found[:, :-step], found[:, step:]))
        covered += step
    return found


def _rulings(runs: Mask, lone_strokes: bool) -> Mask:
    """Of long straight level runs, those that go on across the page: longer and slimmer than a stroke.

    Args:
        lone_strokes: whether a lone line may be a digit, a 1 on end, unless it runs from border to border.
    """
    width = runs.shape[1]
    joined = cv2.dilate(runs, np.ones((3, max(3, width // 50)), np.uint8))
    count, pieces = cv2.connectedComponents(joined, connectivity=8)
    area = np.bincount(pieces[runs > 0], minlength=count)
    length = np.zeros(count, np.int64)  # by outlines: OpenCV's statistics take six times as long
    for outline in cv2.findContours(joined, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
        x, y = outline[0, 0]
        length[pieces[y, x]] = max(length[pieces[y, x]], cv2.boundingRect(outline)[2])
    kept = (length >= _LONG * width) & (length**2 >= _SLIM * area)
    kept[0] = False
    if lone_strokes and np.count_nonzero(kept) < _SEVERAL:
        kept &= length >= _WHOLE * width
    return as_mask((255 * kept.view(np.uint8))[pieces] & runs)


def _boxes(across: Turned, down: Turned, inked: Mask) -> tuple[NDArray[np.float64], Mask]:
    """Corners of the rectangles that straight runs close around, and where their sides lie.

    Twice: once the size of the boxes is known, shorter runs are strokes of what is written in them.
    """
    segments = across.runs(_SIDE) | _transposed(down.runs(_SIDE))
    cells = _rectangles(segments, inked)
    if len(cells) < _SEVERAL and all(_may_be_loop(cell, inked) for cell in cells):
        cells = []
    if cells:
        side = float(np.median([min(cv2.minAreaRect(cell)[1]) for cell in cells]))
        longer = across.runs(0.75 * side) | _transposed(down.runs(0.75 * side))
        again = _rectangles(longer, inked)
        cells = _with_neighbours(again if len(again) >= len(cells) else cells, longer)
    sides = np.zeros_like(segments)
    for corners in cells:
        thickness = max(7, int(0.12 * min(cv2.minAreaRect(corners)[1])))
        cv2.polylines(sides, [np.rint(corners).astype(np.int32)], True, 255, thickness)
    return np.array(cells, np.float64).reshape(-1, 4, 2), sides


def _rectangles(segments: Mask, inked: Mask) -> list[NDArray[np.float32]]:
    closed = cv2.morphologyEx(segments, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    outlines, nesting = cv2.findContours(closed, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    cells: list[NDArray[np.float32]] = []
    for outline, (_, _, _, parent) in zip(outlines, nesting[0] if len(outlines) else [], strict=True):
        if parent < 0:
            continue
        rectangle = cv2.minAreaRect(outline)
        shorter, longer = sorted(rectangle[1])
        if shorter < _SIDE or cv2.contourArea(cv2.convexHull(outline)) < _RECTANGLE * shorter * longer:
            continue
        corners = np.asarray(cv2.boxPoints(rectangle), np.float32)
        away = np.linalg.norm(outline.astype(np.float32) - corners, axis=2).min(axis=0)
        if away.max() <= 0.06 * shorter + 2 and not _rounded(corners, inked):
            cells.append(corners)
    return _outermost(cells)


def _rounded(corners: NDArray[np.float32], inked: Mask) -> bool:
    """Whether it is a 0, whose stroke cuts off the corners of the rectangle around its inside."""
    inward = corners.mean(axis=0) - corners
    half = float(np.abs(inward).max())
    steps = np.arange(max(1.0, _ROUNDED[0] * half), _ROUNDED[1] * half)[:, None, None] / half
    points = np.clip(np.rint(corners + steps * inward), 0, np.array(inked.shape[::-1]) - 1).astype(int)
    return int(np.count_nonzero(inked[points[..., 1], points[..., 0]].any(axis=0))) >= 3


def _may_be_loop(corners: NDArray[np.float32], inked: Mask) -> bool:
    """Whether it is small and blank inside."""
    inside = ((corners + corners.mean(axis=0)) / 2).astype(np.int32)  # a quarter of it
    left, top, width, height = cv2.boundingRect(inside)
    inner = cv2.fillConvexPoly(np.zeros((height, width), np.uint8), inside - (left, top), 255)
    written = cv2.countNonZero(inked[top : top + height, left : left + width] & inner)
    return min(cv2.minAreaRect(corners)[1]) < _LOOP and written < _BLANK * cv2.countNonZero(inner)


def _with_neighbours(cells: list[NDArray[np.float32]], segments: Mask) -> list[NDArray[np.float32]]:
    """The cells, and those beside them that what is written there hid: their sides are drawn all the same."""
    near = as_mask(cv2.dilate(segments, np.ones((5, 5), np.uint8)))
    known = list(cells)
    middles = np.array([cell.mean(axis=0) for cell in known])
    at = 0
    while at < len(known) and len(known) < _MOST_CELLS:
        cell = known[at]
        at += 1
        for side in range(4):
            across = cell[side] - cell[(side + 1) % 4]
            length = float(np.linalg.norm(across))
            step = across * (1 + _WALL / length)
            beside = cell + step
            middle = beside.mean(axis=0)
            if np.linalg.norm(middles - middle, axis=1).min() < 0.5 * length:
                continue
            if _drawn(beside, near) >= _COVERED:
                known.append(beside)
                middles = np.vstack([middles, middle])
    return known


def _drawn(corners: NDArray[np.float32], near: Mask) -> float:
    """The share of a rectangle's outline that lies on straight runs."""
    shares = np.linspace(0, 1, 24, endpoint=False, dtype=np.float32)[:, None, None]
    points = np.rint(corners + shares * (np.roll(corners, -1, axis=0) - corners)).astype(int).reshape(-1, 2)
    height, width = near.shape
    inside = ((points >= 0) & (points < (width, height))).all(axis=1)
    x, y = points[inside].T
    return float(np.count_nonzero(near[y, x]) / len(points))


def _outermost(cells: list[NDArray[np.float32]]) -> list[NDArray[np.float32]]:
    """Cells that lie in no other: a box within a box is writing, but what holds several boxes is a sheet."""
    low = np.array([cell.min(axis=0) for cell in cells]).reshape(-1, 2)
    high = np.array([cell.max(axis=0) for cell in cells]).reshape(-1, 2)
    within = ((low[:, None] > low[None]) & (high[:, None] < high[None])).all(axis=2)  # row in column
    sheet = np.count_nonzero(within, axis=0) > 1
    inner = np.count_nonzero(within & ~sheet, axis=1) > 0
    return [cells[number] for number in np.flatnonzero(~(sheet | inner))]


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[2] == 1:
        return picture[..., 0]
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _shade(ink: Ink, grey: NDArray[np.uint8]) -> Ink:
    """How much of the paper's light each pixel lacks or has too much, unlike ink not cut off at 1."""
    paper = as_mask(cv2.compare(ink, _PALEST, cv2.CMP_LT))
    size = (max(1, grey.shape[1] // 4), max(1, grey.shape[0] // 4))
    blank = cv2.resize(paper, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    light = cv2.resize(grey & paper, size, interpolation=cv2.INTER_AREA).astype(np.float32)
    reach = (max(3, max(size) // 16 | 1),) * 2
    ground = (cv2.blur(light, reach) + 1) / (cv2.blur(blank, reach) + 1 / 255)
    ground = cv2.resize(ground, grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    missing = cv2.absdiff(grey.astype(np.float32), ground)
    return np.asarray(cv2.divide(missing, cv2.max(ground, 16.0)), np.float32)


def _without_crossings(ink: Ink, level: Mask, shade: Ink, pen: float) -> Mask:
    """Of level lines, what is not also a stroke that crosses them.

    Where the lines are paler than the pen, a stroke is what is darker; else it is where the ink is thicker
    than the line.
    """
    if not level.any():
        return np.zeros_like(level)
    lines = as_mask(cv2.dilate(level, np.ones((3, 1), np.uint8)))  # the edge that straight runs miss goes too
    tone = float(np.median(shade[level > 0]))
    if pen > _DARKER * tone:
        return as_mask(np.where(shade <= (pen * tone) ** 0.5, lines, 0))
    columns = np.count_nonzero(level, axis=0)
    edges = np.count_nonzero((level[1:] > 0) & (level[:-1] == 0), axis=0) + (level[0] > 0)
    width = float(columns.sum() / max(1, edges.sum()))
    thick = int(np.ceil(1.6 * width)) + 2
    inked = as_mask(cv2.compare(np.ascontiguousarray(ink), _INKED, cv2.CMP_GT))
    tall = cv2.morphologyEx(inked, cv2.MORPH_OPEN, np.ones((thick, 1), np.uint8))
    return as_mask(lines & ~as_mask(tall))


def _without_remains(ink: Ink, ruling: Ruling, sides: Mask) -> Ruling:
    """The ruling, and with it pieces of ink that lie on the sides of boxes and nowhere else."""
    if not len(ruling.cells):
        return ruling
    inked = as_mask(cv2.compare(ink, _INKED, cv2.CMP_GT) & ~ruling.taken)
    count, pieces = cv2.connectedComponents(inked, connectivity=8)
    area = np.bincount(pieces.ravel(), minlength=count)
    on_sides = np.bincount(pieces[sides > 0], minlength=count)
    gone = np.zeros(count, np.uint8)
    gone[on_sides >= _ON_SIDES * area] = 255
    gone[0] = 0
    return Ruling(ruling.cells, as_mask(ruling.taken | gone[pieces]))


def _transposed(picture: _Picture) -> _Picture:
    """Rows as columns, laid out anew: NumPy's own views of that kind are slow to compute with."""
    turned: _Picture = cv2.transpose(picture)
    return turned


def _grown(mask: Mask) -> Mask:
    return as_mask(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
