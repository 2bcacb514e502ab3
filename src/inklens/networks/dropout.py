"""Dropout with a cheaper mask, for training on TensorFlow: 8 or 16 random bits an activation instead of 32.

Random numbers are a large part of a small network's step (benchmarks/same_network.py measures the whole).
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
