"""Words and drawings without a digit: what a reader of numbers has to leave out."""

from functools import lru_cache
from pathlib import Path

import cv2
import matplotlib
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Mask = NDArray[np.float32]
Points = NDArray[np.float64]

# Upright and slanted, and those most like a hand, out of the fonts that come with Matplotlib
_FONTS = (
    "DejaVuSans", "DejaVuSans-Oblique", "DejaVuSerif-Italic", "DejaVuSansMono", "STIXGeneralItalic",
    "STIXGeneral", "cmr10", "cmmi10", "cmss10", "cmtt10",
)  # fmt: skip
_WORDS = (
    "Name", "Datum", "please", "answer", "total", "Haus", "margin", "question", "student",
    "the quick brown fox", "Summe", "exam", "points", "Unterschrift", "school", "remember", "invoice",
    "milk and bread", "Garten", "phone", "address", "write here", "kitchen", "because", "Wednesday",
    "Klasse", "minutes", "between", "paper", "thank you",
)  # fmt: skip


def scatter(
    rng: np.random.Generator, size: tuple[int, int], height: float, count: int, kept_free: list[Points]
) -> Mask:
    """`count` words and drawings, as large as digits of `height` pixels or larger, none on another.

    Args:
        kept_free: quadrilaterals that nothing may come near.
    """
    layer = np.zeros(size, np.float32)
    taken = np.zeros(size, np.uint8)
    for box in kept_free:
        cv2.fillConvexPoly(taken, box.astype(np.int32), 1)
    taken = cv2.dilate(taken, np.ones((int(height) | 1, int(height * 2) | 1), np.uint8))
    for _ in range(count):
        drawn = _DRAWINGS[rng.choice(len(_DRAWINGS), p=_SHARES)](rng, height)
        room = np.array(size) * 0.86 - drawn.shape
        if room.min() <= 1:
            continue
        for _ in range(20):
            top, left = (np.array(size) * 0.07 + rng.uniform(0, 1, 2) * room).astype(int)
            where = np.s_[top : top + drawn.shape[0], left : left + drawn.shape[1]]
            if not taken[where].any():
                layer[where] = np.maximum(layer[where], drawn)
                taken[where] = 1
                break
    return layer


@lru_cache
def _font(name: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{name}.ttf", size)


def _word(rng: np.random.Generator, height: float) -> Mask:
    """A word in some font, shaken as a hand would and now and then slanted or crossed out."""
    word = str(rng.choice(_WORDS))
    font = _font(str(rng.choice(_FONTS)), int(height * rng.uniform(0.9, 1.5)))
    left, top, right, bottom = font.getbbox(word)
    margin = int(height * 0.35)
    picture = Image.new("L", (int(right - left) + 2 * margin, int(bottom - top) + 2 * margin))
    ImageDraw.Draw(picture).text((margin - left, margin - top), word, font=font, fill=255)
    mask = _shaken(rng, np.asarray(picture, np.float32) / 255, height * rng.uniform(0, 0.05))
    if rng.random() < 0.15:
        middle = np.linspace(margin, mask.shape[1] - margin, 8)
        wobble = mask.shape[0] / 2 + rng.normal(0, height * 0.08, 8)
        mask = np.maximum(mask, _curve(mask.shape, np.stack([middle, wobble], 1), height * 0.08))
    return mask


def _shaken(rng: np.random.Generator, mask: Mask, strength: float) -> Mask:
    """Moves every spot a little, smoothly."""
    height, width = mask.shape
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    for field in (x, y):
        coarse = rng.standard_normal((height // 12 + 2, width // 12 + 2)).astype(np.float32)
        field += strength * cv2.resize(
            cv2.GaussianBlur(coarse, (0, 0), 1), (width, height), interpolation=cv2.INTER_CUBIC
        )
    return cv2.remap(mask, x, y, cv2.INTER_LINEAR)


def _curve(size: tuple[int, ...], points: Points, width: float, *, closed: bool = False) -> Mask:
    """A smooth stroke through the points."""
    order = [*points, points[0]] if closed else points
    knots = np.array(order)
    at = np.linspace(0, len(knots) - 1, 24 * len(knots))
    index = np.clip(at.astype(int), 0, len(knots) - 2)
    share = (at - index)[:, None]
    before, here = knots[np.maximum(index - 1, 0)], knots[index]
    there, after = knots[index + 1], knots[np.minimum(index + 2, len(knots) - 1)]
    # Catmull and Rom's spline (1974)
    path = here + 0.5 * share * (
        there
        - before
        + share * (2 * before - 5 * here + 4 * there - after + share * (3 * (here - there) + after - before))
    )
    layer = np.zeros(size, np.float32)
    cv2.polylines(
        layer, [np.round(path * 16).astype(np.int32)], False, 1.0, max(1, round(width)), cv2.LINE_AA, 4
    )
    return layer


def _scribble(rng: np.random.Generator, height: float) -> Mask:
    side = np.array([rng.uniform(1.5, 3.5), rng.uniform(2, 5)]) * height
    points = rng.uniform(0.08, 0.92, (int(rng.integers(14, 30)), 2)) * side[::-1]
    return _curve(tuple(side.astype(int)), points, height * rng.uniform(0.05, 0.1))


def _crossing_out(rng: np.random.Generator, height: float) -> Mask:
    """A zigzag over a word."""
    mask = _word(rng, height)
    rows, columns = mask.shape
    x = np.linspace(0.06, 0.94, 2 * int(columns / height * 2) + 4) * columns
    y = np.where(np.arange(len(x)) % 2, 0.15, 0.85) * rows + rng.normal(0, 0.04, len(x)) * rows
    return np.maximum(mask, _curve(mask.shape, np.stack([x, y], 1), height * rng.uniform(0.06, 0.12)))


def _ring(rng: np.random.Generator, height: float) -> Mask:
    """A wobbly ring around a word."""
    word = _word(rng, height)
    rows, columns = int(word.shape[0] * 1.5), int(word.shape[1] * 1.25)
    angle = np.linspace(0, 2 * np.pi, 14, endpoint=False)
    radius = 0.46 + rng.normal(0, 0.01, 14)
    points = np.stack([np.cos(angle) * radius + 0.5, np.sin(angle) * radius + 0.5], 1) * (columns, rows)
    mask = _curve((rows, columns), points, height * 0.07, closed=True)
    top, left = (rows - word.shape[0]) // 2, (columns - word.shape[1]) // 2
    area = mask[top : top + word.shape[0], left : left + word.shape[1]]
    np.maximum(area, word, out=area)
    return mask


def _arrow(rng: np.random.Generator, height: float) -> Mask:
    length = height * rng.uniform(2, 5)
    size = (int(height * 2), int(length))
    start, end = np.array([0.06 * length, rng.uniform(0.3, 1.7) * height]), np.array([0.9 * length, height])
    bend = (start + end) / 2 + rng.normal(0, 0.15, 2) * height
    width = height * rng.uniform(0.05, 0.1)
    mask = _curve(size, np.array([start, bend, end]), width)
    for side in (-1, 1):
        tip = end - (0.5 * height, side * 0.3 * height)
        mask = np.maximum(mask, _curve(size, np.array([tip, end]), width))
    return mask[:, ::-1] if rng.random() < 0.5 else mask


def _blob(rng: np.random.Generator, height: float) -> Mask:
    """A blot, filled."""
    side = int(height * rng.uniform(0.8, 2.5))
    angle = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    radius = 0.36 + 0.03 * sum(np.sin(k * angle + rng.uniform(0, 6)) for k in (2, 3, 5))
    points = np.stack([np.cos(angle) * radius * rng.uniform(0.6, 1) + 0.5, np.sin(angle) * radius + 0.5], 1)
    layer = np.zeros((side, side), np.float32)
    cv2.fillPoly(layer, [np.round(points * side * 16).astype(np.int32)], 1.0, cv2.LINE_AA, 4)
    return layer


def _wave(rng: np.random.Generator, height: float) -> Mask:
    """A wavy underline."""
    length = height * rng.uniform(3, 7)
    x = np.linspace(0.04, 0.96, 14) * length
    y = height * (0.4 + rng.uniform(0, 0.25) * (np.arange(14) % 2) + rng.normal(0, 0.02, 14))
    return _curve((int(height), int(length)), np.stack([x, y], 1), height * rng.uniform(0.05, 0.1))


_DRAWINGS = (_word, _scribble, _crossing_out, _ring, _arrow, _blob, _wave)
_SHARES = (0.5, 0.1, 0.1, 0.1, 0.08, 0.06, 0.06)
