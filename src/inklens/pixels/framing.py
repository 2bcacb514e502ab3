"""From an image of any size to the size and channels of a PixelSpec."""

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError
from inklens.pixels.channels import with_axes, with_channels
from inklens.pixels.spec import PixelSpec

_FRAME = 0.06  # of the shorter side: widest frame along the border
_FRAMED = 24  # pixels; a smaller picture has none
_EVEN = 12.0  # of 255: largest deviation within a frame, and within the ground inside of it
_APART = 48.0  # of 255: least difference between the two
_INNER = 3  # pixels of ground that are looked at inside of a frame
_NOISE = 16.0  # of 255: mean deviation of a pixel from those around it; rough paper has less
_MOST_PIXELS = 1_000_000  # enough for one piece of writing


def frame(image: NDArray[np.uint8], spec: PixelSpec) -> NDArray[np.uint8]:
    """Bring an image to `spec`.

    "ink" finds one piece of writing in any picture and places it as in MNIST, bright on black: see
    `find_ink`, `keep_writing`, `without_adjacent_writing` and `place_ink`. A picture without ink becomes
    black, but noise, which is no blank page, stays noise. An image that fits stays as it is; with "ink" only
    if it is beyond doubt placed as MNIST's own are.

    Grey becomes RGB by repeating, RGB becomes grey by ITU-R 601 luma. "pad" scales until the image just fits,
    keeps its aspect, centres it and fills up with the median of the border pixels. "stretch" scales each side
    on its own. Shrinking averages over areas, enlarging interpolates linearly. Nothing is ever cropped.

    Args:
        image: uint8 (H, W), (H, W, 1) or (H, W, 3), 0-255.

    Returns:
        uint8 (spec.height, spec.width, spec.channels).

    Raises:
        DataError: another type, shape or channel count.
        ImageError: framing is "none" and the size differs.
    """
    image = with_axes(image)
    if spec.framing == "ink":
        return _framed_ink(image, spec)
    image = with_channels(image, spec.channels)
    height, width = image.shape[:2]
    if (height, width) == (spec.height, spec.width):
        return image
    if spec.framing == "none":
        raise ImageError(
            f"an image of {height}x{width}; expected {spec.height}x{spec.width}, "
            "because framing is 'none': use framing 'ink', 'pad' or 'stretch'"
        )
    if spec.framing == "stretch":
        return _resized(image, spec.height, spec.width)
    scale = min(spec.height / height, spec.width / width)
    inner = _resized(image, max(1, round(height * scale)), max(1, round(width * scale)))
    top, left = (spec.height - inner.shape[0]) // 2, (spec.width - inner.shape[1]) // 2
    padded = np.empty(spec.shape, np.uint8)
    padded[:] = border_median(image)
    padded[top : top + inner.shape[0], left : left + inner.shape[1]] = inner
    return padded


def _framed_ink(image: NDArray[np.uint8], spec: PixelSpec) -> NDArray[np.uint8]:
    """One piece of writing, placed in the frame as in MNIST."""
    from inklens.pixels.ink_cleaning import keep_writing, without_adjacent_writing
    from inklens.pixels.ink_finding import find_ink
    from inklens.pixels.ink_placing import is_placed, place_ink

    grey = with_channels(image, 1)[..., 0]
    if is_placed(grey, spec):
        return with_channels(grey[..., None], spec.channels)
    scale = (_MOST_PIXELS / grey.size) ** 0.5
    if scale < 1:
        grey = _resized(grey[..., None], *(max(1, round(side * scale)) for side in grey.shape))[..., 0]
    framed = place_ink(without_adjacent_writing(keep_writing(find_ink(without_frame(grey)))), spec)
    return framed if framed.any() or not is_noise(grey) else _sampled(grey, spec)


def without_frame(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture without a thin even frame along all four sides, with even ground inside of it.

    Args:
        grey: uint8 (H, W).

    Returns:
        uint8 (h, w); the input itself without a frame.
    """
    shorter = min(grey.shape)
    if shorter < _FRAMED:
        return grey
    outer = _ring(grey, 0)
    colour = _median(outer)
    if np.abs(outer - colour).mean() > _EVEN:
        return grey
    for depth in range(1, max(1, round(_FRAME * shorter)) + 1):
        ring = _ring(grey, depth)
        if abs(_median(ring) - colour) < _APART:
            continue
        inner = np.concatenate([_ring(grey, depth + 1 + step) for step in range(_INNER)])
        if np.abs(inner - _median(inner)).mean() > _EVEN:
            return grey
        depth += 1  # this ring may be half frame, half ground
        return np.ascontiguousarray(grey[depth:-depth, depth:-depth])
    return grey


def _ring(grey: NDArray[np.uint8], depth: int) -> NDArray[np.float32]:
    """The pixels at this distance from the border."""
    inside = grey[depth : grey.shape[0] - depth, depth : grey.shape[1] - depth]
    sides = [inside[0], inside[-1], inside[1:-1, 0], inside[1:-1, -1]]
    return np.concatenate(sides).astype(np.float32)


def _median(values: NDArray[np.float32]) -> float:
    """As NumPy's, whose checks take five times as long as the median of a small ring."""
    order, half = np.sort(values), len(values) // 2
    return float(order[half] if len(values) % 2 else (order[half - 1] + order[half]) / 2)


def is_noise(grey: NDArray[np.uint8]) -> bool:
    """Whether a picture without ink, uint8 (H, W), shows something: pixels unlike those around them."""
    import cv2

    away = grey.astype(np.float32) - cv2.blur(grey, (3, 3))
    return float(np.abs(away).mean()) > _NOISE


def _sampled(grey: NDArray[np.uint8], spec: PixelSpec) -> NDArray[np.uint8]:
    """Single pixels of a picture, whose mean would be even grey."""
    rows = np.linspace(0, grey.shape[0] - 1, spec.height).astype(int)
    columns = np.linspace(0, grey.shape[1] - 1, spec.width).astype(int)
    return with_channels(np.ascontiguousarray(grey[np.ix_(rows, columns)])[..., None], spec.channels)


def _resized(image: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    import cv2

    # OpenCV averages over areas only if both sides shrink: shrink first, then enlarge.
    smaller = (min(width, image.shape[1]), min(height, image.shape[0]))
    shrunk = cv2.resize(image, smaller, interpolation=cv2.INTER_AREA)
    resized = cv2.resize(shrunk, (width, height), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8).reshape(height, width, image.shape[2])


def border_median(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The colour of the ground, by its border: uint8 (H, W, C) -> uint8 (C,)."""
    border = np.concatenate([image[0], image[-1], image[1:-1, 0], image[1:-1, -1]])
    median: NDArray[np.float64] = np.median(border, axis=0)
    return median.astype(np.uint8)
