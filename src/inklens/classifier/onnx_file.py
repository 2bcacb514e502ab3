"""Reads a model.onnx and checks it before onnxruntime sees it: it came from somewhere, and is not trusted.

What may be in it is listed; everything else is refused. onnxruntime gets the checked message, written anew,
so that it finds nothing in the bytes that was not seen here. It cannot be stopped while it opens a file, nor
inside a node (see `inklens.classifier.onnx_session`): what these may take is bounded here.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError, Message

from inklens.classifier.metadata import METADATA_KEY, ModelMetadata, quoted
from inklens.errors import ModelError

INPUT = "pixels"
OUTPUTS = ("probabilities", "id_score")
MAX_BYTES = 512 * 2**20
# All but the weights, a field counted as 100 bytes more. A committee of eight has 0.1 MB.
MAX_BYTES_BESIDE_WEIGHTS = 8 * 2**20
MAX_NODES = 2_000
MAX_INPUTS = 64
# Sizes, axes and paddings are lists this short; on opening, onnxruntime follows them through the graph.
MAX_LIST = 64
# How many pieces may be joined, and joined again, to one value: 170 in a committee of eight with ten views.
MAX_JOINED = 10_000
# Of a convolution's or a pool's window, and the numbers of a convolution's kernels: ours have 5 and 204,800.
MAX_SIDE = 8
MAX_KERNEL = 2**20

# The fields of ONNX's messages (onnx/onnx.proto) that a model of ours may have.
_FIELD_NAMES = """
    attribute data_type dim dim_param dim_value dims doc_string domain elem_type f graph i initializer input
    ints ir_version key metadata_props model_version name node op_type opset_import output producer_name
    producer_version raw_data shape tensor_type type value value_info version
"""
# What tf2onnx writes of our networks, and what it may write in place of that. Div is missing because
# onnxruntime crashes where it divides the least int64 by -1.
_OPERATOR_NAMES = """
    Add BatchNormalization Cast Concat Conv Exp Flatten Gather Gemm GlobalAveragePool GlobalMaxPool Identity
    LeakyRelu Log LogSoftmax MatMul Max MaxPool Min Mul Neg Pad ReduceLogSumExp ReduceMax ReduceMean ReduceSum
    Relu Reshape Shape Slice Softmax Squeeze Sub Transpose Unsqueeze
"""
_FIELDS, _OPERATORS = frozenset(_FIELD_NAMES.split()), frozenset(_OPERATOR_NAMES.split())
_STANDARD_DOMAINS = ("", "ai.onnx")
_OLDEST, _NEWEST = 13, 26  # versions of the operators
_TYPES = {1: "float32", 2: "uint8", 6: "int32", 7: "int64"}  # TensorProto.DataType
_SIZES = {"float32": 4, "int32": 4, "int64": 8}


def read(path: Path) -> bytes:
    """The bytes of a model file that is not too large.

    Raises:
        ModelError: no such file, a folder, a device, or too large.
    """
    try:
        if not path.is_file():
            problem = "is a folder" if path.is_dir() else "is not there"
            raise ModelError(f"{path} {problem}; expected a model.onnx: `inklens export RUN` writes one")
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            content = b"" if size > MAX_BYTES else file.read(MAX_BYTES)
    except OSError as error:
        raise ModelError(f"{path} cannot be read ({error.strerror}); expected a model.onnx") from error
    if size > MAX_BYTES:
        raise ModelError(f"{path} has {size:,} bytes; expected at most {MAX_BYTES:,}")
    return content


def check(content: bytes) -> tuple[ModelMetadata, bytes]:
    """Checks a whole model file.

    Returns:
        What it says about itself, and its bytes for onnxruntime.

    Raises:
        ModelError: cut short, no ONNX, not one of ours, not safe, or not fitting together. The message goes
            on after "model.onnx cannot be used: ".
    """
    if content.startswith((b"PK", b"\x89HDF")):
        raise ModelError("it is a Keras file, not ONNX; `inklens export RUN` writes model.onnx")
    if not content:
        raise ModelError("it is empty (0 bytes); `inklens export RUN` writes it anew")
    try:
        _count_beside_weights(memoryview(content))
        model = _onnx().ModelProto.FromString(content)
        model.DiscardUnknownFields()
        _check_fields(model)
    except (DecodeError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ModelError("it is no ONNX file, or damaged; `inklens export RUN` writes model.onnx") from error
    versions = [(entry.domain, entry.version) for entry in model.opset_import]
    if not versions or any(
        domain not in _STANDARD_DOMAINS or not _OLDEST <= version <= _NEWEST for domain, version in versions
    ):
        given = ", ".join(f"{version} of {quoted(domain)}" for domain, version in versions[:8]) or "none"
        raise ModelError(
            f"it uses operators of version {given}; "
            f"expected ONNX's own, {_OLDEST} to {_NEWEST}: export it again"
        )
    _check_graph(model.graph)
    entries = [entry.value for entry in model.metadata_props if entry.key == METADATA_KEY]
    if len(entries) != 1:
        given = f"{len(entries) or 'no'} metadata {METADATA_KEY!r}"
        raise ModelError(f"it has {given}; expected a model.onnx that Inklens wrote")
    metadata = ModelMetadata.from_json(entries[0])
    height, width, channels = metadata.pixels.shape
    _check_values("input", model.graph.input, [f"pixels uint8 Nx{height}x{width}x{channels}"])
    classes = len(metadata.class_names)
    _check_values("output", model.graph.output, [f"probabilities float32 Nx{classes}", "id_score float32 N"])
    return metadata, model.SerializeToString()


@cache
def _onnx() -> Any:
    """The messages of the `onnx` package, without the rest of it, which would take 100 ms to import."""
    package: Any = find_spec("onnx")
    file = Path(package.submodule_search_locations[0], "onnx_ml_pb2.py")
    spec: Any = spec_from_file_location("inklens_onnx_messages", file)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _count_beside_weights(content: memoryview, path: tuple[int, ...] = (7, 5, 9)) -> int:
    """The bytes of a message beside those at ModelProto.graph.initializer.raw_data, by their fields' numbers.

    The parser has no limit: of 512 MB of empty nodes, two bytes each, it would make 40 GB.
    """
    total = position = 0
    while position < len(content):
        start = position
        tag, position = _varint(content, position)
        number, position = _varint(content, position) if tag & 7 in (0, 2) else (0, position)
        end = position + {0: 0, 1: 8, 2: number, 5: 4}[tag & 7]
        if end > len(content):
            raise IndexError("cut short")
        on_path = tag == path[0] << 3 | 2
        total += (position if on_path else end) - start + 100
        if on_path and path[1:]:
            total += _count_beside_weights(content[position:end], path[1:])
        if total > MAX_BYTES_BESIDE_WEIGHTS:
            raise ModelError(f"it has more than {MAX_BYTES_BESIDE_WEIGHTS:,} bytes beside its weights")
        position = end
    return total


def _varint(content: memoryview, position: int) -> tuple[int, int]:
    """A number in protobuf's groups of seven bits, least first, and where it ends."""
    number = 0
    for place in range(10):
        byte = content[position + place]
        number |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            break
    return number, position + place + 1


def _check_fields(message: Message) -> None:
    for field, value in message.ListFields():
        if field.name not in _FIELDS:
            where = f"{field.name} in a {message.DESCRIPTOR.name}"
            raise ModelError(f"it has {where}, which is refused: export the model with `inklens export`")
        if field.message_type is not None:
            parts = [value] if isinstance(value, Message) else value
            if len(parts) > MAX_NODES:
                raise ModelError(f"it has {len(parts):,} of {field.name}; expected at most {MAX_NODES:,}")
            for part in parts:
                _check_fields(part)


def _check_graph(graph: Any) -> None:
    weights = {tensor.name: tensor for tensor in graph.initializer}
    if len(weights) < len(graph.initializer):
        raise ModelError("it has two tensors of the same name; export it again")
    for tensor in weights.values():
        _check_tensor(tensor)
    pieces = {INPUT: 1, **dict.fromkeys(weights, 1)}
    for node in graph.node:
        _check_node(node, weights)
        inputs = {name for name in node.input if name}
        if node.output[0] in pieces or not inputs <= pieces.keys():
            raise ModelError(f"its node {quoted(node.op_type)} is not in order; export it again")
        counts = [pieces[name] for name in node.input if name]
        pieces[node.output[0]] = sum(counts) if node.op_type == "Concat" else max(counts, default=1)
        if pieces[node.output[0]] > MAX_JOINED:
            raise ModelError(f"it joins more than {MAX_JOINED:,} pieces; no model of ours has as many")


def _check_tensor(tensor: Any) -> None:
    """The numbers that are there are as many as the tensor says, so no size is made from nothing."""
    name, dims, kind = quoted(tensor.name), tensor.dims, _TYPES.get(tensor.data_type, "")
    count, held = math.prod(dims), len(tensor.raw_data)
    if kind not in _SIZES:
        raise ModelError(f"tensor {name} is of type {tensor.data_type}; expected {', '.join(_SIZES)}")
    if len(dims) > 8 or min(dims, default=1) < 1 or count * _SIZES[kind] != held:
        shape = "x".join(map(str, dims[:8])) or "one number"
        raise ModelError(f"tensor {name} says {shape} and holds {held:,} bytes; the file is damaged")
    if kind != "float32" and count > MAX_LIST:
        raise ModelError(f"tensor {name} lists {count:,} sizes; expected at most {MAX_LIST}")


def _check_node(node: Any, weights: Mapping[str, Any]) -> None:
    operator = quoted(node.op_type)
    if node.domain not in _STANDARD_DOMAINS:
        raise ModelError(f"it uses the operator {operator} of {quoted(node.domain)}; expected ONNX's own")
    if node.op_type not in _OPERATORS:
        raise ModelError(f"it uses the operator {operator}, which no model of ours has")
    if len(node.input) > MAX_INPUTS or len(node.output) != 1:
        raise ModelError(f"its node {operator} has more than {MAX_INPUTS} inputs, or not one output")
    for attribute in node.attribute:
        # No text, which takes memory beside the arena; numbers of other types also multiply slowly.
        if attribute.name == "to" and _TYPES.get(attribute.i) not in _SIZES:
            raise ModelError(f"it casts to type {attribute.i}; expected {', '.join(_SIZES)}")
        if attribute.name == "kernel_shape":
            _check_window(attribute.ints)
    if node.op_type in ("Conv", "Gemm", "MatMul"):
        # Weights of the file: what two products of a short file's numbers make would take hours to multiply.
        weight = weights.get(node.input[1]) if len(node.input) > 1 else None
        if weight is None or _TYPES[weight.data_type] != "float32":
            raise ModelError(f"its node {operator} does not multiply by weights of the file")
        if node.op_type == "Conv":
            _check_window(weight.dims[2:])
            if (count := math.prod(weight.dims)) > MAX_KERNEL:
                raise ModelError(f"it convolves by {count:,} numbers; expected at most {MAX_KERNEL:,}")


def _check_window(sides: Any) -> None:
    if len(sides) > 2 or max(sides, default=0) > MAX_SIDE:
        given = "x".join(map(str, sides[:8]))
        raise ModelError(f"it has a window of {given}; expected at most {MAX_SIDE}x{MAX_SIDE}")


def _check_values(what: str, values: Any, expected: list[str]) -> None:
    """The names, types and shapes of the inputs or outputs, N being an axis of any size."""
    given = []
    for value in values:
        tensor = value.type.tensor_type
        axes = (str(axis.dim_value) if axis.HasField("dim_value") else "N" for axis in tensor.shape.dim)
        kind = _TYPES.get(tensor.elem_type, f"type {tensor.elem_type}")
        given.append(f"{value.name} {kind} {'x'.join(axes)}")
    if sorted(given) != sorted(expected):
        listed = ", ".join(map(quoted, given[:8])) or "none"
        raise ModelError(
            f"its {what}s are {listed}; the metadata say {' and '.join(map(repr, expected))}: export it again"
        )
