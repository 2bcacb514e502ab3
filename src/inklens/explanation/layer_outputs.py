"""What layers show: the filters of the first one, and what each makes of one image."""

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError
from inklens.explanation.receptive_fields import map_layers
from inklens.networks.graph import run, steps


def first_layer_filters(network: keras.Model) -> NDArray[np.float32]:
    """The kernel of the first Conv2D: float32 (height, width, input channels, filters).

    Raises:
        ValueError: the network has no convolution.
    """
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            return np.asarray(keras.ops.convert_to_numpy(layer.kernel), np.float32)
    raise ValueError(f"the network {network.name!r} has no Conv2D layer")


def feature_maps(network: keras.Model, image: NDArray[np.uint8]) -> dict[str, NDArray[np.float32]]:
    """The maps of every convolution, pooling, activation and sum by the layer's name, in the network's order.

    Works on every backend.

    Args:
        network: as `inklens.networks.build` makes it.
        image: uint8 (H, W, C), 0-255, of the network's size.

    Returns:
        Layer name -> float32 (h, w, channels).

    Raises:
        DataError: another type or shape.

    Example:
        >>> {name: maps.shape for name, maps in feature_maps(run.network, image).items()}
        {'conv2d': (24, 24, 32), 'max_pooling2d': (12, 12, 32), 're_lu': (12, 12, 32)}
    """
    wanted = {layer.name for layer in map_layers(network)}
    return {
        layer.name: np.asarray(keras.ops.convert_to_numpy(value[0]), np.float32)
        for layer, value in outputs(network, image)
        if layer.name in wanted
    }


def outputs(network: keras.Model, image: NDArray[np.uint8]) -> Iterator[tuple[keras.Layer, Any]]:
    """Each layer and what it gives for an image, as the backend's tensor, (1, ...).

    Raises:
        DataError: the image does not fit the network.
    """
    expected = tuple(network.input_shape[1:])
    if image.dtype != np.uint8 or image.shape != expected:
        raise DataError(
            f"an image of {image.dtype} {image.shape}; expected uint8 {expected}, as the network was "
            "trained: frame it first, inklens.pixels.frame(image, spec)"
        )
    pixels = keras.ops.convert_to_tensor(image[None])
    for step, value in run(steps(network), pixels):
        yield step.layer, value
