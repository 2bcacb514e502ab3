import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.explanation import activation_layer, class_activation, map_layers
from inklens.networks import NETWORKS, build
from patch_network import STROKE, clutter_with_stroke, stroke_network


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_highest_where_the_answer_hangs_on(name):
    network = stroke_network(name)
    image = clutter_with_stroke()
    over = class_activation(network, image, 1)
    assert (over.shape, over.dtype) == ((28, 28), np.float32)
    assert (over.min(), over.max()) == (pytest.approx(0, abs=1e-6), 1)
    # A map of 3x3 points knows the place to one point, which is several pixels.
    step = activation_layer(map_layers(network)).rows.jump
    row, column = np.unravel_index(over.argmax(), over.shape)
    assert STROKE[0].start - step <= row < STROKE[0].stop + step
    assert STROKE[1].start - step <= column < STROKE[1].stop + step
    assert over[STROKE].mean() > 3 * over.mean()


def test_nothing_speaks_for_a_class_that_the_answer_does_not_hang_on():
    assert not class_activation(stroke_network("conv3x3-double"), clutter_with_stroke(), 2).any()


def test_it_is_the_sum_of_the_maps_weighted_by_their_mean_slopes():
    """Against slopes by differences, channel by channel, as the paper defines them."""
    network = build("conv5x5", (12, 12, 1), 3, seed=2)
    image = np.random.default_rng(5).integers(0, 256, (12, 12, 1), np.uint8)
    kernel, bias, hidden, hidden_bias, out, out_bias = (
        each.astype(np.float64) for each in network.get_weights()
    )
    layer = activation_layer(map_layers(network))
    windows = np.lib.stride_tricks.sliding_window_view(image[..., 0] / 255, (5, 5))
    convolved = np.einsum("rcij,ijk->rck", windows, kernel[:, :, 0]) + bias
    maps = np.maximum(convolved.reshape(4, 2, 4, 2, 32).max(axis=(1, 3)), 0)

    def logit(maps: np.ndarray) -> float:
        return float((np.maximum(maps.ravel() @ hidden + hidden_bias, 0) @ out + out_bias)[1])

    # the mean slope of a channel is the slope along raising all its points together, a share each
    step = 1e-6
    weights = [(logit(maps + step * (np.arange(32) == one)) - logit(maps)) / step / 16 for one in range(32)]
    expected = layer.over_image(np.maximum(maps @ weights, 0), 12, 12)
    assert expected.max() > 0
    assert class_activation(network, image, 1) == pytest.approx(expected / expected.max(), abs=1e-4)


@pytest.mark.parametrize("label", [-1, 10])
def test_a_label_that_is_no_class_is_refused(label):
    network = build("conv5x5", (28, 28, 1), 10)
    with pytest.raises(OptionError, match=f"label {label} is out of range: expected 0 to 9"):
        class_activation(network, np.zeros((28, 28, 1), np.uint8), label)


def test_another_backend_is_refused_and_named(monkeypatch):
    network = build("conv5x5", (28, 28, 1), 10)
    monkeypatch.setattr("keras.config.backend", lambda: "jax")
    with pytest.raises(OptionError, match="needs Keras on TensorFlow, but this process runs it on 'jax'"):
        class_activation(network, np.zeros((28, 28, 1), np.uint8), 0)
