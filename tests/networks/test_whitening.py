import keras
import numpy as np
import pytest

from inklens.datasets import Split
from inklens.networks import build
from inklens.networks.layer_kinds import WHITENING
from inklens.networks.whitening import fit_whitening, patch_statistics


def _images(shape, count=60, seed=0):
    """Neighbouring pixels are alike, and the mean is not black: uint8 (count, *shape)."""
    random = np.random.default_rng(seed)
    images = random.normal(size=(count, *shape))
    for axis in (1, 2):
        images = images + np.roll(images, 1, axis) + np.roll(images, 2, axis)
    images += images.mean(axis=-1, keepdims=True)
    return np.clip(90 + 12 * images, 0, 255).astype(np.uint8)


def _whitened(network, images):
    """What the layer makes of the images: (points, channels)."""
    layer = keras.Model(network.inputs[0], network.get_layer(WHITENING).output)
    seen = np.asarray(layer(images))
    return seen.reshape(-1, seen.shape[-1])


@pytest.mark.parametrize("shape", [(16, 16, 3), (28, 28, 1)])
def test_what_comes_out_has_mean_0_variance_1_and_no_correlation(shape):
    network, images = build("convnet-residual", shape, 3), _images(shape)
    fit_whitening(network, Split(images, np.zeros(len(images), np.int64)))
    seen = _whitened(network, images)
    directions = seen.shape[1] // 2
    assert seen.mean(axis=0) == pytest.approx(np.zeros(2 * directions), abs=1e-3)
    assert np.cov(seen[:, :directions].T) == pytest.approx(np.eye(directions), abs=0.1)
    assert seen[:, directions:] == pytest.approx(-seen[:, :directions], abs=1e-3)


@pytest.mark.parametrize(("side", "kernel", "step"), [(28, 2, 1), (64, 4, 2), (128, 8, 4)])
def test_large_images_are_seen_in_larger_patches(side, kernel, step):
    layer = build("convnet-residual", (side, side, 3), 10).get_layer(WHITENING)
    assert (layer.kernel_size, layer.strides) == ((kernel, kernel), (step, step))
    assert layer.filters <= 48


@pytest.mark.parametrize("side", [160, 200, 256])  # 10, 12 and 16 pixels a patch
def test_of_large_patches_means_of_pixels_are_whitened(side):
    images = np.kron(_images((side // 4, side // 4, 3), 12), np.ones((1, 4, 4, 1), np.uint8))
    network = build("convnet-residual", (side, side, 3), 3)
    fit_whitening(network, Split(images, np.zeros(len(images), np.int64)))
    seen = _whitened(network, images)
    directions = seen.shape[1] // 2
    assert seen.mean(axis=0) == pytest.approx(np.zeros(2 * directions), abs=1e-3)
    assert np.cov(seen[:, :directions].T) == pytest.approx(np.eye(directions), abs=0.1)


def test_images_of_any_size_are_whitened_by_little_work():
    images = np.zeros((2, 1024, 1024, 1), np.uint8)
    images[:, ::2] = 255
    mean, covariance = patch_statistics(Split(images, np.zeros(2, np.int64)), 64, 32)
    assert mean == pytest.approx(0.5)
    assert covariance.shape == (64, 64)


def test_the_weights_depend_on_the_images_alone_and_stay():
    images = _images((16, 16, 3))
    split = Split(images, np.zeros(len(images), np.int64))
    one, other = (build("convnet-residual", (16, 16, 3), 3, seed=seed) for seed in (0, 1))
    for network in (one, other):
        fit_whitening(network, split)
    weights = [network.get_layer(WHITENING).get_weights() for network in (one, other)]
    assert all(np.array_equal(*pair) for pair in zip(*weights, strict=True))
    assert not one.get_layer(WHITENING).trainable_weights


@pytest.mark.parametrize("images", ["black", "grey among colour"])
def test_images_without_some_differences_do_not_blow_them_up(images):
    pixels = np.zeros((20, 16, 16, 3), np.uint8)
    if images != "black":
        pixels[:] = _images((16, 16, 1), 20)
    network = build("convnet-residual", (16, 16, 3), 3)
    fit_whitening(network, Split(pixels, np.zeros(20, np.int64)))
    seen = _whitened(network, pixels)
    assert np.isfinite(seen).all()
    assert np.abs(seen).max() < 60


def test_a_network_without_the_layer_is_left_alone():
    network = build("convnet-small", (16, 16, 3), 3)
    before = network.get_weights()
    fit_whitening(network, Split(_images((16, 16, 3)), np.zeros(60, np.int64)))
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))


def test_in_bfloat16_the_layer_computes_in_float32():
    network = build("convnet-residual", (16, 16, 3), 3, dtype="mixed_bfloat16")
    assert [network.layers[index].compute_dtype for index in (1, 2, 4)] == ["float32", "float32", "bfloat16"]
