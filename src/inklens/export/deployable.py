"""The ensemble as it is deployed: TTA, vote and temperature inside; probabilities and id_score come out."""

import keras
from keras import ops

from inklens.export.folding import folded
from inklens.networks.ensemble import Ensemble, ensemble_model


def deployable(ensemble: Ensemble, temperature: float) -> keras.Model:
    """From uint8 pixels to calibrated probabilities and the in-distribution score.

    Args:
        ensemble: its networks stay as they are; copies are deployed, see `inklens.export.folding`.
        temperature: what the logits are divided by, above 0.

    Returns:
        A model of "pixels", uint8 (N, H, W, C), 0-255, that gives {"probabilities": float32 (N, classes),
        "id_score": float32 (N,)}; for both see `inklens.networks.ensemble`.
    """
    model = ensemble_model(ensemble.members, folded)
    cooled = keras.layers.Rescaling(1 / temperature, name="cooled")(model.output["logits"])
    probabilities = keras.layers.Softmax(name="probabilities")(cooled)
    outputs = {"probabilities": probabilities, "id_score": model.output["id_score"]}
    deployed = keras.Model(model.input, outputs, name="deployable")
    deployed(ops.zeros((1, *model.input_shape[1:]), "uint8"))  # Keras exports no model that was never called
    return deployed
