"""Trainings whose framework is refused memory: by its own error, for an allocation no machine can make."""

import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.training.loop.checkpoints import Checkpoints  # noqa: E402
from inklens.training.loop.fit import fit  # noqa: E402
from inklens.training.loop.memory import is_out_of_memory  # noqa: E402
from inklens.training.loop.optimizers import make_optimizer  # noqa: E402
from inklens.training.loop.variables import assign_optimizer, values  # noqa: E402

RECIPE = Recipe(network="conv5x5", epochs=2, batch_size=60, dropout=0.0)
TOLD = "the device has too little memory for batches of 60 images: each is trained in two halves"


class Hungry(keras.layers.Layer):
    """Passes images on, and asks for more memory than can be addressed where they are more than so many."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.most = most
        self.strength = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, images, training=False):
        import tensorflow as tf

        if not training:  # as augmentation, which evaluation goes without
            return images
        too_many = tf.cast(tf.shape(images)[0] > self.most, tf.int64)
        pixel = tf.reshape(images[:1, :1, :1, 0], [1])
        return images + tf.minimum(tf.reduce_max(tf.tile(pixel, [too_many * 2**50 + 1])), 0)


def trained(few, most=None, **options):
    """What was told of a training, its history without times, and the weights it ended with."""
    network, told = build("conv5x5", few.image_shape, 10, dropout=0.0, training=True, seed=0), []
    augment = None if most is None else Hungry(most)
    history = fit(network, RECIPE, few.train, few.test, augment=augment, tell=told.append, **options)
    losses = [
        {name: value for name, value in one.items() if name not in ("seconds", "ms_per_step")}
        for one in history
    ]
    return told, losses, network.get_weights()


def test_a_batch_that_is_too_large_is_trained_in_halves_and_ends_near_the_whole(few, caplog):
    """620 images: the last batch of an epoch has 20, and the schedule goes by steps, not by halves."""
    whole, halves = trained(few), trained(few, most=30)
    assert whole[0] == []
    assert len(halves[0]) == 1
    assert halves[0][0].startswith(TOLD)
    assert [record.message for record in caplog.records] == halves[0]
    assert [one["steps"] for one in halves[1]] == [one["steps"] for one in whole[1]]
    assert halves[1][-1]["loss"] == pytest.approx(whole[1][-1]["loss"], rel=1e-3)
    for ours, theirs in zip(halves[2], whole[2], strict=True):
        assert np.abs(ours - theirs).max() < 2e-3


def test_where_halves_are_too_large_too_it_says_so(few):
    with pytest.raises(OptionError, match=r"batch_size 60 needs more memory .* such as --batch-size 15"):
        trained(few, most=29)


def test_a_training_in_halves_goes_on_where_it_was(few, tmp_path):
    class Stopped(Exception):
        pass

    def stop(now):
        if (now.epoch, now.step) >= (2, 4):
            raise Stopped

    whole = trained(few, most=30)
    kept = Checkpoints(tmp_path, 0)
    with pytest.raises(Stopped):
        trained(few, most=30, checkpoints=kept, progress=stop)
    assert kept.latest().parts == 2
    assert (kept.latest().epoch, kept.latest().step > 0) == (1, True)
    told, losses, weights = trained(few, most=30, checkpoints=kept)
    assert told[0].startswith(TOLD)
    assert losses == whole[1]
    assert all(map(np.array_equal, weights, whole[2]))


def test_memory_that_runs_out_half_way_costs_the_steps_since_the_last_checkpoint(few, tmp_path):
    """As on a GPU that another process begins to use: what was trained in whole batches is gone on with."""
    kept, layer = Checkpoints(tmp_path, 0), Hungry(60)
    told, epochs = [], []
    network = build("conv5x5", few.image_shape, 10, dropout=0.0, training=True, seed=0)

    def watch(now):
        epochs.append(now.epoch)

    first = RECIPE.with_options(epochs=1)
    fit(network, first, few.train, few.test, augment=layer, checkpoints=kept, tell=told.append)
    assert told == []
    assert kept.latest().parts == 1
    layer = Hungry(30)
    fit(
        network,
        RECIPE,
        few.train,
        few.test,
        augment=layer,
        checkpoints=kept,
        tell=told.append,
        progress=watch,
    )
    assert told[0].startswith(TOLD)
    assert epochs[0] == 2
    assert kept.latest().parts == 2


def test_the_state_of_whole_batches_fits_an_optimiser_of_halves():
    kernel = keras.Variable(np.ones((3, 2), np.float32))
    whole, halves = (make_optimizer(RECIPE, 100, parts) for parts in (1, 2))
    for optimizer in (whole, halves):
        optimizer.build([kernel])
    whole.iterations.assign(7)
    assign_optimizer(halves, values(whole.variables))
    assert int(halves.iterations) == 7
    assert float(halves.learning_rate) == float(whole.learning_rate)


def test_what_is_an_error_of_memory():
    assert is_out_of_memory(MemoryError("Unable to allocate 1 TiB"))
    assert is_out_of_memory(RuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes."))
    assert not is_out_of_memory(RuntimeError("shapes do not match"))
    assert not is_out_of_memory(ValueError("out of memory"))


OTHERS = """
import numpy as np, keras
from inklens.datasets import load
from inklens.networks import build
from inklens.recipes import Recipe
from inklens.training.loop.fit import fit

def one_pixel_too_many(pixel):
    if keras.config.backend() == "torch":
        return pixel.repeat(2**50)[0]
    from jax import lax, numpy as jnp  # a loop changes an array, so that XLA must have all of it

    whole = jnp.broadcast_to(pixel, (2**24, 2**24))
    whole = lax.fori_loop(0, 3, lambda i, one: one.at[i, pixel[0]].set(one[i + 1, i]), whole)
    return whole[pixel[0], 0]

class Hungry(keras.layers.Layer):
    def __init__(self):
        super().__init__()
        self.strength = self.add_weight(shape=(), initializer="ones", trainable=False)

    def call(self, images, training=False):
        count = images.shape[0]
        if not training or not isinstance(count, int) or count <= 30:
            return images
        return images + one_pixel_too_many(images[:1, 0, 0, 0])

data = load("sample")
few = data.train.take(np.arange(0, 4000, 20))
ends = []
for most in (False, True):
    network, told = build("conv5x5", data.image_shape, 10, dropout=0.0, training=True, seed=0), []
    recipe = Recipe(network="conv5x5", epochs=1, batch_size=60)
    fit(network, recipe, few, few, augment=Hungry() if most else None, tell=told.append)
    ends.append(network.get_weights())
    print(len(told))
print(max(float(np.abs(a - b).max()) for a, b in zip(*ends)) < 2e-3)
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_is_so_on_other_backends(on_backend, backend):
    assert on_backend(backend, OTHERS).split() == ["0", "1", "True"]


@pytest.fixture
def few(small_digits):
    from dataclasses import replace

    return replace(
        small_digits,
        train=small_digits.train.take(np.arange(620)),
        test=small_digits.test.take(np.arange(100)),
    )
