"""A fixture for every way in which a model file can be hostile or broken."""

import os
import subprocess
import sys

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from hostile_onnx import refused
from inklens.classifier import METADATA_KEY
from inklens.classifier.onnx_file import MAX_NODES, check, read
from inklens.errors import ModelError
from inklens.pixels import PixelSpec
from mutants import mutated
from tiny_onnx import build_model, metadata


def test_a_model_of_ours_passes_and_gives_its_metadata():
    content = build_model().SerializeToString()
    assert check(content) == (metadata(), content)


def put(part, **fields) -> None:
    for name, value in fields.items():
        setattr(part, name, value)


def with_metadata(**changes):
    return lambda m: helper.set_model_props(m, {METADATA_KEY: metadata(**changes).to_json()})


def sized(dims: list[int]):
    def change(model: onnx.ModelProto) -> None:
        del model.graph.initializer[1].dims[:]
        model.graph.initializer[1].dims.extend(dims)

    return change


def more_tensors(tensor: onnx.TensorProto):
    return lambda m: m.graph.initializer.append(tensor)


def array(values: np.ndarray):
    return more_tensors(numpy_helper.from_array(values, "list"))


BODY = helper.make_attribute("body", onnx.GraphProto(name="g"))
ESCAPE = helper.make_tensor_value_info("\x1b[2J", TensorProto.FLOAT, [1])
NO_SIZE = "'kernel' says .* and holds 144 bytes"
NO_KIND = r"'list' is of type \d+; expected float32, int32, int64"
UNKNOWN = "which no model of ours has"
VERSIONS = "; expected 4 or later, with ONNX's own operators, 13 to 26"
RELU, PIXELS = 4, 0  # their places among the nodes and the inputs
HOSTILE = [
    # Things that no model of ours has: a file elsewhere, graphs in nodes, functions, sparse tensors, ...
    *(
        (lambda m, place=place: m.graph.initializer[1].external_data.add(key="location", value=place), said)
        for place in ("../../secret", "/etc/passwd", "weights.bin")
        for said in [
            "external_data in a TensorProto, which is refused: export the model with `inklens export`"
        ]
    ),
    (lambda m: put(m.graph.initializer[1], data_location=1), "data_location in a TensorProto"),
    (
        lambda m: m.graph.node.append(helper.make_node("Constant", [], ["c"], value=m.graph.initializer[0])),
        "t in a AttributeProto",
    ),
    (lambda m: m.graph.node[0].attribute.append(BODY), "g in a AttributeProto, which is refused"),
    (lambda m: m.functions.append(onnx.FunctionProto(name="f")), "functions in a ModelProto"),
    (lambda m: m.training_info.add(), "training_info in a ModelProto"),
    (lambda m: m.graph.sparse_initializer.add(), "sparse_initializer in a GraphProto"),
    *(
        (lambda m, kind=kind: getattr(m.graph.input[PIXELS].type, kind).SetInParent(), f"{kind} in a TypeP")
        for kind in ("sequence_type", "map_type", "optional_type", "sparse_tensor_type")
    ),
    # Tensors
    *((sized(dims), NO_SIZE) for dims in ([2**40], [2**31, 2**31, 2**31], [-1], [0], [1] * 9, [2**62, 4])),
    (more_tensors(helper.make_tensor("list", TensorProto.INT64, [2], [1, 2])), "int64_data in a TensorProto"),
    *((array(np.zeros(2, kind)), NO_KIND) for kind in (np.float64, np.uint8, bool)),
    (array(np.zeros((1, 2), np.int64)), "'list' says 1x2 and holds 16 bytes"),
    (lambda m: m.graph.initializer.append(m.graph.initializer[0]), "two tensors of the same name"),
    # Operators and their order
    (lambda m: put(m.graph.node[RELU], domain="com.evil"), "'Relu' of 'com.evil'; expected ONNX's own"),
    (
        lambda m: m.opset_import.append(helper.make_opsetid("com.microsoft", 1)),
        "operators 18 of '', 1 of 'com.microsoft'; expected 4 or later, with ONNX's own",
    ),
    *(
        (lambda m, name=name: put(m.graph.node[RELU], op_type=name), UNKNOWN)
        for name in ("Loop", "RandomNormal", "ConstantOfShape", "StringConcat", "Shape", "x" * 10_000)
    ),
    # onnxruntime 1.31 does not survive the least int64 divided by -1.
    (lambda m: put(m.graph.node[RELU], op_type="Sqrt"), f"the operator 'Sqrt', {UNKNOWN}"),
    (lambda m: m.graph.node.append(helper.make_node("Relu", ["flat"], ["kernel"])), "'Relu' is not in order"),
    (lambda m: m.graph.node.append(m.graph.node[0]), "'Cast' is not in order"),
    (lambda m: m.graph.node.insert(0, m.graph.node[RELU]), "'Relu' is not in order"),
    (lambda m: m.graph.node.extend([m.graph.node[0]] * MAX_NODES), "2,009 of node; expected at most 2,000"),
    (
        lambda m: m.graph.node[RELU].input.extend(["features"] * 64),
        "'Relu' has no input, more than 64, or not one output",
    ),
    (lambda m: m.graph.node[RELU].output.append("second"), "or not one output"),
    # Metadata, and what they say of inputs and outputs
    (lambda m: m.metadata_props.append(m.metadata_props[0]), "2 metadata 'inklens'"),
    (lambda m: m.metadata_props.pop(), "no metadata 'inklens'; expected a model.onnx that Inklens wrote"),
    (lambda m: put(m.metadata_props[0], value="{}"), "metadata of format None"),
    (
        with_metadata(class_names=("a", "b")),
        "'probabilities float32 Nx3', .*; the metadata say .* 'probabilities float32 Nx2'",
    ),
    (
        with_metadata(spec=PixelSpec(9, 8, 1)),
        "inputs are 'pixels uint8 Nx8x8x1'; the metadata say 'pixels uint8 Nx9x8x1'",
    ),
    (
        lambda m: put(m.graph.input[PIXELS].type.tensor_type, elem_type=TensorProto.FLOAT),
        "inputs are 'pixels float32 Nx8x8x1'; .* uint8",
    ),
    (lambda m: m.graph.input.append(ESCAPE), "inputs are 'pixels uint8 Nx8x8x1', .* float32 1'"),
    (
        lambda m: m.graph.output.pop(),
        "outputs are 'probabilities float32 Nx3'; the metadata say 'id_score float32 N' and",
    ),
    (
        lambda m: put(m.graph.output[0].type.tensor_type, elem_type=TensorProto.INT64),
        "outputs are 'probabilities int64 Nx3'",
    ),
    (
        lambda m: put(
            m.graph.input[PIXELS].type.tensor_type.shape.dim[0], dim_value=1
        ),  # one batch size only
        "'pixels uint8 1x8x8x1'; the metadata say 'pixels uint8 Nx8x8x1': export it again",
    ),
    # Versions whose meaning is not known; in IR version 3 weights are inputs.
    *(
        (
            lambda m, version=version: put(m.opset_import[0], version=version),
            f"with operators {version} of ''{VERSIONS}",
        )
        for version in (12, 27)
    ),
    (lambda m: m.opset_import.pop(), "with operators none"),
    (lambda m: put(m, ir_version=3), "it is of IR version 3 with operators 18 of ''; expected 4 or later"),
]


@pytest.mark.parametrize(("change", "said"), HOSTILE)
def test_a_hostile_model_is_refused_in_a_short_line(change, said):
    model = build_model()
    change(model)
    refused(model, said)


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
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"hello, world",
        b"hello\n",
        b"\x08\x00\x00\x00ORTM",
        b"\x08",
        b"\x08" + b"\xff" * 20,
        b"\x3a\x7f",
        b"\x0b\x0b\x0c\x0c",
    ],
)
def test_what_is_no_onnx_file_is_refused(content):
    with pytest.raises(ModelError, match=r"it is no ONNX file, or damaged; `inklens export RUN` writes"):
        check(content)


def test_a_name_that_is_no_utf8_is_refused_where_it_matters():
    content = build_model().SerializeToString()
    with pytest.raises(ModelError, match="the operator a bytes, which no model of ours has"):
        check(content.replace(b"Relu", b"Re\xffu"))
    with pytest.raises(ModelError, match="metadata that is no JSON"):
        check(content.replace(b"things", b"thing\xff"))


def test_fields_of_another_type_or_unknown_do_not_reach_onnxruntime():
    content = build_model().SerializeToString()
    for more in (b"\x7a\x01x", b"\xf8\x7f\x01", b"\x0a\x00"):
        assert check(content + more) == (metadata(), content)


def test_what_protobuf_merges_is_checked_and_run_as_one():
    model = build_model()
    more = onnx.ModelProto(graph=onnx.GraphProto(name="b"))
    assert check(model.SerializeToString() + more.SerializeToString())[1].count(b"network") == 0
    more.graph.node.add(op_type="Loop", output=["late"])
    with pytest.raises(ModelError, match="the operator 'Loop'"):
        check(model.SerializeToString() + more.SerializeToString())


def test_a_file_that_would_be_many_times_as_large_in_memory_is_refused_before_it_is_parsed():
    with pytest.raises(ModelError, match="2,001 of opset_import; expected at most 2,000"):
        check(b"\x42\x00" * (MAX_NODES + 1))
    for tiny in (b"\x42\x00", b"\x3a\x14" + b"\x0a\x00" * 10):  # an operator set, a graph of ten nodes
        with pytest.raises(ModelError, match="more than 8,388,608 bytes beside its weights"):
            check(tiny * 100_000)


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
