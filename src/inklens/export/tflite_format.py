"""LiteRT (TensorFlow Lite)."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.metadata import ModelMetadata
from inklens.export.deployable import deployable
from inklens.export.formats import Predict
from inklens.networks.ensemble import Ensemble


def write(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """One signature, of the names that the ONNX file has."""
    deployable(ensemble, metadata.temperature).export(str(path), format="litert", verbose=False)


def load(path: Path) -> Predict:
    """By the interpreter of LiteRT."""
    from ai_edge_litert.interpreter import Interpreter

    interpreter = Interpreter(model_path=str(path))
    signature = interpreter.get_signature_runner()

    def predict(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        outputs = signature(pixels=pixels)
        return outputs["probabilities"], outputs["id_score"]

    return predict
