import keras
import numpy as np
import pytest
import tensorflow as tf

from inklens.networks.training_layers import QuickBatchNormalization


def trained_once(kind, images):
    """What a step makes of images: outputs, moving mean and variance, and the gradient of the images."""
    layer = kind(momentum=0.7)
    layer.build(images.shape)
    layer.set_weights([np.float32(values) for values in ([0.5, 2, 1], [0.1, -0.2, 0], [1, 2, 3], [4, 5, 6])])
    variable = tf.Variable(images)
    with tf.GradientTape() as tape:
        outputs = layer(variable, training=True)
        loss = tf.reduce_sum(outputs**3)
    gradients = tape.gradient(loss, [variable, *(weight.value for weight in layer.trainable_weights)])
    moving = [np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)]
    return [np.asarray(outputs), *moving, *map(np.asarray, gradients)]


def test_a_training_step_is_that_of_keras():
    images = np.random.default_rng(0).normal(3, 2, (8, 5, 4, 3)).astype(np.float32)
    quick, keras_own = (
        trained_once(kind, images) for kind in (QuickBatchNormalization, keras.layers.BatchNormalization)
    )
    for mine, theirs in zip(quick, keras_own, strict=True):
        assert mine == pytest.approx(theirs, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("axis", [-1, 1])
def test_it_is_that_of_keras_when_not_training_and_for_channels_first(axis):
    images = np.random.default_rng(0).normal(3, 2, (8, 3, 4, 3)).astype(np.float32)
    quick, keras_own = (
        kind(axis=axis) for kind in (QuickBatchNormalization, keras.layers.BatchNormalization)
    )
    for training in (True, False):
        assert np.asarray(quick(images, training=training)) == pytest.approx(
            np.asarray(keras_own(images, training=training)), abs=1e-5
        )
