"""Batch normalisation of what was trained for a few steps."""

import numpy as np
import pytest

from branched_network import NAME, register
from inklens.datasets import Split
from inklens.networks import build
from inklens.networks.augmentation import augmentation_layer
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.training.loop import batch_norm_statistics as module  # noqa: E402
from inklens.training.loop.batch_norm_statistics import recompute_batch_norm  # noqa: E402
from inklens.training.loop.fit import fit  # noqa: E402


@pytest.fixture(scope="module")
def small(small_digits):
    """200 digits to learn from and 300 others, of 14x14 pixels."""
    chosen = np.random.default_rng(0).permutation(len(small_digits.train))[:500]
    images, labels = small_digits.train.batch(chosen), small_digits.train.labels[chosen]
    return Split(images[:200], labels[:200]), Split(images[200:], labels[200:])


@pytest.fixture(params=["convnet-small", NAME])
def network(request, monkeypatch):
    """A row of layers, and one with branches, as they are trained but without dropout."""
    register(monkeypatch)
    return build(request.param, (14, 14, 1), 10, dropout=0.0, training=True)


def batch_norms(network):
    return [layer for layer in network.layers if isinstance(layer, keras.layers.BatchNormalization)]


def test_they_are_those_of_the_training_images(network, small):
    recompute_batch_norm(network, small[0], seed=0)
    images = small[0].whole()
    in_training, after = (np.asarray(network(images, training=training)) for training in (True, False))
    assert after == pytest.approx(in_training, abs=1e-3)
    assert {layer.momentum for layer in batch_norms(network)} == {0.7}


def test_they_are_the_mean_over_the_batches_of_some_of_many_images(network, small, monkeypatch):
    monkeypatch.setattr(module, "MOST_IMAGES", 90)
    monkeypatch.setattr(module, "_BATCH", 40)
    read, seen = Split.batch, []
    monkeypatch.setattr(Split, "batch", lambda split, rows: seen.append(rows) or read(split, rows))
    recompute_batch_norm(network, small[1], seed=0)
    assert [len(rows) for rows in seen] == [30, 30, 30]
    assert len(set(np.concatenate(seen).tolist())) == 90
    first = batch_norms(network)[0]
    entering = keras.Model(network.inputs[0], first.input)
    batches = [np.asarray(entering(small[1].batch(rows))) for rows in [*seen]]
    assert np.asarray(first.moving_mean) == pytest.approx(
        np.mean([batch.mean(axis=(0, 1, 2)) for batch in batches], axis=0), abs=1e-4
    )
    assert np.asarray(first.moving_variance) == pytest.approx(
        np.mean([batch.var(axis=(0, 1, 2)) for batch in batches], axis=0), abs=1e-4
    )


def test_a_network_without_any_is_not_run():
    network = build("conv5x5", (8, 8, 1), 3)
    before = network.get_weights()
    recompute_batch_norm(network, None, seed=0)
    assert all(np.array_equal(*pair) for pair in zip(before, network.get_weights(), strict=True))


def test_after_a_few_steps_a_network_is_as_good_as_in_training(small, monkeypatch):
    recompute, done = module.recompute_batch_norm, []
    monkeypatch.setattr(
        module, "recompute_batch_norm", lambda *given: done.append(len(told)) or recompute(*given)
    )
    told = []
    network = build("convnet-small", (14, 14, 1), 10, training=True)
    augment = augmentation_layer("writing-light", 0)
    history = fit(
        network, Recipe.from_preset("fast", epochs=5), *small, augment=augment, on_epoch=told.append
    )
    assert done == [4], "once, before the last evaluation"
    assert history[-1]["val_accuracy"] > 0.6  # the moving averages gave 0.1 to 0.3
    assert history[-1]["val_accuracy"] > history[-1]["accuracy"] - 0.15


SHORT = """
import numpy as np
from inklens.datasets import Split, load
from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend()
from inklens.training.loop.fit import fit

sample = load("sample").train
chosen = np.random.default_rng(0).permutation(len(sample))[:500]
images, labels = sample.batch(chosen)[:, ::2, ::2], sample.labels[chosen]
network = build("convnet-small", (14, 14, 1), 10, training=True)
recipe = Recipe.from_preset("fast", epochs=5)
history = fit(network, recipe, Split(images[:200], labels[:200]), Split(images[200:], labels[200:]))
print(history[-1]["val_accuracy"])
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_is_so_on_other_backends(on_backend, backend):
    assert float(on_backend(backend, SHORT)) > 0.6
