"""Class activation: which parts of an image speak for a class (Grad-CAM, Selvaraju et al. 2017)."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.errors import OptionError
from inklens.explanation.layer_outputs import outputs
from inklens.explanation.occlusion import check_label
from inklens.explanation.receptive_fields import activation_layer, map_layers


def class_activation(network: keras.Model, image: NDArray[np.uint8], label: int) -> NDArray[np.float32]:
    """Grad-CAM from the last layer that still has a map.

    Each channel counts as much as the label's logit rises with it, averaged over the map; their sum, where it
    is positive, is laid over the image, each point over the middle of what it sees.

    Args:
        network: as `inklens.networks.build` makes it.
        image: uint8 (H, W, C), 0-255, of the network's size.
        label: the class to explain, 0 to classes - 1.

    Returns:
        float32 (H, W), 0-1; the highest value is 1. All 0 where nothing speaks for the label.

    Raises:
        DataError: an image of another type or shape.
        OptionError: no such label, or Keras runs on another backend than TensorFlow in this process
            (`explain_run` finds a process for it).
    """
    _require_tensorflow()
    import tensorflow as tf

    check_label(label, network.output_shape[-1])
    chosen = activation_layer(map_layers(network))
    values: dict[str, Any] = {}
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        for layer, value in outputs(network, image):
            values[layer.name] = value
            if layer.name == chosen.name:
                tape.watch(value)
        logit = values["logits"][0, label]  # not the probability, which hides the slope of a sure answer
    maps = values[chosen.name]
    slopes = np.asarray(tape.gradient(logit, maps))[0]  # (h, w, channels)
    weights = slopes.mean(axis=(0, 1), dtype=np.float64)
    spoken_for = np.maximum(np.asarray(maps)[0] @ weights, 0)  # (h, w)
    over = chosen.over_image(spoken_for, *image.shape[:2])
    highest = over.max()
    return over / highest if highest > 0 else over


def _require_tensorflow() -> None:
    running = keras.config.backend()
    if running != "tensorflow":
        raise OptionError(
            f"class activation needs Keras on TensorFlow, but this process runs it on {running!r}: "
            "use explain_run, or start with KERAS_BACKEND=tensorflow"
        )
