"""Fifteen ways in which an image goes wrong while everybody can still read it.

In the manner of MNIST-C (Mu and Gilmer 2019, "MNIST-C: A Robustness Benchmark for Computer Vision"), at the
severities of its published test set. The code is our own: lengths grow with the image, what comes in from
outside has the colour of the image's border (black in MNIST), and lines are drawn in what stands out from it.
Figures from here are close to those on the published files, not the same.
"""

from collections.abc import Callable, Iterable
from functools import cache, partial
from math import ceil, cos, degrees, exp, factorial, radians, sin

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.audit.per_image_random import PerImageRandom
from inklens.choices import check_choice
from inklens.errors import DataError, OptionError

Images = NDArray[np.uint8]
Floats = NDArray[np.float32]

# Where a parameter below is in pixels, it is in those of an image with this side, as MNIST's have.
SIDE = 28
SMALLEST = 8

PHOTONS = 3  # shot noise: light particles that a white pixel catches on average
IMPULSES = 0.17  # impulse noise: share of values that become black or white
GLASS_SIGMA, GLASS_REACH, GLASS_ROUNDS = 0.7, 1, 2  # glass blur: blur before and after; how far pixels stray
TRAIL, TRAIL_SIGMA, TRAIL_ANGLE = 10, 3.0, 45  # motion blur: length, fading, steepest angle in degrees
SHEAR = 0.4  # columns per row, to either side
SCALE = 0.7  # of height and of width
ROTATION = 0.4  # radians (22.9 degrees), to either side
BRIGHTNESS = 0.5  # added to the brightest channel, of 1
TRANSLATION = 3  # pixels, up or down and left or right
STRIPE = 0.25  # share of the width that is inverted, at the left and at the right
FOG, FOG_ROUGHNESS, FOG_OCTAVES = 3.0, 1 / 1.4, 6  # thickness (the image is 1); finer clouds beside coarser
MUD, MUD_SIGMA, MUD_EDGE, MUD_MASK = 63, 1.0, 1.5, 0.8  # spatter: grey level; size, softness, least cover
LINE = 1.45  # dotted line and zigzag: above and below the middle, where the stroke ends
DOT = 2  # dotted line: columns of a dot, and between two
ZIGZAG, ZIGZAG_DRIFT, ZIGZAG_MARGIN = 2, 5, 2  # height of the teeth, rise or fall of the whole, free columns
EDGE_SIGMA, EDGE_LOW, EDGE_HIGH = 1.0, 26, 51  # canny edges: blur before; hysteresis, of 4 x 255

# One batch of this many values at a time, so that memory does not grow with the images.
_BATCH_VALUES = 800_000


def corrupt(images: Images, name: str, seed: int = 0) -> Images:
    """Corrupts images in one of the `CORRUPTIONS`; what is given stays as it is.

    Args:
        images: uint8 (N, H, W, C), 0-255; 8x8 or more, any channel count.
        name: one of `CORRUPTIONS`.
        seed: another seed, other noise. The same image and seed give the same bytes, whatever the batch.

    Returns:
        uint8 (N, H, W, C), 0-255.

    Raises:
        OptionError: an unknown name, or a seed that is no whole number from 0 on.
        DataError: images of another type or shape.

    Example:
        >>> turned = corrupt(images, "rotation", seed=1)
    """
    check_choice("corruption", name, CORRUPTIONS)
    if type(seed) is not int or seed < 0:
        raise OptionError(f"seed is {seed!r}; expected a whole number, 0 or more")
    images = np.asarray(images)
    if (
        images.dtype != np.uint8
        or images.ndim != 4
        or min(images.shape[1:3]) < SMALLEST
        or not images.shape[3]
    ):
        raise DataError(
            f"images of {images.dtype} {images.shape}; "
            f"expected uint8 (N, H, W, C) of {SMALLEST}x{SMALLEST} or more"
        )
    corrupted = np.empty_like(images, order="C")
    size = max(1, _BATCH_VALUES // int(np.prod(images.shape[1:])))
    for start in range(0, len(images), size):
        batch = images[start : start + size]
        done = _CORRUPTIONS[name](batch, PerImageRandom(batch, name, seed))
        corrupted[start : start + size] = np.rint(done.clip(0, 255))
    return corrupted


def _shot_noise(images: Images, random: PerImageRandom) -> Floats:
    """Few light particles: a pixel catches a Poisson number of them, the brighter the more."""
    highest = 4 * PHOTONS + 4
    mean = PHOTONS * np.arange(256) / 255
    parts = np.stack([np.exp(-mean) * mean**k / factorial(k) for k in range(highest)])
    at_most = np.cumsum(parts, axis=0).astype(np.float32)  # [k, level]: the chance of at most k particles
    chance = random.uniform(*images.shape[1:])
    caught = np.zeros(images.shape, np.float32)
    for row in at_most:
        caught += chance >= row[images]
    return caught * np.float32(255 / PHOTONS)


def _impulse_noise(images: Images, random: PerImageRandom) -> Floats:
    """Dead and glaring values, as many of each."""
    chance = random.uniform(*images.shape[1:])
    noisy = images.astype(np.float32)
    noisy[chance < IMPULSES] = 255
    noisy[chance < IMPULSES / 2] = 0
    return noisy


def _glass_blur(images: Images, random: PerImageRandom) -> Floats:
    """Seen through rough glass: half of the pixels show one beside them, between two blurs."""
    count, height, width, _ = images.shape
    seen = _blurred(images.astype(np.float32), GLASS_SIGMA)
    each, rows, columns = np.ogrid[:count, :height, :width]
    reach = _pixels(GLASS_REACH, images)
    for _ in range(GLASS_ROUNDS):
        strays = random.uniform(height, width) < 0.5
        down, right = (np.floor(random.uniform(2, height, width) * (2 * reach + 1)) - reach).swapaxes(0, 1)
        from_rows = (rows + (strays * down).astype(np.int64)).clip(0, height - 1)
        from_columns = (columns + (strays * right).astype(np.int64)).clip(0, width - 1)
        seen = seen[each, from_rows, from_columns]
    return _blurred(seen, GLASS_SIGMA)


def _motion_blur(images: Images, random: PerImageRandom) -> Floats:
    """A fading trail, as of a hand that moved, between 45 degrees up and 45 degrees down."""
    length, sigma = _pixels(TRAIL, images), TRAIL_SIGMA * min(images.shape[1:3]) / SIDE
    angles = np.rint(random.between(-TRAIL_ANGLE, TRAIL_ANGLE)).astype(int)
    blur = partial(cv2.filter2D, ddepth=-1, borderType=cv2.BORDER_CONSTANT)
    return _with_background_outside(
        images, (partial(blur, kernel=_trail(length, sigma, angle)) for angle in angles.tolist())
    )


@cache
def _trail(length: int, sigma: float, angle: int) -> Floats:
    """float32 (2 * length + 1, 2 * length + 1) with a sum of 1: half a normal curve from the middle on."""
    kernel = np.zeros((2 * length + 3, 2 * length + 3), np.float32)
    down, right = sin(radians(angle)), cos(radians(angle))
    for step in range(length + 1):
        row, column = length + 1 + step * down, length + 1 + step * right
        top, left = int(row), int(column)
        for y, x in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
            share = (1 - abs(row - y)) * (1 - abs(column - x))
            kernel[y, x] += share * exp(-((step / sigma) ** 2) / 2)
    return np.asarray(kernel[1:-1, 1:-1] / kernel.sum(), np.float32)


def _shear(images: Images, random: PerImageRandom) -> Floats:
    """Italics, to the left or to the right; the middle row stays."""
    slants = SHEAR * random.side()
    middle = (images.shape[1] - 1) / 2
    return _warped(images, (np.array([[1, -slant, slant * middle], [0, 1, 0]]) for slant in slants.tolist()))


def _scale(images: Images, random: PerImageRandom) -> Floats:
    """Smaller, about the middle."""
    return _warped(images, [cv2.getRotationMatrix2D(_middle(images), 0, SCALE)] * len(images))


def _rotation(images: Images, random: PerImageRandom) -> Floats:
    """Turned about the middle, to the left or to the right."""
    angles = degrees(ROTATION) * random.side()
    return _warped(images, (cv2.getRotationMatrix2D(_middle(images), angle, 1) for angle in angles.tolist()))


def _brightness(images: Images, random: PerImageRandom) -> Floats:
    """Overexposed: the brightest channel gains a half, the others keep their relation to it."""
    x = images.astype(np.float32)
    brightest = x.max(axis=-1, keepdims=True)
    brighter = np.minimum(brightest + BRIGHTNESS * 255, 255)
    # Black has no relation to keep: it becomes grey.
    return np.asarray(np.where(brightest > 0, x * (brighter / np.maximum(brightest, 1)), brighter))


def _translation(images: Images, random: PerImageRandom) -> Floats:
    """Moved along both axes."""
    step = _pixels(TRANSLATION, images)
    down, right = step * random.side(), step * random.side()
    moves = zip(right.tolist(), down.tolist(), strict=True)
    return _warped(images, (np.array([[1.0, 0, x], [0, 1, y]]) for x, y in moves))


def _stripe(images: Images, random: PerImageRandom) -> Floats:
    """Inverted at the left and at the right, so that a stripe is left in the middle."""
    striped = images.astype(np.float32)
    side = round(STRIPE * images.shape[2])
    striped[:, :, :side] = 255 - striped[:, :, :side]
    striped[:, :, -side:] = 255 - striped[:, :, -side:]
    return striped


def _fog(images: Images, random: PerImageRandom) -> Floats:
    """White clouds of all sizes before the image: what is left of it is a quarter."""
    count, height, width, _ = images.shape
    clouds, total, cell, strength = np.zeros((count, height, width, 1), np.float32), 0.0, 2.0, 1.0
    for _ in range(FOG_OCTAVES):
        cells = ceil(1 / cell) + 1
        corners = random.uniform(cells, cells)
        between = _linear_weights(height, cell) @ corners @ _linear_weights(width, cell).T  # (N, H, W)
        clouds += strength * between[..., None]
        total += strength
        cell, strength = cell / 2, strength * FOG_ROUGHNESS
    return np.asarray((images + FOG * 255 * (clouds / total)) / (1 + FOG), np.float32)


def _spatter(images: Images, random: PerImageRandom) -> Floats:
    """Grey drops of mud that hide what is under them."""
    noise = random.uniform(*images.shape[1:3], 1)
    drops = _blurred((_blurred(noise, MUD_SIGMA) > 0.5).astype(np.float32), MUD_EDGE)
    cover = np.where(drops < MUD_MASK, np.float32(0), drops)
    return _covered(images, np.float32(MUD), cover)


def _dotted_line(images: Images, random: PerImageRandom) -> Floats:
    """A line of dots, from anywhere at the left to anywhere at the right."""
    height, width = images.shape[1:3]
    columns = np.arange(width)
    first, last = random.between(0, height - 1), random.between(0, height - 1)
    middle = first[:, None] + (last - first)[:, None] * (columns / (width - 1)).astype(np.float32)
    return _drawn(images, middle, columns // _pixels(DOT, images) % 2 == 1)


def _zigzag(images: Images, random: PerImageRandom) -> Floats:
    """A zigzag, from anywhere at the left to about as high at the right."""
    height, width = images.shape[1:3]
    columns = np.arange(width)
    tooth, margin = ZIGZAG * height / SIDE, round(ZIGZAG_MARGIN * width / SIDE)
    first = random.between(0, height - 1)
    drift = random.between(-ZIGZAG_DRIFT, ZIGZAG_DRIFT) * np.float32(height / SIDE)
    along = (columns - margin) / max(1, width - 1 - 2 * margin)
    # A triangle wave between -1 and 1 that starts at 0 and has teeth of 45 degrees in a square image.
    phase = (columns - margin) / (4 * ZIGZAG * width / SIDE)
    wave = 1 - 4 * np.abs((phase + 0.25) % 1 - 0.5)
    middle = first[:, None] + drift[:, None] * along.astype(np.float32) + (tooth * wave).astype(np.float32)
    return _drawn(images, middle, (along >= 0) & (along <= 1))


def _canny_edges(images: Images, random: PerImageRandom) -> Floats:
    """Nothing but the edges (Canny 1986), white on black."""
    grey = np.rint(images.mean(axis=-1)).astype(np.uint8)
    edges = [
        cv2.Canny(cv2.GaussianBlur(image, (0, 0), EDGE_SIGMA), EDGE_LOW, EDGE_HIGH, L2gradient=True)
        for image in grey
    ]
    return np.repeat(np.stack(edges)[..., None], images.shape[3], axis=3).astype(np.float32)


def _pixels(length: int, images: Images) -> int:
    """A length for 28x28 as one for these images; 1 or more."""
    side: int = min(images.shape[1:3])
    return max(1, round(length * side / SIDE))


def _middle(images: Images) -> tuple[float, float]:
    """(x, y) of the middle of each image."""
    height, width = images.shape[1:3]
    return (width - 1) / 2, (height - 1) / 2


def _linear_weights(length: int, cell: float) -> Floats:
    """float32 (length, points): what each pixel takes of points that are a `cell` (a share of 1) apart."""
    points = np.arange(ceil(1 / cell) + 1)
    places = np.arange(length)[:, None] / length / cell
    return (1 - np.abs(places - points)).clip(0).astype(np.float32)


def _warped(images: Images, transforms: Iterable[NDArray[np.float64]]) -> Floats:
    """Images under an affine transform each, 2x3, from (x, y) to (x, y)."""
    height, width = images.shape[1:3]
    warp = partial(cv2.warpAffine, dsize=(width, height), flags=cv2.INTER_LINEAR)
    return _with_background_outside(images, (partial(warp, M=transform) for transform in transforms))


def _with_background_outside(images: Images, changes: Iterable[Callable[[Floats], Floats]]) -> Floats:
    """Images after a change each, for which what lies outside is 0."""
    changed = np.empty(images.shape, np.float32)
    for image, change, paper, result in zip(images, changes, _background(images), changed, strict=True):
        ink = image.astype(np.float32) - paper  # so that the 0 outside is the background
        result[:] = change(ink).reshape(ink.shape) + paper
    return changed


def _background(images: Images) -> Floats:
    """The median of each image's border: float32 (N, C)."""
    border = np.concatenate([images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]], axis=1)
    return np.asarray(np.median(border, axis=1), np.float32)


def _blurred(stack: Floats, sigma: float) -> Floats:
    """Gaussian blur of every (H, W, C) in float32 (N, H, W, C); the border is mirrored."""
    result = np.empty_like(stack)
    for image, into in zip(stack, result, strict=True):
        into[:] = cv2.GaussianBlur(image, (0, 0), sigma).reshape(image.shape)
    return result


def _drawn(images: Images, middle: Floats, there: NDArray[np.bool_]) -> Floats:
    """A stroke in black or white, whichever is further from the background.

    Args:
        middle: float32 (N, W), the stroke's row in every column.
        there: bool (W,), the columns that it is drawn in.
    """
    height = images.shape[1]
    distance = np.abs(np.arange(height, dtype=np.float32)[:, None] - middle[:, None, :])
    cover = there * (1 - distance / max(1.0, LINE * height / SIDE)).clip(0, 1)
    ink = np.where(_background(images).mean(axis=1) < 128, np.float32(255), np.float32(0))
    return _covered(images, ink[:, None, None, None], cover[..., None])


def _covered(images: Images, colour: Floats | np.float32, cover: Floats) -> Floats:
    """What is seen where `cover`, 0-1 and (N, H, W, 1), of a colour lies on images."""
    return np.asarray(images + cover * (colour - images), np.float32)


_CORRUPTIONS: dict[str, Callable[[Images, PerImageRandom], Floats]] = {
    "shot_noise": _shot_noise,
    "impulse_noise": _impulse_noise,
    "glass_blur": _glass_blur,
    "motion_blur": _motion_blur,
    "shear": _shear,
    "scale": _scale,
    "rotation": _rotation,
    "brightness": _brightness,
    "translation": _translation,
    "stripe": _stripe,
    "fog": _fog,
    "spatter": _spatter,
    "dotted_line": _dotted_line,
    "zigzag": _zigzag,
    "canny_edges": _canny_edges,
}
CORRUPTIONS = tuple(_CORRUPTIONS)
