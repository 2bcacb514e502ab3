"""Test-time views: the same image a pixel to the side or mirrored, whose probabilities are averaged.

Chosen by name in a recipe, computed inside the model file. Knows no framework, and the names not even NumPy.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from inklens.errors import OptionError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class View(NamedTuple):
    """How one view differs from the image.

    Args:
        down: pixels that everything moves down; what comes in from outside is dark, 0.
        right: pixels that everything moves to the right.
        mirrored: left and right change places, before anything moves.
    """

    down: int = 0
    right: int = 0
    mirrored: bool = False


def _cross(step: int, mirrored: bool = False) -> tuple[View, ...]:
    places = ((0, 0), (-step, 0), (step, 0), (0, -step), (0, step))
    return tuple(View(down, right, mirrored) for down, right in places)


def _square(mirrored: bool = False) -> tuple[View, ...]:
    return tuple(View(down, right, mirrored) for down in (0, -1, 1) for right in (0, -1, 1))


VIEWS: dict[str, tuple[View, ...]] = {
    "none": (View(),),
    "cross": _cross(1),
    "wide-cross": _cross(2),
    "square": _square(),
    "mirror": (View(), View(mirrored=True)),
    "mirror-cross": (*_cross(1), *_cross(1, mirrored=True)),
}
AUTO = {
    "auto": {"writing": "cross", "things": "mirror-cross"},
    "auto-light": {"writing": "none", "things": "mirror"},
}


def resolve_views(name: str, kind: str) -> str:
    """The name of the views; those in `AUTO` go by the kind of the data: writing is never mirrored.

    Raises:
        OptionError: writing is to be mirrored.
    """
    resolved = AUTO[name][kind] if name in AUTO else name
    if kind == "writing" and any(view.mirrored for view in VIEWS[resolved]):
        raise OptionError(
            f"views {resolved!r} mirror the images, and mirrored writing is other writing: give cross, "
            "wide-cross or square, or data of --kind things"
        )
    return resolved


def seen(images: NDArray[np.uint8], view: View) -> NDArray[np.uint8]:
    """What a view shows: uint8 (N, H, W, C) -> uint8 (N, H, W, C)."""
    import numpy as np  # `inklens --help` names the views and does not wait for NumPy

    if view.mirrored:
        images = images[:, :, ::-1]
    if view.down == view.right == 0:
        return images
    moved = np.zeros_like(images)
    (rows_to, rows_from), (columns_to, columns_from) = _overlap(view.down), _overlap(view.right)
    moved[:, rows_to, columns_to] = images[:, rows_from, columns_from]
    return moved


def _overlap(shift: int) -> tuple[slice, slice]:
    """Where along an axis something lies after it moved, and where it lay before."""
    kept = slice(None, -shift) if shift > 0 else slice(-shift, None)
    return (slice(shift, None), kept) if shift >= 0 else (slice(None, shift), kept)
