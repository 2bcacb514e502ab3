"""Size, colour and polarity of images, and which of them stand out from the others."""

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError
from inklens.pixels import decode

_USUAL = 0.9  # of the images are alike in what the others stand out by
_COLOURED = 2  # by which the channels of grey differ at most: JPEG rounds
_CLEAR = 8  # by which border and inside differ at least, of 255, where an image has a polarity


@dataclass(frozen=True)
class ImageProperties:
    """What is looked at of an image.

    Args:
        size: (height, width) of the file, or of the array.
        colour: whether it has any.
        polarity: 1 for light on dark, -1 for dark on light, 0 for neither: its border and its inside are
            hardly different.
    """

    size: tuple[int, int]
    colour: bool
    polarity: int


def properties_of_file(path: Path) -> ImageProperties | None:
    """Of an image file as it is, not framed; None where it cannot be decoded."""
    try:
        return properties_of(decode(path))
    except ImageError:
        return None


def properties_of_files(paths: list[Path]) -> list[ImageProperties | None]:
    """The same for many, decoded on all cores."""
    with warnings.catch_warnings(), ThreadPoolExecutor(min(8, os.cpu_count() or 1)) as pool:
        warnings.filterwarnings("ignore", module=r"PIL\b")  # threads share the filters
        return list(pool.map(properties_of_file, paths, chunksize=64))


def properties_of(image: NDArray[np.uint8]) -> ImageProperties:
    """Of uint8 (H, W, C), 0-255."""
    colour = image.shape[2] > 1 and bool((image.max(axis=2) - image.min(axis=2)).max() > _COLOURED)
    grey = image.mean(axis=2)
    height, width = grey.shape
    margin = max(1, min(height, width) // 14)
    edge = np.ones(grey.shape, bool)
    edge[margin : height - margin, margin : width - margin] = False
    difference = 0.0 if edge.all() else float(grey[~edge].mean() - np.median(grey[edge]))
    return ImageProperties((height, width), colour, int(np.sign(difference)) * (abs(difference) >= _CLEAR))


def standing_out(values: list[object]) -> list[int]:
    """The positions of values that are not the usual one; none where no value is usual.

    Example:
        >>> standing_out(["grey"] * 20 + ["colour"])
        [20]
    """
    counts: dict[object, int] = {}
    for value in values:
        counts[value] = counts.get(value, 0) + 1
    if not counts:
        return []
    usual = max(counts, key=counts.__getitem__)
    if counts[usual] < _USUAL * len(values):
        return []
    return [position for position, value in enumerate(values) if value != usual]
