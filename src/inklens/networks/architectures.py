"""The networks themselves. Each takes uint8 pixels and gives probabilities.

A network is a function below: it takes a `Builder` and the rescaled pixels, and returns what the logits are
made from. `Rescaling` comes first, so no caller can forget to divide by 255; the last two layers are the
`Dense` that makes logits, named so, and `Softmax`. Training runs on the network without its softmax
(`inklens.networks.graph.logits_network`): cross-entropy from logits does not lose precision when the network
is sure.
"""

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import keras
from keras import layers

from inklens.errors import OptionError
from inklens.networks.layer_kinds import PIXELS, WHITENING
from inklens.networks.table import ACTIVATIONS, DATA_FORMATS, MINIMUM_SIDE, NETWORKS, SCALABLE, SEEDS
from inklens.networks.training_layers import QuickBatchNormalization, QuickConv2D, QuickDropout

Tensor = Any  # symbolic, (N, ...)
Body = Callable[["Builder", Tensor], Tensor]

LEAKY_SLOPE = 0.3  # the default of Keras's LeakyReLU layer
WHITENED_SIDE, MOST_DIRECTIONS = 32, 24
_LARGEST_PRIME = 4_294_967_291  # below 2**32


def build(
    name: str,
    image_shape: tuple[int, int, int],
    classes: int,
    *,
    activation: str = "relu",
    dropout: float | None = None,
    width_multiplier: float = 1.0,
    width: int | None = None,
    depth: int | None = None,
    data_format: str = "channels_last",
    dtype: str = "float32",
    seed: int = 0,
    training: bool = False,
) -> keras.Model:
    """Build a network by name.

    Args:
        name: one of `inklens.networks.NETWORKS`.
        image_shape: (height, width, channels) of one image, at least 8x8, whatever `data_format` is.
        classes: number of classes, at least 2.
        activation: "relu" or "leaky_relu" (slope 0.3), after every hidden layer.
        dropout: share of activations dropped in training, 0 to below 1; None is the network's own.
        width_multiplier: filters and hidden units, times this, at least one of each.
        width: channels of the first stage, 4 to 512; None is the network's own. Only networks in
            `inklens.networks.table.SCALABLE` have stages, the others stay as they are.
        depth: residual blocks in each stage, 1 to 8; None is the network's own.
        data_format: the order in which the network takes its images: "channels_last", (N, H, W, C), or
            "channels_first", (N, C, H, W). The weights have the same shapes in both.
        dtype: Keras's name of the layers' precision policy; logits and probabilities are always float32.
        seed: decides the initial weights and the dropout masks; 0 to 2,147,483,647.
        training: with `QuickDropout` and `QuickBatchNormalization` in place of Keras's, which a saved network
            must not hold; the weights are the same, so that they can be copied from one to the other.

    Returns:
        A functional model from uint8 pixels, 0-255, to float32 probabilities (N, classes).

    Raises:
        OptionError: an unknown name or a value out of range.

    Example:
        >>> build("conv5x5", (28, 28, 1), 10).count_params()
        592074
    """
    _check(name, image_shape, classes, activation, dropout, data_format)
    _check_size(width, depth)
    if not 0 < width_multiplier < math.inf:
        raise OptionError(
            f"width multiplier {width_multiplier} is out of range: expected a number greater than 0"
        )
    if not 0 <= seed < SEEDS:
        raise OptionError(f"seed {seed} is out of range: expected 0 to {SEEDS - 1:,}")
    *sides, channels = image_shape
    shape = (*sides, channels) if data_format == "channels_last" else (channels, *sides)
    pixels = layers.Input(shape, dtype="uint8", name=PIXELS)
    seeds = map(_keras_seed, itertools.count(seed * 1000))
    add = Builder(activation, dropout, width_multiplier, data_format, dtype, seeds, training, width, depth)
    # Whitening makes differences between pixels as large as the pixels: bfloat16 has too few digits for it.
    exact = "float32" if name in SCALABLE else dtype
    features = BODIES[name](add, layers.Rescaling(1 / 255, dtype=exact)(pixels))
    logits = layers.Dense(
        classes, dtype="float32", name="logits", kernel_initializer=_glorot(_keras_seed(seed * 1000 + 999))
    )(features)
    probabilities = layers.Softmax(dtype="float32", name="probabilities")(logits)
    return keras.Model(pixels, probabilities, name=name.replace("-", "_"))


@dataclass
class Builder:
    """Puts layers on tensors; the layers share activation, dtype, channel order and a row of seeds."""

    activation: str
    dropout: float | None
    width_multiplier: float
    data_format: str
    dtype: str
    seeds: Iterator[int]
    training: bool
    width: int | None = None
    depth: int | None = None

    def side(self, x: Tensor) -> int:
        """The shorter side of maps."""
        return int(min(x.shape[1:3] if self.data_format == "channels_last" else x.shape[2:4]))

    def whiten(self, x: Tensor) -> Tensor:
        """Patches without what neighbouring pixels have in common, each direction with both signs.

        The weights are fixed: `inklens.networks.whitening` computes them from the training images. Steps of
        more than a pixel bring large images down to about 32 points a side.
        """
        channels = x.shape[-1 if self.data_format == "channels_last" else 1]
        step = max(1, (self.side(x) + WHITENED_SIDE // 2) // WHITENED_SIDE)
        directions = min(4 * step * step * channels, MOST_DIRECTIONS)
        layer = layers.Conv2D(
            2 * directions,
            2 * step,
            strides=step,
            data_format=self.data_format,
            dtype="float32",
            kernel_initializer=_glorot(next(self.seeds)),
            name=WHITENING,
            trainable=False,
        )
        return layer(x)

    def conv(self, x: Tensor, filters: int, kernel: int, *, padding: str = "valid", **options: Any) -> Tensor:
        """A convolution; a map no larger than its kernel keeps its size, or it would shrink to nothing."""
        kind = QuickConv2D if self.training else layers.Conv2D
        layer = kind(
            self._wide(filters),
            kernel,
            padding=padding if self.side(x) > kernel else "same",
            data_format=self.data_format,
            dtype=self.dtype,
            kernel_initializer=_glorot(next(self.seeds)),
            **options,
        )
        return layer(x)

    def _wide(self, count: int) -> int:
        return max(1, round(self.width_multiplier * count))

    def activate(self, x: Tensor) -> Tensor:
        """The activation that was asked for."""
        if self.activation == "relu":
            return layers.ReLU(dtype=self.dtype)(x)
        return layers.LeakyReLU(LEAKY_SLOPE, dtype=self.dtype)(x)

    def pool(self, x: Tensor) -> Tensor:
        """The largest of 2x2 points."""
        return layers.MaxPooling2D(data_format=self.data_format, dtype=self.dtype)(x)

    def pool_all(self, x: Tensor) -> Tensor:
        """The largest of a whole map."""
        return layers.GlobalMaxPooling2D(data_format=self.data_format, dtype=self.dtype)(x)

    def average_all(self, x: Tensor) -> Tensor:
        """The mean of a whole map."""
        return layers.GlobalAveragePooling2D(data_format=self.data_format, dtype=self.dtype)(x)

    def normalise(self, x: Tensor) -> Tensor:
        """Batch normalisation.

        Momentum 0.7 follows the weights closely enough for runs of a few epochs; Keras's 0.99 does not.
        """
        axis = -1 if self.data_format == "channels_last" else 1
        kind = QuickBatchNormalization if self.training else layers.BatchNormalization
        return kind(axis=axis, momentum=0.7, dtype=self.dtype)(x)

    def drop(self, x: Tensor, own: float) -> Tensor:
        """Dropout by the network's own rate, or the one that was asked for."""
        rate = own if self.dropout is None else self.dropout
        kind = QuickDropout if self.training else layers.Dropout
        return kind(rate, seed=next(self.seeds), dtype=self.dtype)(x)

    def flatten(self, x: Tensor) -> Tensor:
        """Maps to one row of numbers."""
        return layers.Flatten(data_format=self.data_format, dtype=self.dtype)(x)

    def dense(self, x: Tensor, units: int) -> Tensor:
        """A dense layer and its activation."""
        dense = layers.Dense(
            self._wide(units), dtype=self.dtype, kernel_initializer=_glorot(next(self.seeds))
        )
        return self.activate(dense(x))

    def sum(self, *branches: Tensor) -> Tensor:
        """The sum of branches that have the same shape, as at the end of a residual block."""
        return layers.Add(dtype=self.dtype)(list(branches))

    def normalised_conv(
        self, x: Tensor, filters: int, kernel: int, *, pool: bool = False, padding: str = "valid"
    ) -> Tensor:
        """Convolution, pooling before normalisation (a quarter of the work), normalisation, activation."""
        x = self.conv(x, filters, kernel, padding=padding, use_bias=False)
        if pool:
            x = self.pool(x)
        return self.activate(self.normalise(x))


# Name -> the network's function.
BODIES: dict[str, Body] = {}


def network(name: str) -> Callable[[Body], Body]:
    """Makes a function the network of a name in `inklens.networks.NETWORKS`."""

    def register(body: Body) -> Body:
        BODIES[name] = body
        return body

    return register


# Where the tutorials pool what was activated, we activate what was pooled: a rising activation lets the
# largest value through either way, and there is a quarter of the work.


@network("conv5x5")
def _conv5x5(add: Builder, x: Tensor) -> Tensor:
    x = add.activate(add.pool(add.conv(x, 32, 5)))
    x = add.drop(x, 0.2)
    return add.dense(add.flatten(x), 128)


@network("conv3x3-double")
def _conv3x3_double(add: Builder, x: Tensor) -> Tensor:
    x = add.activate(add.conv(x, 32, 3))
    x = add.activate(add.pool(add.conv(x, 32, 3)))
    x = add.drop(x, 0.25)
    return add.dense(add.flatten(x), 128)


@network("conv3x3-triple")
def _conv3x3_triple(add: Builder, x: Tensor) -> Tensor:
    for filters in (32, 64, 128):
        x = add.activate(add.conv(x, filters, 3))
    x = add.pool(add.drop(x, 0.25))
    return add.dense(add.flatten(x), 128)


@network("convnet-small")
def _convnet_small(add: Builder, x: Tensor) -> Tensor:
    x = add.normalised_conv(x, 32, 5, pool=True)
    x = add.normalised_conv(x, 48, 3, pool=True)
    x = add.normalised_conv(x, 64, 3)
    x = add.flatten(x)
    return add.drop(x, add.dropout) if add.dropout else x


@network("convnet-deep")
def _convnet_deep(add: Builder, x: Tensor) -> Tensor:
    x = add.normalised_conv(x, 32, 5, pool=True, padding="same")
    return _from_half_size(add, x)


def _from_half_size(add: Builder, x: Tensor) -> Tensor:
    """Four convolutions, from maps of half the image's size to one number of each of the last 128."""
    x = add.normalised_conv(x, 64, 3, padding="same")
    x = add.normalised_conv(x, 64, 3, pool=True, padding="same")
    x = add.normalised_conv(x, 128, 3)
    x = add.normalised_conv(x, 128, 3)
    return add.drop(add.pool_all(x), 0.2)


@network("convnet-wide-kernels")
def _convnet_wide_kernels(add: Builder, x: Tensor) -> Tensor:
    x = add.normalised_conv(x, 32, 5, pool=True, padding="same")
    x = add.normalised_conv(x, 64, 5, pool=True, padding="same")
    x = add.normalised_conv(x, 128, 5)
    return add.drop(add.flatten(x), 0.2)


@network("convnet-narrowing")
def _convnet_narrowing(add: Builder, x: Tensor) -> Tensor:
    x = add.normalised_conv(x, 32, 5, pool=True, padding="same")
    for filters in (64, 64, 96, 128, 128):
        x = add.normalised_conv(x, filters, 3)
    return add.drop(add.flatten(x), 0.2)


@network("convnet-late-pooling")
def _convnet_late_pooling(add: Builder, x: Tensor) -> Tensor:
    x = add.normalised_conv(x, 16, 3, padding="same")
    x = add.normalised_conv(x, 32, 3, pool=True, padding="same")
    return _from_half_size(add, x)


@network("convnet-residual")
def _convnet_residual(add: Builder, x: Tensor) -> Tensor:
    """Whitened patches, then three stages that halve the maps: a convolution and residual blocks in each.

    After ResNet-9 (Page 2018) and airbench94 (Jordan 2024).
    """
    width, depth = add.width or 32, add.depth or 1
    x = add.activate(add.whiten(x))
    for channels in (width, 4 * width, 4 * width):
        x = add.normalised_conv(x, channels, 3, pool=add.side(x) >= 4, padding="same")
        for _ in range(depth):
            x = add.sum(x, add.normalised_conv(x, channels, 3, padding="same"))
    x = add.pool_all(x)
    return add.drop(x, add.dropout) if add.dropout else x


def _keras_seed(number: int) -> int:
    """A seed that fits into the 32 bits that JAX and PyTorch have for it; small ones stay what they are.

    The modulus is prime, so that no two seeds of a network become one.
    """
    return number % _LARGEST_PRIME


def _glorot(seed: int) -> keras.initializers.Initializer:
    return keras.initializers.GlorotUniform(seed=seed)


def _check_size(width: int | None, depth: int | None) -> None:
    for what, given, least, most in (("width", width, 4, 512), ("depth", depth, 1, 8)):
        if given is not None and not least <= given <= most:
            raise OptionError(f"{what} {given} is out of range: expected {least} to {most}")


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
