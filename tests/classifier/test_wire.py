import onnx
import pytest

from inklens.classifier.onnx_fields import MODEL
from inklens.classifier.wire import MAX_FIELDS, Budget, parse
from inklens.errors import ModelError
from tiny_onnx import build_model


def read(content: bytes) -> dict:
    return parse(memoryview(content), MODEL, Budget())


def test_a_model_is_read_as_protobuf_reads_it():
    model = build_model()
    parsed = read(model.SerializeToString())
    assert parsed["ir_version"] == model.ir_version
    assert [node["op_type"] for node in parsed["graph"]["node"]] == [
        node.op_type for node in model.graph.node
    ]
    for ours, theirs in zip(parsed["graph"]["initializer"], model.graph.initializer, strict=True):
        assert (ours["name"], ours["dims"], bytes(ours["raw_data"])) == (
            theirs.name,
            list(theirs.dims),
            theirs.raw_data,
        )
    attribute = parsed["graph"]["node"][2]["attribute"][0]
    assert (attribute["name"], attribute["ints"]) == ("perm", [0, 3, 1, 2])


def test_negative_numbers_are_read_as_protobuf_reads_them():
    assert read(onnx.ModelProto(model_version=-7).SerializeToString())["model_version"] == -7


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\x08", "cut short"),
        (b"\x08" + b"\xff" * 10, "more than 64 bits"),
        (b"\x3a\x7f", "cut short .graph wants 127 bytes more"),
        (b"\x08\x01\x08\x02", "ir_version of ModelProto is there twice"),
        (b"\x0a\x00", "ir_version of ModelProto is of another type"),
        (b"\x12\x01\xff", "producer_name is no UTF-8"),
        (b"\x7a\x00", "no ONNX file of ours .field 15 of ModelProto"),
        (b"\x88\x80\x80\x80\x10\x01", "no ONNX file of ours"),
        (b"hello\n", "expected the model.onnx of a run: `inklens export RUN` writes one"),
        (b"\xca\x01\x00", "functions of its own, which is refused"),
    ],
)
def test_what_protobuf_would_merge_skip_or_overwrite_is_refused(content, said):
    with pytest.raises(ModelError, match=said):
        read(content)


def test_a_graph_that_is_there_twice_is_not_merged():
    model = build_model()
    with pytest.raises(ModelError, match="graph of ModelProto is there twice"):
        read(model.SerializeToString() + onnx.ModelProto(graph=onnx.GraphProto(name="b")).SerializeToString())


def test_a_file_of_countless_tiny_fields_is_refused():
    with pytest.raises(ModelError, match="more than 200,000 parts"):
        read(b"\x42\x00" * (MAX_FIELDS + 1))
