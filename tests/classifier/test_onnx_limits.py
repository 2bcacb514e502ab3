"""Model files that would take more time or memory than is fair: refused, or stopped."""

import subprocess
import sys

import numpy as np
import pytest
from onnx import TensorProto, helper

from hostile_onnx import hostile, largest_of, refused
from inklens.classifier import Classifier
from inklens.classifier.onnx_file import check
from inklens.errors import ModelError
from tiny_onnx import build_model, save


@pytest.mark.parametrize(
    ("attributes", "said"),
    [
        ({"kernel_shape": [1000, 1000], "pads": [2500] * 4}, "sizes of 1000, 1000; expected 2 from 1 to 8"),
        ({"kernel_shape": [8, 8, 8]}, "sizes of 8, 8, 8"),
        ({"kernel_shape": [2, 2], "pads": [2**62] * 4}, "expected 4 from 0 to 8"),
        ({"kernel_shape": [2, 2], "pads": [0, 0, 0, -9]}, "sizes of 0, 0, 0, -9"),
        ({"kernel_shape": [2, 2], "dilations": [2, 1]}, "sizes of 2, 1; expected 2 from 1 to 1"),
        ({"kernel_shape": [2, 2], "strides": [9, 9]}, "sizes of 9, 9"),
        ({"kernel_shape": [2, 2], "strides": [0, 1]}, "sizes of 0, 1"),
        ({"kernel_shape": [2, 2], "ceil_mode": 1}, "'ceil_mode', which no model of ours has"),
    ],
)
def test_a_vast_window_is_refused(attributes, said):
    """The first is a pool over 4,000 times 4,000 windows of a million numbers each; a dilated window that is
    larger than its picture ends the process.
    """
    pool = helper.make_node("MaxPool", ["features"], ["vast"], **attributes)
    refused(hostile([pool, *largest_of("vast")]), f"its node 'MaxPool' has .*{said}")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((1, 4, 200, 200), "'Conv' has sizes of 200, 200"),
        ((1, 4, 2, 2, 2), "'Conv' has sizes of 2, 2, 2"),
        ((1024, 1024, 1, 2), "convolves by 2,097,152 numbers; expected at most 1,048,576"),
    ],
)
def test_a_vast_convolution_is_refused(shape, said):
    conv = helper.make_node("Conv", ["features", "vast"], ["wide"])
    refused(hostile([conv, *largest_of("wide")], vast=np.zeros(shape, np.float32)), said)


@pytest.mark.parametrize("pad", [2000, -1, 2**62])
def test_a_vast_padding_or_one_that_takes_away_is_refused(pad):
    padded = helper.make_node("Pad", ["features", "pads"], ["vast"])
    pads = np.array([0, 0, pad, 0, 0, 0, 0, 0])
    refused(hostile([padded, *largest_of("vast")], pads=pads), f"'Pad' has sizes of 0, 0, {pad}, 0")
    floats = pads[:3].astype(np.float32)
    refused(hostile([padded, *largest_of("vast")], pads=floats), "'Pad' has sizes of 0, 0, ")


@pytest.mark.parametrize("operator", ["MatMul", "Gemm", "Conv"])
def test_a_product_of_products_is_refused(operator):
    """Outer products of short vectors, multiplied with one another: 20 billion numbers' sums of 100,000."""
    tall, wide = np.ones((20_000, 1), np.float32), np.ones((1, 20_000), np.float32)
    square = helper.make_node("MatMul", ["tall", "wide"], ["square"])
    again = helper.make_node(operator, ["square", "square"], ["product"])
    said = f"'{operator}' does not multiply by weights of the file"
    refused(hostile([square, again, *largest_of("product")], tall=tall, wide=wide), said)
    refused(hostile([helper.make_node(operator, ["features"], ["more"])]), said)


@pytest.mark.parametrize("number_type", [TensorProto.STRING, TensorProto.INT64, TensorProto.DOUBLE])
def test_no_text_and_no_whole_numbers_are_made(number_type):
    cast = helper.make_node("Cast", ["features"], ["more"], to=number_type)
    refused(hostile([cast]), f"casts to type {number_type}; expected float32 or uint8")


@pytest.mark.parametrize("operator", ["Add", "Concat", "MatMul", "Relu", "Squeeze", "Reshape"])
def test_nothing_is_computed_with_sizes(operator):
    nodes = [helper.make_node(operator, ["two", "two"], ["more"])]
    refused(hostile(nodes, two=np.array([2, 2])), f"'{operator}' computes with sizes; no model of ours does")


def test_a_list_of_sizes_that_doubles_with_every_node_is_refused():
    """onnxruntime follows lists of sizes through the graph when it opens a file; here in 50 s and 5 GB."""
    nodes = [
        helper.make_node("Concat", [f"double{step}"] * 2, [f"double{step + 1}"], axis=0) for step in range(26)
    ]
    nodes.append(helper.make_node("Reshape", ["features", "double26"], ["more"]))
    refused(hostile(nodes, double0=np.array([1, -1])), "'Concat' computes with sizes")
    shape = helper.make_node("Shape", ["features"], ["double0"])
    refused(hostile([shape, *nodes]), "the operator 'Shape', which no model of ours has")


def test_sizes_that_are_computed_or_too_many_are_refused():
    """Of a list that only says to have 2^62 sizes onnxruntime makes as many axes, and fills all memory."""
    nodes = [
        helper.make_node("Reshape", ["features", "vast"], ["many"]),
        helper.make_node("Reshape", ["features", "many"], ["more"]),
    ]
    said = "'Reshape' takes sizes that are not in the file, or too many of them"
    refused(hostile(nodes, vast=np.array([2**62])), said)
    refused(hostile([helper.make_node("Reshape", ["features", "nine"], ["more"])], nine=np.arange(9)), said)
    two = hostile([helper.make_node("Unsqueeze", ["features", "two"], ["more"])], two=np.arange(2))
    refused(two, "'Unsqueeze' takes sizes that are not in the file, or too many of them")
    mirrored = helper.make_node("Gather", ["features", "backwards"], ["more"], axis=3)
    check(hostile([mirrored], backwards=np.arange(4096)).SerializeToString())
    refused(hostile([mirrored], backwards=np.arange(4097)), "'Gather' takes sizes")


def test_nodes_without_their_inputs_are_refused(tmp_path):
    for operator in ("Reshape", "Gather", "Concat", "Relu", "Slice", "Pad", "Unsqueeze"):
        for inputs in ([], ["features"] if operator not in ("Concat", "Relu") else [""]):
            model = hostile([helper.make_node(operator, inputs, ["more"])])
            with pytest.raises(ModelError, match=r"model\.onnx cannot be used: "):
                Classifier.open(save(model, tmp_path / "model.onnx"))


def test_what_onnxruntime_refuses_is_one_line_with_the_file_in_front(tmp_path):
    model = build_model()
    model.graph.node[0].name = "\x1b[2J"
    model.graph.node[0].attribute[0].name = "axis"
    path = save(model, tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx cannot be used: onnxruntime refuses it") as caught:
        Classifier.open(path)
    assert str(caught.value).isprintable()


def test_a_network_that_wants_more_memory_than_is_fair_is_stopped(tmp_path):
    """An outer product turns two hundred kilobytes into ten gigabytes."""
    tall, wide = np.ones((50_000, 1), np.float32), np.ones((1, 50_000), np.float32)
    product = helper.make_node("MatMul", ["tall", "wide"], ["product"])
    model = hostile([product, *largest_of("product")], tall=tall, wide=wide)
    classifier = Classifier.open(save(model, tmp_path / "model.onnx"))  # which computes nothing
    with pytest.raises(ModelError, match="Available memory"):
        classifier.predict_framed(np.zeros((1, 8, 8, 1), np.uint8))


def test_a_network_that_is_vast_for_one_size_of_batch_alone_is_stopped_when_it_meets_one(tmp_path):
    """Of N images 4 N numbers, each multiplied by each, and these again: 4 billion numbers of 64 images."""
    nodes = [
        helper.make_node("ReduceMax", ["features", "space"], ["each"], keepdims=0),
        helper.make_node("Reshape", ["each", "column"], ["tall"]),
        helper.make_node("Reshape", ["each", "row"], ["wide"]),
        helper.make_node("Mul", ["tall", "wide"], ["grown"]),
        helper.make_node("Reshape", ["grown", "column"], ["taller"]),
        helper.make_node("Reshape", ["grown", "row"], ["wider"]),
        helper.make_node("Mul", ["taller", "wider"], ["vast"]),
        *largest_of("vast"),
    ]
    lists = {"space": np.array([2, 3]), "column": np.array([-1, 1]), "row": np.array([1, -1])}
    classifier = Classifier.open(save(hostile(nodes, **lists), tmp_path / "model.onnx"))
    assert len(classifier.predict_framed(np.zeros((1, 8, 8, 1), np.uint8))) == 1
    with pytest.raises(ModelError, match=r"the network fails on 64 images: .*Available memory"):
        classifier.predict_framed(np.zeros((64, 8, 8, 1), np.uint8))


def test_a_window_larger_than_its_picture_does_not_end_the_process(tmp_path):
    """As it does in onnxruntime 1.31 where a Slice follows whose starts are settled."""
    pool = helper.make_node("MaxPool", ["features"], ["none"], kernel_shape=[8, 8])
    cut = helper.make_node("Slice", ["none", "from", "to", "along"], ["cut"])
    lists = {"from": np.array([0]), "to": np.array([1]), "along": np.array([2])}
    save(hostile([pool, cut, *largest_of("cut")], **lists), tmp_path / "model.onnx")
    code = "import numpy, inklens; inklens.Classifier.open('.').predict(numpy.zeros((8, 8)))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "ModelError: the network fails on 1 images" in done.stderr
