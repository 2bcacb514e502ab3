"""How much a graph computes, from its shapes alone, before any of it runs.

A file of 1 kB can ask for hours: a few convolutions with one large kernel each, or an image laid out a
thousand times as large. onnxruntime has no limit of time, and stops on request only between two nodes.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from inklens.classifier.metadata import quoted
from inklens.classifier.onnx_shapes import INT32, INT64, MAX_AXES, MAX_NUMBERS, MAX_VALUE, OPERATORS, Tensor
from inklens.classifier.wire import varints
from inklens.errors import ModelError

# For one batch. Five networks of convnet-deep with five views of 1024x1024 pixels need about half of it,
# convnet-small for a batch of 64 digits a ten-thousandth part.
MAX_WORK = 2 * 10**12
# What reading or writing one number counts, in multiply-adds.
NUMBER_WORK = 10

# AttributeProto.type: the field that holds the value. Floats decide no shape.
_VALUE_FIELDS = {2: "i", 3: "s", 4: "t", 7: "ints"}
_DO_NOT_FIT = (ArithmeticError, LookupError, TypeError, ValueError)


class _Node(NamedTuple):
    operator: str
    inputs: tuple[str, ...]
    output: str
    attributes: dict[str, Any]


class Work:
    """The nodes and shapes of one graph, without its weights.

    Args:
        graph: as `inklens.classifier.wire.parse` gives it, each tensor and operator checked already.
        name: of its input.
        image: (H, W, C), the input's shape for one image.

    Raises:
        ModelError: a node with several outputs or an attribute twice, or two tensors of the same name.
    """

    def __init__(self, graph: dict[str, Any], name: str, image: tuple[int, int, int]) -> None:
        names = [tensor.get("name", "") for tensor in graph["initializer"]]
        if len(set(names)) < len(names):
            raise ModelError("it has two tensors of the same name; export it again")
        self._constants = {tensor.get("name", ""): _tensor(tensor) for tensor in graph["initializer"]}
        self._nodes = [_node(node) for node in graph["node"]]
        self._input, self._image = name, image
        self._checked: set[int] = set()

    def check(self, images: int) -> None:
        """Refuses a batch that would take too long; one that was checked before costs nothing.

        Raises:
            ModelError: more than `MAX_WORK`, or shapes that cannot be told beforehand.
        """
        if images in self._checked:
            return
        work = self.count(images)
        if work > MAX_WORK:
            raise ModelError(
                f"it would take {work:.1e} multiply-adds for {images} image{'s' if images > 1 else ''}; "
                f"expected at most {MAX_WORK:.0e}: make the network or its images smaller"
            )
        self._checked.add(images)

    def count(self, images: int) -> int:
        """The multiply-adds of a batch, every number that is read or written counted as ten.

        Raises:
            ModelError: shapes that cannot be told beforehand.
        """
        known = self.shapes(images)
        work = 0
        for node in self._nodes:
            inputs = [known[name] if name else None for name in node.inputs]
            output = known[node.output]
            work += OPERATORS[node.operator].multiply_adds(inputs, output, node.attributes)
            work += NUMBER_WORK * (output.size + sum(tensor.size for tensor in inputs if tensor is not None))
        return work

    def shapes(self, images: int) -> dict[str, Tensor]:
        """The shape of every value in the graph, by name, for a batch.

        Raises:
            ModelError: shapes that cannot be told beforehand.
        """
        known = {**self._constants, self._input: Tensor((images, *self._image))}
        for node in self._nodes:
            if node.output in known or not {*node.inputs} - {""} <= known.keys():
                raise ModelError(f"its node {quoted(node.operator)} is not in order; export it again")
            inputs = [known[name] if name else None for name in node.inputs]
            try:
                known[node.output] = OPERATORS[node.operator].shape(inputs, node.attributes)
                _check_shape(known[node.output])
            except _DO_NOT_FIT as error:
                raise ModelError(f"its node {quoted(node.operator)} does not fit its inputs") from error
        return known


def _check_shape(tensor: Tensor) -> None:
    if len(tensor.shape) > MAX_AXES or min(tensor.shape, default=0) < 0 or tensor.size > MAX_NUMBERS:
        raise ValueError("shape")


def _node(node: dict[str, Any]) -> _Node:
    operator = node["op_type"]
    outputs = [name for name in node["output"] if name]
    names = [attribute.get("name", "") for attribute in node["attribute"]]
    if len(outputs) != 1 or len(set(names)) < len(names):
        raise ModelError(f"its node {quoted(operator)} has several outputs, or an attribute twice")
    values = (_attribute(attribute) for attribute in node["attribute"])
    return _Node(operator, tuple(node["input"]), outputs[0], dict(zip(names, values, strict=True)))


def _attribute(attribute: dict[str, Any]) -> Any:
    value = attribute.get(_VALUE_FIELDS.get(attribute.get("type", 0), ""))
    if isinstance(value, dict):
        return _tensor(value)
    return bytes(value) if isinstance(value, memoryview) else value


def _tensor(tensor: dict[str, Any]) -> Tensor:
    """A tensor of weights by its shape alone; a short one of whole numbers by its numbers too."""
    shape, kind = tuple(tensor["dims"]), tensor.get("data_type", 0)
    given = Tensor(shape)
    if kind not in (INT32, INT64) or given.size > MAX_VALUE:
        return given
    if "raw_data" in tensor:
        value = np.frombuffer(tensor["raw_data"], "<i4" if kind == INT32 else "<i8").astype(np.int64)
    else:
        packed = tensor.get("int32_data" if kind == INT32 else "int64_data", memoryview(b""))
        value = np.array(varints(packed), np.int64)
    return Tensor(shape, value.reshape(shape))
