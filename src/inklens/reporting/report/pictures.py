"""Images inside the page: thumbnails, filters and feature maps as data URIs."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.pixels import PixelSpec, encode_png, encode_webp, frame
from inklens.reporting import style
from inklens.reporting.filter_sheet import to_one_scale
from inklens.reporting.report.wording import plural, shape

LARGEST_SIDE = 64
MOST_FILTERS, MOST_MAPS = 128, 24
_LARGEST_MAP = 32
_GAP = 1
# The ink of both themes lies between these two: on white and on nearly black the filters stay visible.
_FAINTEST = 20  # of 255: nothing but a filter's edge shows where a weight is 0
_POSITIVE, _NEGATIVE = style.BLUE, style.VERMILION


@dataclass(frozen=True)
class Picture:
    """An image in the page.

    Args:
        source: a data URI.
        width, height: in its own pixels.
        says: the alternative text.
    """

    source: str
    width: int
    height: int
    says: str = ""


def thumbnail(image: NDArray[np.uint8], largest: int = LARGEST_SIDE) -> Picture:
    """An image, shrunk so that no side is longer than `largest`.

    Args:
        image: uint8 (H, W, C), 0-255. 1 channel is kept exact (PNG), 3 become WebP; of any other number the
            mean is shown.
    """
    if image.shape[2] not in (1, 3):
        image = image.mean(axis=2, keepdims=True).round().astype(np.uint8)
    height, width, channels = image.shape
    scale = min(1.0, largest / max(height, width))
    if scale < 1:
        height, width = max(1, round(height * scale)), max(1, round(width * scale))
        image = frame(image, PixelSpec(height, width, channels, "stretch"))
    if channels == 1:
        return Picture(_uri("png", encode_png(image)), width, height)
    return Picture(_uri("webp", encode_webp(image)), width, height)


def png_file(content: bytes) -> str:
    """The data URI of a PNG file."""
    return _uri("png", content)


def filters_sheet(filters: NDArray[np.floating]) -> Picture:
    """The filters side by side, all to one scale.

    Args:
        filters: float (height, width, in, out), as Keras keeps them. With 3 inputs a filter is a colour
            picture whose mid-grey is 0; else blue is positive, orange negative and next to nothing 0, and
            more than one input is averaged.
    """
    weights, _ = to_one_scale(filters[..., :MOST_FILTERS])
    count, height, width = weights.shape[:3]
    tiles = np.full((count, height, width, 4), 255.0)
    if weights.ndim == 4:
        tiles[..., :3] = np.rint(255 * (0.5 + weights / 2))
    else:
        tiles[..., :3] = np.where(weights[..., None] > 0, _rgb(_POSITIVE), _rgb(_NEGATIVE))
        tiles[..., 3] = np.rint(_FAINTEST + (255 - _FAINTEST) * np.abs(weights))
    of_all = filters.shape[3]
    which = plural(of_all, "filter") if count == of_all else f"The first {count} of {of_all} filters"
    sheet = _sheet(tiles.astype(np.uint8))
    says = f"{which} of the first convolution, {shape((height, width))} weights each"
    return _as_picture(sheet, says)


def map_sheets(maps: Mapping[str, NDArray[np.float32]]) -> list[tuple[str, str, Picture]]:
    """Each layer's maps side by side: black is the layer's least value, white its largest.

    Args:
        maps: layer name -> float32 (height, width, channels).

    Returns:
        The layer's name, what is shown of it, and the picture, for each layer that has maps.
    """
    sheets = []
    for layer, values in maps.items():
        height, width, channels = values.shape
        if min(height, width) < 2:
            continue  # a single number is no map
        shown = np.nan_to_num(values.astype(np.float64)).transpose(2, 0, 1)[:MOST_MAPS]
        low, high = float(shown.min()), float(shown.max())
        grey = np.rint(255 * (shown - low) / ((high - low) or 1.0)).astype(np.uint8)
        tiles = np.stack([_bounded(tile[..., None]) for tile in grey])
        clear = np.full((*tiles.shape[:3], 1), 255, np.uint8)
        sheet = _sheet(np.concatenate([np.repeat(tiles, 3, axis=3), clear], axis=3))
        kept = "" if channels == len(shown) else f", the first {len(shown)} shown"
        note = f"{plural(channels, 'map')} of {shape((height, width))}{kept}"
        sheets.append((layer, note, _as_picture(sheet, f"Layer {layer}: {note}")))
    return sheets


def _bounded(tile: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width, _ = tile.shape
    scale = _LARGEST_MAP / max(height, width)
    if scale >= 1:
        return tile
    return frame(tile, PixelSpec(max(1, round(height * scale)), max(1, round(width * scale)), 1, "stretch"))


def _sheet(tiles: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """uint8 (N, h, w, 4) side by side with clear gaps: (H, W, 4)."""
    count, height, width, _ = tiles.shape
    columns = min(count, 8)
    rows = -(-count // columns)
    down, right = height + _GAP, width + _GAP
    sheet = np.zeros((rows * down - _GAP, columns * right - _GAP, 4), np.uint8)
    for index, tile in enumerate(tiles):
        top, left = index // columns * down, index % columns * right
        sheet[top : top + height, left : left + width] = tile
    return sheet


def _as_picture(sheet: NDArray[np.uint8], says: str) -> Picture:
    return Picture(_uri("png", encode_png(sheet)), sheet.shape[1], sheet.shape[0], says)


def _rgb(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _uri(kind: str, content: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(content).decode()}"
