"""The network as it is deployed: temperature inside; probabilities and score come out."""

from __future__ import annotations

import keras

from inklens.export.folding import folded


def deployable(network: keras.Sequential, temperature: float) -> keras.Model:
    """From uint8 pixels to `probabilities` and `score`.

    Args:
        network: as `inklens.networks.build` makes it; it stays as it is, see `inklens.export.folding`.
        temperature: what the logits are divided by, above 0.

    Returns:
        A model of "pixels", uint8 (N, H, W, C), that gives {"probabilities": float32 (N, classes), "score":
        float32 (N,)}; the score is `inklens.evaluation.unknown_score` of the logits.
    """
    pixels = keras.Input(batch_shape=network.input_shape, dtype="uint8", name="pixels")
    logits = folded(network)(keras.ops.cast(pixels, "float32"))
    cooled = keras.layers.Rescaling(1 / temperature, name="cooled")(logits)
    outputs = {
        "probabilities": keras.layers.Softmax(name="probabilities")(cooled),
        "score": keras.ops.max(logits, axis=-1) - keras.ops.mean(logits, axis=-1),
    }
    return _called(keras.Model(pixels, outputs, name="deployable"))


def calibrated(network: keras.Sequential, temperature: float) -> keras.Sequential:
    """The same layers, the temperature in the weights that make the logits, so that any Keras loads it."""
    copy = keras.models.clone_model(network)
    *weights, kernel, bias = network.get_weights()
    copy.set_weights([*weights, kernel / temperature, bias / temperature])
    return copy


def _called(model: keras.Model) -> keras.Model:
    """Keras exports no model that was never called."""
    model(keras.ops.zeros((1, *model.input_shape[1:]), "uint8"))
    return model
