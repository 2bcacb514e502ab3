"""A network of ours whose weights are set by hand, so that its answer hangs on one patch of the image.

Its first filter finds upright strokes, and nothing else gets through: class 1 is said where there is one.
"""

import keras
import numpy as np

from inklens.networks import build

SHAPE = (28, 28, 1)
STROKE = np.s_[9:15, 16:18]  # rows and columns of the upright stroke
GAIN = 0.3


def stroke_network(name: str) -> keras.Model:
    network = build(name, SHAPE, 3)
    first, *others = (layer for layer in network.layers if isinstance(layer, keras.layers.Conv2D))
    kernel = np.zeros(first.kernel.shape, np.float32)
    middle = kernel.shape[0] // 2
    # Brighter than what is left of it and, of a wide kernel, right of it; level strokes give 0.
    beside = [middle - 1, middle + 1][: kernel.shape[1] - 1]
    kernel[:, middle, 0, 5] = len(beside)
    kernel[:, beside, 0, 5] = -1
    _set(first, kernel)
    for layer in others:
        kernel = np.zeros(layer.kernel.shape, np.float32)
        kernel[kernel.shape[0] // 2, kernel.shape[1] // 2, 5, 5] = 1
        _set(layer, kernel)
    *hidden, logits = (layer for layer in network.layers if isinstance(layer, keras.layers.Dense))
    of_filter = np.s_[
        5 :: [first, *others][-1].filters
    ]  # what was flattened has the channels as its last axis
    for layer in hidden:
        kernel = np.zeros(layer.kernel.shape, np.float32)
        kernel[of_filter, 0] = 1
        _set(layer, kernel)
    kernel = np.zeros(logits.kernel.shape, np.float32)
    kernel[0 if hidden else of_filter, 1] = GAIN
    _set(logits, kernel)
    return network


def clutter_with_stroke() -> np.ndarray:
    """uint8 (28, 28, 1): an upright stroke among level ones, which reach from side to side."""
    image = np.zeros(SHAPE, np.uint8)
    image[[4, 20, 24]] = 200
    image[STROKE] = 255
    return image


def _set(layer: keras.Layer, kernel: np.ndarray) -> None:
    layer.set_weights([kernel, np.zeros(kernel.shape[-1], np.float32)][: len(layer.get_weights())])
