"""TensorFlow's SavedModel, a folder."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from inklens.classifier.metadata import ModelMetadata
from inklens.export.deployable import deployable
from inklens.export.formats import Predict
from inklens.networks.ensemble import Ensemble


def write(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """Its `serve` has the names that the ONNX file has."""
    deployable(ensemble, metadata.temperature).export(str(path), format="tf_saved_model", verbose=False)


def load(path: Path) -> Predict:
    """By TensorFlow alone, without Keras."""
    import tensorflow

    model = tensorflow.saved_model.load(str(path))

    def predict(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        outputs = model.serve(pixels)
        return outputs["probabilities"].numpy(), outputs["id_score"].numpy()

    return predict
