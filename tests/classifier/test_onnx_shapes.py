"""The shape rules, held to ONNX's own reference implementation."""

import numpy as np
import pytest
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from inklens.classifier.onnx_fields import MODEL
from inklens.classifier.onnx_shapes import OPERATORS
from inklens.classifier.wire import Budget, parse
from inklens.classifier.work import Work
from inklens.errors import ModelError

IMAGE = (4, 5, 3)

# operator, constant inputs after the image of (2, 4, 5, 3), attributes
CASES = [
    ("Relu", [], {}),
    ("Softmax", [], {}),
    ("Identity", [], {}),
    ("Add", [np.ones((3,), np.float32)], {}),
    ("Mul", [np.ones((7, 1, 1, 1, 1), np.float32)], {}),
    ("Max", [np.ones((5, 1), np.float32), np.ones((2, 1, 1, 3), np.float32)], {}),
    ("Clip", [np.float32(0), np.float32(1)], {}),
    ("PRelu", [np.ones((3,), np.float32)], {}),
    ("BatchNormalization", [np.ones(4, np.float32)] * 4, {}),
    ("ReduceMax", [np.array([-1, 1])], {"keepdims": 0}),
    ("ReduceMean", [np.array([2])], {}),
    ("ReduceSum", [], {"keepdims": 0}),
    ("ReduceSum", [], {"noop_with_empty_axes": 1}),
    ("ArgMax", [], {"axis": -1, "keepdims": 0}),
    ("ArgMax", [], {"axis": 2}),
    ("Conv", [np.ones((6, 4, 3, 2), np.float32)], {}),
    ("Conv", [np.ones((6, 2, 3, 2), np.float32), np.ones(6, np.float32)], {"group": 2, "pads": [1, 0, 2, 1]}),
    ("Conv", [np.ones((6, 4, 2, 1), np.float32)], {"strides": [2, 2], "dilations": [2, 1]}),
    ("Conv", [np.ones((6, 4, 3, 3), np.float32)], {"auto_pad": "SAME_UPPER", "strides": [2, 1]}),
    ("Conv", [np.ones((6, 4, 3, 3), np.float32)], {"auto_pad": "VALID"}),
    ("MaxPool", [], {"kernel_shape": [2, 2], "strides": [2, 2]}),
    ("MaxPool", [], {"kernel_shape": [3, 2], "pads": [1, 1, 1, 1]}),
    ("AveragePool", [], {"kernel_shape": [2, 3]}),
    ("GlobalMaxPool", [], {}),
    ("GlobalAveragePool", [], {}),
    ("MatMul", [np.ones((3, 9), np.float32)], {}),
    ("MatMul", [np.ones(3, np.float32)], {}),
    ("MatMul", [np.ones((6, 1, 1, 3, 2), np.float32)], {}),
    ("Reshape", [np.array([0, -1, 3])], {}),
    ("Reshape", [np.array([120])], {}),
    ("Reshape", [np.array([2, 3, -1])], {"allowzero": 1}),
    ("Flatten", [], {}),
    ("Flatten", [], {"axis": 4}),
    ("Flatten", [], {"axis": -3}),
    ("Transpose", [], {}),
    ("Transpose", [], {"perm": [0, 3, 1, 2]}),
    ("Unsqueeze", [np.array([0, -1])], {}),
    ("Concat", [np.ones((2, 4, 9, 3), np.float32)], {"axis": -2}),
    ("Gather", [np.array([[0, 1], [1, 0]])], {"axis": 2}),
    ("Gather", [np.array(1)], {}),
    ("Slice", [np.array([1]), np.array([99])], {}),
    ("Slice", [np.array([-1, 0]), np.array([-99, -1]), np.array([1, -1]), np.array([-2, 2])], {}),
    ("Slice", [np.array([3]), np.array([1]), np.array([2])], {}),
    ("Shape", [], {}),
    ("Shape", [], {"start": 1, "end": -1}),
    ("Pad", [np.array([0, 1, 2, 0, 0, 1, 0, 3])], {}),
    ("Pad", [np.array([1, 2]), np.float32(0), np.array([2])], {}),
    ("Cast", [], {"to": TensorProto.INT32}),
]


def work_of(nodes, constants, batch=2):
    """The `Work` of a graph of float images, parsed from its bytes."""
    graph = helper.make_graph(
        nodes,
        "graph",
        [helper.make_tensor_value_info("images", TensorProto.FLOAT, [batch, *IMAGE])],
        [helper.make_tensor_value_info("answer", TensorProto.UNDEFINED, None)],
        [numpy_helper.from_array(np.asarray(array), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    parsed = parse(memoryview(model.SerializeToString()), MODEL, Budget())["graph"]
    return model, Work(parsed, "images", IMAGE)


def outcome(nodes, constants):
    """The shape by the rules, and by the reference."""
    model, work = work_of(nodes, constants)
    expected = ReferenceEvaluator(model).run(None, {"images": np.ones((2, *IMAGE), np.float32)})[0]
    return work.shapes(2)["answer"].shape, expected.shape


@pytest.mark.parametrize(("operator", "constants", "attributes"), CASES)
def test_a_rule_gives_the_shape_that_the_reference_gives(operator, constants, attributes):
    names = {f"constant{place}": array for place, array in enumerate(constants)}
    node = helper.make_node(operator, ["images", *names], ["answer"], **attributes)
    given, expected = outcome([node], names)
    assert given == expected


@pytest.mark.parametrize(
    ("left", "right", "attributes"),
    [((2, 3), (3, 4), {}), ((3, 2), (4, 3), {"transA": 1, "transB": 1})],
)
def test_gemm_gives_the_shape_that_the_reference_gives(left, right, attributes):
    constants = {"left": np.ones(left, np.float32), "right": np.ones(right, np.float32)}
    given, expected = outcome(
        [helper.make_node("Gemm", list(constants), ["answer"], **attributes)], constants
    )
    assert given == expected == (2, 4)


def test_squeeze_gives_the_shape_that_the_reference_gives():
    ones = {"ones": np.ones((1, 3, 1, 2), np.float32)}
    assert outcome([helper.make_node("Squeeze", ["ones"], ["answer"])], ones) == ((3, 2), (3, 2))
    axes = {**ones, "axes": np.array([-2])}
    assert outcome([helper.make_node("Squeeze", ["ones", "axes"], ["answer"])], axes) == ((1, 3, 2),) * 2


def test_a_constant_node_gives_its_tensor():
    value = numpy_helper.from_array(np.ones((3, 1), np.int64))
    assert outcome([helper.make_node("Constant", [], ["answer"], value=value)], {}) == ((3, 1), (3, 1))


def test_sizes_are_followed_from_a_shape_to_a_reshape():
    """As TensorFlow's converter writes Flatten, and more."""
    nodes = [
        helper.make_node("Shape", ["images"], ["sizes"]),
        helper.make_node("Gather", ["sizes", "order"], ["ordered"]),
        helper.make_node("Cast", ["ordered"], ["short"], to=TensorProto.INT32),
        helper.make_node("Slice", ["short", "zero", "one", "zero"], ["batch"]),
        helper.make_node("Squeeze", ["batch"], ["number"]),
        helper.make_node("Unsqueeze", ["number", "zero"], ["again"]),
        helper.make_node("Concat", ["again", "rest"], ["both"], axis=0),
        helper.make_node("Reshape", ["both", "flat"], ["listed"]),
        helper.make_node("Cast", ["listed"], ["long"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["images", "long"], ["answer"]),
    ]
    constants = {
        "order": np.array([0, 3, 1, 2]),
        "zero": np.array([0]),
        "one": np.array([1]),
        "rest": np.array([-1], np.int32),
        "flat": np.array([2]),
    }
    assert outcome(nodes, constants) == ((2, 60), (2, 60))


def test_sizes_that_a_cast_may_change_are_not_followed():
    nodes = [
        helper.make_node("Cast", ["sizes"], ["bytes"], to=TensorProto.UINT8),
        helper.make_node("Cast", ["bytes"], ["back"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["images", "back"], ["answer"]),
    ]
    with pytest.raises(ModelError, match="'Reshape' does not fit its inputs"):
        work_of(nodes, {"sizes": np.array([256 + 120])})[1].count(2)


def test_sizes_made_of_pixels_are_refused():
    nodes = [
        helper.make_node("Cast", ["images"], ["sizes"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["images", "sizes"], ["answer"]),
    ]
    with pytest.raises(ModelError, match="'Reshape' does not fit its inputs"):
        work_of(nodes, {})[1].count(2)


def test_packed_numbers_are_read_as_raw_ones_are():
    packed = helper.make_tensor("sizes", TensorProto.INT64, [2], [-1, 3])
    assert packed.int64_data
    model, _ = work_of([helper.make_node("Reshape", ["images", "sizes"], ["answer"])], {})
    model.graph.initializer.append(packed)
    parsed = parse(memoryview(model.SerializeToString()), MODEL, Budget())["graph"]
    assert Work(parsed, "images", IMAGE).shapes(2)["answer"].shape == (40, 3)


@pytest.mark.parametrize(
    ("operator", "constants", "attributes"),
    [
        ("Add", [np.ones(4, np.float32)], {}),
        ("Conv", [np.ones((6, 4, 3, 2), np.float32)], {"strides": [0, 1]}),
        ("Conv", [np.ones((6, 4, 3, 2), np.float32)], {"pads": [-1, 0, 0, 0]}),
        ("Conv", [np.ones((6, 4, 3), np.float32)], {}),
        ("MaxPool", [], {}),
        ("MaxPool", [], {"kernel_shape": 2}),
        ("MaxPool", [], {"kernel_shape": [2, 2], "ceil_mode": 1}),
        ("MatMul", [np.ones((4, 9), np.float32)], {}),
        ("Reshape", [np.array([7, -1])], {}),
        ("Reshape", [np.array([0, -1, 0])], {"allowzero": 1}),
        ("Reshape", [np.array([-2, -60])], {}),
        ("Reshape", [np.array([1] * 9 + [120])], {}),
        ("Reshape", [], {}),
        ("Squeeze", [np.array([1])], {}),
        ("Unsqueeze", [np.array([9])], {}),
        ("Transpose", [], {"perm": [0, 0, 1, 2]}),
        ("Concat", [np.ones((2, 4, 9, 1), np.float32)], {"axis": 2}),
        ("Concat", [], {"axis": 4}),
        ("Slice", [np.array([0]), np.array([2**62]), np.array([1]), np.array([0])], {}),
        ("Pad", [np.array([0, 0, 0, -9, 0, 0, 0, 0])], {}),
        ("Pad", [np.array([0, 0, 0, 2**41, 0, 0, 0, 0])], {}),
        ("ReduceMax", [np.array([4])], {}),
        ("Gather", [np.array([0])], {"axis": 4}),
        ("Constant", [], {"value_int": 3}),
    ],
)
def test_what_does_not_fit_is_refused(operator, constants, attributes):
    names = {f"constant{place}": array for place, array in enumerate(constants)}
    node = helper.make_node(operator, ["images", *names], ["answer"], **attributes)
    with pytest.raises(ModelError, match=f"its node '{operator}' does not fit its inputs"):
        work_of([node], names)[1].count(2)


def test_a_negative_padding_takes_away():
    """onnxruntime does so; the reference cannot."""
    pad = helper.make_node("Pad", ["images", "pads"], ["answer"])
    _, work = work_of([pad], {"pads": np.array([0, -1, 0, 0, 0, 0, -2, 0])})
    assert work.shapes(2)["answer"].shape == (2, 3, 3, 3)


def test_every_operator_has_a_case_or_the_rule_of_one_that_has():
    tried = {case[0] for case in CASES} | {"Gemm", "Squeeze", "Constant"}
    rules = {OPERATORS[name].shape for name in tried}
    assert {name for name, operator in OPERATORS.items() if operator.shape not in rules} == set()
