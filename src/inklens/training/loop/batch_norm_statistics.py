"""Means and variances of batch normalisation from the training images, once the weights stand still.

In training they are moving averages of the batches gone by, so after few steps they are still near where they
started, and behind the weights. Computed anew they are those of the network as it is (PreciseBN: Wu and
Johnson 2021, "Rethinking 'Batch' in BatchNorm"). `fast` on 200 digits, 5 epochs, two seeds, then has an
accuracy of 82.3% and 80.3% on 5,000 validation images; with moving averages it has 18.5% and 11.2%. The
images are augmented as they were last: unchanged ones gave 81.0% and 79.7%.
"""

import math
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from inklens.datasets import Split

MOST_IMAGES = 4096  # a share of the data that `fast` does not notice; Wu and Johnson find a thousand enough
_BATCH = 256


def recompute_batch_norm(network: keras.Model, train: Split, seed: int) -> None:
    """Replaces the moving averages of all batch normalisations; a network without one is left alone.

    Args:
        network: from uint8 pixels, on any backend, with its augmentation in front.
        train: what it was trained on; of more than `MOST_IMAGES` a random choice is taken.
        seed: of the choice.
    """
    layers = _batch_norms(network)
    if not layers:
        return
    momenta = [layer.momentum for layer in layers]
    averages = [average for layer in layers for average in (layer.moving_mean, layer.moving_variance)]
    means = [np.zeros(average.shape) for average in averages]
    try:
        for layer in layers:  # makes the moving average that of the last batch
            layer.momentum = 0.0
        batches = _batches(len(train), seed)
        for rows in batches:
            _run(network, train.batch(rows))
            share = len(rows) / sum(map(len, batches))
            means = [
                mean + share * keras.ops.convert_to_numpy(average)
                for mean, average in zip(means, averages, strict=True)
            ]
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
    for average, mean in zip(averages, means, strict=True):
        average.assign(mean.astype(np.float32))


def _run(network: keras.Model, images: NDArray[np.uint8]) -> None:
    """Runs the network as in training, for what it changes in its variables."""
    if keras.config.backend() == "jax":
        from inklens.networks.jax_steps import run_as_in_training

        run_as_in_training(network, images)
    else:
        network(images, training=True)


def statistics_steps(network: keras.Model, images: int, batch_size: int) -> float:
    """How many training steps have as many images as `recompute_batch_norm` runs through the network."""
    return min(images, MOST_IMAGES) / batch_size if _batch_norms(network) else 0.0


def _batches(images: int, seed: int) -> list[Any]:
    """Rows of batches of nearly the same size, as one of few images would have other statistics."""
    chosen = np.random.default_rng(seed).permutation(images)[:MOST_IMAGES]
    return np.array_split(chosen, math.ceil(len(chosen) / _BATCH))


def _batch_norms(network: keras.Model) -> list[keras.layers.BatchNormalization]:
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


class RecomputeBatchNorm(keras.callbacks.Callback):
    """Does it before the last evaluation, so that the history ends with what is kept.

    Args:
        network: what is trained, with its augmentation in front.
        train: what it is trained on.
        seed: of the choice of images.
        epochs: after so many the training ends; None where a callback ends it.
        every: does it before every evaluation, as any epoch may be the one that is kept.
    """

    def __init__(
        self, network: keras.Model, train: Split, seed: int, epochs: int | None, *, every: bool = False
    ) -> None:
        super().__init__()
        self._network, self._train, self._seed, self._epochs = network, train, seed, epochs
        self._every = every

    def on_epoch_begin(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        self._last = epoch + 1 == self._epochs

    def on_test_begin(self, logs: dict[str, Any] | None = None) -> None:
        if self._every or self._last or self.model.stop_training:
            recompute_batch_norm(self._network, self._train, self._seed)
