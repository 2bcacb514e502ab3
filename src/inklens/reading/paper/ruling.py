"""Takes ruled lines, squares and printed boxes off a page, and leaves the strokes that cross them.

What tells print from pen is length and company, not darkness: a ruling runs on for many digits, and the sides
of a box meet at its corners. Where boxes have a colour of their own, it is that (`inklens.reading.paper.pens`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.reading.paper.boxes import find_boxes
from inklens.reading.paper.page import Ink, Mask
from inklens.reading.paper.pens import pen_by_colour
from inklens.reading.paper.straight_ink import SIDE, StraightInk, as_mask, transposed

_LONG = 0.4  # of the picture's side that a ruling runs along
_SLIM = 60  # times as long as wide: with a pen of half a millimetre a stroke of 3 centimetres
_SEVERAL = 3  # upright lines make a ruling; fewer may be 1s with a fine pen,
_WHOLE = 0.97  # unless they run along so much of the side
_PALEST = 0.12  # ink of a ruling that is worth removing
_INKED = 0.25
_DARKER = 1.4  # times the ruling's shade: then the pen is told from it by its shade
_MOST_OF = 0.9  # of the boxes that were found before print was told from pen
_PART = 1 / 8  # of the side; a ruling is straight over so much of it, and goes on slightly bent
_MOST_TILT = 15.0  # degrees by which a page may be turned
_ONSIDES = 0.9  # of a piece of ink that is left of a box
_SURE = 0.5  # ink


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
        across = StraightInk(seen, self.tilts[0])
        down = StraightInk(transposed(seen), [-tilt for tilt in self.tilts[1]])
        self.cells, self.sides = find_boxes(across, down, sure)
        self.level = _rulings(across.runs(max(SIDE, seen.shape[1] * _PART)), lone_strokes=False)
        self.upright = transposed(_rulings(down.runs(max(SIDE, seen.shape[0] * _PART)), lone_strokes=True))
        self.squared = bool(self.level.any() and self.upright.any())
        if len(self.cells):
            self.level |= across.runs(SIDE) & self.sides
            self.upright |= transposed(down.runs(SIDE)) & self.sides


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
    taken = taken | transposed(
        _without_crossings(transposed(ink), transposed(upright), transposed(shade), pen)
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
    gone[on_sides >= _ONSIDES * area] = 255
    gone[0] = 0
    return Ruling(ruling.cells, as_mask(ruling.taken | gone[pieces]))


def _grown(mask: Mask) -> Mask:
    return as_mask(cv2.dilate(mask, np.ones((3, 3), np.uint8)))
