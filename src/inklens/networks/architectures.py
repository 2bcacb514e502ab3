"""The networks themselves. Each takes uint8 pixels and gives probabilities.

`Rescaling` comes first, so no caller can forget to divide by 255; the last two layers are the `Dense`
that makes logits, named so, and `Softmax`. Training runs on the network without its softmax
(`logits_network`): cross-entropy from logits does not lose precision when the network is sure.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from inklens.errors import OptionError
from inklens.networks.dropout import QuickDropout
from inklens.networks.normalisation import QuickBatchNormalization
from inklens.networks.table import ACTIVATIONS, DATA_FORMATS, MINIMUM_SIDE, NETWORKS

LEAKY_SLOPE = 0.3  # the default of Keras's LeakyReLU layer


def build(
    name: str,
    image_shape: tuple[int, int, int],
    classes: int,
    *,
    activation: str = "relu",
    dropout: float | None = None,
    data_format: str = "channels_last",
    dtype: str = "float32",
    seed: int = 0,
    training: bool = False,
) -> keras.Sequential:
    """Build a network by name.

    Args:
        name: one of `inklens.networks.NETWORKS`.
        image_shape: (height, width, channels) of one image, at least 8x8, whatever `data_format` is.
        classes: number of classes, at least 2.
        activation: "relu" or "leaky_relu" (slope 0.3), after every hidden layer.
        dropout: share of activations dropped in training, 0 to below 1; None is the network's own.
        data_format: the order in which the network takes its images: "channels_last", (N, H, W, C), or
            "channels_first", (N, C, H, W). The weights have the same shapes in both.
        dtype: Keras's name of the layers' precision policy; logits and probabilities are always float32.
        seed: decides the initial weights and the dropout masks.
        training: with `QuickDropout` and `QuickBatchNormalization` in place of Keras's, which a saved network
            must not hold; the weights are the same, so that they can be copied from one to the other.

    Returns:
        A Sequential from uint8 pixels, 0-255, to float32 probabilities (N, classes).

    Raises:
        OptionError: an unknown name or a value out of range.

    Example:
        >>> build("conv5x5", (28, 28, 1), 10).count_params()
        592074
    """
    _check(name, image_shape, classes, activation, dropout, data_format)
    height, width, channels = image_shape
    shape = (height, width, channels) if data_format == "channels_last" else (channels, height, width)
    network = keras.Sequential(name=name.replace("-", "_"))
    network.add(layers.Input(shape, dtype="uint8", name="pixels"))
    network.add(layers.Rescaling(1 / 255, dtype=dtype))
    seeds = itertools.count(seed * 1000)
    _BODIES[name](_Builder(network, activation, dropout, data_format, dtype, seeds, training))
    network.add(
        layers.Dense(classes, dtype="float32", name="logits", kernel_initializer=_glorot(seed * 1000 + 999))
    )
    network.add(layers.Softmax(dtype="float32", name="probabilities"))
    return network


def logits_network(network: keras.Sequential, before: Sequence[layers.Layer] = ()) -> keras.Sequential:
    """The same layers, weights shared, without the softmax, for training. `before` goes in front."""
    pixels = keras.Input(batch_shape=network.input_shape, dtype="uint8")
    return keras.Sequential([pixels, *before, *network.layers[:-1]])


def multiply_adds(network: keras.Sequential) -> int:
    """Multiply-adds of one image's forward pass, convolutions and dense layers only."""
    total = 0
    for layer in network.layers:
        if isinstance(layer, layers.Conv2D):
            first = layer.data_format == "channels_first"
            rows, columns = layer.output.shape[2:4] if first else layer.output.shape[1:3]
            total += (
                rows
                * columns
                * layer.kernel.shape[0]
                * layer.kernel.shape[1]
                * layer.kernel.shape[2]
                * layer.filters
            )
        elif isinstance(layer, layers.Dense):
            total += layer.kernel.shape[0] * layer.units
    return int(total)


@dataclass
class _Builder:
    """Adds layers that share activation, dtype, channel order and a row of seeds."""

    network: keras.Sequential
    activation: str
    dropout: float | None
    data_format: str
    dtype: str
    seeds: Iterator[int]
    training: bool

    def conv(self, filters: int, kernel: int, *, padding: str = "valid", **options: Any) -> None:
        shape = self.network.output_shape
        side = min(shape[1:3] if self.data_format == "channels_last" else shape[2:4])
        # A map no larger than the kernel would shrink to nothing: keep its size instead.
        self.network.add(
            layers.Conv2D(
                filters,
                kernel,
                padding=padding if side > kernel else "same",
                data_format=self.data_format,
                dtype=self.dtype,
                kernel_initializer=_glorot(next(self.seeds)),
                **options,
            )
        )

    def activate(self) -> None:
        if self.activation == "relu":
            self.network.add(layers.ReLU(dtype=self.dtype))
        else:
            self.network.add(layers.LeakyReLU(LEAKY_SLOPE, dtype=self.dtype))

    def pool(self) -> None:
        self.network.add(layers.MaxPooling2D(data_format=self.data_format, dtype=self.dtype))

    def normalise(self) -> None:
        # Momentum 0.7 follows the weights closely enough for runs of a few epochs; Keras's 0.99 does not.
        axis = -1 if self.data_format == "channels_last" else 1
        kind = QuickBatchNormalization if self.training else layers.BatchNormalization
        self.network.add(kind(axis=axis, momentum=0.7, dtype=self.dtype))

    def drop(self, own: float) -> None:
        rate = own if self.dropout is None else self.dropout
        kind = QuickDropout if self.training else layers.Dropout
        self.network.add(kind(rate, seed=next(self.seeds), dtype=self.dtype))

    def flatten(self) -> None:
        self.network.add(layers.Flatten(data_format=self.data_format, dtype=self.dtype))

    def dense(self, units: int) -> None:
        self.network.add(layers.Dense(units, dtype=self.dtype, kernel_initializer=_glorot(next(self.seeds))))
        self.activate()

    def normalised_conv(
        self, filters: int, kernel: int, *, pool: bool = False, padding: str = "valid"
    ) -> None:
        """Convolution, pooling before normalisation (a quarter of the work), normalisation, activation."""
        self.conv(filters, kernel, padding=padding, use_bias=False)
        if pool:
            self.pool()
        self.normalise()
        self.activate()


# Where the tutorials pool what was activated, we activate what was pooled: a rising activation lets the
# largest value through either way, and there is a quarter of the work.


def _conv5x5(add: _Builder) -> None:
    add.conv(32, 5)
    add.pool()
    add.activate()
    add.drop(0.2)
    add.flatten()
    add.dense(128)


def _conv3x3_double(add: _Builder) -> None:
    add.conv(32, 3)
    add.activate()
    add.conv(32, 3)
    add.pool()
    add.activate()
    add.drop(0.25)
    add.flatten()
    add.dense(128)


def _conv3x3_triple(add: _Builder) -> None:
    for filters in (32, 64, 128):
        add.conv(filters, 3)
        add.activate()
    add.drop(0.25)
    add.pool()
    add.flatten()
    add.dense(128)


def _convnet_small(add: _Builder) -> None:
    add.normalised_conv(32, 5, pool=True)
    add.normalised_conv(48, 3, pool=True)
    add.normalised_conv(64, 3)
    add.flatten()
    if add.dropout:
        add.drop(add.dropout)


def _convnet_deep(add: _Builder) -> None:
    add.normalised_conv(32, 5, pool=True, padding="same")
    _from_half_size(add)


def _from_half_size(add: _Builder) -> None:
    """Four convolutions, from maps of half the image's size to one number of each of the last 128."""
    add.normalised_conv(64, 3, padding="same")
    add.normalised_conv(64, 3, pool=True, padding="same")
    add.normalised_conv(128, 3)
    add.normalised_conv(128, 3)
    add.network.add(layers.GlobalMaxPooling2D(data_format=add.data_format, dtype=add.dtype))
    add.drop(0.2)


def _convnet_wide_kernels(add: _Builder) -> None:
    add.normalised_conv(32, 5, pool=True, padding="same")
    add.normalised_conv(64, 5, pool=True, padding="same")
    add.normalised_conv(128, 5)
    add.flatten()
    add.drop(0.2)


def _convnet_narrowing(add: _Builder) -> None:
    add.normalised_conv(32, 5, pool=True, padding="same")
    for filters in (64, 64, 96, 128, 128):
        add.normalised_conv(filters, 3)
    add.flatten()
    add.drop(0.2)


def _convnet_late_pooling(add: _Builder) -> None:
    add.normalised_conv(16, 3, padding="same")
    add.normalised_conv(32, 3, pool=True, padding="same")
    _from_half_size(add)


_BODIES: dict[str, Callable[[_Builder], None]] = {
    "conv5x5": _conv5x5,
    "conv3x3-double": _conv3x3_double,
    "conv3x3-triple": _conv3x3_triple,
    "convnet-small": _convnet_small,
    "convnet-deep": _convnet_deep,
    "convnet-wide-kernels": _convnet_wide_kernels,
    "convnet-narrowing": _convnet_narrowing,
    "convnet-late-pooling": _convnet_late_pooling,
}


def _glorot(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed=seed)


def _check(
    name: str,
    image_shape: tuple[int, int, int],
    classes: int,
    activation: str,
    dropout: float | None,
    data_format: str,
) -> None:
    for what, given, known in (
        ("network", name, NETWORKS),
        ("activation", activation, ACTIVATIONS),
        ("data_format", data_format, DATA_FORMATS),
    ):
        if given not in known:
            raise OptionError(f"unknown {what} {given!r}: expected one of {', '.join(known)}")
    if min(image_shape[:2]) < MINIMUM_SIDE or image_shape[2] < 1:
        raise OptionError(
            f"images of {'x'.join(map(str, image_shape))} are too small: networks take "
            f"{MINIMUM_SIDE}x{MINIMUM_SIDE} pixels and one channel or more; load the data with a larger size"
        )
    if classes < 2:
        raise OptionError(f"{classes} class given: a classifier needs at least 2")
    if dropout is not None and not 0 <= dropout < 1:
        raise OptionError(f"dropout {dropout} is out of range: expected 0 to below 1")
