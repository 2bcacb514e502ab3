"""Small plain JPEG files, decoded by OpenCV: the same bytes as Pillow's, in a quarter of its time."""

import re
import struct

import numpy as np
from numpy.typing import NDArray

_LARGEST = 65_536  # bytes; of a larger file the decoding itself takes most of the time
_SOI, _EOI = b"\xff\xd8", b"\xff\xd9"
_FRAMES = (0xC0, 0xC1, 0xC2)  # baseline, extended and progressive, each with a Huffman code
_TABLES = (0xDB, 0xC4, 0xDD, 0xE0, 0xFE)  # quantization, Huffman, restarts, JFIF, a comment
_SCAN = 0xDA  # coded data follow
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7]", re.DOTALL)  # that ends them: no restart


def small_jpeg(content: bytes, max_pixels: int) -> NDArray[np.uint8] | None:
    """A whole small JPEG file of 1 or 3 components of 8 bits, without EXIF or Adobe's marker; else None.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255.
    """
    if len(content) > _LARGEST or content[:2] != _SOI or content[-2:] != _EOI:
        return None
    place, end = 2, len(content) - 10
    while place < end and content[place] == 0xFF:
        marker = content[place + 1]
        if marker in _FRAMES:
            break
        if marker not in _TABLES:
            return None
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
    else:
        return None
    depth, height, width, components = struct.unpack_from(">BHHB", content, place + 4)
    if depth != 8 or components not in (1, 3) or not 0 < height * width <= max_pixels:
        return None
    if not _ends_well(content, place):
        return None
    import cv2

    try:
        pixels = cv2.imdecode(
            np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR if components == 3 else cv2.IMREAD_GRAYSCALE
        )
    except cv2.error:
        return None
    if pixels is None or pixels.shape[:2] != (height, width):
        return None
    if components == 3:
        return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)
    return np.asarray(pixels, np.uint8)[..., None]


def _ends_well(content: bytes, place: int) -> bool:
    """Whether only known segments follow from the marker at `place` to the end.

    Where damaged data have another marker in them, OpenCV gives an image of what was before it.
    """
    end = len(content) - len(_EOI)
    while place < end and content[place] == 0xFF:
        marker = content[place + 1]
        if marker not in (_SCAN, *_TABLES, *_FRAMES):
            return False
        place += 2 + int.from_bytes(content[place + 2 : place + 4])
        if marker == _SCAN:
            place = found.start() if (found := _MARKER.search(content, place)) else -1
    return place == end
