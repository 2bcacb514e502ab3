"""Reads a model.onnx and checks it before onnxruntime sees it: it came from somewhere, and is not trusted.

What may be in it is listed; everything else is refused. onnxruntime gets the checked message, written anew,
so that it finds nothing in the bytes that was not seen here. It cannot be stopped while it opens a file, nor
inside a node (see `inklens.classifier.onnx_session`), so what these may take is bounded here: what decides
shapes and what multiplies are numbers of the file, and windows are small.
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec, module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError, Message

from inklens.classifier.metadata import MAX_SIDE, METADATA_KEY, ModelMetadata, quoted
from inklens.errors import ModelError

INPUT = "pixels"
OUTPUTS = ("probabilities", "id_score")
MAX_BYTES = 512 * 2**20
# All but the weights, a field counted as 100 bytes more. A committee of eight has 0.1 MB.
MAX_BYTES_BESIDE_WEIGHTS = 8 * 2**20
MAX_NODES = 2_000
MAX_INPUTS = 64
MAX_AXES = 8
# Of a window, its steps and every padding, and the numbers of a convolution: ours have 5 and 204,800.
MAX_WINDOW = 8
MAX_KERNEL = 2**20

# The fields of ONNX's messages (onnx/onnx.proto) that a model of ours may have.
_FIELD_NAMES = """
    attribute data_type dim dim_param dim_value dims doc_string domain elem_type f graph i initializer input
    ints ir_version key metadata_props model_version name node op_type opset_import output producer_name
    producer_version raw_data shape tensor_type type value value_info version
"""
# What tf2onnx writes of our networks, and what it may write in place of that.
_OPERATOR_NAMES = """
    Add Cast Concat Conv Div Exp Flatten Gather Gemm Identity LeakyRelu Log LogSoftmax MatMul MaxPool Mul Neg
    Pad ReduceLogSumExp ReduceMax ReduceMean ReduceSum Relu Reshape Slice Softmax Squeeze Sub Transpose
    Unsqueeze
"""
_ATTRIBUTE_NAMES = """
    alpha axis beta dilations group keepdims kernel_shape noop_with_empty_axes pads perm strides to transA
    transB
"""
_FIELDS = frozenset(_FIELD_NAMES.split())
_OPERATORS = frozenset(_OPERATOR_NAMES.split())
_ATTRIBUTES = frozenset(_ATTRIBUTE_NAMES.split())
_MULTIPLY = ("Conv", "Gemm", "MatMul")
# Operators whose inputs decide shapes, all but the first, and how many numbers one of these has at most.
_SHAPED = {
    **dict.fromkeys(("ReduceLogSumExp", "ReduceMax", "ReduceMean", "ReduceSum", "Reshape"), MAX_AXES),
    **dict.fromkeys(("Slice", "Squeeze"), MAX_AXES),
    "Gather": MAX_SIDE,
    "Pad": 2 * MAX_AXES,
    "Unsqueeze": 1,
}
# Of the numbers of a window: how many at most, the least and the largest.
_WINDOW = {
    "dilations": (2, 1, 1),
    "kernel_shape": (2, 1, MAX_WINDOW),
    "pads": (4, 0, MAX_WINDOW),
    "strides": (2, 1, MAX_WINDOW),
}
_STANDARD_DOMAINS = ("", "ai.onnx")
_FLOAT32 = 1
_TYPES = {_FLOAT32: "float32", 2: "uint8", 6: "int32", 7: "int64"}  # TensorProto.DataType
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
        model = messages().ModelProto.FromString(content)
        model.DiscardUnknownFields()
        _check_fields(model)
    except (DecodeError, IndexError, KeyError, UnicodeDecodeError) as error:
        raise ModelError("it is no ONNX file, or damaged; `inklens export RUN` writes model.onnx") from error
    versions = [(entry.domain, entry.version) for entry in model.opset_import]
    if (
        not versions
        or any(domain not in _STANDARD_DOMAINS or not 13 <= version <= 26 for domain, version in versions)
        or model.ir_version < 4
    ):
        given = ", ".join(f"{version} of {quoted(domain)}" for domain, version in versions[:8]) or "none"
        raise ModelError(
            f"it is of IR version {model.ir_version} with operators {given}; "
            "expected 4 or later, with ONNX's own operators, 13 to 26: export it again"
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
    _check_values("output", model.graph.output, ["id_score float32 N", f"probabilities float32 Nx{classes}"])
    _leave_starts_open(model.graph)
    return metadata, model.SerializeToString()


@cache
def messages() -> Any:
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
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    if len(tensors) < len(graph.initializer):
        raise ModelError("it has two tensors of the same name; export it again")
    for tensor in tensors.values():
        _check_tensor(tensor)
    known = {"", INPUT, *tensors}
    for node in graph.node:
        _check_node(node)
        _check_numbers(node, tensors)
        if node.output[0] in known or not {*node.input} <= known:
            raise ModelError(f"its node {quoted(node.op_type)} is not in order; export it again")
        known.add(node.output[0])


def _check_tensor(tensor: Any) -> None:
    """The numbers that are there are as many as the tensor says, so no size is made from nothing."""
    name, dims, kind = quoted(tensor.name), tensor.dims, _TYPES.get(tensor.data_type, "")
    if kind not in _SIZES:
        raise ModelError(f"tensor {name} is of type {tensor.data_type}; expected {', '.join(_SIZES)}")
    held, axes = len(tensor.raw_data), MAX_AXES if kind == "float32" else 1
    if len(dims) > axes or min(dims, default=1) < 1 or math.prod(dims) * _SIZES[kind] != held:
        shape = "x".join(map(str, dims[:MAX_AXES])) or "one number"
        raise ModelError(f"tensor {name} says {shape} and holds {held:,} bytes; the file is damaged")


def _check_node(node: Any) -> None:
    operator = quoted(node.op_type)
    if node.domain not in _STANDARD_DOMAINS:
        raise ModelError(f"it uses the operator {operator} of {quoted(node.domain)}; expected ONNX's own")
    if node.op_type not in _OPERATORS:
        raise ModelError(f"it uses the operator {operator}, which no model of ours has")
    if not 1 <= len(node.input) <= MAX_INPUTS or len(node.output) != 1:
        raise ModelError(f"its node {operator} has no input, more than {MAX_INPUTS}, or not one output")
    for attribute in node.attribute:
        if attribute.name not in _ATTRIBUTES:
            raise ModelError(f"its node {operator} has {quoted(attribute.name)}, which no model of ours has")
        # Text takes memory beside the arena, and whole numbers may become sizes.
        if attribute.name == "to" and _TYPES.get(attribute.i) not in ("float32", "uint8"):
            raise ModelError(f"it casts to type {attribute.i}; expected float32 or uint8")
        if attribute.name in _WINDOW:
            _check_window(operator, attribute.ints, *_WINDOW[attribute.name])


def _check_numbers(node: Any, tensors: Mapping[str, Any]) -> None:
    """What decides a shape is in the file: onnxruntime follows computed sizes through the graph when it opens
    it, which can take all memory. So is what multiplies: products of products would take hours.
    """
    operator = quoted(node.op_type)
    first, *others = node.input
    deciding, computing = (others, [first]) if node.op_type in _SHAPED else ([], node.input)
    for name in filter(None, deciding):
        if name not in tensors or math.prod(tensors[name].dims) > _SHAPED[node.op_type]:
            raise ModelError(f"its node {operator} takes sizes that are not in the file, or too many of them")
    if any(name in tensors and tensors[name].data_type != _FLOAT32 for name in computing):
        raise ModelError(f"its node {operator} computes with sizes; no model of ours does")
    second: Any = tensors.get(others[0]) if others else None
    if node.op_type in _MULTIPLY and second is None:
        raise ModelError(f"its node {operator} does not multiply by weights of the file")
    if node.op_type == "Conv":
        count = math.prod(second.dims)
        _check_window(operator, second.dims[2:], *_WINDOW["kernel_shape"])
        if count > MAX_KERNEL:
            raise ModelError(f"it convolves by {count:,} numbers; expected at most {MAX_KERNEL:,}")
    if node.op_type == "Pad" and second is not None:
        pads = np.frombuffer(second.raw_data, "<i8" if _TYPES[second.data_type] == "int64" else "<i4")
        _check_window(operator, pads.tolist(), 2 * MAX_AXES, 0, MAX_WINDOW)


def _check_window(operator: str, sizes: Any, count: int, least: int, most: int) -> None:
    if len(sizes) > count or not all(least <= size <= most for size in sizes):
        given = ", ".join(map(str, sizes[:MAX_AXES]))
        raise ModelError(f"its node {operator} has sizes of {given}; expected {count} from {least} to {most}")


def _leave_starts_open(graph: Any) -> None:
    """Lists what a Slice starts at as an input that has a default, which leaves it open.

    Else onnxruntime works slices out when it opens a file, and ends the process over a size below zero, which
    a window larger than its picture leaves.
    """
    tensors = {tensor.name: tensor for tensor in graph.initializer}
    starts = {name for node in graph.node if node.op_type == "Slice" for name in node.input[1:2] if name}
    for name in sorted(starts):
        value = graph.input.add(name=name).type.tensor_type
        value.elem_type = tensors[name].data_type
        for size in tensors[name].dims:
            value.shape.dim.add(dim_value=size)


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
