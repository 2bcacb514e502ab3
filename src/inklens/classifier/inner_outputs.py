"""What the layers of a deployed network make of an image: its own file with their outputs exposed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.layer_graph import LayerGraph
from inklens.classifier.metadata import ModelMetadata
from inklens.classifier.onnx_file import OUTPUTS, check, messages, read
from inklens.classifier.onnx_session import OnnxSession
from inklens.classifier.unit_arithmetic import UnitArithmetic, unit_arithmetic
from inklens.errors import DataError, ModelError
from inklens.explanation.receptive_fields import ReceptiveField

_FLOAT32 = 1  # TensorProto.DataType


@dataclass(frozen=True, eq=False)
class InnerOutput:
    """What one layer makes of an image.

    Args:
        name: the layer's in Keras; where the file holds several networks, after that of its network and "/".
        operator: the ONNX operator that made it, such as "Conv" or "Relu".
        values: float32, feature maps (h, w, channels) or the numbers (units,) of a dense layer.
        kind: what the layer does; see `GraphLayer`.
        kernel: (height, width) of its window, (1, 1) where it has none.
        rows: what its points see from top to bottom; None where each sees the whole image.
        columns: the same from left to right.
    """

    name: str
    operator: str
    values: NDArray[np.float32]
    kind: str
    kernel: tuple[int, int]
    rows: ReceptiveField | None
    columns: ReceptiveField | None


class InnerOutputs:
    """A model file whose layers can be looked at. Threads may share one.

    Example:
        >>> inner = InnerOutputs.open("runs/mnist-fast-1/model.onnx")
        >>> [(layer.name, layer.values.shape) for layer in inner.of(image)]
        [('conv2d', (28, 28, 24)), ('re_lu', (28, 28, 24)), ..., ('logits', (10,))]
    """

    def __init__(self, session: OnnxSession, metadata: ModelMetadata, graph: LayerGraph) -> None:
        self._session = session
        self._graph = graph
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
            graph = LayerGraph(model.graph)
            for name in graph.tensors:
                model.graph.output.add(name=name).type.tensor_type.elem_type = _FLOAT32
            session = OnnxSession(model.SerializeToString(), (*OUTPUTS, *graph.tensors))
            return cls(session, metadata, graph)
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
        values = self._run(image)
        return [
            InnerOutput(
                layer.name,
                layer.operator,
                _of_first(values[layer.tensor], channels_first=layer.channels_first),
                layer.kind,
                layer.kernel,
                *layer.fields,
            )
            for layer in self._graph.layers
        ]

    def unit(
        self, image: NDArray[np.uint8], layer: str, place: tuple[int, int], channel: int
    ) -> UnitArithmetic:
        """How one number of a layer comes about: what the layer reads for it, and what it does with that.

        Args:
            image: as `of` takes it.
            layer: its name, as `of` gives it.
            place: row and column in the map; (0, 0) in a layer without maps.
            channel: the map, or the unit of a dense layer.

        Raises:
            DataError: as `of` does.
            OptionError: no such layer, place or channel.
        """
        values = self._run(image)
        return unit_arithmetic(self._graph, values, layer, place, channel)

    def first_filters(self) -> NDArray[np.float32] | None:
        """The kernel of the first convolution, float32 (filters, channels, height, width), or None."""
        return self._graph.first_filters()

    def _run(self, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
        expected = self.metadata.pixels.shape
        if image.dtype != np.uint8 or image.shape != expected:
            raise DataError(
                f"an image of {image.dtype} {image.shape}; expected uint8 {expected}: "
                "frame it first, inklens.pixels.frame(image, spec)"
            )
        values = self._session.run(image[None])[len(OUTPUTS) :]
        return dict(zip(self._graph.tensors, values, strict=True))


def _of_first(value: NDArray[np.float32], *, channels_first: bool) -> NDArray[np.float32]:
    first = np.asarray(value[0], np.float32)
    return np.moveaxis(first, 0, -1) if first.ndim == 3 and channels_first else first
