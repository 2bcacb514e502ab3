"""The one place that walks through a network, whether it is a row of layers or has branches."""

import math
from collections.abc import Iterator, Sequence
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
        network: a built model of one input, whose layers each give one tensor.
    """
    found: list[Step] = []

    def call(layer: keras.Layer, *inputs: Any, **options: Any) -> Any:
        output = layer(*inputs, **options)
        found.append(Step(layer, tuple(keras.tree.flatten(inputs)), output))
        return output

    functional = keras.Model(network.inputs[0], network.outputs[0])
    keras.models.clone_model(functional, clone_function=lambda layer: layer, call_function=call)
    return found


def run(walked: Sequence[Step], pixels: Any) -> Iterator[tuple[Step, Any]]:
    """Runs the steps on other pixels, symbolic or real ones, and gives what comes out of each.

    Args:
        walked: what `steps` gave, or its beginning.
        pixels: a tensor (N, ...).
    """
    values: dict[int, Any] = {}
    for step in walked:
        # What no step made are the pixels.
        inputs = [values.get(id(tensor), pixels) for tensor in step.inputs]
        value = values[id(step.output)] = called(step.layer, inputs)
        yield step, value


def called(layer: keras.Layer, inputs: Sequence[Any]) -> Any:
    """What a layer makes of its inputs: a list of tensors if it merges, else the only one."""
    return layer(list(inputs) if kind_of(layer).merges else inputs[0])


def logits_network(
    network: keras.Model, before: Sequence[keras.Layer] = (), *, dtype: str = "uint8"
) -> keras.Model:
    """The same layers, weights shared, without the softmax, for training. `before` goes in front.

    Args:
        dtype: of the pixels, 0-255: "uint8", or "float32" for what lies between whole numbers.
    """
    pixels = value = keras.Input(batch_shape=network.input_shape, dtype=dtype)
    for layer in before:
        value = layer(value)
    *_, (_, logits) = run(steps(network)[:-1], value)
    return keras.Model(pixels, logits)


def multiply_adds(network: keras.Model) -> int:
    """Multiply-adds of one image's forward pass, convolutions and dense layers only."""
    return sum(layer_multiply_adds(step) for step in steps(network))


def layer_multiply_adds(step: Step) -> int:
    """One layer's share of `multiply_adds`."""
    kind = kind_of(step.layer)
    if not kind.multiplies:
        return 0
    _, *sides, _ = step.output.shape
    return int(math.prod(sides)) * kind.kernel(step.layer, step.inputs[0].shape)
