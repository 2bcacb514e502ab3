"""Dropout and batch normalisation for training on TensorFlow: faster, and never part of a saved network.

Dropout takes 8 or 16 random bits an activation instead of 32: random numbers are a large part of a small
network's step (benchmarks/same_network.py measures the whole). Batch normalisation is one kernel, where Keras
takes a dozen passes over every activation, forwards and backwards; the arithmetic is Keras's, as a test
holds.
"""

from typing import Any

import keras


class QuickDropout(keras.layers.Dropout):
    """`keras.layers.Dropout`; on TensorFlow the rate is exact to 1/65536. Never part of a saved network.

    A rate that is a whole number of 256ths, as 0.25 and 0.5 are, takes 8 bits an activation, others 16.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Any shape in, the same shape out; the kept activations are scaled by 1 / (1 - rate)."""
        if not training or self.rate == 0 or keras.config.backend() != "tensorflow":
            return super().call(inputs, training=training)
        import tensorflow as tf

        bits = 8 if float(256 * self.rate).is_integer() else 16
        size = tf.size(inputs)
        words = tf.random.stateless_uniform(
            [-(-size // (32 // bits))],
            seed=tf.cast(self.seed_generator.next(), tf.int32),
            minval=None,
            maxval=None,
            dtype=tf.uint32,
        )
        # (words,) -> (words, 32 / bits) -> (size,)
        parts = tf.reshape(tf.bitcast(words, tf.uint8 if bits == 8 else tf.uint16), [-1])[:size]
        kept = tf.cast(parts >= min(round(self.rate * 2**bits), 2**bits - 1), inputs.dtype)
        return inputs * tf.reshape(kept / (1 - self.rate), tf.shape(inputs))


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
