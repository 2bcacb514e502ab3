"""Test-time augmentation (TTA): the same image a pixel to the side or mirrored, probabilities averaged.

Chosen by name in a recipe, computed inside the model file. Knows no framework, and the names not even NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inklens.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Transform(NamedTuple):
    """How an image is changed.

    Args:
        down: pixels that everything moves down; what comes in from outside is dark, 0.
        right: pixels that everything moves to the right.
        mirrored: left and right change places, before anything moves.
    """

    down: int = 0
    right: int = 0
    mirrored: bool = False


def _cross(mirrored: bool = False) -> tuple[Transform, ...]:
    places = ((0, 0), (-1, 0), (1, 0), (0, -1), (0, 1))
    return tuple(Transform(down, right, mirrored) for down, right in places)


TTA: dict[str, tuple[Transform, ...]] = {
    "none": (Transform(),),
    "cross": _cross(),
    "mirror": (Transform(), Transform(mirrored=True)),
    "mirror-cross": (*_cross(), *_cross(mirrored=True)),
}


def check_tta(name: str) -> None:
    """Refuses what mirrors writing, for mirrored writing is other writing.

    Raises:
        OptionError: it does.
    """
    if any(transform.mirrored for transform in TTA[name]):
        raise OptionError(
            f"tta {name!r} mirrors the images, and mirrored writing is other writing: give none or cross, or "
            "data of --kind things"
        )


def transformed(images: NDArray[np.uint8], transform: Transform) -> NDArray[np.uint8]:
    """What a transform makes of images: uint8 (N, H, W, C) -> uint8 (N, H, W, C)."""
    import numpy as np  # `inklens --help` names the views and does not wait for NumPy

    if transform.mirrored:
        images = images[:, :, ::-1]
    if transform.down == transform.right == 0:
        return images
    moved = np.zeros_like(images)
    (rows_to, rows_from), (columns_to, columns_from) = _overlap(transform.down), _overlap(transform.right)
    moved[:, rows_to, columns_to] = images[:, rows_from, columns_from]
    return moved


def _overlap(shift: int) -> tuple[slice, slice]:
    """Where along an axis something lies after it moved, and where it lay before."""
    kept = slice(None, -shift) if shift > 0 else slice(-shift, None)
    return (slice(shift, None), kept) if shift >= 0 else (slice(None, shift), kept)
