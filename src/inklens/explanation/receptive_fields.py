"""The layers of a network that give maps worth seeing, and which part of the image a point of a map sees."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

CONVOLUTION, POOLING = "convolution", "pooling"


_Pair = tuple[int, int]


@dataclass(frozen=True)
class ReceptiveField:
    """What the points of a map see along one axis: point i sees `field` pixels around first + i * jump.

    Args:
        field: pixels that reach a point, at least 1; its receptive field.
        first: middle of what point 0 sees; the middle of the first pixel is 0.
        jump: pixels from one point to the next.
    """

    field: int = 1
    first: float = 0.0
    jump: int = 1

    def after(self, kernel: int, stride: int, padding: int) -> ReceptiveField:
        """The sight of the map that a kernel makes of this one, `padding` points being added in front."""
        return ReceptiveField(
            self.field + (kernel - 1) * self.jump,
            self.first + ((kernel - 1) / 2 - padding) * self.jump,
            self.jump * stride,
        )

    def merged(self, other: ReceptiveField) -> ReceptiveField:
        """What a sum of two maps sees: the larger of the two fields, `self` where they are equal.

        This is exact where the larger field holds the other, as it does in residual blocks.
        """
        return max(self, other, key=lambda each: each.field)

    def interpolation(self, points: int, pixels: int) -> NDArray[np.float64]:
        """(pixels, points): how much of each point is in each pixel.

        Linear between the middles of what they see; beyond the outermost, it fades where that sees no more.
        """
        position = (np.arange(pixels) - self.first) / self.jump
        inside = np.clip(position, 0, points - 1)
        beyond = np.abs(position - inside) * self.jump / (self.field / 2)
        tents = np.maximum(0, 1 - np.abs(inside[:, None] - np.arange(points)))
        return np.asarray(tents * np.maximum(0, 1 - beyond)[:, None])


@dataclass(frozen=True)
class MapLayer:
    """A layer that gives maps.

    Args:
        name: in the network.
        kind: "convolution", "pooling", "activation" or "sum".
        shape: (height, width, channels) of its maps.
        kernel: (height, width) of the window that it slides; (1, 1) for an activation or a sum.
        rows: what its points see from top to bottom.
        columns: what its points see from left to right.
    """

    name: str
    kind: str
    shape: tuple[int, int, int]
    kernel: tuple[int, int]
    rows: ReceptiveField
    columns: ReceptiveField

    def over_image(self, values: NDArray[np.floating], height: int, width: int) -> NDArray[np.float32]:
        """A map of this layer, (h, w), laid over the image, float32 (height, width).

        Each point lies over the middle of what it sees; plain stretching is off by up to 5 pixels of 28.
        """
        down = self.rows.interpolation(values.shape[0], height)
        across = self.columns.interpolation(values.shape[1], width)
        return (down @ values @ across.T).astype(np.float32)


def map_layers(network: keras.Model) -> tuple[MapLayer, ...]:
    """The convolutions, poolings, activations and sums that give maps, each after those that it reads.

    Left out is what does not change a picture: rescaling, normalisation, dropout.

    Args:
        network: as `inklens.networks.build` makes it.
    """
    from inklens.networks import graph
    from inklens.networks.layer_kinds import kind_of

    fields: dict[int, tuple[ReceptiveField, ReceptiveField]] = {}
    found = []
    for layer, inputs, output in graph.steps(network):
        if len(output.shape) != 4:
            continue
        kind = kind_of(layer)
        kernel, strides = kind.window(layer)
        pixel = ReceptiveField(), ReceptiveField()
        seen = [fields.get(id(tensor), pixel) for tensor in inputs]
        before = zip(*seen, strict=True)  # of the rows, then of the columns
        added = _added_in_front(layer, inputs[0].shape[1:3], kernel, strides)
        rows, columns = fields[id(output)] = tuple(
            reduce(ReceptiveField.merged, each).after(*window)
            for each, *window in zip(before, kernel, strides, added, strict=True)
        )
        if kind.shows is not None:
            found.append(MapLayer(layer.name, kind.shows, tuple(output.shape[1:]), kernel, rows, columns))
    return tuple(found)


def activation_layer(layers: tuple[MapLayer, ...]) -> MapLayer:
    """The last layer that still has a map: more than a single point.

    Raises:
        ValueError: none has.
    """
    for layer in reversed(layers):
        if layer.shape[0] * layer.shape[1] > 1:
            return layer
    raise ValueError(f"none of {len(layers)} layers has a map of more than one point")


def _added_in_front(layer: keras.Layer, size: _Pair, kernel: _Pair, strides: _Pair) -> _Pair:
    """The points that padding "same" adds above and on the left."""
    if getattr(layer, "padding", "valid") != "same":
        return 0, 0
    rows, columns = (
        max((-(-n // s) - 1) * s + k - n, 0) // 2 for k, s, n in zip(kernel, strides, size, strict=True)
    )
    return rows, columns
