"""The one place that walks through a network, whether it is a row of layers or has branches."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import keras

from inklens.networks.layer_kinds import kind_of


class Step(NamedTuple):
    """A layer, what goes into it and what comes out, as Keras's symbolic tensors."""

    layer: keras.Layer
    inputs: tuple[keras.KerasTensor, ...]
    output: keras.KerasTensor


def steps(network: keras.Model) -> list[Step]:
    """The layers in an order in which each comes after what it reads; the input layer is left out.

    Args:
        network: a built Sequential or functional model of one input, whose layers each give one tensor.
    """
    found: list[Step] = []

    def call(layer: keras.Layer, *inputs: Any, **options: Any) -> Any:
        output = layer(*inputs, **options)
        found.append(Step(layer, tuple(keras.tree.flatten(inputs)), output))
        return output

    functional = keras.Model(network.inputs[0], network.outputs[0])
    keras.models.clone_model(functional, clone_function=lambda layer: layer, call_function=call)
    return found


def run(
    walked: Sequence[Step], pixels: Any, layer_of: Callable[[keras.Layer], keras.Layer] | None = None
) -> Iterator[tuple[Step, Any]]:
    """Runs the steps on other pixels, symbolic or real ones, and gives what comes out of each.

    Args:
        walked: what `steps` gave, or its beginning.
        pixels: a tensor (N, ...).
        layer_of: the layer that takes the place of a layer; None keeps each.
    """
    values: dict[int, Any] = {}
    for step in walked:
        # What no step made are the pixels.
        inputs = [values.get(id(tensor), pixels) for tensor in step.inputs]
        layer = layer_of(step.layer) if layer_of else step.layer
        value = values[id(step.output)] = called(layer, inputs)
        yield step, value


def called(layer: keras.Layer, inputs: Sequence[Any]) -> Any:
    """What a layer makes of its inputs: a list of tensors if it merges, else the only one."""
    return layer(list(inputs) if kind_of(layer).merges else inputs[0])


def logits_network(network: keras.Model, before: Sequence[keras.Layer] = ()) -> keras.Model:
    """The same layers, weights shared, without the softmax, for training. `before` goes in front."""
    pixels = value = keras.Input(batch_shape=network.input_shape, dtype="uint8")
    for layer in before:
        value = layer(value)
    *_, (_, logits) = run(steps(network)[:-1], value)
    return keras.Model(pixels, logits)


def multiply_adds(network: keras.Model) -> int:
    """Multiply-adds of one image's forward pass, convolutions and dense layers only."""
    return sum(layer_multiply_adds(step) for step in steps(network))


def layer_multiply_adds(step: Step) -> int:
    """One layer's share of `multiply_adds`."""
    kind, shape = kind_of(step.layer), step.output.shape
    if not kind.multiplies:
        return 0
    _, *sides, _ = (shape[0], *shape[2:], shape[1]) if takes_channels_first(step.layer) else shape
    return int(math.prod(sides)) * kind.kernel(step.layer, step.inputs[0].shape)


def channels_last(network: keras.Model) -> keras.Model:
    """The same network for images (H, W, C): itself, or a copy where it takes them channels first.

    The weights have the same shapes in both orders, and TensorFlow computes channels last on every machine.
    """
    walked = steps(network)
    if not any(takes_channels_first(step.layer) for step in walked):
        return network
    _, channels, height, width = network.input_shape
    pixels = keras.Input((height, width, channels), dtype="uint8", name="pixels")
    *_, (_, output) = run(walked, pixels, _channels_last_layer)
    copy = keras.Model(pixels, output, name=network.name)
    copy.set_weights(network.get_weights())
    return copy


def takes_channels_first(layer: keras.Layer) -> bool:
    """Whether a layer takes (N, C, H, W)."""
    return getattr(layer, "data_format", None) == "channels_first"


def _channels_last_layer(layer: keras.Layer) -> keras.Layer:
    config = layer.get_config()
    if "data_format" in config:
        config["data_format"] = "channels_last"
    if isinstance(layer, keras.layers.BatchNormalization):
        config["axis"] = -1
    return type(layer).from_config(config)
