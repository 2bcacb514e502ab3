import keras
import numpy as np
import pytest
from scipy.signal import correlate

from inklens.errors import DataError
from inklens.explanation import feature_maps, first_layer_filters, map_layers
from inklens.networks import NETWORKS, build


def test_the_filters_are_the_first_convolutions_kernel():
    network = build("conv3x3-double", (28, 28, 3), 10)
    filters = first_layer_filters(network)
    assert filters.shape == (3, 3, 3, 32)
    assert np.array_equal(filters, network.get_weights()[0])


def test_a_network_without_a_convolution_is_refused():
    network = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    with pytest.raises(ValueError, match="has no Conv2D layer"):
        first_layer_filters(network)


def test_the_first_maps_are_the_convolution_that_scipy_computes():
    network = build("conv5x5", (20, 24, 3), 10, seed=3)
    kernel, bias = network.get_weights()[:2]
    image = np.random.default_rng(0).integers(0, 256, (20, 24, 3), np.uint8)
    convolved = np.stack(
        [correlate(image / 255, kernel[..., one], mode="valid")[..., 0] for one in range(32)], axis=-1
    )
    maps = list(feature_maps(network, image).values())
    assert maps[0] == pytest.approx(convolved + bias, abs=1e-5)
    pooled = (convolved + bias).reshape(8, 2, 10, 2, 32).max(axis=(1, 3))
    assert maps[1] == pytest.approx(pooled, abs=1e-5)
    assert maps[2] == pytest.approx(np.maximum(pooled, 0), abs=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (32, 20, 3)])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_every_network_gives_the_maps_of_its_layers_in_their_order(name, shape, activation):
    network = build(name, shape, 4, activation=activation)
    maps = feature_maps(network, np.full(shape, 90, np.uint8))
    order = [layer.name for layer in network.layers]
    assert [(each.name, each.shape) for each in map_layers(network)] == [
        (name, one.shape) for name, one in maps.items()
    ]
    assert sorted(maps, key=order.index) == list(maps)
    assert {one.dtype for one in maps.values()} == {np.dtype(np.float32)}


@pytest.mark.parametrize("image", [np.zeros((27, 28, 1), np.uint8), np.zeros((28, 28, 1), np.float32)])
def test_an_image_that_does_not_fit_is_refused(image):
    with pytest.raises(DataError, match=r"expected uint8 \(28, 28, 1\), as the network was trained"):
        feature_maps(build("conv5x5", (28, 28, 1), 10), image)
