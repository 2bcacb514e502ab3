"""What arrays and tables of pixels leave open: their range, and the order of red, green and blue."""

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError

PLANES = "the pixels of each image are taken for three planes, red, green and blue, one after another"
_DARK = 64  # of 255: no set of images is as dark as that
_LOWEST = -0.75  # what images that were scaled to -1 to 1 go below
_CLEARLY = 0.9
_LOOKED_AT = 100  # images that show the order of their colours


def check_range(given: NDArray[np.generic], pixels: NDArray[np.uint8], where: str) -> None:
    """Refuses values that are taken for 0 to 255, or -1 to 1, and are of another range.

    What is learnt from them would not fit image files, whose pixels are 0 to 255.

    Args:
        given: as they were read.
        pixels: what `as_batch` makes of them.
        where: what they lie in, for the message.

    Raises:
        DataError: all are dark, or have had their mean taken off.
    """
    low, high = given.min(initial=0), given.max(initial=0)
    if 1 < pixels.max(initial=0) < _DARK:
        most = 65535 if given.dtype == np.uint16 and high > 255 else 255
        raise DataError(
            f"{where} holds pixels up to {high:g}, where {most} is white; expected images that come near it: "
            f"scale them, (images * (255 / {high:g})).astype('uint8')"
        )
    if given.dtype.kind == "f" and _LOWEST < low < 0 and pixels.max(initial=0) > 0 and low < -1e-3:
        raise DataError(
            f"{where} holds pixels from {low:.3g} to {high:.3g}; expected 0 to 1, -1 to 1 or 0 to 255: undo "
            "their standardisation, images * std + mean, and give what was there before"
        )


def dark_note(pixels: NDArray[np.uint8]) -> list[str]:
    """The note that image files are dark, as those of 12 bits are that are kept in 16; none where not.

    Args:
        pixels: of some of the images, 0-255.
    """
    high = int(pixels.max(initial=0))
    if not 1 < high < _DARK:
        return []
    return [
        f"all images are dark, up to {high} of 255: if they have 12 bits in files of 16, multiply them by 16"
    ]


def is_planes(flat: NDArray[np.generic], side: int) -> bool:
    """Whether rows of square RGB images hold one colour after another, as CIFAR-10's files do.

    Pixels above one another are `side` values apart then, and else three times as many. The ratio of the two
    differences is 0.75 or less in single images of CIFAR-10 that are kept so, and 1.3 or more in others.

    Args:
        flat: (N, 3 * side * side).
    """
    if not len(flat) or flat.dtype.kind not in "buif":
        return False
    some = flat[np.linspace(0, len(flat) - 1, min(len(flat), _LOOKED_AT)).astype(int)].astype(np.float64)
    with np.errstate(all="ignore"):  # what is infinite is refused later
        planes, pixels = (np.abs(some[:, by:] - some[:, :-by]).mean() for by in (side, 3 * side))
    return bool(planes < _CLEARLY * pixels)


def rgb_images(flat: NDArray[np.generic], side: int) -> tuple[NDArray[np.generic], list[str]]:
    """Flat square RGB images as (N, side, side, 3), and the note that says which order they have.

    Args:
        flat: (N, 3 * side * side).
    """
    if is_planes(flat, side):
        return flat.reshape(-1, 3, side, side).transpose(0, 2, 3, 1), [PLANES]
    return flat.reshape(-1, side, side, 3), []
