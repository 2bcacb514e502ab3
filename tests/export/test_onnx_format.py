"""What the loader of networks allows, the opener of model files allows too."""

import numpy as np
import pytest

from inklens.classifier import Classifier, ModelMetadata
from inklens.networks.backends import select_backend
from inklens.pixels import PixelSpec

select_backend("tensorflow")

import keras  # noqa: E402
from keras import layers  # noqa: E402

from inklens.export.run_export import write_proved  # noqa: E402
from inklens.networks.ensemble import Ensemble  # noqa: E402
from inklens.networks.layer_kinds import LAYERS  # noqa: E402

SHAPE = (12, 10, 3)


def network_of_all_kinds() -> keras.Model:
    """Each layer of `LAYERS`, with factors below zero behind a pool, where they are not folded."""
    pixels = keras.Input(SHAPE, dtype="uint8", name="pixels")
    x = layers.Conv2D(6, 3)(layers.Rescaling(1 / 255)(pixels))
    kept = layers.BatchNormalization()
    x = layers.LeakyReLU()(kept(layers.MaxPooling2D()(x)))
    x = layers.Add()([layers.ReLU()(x), layers.Conv2D(6, 3, padding="same")(x)])
    mean, largest = layers.GlobalAveragePooling2D()(x), layers.GlobalMaxPooling2D()(x)
    dense = layers.Dense(6)(layers.Dropout(0.5)(layers.Flatten()(x)))
    logits = layers.Dense(4, name="logits")(layers.Add()([mean, largest, dense]))
    kept.gamma.assign([-1.0, 1.0] * 3)
    return keras.Model(pixels, layers.Softmax(name="probabilities")(logits))


def test_a_network_of_all_kinds_of_layers_is_exported_and_opened(tmp_path):
    network = network_of_all_kinds()
    assert {type(layer) for layer in network.layers} == set(LAYERS)
    metadata = ModelMetadata(tuple("abcd"), "things", PixelSpec(*SHAPE), "0.1.0")
    images = np.random.default_rng(0).integers(0, 256, (72, *SHAPE), np.uint8)
    write_proved(Ensemble.of(network), metadata, images, "onnx", tmp_path / "model.onnx")
    said = Classifier.open(tmp_path / "model.onnx").predict_framed(images)
    assert said.probabilities == pytest.approx(network.predict_on_batch(images), abs=1e-5)
