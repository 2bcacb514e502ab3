"""How much ink each pixel of a picture holds, whatever the light, the paper and the pen.

Ink is narrow, the ground is wide. A grey-level closing (Serra 1982) fills everything narrower than the widest
stroke and keeps light and shadow, so division by it removes them.
"""

import math
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

Ink = NDArray[np.float32]

_CROP_SIDE = 64  # pixels; in a smaller crop the light hardly changes
SMALLEST_SIDE = 4  # pixels; no writing is smaller
_GROUND_SIDE = 256  # pixels along the longer side that show light and shadow, which are smooth
_LEVEL_SIDE = 1024  # pixels along the longer side that show the levels of ink and paper
_DARKEST_GROUND = 16  # of 255; anything darker is noise of the sensor
_FAINTEST = 0.06  # of the ground's light that ink absorbs at least; less comes from the paper or the JPEG
# Otsu's measure of separability: a Gaussian texture has 0.64, a uniform spread 0.75, writing 0.8.
_SEPARABLE, _DOUBTFUL = 0.85, 0.74
_ALIKE = 0.47  # deviation that remains after a mean over 3x3: a third for noise, at least half for strokes
_FEW_PIXELS = 300
_NOISES = 5  # standard deviations of the paper by which ink differs from it at least


def ink_of_grey(grey: NDArray[np.uint8], dark: bool, widest: float | None = None) -> Ink:
    """How much ink each pixel holds; see `find_ink`.

    Args:
        grey: uint8 (H, W) of `SMALLEST_SIDE` pixels or more either way.
        dark: whether ink is darker than the paper.
        widest: largest width of a stroke in pixels; None is half the longer side.

    Returns:
        float32 (H, W), 0 (paper) to 1 (ink).
    """
    small = shrunk(grey, _GROUND_SIDE)
    longer = max(grey.shape)
    reach = max(3, int((longer / 2 if widest is None else widest) * max(small.shape) / longer))
    light = grey
    if not dark:
        light = cv2.bitwise_not(grey)
        small = light if small is grey else cv2.bitwise_not(small)
    ink = _absorbed(light, _ground(small, small, reach))
    levels = _levels(shrunk(ink, _LEVEL_SIDE))
    if levels is None:
        return np.zeros(grey.shape, np.float32)
    inkless = _inkless_border(small, levels.full)
    if inkless is not small:
        ink = _absorbed(light, _ground(small, inkless, reach))
        levels = _levels(shrunk(ink, _LEVEL_SIDE)) or levels
    gain = 1 / (levels.full - levels.paper)
    ink = cv2.addWeighted(ink, gain, ink, 0, -levels.paper * gain, dst=ink)
    np.maximum(ink, 0, out=ink)
    return np.asarray(np.minimum(ink, 1, out=ink), np.float32)


def _absorbed(light: NDArray[np.uint8], ground: NDArray[np.uint8]) -> Ink:
    """The share of the ground's light that each pixel absorbs, computed in place to save memory."""
    if ground.shape != light.shape:
        # Smooth light has no steps: interpolate between grey levels.
        ground = cv2.resize(ground.astype(np.float32), light.shape[::-1], interpolation=cv2.INTER_LINEAR)
    ink = cv2.divide(light, ground, scale=-1, dtype=cv2.CV_32F)
    return np.asarray(np.add(ink, 1, out=ink), np.float32)


def shrunk(picture: NDArray, longest: int) -> NDArray:  # type: ignore[type-arg]  # of any type
    """The picture with at most `longest` pixels along its longer side, by area averaging."""
    scale = longest / max(picture.shape)
    if scale >= 1:
        return picture
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA))


def dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Whether ink is darker than the ground; for a photo also after its light is evened out."""
    grey = shrunk(grey, _GROUND_SIDE)
    signs = _signs_of_dark_ink(grey)
    longer = max(grey.shape)
    if longer > _CROP_SIDE:
        half = longer // 2 | 1
        light = cv2.max(cv2.blur(grey.astype(np.float32), (half, half)), _DARKEST_GROUND)
        signs += _signs_of_dark_ink(cv2.divide(grey, light, scale=128, dtype=cv2.CV_8U))
    return signs >= 0


def _signs_of_dark_ink(grey: NDArray[np.uint8]) -> float:
    """Above 0 if ink is darker than the ground.

    Three signs together, since each fails somewhere: the ground reaches the border (unless a box is drawn
    there), it fills most of a band at the border (unless the crop is tight), and ink is rarer than the ground
    (unless the pen is a marker). The weights were chosen on renderings of MNIST's training images.
    """
    mean, spread = _mean_and_spread(grey)
    if spread < 1e-3:
        return 0.0
    off = (grey - mean) / spread
    skewness = float((off * off * off).sum()) / grey.size
    total = mean * grey.size
    border: float = _rim_mean(grey, 1, total) + 1.5 * _rim_mean(grey, round(max(grey.shape) / 10), total)
    return (border - 2.5 * mean) / spread - 1.5 * math.tanh(skewness)


def _rim_mean(grey: NDArray[np.uint8], depth: int, total: float) -> float:
    """The mean of the pixels within `depth` of the border of a picture whose pixels sum to `total`."""
    top, left = (min(max(depth, 1), (side - 1) // 2) for side in grey.shape)
    inner = grey[top : grey.shape[0] - top, left : grey.shape[1] - left]
    return float((total - cv2.sumElems(inner)[0]) / max(1, grey.size - inner.size))


def _ground(light: NDArray[np.uint8], bordered: NDArray[np.uint8], reach: int) -> NDArray[np.uint8]:
    """The light of the ground at each pixel, without the dark ink on it; at least `_DARKEST_GROUND`.

    The border of `bordered` is continued outwards, so that a narrow margin counts as wide ground.
    """
    pad = reach // 2 + 1
    wide = cv2.copyMakeBorder(bordered, pad, pad, pad, pad, cv2.BORDER_REPLICATE)
    inner = wide[pad:-pad, pad:-pad]
    if bordered is not light:
        inner[:] = light
    closed = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, _rectangle(reach | 1, reach | 1))
    inner = closed[pad:-pad, pad:-pad]
    smooth = reach // 8 | 1
    if smooth > 1:
        inner = cv2.blur(inner, (smooth, smooth))
    return np.asarray(np.maximum(inner, _DARKEST_GROUND), np.uint8)


def _inkless_border(light: NDArray[np.uint8], full: float) -> NDArray[np.uint8]:
    """The picture without ink on its outermost lines; itself if there is none.

    Otherwise ink at the border would be continued outwards, and a stroke along it would be wide ground.
    """
    share = 1 - 0.75 * full  # of a line's light that remains where there is ink
    inkless = light
    for border in (np.s_[:1], np.s_[-1:], np.s_[:, :1], np.s_[:, -1:]):
        line = inkless[border]
        least, most, *_ = cv2.minMaxLoc(line)
        if least >= share * most:
            continue
        if inkless is light:
            inkless = light.copy()
            line = inkless[border]
        side = max(3, int(0.9 * line.size))
        wide, tall = (side, 1) if line.shape[0] == 1 else (1, side)
        filled = cv2.morphologyEx(line, cv2.MORPH_CLOSE, _rectangle(tall, wide))
        np.copyto(line, filled, where=line < share * filled)
    return inkless


@lru_cache(64)
def _rectangle(tall: int, wide: int) -> NDArray[np.uint8]:
    return np.ones((tall, wide), np.uint8)


class _Levels(NamedTuple):
    """The shares of light that paper and full ink absorb."""

    paper: float
    full: float


def _levels(ink: Ink) -> _Levels | None:
    """The levels of a raw ink picture; None if nothing stands out from the paper."""
    least, peak = cv2.minMaxLoc(ink)[:2]
    if peak - max(0.0, least) < _FAINTEST:
        return None
    whole = cv2.convertScaleAbs(np.maximum(ink, 0), alpha=255 / peak)
    below = np.bincount(whole.ravel(), minlength=256).cumsum()
    bar, separability = _otsu(whole)
    two_kinds = separability >= _SEPARABLE or (separability >= _DOUBTFUL and _has_strokes(whole))
    for _ in range(1 if two_kinds else 3):
        paper_pixels = below[bar]
        middle, low = (int(below.searchsorted(share * paper_pixels)) for share in (0.5, 0.16))
        noise = middle - low
        above = (bar if two_kinds else max(bar, middle + _NOISES * noise)) + 1
        if above > 255 or below[above - 1] == below[-1]:
            return None
        full = int(below.searchsorted(0.25 * below[above - 1] + 0.75 * below[-1]))
        bar = (middle + full) // 2
    contrast = (full - middle) * peak / 255
    if contrast < _FAINTEST or not (two_kinds or full - middle >= 2 * _NOISES * max(noise, 1)):
        return None
    paper = min(middle + 3 * noise, middle + 0.4 * (full - middle)) if noise else middle
    return _Levels(paper * peak / 255, full * peak / 255)


def _has_strokes(ink: NDArray[np.uint8]) -> bool:
    """Whether adjacent pixels are alike, as in strokes and not in noise; True if there are too few."""
    if ink.size < _FEW_PIXELS:
        return True
    alike = cv2.meanStdDev(cv2.blur(ink, (3, 3)))[1] / cv2.meanStdDev(ink)[1]
    return float(alike[0, 0]) >= _ALIKE


def _otsu(levels: NDArray[np.uint8]) -> tuple[int, float]:
    """The last level of the lower class, and the share of the variance that both explain (Otsu 1979)."""
    bar, upper = cv2.threshold(levels, 0, 0, cv2.THRESH_TOZERO | cv2.THRESH_OTSU)
    mean, spread = _mean_and_spread(levels)
    count = cv2.countNonZero(upper)
    between = count / (levels.size - count) * (cv2.sumElems(upper)[0] / count - mean) ** 2
    return int(bar), between / max(spread**2, 1e-9)


def _mean_and_spread(levels: NDArray[np.uint8]) -> tuple[float, float]:
    mean, spread = cv2.meanStdDev(levels)
    return float(mean[0, 0]), float(spread[0, 0])
