"""Writes a network in each format. Needs Keras on TensorFlow: there Keras exports them all."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

from inklens.classifier.metadata import METADATA_KEY, ModelMetadata
from inklens.errors import OptionError
from inklens.export.deployable import calibrated, deployable
from inklens.networks.ensemble import Ensemble

# The newest operator set that tf2onnx writes; onnxruntime reads it since 1.14.
OPSET = 18


def write_onnx(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """ONNX: "pixels" uint8 (N, H, W, C) in; "probabilities" float32 (N, classes), "score" float32 (N,) out.

    Standard operators only, weights inside, any N; the metadata is JSON under the key "inklens".
    """
    import onnx

    with warnings.catch_warnings():
        # Keras asks NumPy for np.object before it patches tf2onnx (keras/src/export/tf2onnx_lib.py).
        warnings.filterwarnings("ignore", r"In the future `np\.object` will be defined", FutureWarning)
        deployable(ensemble, metadata.temperature).export(
            str(path), format="onnx", opset_version=OPSET, verbose=False
        )
    model = onnx.load(path)
    del model.opset_import[:]
    model.opset_import.append(onnx.helper.make_opsetid("", OPSET))
    model.graph.name = "inklens"
    for value in (*model.graph.input, *model.graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "N"
    onnx.helper.set_model_props(model, {METADATA_KEY: metadata.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, path)


def write_tflite(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """LiteRT (TensorFlow Lite), with one signature of the names that the ONNX file has."""
    deployable(ensemble, metadata.temperature).export(str(path), format="litert", verbose=False)


def write_saved_model(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """TensorFlow's SavedModel, a folder, whose `serve` has the names that the ONNX file has."""
    deployable(ensemble, metadata.temperature).export(str(path), format="tf_saved_model", verbose=False)


def write_keras(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """A .keras file of Keras's own layers: uint8 pixels in, calibrated probabilities out.

    Raises:
        OptionError: there are several networks or views, which such a file does not hold.
    """
    network = ensemble.network
    if network is None or not ensemble.plain:
        raise OptionError(
            "format keras holds one network that looks at the image alone, but this run answers by a vote of "
            "several networks or views: give --format onnx, tflite or saved_model, or take one network "
            "from its model.keras"
        )
    calibrated(network, metadata.temperature).save(path)


WRITERS: dict[str, Callable[[Ensemble, ModelMetadata, Path], None]] = {
    "onnx": write_onnx,
    "tflite": write_tflite,
    "saved_model": write_saved_model,
    "keras": write_keras,
}
