"""Layers for training on TensorFlow: faster than Keras's, and never part of a saved network.

Dropout takes 8 random bits an activation instead of 32, from a cheaper source: random numbers are a large
part of a small network's step (benchmarks/same_network.py measures the whole, benchmarks/step_time.py each
part). Convolutions of small maps compute the gradient of their filters in another way. Batch normalisation is
one kernel, where Keras takes a dozen passes over every activation, forwards and backwards; the arithmetic is
Keras's, as tests hold.
"""

import math
from typing import Any

import keras

# Up to so many points of a map, and from so many channels on, products are faster than oneDNN's gradient.
SMALL_MAP_BFLOAT16, SMALL_MAP_FLOAT32 = 25, 9
FEWEST_CHANNELS = 32


class QuickConv2D(keras.layers.Conv2D):
    """`keras.layers.Conv2D`; where its maps are small, the filters' gradient is a sum over matrix products.

    For each place in the kernel, the images shifted there times the gradient of the outputs. oneDNN's own
    kernel is slow where there are few points: benchmarks/step_time.py.
    """

    def convolution_op(self, inputs: Any, kernel: Any) -> Any:
        """(N, H, W, C) -> (N, h, w, filters), as Keras computes it."""
        if keras.config.backend() != "tensorflow" or not self._is_small(inputs):
            return super().convolution_op(inputs, kernel)
        import tensorflow as tf

        convolve = super().convolution_op
        rows, columns = self.kernel_size

        def convolved(images: Any, filters: Any) -> Any:
            outputs = convolve(images, filters)
            height, width = outputs.shape[1:3]

            def gradient(upstream: Any) -> tuple[Any, Any]:
                to_images = tf.raw_ops.Conv2DBackpropInput(
                    input_sizes=tf.shape(images),
                    filter=filters,
                    out_backprop=upstream,
                    strides=[1, 1, 1, 1],
                    padding="VALID",
                )
                points = tf.reshape(upstream, (-1, filters.shape[-1]))  # (N * h * w, filters)
                products = [
                    tf.matmul(
                        tf.reshape(images[:, y : y + height, x : x + width], (-1, filters.shape[2])),
                        points,
                        transpose_a=True,
                    )
                    for y in range(rows)
                    for x in range(columns)
                ]
                return to_images, tf.reshape(tf.stack(products), filters.shape)

            return outputs, gradient

        # A variable would be watched from within, which has no gradient for it.
        return tf.custom_gradient(convolved)(inputs, tf.convert_to_tensor(kernel))

    def _is_small(self, inputs: Any) -> bool:
        """Whether the products were measured to be faster: few points a map, many weights a point."""
        plain = self.strides == (1, 1) and self.dilation_rate == (1, 1) and self.groups == 1
        if not plain or self.padding != "valid" or self.data_format != "channels_last":
            return False
        points = math.prod(
            side - kernel + 1 for side, kernel in zip(inputs.shape[1:3], self.kernel_size, strict=True)
        )
        most = SMALL_MAP_BFLOAT16 if inputs.dtype == "bfloat16" else SMALL_MAP_FLOAT32
        return bool(points <= most and inputs.shape[-1] >= FEWEST_CHANNELS)


class QuickDropout(keras.layers.Dropout):
    """`keras.layers.Dropout` with a byte of chance for each activation on TensorFlow; never part of a saved
    network.

    A byte gives a rate in 256ths. Where the rate lies between two of these, each call takes one of them, so
    that the rate is exact in the mean. A rate above 255 of 256, which no byte gives, is left to Keras.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Any shape in, the same shape out; the kept activations are scaled by 1 / (1 - rate)."""
        by_bytes = 0 < 256 * self.rate <= 255 and keras.config.backend() == "tensorflow"
        if not training or not by_bytes:
            return super().call(inputs, training=training)
        import tensorflow as tf

        keys = tf.random.stateless_uniform(
            [3],
            seed=tf.cast(self.seed_generator.next(), tf.int32),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
        )
        size = tf.size(inputs)
        whole, part = divmod(256 * self.rate, 1)
        lowest = tf.cast(whole, tf.uint8) + tf.cast(
            keys[2] < tf.constant(int(part * 2**32), tf.uint32), tf.uint8
        )
        kept = tf.cast(_bytes(keys, size) >= lowest, inputs.dtype)
        return inputs * tf.reshape(kept / (1 - self.rate), tf.shape(inputs))


def _bytes(keys: Any, count: Any) -> Any:
    """So many random bytes, uint8 (count,), from two random words.

    They are the numbers 0, 1, 2, ... through a hash (lowbias32 of Wellons 2018, with a key before each of its
    multiplications): a few passes that all cores share, where TensorFlow's Philox takes longer.
    """
    import tensorflow as tf

    def shifted(words: Any, bits: int) -> Any:
        moved = tf.bitwise.right_shift(words, tf.constant(bits, tf.uint32))
        return tf.bitwise.bitwise_xor(words, moved)

    words = tf.bitcast(tf.range(-(-count // 4)), tf.uint32)
    words = shifted(tf.bitwise.bitwise_xor(words, keys[0]), 16) * tf.constant(0x7FEB352D, tf.uint32)
    words = shifted(words + keys[1], 15) * tf.constant(0x846CA68B, tf.uint32)
    return tf.reshape(tf.bitcast(shifted(words, 16), tf.uint8), [-1])[:count]  # (words,) -> (words, 4)


class QuickBatchNormalization(keras.layers.BatchNormalization):
    """`keras.layers.BatchNormalization` over the last axis of (N, H, W, C); never part of a saved network."""

    def call(self, inputs: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The same shape out; in training, normalised by the batch's own mean and variance."""
        last = self.axis in (-1, len(inputs.shape) - 1)
        if not training or not last or keras.config.backend() != "tensorflow":
            return super().call(inputs, training=training, mask=mask)
        import tensorflow as tf

        normalised, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=inputs,
            scale=tf.cast(self.gamma, tf.float32),
            offset=tf.cast(self.beta, tf.float32),
            mean=tf.zeros([0]),
            variance=tf.zeros([0]),
            epsilon=self.epsilon,
            exponential_avg_factor=1.0,
            is_training=True,
        )
        # The kernel gives the variance of a sample, Keras keeps that of the batch itself.
        count = tf.cast(tf.size(inputs) // tf.shape(inputs)[-1], tf.float32)
        self._follow(self.moving_mean, mean)
        self._follow(self.moving_variance, variance * (count - 1) / count)
        return normalised

    def _follow(self, variable: Any, value: Any) -> None:
        variable.assign(variable * self.momentum + value * (1 - self.momentum))
