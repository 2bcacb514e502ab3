"""A .keras file of Keras's own layers, which give no in-distribution score; any Keras loads it."""

from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.classifier.metadata import ModelMetadata
from inklens.errors import OptionError
from inklens.export.formats import Predict
from inklens.networks.ensemble import Ensemble
from inklens.networks.keras_file import load_network


def write(ensemble: Ensemble, metadata: ModelMetadata, path: Path) -> None:
    """uint8 pixels in, calibrated probabilities out.

    Raises:
        OptionError: the ensemble has several networks or TTA, which such a file does not hold.
    """
    network = ensemble.network
    if network is None or not ensemble.plain:
        raise OptionError(
            "format keras holds one network without test-time augmentation, but this run predicts by a vote: "
            "give --format onnx, tflite or saved_model, or take one network from its model.keras"
        )
    calibrated(network, metadata.temperature).save(path)


def load(path: Path) -> Predict:
    """By Keras."""
    network = load_network(path)

    def predict(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.float32], None]:
        return np.asarray(network.predict_on_batch(pixels)), None

    return predict


def calibrated(network: keras.Model, temperature: float) -> keras.Model:
    """A copy, the temperature in the weights that make the logits."""
    copy = keras.models.clone_model(network)
    *weights, kernel, bias = network.get_weights()
    copy.set_weights([*weights, kernel / temperature, bias / temperature])
    return copy
