"""Digits as a cut between touching ones leaves them: short of their own ink, with some of the other digit's.

Where digits touch no cut is quite right. A network that saw whole digits only, and halves of them as
outliers, takes such a digit for an outlier too. So some of the training images are shown once more as they
come out when they touch another digit and are cut off from it.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Dataset, Split
from inklens.pixels import keep_writing, place_ink
from inklens.pixels.ink import Ink

_INKED = 0.3
_CLOSER = 0.11  # heights by which strokes that touch run into each other, at most: 3 pixels of 28
_JITTER = 1 / 7  # heights that the other one stands higher or lower, at most
_LINES = 6  # cuts that are tried; the best one stands
_ASIDE, _SLANT = 0.09, 0.4  # heights and dx/dy by which a cut leaves the upright one between the two
_LEAST_OWN, _MOST_FOREIGN = 0.85, 0.25  # of the digit's ink, else it is no such digit any more
_CHANGED = 0.01  # of its ink, else it is as it was


def make_cut_digits(
    train: Split, data: Dataset, share: float, seed: int
) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """A share of the training images, cut off from others; fewer where few can be cut off."""
    random = np.random.default_rng((seed, 29))
    missing = round(share * len(train))
    images = train.whole()[..., 0]
    for at, beside in random.integers(len(train), size=(2 * missing, 2)):
        if not missing:
            return
        ink = cut_off(images[at] / np.float32(255), images[beside] / np.float32(255), random)
        if ink is not None:
            yield place_ink(np.pad(keep_writing(ink), 2), data.spec), int(train.labels[at])
            missing -= 1


def cut_off(one: Ink, other: Ink, random: np.random.Generator) -> Ink | None:
    """One digit, cut off from another that it touches on one of its sides.

    Args:
        one: float32 (H, W), 0-1.
        other: likewise, of the same size.

    Returns:
        float32 (H, 2 W), 0-1; None where they do not touch, or no cut leaves one and takes the other.
    """
    mirrored = random.random() < 0.5
    if mirrored:
        one, other = one[:, ::-1], other[:, ::-1]
    most = round(_JITTER * len(one))
    other = _lowered(other, int(random.integers(-most, most + 1)))
    right, left = _last_column(one), other.shape[1] - 1 - _last_column(other[:, ::-1])
    apart = left - right
    if not np.isfinite(apart).any():
        return None
    width = one.shape[1]
    shift = round(float(-np.nanmin(apart) - random.uniform(0, _CLOSER * len(one))))
    own, foreign = (np.zeros((len(one), 2 * width), np.float32) for _ in range(2))
    own[:, :width] = one
    foreign[:, max(0, shift) : shift + width] = other[:, max(0, -shift) :]
    foreign = np.maximum(foreign - own, 0)
    cuts = _left_of_lines(own.shape, right[np.nanargmin(apart)], random)
    kept = cuts[np.tensordot(cuts, foreign - own).argmin()]
    whole = own.sum()
    own_share, foreign_share = (own * kept).sum() / whole, (foreign * kept).sum() / whole
    if own_share < _LEAST_OWN or foreign_share > _MOST_FOREIGN or 1 - own_share + foreign_share < _CHANGED:
        return None
    ink: Ink = (own + foreign) * kept
    return np.ascontiguousarray(ink[:, ::-1] if mirrored else ink)


def _lowered(ink: Ink, rows: int) -> Ink:
    """Moved down by so many rows, or up."""
    moved = np.zeros_like(ink)
    moved[max(0, rows) : len(ink) + min(0, rows)] = ink[max(0, -rows) : len(ink) - max(0, rows)]
    return moved


def _last_column(ink: Ink) -> NDArray[np.float64]:
    """The last column with ink in each row; NaN in a row without."""
    inked = ink > _INKED
    last: NDArray[np.float64] = ink.shape[1] - 1 - inked[:, ::-1].argmax(axis=1).astype(np.float64)
    last[~inked.any(axis=1)] = np.nan
    return last


def _left_of_lines(shape: tuple[int, ...], column: float, random: np.random.Generator) -> NDArray[np.float32]:
    """What lies to the left of lines near a column, each at a slant of its own: 0 or 1, (_LINES, H, W)."""
    at = column + shape[0] * random.uniform(-_ASIDE, _ASIDE, (_LINES, 1))
    slant = random.uniform(-_SLANT, _SLANT, (_LINES, 1))
    lines = at + slant * (np.arange(shape[0]) - shape[0] / 2)
    return (np.arange(shape[1]) <= lines[..., None]).astype(np.float32)
