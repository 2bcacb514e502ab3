"""The kind of data that nobody has named: writing if images show strokes on an even ground, else things.

All of 26 unlike sets are decided rightly: of writing 87% of the images or more look like it, of things 34% or
fewer (`benchmarks/kind.py`).
"""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

LOOKED_AT = 100  # images of a data set, spread evenly
NAMED_BY_LOOK = "images that were looked at"  # in the note that says so
_ENOUGH = 0.5  # of the images that are not blank,
_TELLING = 0.25  # which are so many of all at least


def looked_at(count: int) -> NDArray[np.int64]:
    """Which of `count` images are looked at: int64, at most `LOOKED_AT`, in order."""
    return np.unique(np.linspace(0, count - 1, LOOKED_AT).round().astype(np.int64))


def kind_by_look(images: Iterable[NDArray[np.uint8]]) -> tuple[str, str]:
    """The kind of data with these images, and the note that says why, and how to name the other one.

    Args:
        images: uint8 (H, W, 1 or 3) of any size, 0-255, as they are: not framed.

    Returns:
        ("writing" or "things", the note).
    """
    from inklens.pixels import shows_writing

    every = [shows_writing(image) for image in images]
    looks = [look for look in every if look is not None]
    written = sum(looks)
    kind, remedy = "things", "--kind writing if they are writing"
    if written >= _ENOUGH * len(looks) and len(looks) >= max(1, _TELLING * len(every)):
        kind, remedy = "writing", "--kind things if they are pictures of things"
    seen = f"{written} of {len(looks)} {NAMED_BY_LOOK} show strokes on an even ground"
    return kind, f"taken for {kind}: {seen}; give {remedy}"
