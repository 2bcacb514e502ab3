"""Stroke variants of digits: a 1 with an upstroke or a foot, a 7 with a bar or a hook.

MNIST was written in the United States. Elsewhere most people begin a 1 with an upstroke, and cross a 7; a
network that never saw it calls the one a 7 and the other a 4. So some of the training images are shown once
more with such strokes drawn in, of the digit's own width, and set in the frame anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.pixels import PixelSpec, place_ink, stroke_width
from inklens.pixels.ink import Ink

Point = tuple[float, float]  # row, column
Stroke = tuple[Point, Point]


def make_stroke_variants(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """A share of the ones and of the sevens that there are, with the strokes that they lack."""
    random = np.random.default_rng((seed, 17))
    for name, strokes in _STROKES.items():
        if name in data.class_names:
            label = data.class_names.index(name)
            there = np.flatnonzero(train.labels == label)
            chosen = np.sort(random.permutation(there)[: round(share * len(there))])
            for image in train.batch(chosen):
                yield _redrawn(image, strokes, data.spec, random), label


def _redrawn(
    image: NDArray[np.uint8],
    strokes: Callable[[Ink, np.random.Generator], list[Stroke]],
    spec: PixelSpec,
    random: np.random.Generator,
) -> NDArray[np.uint8]:
    """An image with strokes drawn in, framed again: uint8 (H, W, 1) -> uint8 (H, W, 1), 0-255."""
    margin = max(image.shape[:2]) // 2
    ink: Ink = np.pad(image[..., 0] / np.float32(255), margin)
    if not (ink > 0.5).any():
        return image
    width = max(stroke_width(ink), 1.0) * random.uniform(0.8, 1.1)
    for start, end in strokes(ink, random):
        ink = np.maximum(ink, _drawn(start, end, width, random.uniform(-0.12, 0.12), ink.shape))
    return place_ink(ink, spec)


def _one(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """An upstroke that ends in the head, and now and then a foot."""
    top, bottom, _, _ = _box(ink)
    height = bottom - top
    head = (top + 0.5, _middle(ink, top + 0.5))
    slant = np.degrees(np.arctan2(head[1] - _middle(ink, bottom - 0.5), height))
    # To the left of straight down; one that lay flatter would make a 7.
    angle = np.radians(min(max(slant, 0) + random.uniform(22, 50), 70))
    length = height * random.uniform(0.25, 0.75)
    strokes = [((head[0] + length * np.cos(angle), head[1] - length * np.sin(angle)), head)]
    if random.random() < 0.25:
        foot, half = _middle(ink, bottom - 0.5), height * random.uniform(0.18, 0.4)
        lift = half * random.uniform(-0.15, 0.15)
        strokes.append(((bottom - 0.5 + lift, foot - half), (bottom - 0.5 - lift, foot + half)))
    return strokes


def _seven(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """A bar across the stem, and now and then a hook at the left end of the top."""
    top, bottom, left, right = _box(ink)
    height = bottom - top
    row = top + height * random.uniform(0.38, 0.62)
    half = max(right - left, 0.5 * height) * random.uniform(0.25, 0.55)
    middle = _middle(ink, row) + half * random.uniform(-0.3, 0.3)
    lift = half * random.uniform(-0.15, 0.4)  # most bars rise to the right
    strokes = [((row + lift, middle - half), (row - lift, middle + half))]
    if random.random() < 0.5:
        rows = np.flatnonzero(ink[:, left + 1] > 0.3)
        start = float(rows.mean()) if len(rows) else float(top)
        strokes.append(
            ((start, left + 1.0), (start + height * random.uniform(0.12, 0.35), left + random.uniform(-2, 1)))
        )
    return strokes


_STROKES = {"1": _one, "7": _seven}


def _box(ink: Ink) -> tuple[int, int, int, int]:
    """First row, last row, first column, last column of the ink."""
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def _middle(ink: Ink, row: float) -> float:
    """The column of the ink's middle around a row."""
    band = ink[max(int(row) - 1, 0) : int(row) + 2].sum(axis=0)
    return float((band * np.arange(len(band))).sum() / max(band.sum(), 1e-6))


def _drawn(start: Point, end: Point, width: float, bend: float, shape: tuple[int, ...]) -> Ink:
    """A stroke bent by a share of its length: float32 of `shape`, 0-1, its edges fading over a pixel."""
    first, last = np.array(start), np.array(end)
    across = np.array([last[1] - first[1], first[0] - last[0]])
    steps = np.linspace(0, 1, 12)[:, None]
    path = first + steps * (last - first) + 4 * bend * steps * (1 - steps) * across  # (12, 2)
    places = np.moveaxis(np.mgrid[: shape[0], : shape[1]], 0, -1)  # (H, W, 2)
    distance = np.linalg.norm(places[:, :, None] - path, axis=-1).min(axis=2)
    drawn: Ink = np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return drawn
