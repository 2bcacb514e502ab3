"""Looks a model file over before onnxruntime sees it: it came from somewhere, and is not trusted.

What may be in it is listed; everything else is refused. onnxruntime gets the very bytes that were checked.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from inklens.classifier.metadata import METADATA_KEY, ModelMetadata, quoted
from inklens.classifier.onnx_fields import MODEL
from inklens.classifier.onnx_shapes import MAX_AXES, OPERATORS
from inklens.classifier.wire import Budget, parse
from inklens.classifier.work import Work
from inklens.errors import ModelError

MAX_BYTES = 512 * 2**20
MAX_NODES = 2_000
INPUT = "pixels"
OUTPUTS = ("probabilities", "score")

_STANDARD_DOMAINS = ("", "ai.onnx")
# Those whose meaning `onnx_shapes` knows.
_OLDEST_OPERATORS, _NEWEST_OPERATORS = 13, 26
# tf2onnx names this standard set in every file, used or not.
_IMPORTABLE_DOMAINS = (*_STANDARD_DOMAINS, "ai.onnx.ml")

_FLOAT32, _UINT8 = 1, 2
# TensorProto.DataType: bytes per number, and the field that holds them where raw_data does not.
_TENSOR_TYPES = {
    1: (4, "float_data"),
    2: (1, "int32_data"),
    3: (1, "int32_data"),
    6: (4, "int32_data"),
    7: (8, "int64_data"),
    9: (1, "int32_data"),
    10: (2, "int32_data"),
    11: (8, "double_data"),
}
_DATA_FIELDS = ("raw_data", "float_data", "int32_data", "int64_data", "double_data")


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


class Checked(NamedTuple):
    """What a model file says about itself, and how much it computes."""

    metadata: ModelMetadata
    work: Work


def check(content: bytes) -> Checked:
    """Checks a whole model file; how much it computes for a batch is checked by the `Work` that it gives.

    The messages go on after "model.onnx cannot be used: ".

    Raises:
        ModelError: cut short, no ONNX, not one of ours, not safe, or not fitting together.
    """
    if content.startswith((b"PK", b"\x89HDF")):
        raise ModelError("it is a Keras file, not ONNX; `inklens export RUN` writes model.onnx")
    if not content:
        raise ModelError("it is empty (0 bytes); `inklens export RUN` writes it anew")
    model = parse(memoryview(content), MODEL, Budget())
    graph = model.get("graph")
    if graph is None or not model["opset_import"]:
        raise ModelError("it is no ONNX model: it has no graph or names no operator set")
    for entry in model["opset_import"]:
        if entry.get("domain", "") not in _IMPORTABLE_DOMAINS:
            raise ModelError(
                f"it imports operators of {quoted(entry['domain'])}; expected standard ones only"
            )
        version = entry.get("version", 0)
        if entry.get("domain", "") in _STANDARD_DOMAINS and not (
            _OLDEST_OPERATORS <= version <= _NEWEST_OPERATORS
        ):
            raise ModelError(
                f"it uses version {version} of ONNX's operators; "
                f"expected {_OLDEST_OPERATORS} to {_NEWEST_OPERATORS}: export it again"
            )
    _check_nodes(graph["node"])
    for tensor in graph["initializer"]:
        _check_tensor(tensor)
    metadata = _metadata(model["metadata_props"])
    _check_value(graph["input"], INPUT, _UINT8, metadata.pixels.shape, "input")
    _check_outputs(graph["output"], len(metadata.class_names))
    return Checked(metadata, Work(graph, INPUT, metadata.pixels.shape))


def _check_nodes(nodes: list[dict[str, Any]]) -> None:
    if len(nodes) > MAX_NODES:
        raise ModelError(f"it has {len(nodes):,} nodes; expected at most {MAX_NODES:,}")
    for node in nodes:
        operator, domain = node.get("op_type", ""), node.get("domain", "")
        if domain not in _STANDARD_DOMAINS:
            raise ModelError(
                f"it uses the operator {quoted(operator)} of {quoted(domain)}; expected standard ones"
            )
        if operator not in OPERATORS:
            raise ModelError(f"it uses the operator {quoted(operator)}, which no model of ours has")
        for attribute in node["attribute"]:
            if "t" in attribute:
                _check_tensor(attribute["t"])


def _check_tensor(tensor: dict[str, Any]) -> None:
    """The numbers that are there are as many as the tensor says, so no size is made from nothing."""
    name = quoted(tensor.get("name", ""))
    size, typed_field = _TENSOR_TYPES.get(tensor.get("data_type", 0), (0, ""))
    if not size:
        raise ModelError(f"tensor {name} is of type {tensor.get('data_type')}; expected a plain numeric type")
    if tensor.get("data_location", 0) != 0:
        raise ModelError(f"tensor {name} has its weights outside the file, which is refused")
    held = [entry for entry in _DATA_FIELDS if entry in tensor]
    if len(held) > 1 or not {*held} <= {"raw_data", typed_field}:
        raise ModelError(f"tensor {name} holds its numbers in {' and '.join(held)}; the file is damaged")
    data = tensor[held[0]] if held else memoryview(b"")
    if held and held[0] in ("int32_data", "int64_data"):  # packed varints: one last byte each
        count = int(np.count_nonzero(np.frombuffer(data, np.uint8) < 0x80))
    else:
        count, rest = divmod(len(data), size)
        if rest:
            raise ModelError(f"tensor {name} has {len(data):,} bytes; expected a multiple of {size}")
    dims = tensor["dims"]
    if len(dims) > MAX_AXES or min(dims, default=0) < 0 or math.prod(dims) != count:
        shape = "x".join(map(str, dims[:MAX_AXES])) or "one number"
        raise ModelError(f"tensor {name} says {shape} and holds {count:,} numbers; the file is damaged")


def _metadata(entries: Iterable[dict[str, str]]) -> ModelMetadata:
    ours = [entry.get("value", "") for entry in entries if entry.get("key") == METADATA_KEY]
    if len(ours) != 1:
        raise ModelError(
            f"it has {len(ours) or 'no'} metadata {METADATA_KEY!r}; expected a model.onnx that Inklens wrote"
        )
    return ModelMetadata.from_json(ours[0])


def _check_outputs(values: list[dict[str, Any]], classes: int) -> None:
    names = sorted(value.get("name", "") for value in values)
    if names != sorted(OUTPUTS):
        raise ModelError(f"its outputs are {_listed(names)}; expected {' and '.join(OUTPUTS)}")
    by_name = {value["name"]: [value] for value in values}
    _check_value(by_name["probabilities"], "probabilities", _FLOAT32, (classes,), "output")
    _check_value(by_name["score"], "score", _FLOAT32, (), "output")


def _check_value(
    values: list[dict[str, Any]], name: str, number_type: int, shape: tuple[int, ...], what: str
) -> None:
    """One input or output: its name, type, an open first axis, and its other axes."""
    if [value.get("name") for value in values] != [name]:
        names = [value.get("name", "") for value in values]
        raise ModelError(f"its {what}s are {_listed(names)}; expected {name}")
    tensor = values[0].get("type", {}).get("tensor_type", {})
    type_name = {_FLOAT32: "float32", _UINT8: "uint8"}
    if tensor.get("elem_type") != number_type:
        given = type_name.get(tensor.get("elem_type", 0), f"type {tensor.get('elem_type')}")
        raise ModelError(f"its {what} {name} is {given}; expected {type_name[number_type]}")
    axes = [
        None if "dim_value" not in axis or "dim_param" in axis else axis["dim_value"]
        for axis in tensor.get("shape", {}).get("dim", [])
    ]
    if axes != [None, *shape]:
        given = "x".join("N" if axis is None else str(axis) for axis in axes[:MAX_AXES])
        expected = "x".join(map(str, ("N", *shape)))
        raise ModelError(
            f"its {what} {name} is {given or 'of no shape'}; the metadata say {expected}: export it again"
        )


def _listed(names: list[str]) -> str:
    return ", ".join(quoted(name) for name in names[:8]) or "none"
