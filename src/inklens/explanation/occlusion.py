"""What a classifier says when parts of an image are covered (Zeiler and Fergus 2014).

A part is covered with the image's own background, the median of its border: then it looks as if nothing had
been drawn there, an image that could exist. A grey square would be a shape of its own, to which a network
answers too.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError, OptionError
from inklens.pixels.framing import border_median

Predict = Callable[[NDArray[np.uint8]], NDArray[np.floating]]

_BATCH = 32


@dataclass(frozen=True, eq=False)
class Occlusion:
    """One answer for each place of the cover.

    Args:
        label: the class whose probability is watched.
        patch: side of the square cover in pixels.
        tops: int64 (R,), the cover's upper edges, from 0 to height - patch.
        lefts: int64 (K,), its left edges, from 0 to width - patch.
        cover: uint8 (C,), its colour.
        uncovered: float32 (classes,), the probabilities of the whole image.
        covered: float32 (R, K, classes), those with the cover in each place.
        fall: float32 (H, W), how far the label's probability falls when a pixel is covered, -1 to 1: the mean
            over the places that cover it. Below 0, the pixel spoke against the label.
    """

    label: int
    patch: int
    tops: NDArray[np.int64]
    lefts: NDArray[np.int64]
    cover: NDArray[np.uint8]
    uncovered: NDArray[np.float32]
    covered: NDArray[np.float32]
    fall: NDArray[np.float32]

    @property
    def falls(self) -> NDArray[np.float32]:
        """float32 (R, K): how far the label's probability falls with the cover in each place."""
        return np.asarray(self.uncovered[self.label] - self.covered[..., self.label], np.float32)

    @property
    def answers(self) -> NDArray[np.int64]:
        """int64 (R, K): the most probable class with the cover in each place."""
        return np.asarray(self.covered.argmax(axis=-1), np.int64)

    def covered_image(self, image: NDArray[np.uint8], row: int, column: int) -> NDArray[np.uint8]:
        """uint8 (H, W, C): the image as it was shown with the cover in place (row, column)."""
        return _covered(image, int(self.tops[row]), int(self.lefts[column]), self.patch, self.cover)


def occlusion_map(
    predict: Predict,
    image: NDArray[np.uint8],
    label: int,
    *,
    patch: int | None = None,
    stride: int | None = None,
) -> Occlusion:
    """Covers one part of an image after the other and asks again.

    Args:
        predict: uint8 (N, H, W, C) -> probabilities, float (N, classes). Any will do; no Keras is needed.
        image: uint8 (H, W, C), 0-255, framed as `predict` takes it.
        label: the class whose probability is watched, 0 to classes - 1.
        patch: side of the cover in pixels; None is a quarter of the image's shorter side.
        stride: pixels from one place to the next, at most `patch`; None is half the patch.

    Raises:
        DataError: the image has another type or shape.
        OptionError: a label that is no class, a patch or a stride out of range.

    Example:
        >>> predict = lambda pixels: classifier.predict_framed(pixels).probabilities
        >>> occlusion_map(predict, image, label=7).fall.max()
        0.93
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.size == 0:
        raise DataError(f"an image of {image.dtype} {image.shape}; expected uint8 (H, W, C)")
    side = min(image.shape[:2])
    patch = max(1, round(side / 4)) if patch is None else patch
    stride = max(1, patch // 2) if stride is None else stride
    _check(patch, stride, side)
    uncovered = np.asarray(predict(image[None]), np.float32)[0]
    check_label(label, len(uncovered))
    tops, lefts = (_places(length, patch, stride) for length in image.shape[:2])
    cover = border_median(image)
    covered = _ask(predict, image, tops, lefts, patch, cover).reshape(len(tops), len(lefts), -1)
    fall = _mean_over_places(uncovered[label] - covered[..., label], tops, lefts, patch, image.shape[:2])
    return Occlusion(label, patch, tops, lefts, cover, uncovered, covered, fall)


def check_label(label: int, classes: int) -> None:
    """Refuses what is no column of the probabilities.

    Raises:
        OptionError: it is below 0 or not below `classes`.
    """
    if not 0 <= label < classes:
        raise OptionError(f"label {label} is out of range: expected 0 to {classes - 1}")


def _check(patch: int, stride: int, side: int) -> None:
    if not 1 <= patch < side:
        raise OptionError(f"patch {patch} is out of range: expected 1 to {side - 1} pixels for this image")
    if not 1 <= stride <= patch:
        raise OptionError(
            f"stride {stride} is out of range: expected 1 to {patch}, the patch, so that no pixel is left out"
        )


def _places(length: int, patch: int, stride: int) -> NDArray[np.int64]:
    """From edge to edge; the last step may be shorter, so that the far edge is covered too."""
    return np.unique(np.append(np.arange(0, length - patch, stride), length - patch)).astype(np.int64)


def _ask(
    predict: Predict,
    image: NDArray[np.uint8],
    tops: NDArray[np.int64],
    lefts: NDArray[np.int64],
    patch: int,
    cover: NDArray[np.uint8],
) -> NDArray[np.float32]:
    """float32 (R * K, classes); a few images at a time, so that large ones need not all be in memory."""
    places = [(top, left) for top in tops.tolist() for left in lefts.tolist()]
    answers = [
        predict(np.stack([_covered(image, *place, patch, cover) for place in places[start : start + _BATCH]]))
        for start in range(0, len(places), _BATCH)
    ]
    return np.concatenate(answers).astype(np.float32)


def _covered(
    image: NDArray[np.uint8], top: int, left: int, patch: int, cover: NDArray[np.uint8]
) -> NDArray[np.uint8]:
    copy = image.copy()
    copy[top : top + patch, left : left + patch] = cover
    return copy


def _mean_over_places(
    falls: NDArray[np.float32],
    tops: NDArray[np.int64],
    lefts: NDArray[np.int64],
    patch: int,
    size: tuple[int, ...],
) -> NDArray[np.float32]:
    total, times = np.zeros(size), np.zeros(size)
    for row, top in enumerate(tops):
        for column, left in enumerate(lefts):
            here = np.s_[top : top + patch, left : left + patch]
            total[here] += falls[row, column]
            times[here] += 1
    return (total / times).astype(np.float32)
