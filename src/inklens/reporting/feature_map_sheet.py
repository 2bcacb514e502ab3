"""What every layer makes of one image, from the first edges to the last shapes, as one sheet."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.explanation.receptive_fields import CONVOLUTION, POOLING, MapLayer
from inklens.reporting import style

_COLUMNS, _ROWS = 16, 2
_MOST = _COLUMNS * _ROWS
_SIGHT = 1.0  # the tile that shows what one point sees
_GAP = 0.06
_TILE = (style.WIDTH - 2 * style.MARGIN - _SIGHT - 0.2 + _GAP) / _COLUMNS - _GAP
_NUMBER = 0.14
_HEADING = 0.4
_BETWEEN = 0.3

Maps = NDArray[np.float32]


def feature_maps_picture(
    image: NDArray[np.uint8], layers: Sequence[MapLayer], maps: Mapping[str, Maps], path: Path
) -> style.Figure:
    """Draws the maps of every layer in the network's order, and writes the PNG.

    Beside each layer stands the image with a frame around what one of its points sees, the one that says
    most: small for early layers, which find edges and curves, large for later ones, which find shapes. Of
    more than 32 maps the 32 strongest are drawn, the same from a convolution to the next, so that a filter
    can be followed down the page by its number.

    Args:
        image: uint8 (H, W, C), 0-255.
        layers: that give maps, in their order.
        maps: layer name -> float32 (h, w, channels).
    """
    shown = list(_blocks(layers, maps))
    heights = [_height(len(channels), maps[layer.name]) for _, layer, channels in shown]
    with style.sheet([layer.name for layer in layers]) as (names, _):
        drawable = dict(zip((layer.name for layer in layers), names, strict=True))
        figure, axes = style.page(
            style.WIDTH, style.HEADER + 0.1 + sum(heights) + _BETWEEN * len(heights) - _BETWEEN + style.MARGIN
        )
        title = "What every layer sees: from edges and curves to larger shapes"
        subtitle = "one scale a layer: blue above 0, orange below; the frame is what its strongest point sees"
        style.header(axes, title, subtitle)
        y = style.HEADER + 0.1
        for (convolution, layer, channels), height in zip(shown, heights, strict=True):
            heading = _heading(convolution, layer, image.shape[0])
            largest = f"largest value {np.abs(maps[layer.name]).max():.2g}"
            _write(axes, y, layer, heading, f"{_line(drawable[layer.name], layer, len(channels))}; {largest}")
            _sight(axes, y + _HEADING, image, layer, maps[layer.name])
            _tiles(axes, y + _HEADING, maps[layer.name], channels)
            y += height + _BETWEEN
        return style.save(figure, path)


def _blocks(
    layers: Sequence[MapLayer], maps: Mapping[str, Maps]
) -> Iterator[tuple[int, MapLayer, NDArray[np.int64]]]:
    """(number of its convolution from 1, layer, channels to draw) for each layer."""
    starts = [index for index, layer in enumerate(layers) if layer.kind == CONVOLUTION]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(layers)], strict=True), 1):
        last = np.abs(maps[layers[end - 1].name]).mean(axis=(0, 1))
        channels = np.sort(np.argsort(-last, kind="stable")[:_MOST])
        for layer in layers[start:end]:
            yield number, layer, channels


def _height(count: int, maps: Maps) -> float:
    rows = -(-count // _COLUMNS)
    return _HEADING + max(_SIGHT, rows * (_tile_height(maps) + _NUMBER + _GAP) - _GAP)


def _tile_height(maps: Maps) -> float:
    height, width = maps.shape[:2]
    return float(_TILE * min(1.5, max(0.5, height / width)))


def _heading(convolution: int, layer: MapLayer, rows: int) -> str:
    """What the layer does, and of a convolution, what fits into what its points see of `rows` pixels."""
    kernel = f" {style.TIMES} ".join(map(str, layer.kernel))
    if layer.kind == CONVOLUTION:
        return (
            f"Convolution {convolution}: {layer.shape[2]} filters of {kernel}. "
            f"A point sees {_field(layer)} pixels: {_room(layer.rows.field / rows)}"
        )
    if layer.kind == POOLING:
        return f"Pooling after convolution {convolution}: the largest of {kernel}"
    return f"Activation after convolution {convolution}"


def _line(name: str, layer: MapLayer, drawn: int) -> str:
    height, width, channels = layer.shape
    some = f", the {drawn} strongest drawn" if drawn < channels else ""
    size = f"{channels} maps of {height} {style.TIMES} {width}"
    return f"{name}: {size}{some}; a point sees {_field(layer)} pixels"


def _write(axes: style.Axes, y: float, layer: MapLayer, heading: str, line: str) -> None:
    convolution = layer.kind == CONVOLUTION
    left, right = style.MARGIN, style.WIDTH - style.MARGIN
    if convolution:
        axes.plot([left, right], [y - _BETWEEN / 2] * 2, color=style.LINE, linewidth=0.8)
    colour = style.INK if convolution else style.MUTED
    style.fit(axes.text(left, y + 0.12, heading, size=9, weight="bold", color=colour), right - left)
    style.fit(axes.text(left, y + 0.29, line, size=7, color=style.MUTED), right - left)


def _field(layer: MapLayer) -> str:
    return f"{layer.rows.field} {style.TIMES} {layer.columns.field}"


def _room(share: float) -> str:
    """What fits into so large a share of the image's height."""
    if share <= 0.25:
        return "room for edges and curves"
    return "room for parts of a shape" if share <= 0.5 else "room for larger shapes"


def _sight(axes: style.Axes, y: float, image: NDArray[np.uint8], layer: MapLayer, maps: Maps) -> None:
    """The image with a frame around what the layer's strongest point sees."""
    left, top, scale = style.show(axes, style.in_colours(image), style.MARGIN, y, _SIGHT, _SIGHT)
    row, column, _ = np.unravel_index(np.argmax(np.abs(maps)), maps.shape)
    edges = []
    for sight, point, side in ((layer.rows, row, image.shape[0]), (layer.columns, column, image.shape[1])):
        start = sight.first + int(point) * sight.jump - (sight.field - 1) / 2
        edges += [max(0.0, start), min(float(side), start + sight.field)]
    y0, y1, x0, x1 = (scale * edge for edge in edges)
    style.frame(axes, left + x0, top + y0, x1 - x0, y1 - y0, style.VERMILION, 1.5)


def _tiles(axes: style.Axes, y: float, maps: Maps, channels: NDArray[np.int64]) -> None:
    values = np.nan_to_num(maps.astype(np.float64))
    largest = float(np.abs(values).max()) or 1.0
    height = _tile_height(maps)
    start = style.WIDTH - style.MARGIN - _COLUMNS * (_TILE + _GAP) + _GAP
    for index, channel in enumerate(channels.tolist()):
        x = start + index % _COLUMNS * (_TILE + _GAP)
        top = y + index // _COLUMNS * (height + _NUMBER + _GAP)
        style.show(axes, style.two_colours(values[..., channel] / largest), x, top, _TILE, height)
        below = top + height + 0.02
        axes.text(x + _TILE / 2, below, str(channel), size=5.5, color=style.MUTED, ha="center", va="top")
