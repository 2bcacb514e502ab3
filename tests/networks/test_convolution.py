import keras
import numpy as np
import pytest
import tensorflow as tf

from inklens.networks.training_layers import QuickConv2D


def trained_once(kind, images, dtype, **options):
    """Outputs of a convolution, and the gradients of its images and its weights, as float32."""
    layer = kind(6, 3, dtype=dtype, **options)
    layer.build(images.shape)
    random = np.random.default_rng(1)
    layer.set_weights([random.normal(0, 0.1, weight.shape) for weight in layer.get_weights()])
    variable = tf.Variable(images)
    with tf.GradientTape() as tape:
        outputs = tf.cast(layer(variable), tf.float32)
        loss = tf.reduce_sum(outputs**2)
    gradients = tape.gradient(loss, [variable, *(weight.value for weight in layer.weights)])
    return [np.asarray(outputs), *map(np.asarray, gradients)]


@pytest.mark.parametrize(
    ("side", "dtype", "tolerance"),
    [(5, "float32", 1e-4), (6, "mixed_bfloat16", 0.02), (7, "mixed_bfloat16", 0.02), (9, "float32", 1e-4)],
)
@pytest.mark.parametrize("options", [{}, {"padding": "same"}, {"use_bias": False}, {"strides": 2}])
def test_a_training_step_is_that_of_keras(side, dtype, tolerance, options):
    images = np.random.default_rng(0).normal(0, 1, (4, side, side, 32)).astype(np.float32)
    quick, keras_own = (
        trained_once(kind, images, dtype, **options) for kind in (QuickConv2D, keras.layers.Conv2D)
    )
    for mine, theirs in zip(quick, keras_own, strict=True):
        assert mine == pytest.approx(theirs, rel=tolerance, abs=tolerance * float(abs(theirs).max()))


def kernel_gradients(layer, images):
    """The kinds of TensorFlow operations in a training step of a layer."""
    layer.build(images.shape)

    @tf.function
    def step(values):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(layer(values))
        return tape.gradient(loss, layer.kernel.value)

    return {operation.type for operation in step.get_concrete_function(images).graph.get_operations()}


def test_only_small_maps_take_the_products():
    small, large = (tf.zeros((4, side, side, 32)) for side in (5, 14))
    assert "Conv2DBackpropFilter" not in kernel_gradients(QuickConv2D(8, 3), small)
    assert "Conv2DBackpropFilter" in kernel_gradients(QuickConv2D(8, 3), large)
    assert "Conv2DBackpropFilter" in kernel_gradients(keras.layers.Conv2D(8, 3), small)


def test_a_batch_of_any_size_goes_through():
    layer = QuickConv2D(8, 3)
    model = keras.Sequential([keras.Input((5, 5, 32)), layer, keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    images = np.random.default_rng(0).normal(0, 1, (10, 5, 5, 32)).astype(np.float32)
    before = np.array(layer.kernel)
    model.fit(images, np.ones((10, 1)), batch_size=4, verbose=0)  # 4, 4 and 2
    assert not np.array_equal(before, np.array(layer.kernel))
