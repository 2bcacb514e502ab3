"""Whether images of known characters stand upright, or have rows and columns swapped as EMNIST's have."""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

_SYMMETRIC = frozenset("0OoXx8lIi1")  # the same, or nearly, with rows and columns swapped
_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_SCRIPT_SIMPLEX)
_BLUR = 0.07  # of the side: hands differ from fonts, and from one another
_MEANT = 500  # images of a character that its mean is taken over


class Uprightness(NamedTuple):
    """How characters stand.

    Args:
        difference: how much better their mean images fit their shapes upright than with rows and columns
            swapped, the mean difference of the two correlations, -2 to 2. MNIST has 0.26, EMNIST as it ships
            -0.26, clothes 0.04.
        fit: the mean correlation of the better form, -1 to 1: 0.82 or more with five digits of each class,
            less than 0.8 where the labels mean other characters.
        characters: how many were compared.
    """

    difference: float
    fit: float
    characters: int


def uprightness(images: NDArray[np.uint8], labels: NDArray[np.int64], characters: str) -> Uprightness:
    """How much better characters' mean images fit their shapes upright than with rows and columns swapped.

    Args:
        images: uint8 (N, H, W), square, bright on black or black on white.
        labels: int64 (N,), the place of each image's character in `characters`.
        characters: ASCII digits and letters.

    """
    fits = []
    for label, character in enumerate(characters):
        own = images[np.flatnonzero(labels == label)[:_MEANT]]
        if character in _SYMMETRIC or not len(own):
            continue
        mean = _blurred(_bright_on_black(own.mean(axis=0, dtype=np.float32)))
        shapes = [_drawn(character, font, mean.shape[0]) for font in _FONTS]
        upright, swapped = (
            max(_alike(mean, one) for one in form) for form in (shapes, [s.T for s in shapes])
        )
        fits.append((upright, swapped))
    if not fits:
        return Uprightness(0.0, 0.0, 0)
    upright, swapped = np.mean(fits, axis=0)
    return Uprightness(float(upright - swapped), float(max(upright, swapped)), len(fits))


def _bright_on_black(mean: NDArray[np.float32]) -> NDArray[np.float32]:
    border = np.concatenate([mean[0], mean[-1], mean[:, 0], mean[:, -1]])
    return 255 - mean if border.mean() > mean.mean() else mean


def _drawn(character: str, font: int, side: int) -> NDArray[np.float32]:
    """A character of a font in a frame with a margin, as MNIST places its digits."""
    page = np.zeros((120, 120), np.uint8)
    cv2.putText(page, character, (30, 80), font, 2, 255, 6)
    left, top, width, height = cv2.boundingRect(page)
    scale = side * 20 / 28 / max(width, height)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    ink = cv2.resize(page[top : top + height, left : left + width], size, interpolation=cv2.INTER_AREA)
    frame = np.zeros((side, side), np.float32)
    top, left = (side - size[1]) // 2, (side - size[0]) // 2
    frame[top : top + size[1], left : left + size[0]] = ink
    return _blurred(frame)


def _blurred(image: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.asarray(cv2.GaussianBlur(image, (0, 0), _BLUR * image.shape[0]), np.float32)


def _alike(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    if one.std() == 0 or other.std() == 0:
        return 0.0
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])
