"""The layers of a deployed network in the graph of its ONNX file: what each reads, and how far it sees."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.explanation.receptive_fields import ReceptiveField

Fields = tuple[ReceptiveField | None, ReceptiveField | None]

# Operators whose output is a layer's, and what such a layer is called; the rest only moves numbers.
KINDS = {
    "Add": "sum",
    "Conv": "convolution",
    "Gemm": "dense",
    "LeakyRelu": "activation",
    "MatMul": "dense",
    "MaxPool": "pooling",
    "ReduceMax": "global pooling",
    "ReduceMean": "global pooling",
    "Relu": "activation",
}
_KEEP_LAYOUT = {"Add", "LeakyRelu", "Mul", "Pad", "Relu", "Sub"}
_INT64 = 7  # TensorProto.DataType
_WHOLE: Fields = (None, None)


@dataclass(frozen=True)
class GraphLayer:
    """A layer's place in the graph.

    Args:
        name: in Keras; where the file holds several networks, after that of its network and "/".
        kind: "convolution", "activation", "pooling", "global pooling", "sum" or "dense".
        operator: the ONNX operator that made its output.
        tensor: its output.
        channels_first: whether that is (N, C, H, W), as ONNX's convolutions have it.
        node: the node that does what `kind` says; that of the output adds the bias of a dense layer.
        bias: what is added after it by a node of its own, by name; None without one.
        fields: what its points see, down and across; None where each sees the whole image.
    """

    name: str
    kind: str
    operator: str
    tensor: str
    channels_first: bool
    node: Any
    bias: str | None
    fields: Fields

    @property
    def kernel(self) -> tuple[int, int]:
        """(height, width) of its window; (1, 1) where it has none."""
        window = ints(self.node, "kernel_shape", (1, 1))
        return window[0], window[1]


class LayerGraph:
    """The layers of a graph, in the order in which they are computed.

    Args:
        graph: ONNX's GraphProto, checked.
    """

    def __init__(self, graph: Any) -> None:
        self._arrays = {tensor.name: tensor for tensor in graph.initializer}
        self.layers = tuple(self._find(graph))
        # What must be an output of the file: those of the layers, and what they read.
        read = (name for layer in self.layers for name in layer.node.input if name not in self._arrays)
        self.tensors = tuple(dict.fromkeys((*(layer.tensor for layer in self.layers), *read)))

    def array(self, name: str) -> NDArray[np.float32]:
        """The weights of that name."""
        tensor = self._arrays[name]
        return np.frombuffer(tensor.raw_data, "<f4").reshape(tuple(tensor.dims))

    def is_weights(self, name: str) -> bool:
        """Whether a tensor is part of the file, and not computed."""
        return name in self._arrays

    def first_filters(self) -> NDArray[np.float32] | None:
        """The kernel of the first convolution, float32 (filters, channels, height, width)."""
        for layer in self.layers:
            if layer.kind == "convolution":
                return self.array(layer.node.input[1])
        return None

    def _find(self, graph: Any) -> Iterator[GraphLayer]:
        """The converter names nodes "deployable/network/layer/operation"."""
        channels_first: dict[str, bool] = {}
        fields: dict[str, Fields] = {}
        found: dict[tuple[str, ...], list[Any]] = {}
        for node in graph.node:
            channels_first[node.output[0]] = _is_channels_first(node, channels_first)
            fields[node.output[0]] = self._fields(node, fields, channels_first)
            path = tuple(part.removesuffix("_1") for part in node.name.split("/")[1:-1])
            if len(path) >= 2 and node.op_type in KINDS:
                found.setdefault(path, []).append(node)
        networks = {path[:-1] for path in found}
        for path, nodes in found.items():
            main = next((node for node in nodes if node.op_type in ("Conv", "Gemm", "MatMul")), nodes[-1])
            last = nodes[-1].output[0]
            yield GraphLayer(
                name=path[-1] if len(networks) == 1 else "/".join(path),
                kind=KINDS[main.op_type],
                operator=nodes[-1].op_type,
                tensor=last,
                channels_first=channels_first[last],
                node=main,
                bias=self._bias(main, nodes[-1]),
                fields=fields[last],
            )

    def _bias(self, main: Any, last: Any) -> str | None:
        if last is main or last.op_type != "Add":
            return None
        return next((name for name in last.input if name in self._arrays), None)

    def _fields(self, node: Any, known: dict[str, Fields], channels_first: dict[str, bool]) -> Fields:
        """What a point of the node's output sees, from what those of its inputs see."""
        pixel: Fields = (ReceptiveField(), ReceptiveField())
        seen = [known.get(name, pixel) for name in node.input if name not in self._arrays]
        if not seen or node.op_type in ("Gemm", "MatMul", "ReduceMax", "ReduceMean"):
            return _WHOLE if seen else pixel
        rows, columns = (_merged(each) for each in zip(*seen, strict=True))
        if node.op_type in ("Conv", "MaxPool"):
            kernel, strides = ints(node, "kernel_shape", (1, 1)), ints(node, "strides", (1, 1))
            pads = ints(node, "pads", (0, 0, 0, 0))
            down, across = zip(kernel, strides, pads[:2], strict=True)
            return _after(rows, *down), _after(columns, *across)
        if node.op_type == "Pad" and node.input[1] in self._arrays:
            tensor = self._arrays[node.input[1]]
            added = np.frombuffer(tensor.raw_data, "<i8" if tensor.data_type == _INT64 else "<i4").tolist()
            axis = 2 if channels_first[node.output[0]] else 1
            return _after(rows, 1, 1, added[axis]), _after(columns, 1, 1, added[axis + 1])
        return rows, columns


def ints(node: Any, name: str, default: tuple[int, ...]) -> tuple[int, ...]:
    """An attribute of a node that is a list of whole numbers."""
    for attribute in node.attribute:
        if attribute.name == name:
            return tuple(attribute.ints)
    return default


def number(node: Any, name: str, default: float) -> float:
    """An attribute of a node that is a number, whole or not."""
    for attribute in node.attribute:
        if attribute.name == name:
            return float(attribute.f or attribute.i)
    return default


def _merged(fields: tuple[ReceptiveField | None, ...]) -> ReceptiveField | None:
    return reduce(lambda one, other: None if one is None or other is None else one.merged(other), fields)


def _after(field: ReceptiveField | None, kernel: int, stride: int, padding: int) -> ReceptiveField | None:
    return None if field is None else field.after(kernel, stride, padding)


def _is_channels_first(node: Any, known: dict[str, bool]) -> bool:
    """Whether a node's images are (N, C, H, W), as ONNX's convolutions have them."""
    if node.op_type in ("Conv", "MaxPool"):
        return True
    if node.op_type in _KEEP_LAYOUT:
        return any(known.get(name, False) for name in node.input)
    return False
