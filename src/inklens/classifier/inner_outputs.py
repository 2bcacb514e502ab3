"""What the layers of a deployed network make of an image: its own file with their outputs exposed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.metadata import ModelMetadata
from inklens.classifier.onnx_file import OUTPUTS, check, messages, read
from inklens.classifier.onnx_session import OnnxSession
from inklens.errors import DataError, ModelError

_FLOAT32 = 1  # TensorProto.DataType
# Operators whose output is a layer's; the rest only moves numbers.
_OF_LAYERS = {
    "Add", "Conv", "Gemm", "LeakyRelu", "MatMul", "MaxPool", "ReduceMax", "ReduceMean", "Relu",
}  # fmt: skip
_KEEP_LAYOUT = {"Add", "LeakyRelu", "Mul", "Pad", "Relu", "Sub"}


@dataclass(frozen=True, eq=False)
class InnerOutput:
    """What one layer makes of an image.

    Args:
        name: the layer's in Keras; where the file holds several networks, after that of its network and "/".
        operator: the ONNX operator that made it, such as "Conv" or "Relu".
        values: float32, feature maps (h, w, channels) or the numbers (units,) of a dense layer.
    """

    name: str
    operator: str
    values: NDArray[np.float32]


class InnerOutputs:
    """A model file whose layers can be looked at. Threads may share one.

    Example:
        >>> inner = InnerOutputs.open("runs/mnist-fast-1/model.onnx")
        >>> [(layer.name, layer.values.shape) for layer in inner.of(image)]
        [('conv2d', (28, 28, 24)), ('re_lu', (28, 28, 24)), ..., ('logits', (10,))]
    """

    def __init__(self, session: OnnxSession, metadata: ModelMetadata, layers: Sequence[_Layer]) -> None:
        self._session = session
        self._layers = layers
        self.metadata = metadata

    @classmethod
    def open(cls, path: str | Path) -> InnerOutputs:
        """Opens a model.onnx that Inklens wrote; it is checked as `Classifier.open` does.

        Raises:
            ModelError: no such file, damaged, not one of ours, or refused because it is not safe.
        """
        file = Path(path)
        try:
            content = read(file)
        except ModelError as error:
            raise ModelError(f"{file} cannot be used: {error}") from error
        return cls.from_bytes(content, file)

    @classmethod
    def from_bytes(cls, content: bytes, source: Path) -> InnerOutputs:
        """Opens the content of a model.onnx; `source` is where it is from, for errors.

        Raises:
            ModelError: as `open` does.
        """
        try:
            metadata, content = check(content)
            model = messages().ModelProto.FromString(content)
            layers = list(_layers(model.graph))
            for layer in layers:
                model.graph.output.add(name=layer.tensor).type.tensor_type.elem_type = _FLOAT32
            outputs = (*OUTPUTS, *(layer.tensor for layer in layers))
            return cls(OnnxSession(model.SerializeToString(), outputs), metadata, layers)
        except ModelError as error:
            raise ModelError(f"{source} cannot be used: {error}") from error

    def of(self, image: NDArray[np.uint8]) -> list[InnerOutput]:
        """The output of each layer, in the order in which the network computes them.

        With test-time augmentation, what is made of the image as it is.

        Args:
            image: uint8 (H, W, C), 0-255, framed to the network's size.

        Raises:
            DataError: another type or shape.
        """
        expected = self.metadata.pixels.shape
        if image.dtype != np.uint8 or image.shape != expected:
            raise DataError(
                f"an image of {image.dtype} {image.shape}; expected uint8 {expected}: "
                "frame it first, inklens.pixels.frame(image, spec)"
            )
        values = self._session.run(image[None])[len(OUTPUTS) :]
        return [
            InnerOutput(layer.name, layer.operator, _of_first(value, channels_first=layer.channels_first))
            for layer, value in zip(self._layers, values, strict=True)
        ]


@dataclass(frozen=True)
class _Layer:
    """A layer's place in the graph."""

    name: str
    operator: str
    tensor: str
    channels_first: bool


def _layers(graph: Any) -> Iterator[_Layer]:
    """The last node of each layer; the converter names nodes "deployable/network/layer/operation"."""
    channels_first: dict[str, bool] = {}
    found: dict[tuple[str, ...], _Layer] = {}
    for node in graph.node:
        channels_first[node.output[0]] = _is_channels_first(node, channels_first)
        path = tuple(part.removesuffix("_1") for part in node.name.split("/")[1:-1])
        if len(path) >= 2 and node.op_type in _OF_LAYERS:
            tensor = node.output[0]
            found[path] = _Layer(path[-1], node.op_type, tensor, channels_first[tensor])
    networks = {path[:-1] for path in found}
    for path, layer in found.items():
        name = layer.name if len(networks) == 1 else "/".join(path)
        yield _Layer(name, layer.operator, layer.tensor, layer.channels_first)


def _is_channels_first(node: Any, known: dict[str, bool]) -> bool:
    """Whether a node's images are (N, C, H, W), as ONNX's convolutions have them."""
    if node.op_type in ("Conv", "MaxPool"):
        return True
    if node.op_type in _KEEP_LAYOUT:
        return any(known.get(name, False) for name in node.input)
    return False


def _of_first(value: NDArray[np.float32], *, channels_first: bool) -> NDArray[np.float32]:
    first = np.asarray(value[0], np.float32)
    return np.moveaxis(first, 0, -1) if first.ndim == 3 and channels_first else first
