"""The part of ONNX's file format that a model of ours may use (onnx/onnx.proto, IR versions 4 to 13)."""

from inklens.classifier.wire import Field, Message


def _int(name: str, repeated: bool = False) -> Field:
    return Field(name, "int", repeated=repeated)


def _text(name: str, repeated: bool = False) -> Field:
    return Field(name, "text", repeated=repeated)


def _bytes(name: str) -> Field:
    return Field(name, "bytes")


def _of(name: str, message: Message, repeated: bool = False) -> Field:
    return Field(name, "message", message, repeated)


def _refused(name: str) -> Field:
    return Field(name, "refused")


_ENTRY = Message("StringStringEntryProto", {1: _text("key"), 2: _text("value")})

_DIMENSION = Message("Dimension", {1: _int("dim_value"), 2: _text("dim_param"), 3: _text("denotation")})
_SHAPE = Message("TensorShapeProto", {1: _of("dim", _DIMENSION, repeated=True)})
_TENSOR_TYPE = Message("TypeProto.Tensor", {1: _int("elem_type"), 2: _of("shape", _SHAPE)})
_TYPE = Message(
    "TypeProto",
    {
        1: _of("tensor_type", _TENSOR_TYPE),
        4: _refused("a value that is a sequence"),
        5: _refused("a value that is a map"),
        6: _text("denotation"),
        8: _refused("a value that is a sparse tensor"),
        9: _refused("a value that is optional"),
    },
)
_VALUE = Message(
    "ValueInfoProto",
    {1: _text("name"), 2: _of("type", _TYPE), 3: _text("doc_string"), 4: _of("metadata_props", _ENTRY, True)},
)

# What holds numbers, each at most once: onnx.helper and every converter write them as one packed piece.
TENSOR = Message(
    "TensorProto",
    {
        1: _int("dims", repeated=True),
        2: _int("data_type"),
        3: _refused("a tensor in segments"),
        4: _bytes("float_data"),
        5: _bytes("int32_data"),
        6: _refused("a tensor of text"),
        7: _bytes("int64_data"),
        8: _text("name"),
        9: _bytes("raw_data"),
        10: _bytes("double_data"),
        12: _text("doc_string"),
        13: _refused("weights outside the file"),
        14: _int("data_location"),
        16: _of("metadata_props", _ENTRY, True),
    },
)

_ATTRIBUTE = Message(
    "AttributeProto",
    {
        1: _text("name"),
        2: Field("f", "float"),
        3: _int("i"),
        4: _bytes("s"),
        5: _of("t", TENSOR),
        6: _refused("a graph inside a node"),
        7: Field("floats", "float", repeated=True),
        8: _int("ints", repeated=True),
        9: _refused("a list of texts inside a node"),
        10: _refused("a list of tensors inside a node"),
        11: _refused("graphs inside a node"),
        13: _text("doc_string"),
        14: _refused("a type inside a node"),
        15: _refused("types inside a node"),
        20: _int("type"),
        21: _refused("a reference inside a node"),
        22: _refused("a sparse tensor"),
        23: _refused("sparse tensors"),
    },
)

_NODE = Message(
    "NodeProto",
    {
        1: _text("input", repeated=True),
        2: _text("output", repeated=True),
        3: _text("name"),
        4: _text("op_type"),
        5: _of("attribute", _ATTRIBUTE, repeated=True),
        6: _text("doc_string"),
        7: _text("domain"),
        8: _refused("an overloaded operator"),
        9: _of("metadata_props", _ENTRY, repeated=True),
        10: _refused("a device configuration"),
    },
)

_GRAPH = Message(
    "GraphProto",
    {
        1: _of("node", _NODE, repeated=True),
        2: _text("name"),
        5: _of("initializer", TENSOR, repeated=True),
        10: _text("doc_string"),
        11: _of("input", _VALUE, repeated=True),
        12: _of("output", _VALUE, repeated=True),
        13: _of("value_info", _VALUE, repeated=True),
        14: _refused("a quantisation annotation"),
        15: _refused("sparse weights"),
        16: _of("metadata_props", _ENTRY, repeated=True),
    },
)

_OPERATOR_SET = Message("OperatorSetIdProto", {1: _text("domain"), 2: _int("version")})

MODEL = Message(
    "ModelProto",
    {
        1: _int("ir_version"),
        2: _text("producer_name"),
        3: _text("producer_version"),
        4: _text("domain"),
        5: _int("model_version"),
        6: _text("doc_string"),
        7: _of("graph", _GRAPH),
        8: _of("opset_import", _OPERATOR_SET, repeated=True),
        14: _of("metadata_props", _ENTRY, repeated=True),
        20: _refused("training information"),
        25: _refused("functions of its own"),
        26: _refused("a device configuration"),
    },
)
