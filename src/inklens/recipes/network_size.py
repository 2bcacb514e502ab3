"""How wide a network that can be scaled is to be for a data set: what a preset names is for large ones."""

import math

MANY = 10_000  # images to learn from, from which the preset's width is kept
_NARROWEST, _WIDEST_FOR_CLASSES = 8, 64  # with 256 channels at the end, of 1,000 classes too


def fitted_width(width: int, classes: int, images: int) -> int:
    """Half of the preset's width for few images, and for up to 256 classes a channel of the last stage each.

    The time goes with the square of the width: with a channel for each of 1,000 classes it would be that of
    sixty networks.

    Args:
        width: of the first stage; the last one has four times as many channels.
        images: of the training part.

    Example:
        >>> fitted_width(32, 10, 50_000), fitted_width(32, 10, 500), fitted_width(32, 200, 50_000)
        (32, 16, 50)
        >>> fitted_width(32, 1000, 10_000)
        64
    """
    fitted = width if images >= MANY else max(_NARROWEST, width // 2)
    return max(fitted, min(_WIDEST_FOR_CLASSES, math.ceil(classes / 4)))
