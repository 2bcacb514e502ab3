"""MNIST's test digits as crisp strokes of any size and width, and numbers set out of them.

Only test digits are drawn on, so that a network trained on MNIST's training images has seen none of them.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

import inklens
from inklens.datasets.places import find_mnist

Mask = NDArray[np.float32]  # (H, W), 0 for paper to 1 for ink
Box = tuple[float, float, float, float]  # left, top, right, bottom

_UPSCALING = 8


class Glyph(NamedTuple):
    """One digit, tight to its ink."""

    label: int
    mask: Mask


@dataclass(frozen=True)
class Setting:
    """A number before it is put on paper: its ink, and where in it each digit and each cell of a form is."""

    mask: Mask
    labels: tuple[int, ...]
    boxes: tuple[Box, ...]
    cells: tuple[Box, ...] = ()


@lru_cache(maxsize=1)
def _source() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    test = inklens.load("mnist" if find_mnist() else "sample").test
    return test.whole()[..., 0], test.labels


def draw_digit(rng: np.random.Generator, height: float, stroke: float, *, broken: bool) -> Glyph:
    """A random test digit `height` pixels high with strokes about `stroke` of its height wide.

    The picture is enlarged by cubic interpolation and cut off at about half ink, then grown or shrunk by its
    distance map. Growing stops before a loop closes and shrinking before a stroke breaks.

    Args:
        broken: a thin slit is cut through it, across one stroke, as a skipping pen leaves it.
    """
    images, labels = _source()
    chosen = rng.integers(len(labels))
    large = cv2.resize(images[chosen], None, fx=_UPSCALING, fy=_UPSCALING, interpolation=cv2.INTER_CUBIC)
    smooth = cv2.GaussianBlur(large, (0, 0), _UPSCALING * 0.4)
    solid = _tight(_cut_off(smooth), _UPSCALING * 4)
    mask = _tight(_with_stroke(solid, stroke * int(solid.any(1).sum())), 0)
    # A digit that is wider than high keeps its width in bounds, as in a hand's writing.
    scale = min(height / len(mask), height / (14.0 * _UPSCALING))
    if broken:
        mask = _slit(rng, mask, width=max(rng.uniform(0.03, 0.07) * len(mask), 2 / scale))
    size = (max(1, round(mask.shape[1] * scale)), max(1, round(mask.shape[0] * scale)))
    fitted = cv2.resize(mask, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return Glyph(int(labels[chosen]), _tight(fitted, 0))


def _cut_off(smooth: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """1 where there is ink: at 45% of the darkest ink near by, so that faint strokes stay whole."""
    reach = 2 * _UPSCALING
    near = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
    darkest = cv2.GaussianBlur(cv2.dilate(smooth, near).astype(np.float32), (0, 0), reach / 2)
    return (smooth > 0.45 * np.maximum(darkest, 90)).astype(np.uint8)


def _tight(mask: NDArray, margin: int) -> NDArray:
    """Cut to the ink, with `margin` empty pixels around it."""
    rows, columns = np.flatnonzero((mask > 0.3).any(1)), np.flatnonzero((mask > 0.3).any(0))
    return np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], margin)


def _shapes(solid: NDArray[np.uint8]) -> tuple[int, int]:
    """How many strokes and how many patches of paper there are: equal as long as loops and joints stay."""
    return cv2.connectedComponents(solid)[0], cv2.connectedComponents(1 - solid, connectivity=4)[0]


def _with_stroke(solid: NDArray[np.uint8], stroke: float) -> Mask:
    inside = cv2.distanceTransform(solid, cv2.DIST_L2, 5)
    outside = cv2.distanceTransform(1 - solid, cv2.DIST_L2, 5)
    ridge = (inside >= cv2.dilate(inside, np.ones((3, 3)))) & (inside > 1)
    growth = stroke / 2 - float(np.median(inside[ridge]))
    signed = inside - outside
    for _ in range(4):
        if _shapes((signed > -growth).astype(np.uint8)) == _shapes(solid):
            break
        growth /= 2
    else:
        growth = 0.0
    return np.clip(0.5 + (signed + growth) / _UPSCALING * 2, 0, 1).astype(np.float32)


def _slit(rng: np.random.Generator, mask: Mask, width: float) -> Mask:
    """A slit across one stroke, somewhere on its middle line."""
    inside = cv2.distanceTransform((mask > 0.5).astype(np.uint8), cv2.DIST_L2, 5)
    ridge = np.argwhere((inside >= cv2.dilate(inside, np.ones((3, 3)))) & (inside > 1))
    y, x = rng.choice(ridge)
    half = 1.6 * inside[y, x]  # a little more than the stroke, and no second one
    direction = np.array([np.cos(angle := rng.uniform(0, np.pi)), np.sin(angle)]) * half
    ends = [tuple(int(value) for value in (x, y) + side * direction) for side in (-1, 1)]
    return mask * (1 - cv2.line(np.zeros_like(mask), *ends, 1.0, max(1, round(width)), cv2.LINE_AA))


def set_number(
    rng: np.random.Generator,
    glyphs: list[Glyph],
    *,
    height: float,
    gap: tuple[float, float],
    jitter: float,
    touching: float,
) -> Setting:
    """Digits beside each other, as near as their strokes (not their boxes) say.

    Args:
        gap: least and most empty space between the strokes of adjacent digits, in digit heights.
        jitter: how far digits leave the baseline, in digit heights.
        touching: the share of adjacent digits whose strokes run into each other.
    """
    margin = int(height * 0.5) + 2
    rows = int(height * 1.6) + 2 * margin
    columns = sum(glyph.mask.shape[1] for glyph in glyphs) + int(height * len(glyphs)) + 2 * margin
    canvas = np.zeros((rows, columns), np.float32)
    boxes: list[Box] = []
    for glyph in glyphs:
        digit_height, width = glyph.mask.shape
        bottom = margin + height * 1.2 + rng.uniform(-jitter, jitter) * height
        top = int(np.clip(bottom - digit_height, 0, rows - digit_height))
        left = margin
        if boxes:
            touches = rng.random() < touching
            space = -rng.uniform(0.02, 0.06) if touches else rng.uniform(*gap)
            contact = _contact(canvas, glyph.mask, top, 0 if touches else int(height * 0.06) + 1)
            least = int(boxes[-1][0] + 0.7 * (boxes[-1][2] - boxes[-1][0]))
            left = max(contact + round(space * height), least)
        area = canvas[top : top + digit_height, left : left + width]
        np.maximum(area, glyph.mask, out=area)
        boxes.append((left, top, left + width, top + digit_height))
    used = int(max(box[2] for box in boxes)) + margin
    return Setting(canvas[:, :used], tuple(glyph.label for glyph in glyphs), tuple(boxes))


def _contact(canvas: Mask, mask: Mask, top: int, reach: int) -> int:
    """The left edge at which `mask` just touches the ink on the canvas, seen `reach` rows up and down."""
    before = cv2.dilate((canvas > 0.3).astype(np.uint8), np.ones((2 * reach + 1, 1), np.uint8))
    before = before[top : top + len(mask)]
    ink = mask > 0.3
    both = before.any(1) & ink.any(1)
    if not both.any():
        return int(np.flatnonzero(canvas.max(0) > 0.3)[-1]) + 1
    right = before.shape[1] - before[:, ::-1].argmax(1)
    return int((right - ink.argmax(1))[both].max())


def set_in_cells(rng: np.random.Generator, glyphs: list[Glyph], *, height: float, space: float) -> Setting:
    """One digit a cell of a form; off the middle now and then, so that strokes meet the cell's sides.

    Args:
        space: between cells, in digit heights; 0 makes adjacent cells share a side.
    """
    widest = max(glyph.mask.shape[1] for glyph in glyphs)
    side = max(height * rng.uniform(1.25, 1.6), widest * 1.15)
    margin, step = int(height * 0.3) + 2, side + space * height
    canvas = np.zeros((int(side) + 2 * margin, int(step * len(glyphs)) + 2 * margin), np.float32)
    boxes: list[Box] = []
    cells: list[Box] = []
    for position, glyph in enumerate(glyphs):
        digit_height, width = glyph.mask.shape
        x, y = margin + position * step, float(margin)
        reach = 0.5 * np.clip(rng.normal(0, 0.45, 2), -1, 1) * (side - width, side - digit_height)
        left = int(x + (side - width) / 2 + reach[0])
        top = int(y + (side - digit_height) / 2 + reach[1])
        area = canvas[top : top + digit_height, left : left + width]
        np.maximum(area, glyph.mask, out=area)
        boxes.append((left, top, left + width, top + digit_height))
        cells.append((x, y, x + side, y + side))
    return Setting(canvas, tuple(glyph.label for glyph in glyphs), tuple(boxes), tuple(cells))
