import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.networks import NETWORKS, build
from inklens.networks.training_layers import QuickBatchNormalization, QuickDropout


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("conv5x5", 592_074), ("conv3x3-double", 600_810), ("conv3x3-triple", 2_076_554)],
)
def test_a_tutorial_network_has_the_parameters_that_a_hand_count_gives(name, parameters):
    assert build(name, (28, 28, 1), 10).count_params() == parameters


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (28, 28, 1), (32, 20, 3)])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu"])
def test_every_network_gives_probabilities_for_any_size_and_channel_count(name, shape, activation):
    pixels = np.random.default_rng(0).integers(0, 256, (2, *shape), np.uint8)
    probabilities = np.asarray(build(name, shape, 7, activation=activation)(pixels))
    assert probabilities.shape == (2, 7)
    assert probabilities.sum(axis=1) == pytest.approx([1, 1], abs=1e-5)


def test_pixels_go_in_as_bytes_and_are_rescaled_by_the_network():
    network = build("conv5x5", (28, 28, 1), 10)
    assert network.inputs[0].dtype == "uint8"
    white = np.full((1, 28, 28, 1), 255, np.uint8)
    assert np.asarray(network.layers[1](white)).max() == pytest.approx(1)


def test_leaky_relu_lets_three_tenths_of_a_negative_value_through():
    network = build("conv5x5", (28, 28, 1), 10, activation="leaky_relu")
    activation = next(layer for layer in network.layers if "leaky" in layer.name)
    assert float(activation(np.float32(-1))) == pytest.approx(-0.3)


LARGEST_SEED = """
import numpy as np
from inklens.datasets import Split
from inklens.networks import build
from inklens.networks.augmentation import augmentation_layer
from inklens.recipes import Recipe
from inklens.training.loop.fit import fit

seed = 2**31 - 1
network = build("conv5x5", (12, 12, 1), 2, seed=seed, training=True)
first = network.get_weights()[0]
assert np.ptp(first)
assert not np.array_equal(first, build("conv5x5", (12, 12, 1), 2, seed=seed - 1).get_weights()[0])
images = np.random.default_rng(0).integers(0, 256, (20, 12, 12, 1), np.uint8)
split = Split(images, np.arange(20) % 2)
recipe = Recipe(network="conv5x5", epochs=1, batch_size=10, seed=seed)
print(len(fit(network, recipe, split, split, augment=augmentation_layer("writing", seed))))
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_the_largest_seed_trains_on_every_backend(on_backend, backend):
    assert on_backend(backend, LARGEST_SEED) == "1\n"


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_that_some_backend_does_not_take_is_refused(seed):
    with pytest.raises(OptionError, match="is out of range: expected 0 to 2,147,483,647"):
        build("conv5x5", (28, 28, 1), 10, seed=seed)


def test_the_same_seed_gives_the_same_weights_and_another_seed_gives_others():
    first, again, other = (
        build("convnet-small", (28, 28, 1), 10, seed=seed).get_weights()[0] for seed in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("name", "quick"), [("conv5x5", QuickDropout), ("convnet-small", QuickBatchNormalization)]
)
def test_a_network_for_training_takes_the_weights_of_a_plain_one(name, quick):
    plain, trained = (build(name, (28, 28, 1), 10, training=training) for training in (False, True))
    kinds = [{type(layer) for layer in network.layers} for network in (plain, trained)]
    assert quick in kinds[1] - kinds[0]
    trained.set_weights(plain.get_weights())
    images = np.zeros((2, 28, 28, 1), np.uint8)
    assert np.array_equal(plain.predict_on_batch(images), trained.predict_on_batch(images))


CHANNEL_ORDERS = """
import numpy as np
from inklens.networks import NETWORKS, build
pixels = np.random.default_rng(0).integers(0, 256, (4, 20, 28, 3), np.uint8)
for name in NETWORKS:
    last = build(name, (20, 28, 3), 10)
    first = build(name, (20, 28, 3), 10, data_format="channels_first", seed=1)
    first.set_weights(last.get_weights())
    difference = np.abs(last.predict_on_batch(pixels) - first.predict_on_batch(pixels.transpose(0, 3, 1, 2)))
    assert difference.max() < 1e-5, (name, difference.max())
print("same")
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_a_network_gives_the_same_output_in_either_channel_order(on_backend, backend):
    # TensorFlow has no channels-first convolution on the CPU.
    assert on_backend(backend, CHANNEL_ORDERS) == "same\n"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": "conv5x6"}, "unknown network 'conv5x6': expected one of conv5x5, "),
        ({"image_shape": (7, 28, 1)}, "images of 7x28x1 are too small: networks take 8x8 pixels"),
        ({"classes": 1}, "1 class given: a classifier needs at least 2"),
        ({"dropout": 1.0}, "dropout 1.0 is out of range: expected 0 to below 1"),
        ({"activation": "tanh"}, "unknown activation 'tanh': expected one of"),
        ({"data_format": "NHWC"}, "unknown data_format 'NHWC': expected one of"),
    ],
)
def test_what_cannot_be_built_is_refused_in_words(given, message):
    with pytest.raises(OptionError, match=message):
        build(**{"name": "conv5x5", "image_shape": (28, 28, 1), "classes": 10, **given})
