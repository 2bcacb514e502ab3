"""Removes ruled lines, squares and printed boxes from a page, and keeps the strokes that cross them.

Length distinguishes print from pen, not darkness: a ruled line is longer than many digits, and the sides of a
box meet at its corners. Colour distinguishes boxes that have their own (`inklens.reading.paper.pens`).
"""

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.pixels.ink import Ink
from inklens.reading.paper.boxes import find_boxes
from inklens.reading.paper.masks import SURE, Cells, Mask, as_mask, dilated, line_width, transposed
from inklens.reading.paper.pens import pen_by_colour
from inklens.reading.paper.straight_runs import SIDE, StraightRuns

_LONG = 0.4  # of the picture's side: least length of a ruled line
_SLIM = 60  # least length to width: with a pen of half a millimetre, a stroke of 3 centimetres
_SEVERAL = 3  # upright lines are ruled; fewer may be 1s of a fine pen,
_WHOLE = 0.97  # unless they are as long as this share of the side
_PALEST = 0.12  # ink of a ruled line that is worth removing
_INKED = 0.25  # ink of a stroke that may cross a line
_DARKER = 1.4  # times the lines' shade: a pen this dark is distinguished by its shade
_MOST_OF = 0.9  # least share of the boxes that is found again in the print alone
_PART = 1 / 8  # of the side, over which a ruled line is straight; as a whole it may be slightly bent
_MOST_SKEW = 15.0  # degrees by which a page may be turned
_ON_WALLS = 0.9  # share of a component on the walls of boxes, from which it is a remnant of them
_RIM, _RIM_SHARE = 1.0, 0.05  # pixels, and shares of a box's side, by which walls may reach into it


@dataclass(frozen=True, eq=False)
class Ruling:
    """Printed boxes of a page, and where its ink is print: strokes that cross the lines are left out.

    Args:
        squared: whether the boxes are the squares of squared paper, across whose lines one writes.
    """

    cells: Cells
    mask: Mask
    squared: bool = False


def find_ruling(ink: Ink, picture: NDArray[np.uint8]) -> Ruling:
    """Find ruled lines, squared paper and boxes.

    Args:
        picture: uint8 (H, W) or (H, W, 1 or 3), the page: its shades and colours show more than the ink.
    """
    picture = picture.reshape(*picture.shape[:2], -1)
    seen = as_mask(cv2.compare(ink, _PALEST, cv2.CMP_GT))
    sure = as_mask(cv2.compare(ink, SURE, cv2.CMP_GT))
    lines = _Lines(seen, sure)
    if not (lines.level.any() or lines.upright.any()):
        return Ruling(lines.cells, np.zeros_like(seen))
    written = None
    if len(lines.cells) and not lines.squared:
        written = pen_by_colour(ink, picture, lines.level | lines.upright, lines.cells)
    if written is not None:
        printed = _Lines(*_print_only(seen, sure, written), lines.slopes)
        if len(printed.cells) >= _MOST_OF * len(lines.cells):
            mask = _print_by_colour(printed, written)
            return _on_walls(ink, Ruling(printed.cells, mask), dilated(dilated(printed.sides)))
    mask = _print_by_shade(ink, _grey(picture), lines)
    return _on_walls(ink, Ruling(lines.cells, as_mask(mask & seen), lines.squared), lines.sides)


def without_ruling(ink: Ink, ruling: Ruling) -> Ink:
    """The ink with print set to 0."""
    return np.where(ruling.mask > 0, np.float32(0), ink)


class _Lines:
    """The lines of a page: straight runs that are ruled lines or the sides of boxes.

    Args:
        seen: where there is any ink.
        sure: where there is surely ink.
        slopes: of level and of upright lines, as `_line_slopes` gives them; None to measure them.

    Attributes:
        level, upright: where such lines are.
        cells, sides: the boxes, and the surroundings of their outlines.
        squared: whether ruled lines run both ways across the page, as on squared paper.
    """

    def __init__(self, seen: Mask, sure: Mask, slopes: tuple[list[float], list[float]] | None = None) -> None:
        self.slopes = slopes or _line_slopes(seen)
        across = StraightRuns(seen, self.slopes[0])
        down = StraightRuns(transposed(seen), [-slope for slope in self.slopes[1]])
        self.cells, self.sides = find_boxes(across, down, sure)
        self.level = _ruled_lines(across.at_least(max(SIDE, seen.shape[1] * _PART)), lone_strokes=False)
        self.upright = transposed(
            _ruled_lines(down.at_least(max(SIDE, seen.shape[0] * _PART)), lone_strokes=True)
        )
        self.squared = bool(self.level.any() and self.upright.any())
        if len(self.cells):
            self.level |= across.at_least(SIDE) & self.sides
            self.upright |= transposed(down.at_least(SIDE)) & self.sides


def _print_only(seen: Mask, sure: Mask, written: Mask) -> tuple[Mask, Mask]:
    """Seen and sure ink without the pen's; lines that the pen crosses stay whole."""
    pen = dilated(written)  # the edges of a dark stroke are as pale as print
    gap = line_width(written) + 4 | 1
    printed = seen & ~pen
    across = cv2.morphologyEx(printed, cv2.MORPH_CLOSE, np.ones((1, gap), np.uint8))
    down = cv2.morphologyEx(printed, cv2.MORPH_CLOSE, np.ones((gap, 1), np.uint8))
    return as_mask(printed | seen & (across | down)), as_mask(sure & ~pen)


def _print_by_shade(ink: Ink, grey: NDArray[np.uint8], lines: _Lines) -> Mask:
    """Print of the pen's colour: the lines without the darker or thicker strokes across them."""
    level, upright = lines.level, lines.upright
    shade = _shade(ink, grey)
    written = shade[(ink > SURE) & (dilated(level | upright) == 0)]
    pen = float(np.median(written)) if written.size else 0.0
    mask = _without_crossings(ink, level, shade, pen)
    mask = mask | transposed(_without_crossings(transposed(ink), transposed(upright), transposed(shade), pen))
    # Where a level line meets an upright one, each looks like a stroke across the other.
    meet = dilated(level) & dilated(upright)
    tone = float(np.median(shade[(level | upright) > 0]))
    mask |= meet if pen <= _DARKER * tone else meet & as_mask((shade <= (pen * tone) ** 0.5) * 255)
    return mask


def _print_by_colour(lines: _Lines, written: Mask) -> Mask:
    """Print in a colour of its own: the lines without the pen's ink."""
    thickness = line_width(lines.level | lines.upright) + 2 | 1  # odd, or OpenCV's closing is shifted
    upright = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((thickness, 1), np.uint8))
    level = cv2.morphologyEx(written, cv2.MORPH_CLOSE, np.ones((1, thickness), np.uint8))
    mask = dilated(lines.level) & ~upright | dilated(lines.upright) & ~level
    return as_mask(mask | lines.sides & ~(upright | level))


def _line_slopes(mask: Mask) -> tuple[list[float], list[float]]:
    """Slopes of the long level lines (dy/dx) and of the long upright ones (-dx/dy); [0.0] without any."""
    shrink = min(1.0, 700 / max(mask.shape))
    size = tuple(max(1, round(side * shrink)) for side in mask.shape[::-1])
    small = as_mask((cv2.resize(mask, size, interpolation=cv2.INTER_AREA) > 60) * 255)
    least = min(small.shape) * _PART * 2
    found = cv2.HoughLinesP(small, 1, np.pi / 360, int(least * 0.6), minLineLength=least, maxLineGap=4)
    if found is None:
        return [0.0], [0.0]
    ends = found.reshape(-1, 4).astype(np.float64)
    dx, dy = ends[:, 2] - ends[:, 0], ends[:, 3] - ends[:, 1]
    steep = np.tan(np.radians(_MOST_SKEW))
    level = np.abs(dy) <= steep * np.abs(dx)
    upright = np.abs(dx) <= steep * np.abs(dy)
    levels, uprights = _spread(dy[level] / dx[level]), _spread(-dx[upright] / dy[upright])
    # A page is turned as a whole: without long lines one way, those of the other way show its skew.
    return levels or uprights or [0.0], uprights or levels or [0.0]


def _spread(slopes: NDArray[np.float64]) -> list[float]:
    """Up to three slopes that represent all: perspective makes lines fan out. None for no slopes."""
    if not len(slopes):
        return []
    low, middle, high = np.quantile(slopes, [0.1, 0.5, 0.9])
    return [float(middle)] if high - low < 0.02 else [float(low), float(middle), float(high)]


def _ruled_lines(runs: Mask, lone_strokes: bool) -> Mask:
    """The level runs that continue across the page, longer and slimmer than a stroke.

    Args:
        lone_strokes: whether a lone line may be a 1, unless it runs from border to border.
    """
    width = runs.shape[1]
    joined = cv2.dilate(runs, np.ones((3, max(3, width // 50)), np.uint8))
    count, components = cv2.connectedComponents(joined, connectivity=8)
    area = np.bincount(components[runs > 0], minlength=count)
    length = np.zeros(count, np.int64)  # from outlines: OpenCV's statistics take six times as long
    for outline in cv2.findContours(joined, cv2.RETR_LIST, cv2.CHAIN_APPROX_SIMPLE)[0]:
        x, y = outline[0, 0]
        length[components[y, x]] = max(length[components[y, x]], cv2.boundingRect(outline)[2])
    kept = (length >= _LONG * width) & (length**2 >= _SLIM * area)
    kept[0] = False
    if lone_strokes and np.count_nonzero(kept) < _SEVERAL:
        kept &= length >= _WHOLE * width
    return as_mask((255 * kept.view(np.uint8))[components] & runs)


def _grey(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    if picture.shape[2] == 1:
        return picture[..., 0]
    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def _shade(ink: Ink, grey: NDArray[np.uint8]) -> Ink:
    """By how much each pixel differs from the paper's light, as a share of it; not limited to 1 as ink is."""
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
    """The level lines without the strokes that cross them.

    If the lines are paler than the pen, darker ink is a stroke; otherwise thicker ink is.
    """
    if not level.any():
        return np.zeros_like(level)
    lines = as_mask(cv2.dilate(level, np.ones((3, 1), np.uint8)))  # straight runs miss their edges
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


def _on_walls(ink: Ink, ruling: Ruling, sides: Mask) -> Ruling:
    """The ruling without ink well inside of boxes, and with the components that lie only on their walls."""
    if not len(ruling.cells):
        return ruling
    mask, walls = (ruling.mask, sides) if ruling.squared else _outside(ruling, sides)
    inked = as_mask(cv2.compare(ink, _INKED, cv2.CMP_GT) & ~mask)
    count, components = cv2.connectedComponents(inked, connectivity=8)
    area = np.bincount(components.ravel(), minlength=count)
    on_walls = np.bincount(components[walls > 0], minlength=count)
    gone = np.zeros(count, np.uint8)
    gone[on_walls >= _ON_WALLS * area] = 255
    gone[0] = 0
    return replace(ruling, mask=as_mask(mask | gone[components]))


def _outside(ruling: Ruling, sides: Mask) -> tuple[Mask, Mask]:
    """The print that is not well inside of a box, and the sides with the whole thickness of the walls."""
    within, inside = np.zeros_like(sides), np.zeros_like(sides)
    for corners in ruling.cells:
        middle = corners.mean(axis=0)
        half = float(np.abs(corners - middle).max())
        rim = (_RIM + _RIM_SHARE * 2 * half) / half
        for filled, share in ((within, 1.0), (inside, 1 - rim)):
            cv2.fillConvexPoly(filled, np.rint(middle + share * (corners - middle)).astype(np.int32), 255)
    mask = as_mask(ruling.mask & ~inside)
    reach = 2 * line_width(mask) + 1  # walls lie outside of the corners
    around = cv2.dilate(sides, np.ones((reach, reach), np.uint8))
    return mask, as_mask(sides | around & ~within)
