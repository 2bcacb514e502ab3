"""The layers of a network that give maps worth seeing, and which part of the image a point of a map sees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras

CONVOLUTION, POOLING, ACTIVATION = "convolution", "pooling", "activation"


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
        kind: "convolution", "pooling" or "activation".
        shape: (height, width, channels) of its maps.
        kernel: (height, width) of the window that it slides; (1, 1) for an activation.
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


def map_layers(network: keras.Sequential) -> tuple[MapLayer, ...]:
    """The convolutions, poolings and activations that give maps, in their order.

    Left out is what does not change a picture: rescaling, normalisation, dropout.

    Args:
        network: as `inklens.networks.build` makes it.
    """
    network = channels_last(network)
    rows, columns = ReceptiveField(), ReceptiveField()
    shape, found = network.input_shape, []
    for layer in network.layers:
        before, shape = shape, layer.compute_output_shape(shape)
        if len(shape) != 4:
            break
        kernel, strides, padding = _window(layer, before[1:3])
        rows = rows.after(kernel[0], strides[0], padding[0])
        columns = columns.after(kernel[1], strides[1], padding[1])
        if (kind := _kind(layer)) is not None:
            found.append(MapLayer(layer.name, kind, tuple(shape[1:]), kernel, rows, columns))
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


def channels_last(network: keras.Sequential) -> keras.Sequential:
    """The same network for images (H, W, C): itself, or a copy where it takes them channels first.

    The weights have the same shapes in both orders, and TensorFlow computes channels last on every machine.
    """
    import keras

    if all(getattr(layer, "data_format", "") != "channels_first" for layer in network.layers):
        return network
    config = network.get_config()
    for layer in config["layers"]:
        settings = layer["config"]
        if "data_format" in settings:
            settings["data_format"] = "channels_last"
        if "batch_shape" in settings:
            batch, channels, height, width = settings["batch_shape"]
            settings["batch_shape"] = (batch, height, width, channels)
        if layer["class_name"] == "BatchNormalization":
            settings["axis"] = -1
        layer.pop("build_config", None)  # holds the shapes of the other order
    copy = keras.Sequential.from_config({**config, "build_input_shape": None})
    copy.set_weights(network.get_weights())
    return copy


def _kind(layer: keras.Layer) -> str | None:
    from keras import layers

    if isinstance(layer, layers.Conv2D):
        return CONVOLUTION
    if isinstance(layer, layers.MaxPooling2D):
        return POOLING
    return ACTIVATION if isinstance(layer, layers.ReLU | layers.LeakyReLU) else None


_Pair = tuple[int, int]


def _window(layer: keras.Layer, size: _Pair) -> tuple[_Pair, _Pair, _Pair]:
    """(height, width) each of the kernel, the strides, and the points that "same" adds in front."""
    kind = _kind(layer)
    if kind not in (CONVOLUTION, POOLING):
        return (1, 1), (1, 1), (0, 0)
    if kind == CONVOLUTION:
        spread = layer.dilation_rate
        kernel = tuple((k - 1) * d + 1 for k, d in zip(layer.kernel_size, spread, strict=True))
    else:
        kernel = layer.pool_size
    if layer.padding != "same":
        return kernel, layer.strides, (0, 0)
    padding = tuple(
        max((-(-n // s) - 1) * s + k - n, 0) // 2 for k, s, n in zip(kernel, layer.strides, size, strict=True)
    )
    return kernel, layer.strides, padding
