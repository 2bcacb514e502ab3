"""The same network in fewer and broader steps: what is deployed.

Rescaling and normalisation go into the weights of the convolution before them, dropout goes away, activations
come before the pooling, where runtimes merge them into the convolution, and channel counts such as 24 are
filled up with channels of zeros to a multiple of 16, below which onnxruntime leaves its fast blocked layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

CHANNEL_BLOCK = 16

# What turns a channel of zeros into zeros and leaves the others as they are.
_CHANNELWISE = (
    layers.Flatten,
    layers.GlobalMaxPooling2D,
    layers.LeakyReLU,
    layers.MaxPooling2D,
    layers.ReLU,
)


@dataclass
class _Step:
    """A layer to be: its class, its configuration, and its weights in float64, the last axis channels out."""

    kind: type[keras.layers.Layer]
    config: dict[str, Any]
    weights: list[NDArray[np.float64]]

    @property
    def multiplies(self) -> bool:
        return issubclass(self.kind, layers.Conv2D | layers.Dense)

    @property
    def linear(self) -> bool:
        return self.multiplies and self.config["activation"] == "linear"


def folded(network: keras.Sequential) -> keras.Sequential:
    """An equivalent of `network` up to its logits; the network itself stays as it is.

    Where only a max-pool lies between a convolution and its normalisation, folding them needs factors of 0 or
    more, because a negative one would turn the maximum into a minimum: such a normalisation is kept.

    Args:
        network: as `inklens.networks.build` makes it, in either order of channels.

    Returns:
        A Sequential from float32 pixels (N, H, W, C), 0-255, to float32 logits (N, classes). They differ from
        the network's by float32's rounding alone.
    """
    steps: list[_Step] = []
    for layer in network.layers[:-1]:
        _add(steps, _step(layer))
    if all(_leaves_zeros(step) for step in steps):
        _fill_up(steps)
    return _built(steps, network)


def _step(layer: keras.layers.Layer) -> _Step:
    config = layer.get_config()
    if "data_format" in config:
        config["data_format"] = "channels_last"
    if isinstance(layer, layers.BatchNormalization):
        config["axis"] = -1
    weights = [weight.astype(np.float64) for weight in layer.get_weights()]
    if isinstance(layer, layers.Conv2D | layers.Dense) and not layer.use_bias:
        config["use_bias"] = True
        weights.append(np.zeros(weights[0].shape[-1]))
    return _Step(type(layer), config, weights)


def _add(steps: list[_Step], step: _Step) -> None:
    """Puts a step where it belongs, into one of the former ones if it can be."""
    pooled = bool(steps) and issubclass(steps[-1].kind, layers.MaxPooling2D)
    if issubclass(step.kind, layers.Dropout):
        return
    if issubclass(step.kind, layers.BatchNormalization) and _folds(steps, pooled, step):
        return
    if step.multiplies and len(steps) == 1 and _is_plain_rescaling(steps[0]):
        step.weights[0] *= steps.pop().config["scale"]
    # A rising function of the largest value is the largest of that function's values.
    steps.insert(len(steps) - (pooled and _rises(step)), step)


def _folds(steps: list[_Step], pooled: bool, step: _Step) -> bool:
    """Multiplies a normalisation into the convolution before it, or says that it has to stay."""
    before = steps[:-1] if pooled else steps
    if not before or not before[-1].linear or len(step.weights) != 4:
        return False
    gamma, beta, mean, variance = step.weights
    factor = gamma / np.sqrt(variance + step.config["epsilon"])
    if pooled and (factor < 0).any():
        return False
    kernel, bias = before[-1].weights
    before[-1].weights = [kernel * factor, bias * factor + beta - mean * factor]
    return True


def _is_plain_rescaling(step: _Step) -> bool:
    return issubclass(step.kind, layers.Rescaling) and step.config["offset"] == 0


def _rises(step: _Step) -> bool:
    """Whether it is an activation of ours: a larger input never gives a smaller output."""
    plain = {"max_value": None, "negative_slope": 0, "threshold": 0}
    is_relu = issubclass(step.kind, layers.ReLU) and plain.items() <= step.config.items()
    return is_relu or issubclass(step.kind, layers.LeakyReLU)


def _leaves_zeros(step: _Step) -> bool:
    """Whether channels of zeros may go through it and come out as zeros."""
    if step.multiplies:
        return step.linear and step.config.get("groups", 1) == 1
    return issubclass(step.kind, _CHANNELWISE)


def _fill_up(steps: list[_Step]) -> None:
    """Channels of zeros behind those of every convolution; whatever reads them multiplies them by zero."""
    channels = filled = 0  # of the last convolution
    for step in steps:
        if step.multiplies:
            kernel, bias = step.weights
            # What was flattened has the channels as its last axis, before and after.
            *window, inputs, outputs = kernel.shape
            if channels:
                groups = kernel.reshape(*window, inputs // channels, channels, outputs)
                kernel = _widened(groups, -2, filled).reshape(*window, inputs // channels * filled, outputs)
            channels = filled = outputs
            if issubclass(step.kind, layers.Conv2D):
                filled = -(-channels // CHANNEL_BLOCK) * CHANNEL_BLOCK
                step.config["filters"] = filled
            step.weights = [_widened(kernel, -1, filled), _widened(bias, -1, filled)]


def _widened(array: NDArray[np.float64], axis: int, size: int) -> NDArray[np.float64]:
    more = [(0, 0)] * array.ndim
    more[axis] = (0, size - array.shape[axis])
    return np.pad(array, more)


def _built(steps: list[_Step], network: keras.Sequential) -> keras.Sequential:
    _, *shape = network.input_shape
    if any(getattr(layer, "data_format", None) == "channels_first" for layer in network.layers):
        shape = [*shape[1:], shape[0]]
    made = [step.kind.from_config(step.config) for step in steps]
    copy = keras.Sequential([keras.Input(shape, dtype="float32"), *made])
    copy.set_weights([weight.astype(np.float32) for step in steps for weight in step.weights])
    return copy
