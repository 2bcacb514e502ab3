"""The plainest PNG files, which most small images are, decoded by OpenCV: more than twice as quick as Pillow.

OpenCV may give half an image for a damaged file, so what it gets is checked before: every checksum, and that
the compressed data are as long as the pixels. Whatever is not beyond doubt is left to Pillow.
"""

import struct
import zlib

import numpy as np
from numpy.typing import NDArray

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_MOST_BYTES = 2**17  # of the pixels: for a larger image Pillow is as quick
_CHANNELS = {0: 1, 2: 3}  # by PNG's colour type: grey and RGB
# Chunks that say nothing of the pixels. Not among them: transparency, colour profiles, EXIF, animation.
_IGNORED = frozenset({b"tEXt", b"pHYs", b"tIME", b"sRGB", b"gAMA", b"cHRM"})


def decode_plain_png(content: bytes, max_pixels: int) -> NDArray[np.uint8] | None:
    """Decode a small PNG file of 8 bits, grey or RGB, that is not interlaced and is whole.

    Args:
        content: of a file.
        max_pixels: the largest width x height.

    Returns:
        uint8 (H, W, 1) or (H, W, 3), 0-255; None for any other file.
    """
    if not content.startswith(_SIGNATURE) or len(content) > 2 * _MOST_BYTES:
        return None
    chunks = _chunks(content)
    if chunks is None:
        return None
    header, compressed = chunks
    width, height, depth, colour, method, filtering, interlaced = struct.unpack(">IIBBBBB", header)
    if depth != 8 or colour not in _CHANNELS or method or filtering or interlaced:
        return None
    row = 1 + width * _CHANNELS[colour]  # a byte says how it is filtered
    if (
        not (width and height)
        or row * height > _MOST_BYTES
        or width * height > max_pixels
        or not _is_whole(compressed, row, height)
    ):
        return None
    import cv2

    pixels = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    if pixels is None or pixels.shape[:2] != (height, width):
        return None
    if colour == 0:
        return np.asarray(pixels, np.uint8).reshape(height, width, 1)
    return np.asarray(cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB), np.uint8)


def _chunks(content: bytes) -> tuple[bytes, bytes] | None:
    """The header and the compressed data of a file whose checksums are right and whose chunks are plain."""
    header, data = b"", []
    at = len(_SIGNATURE)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4], "big")
        end = at + 8 + length
        kind, body = content[at + 4 : at + 8], content[at + 8 : end]
        if zlib.crc32(content[at + 4 : end]) != int.from_bytes(content[end : end + 4], "big"):
            return None
        at = end + 4
        if kind == b"IHDR" and length == 13 and not header:
            header = body
        elif kind == b"IDAT" and header:
            data.append(body)
        elif kind == b"IEND":
            return (header, b"".join(data)) if data and at == len(content) else None
        elif kind not in _IGNORED or not header:
            return None
    return None


def _is_whole(compressed: bytes, row: int, height: int) -> bool:
    """Whether the data are those of so many rows, each of a known filter."""
    inflate = zlib.decompressobj()
    try:
        rows = inflate.decompress(compressed, row * height + 1)
    except zlib.error:
        return False
    return len(rows) == row * height and inflate.eof and not inflate.unused_data and max(rows[::row]) <= 4
