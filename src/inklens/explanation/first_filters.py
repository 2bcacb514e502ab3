"""The filters that a network's first convolution has learnt."""

import keras
import numpy as np
from numpy.typing import NDArray


def first_layer_filters(network: keras.Model) -> NDArray[np.float32]:
    """The kernel of the first Conv2D: float32 (height, width, input channels, filters).

    Raises:
        ValueError: the network has no convolution.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            return np.asarray(keras.ops.convert_to_numpy(layer.kernel), np.float32)
    raise ValueError(f"the network {network.name!r} has no Conv2D layer")
