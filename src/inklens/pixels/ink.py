"""How much ink each pixel of a picture holds, whatever the light, the paper and the pen.

Ink is what is narrow, the ground is what goes on: a grey-level closing (Serra 1982) fills whatever is narrower
than the widest stroke and leaves light and shadow as they are, so that dividing by it removes them.
"""

from __future__ import annotations

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError
from inklens.pixels.channels import with_channels

Ink = NDArray[np.float32]

_GROUND_SIDE = 256  # light and shadow are smooth: this many pixels along the longer side show them
_LEVEL_SIDE = 1024  # and this many show what is ink and what is paper
_DARKEST_GROUND = 16.0  # of 255; below it there is no more than a sensor's noise
_FAINTEST = 0.04  # of the ground's light that ink must take away: less is the paper's or the JPEG's
_NOISES = 5.0  # deviations of the paper by which ink must differ from it


def find_ink(image: NDArray[np.uint8], *, widest: float | None = None, dark: bool | None = None) -> Ink:
    """How much ink each pixel holds: light and shadow removed, polarity decided, strokes brought to about 1.

    Works on one digit of 8x8 as on a page of 12 megapixels. Anti-aliasing stays. A picture without ink, be it
    flat, shaded or a texture, gives zeros.

    Args:
        image: uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255, dark on light or light on dark.
        widest: pixels that the widest stroke may measure; None is half the longer side, right for one piece
            of writing. A page has less, and hard shadows then vanish too.
        dark: whether ink is darker than the paper; None decides it by the picture.

    Returns:
        float32 (H, W), 0 (paper) to 1 (ink).

    Raises:
        DataError: another type, shape or channel count.
    """
    return ink_of_grey(as_grey(image), widest, dark)


def as_grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (H, W) by ITU-R 601 luma.

    Raises:
        DataError: another type, shape or channel count.
    """
    image = np.asarray(image)
    if image.dtype != np.uint8 or image.ndim not in (2, 3) or image.size == 0:
        raise DataError(
            f"an image of {image.dtype} {image.shape}; expected uint8 (H, W), (H, W, 1) or (H, W, 3)"
        )
    return image if image.ndim == 2 else with_channels(image, 1)[..., 0]


def ink_of_grey(grey: NDArray[np.uint8], widest: float | None = None, dark: bool | None = None) -> Ink:
    """`find_ink` of uint8 (H, W)."""
    height, width = grey.shape
    longer = max(height, width)
    small = _shrunk(grey, _GROUND_SIDE)
    reach = (longer / 2 if widest is None else widest) * max(small.shape) / longer
    dark = _dark_on_light(small) if dark is None else dark
    ground = _ground(small if dark else cv2.bitwise_not(small), max(3, int(reach)))
    light = grey if dark else cv2.bitwise_not(grey)
    if small is not grey:
        ground = cv2.resize(ground, (width, height), interpolation=cv2.INTER_LINEAR)
    # 1 - light / ground, in place: a page has no memory to spare.
    ink = cv2.divide(light, cv2.max(ground, _DARKEST_GROUND), scale=-1, dtype=cv2.CV_32F)
    ink = cv2.add(ink, 1.0, dst=ink)
    levels = _levels(_shrunk(ink, _LEVEL_SIDE))
    if levels is None:
        return np.zeros(grey.shape, np.float32)
    paper, full = levels
    gain = 1 / (full - paper)
    ink = cv2.addWeighted(ink, gain, ink, 0, -paper * gain, dst=ink)
    cv2.max(ink, 0.0, dst=ink)
    return np.asarray(cv2.min(ink, 1.0, dst=ink), np.float32)


def _shrunk(picture: NDArray, longest: int) -> NDArray:  # type: ignore[type-arg]  # of any type
    """The picture with at most `longest` pixels along its longer side, by area averaging."""
    scale = longest / max(picture.shape)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA)


def _dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Whether ink is darker than the ground.

    Two signs, added because each fails where the other holds: the ground reaches the border more than the ink
    does (a loose page in a shadow may mislead that), and ink is the rarer of the two (thick strokes in a
    tight crop may not be).
    """
    counts = np.bincount(grey.ravel(), minlength=256)
    away = _BINS - counts @ _BINS / grey.size
    spread = float(np.sqrt(counts @ away**2 / grey.size))
    if spread == 0:
        return True
    rim = [float(edge.mean()) for edge in (grey[0], grey[-1], grey[:, 0], grey[:, -1])]
    sides = np.array([grey.shape[1], grey.shape[1], grey.shape[0], grey.shape[0]])
    border = float(rim @ sides) / sides.sum() - (255 - away[255])
    skewness = counts @ away**3 / grey.size / spread**3
    return bool(border / spread >= np.tanh(skewness) / 2)


def _ground(light: NDArray[np.uint8], reach: int) -> Ink:
    """The light of the ground at each pixel of dark ink on it.

    The border is continued outwards, so that a narrow margin is the wide ground that it is a part of.
    """
    pad = reach // 2 + 1
    kernel = np.ones((reach | 1, reach | 1), np.uint8)
    wide = cv2.copyMakeBorder(light, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, kernel)[pad:-pad, pad:-pad]
    smooth = max(3, reach // 8 | 1)
    return cv2.blur(closed, (smooth, smooth)).astype(np.float32)


class _Levels(NamedTuple):
    """Of the share of light taken away: what paper is, and what ink takes."""

    paper: float
    full: float


def _levels(ink: Ink) -> _Levels | None:
    """Paper and full ink of a raw ink picture; None where nothing stands out from the paper."""
    peak = float(ink.max())
    if peak < _FAINTEST:
        return None
    counts = np.bincount(
        cv2.convertScaleAbs(cv2.max(ink, 0.0), alpha=255 / peak).ravel(), minlength=256
    ).astype(np.float64)
    bar = _otsu(counts)
    for _ in range(2):
        middle, low = _quantiles(counts[: bar + 1], 0.5, 0.16)
        noise = middle - low
        above = max(bar, int(middle + _NOISES * noise)) + 1
        if not counts[above:].any():
            return None
        (full,) = _quantiles(counts[above:], 0.75)
        full += above
        bar = int((middle + full) / 2)
    if full - middle < max(_NOISES * noise, _FAINTEST * 255 / peak):
        return None
    paper = min(middle + 3 * noise, middle + 0.4 * (full - middle)) if noise else middle
    return _Levels(paper * peak / 255, full * peak / 255)


def _otsu(counts: NDArray[np.float64]) -> int:
    """The last bin of the lower class (Otsu 1979)."""
    below = counts.cumsum()
    weighted = (counts * _BINS).cumsum()
    total, mean = below[-1], weighted[-1] / below[-1]
    between = (mean * below - weighted) ** 2 / np.maximum(below * (total - below), 1e-9)
    return int(between[:-1].argmax())


_BINS = np.arange(256, dtype=np.float64)


def _quantiles(counts: NDArray[np.float64], *shares: float) -> list[int]:
    """The bins below which these shares of the counts lie."""
    below = counts.cumsum()
    return [int(below.searchsorted(share * below[-1])) for share in shares]
