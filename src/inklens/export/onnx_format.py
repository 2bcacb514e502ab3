"""ONNX: the format of model.onnx, which `inklens.classifier` opens."""

import warnings
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.classifier.classifier import Classifier
from inklens.classifier.metadata import METADATA_KEY, ModelMetadata
from inklens.errors import ExportError, ModelError
from inklens.export.deployable import deployable
from inklens.export.formats import Predict
from inklens.networks.ensemble import Ensemble

# The newest operator set that tf2onnx writes; onnxruntime reads it since 1.14.
OPSET = 18


def write(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """ "pixels" uint8 (N, H, W, C) in; "probabilities" float32 (N, classes), "id_score" float32 (N,) out.

    Standard operators only, weights inside, any N; the metadata is JSON under the key "inklens".
    """
    import onnx

    _convert(deployable(ensemble, metadata.temperature), path)
    model = onnx.load(path)
    _settle_sizes(model)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    model.graph.name = "inklens"
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def load(path: Path) -> Predict:
    """As its users open it, so that no file is kept that would be refused.

    Raises:
        ExportError: the file is refused, or its network fails.
    """
    try:
        classifier = Classifier.open(path)
    except ModelError as error:
        raise _of_no_use(error) from error

    def predict(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        try:
            predictions = classifier.predict_framed(pixels)
        except ModelError as error:
            raise _of_no_use(error) from error
        return predictions.probabilities, predictions.id_score

    return predict


def _convert(model: keras.Model, path: Path) -> None:
    with warnings.catch_warnings():
        # Keras asks NumPy for np.object before it patches tf2onnx (keras/src/export/tf2onnx_lib.py).
        warnings.filterwarnings("ignore", r"In the future `np\.object` will be defined", FutureWarning)
        model.export(str(path), format="onnx", opset_version=OPSET, verbose=False)


def _settle_sizes(model: Any) -> None:
    """Writes sizes that are computed as numbers, and leaves out what computed them.

    tf2onnx flattens a batch so, but `inklens.classifier.onnx_file` takes no file that computes sizes.
    """
    import onnx

    values = onnx.shape_inference.infer_shapes(model, data_prop=True).graph.value_info
    sizes = {
        value.name: [axis.dim_value or -1 for axis in value.type.tensor_type.shape.dim] for value in values
    }
    graph = model.graph
    given = {tensor.name for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] not in given:
            node.input[1] = f"{node.output[0]}_sizes"
            array = np.array(sizes[node.output[0]], np.int64)
            graph.initializer.append(onnx.numpy_helper.from_array(array, node.input[1]))
    used = {value.name for value in graph.output}
    for node in reversed([*graph.node]):
        if used.isdisjoint(node.output):
            graph.node.remove(node)
        else:
            used.update(node.input)
    for tensor in [*graph.initializer]:
        if tensor.name not in used:
            graph.initializer.remove(tensor)


def _of_no_use(error: ModelError) -> ExportError:
    return ExportError(f"the onnx file would be of no use: {error}; it was not kept")
