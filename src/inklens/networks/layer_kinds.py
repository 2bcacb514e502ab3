"""The layers that a network may have, and what each does. To allow another layer is one entry in `LAYERS`.

Read by the loader of .keras files (what is not in the table is refused), by folding, by the count of
multiply-adds and by explanations.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from keras import layers

# The name of the input layer: a .keras file says by it, in its `summary()` too, what its users have to give.
# Keras casts what it is given to uint8 without a word, so that of floats 0-1 nothing but black is left.
PIXELS = "pixels_uint8_0_to_255"
# The name of a convolution whose weights are computed from the training images and then stay.
WHITENING = "whitening"

CONVOLUTION, POOLING, ACTIVATION, SUM = "convolution", "pooling", "activation", "sum"

Pair = tuple[int, int]
Shape = tuple[int | None, ...]


@dataclass(frozen=True)
class LayerKind:
    """What the program has to know of a class of layers.

    Args:
        kernel: (layer, shape of its input) -> how many weights it takes that grow with the input.
        multiplies: every weight of the kernel is multiplied once at every point of the output.
        channelwise: has no weights and makes each channel from the same channel: channels of zeros may go
            through it without a trace in the others.
        shows: what its maps are called, where they are worth seeing: one of the four names above.
        window: layer -> (height, width) of the window that it slides over its input, and of its steps.
        merges: takes several inputs of the same shape instead of one.
    """

    kernel: Callable[[Any, Shape], int] = lambda layer, shape: 0
    multiplies: bool = False
    channelwise: bool = False
    shows: str | None = None
    window: Callable[[Any], tuple[Pair, Pair]] = lambda layer: ((1, 1), (1, 1))
    merges: bool = False


def _conv_kernel(layer: Any, shape: Shape) -> int:
    channels = shape[1 if layer.data_format == "channels_first" else -1]
    return int(math.prod(layer.kernel_size) * (channels or 0) // layer.groups * layer.filters)


def _conv_window(layer: Any) -> tuple[Pair, Pair]:
    height, width = (
        (size - 1) * spread + 1 for size, spread in zip(layer.kernel_size, layer.dilation_rate, strict=True)
    )
    return (height, width), layer.strides


_RISING = LayerKind(channelwise=True, shows=ACTIVATION)

LAYERS: dict[type[layers.Layer], LayerKind] = {
    layers.Add: LayerKind(channelwise=True, shows=SUM, merges=True),
    layers.BatchNormalization: LayerKind(kernel=lambda layer, shape: shape[layer.axis] or 0),
    layers.Conv2D: LayerKind(kernel=_conv_kernel, multiplies=True, shows=CONVOLUTION, window=_conv_window),
    layers.Dense: LayerKind(kernel=lambda layer, shape: (shape[-1] or 0) * layer.units, multiplies=True),
    layers.Dropout: LayerKind(channelwise=True),
    layers.Flatten: LayerKind(channelwise=True),
    layers.GlobalAveragePooling2D: LayerKind(channelwise=True),
    layers.GlobalMaxPooling2D: LayerKind(channelwise=True),
    layers.InputLayer: LayerKind(),
    layers.LeakyReLU: _RISING,
    layers.MaxPooling2D: LayerKind(
        channelwise=True, shows=POOLING, window=lambda layer: (layer.pool_size, layer.strides)
    ),
    layers.ReLU: _RISING,
    layers.Rescaling: LayerKind(),
    layers.Softmax: LayerKind(),
}


def kind_of(layer: layers.Layer) -> LayerKind:
    """The entry of a layer's class, or of the class that it extends, as the quick ones for training do.

    Raises:
        KeyError: the table has none.
    """
    for base in type(layer).__mro__:
        if base in LAYERS:
            return LAYERS[base]
    raise KeyError(type(layer).__name__)
