"""How one number inside a deployed network comes about: what its layer reads, and what it makes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.layer_graph import GraphLayer, LayerGraph, ints, number
from inklens.errors import OptionError

Values = Mapping[str, NDArray[np.float32]]


@dataclass(frozen=True, eq=False)
class UnitArithmetic:
    """One number of a layer, and what it was made of.

    Args:
        layer: the layer in the graph.
        value: the number, as the network gives it.
        patch: float32 (channels, height, width), what a window reads, NaN outside the map for a pooling; of a
            dense layer (units, 1, 1); of a sum (summands, 1, 1); of an activation (1, 1, 1).
        corner: row and column of the patch's upper left corner in the map that is read; it may be below 0.
        kernel: float32 of the patch's shape, what each of its numbers is multiplied by; None without weights.
        bias: what is added in the end.
        slope: what an activation multiplies negative numbers by; 0 for a ReLU.
    """

    layer: GraphLayer
    value: float
    patch: NDArray[np.float32]
    corner: tuple[int, int] = (0, 0)
    kernel: NDArray[np.float32] | None = field(default=None)
    bias: float = 0.0
    slope: float = 0.0


def unit_arithmetic(
    graph: LayerGraph, values: Values, name: str, place: tuple[int, int], channel: int
) -> UnitArithmetic:
    """What made one number of a layer.

    Args:
        graph: of the network.
        values: its tensors for one image, (1, ...) or more.
        name: of the layer.
        place: row and column in its map; (0, 0) for a layer without maps.
        channel: the map, or the unit.

    Raises:
        OptionError: no such layer, place or channel.
    """
    layer = next((each for each in graph.layers if each.name == name), None)
    if layer is None:
        names = ", ".join(each.name for each in graph.layers[:20])
        raise OptionError(f"no layer {name[:60]!r}; expected one of {names}")
    output = values[layer.tensor][0]
    index = _index(layer, output, place, channel)
    value = float(output[index])
    read = values[_read_by(graph, layer)][0]
    if layer.kind == "convolution":
        return _convolution(graph, layer, value, read, place, channel)
    if layer.kind == "pooling":
        patch, corner = _window(layer, read[channel : channel + 1], place, np.nan)
        return UnitArithmetic(layer, value, patch, corner)
    if layer.kind == "dense":
        return _dense(graph, layer, value, read, channel)
    if layer.kind == "global pooling":
        return UnitArithmetic(layer, value, _reduced_map(layer, value, read, channel))
    if layer.kind == "sum":
        summands = [values[each][0][index] for each in layer.node.input if not graph.is_weights(each)]
        return UnitArithmetic(layer, value, np.array(summands, np.float32).reshape(-1, 1, 1))
    slope = number(layer.node, "alpha", 0.01) if layer.node.op_type == "LeakyRelu" else 0.0
    return UnitArithmetic(layer, value, read[index].reshape(1, 1, 1), place, slope=slope)


def _reduced_map(
    layer: GraphLayer, value: float, read: NDArray[np.float32], channel: int
) -> NDArray[np.float32]:
    """The map that became one number, (1, H, W); channels may be first or last, and the number says which."""
    reduce = np.max if layer.node.op_type == "ReduceMax" else np.mean
    maps = [maps[channel] for maps in (read, np.moveaxis(read, -1, 0)) if channel < len(maps)]
    found = min(maps, key=lambda each: abs(float(reduce(each)) - value))
    return np.asarray(found[None], np.float32)


def _read_by(graph: LayerGraph, layer: GraphLayer) -> str:
    return str(next(name for name in layer.node.input if not graph.is_weights(name)))


def _index(
    layer: GraphLayer, output: NDArray[np.float32], place: tuple[int, int], channel: int
) -> tuple[int, ...]:
    """Where in the output a number is; its axes are channels, rows and columns in some order, or units."""
    if output.ndim == 1:
        index: tuple[int, ...] = (channel,)
        fits = place == (0, 0) and 0 <= channel < len(output)
        expected = f"a unit below {len(output)} at 0, 0"
    else:
        index = (channel, *place) if layer.channels_first else (*place, channel)
        fits = all(0 <= at < size for at, size in zip(index, output.shape, strict=True))
        order = np.moveaxis(output, 0, -1).shape if layer.channels_first else output.shape
        expected = f"less than {order[0]} rows, {order[1]} columns and {order[2]} channels"
    if not fits:
        raise OptionError(
            f"row {place[0]}, column {place[1]}, channel {channel} of {layer.name}; expected {expected}"
        )
    return index


def _window(
    layer: GraphLayer, read: NDArray[np.float32], place: tuple[int, int], outside: float
) -> tuple[NDArray[np.float32], tuple[int, int]]:
    """What the window sees of maps (channels, h, w) for a point of the output, and where that is."""
    height, width = layer.kernel
    strides = ints(layer.node, "strides", (1, 1))
    pads = ints(layer.node, "pads", (0, 0, 0, 0))
    top, left = place[0] * strides[0] - pads[0], place[1] * strides[1] - pads[1]
    padded = np.pad(
        read, ((0, 0), (pads[0], pads[2] + height), (pads[1], pads[3] + width)), constant_values=outside
    )
    row, column = top + pads[0], left + pads[1]
    return padded[:, row : row + height, column : column + width], (top, left)


def _convolution(
    graph: LayerGraph,
    layer: GraphLayer,
    value: float,
    read: NDArray[np.float32],
    place: tuple[int, int],
    channel: int,
) -> UnitArithmetic:
    weights = graph.array(layer.node.input[1])
    kernel = weights[channel]
    group = channel // (len(weights) // (len(read) // len(kernel)))
    inputs = read[group * len(kernel) : (group + 1) * len(kernel)]
    patch, corner = _window(layer, inputs, place, 0.0)
    own = layer.node.input[2] if len(layer.node.input) > 2 else layer.bias
    bias = 0.0 if not own else float(graph.array(own).ravel()[channel])
    return UnitArithmetic(layer, value, patch, corner, kernel, bias)


def _dense(
    graph: LayerGraph, layer: GraphLayer, value: float, read: NDArray[np.float32], channel: int
) -> UnitArithmetic:
    weights = graph.array(next(name for name in layer.node.input if graph.is_weights(name)))
    kernel = weights[channel] if number(layer.node, "transB", 0) else weights[:, channel]
    own = layer.node.input[2] if len(layer.node.input) > 2 else layer.bias
    bias = 0.0 if not own else float(graph.array(own).ravel()[channel])
    return UnitArithmetic(layer, value, read.reshape(-1, 1, 1), kernel=kernel.reshape(-1, 1, 1), bias=bias)
