"""Ink that is no digit, made of the training images: what a network must see to know when it does not know.

A network that has seen digits only calls most letters digits, and half a digit too. It, or the OOD detector
beside it (`inklens.training.ood_detector`), is shown outliers (outlier exposure; Hendrycks, Mazeika and
Dietterich 2019, "Deep anomaly detection with outlier exposure"), whose target is the same probability for
every class, or the detector's "no digit": digits that touch, halves of digits, digits mirrored or turned
where that makes no digit, one written over another, scribbles and patches. They are what a page holds besides
digits, and what a wrong cut leaves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.pixels import place_ink
from inklens.pixels.ink import Ink

NO_CLASS = -1  # the label of an outlier

DIGITS = tuple("0123456789")
_PALEST = 0.3
# Digits that are none any more when seen in a mirror, upside down, turned by a quarter or by half.
_MIRRORED, _UPSIDE_DOWN, _QUARTER, _HALF = "34679", "47", "12345679", "347"
_CANVAS = 40  # pixels


class _Drawn(NamedTuple):
    """A training image's ink, cropped, and the digit that it is."""

    ink: Ink
    name: str


def make_digit_outliers(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """As many outliers as this share of the training images, which are digits; their label is `NO_CLASS`."""
    missing = round(share * len(train))
    random = np.random.default_rng((seed, 23))
    images = train.whole()[..., 0]
    while missing:
        one, other = (
            _Drawn(_cropped(images[at] / np.float32(255)), data.class_names[train.labels[at]])
            for at in random.integers(len(train), size=2)
        )
        make = _WAYS[random.integers(len(_WAYS))] if one.ink.size and other.ink.size else _scribble
        ink = make(random, one, other)
        framed = None if ink is None else place_ink(np.pad(ink, 2), data.spec)
        if framed is not None and framed.max() > 255 * _PALEST:
            yield framed, NO_CLASS
            missing -= 1


def _side_by_side(random: np.random.Generator, one: _Drawn, other: _Drawn) -> Ink:
    """Two digits that touch."""
    (tall, wide), (other_tall, other_wide) = one.ink.shape, other.ink.shape
    shared = min(int(random.integers(0, 5)), wide // 2, other_wide // 2)
    height, width = max(tall, other_tall) + 6, wide + other_wide - shared
    pair = np.zeros((height, width), np.float32)
    top, other_top = (int(random.integers(0, height - side + 1)) for side in (tall, other_tall))
    pair[top : top + tall, :wide] = one.ink
    beside = pair[other_top : other_top + other_tall, width - other_wide :]
    np.maximum(beside, other.ink, out=beside)
    return pair


def _middle_of_two(random: np.random.Generator, one: _Drawn, other: _Drawn) -> Ink:
    """What lies between two wrong cuts: the end of a digit and the beginning of the next."""
    pair = _side_by_side(random, one, other)
    left = int(random.uniform(0.35, 0.65) * one.ink.shape[1])
    right = pair.shape[1] - int(random.uniform(0.35, 0.65) * other.ink.shape[1])
    return pair[:, left:right]


def _part(random: np.random.Generator, one: _Drawn, _: _Drawn) -> Ink | None:
    """One side of a digit that was cut through; None where it is as narrow as a 1."""
    height, width = one.ink.shape
    rows, columns = np.mgrid[:height, :width]
    cut = random.uniform(0.35, 0.65) * width + random.uniform(-0.3, 0.3) * (rows - height / 2)
    side = columns < cut if random.random() < 0.5 else columns >= cut
    part = _cropped(np.where(side, one.ink, np.float32(0)))
    return part if part.shape[1] >= 0.5 * part.shape[0] else None


def _written_over(random: np.random.Generator, one: _Drawn, other: _Drawn) -> Ink | None:
    """Two different digits in one place, as where one was corrected; None for a 1, which adds too little."""
    if one.name == other.name or "1" in (one.name, other.name):
        return None
    (tall, wide), (other_tall, other_wide) = one.ink.shape, other.ink.shape
    height, width = max(tall, other_tall), max(wide, other_wide) + int(random.integers(0, 8))
    both = np.zeros((height, width), np.float32)
    both[(height - tall) // 2 :][:tall, :wide] = one.ink
    over = both[(height - other_tall) // 2 :][:other_tall, width - other_wide :]
    np.maximum(over, other.ink, out=over)
    return both


def _turned(random: np.random.Generator, one: _Drawn, _: _Drawn) -> Ink | None:
    """A digit mirrored or turned; None where it stays a digit. Many become letters: E, m, w, N, h, L."""
    turns: list[Callable[[Ink], Ink]] = []
    turns += [np.fliplr] if one.name in _MIRRORED else []
    turns += [np.flipud] if one.name in _UPSIDE_DOWN else []
    turns += [np.rot90, lambda ink: np.rot90(ink, 3)] if one.name in _QUARTER else []
    turns += [lambda ink: np.rot90(ink, 2)] if one.name in _HALF else []
    return np.ascontiguousarray(turns[random.integers(len(turns))](one.ink)) if turns else None


def _scribble(random: np.random.Generator, _: _Drawn, __: _Drawn) -> Ink:
    """A pen that wanders about."""
    corners = int(random.integers(8, 18))
    path = np.cumsum(random.normal(size=(corners, 2)), axis=0)
    at = np.linspace(0, corners - 1, 80)
    path = np.stack([np.interp(at, np.arange(corners), path[:, axis]) for axis in (0, 1)], axis=1)
    rounded = cv2.blur(path, (1, int(random.integers(1, 8))))
    rounded -= rounded.min(axis=0)
    rounded *= (_CANVAS - 8) / rounded.max()
    drawn = np.zeros((_CANVAS, _CANVAS), np.uint8)
    points = np.rint((rounded + 4) * 16).astype(np.int32)  # sixteenths of a pixel
    cv2.polylines(drawn, [points], False, 255, int(random.integers(1, 5)), cv2.LINE_AA, shift=4)
    return np.asarray(drawn / np.float32(255), np.float32)


def _patch(random: np.random.Generator, _: _Drawn, __: _Drawn) -> Ink:
    """Something that is no writing: a rectangle or ellipse with clouds in it, or clouds with edges."""
    clouds = random.normal(size=(_CANVAS, _CANVAS)).astype(np.float32)
    clouds = cv2.GaussianBlur(clouds, (0, 0), random.uniform(1, 6))[6:34, 6:34]
    clouds = cv2.normalize(clouds, None, 0, 1, cv2.NORM_MINMAX)
    if random.random() < 0.5:
        clouds = np.clip((clouds - random.uniform(0.4, 0.65)) * random.uniform(4, 20), 0, 1)
    outline = np.zeros_like(clouds)
    half = [int(side) for side in random.integers(8, 14, 2)]
    if random.random() < 0.5:
        cv2.ellipse(outline, (14, 14), half, 0, 0, 360, 1, -1)
    else:
        cv2.rectangle(outline, (14 - half[0], 14 - half[1]), (14 + half[0], 14 + half[1]), 1, -1)
    return np.asarray(outline * (clouds if random.random() < 0.7 else 0.4 + 0.6 * clouds), np.float32)


# Twice: what most often stands on a page.
_WAYS: tuple[Callable[[np.random.Generator, _Drawn, _Drawn], Ink | None], ...] = (
    *(_side_by_side, _turned) * 2,
    *(_middle_of_two, _part, _written_over, _scribble, _patch),
)


def _cropped(ink: Ink) -> Ink:
    """float32 (H, W) -> the least rectangle that holds its ink; of size 0 where there is none."""
    left, top, width, height = cv2.boundingRect((ink > _PALEST).astype(np.uint8))
    return ink[top : top + height, left : left + width]
