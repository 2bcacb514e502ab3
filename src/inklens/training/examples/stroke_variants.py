"""Stroke variants of digits: 1 with an upstroke or a foot, 7 with a bar or a hook, 9 with a curled tail.

MNIST was written in the United States. Elsewhere most people begin a 1 with an upstroke, cross a 7 and curl
the tail of a 9; a network that never saw it calls them 7, 4 and 3. So some of the training images are shown
once more with such strokes drawn in, of the digit's own width, and set in the frame anew. A 3 whose upper bow
is closed is such a 9 too, written in one go.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.pixels import PixelSpec, place_ink, stroke_width
from inklens.pixels.ink import Ink

Point = tuple[float, float]  # row, column


class Stroke(NamedTuple):
    """From one point to another, bent by a share of its length: to the right of who walks it, if above 0."""

    start: Point
    end: Point
    bend: float


class Variant(NamedTuple):
    """Which digits get strokes, which digit they then are, and the strokes."""

    of: str
    becomes: str
    strokes: Callable[[Ink, np.random.Generator], list[Stroke]]


def make_stroke_variants(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """A share of the digits that have a variant, with its strokes drawn in.

    Yields:
        The image, uint8 (H, W, 1), 0-255, and its label.
    """
    random = np.random.default_rng((seed, 17))
    names = data.class_names
    for variant in _VARIANTS:
        if variant.of in names and variant.becomes in names:
            there = np.flatnonzero(train.labels == names.index(variant.of))
            chosen = np.sort(random.permutation(there)[: round(share * len(there))])
            for image in train.batch(chosen):
                yield _redrawn(image, variant.strokes, data.spec, random), names.index(variant.becomes)


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
    for stroke in strokes(ink, random):
        ink = np.maximum(ink, _drawn(stroke, width, ink.shape))
    return place_ink(ink, spec)


def _one(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """An upstroke that ends in the head, and now and then a foot."""
    top, bottom, _, _ = _box(ink)
    height = bottom - top
    head = (top + 0.5, _middle(ink, top + 0.5))
    slant = np.degrees(np.arctan2(head[1] - _middle(ink, bottom - 0.5), height))
    # To the left of straight down; one that lay flatter would make a 7.
    angle = np.radians(min(max(slant, 0) + random.uniform(20, 50), 70))
    length = height * random.uniform(0.25, 0.9)
    start = (head[0] + length * np.cos(angle), head[1] - length * np.sin(angle))
    strokes = [Stroke(start, head, _slight(random))]
    if random.random() < 0.35:
        foot, half = _middle(ink, bottom - 0.5), height * random.uniform(0.18, 0.45)
        lift = half * random.uniform(-0.15, 0.35)
        ends = (bottom - 0.5 + lift, foot - half), (bottom - 0.5 - lift, foot + half)
        strokes.append(Stroke(*ends, _slight(random)))
    return strokes


def _seven(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """A bar across the stem, and now and then a hook at the left end of the top."""
    top, bottom, left, right = _box(ink)
    height = bottom - top
    row = top + height * random.uniform(0.38, 0.75)
    half = max(right - left, 0.5 * height) * random.uniform(0.25, 0.55)
    middle = _middle(ink, row) + half * random.uniform(-0.3, 0.3)
    lift = half * random.uniform(-0.15, 0.4)  # most bars rise to the right
    strokes = [Stroke((row + lift, middle - half), (row - lift, middle + half), _slight(random))]
    if random.random() < 0.6:
        rows = np.flatnonzero(ink[:, left + 1] > 0.3)
        start = (float(rows.mean()) if len(rows) else float(top), left + 1.0)
        # One that reached the bar would close a loop, as a 9 has it.
        long = max(row - start[0] - 0.15 * height, 0.15 * height) * random.uniform(0.4, 1)
        peak = (start[0] - height * random.uniform(0, 0.15), start[1] - height * random.uniform(0, 0.12))
        end = (start[0] + long, peak[1] - height * random.uniform(-0.05, 0.25))
        strokes += [Stroke(start, peak, 0.0), Stroke(peak, end, _slight(random))]
    return strokes


def _nine(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """A tail that goes on from the end of the stem to the left."""
    top, bottom, _, _ = _box(ink)
    height = bottom - top
    start = (bottom - 0.5, _middle(ink, bottom - 0.5))
    end = (start[0] - height * random.uniform(-0.1, 0.25), start[1] - height * random.uniform(0.25, 0.75))
    return [Stroke(start, end, random.uniform(-0.4, -0.05))]


def _three(ink: Ink, random: np.random.Generator) -> list[Stroke]:
    """What closes the upper bow on its left."""
    top, bottom, _, _ = _box(ink)
    upper, waist = (
        _leftmost(ink, top + first * (bottom - top), top + last * (bottom - top))
        for first, last in ((0.0, 0.35), (0.35, 0.62))
    )
    return [Stroke(upper, waist, random.uniform(0.15, 0.7))]


_VARIANTS = (
    Variant("1", "1", _one),
    Variant("7", "7", _seven),
    Variant("9", "9", _nine),
    Variant("3", "9", _three),
)


def _slight(random: np.random.Generator) -> float:
    """The bend of a stroke that is meant to be straight."""
    return random.uniform(-0.12, 0.12)


def _box(ink: Ink) -> tuple[int, int, int, int]:
    """First row, last row, first column, last column of the ink."""
    rows, columns = (np.flatnonzero((ink > 0.5).any(axis=axis)) for axis in (1, 0))
    return int(rows[0]), int(rows[-1]), int(columns[0]), int(columns[-1])


def _middle(ink: Ink, row: float) -> float:
    """The column of the ink's middle around a row."""
    band = ink[max(int(row) - 1, 0) : int(row) + 2].sum(axis=0)
    return float((band * np.arange(len(band))).sum() / max(band.sum(), 1e-6))


def _leftmost(ink: Ink, first: float, last: float) -> Point:
    """The ink that lies furthest to the left between two rows, half a pixel inside."""
    rows, columns = np.nonzero(ink[round(first) : round(last) + 1] > 0.5)
    if not len(rows):
        return first, float(ink.shape[1] // 2)
    at = columns.argmin()
    return float(rows[at] + round(first)), columns[at] + 0.5


def _drawn(stroke: Stroke, width: float, shape: tuple[int, ...]) -> Ink:
    """A stroke of a width in pixels: float32 of `shape`, 0-1, its edges fading over a pixel."""
    first, last = np.array(stroke.start), np.array(stroke.end)
    across = np.array([last[1] - first[1], first[0] - last[0]])
    steps = np.linspace(0, 1, 12)[:, None]
    path = first + steps * (last - first) + 4 * stroke.bend * steps * (1 - steps) * across  # (12, 2)
    places = np.moveaxis(np.mgrid[: shape[0], : shape[1]], 0, -1)  # (H, W, 2)
    distance = np.linalg.norm(places[:, :, None] - path, axis=-1).min(axis=2)
    drawn: Ink = np.clip(width / 2 + 0.5 - distance, 0, 1).astype(np.float32)
    return drawn
