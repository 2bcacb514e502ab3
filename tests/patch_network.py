"""A network of ours whose weights are set by hand, so that its answer hangs on one patch of the image.

Its first filter finds upright strokes, and nothing else gets through: class 1 is said where there is one.
"""

import keras
import numpy as np

from inklens.networks import build

SHAPE = (28, 28, 1)
STROKE = np.s_[9:15, 16:18]  # rows and columns of the upright stroke


def stroke_network(name: str, *, data_format: str = "channels_last", gain: float = 0.3) -> keras.Model:
    network = build(name, SHAPE, 3, data_format=data_format)
    convolutions = 0
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel = np.zeros(layer.kernel.shape, np.float32)
            middle = kernel.shape[0] // 2
            if convolutions == 0:  # brighter than what is left and right of it; level strokes give 0
                kernel[:, middle, 0, 5] = 2
                kernel[:, [middle - 1, middle + 1], 0, 5] = -1
            else:
                kernel[middle, middle, 5, 5] = 1
            layer.set_weights([kernel, np.zeros(kernel.shape[-1], np.float32)][: len(layer.get_weights())])
            convolutions += 1
    dense = [layer for layer in network.layers if isinstance(layer, keras.layers.Dense)]
    if len(dense) == 2:
        _sum_of_channel(dense[0], _channels(network), unit=0)
        _connect(dense[1], 0, gain)
    elif any(isinstance(layer, keras.layers.Flatten) for layer in network.layers):
        kernel = np.zeros(dense[0].kernel.shape, np.float32)
        kernel[5 :: _channels(network), 1] = gain
        dense[0].set_weights([kernel, np.zeros(3, np.float32)])
    else:
        _connect(dense[0], 5, gain)
    return network


def clutter_with_stroke() -> np.ndarray:
    """uint8 (28, 28, 1): an upright stroke among level ones, which reach from side to side."""
    image = np.zeros(SHAPE, np.uint8)
    image[[4, 20, 24]] = 200
    image[STROKE] = 255
    return image


def _channels(network: keras.Model) -> int:
    last = [layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D)][-1]
    return int(last.filters)


def _sum_of_channel(layer: keras.layers.Dense, channels: int, unit: int) -> None:
    kernel = np.zeros(layer.kernel.shape, np.float32)
    kernel[5::channels, unit] = 1
    layer.set_weights([kernel, np.zeros(kernel.shape[1], np.float32)])


def _connect(layer: keras.layers.Dense, unit: int, gain: float) -> None:
    kernel = np.zeros(layer.kernel.shape, np.float32)
    kernel[unit, 1] = gain
    layer.set_weights([kernel, np.zeros(kernel.shape[1], np.float32)])
