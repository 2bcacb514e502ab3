"""The same network in fewer and broader steps: what is deployed.

Rescaling and normalisation go into the weights of the convolution before them, dropout goes away, activations
come before the pooling, where runtimes merge them into the convolution, and channel counts such as 24 are
filled up with channels of zeros to a multiple of 16, below which onnxruntime leaves its fast blocked layout.
Nothing is folded across a place where a branch begins or ends.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import layers
from numpy.typing import NDArray

from inklens.networks import graph
from inklens.networks.layer_kinds import LAYERS

CHANNEL_BLOCK = 16


@dataclass(eq=False)
class _Step:
    """A layer to be; the first step of all is the pixels.

    Args:
        kind: its class.
        config: its configuration.
        weights: in float64; the last axis is the channels out.
        reads: the steps that it reads.
    """

    kind: type[layers.Layer]
    config: dict[str, Any]
    weights: list[NDArray[np.float64]]
    reads: list[_Step]

    @property
    def multiplies(self) -> bool:
        return LAYERS[self.kind].multiplies

    @property
    def linear(self) -> bool:
        return self.multiplies and self.config["activation"] == "linear"


def folded(network: keras.Model) -> keras.Model:
    """An equivalent of `network` up to its logits; the network itself stays as it is.

    Where only a max-pool lies between a convolution and its normalisation, folding them needs factors of 0 or
    more, because a negative one would turn the maximum into a minimum: such a normalisation is kept.

    Args:
        network: as `inklens.networks.build` makes it.

    Returns:
        A model from float32 pixels (N, H, W, C), 0-255, to float32 logits (N, classes). They differ from the
        network's by float32's rounding alone.
    """
    steps = _steps(network)
    for step in steps[1:]:
        if issubclass(step.kind, layers.Dropout):
            _take_out(steps, step)
    for step in steps[1:]:
        _fold(steps, step)
    _fill_up(steps)
    return _built(steps, network.input_shape[1:])


def _steps(network: keras.Model) -> list[_Step]:
    """The pixels and all layers but the softmax; the logits are last, as all others lead to them."""
    pixels = _Step(layers.InputLayer, {}, [], [])
    made: dict[int, _Step] = {}
    for layer, inputs, output in graph.steps(network)[:-1]:
        config, weights = layer.get_config(), [weight.astype(np.float64) for weight in layer.get_weights()]
        step = _Step(type(layer), config, weights, [made.get(id(tensor), pixels) for tensor in inputs])
        if step.multiplies and not layer.use_bias:
            config["use_bias"] = True
            weights.append(np.zeros(weights[0].shape[-1]))
        made[id(output)] = step
    return [pixels, *made.values()]


def _readers(steps: list[_Step], step: _Step) -> list[_Step]:
    return [other for other in steps if step in other.reads]


def _take_out(steps: list[_Step], step: _Step) -> None:
    """What read the step reads what the step read."""
    _redirect(steps, step, step.reads[0])
    steps.remove(step)


def _redirect(steps: list[_Step], old: _Step, new: _Step) -> None:
    for reader in _readers(steps, old):
        reader.reads = [new if read is old else read for read in reader.reads]


def _fold(steps: list[_Step], step: _Step) -> None:
    """Puts a step into one of the former ones, or before a pooling, if it can be."""
    before = step.reads[0]
    if issubclass(step.kind, layers.BatchNormalization) and _folds(steps, step):
        _take_out(steps, step)
    elif step.multiplies and _is_plain_rescaling(before):
        step.weights[0] *= before.config["scale"]
        step.reads = before.reads
        if not _readers(steps, before):
            steps.remove(before)
    elif _rises(step) and issubclass(before.kind, layers.MaxPooling2D) and _readers(steps, before) == [step]:
        # A rising function of the largest value is the largest of that function's values.
        _redirect(steps, step, before)
        step.reads, before.reads = before.reads, [step]
        steps.remove(step)
        steps.insert(steps.index(before), step)


def _folds(steps: list[_Step], step: _Step) -> bool:
    """Multiplies a normalisation into the convolution before it, or says that it has to stay."""
    before, reader = step.reads[0], step
    pooled = issubclass(before.kind, layers.MaxPooling2D)
    if pooled and _readers(steps, before) == [step]:
        before, reader = before.reads[0], before
    if not before.linear or _readers(steps, before) != [reader] or len(step.weights) != 4:
        return False
    gamma, beta, mean, variance = step.weights
    factor = gamma / np.sqrt(variance + step.config["epsilon"])
    if pooled and (factor < 0).any():
        return False
    kernel, bias = before.weights
    before.weights = [kernel * factor, bias * factor + beta - mean * factor]
    return True


def _is_plain_rescaling(step: _Step) -> bool:
    return (
        issubclass(step.kind, layers.Rescaling)
        and np.ndim(step.config["scale"]) == 0
        and np.array_equal(step.config["offset"], 0)
    )


def _rises(step: _Step) -> bool:
    """Whether it is an activation of ours: a larger input never gives a smaller output."""
    plain = {"max_value": None, "negative_slope": 0, "threshold": 0}
    is_relu = issubclass(step.kind, layers.ReLU) and plain.items() <= step.config.items()
    return is_relu or issubclass(step.kind, layers.LeakyReLU)


def _fill_up(steps: list[_Step]) -> None:
    """Channels of zeros behind those of every convolution; whatever reads them multiplies them by zero.

    Left undone where a step would not let them through, or adds maps of unlike channel counts.
    """
    sizes = {steps[0]: (0, 0)}  # of the last convolution: its channels, and how many they become
    for step in steps[1:]:
        before = {sizes[read] for read in step.reads}
        if step.linear and step.config.get("groups", 1) == 1:
            outputs = step.weights[0].shape[-1]
            block = CHANNEL_BLOCK if issubclass(step.kind, layers.Conv2D) else 1
            sizes[step] = outputs, -(-outputs // block) * block
        elif LAYERS[step.kind].channelwise and len(before) == 1:
            (sizes[step],) = before
        else:
            return
    for step in steps[1:]:
        if step.multiplies:
            _fill_up_step(step, *sizes[step.reads[0]], sizes[step][1])


def _fill_up_step(step: _Step, channels: int, filled: int, outputs: int) -> None:
    """Reads `filled` channels instead of `channels` (0: the image's own), and makes so many outputs."""
    kernel, bias = step.weights
    if channels:
        # What was flattened has the channels as its last axis, before and after.
        *window, inputs, made = kernel.shape
        groups = kernel.reshape(*window, inputs // channels, channels, made)
        kernel = _widened(groups, -2, filled).reshape(*window, inputs // channels * filled, made)
    step.weights = [_widened(kernel, -1, outputs), _widened(bias, -1, outputs)]
    step.config["filters" if issubclass(step.kind, layers.Conv2D) else "units"] = outputs


def _widened(array: NDArray[np.float64], axis: int, size: int) -> NDArray[np.float64]:
    more = [(0, 0)] * array.ndim
    more[axis] = (0, size - array.shape[axis])
    return np.pad(array, more)


def _built(steps: list[_Step], image_shape: tuple[int, int, int]) -> keras.Model:
    pixels = output = keras.Input(image_shape, dtype="float32")
    outputs = {steps[0]: pixels}
    for step in steps[1:]:
        layer = step.kind.from_config(step.config)
        output = outputs[step] = graph.called(layer, [outputs[read] for read in step.reads])
        layer.set_weights([weight.astype(np.float32) for weight in step.weights])
    return keras.Model(pixels, output)
