"""Test-time augmentation (TTA): the same image a pixel to the side or mirrored, probabilities averaged.

Chosen by name in a recipe, computed inside the model file. The names are known without a framework.
"""

from typing import Any, NamedTuple

from inklens.errors import OptionError


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


def transformed(images: Any, transform: Transform) -> Any:
    """The images as a transform changes them: a tensor (N, H, W, C) -> (N, H, W, C), of the same dtype."""
    from keras import ops  # `inklens --help` lists the names and does not wait for Keras

    height, width = images.shape[1:3]
    if transform.mirrored:
        # PyTorch knows no negative step, and the file of `ops.flip` is of a rarer operator.
        images = ops.take(images, range(width - 1, -1, -1), axis=2)
    rows, columns = abs(transform.down), abs(transform.right)
    if rows or columns:
        images = ops.pad(images, ((0, 0), (rows, rows), (columns, columns), (0, 0)))
        top, left = rows - transform.down, columns - transform.right
        images = images[:, top : top + height, left : left + width]
    return images
