"""ONNX: the format of model.onnx, which `inklens.classifier` opens."""

from __future__ import annotations

import warnings
from pathlib import Path

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


def _of_no_use(error: ModelError) -> ExportError:
    return ExportError(f"the onnx file would be of no use: {error}; it was not kept")
