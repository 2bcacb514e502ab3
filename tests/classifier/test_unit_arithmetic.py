"""Numbers inside a network with every kind of layer, made of what is said to make them."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper

from inklens.classifier.inner_outputs import InnerOutputs
from inklens.errors import OptionError
from inklens.explanation.receptive_fields import ReceptiveField
from tiny_onnx import SPEC, metadata, save


def _arrays():
    random = np.random.default_rng(5)
    shapes = {"k1": (4, 1, 3, 3), "b1": (4,), "k2": (4, 4, 3, 3), "d": (4, 3), "b3": (3,)}
    weights = {name: random.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}
    lists = {"shape": [-1, 1, 8, 8], "pads": [0, 0, 1, 1, 0, 0, 1, 1], "axes": [2, 3], "axis": [1]}
    return {**weights, **{name: np.array(values, np.int64) for name, values in lists.items()}}


def _node(operator, inputs, output, layer="", **attributes):
    name = f"deployable_1/net_1/{layer}_1/{operator}" if layer else operator
    return helper.make_node(operator, inputs, [output], name=name, **attributes)


@pytest.fixture(scope="module")
def inner(tmp_path_factory):
    """Padding inside a convolution and before one, a leak, a sum, steps, global pooling, a dense layer."""
    nodes = [
        _node("Cast", ["pixels"], "floats", to=TensorProto.FLOAT),
        _node("Reshape", ["floats", "shape"], "planes"),
        _node("Conv", ["planes", "k1", "b1"], "c1", "conv", pads=[1, 1, 1, 1], kernel_shape=[3, 3]),
        _node("LeakyRelu", ["c1"], "a1", "leaky", alpha=0.25),
        _node("Pad", ["a1", "pads"], "p2", "conv_2"),
        _node("Conv", ["p2", "k2"], "c2", "conv_2", kernel_shape=[3, 3]),
        _node("Add", ["c2", "a1"], "s", "add"),
        _node("Relu", ["s"], "a2", "relu"),
        _node("MaxPool", ["a2"], "m", "pool", kernel_shape=[3, 3], strides=[2, 2], pads=[0, 0, 1, 1]),
        _node("ReduceMean", ["m", "axes"], "g", "global", keepdims=0),
        _node("MatMul", ["g", "d"], "z", "logits"),
        _node("Add", ["z", "b3"], "logits", "logits"),
        _node("Softmax", ["logits"], "probabilities"),
        _node("ReduceLogSumExp", ["logits", "axis"], "id_score", keepdims=0),
    ]
    outputs = {"probabilities": ["N", 3], "id_score": ["N"]}
    graph = helper.make_graph(
        nodes,
        "network",
        [helper.make_tensor_value_info("pixels", TensorProto.UINT8, ["N", *SPEC.shape])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in outputs.items()],
        [numpy_helper.from_array(array, name) for name, array in _arrays().items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    helper.set_model_props(model, {"inklens": metadata().to_json()})
    return InnerOutputs.open(save(model, tmp_path_factory.mktemp("kinds") / "model.onnx"))


def _made_of(unit):
    """The number that the arithmetic gives."""
    if unit.kernel is not None:
        return (unit.patch * unit.kernel).sum() + unit.bias
    number = unit.patch.item(0)
    return {
        "activation": lambda: number if number > 0 else number * unit.slope,
        "global pooling": lambda: unit.patch.mean(),
        "pooling": lambda: np.nanmax(unit.patch),
        "sum": lambda: unit.patch.sum(),
    }[unit.layer.kind]()


def test_every_kind_of_layer_adds_up(inner):
    image = np.random.default_rng(6).integers(0, 256, SPEC.shape, np.uint8)
    layers = inner.of(image)
    kinds = [
        "convolution",
        "activation",
        "convolution",
        "sum",
        "activation",
        "pooling",
        "global pooling",
        "dense",
    ]
    assert [layer.kind for layer in layers] == kinds
    for layer in layers:
        flat = layer.values.ndim == 1
        for row, column, channel in np.ndindex(1, 1, *layer.values.shape) if flat else _some(layer):
            unit = inner.unit(image, layer.name, (row, column), channel)
            expected = layer.values[channel] if flat else layer.values[row, column, channel]
            assert unit.value == pytest.approx(float(expected))
            assert _made_of(unit) == pytest.approx(unit.value, rel=1e-4, abs=1e-2), (layer.name, row, column)


def _some(layer):
    """Corners and the middle, where padding is inside the window and where it is not."""
    height, width, channels = layer.values.shape
    return [(0, 0, 0), (height - 1, width - 1, channels - 1), (height // 2, width // 2, 1), (0, width - 1, 2)]


def test_padding_and_steps_are_part_of_what_a_point_sees(inner):
    layers = {layer.name: layer for layer in inner.of(np.zeros(SPEC.shape, np.uint8))}
    assert layers["conv"].rows == ReceptiveField(field=3, first=0.0, jump=1)
    assert layers["conv_2"].rows == layers["add"].columns == ReceptiveField(field=5, first=0.0, jump=1)
    assert layers["pool"].rows == ReceptiveField(field=7, first=1.0, jump=2)
    assert layers["global"].rows is None
    assert inner.first_filters().shape == (4, 1, 3, 3)


@pytest.mark.parametrize(
    ("layer", "place", "channel", "problem"),
    [
        ("nothing", (0, 0), 0, "no layer 'nothing'; expected one of conv, leaky"),
        ("conv", (8, 0), 0, "row 8, column 0, channel 0 of conv; expected less than 8 rows, 8 columns and 4"),
        ("logits", (0, 0), 3, "channel 3 of logits; expected a unit below 3 at 0, 0"),
    ],
)
def test_a_number_that_is_not_there_is_refused(inner, layer, place, channel, problem):
    with pytest.raises(OptionError, match=problem):
        inner.unit(np.zeros(SPEC.shape, np.uint8), layer, place, channel)
