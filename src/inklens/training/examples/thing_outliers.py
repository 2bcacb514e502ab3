"""Pictures that show nothing: what a network for things must see to know when it does not know.

A network that has seen its own classes only is sure of noise and of stripes. So it is shown outliers (outlier
exposure; Hendrycks, Mazeika and Dietterich 2019, "Deep anomaly detection with outlier exposure"), whose
target is the same probability for every class. No other data set is needed for them: they are noise, clouds,
waves, heaps of shapes ("dead leaves"; Baradad et al. 2021, "Learning to see by looking at noise"), a single
shape on an even ground, strokes of a pen, and training images whose parts were shuffled or which lie over
one another.
"""

import math
from collections.abc import Callable, Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.training.examples.digit_outliers import NO_CLASS

# Beyond, a larger set needs no more of them; they are held in memory.
MOST, MOST_BYTES = 20_000, 2**27

Image = NDArray[np.float32]  # (H, W, C), 0 to 1


def make_thing_outliers(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """As many outliers as this share of the training images, at most `MOST` and `MOST_BYTES` of them; their
    label is `NO_CLASS`."""
    random = np.random.default_rng((seed, 29))
    size = math.prod(data.image_shape)
    for _ in range(min(round(share * len(train)), MOST, MOST_BYTES // size)):
        one, other = train.batch(random.integers(len(train), size=2)) / np.float32(255)
        make = _WAYS[random.integers(len(_WAYS))]
        yield np.rint(255 * np.clip(make(random, one, other), 0, 1)).astype(np.uint8), NO_CLASS


def _noise(random: np.random.Generator, one: Image, _: Image) -> Image:
    """Every pixel by itself, or a few of them together, in colours or in one."""
    height, width, channels = one.shape
    grain = 1 if random.random() < 0.5 else int(random.integers(2, 1 + max(2, min(height, width) // 4)))
    rows, columns = -(-height // grain), -(-width // grain)
    shape = (rows, columns, channels if random.random() < 0.5 else 1)
    drawn = random.random(shape) if random.random() < 0.5 else random.normal(0.5, 0.25, shape)
    noise = np.kron(drawn, np.ones((grain, grain, 1)))[:height, :width]
    return _coloured(random, noise.astype(np.float32), channels)


def _clouds(random: np.random.Generator, one: Image, _: Image) -> Image:
    """Noise that was blurred, with edges in half of the cases."""
    height, width, channels = one.shape
    noise = random.normal(size=(height, width, channels if random.random() < 0.5 else 1))
    blurred = cv2.GaussianBlur(
        noise.astype(np.float32), (0, 0), random.uniform(0.5, min(height, width) / 6)
    ).reshape(noise.shape)
    tones = _from_0_to_1(blurred)
    if random.random() < 0.5:
        tones = np.clip((tones - random.uniform(0.35, 0.65)) * random.uniform(3, 20) + 0.5, 0, 1)
    return _coloured(random, tones, channels)


def _waves(random: np.random.Generator, one: Image, _: Image) -> Image:
    """Stripes, or two kinds of stripes over one another; with hard edges chequers."""
    height, width, channels = one.shape
    y, x = np.mgrid[:height, :width].astype(np.float32)
    tones = np.ones((height, width), np.float32)
    for _wave in range(int(random.integers(1, 3))):
        angle, length = random.uniform(0, np.pi), random.uniform(2.5, min(height, width) / 1.5)
        along = np.float32(np.cos(angle)) * x + np.float32(np.sin(angle)) * y
        tones *= np.sin(2 * np.pi * (along / np.float32(length) + np.float32(random.random())))
    steepness = np.float32(1 if random.random() < 0.5 else 20)
    return _coloured(random, 0.5 + np.clip(tones * steepness, -1, 1)[..., None] / 2, channels)


def _heap(random: np.random.Generator, one: Image, _: Image) -> Image:
    """Many shapes that cover one another."""
    height, width, channels = one.shape
    picture = np.empty((height, width, channels), np.float32)
    picture[:] = random.random(channels)
    for _each in range(int(random.integers(5, 40))):
        shape = _shape(random, height, width, 0.03, 0.35)
        picture[shape] = random.random(channels)
    return picture


def _alone(random: np.random.Generator, one: Image, other: Image) -> Image:
    """One shape, filled with clouds, waves, noise or a colour, on an even ground."""
    height, width, channels = one.shape
    fill = (_clouds, _waves, _noise)[random.integers(3)](random, one, other)
    if random.random() < 0.3:
        fill[:] = random.random(channels)
    picture = np.empty_like(fill)
    picture[:] = random.random(channels) if random.random() < 0.5 else random.integers(2)
    shape = _shape(random, height, width, 0.2, 0.48, middle=True)
    picture[shape] = fill[shape]
    return picture


def _strokes(random: np.random.Generator, one: Image, _: Image) -> Image:
    """A pen that wanders over an even ground."""
    height, width, channels = one.shape
    corners = int(random.integers(4, 14))
    path = random.normal(size=(corners, 2)).cumsum(axis=0)
    path -= path.min(axis=0)
    path *= random.uniform(0.5, 0.9) * np.array([width, height]) / np.maximum(path.max(axis=0), 1e-6)
    path += random.uniform(0.05, 0.2, 2) * [width, height]
    drawn = np.zeros((height, width), np.uint8)
    thickness = int(random.integers(1, 2 + min(height, width) // 10))
    points = np.rint(path * 16).astype(np.int32)  # sixteenths of a pixel
    cv2.polylines(drawn, [points], False, 255, thickness, cv2.LINE_AA, shift=4)
    return _coloured(random, (drawn[..., None] / 255).astype(np.float32), channels)


def _shuffled(random: np.random.Generator, one: Image, __: Image) -> Image:
    """The tiles of a training image in another order."""
    height, width, _ = one.shape
    tiles = int(random.integers(3, max(4, min(height, width) // 3)))
    rows, columns = (np.linspace(0, side, tiles + 1).astype(int) for side in (height, width))
    tall, wide = np.diff(rows), np.diff(columns)
    taken = random.permutation(tiles * tiles).reshape(tiles, tiles)
    taken = taken.repeat(tall, axis=0).repeat(wide, axis=1)  # (H, W): which tile each pixel is from
    down = np.arange(height) - rows[:-1].repeat(tall)  # in its tile; a larger place repeats the last row
    right = np.arange(width) - columns[:-1].repeat(wide)
    picture: Image = one[
        rows[taken // tiles] + np.minimum(down, tall.min() - 1)[:, None],
        columns[taken % tiles] + np.minimum(right, wide.min() - 1),
    ]
    return picture


def _over_one_another(random: np.random.Generator, one: Image, other: Image) -> Image:
    """The mean of a training image and another that stands on its head."""
    return np.asarray((one + other[::-1]) / 2, np.float32)


# Twice: what is furthest from the training images is learnt last.
_WAYS: tuple[Callable[[np.random.Generator, Image, Image], Image], ...] = (
    *(_noise, _clouds, _waves, _alone) * 2,
    *(_heap, _strokes, _shuffled, _over_one_another),
)


def _from_0_to_1(tones: Image) -> Image:
    low, high = tones.min(), tones.max()
    return np.asarray((tones - low) / max(high - low, np.float32(1e-6)), np.float32)


def _coloured(random: np.random.Generator, tones: Image, channels: int) -> Image:
    """Tones (H, W, 1) go from one colour to another; of more channels each is a colour's own."""
    if tones.shape[-1] == channels > 1:
        return tones
    if random.random() < 0.3:  # black to white, either way
        first, second = np.zeros(channels), np.ones(channels)
        first, second = (first, second) if random.random() < 0.5 else (second, first)
    else:
        first, second = random.random((2, channels))
    return np.asarray(first + tones[..., :1] * (second - first), np.float32)


def _shape(
    random: np.random.Generator, height: int, width: int, least: float, most: float, *, middle: bool = False
) -> NDArray[np.bool_]:
    """Where an ellipse, a rectangle or a polygon lies: bool (H, W); its half sides as shares of the image."""
    half = random.uniform(least, most, 2) * [width, height]
    centre = np.array([width, height]) * (random.uniform(0.4, 0.6, 2) if middle else random.random(2))
    corners = int(random.integers(3, 9))
    angles = np.sort(random.uniform(0, 2 * np.pi, 40 if corners == 8 else corners))
    if corners == 4:
        angles = np.arange(4) * np.pi / 2 + random.uniform(0, np.pi)
    points = centre + half * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    drawn = np.zeros((height, width), np.uint8)
    cv2.fillPoly(drawn, [np.rint(points).astype(np.int32)], 1)
    return drawn.astype(np.bool_)
