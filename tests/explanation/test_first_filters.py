import keras
import numpy as np
import pytest

from inklens.explanation import first_layer_filters
from inklens.networks import build


def test_the_filters_are_the_first_convolutions_kernel():
    network = build("conv3x3-double", (28, 28, 3), 10)
    filters = first_layer_filters(network)
    assert filters.shape == (3, 3, 3, 32)
    assert np.array_equal(filters, network.get_weights()[0])


def test_a_network_without_a_convolution_is_refused():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="has no Conv2D layer"):
        first_layer_filters(network)
