"""A fixture for every way in which a model file can be hostile or broken."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from inklens.classifier import METADATA_KEY, Classifier
from inklens.classifier.guard import MAX_NODES, check, read
from inklens.errors import ModelError
from inklens.pixels import PixelSpec
from mutants import mutated
from tiny_onnx import build_model, metadata, save


def refused(model: onnx.ModelProto, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        check(model.SerializeToString())


def test_a_model_of_ours_passes_and_gives_its_metadata():
    assert check(build_model().SerializeToString()).metadata == metadata()


@pytest.mark.parametrize("location", ["../../secret", "/etc/passwd", "weights.bin"])
def test_weights_outside_the_file_are_refused(location):
    model = build_model()
    kernel = model.graph.initializer[1]
    kernel.ClearField("raw_data")
    kernel.external_data.add(key="location", value=location)
    kernel.data_location = TensorProto.EXTERNAL
    refused(model, "weights outside the file, which is refused")


def test_weights_outside_the_file_are_refused_inside_a_constant_too():
    model = build_model()
    constant = helper.make_tensor("c", TensorProto.FLOAT, [1], b"\0\0\0\0", raw=True)
    constant.data_location = TensorProto.EXTERNAL
    model.graph.node.insert(0, helper.make_node("Constant", [], ["c"], value=constant))
    refused(model, "'c' has its weights outside the file")


@pytest.mark.parametrize("dims", [[2**40], [2**31, 2**31, 2**31], [-1], [1] * 9])
def test_a_size_that_the_file_does_not_hold_is_refused(dims):
    model = build_model()
    del model.graph.initializer[1].dims[:]
    model.graph.initializer[1].dims.extend(dims)
    refused(model, "'kernel' says .* and holds 36 numbers")


def test_an_operator_of_a_foreign_domain_is_refused():
    model = build_model()
    model.graph.node[4].domain = "com.evil"
    refused(model, "'Relu' of 'com.evil'; expected standard ones")
    model = build_model()
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    refused(model, "imports operators of 'com.microsoft'")


@pytest.mark.parametrize(
    "operator", ["Loop", "RandomNormal", "ConstantOfShape", "StringConcat", "x" * 10_000]
)
def test_an_operator_that_no_model_of_ours_has_is_refused_in_a_short_line(operator):
    model = build_model()
    model.graph.node[4].op_type = operator
    with pytest.raises(ModelError, match="which no model of ours has") as caught:
        check(model.SerializeToString())
    assert len(str(caught.value)) < 200


def test_a_graph_inside_a_node_is_refused():
    model = build_model()
    model.graph.node[0].attribute.append(helper.make_attribute("body", onnx.GraphProto(name="g")))
    refused(model, "a graph inside a node, which is refused")


def test_functions_of_its_own_are_refused():
    model = build_model()
    model.functions.append(onnx.FunctionProto(name="f"))
    refused(model, "functions of its own")


def test_sparse_weights_are_refused():
    model = build_model()
    model.graph.sparse_initializer.add()
    refused(model, "sparse weights")


def test_too_many_nodes_are_refused():
    model = build_model()
    model.graph.node.extend([model.graph.node[0]] * MAX_NODES)
    refused(model, "2,009 nodes; expected at most 2,000")


def test_missing_and_double_metadata_are_refused():
    model = build_model()
    model.metadata_props.append(model.metadata_props[0])
    refused(model, "2 metadata 'inklens'")
    del model.metadata_props[:]
    refused(model, "no metadata 'inklens'; expected a model.onnx that Inklens wrote")


def test_metadata_that_do_not_fit_the_schema_are_refused():
    model = build_model()
    model.metadata_props[0].value = "{}"
    refused(model, "metadata of format None")


def test_class_names_that_do_not_fit_the_output_are_refused():
    model = build_model()
    helper.set_model_props(model, {METADATA_KEY: metadata(class_names=("a", "b")).to_json()})
    refused(model, "output probabilities is Nx3; the metadata say Nx2")


def test_pixels_that_do_not_fit_the_input_are_refused():
    model = build_model()
    helper.set_model_props(model, {METADATA_KEY: metadata(PixelSpec(9, 8, 1)).to_json()})
    refused(model, "input pixels is Nx8x8x1; the metadata say Nx9x8x1")


def test_another_type_name_or_number_of_inputs_and_outputs_is_refused():
    model = build_model()
    model.graph.input[0].type.tensor_type.elem_type = TensorProto.FLOAT
    refused(model, "input pixels is float32; expected uint8")
    model = build_model()
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))
    refused(model, "inputs are 'pixels', 'more'; expected pixels")
    model = build_model()
    del model.graph.output[1]
    refused(model, "outputs are 'probabilities'; expected probabilities and score")
    model = build_model()
    model.graph.output[0].type.tensor_type.elem_type = TensorProto.INT64
    refused(model, "output probabilities is type 7; expected float32")


def test_a_model_for_one_batch_size_only_is_refused():
    model = build_model()
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1
    refused(model, "input pixels is 1x8x8x1; the metadata say Nx8x8x1")


def test_a_file_that_is_cut_anywhere_is_refused():
    content = build_model().SerializeToString()
    for end in range(0, len(content), 7):
        with pytest.raises(ModelError):
            check(content[:end])


@pytest.mark.parametrize("start", [b"PK\x03\x04", b"\x89HDF\r\n"])
def test_a_keras_file_is_named_as_such(start):
    with pytest.raises(ModelError, match=r"a Keras file, not ONNX; `inklens export"):
        check(start + bytes(100))


@pytest.mark.parametrize(
    "content", [b"\x89PNG\r\n\x1a\n" + bytes(50), b"hello, world", b"\x08\x00\x00\x00ORTM"]
)
def test_a_wrong_magic_is_refused(content):
    with pytest.raises(ModelError, match="no ONNX file"):
        check(content)


def test_a_path_that_is_no_file_of_a_fair_size_is_refused(tmp_path):
    with pytest.raises(ModelError, match="is a folder; expected a model"):
        read(tmp_path)
    with pytest.raises(ModelError, match="is not there"):
        read(tmp_path / "nothing.onnx")
    with (tmp_path / "huge.onnx").open("wb") as file:
        file.truncate(2**40)
    with pytest.raises(ModelError, match="1,099,511,627,776 bytes; expected at most 536,870,912"):
        read(tmp_path / "huge.onnx")
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.onnx")
        with pytest.raises(ModelError, match="is not there"):
            read(tmp_path / "pipe.onnx")


def test_what_onnxruntime_refuses_is_one_line_with_the_file_in_front(tmp_path):
    model = build_model()
    model.graph.node[0].name = "\x1b[2J"
    model.graph.node[0].attribute[0].i = 99  # no type of number
    path = save(model, tmp_path / "model.onnx")
    with pytest.raises(ModelError, match=r"model\.onnx cannot be used: onnxruntime refuses it") as caught:
        Classifier.open(path)
    assert str(caught.value).isprintable()


def test_a_network_that_wants_more_memory_than_is_fair_is_stopped(tmp_path):
    """An outer product turns two hundred kilobytes into ten gigabytes."""
    model = build_model()
    for name, shape in (("tall", [50_000, 1]), ("wide", [1, 50_000])):
        model.graph.initializer.append(
            helper.make_tensor(name, TensorProto.FLOAT, shape, bytes(200_000), raw=True)
        )
    extra = [
        helper.make_node("MatMul", ["tall", "wide"], ["product"]),
        helper.make_node("ReduceMax", ["product"], ["largest"], keepdims=0),
        helper.make_node("Add", ["floats", "largest"], ["more"]),
    ]
    for node in reversed(extra):
        model.graph.node.insert(1, node)
    model.graph.node[4].input[0] = "more"
    path = save(model, tmp_path / "model.onnx")
    with pytest.raises(ModelError, match="Available memory"):
        Classifier.open(path).predict_framed(np.zeros((1, 8, 8, 1), np.uint8))


def hostile(nodes: list[onnx.NodeProto], constants: dict[str, np.ndarray]) -> onnx.ModelProto:
    """The model of a few nodes more, whose last, "more", goes on instead of the convolution's output."""
    model = build_model()
    model.graph.initializer.extend(numpy_helper.from_array(array, name) for name, array in constants.items())
    for place, node in enumerate(nodes, 4):
        model.graph.node.insert(place, node)
    model.graph.node[4 + len(nodes)].input[0] = "more"
    return model


def vast_windows() -> onnx.ModelProto:
    """One pool over the image laid out large: 4,000 times 4,000 windows of a million numbers each."""
    pads = [2500] * 4
    pool = helper.make_node("AveragePool", ["features"], ["vast"], kernel_shape=[1000, 1000], pads=pads)
    most = helper.make_node("ReduceMax", ["vast"], ["most"], keepdims=0)
    return hostile([pool, most, helper.make_node("Add", ["features", "most"], ["more"])], {})


def product_of_products() -> onnx.ModelProto:
    """Outer products of short vectors, multiplied with one another: 20 billion numbers' sums of 100,000."""
    constants = {"tall": np.ones((20_000, 1), np.float32), "wide": np.ones((1, 20_000), np.float32)}
    square = helper.make_node("MatMul", ["tall", "wide"], ["square"])
    again = helper.make_node("MatMul", ["square", "square"], ["product"])
    most = helper.make_node("ReduceMax", ["product"], ["most"], keepdims=0)
    return hostile([square, again, most, helper.make_node("Add", ["features", "most"], ["more"])], constants)


def long_chain() -> onnx.ModelProto:
    """A vast picture that goes through a thousand cheap steps."""
    pads = np.array([0, 0, 2000, 2000, 0, 0, 2000, 2000])
    nodes = [helper.make_node("Pad", ["features", "pads"], ["chain0"])]
    nodes += [helper.make_node("Tanh", [f"chain{step}"], [f"chain{step + 1}"]) for step in range(1000)]
    nodes += [helper.make_node("ReduceMax", ["chain1000"], ["most"], keepdims=0)]
    nodes += [helper.make_node("Add", ["features", "most"], ["more"])]
    return hostile(nodes, {"pads": pads})


@pytest.mark.parametrize("build", [vast_windows, product_of_products, long_chain])
def test_a_small_file_that_would_compute_for_hours_is_refused_before_it_runs(tmp_path, build):
    path = save(build(), tmp_path / "model.onnx")
    assert path.stat().st_size < 250_000
    with pytest.raises(ModelError, match=r"it would take \d\.\de\+\d\d multiply-adds for") as caught:
        Classifier.open(path)
    assert "expected at most 2e+12" in str(caught.value)


def test_a_network_that_is_slow_for_one_size_of_batch_alone_is_refused_when_it_meets_one(tmp_path):
    """Of 64x64 numbers 64 - N rows and N columns are left; their outer product, and that one's, is taken."""
    constants = {
        "square64": np.ones((64, 64), np.float32),
        "zero": np.array([0]),
        "one": np.array([1]),
        "end": np.array([64]),
        "column": np.array([-1, 1]),
        "row": np.array([1, -1]),
    }
    nodes = [
        helper.make_node("Shape", ["features"], ["batch"], start=0, end=1),
        helper.make_node("Slice", ["square64", "batch", "end", "zero"], ["lower"]),
        helper.make_node("Slice", ["lower", "zero", "batch", "one"], ["grown0"]),
    ]
    for step in range(2):
        grown = f"grown{step}"
        nodes += [
            helper.make_node("Reshape", [grown, "column"], [f"tall{step}"]),
            helper.make_node("Reshape", [grown, "row"], [f"wide{step}"]),
            helper.make_node("MatMul", [f"tall{step}", f"wide{step}"], [f"grown{step + 1}"]),
        ]
    nodes.append(helper.make_node("ReduceSum", ["grown2"], ["total"], keepdims=0))
    nodes.append(helper.make_node("Add", ["features", "total"], ["more"]))
    classifier = Classifier.open(save(hostile(nodes, constants), tmp_path / "model.onnx"))
    assert len(classifier.predict_framed(np.zeros((1, 8, 8, 1), np.uint8))) == 1
    with pytest.raises(ModelError, match=r"it would take 2\.\de\+13 multiply-adds for 31 images"):
        classifier.predict_framed(np.zeros((31, 8, 8, 1), np.uint8))


def test_tensors_attributes_and_outputs_of_the_same_name_are_refused():
    model = build_model()
    model.graph.initializer.append(model.graph.initializer[0])
    refused(model, "two tensors of the same name")
    model = build_model()
    model.graph.node[2].attribute.append(model.graph.node[2].attribute[0])
    refused(model, "'Transpose' has several outputs, or an attribute twice")
    model = build_model()
    model.graph.node[4].output.append("second")
    refused(model, "'Relu' has several outputs")


@pytest.mark.parametrize("version", [12, 27])
def test_operators_of_a_version_whose_meaning_is_not_known_are_refused(version):
    model = build_model()
    model.opset_import[0].version = version
    refused(model, f"version {version} of ONNX's operators; expected 13 to 26: export it again")


def test_the_work_of_a_network_of_ours_is_what_a_hand_count_gives():
    multiply_adds = 6 * 6 * 4 * 9 + 144 * 3
    cast_divide_transpose = 64 + 64, 64 + 1 + 64, 64 + 64
    convolve_activate_flatten = 64 + 36 + 144, 144 + 144, 144 + 144
    dense_softmax_score = 144 + 432 + 3, 3 + 3, 3 + 1 + 1
    moved = sum((*cast_divide_transpose, *convolve_activate_flatten, *dense_softmax_score))
    assert check(build_model().SerializeToString()).work.count(1) == multiply_adds + 10 * moved


_OPEN_ALL = """
import resource, sys
from pathlib import Path
import numpy as np
from inklens.classifier import Classifier
from inklens.errors import ModelError
resource.setrlimit(resource.RLIMIT_AS, (4 * 2**30,) * 2)
resource.setrlimit(resource.RLIMIT_CPU, (120,) * 2)
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))  # a written byte kills the process
answered = refused = 0
for path in sorted(Path("mutants").iterdir()):
    try:
        Classifier.open(path).predict_framed(np.full((2, 8, 8, 1), 200, np.uint8))
        answered += 1
    except ModelError as error:
        assert str(error).isprintable(), error
        refused += 1
print(answered, refused)
"""


@pytest.mark.skipif(os.name != "posix", reason="resource limits are POSIX's")
def test_500_mutated_files_neither_crash_the_interpreter_nor_touch_a_file(tmp_path):
    content = build_model().SerializeToString()
    random = np.random.default_rng(500)
    (tmp_path / "mutants").mkdir()
    for number in range(500):
        (tmp_path / "mutants" / f"{number:03}.onnx").write_bytes(mutated(content, random))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    done = subprocess.run(
        [sys.executable, "-c", _OPEN_ALL], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answered, refused = map(int, done.stdout.split())
    assert (answered + refused, min(answered, refused) > 50) == (500, True)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} == before
