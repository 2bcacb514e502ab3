"""How wide a network that can be scaled is to be for a data set: what a preset names is for large ones."""

import math

MANY = 10_000  # images to learn from, from which the preset's width is kept
_NARROWEST, _WIDEST = 8, 512


def fitted_width(width: int, classes: int, images: int) -> int:
    """Half of the preset's width for few images, and a channel of the last stage for every class.

    Args:
        width: of the first stage; the last one has four times as many channels.
        images: of the training part.

    Example:
        >>> fitted_width(32, 10, 50_000), fitted_width(32, 10, 500), fitted_width(32, 200, 50_000)
        (32, 16, 50)
    """
    fitted = width if images >= MANY else max(_NARROWEST, width // 2)
    return min(_WIDEST, max(fitted, math.ceil(classes / 4)))
