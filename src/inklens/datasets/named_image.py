"""One image out of a file that holds many, such as a CSV file or an archive."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from inklens.errors import ImageError


class NamedImage(NamedTuple):
    """One image of a file that holds many.

    Args:
        name: FILE#NUMBER, counted from 0, or the path in an archive below the archive's.
        content: pixels, uint8 (H, W, C), the bytes of an image file, or why it cannot be read.
    """

    name: str
    content: NDArray[np.uint8] | bytes | ImageError
