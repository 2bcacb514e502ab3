import numpy as np
import pytest

from inklens.errors import DivergedError, OptionError
from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

from inklens.training.examples import with_examples  # noqa: E402
from inklens.training.loop.fit import (  # noqa: E402
    _Accuracy,
    _divergence,
    epochs_for,
    fit,
    steps_per_epoch,
    steps_per_execution,
)
from inklens.training.prepare import PreparedNetwork  # noqa: E402

ONE_CYCLE = Recipe(epochs=2, batch_size=64, learning_rate=1e-2)
LEARNING = Recipe(epochs=4, batch_size=64, outliers=0.2)


def accuracy(network, split):
    return pytest.approx((network.predict_on_batch(split.whole()).argmax(axis=1) == split.labels).mean())


@pytest.fixture(scope="module")
def learnt(small_digits):
    """A network that has seen the digits, its history, and what was told of its training."""
    network, told = build("convnet-small", small_digits.image_shape, 10), []
    return network, fit(network, LEARNING, small_digits.train, small_digits.test, progress=told.append), told


def test_a_network_learns_the_digits_and_its_history_says_how_well(learnt, small_digits):
    network, history, _ = learnt
    assert [record["epoch"] for record in history] == [1, 2, 3, 4]
    assert history[-1]["val_accuracy"] > 0.94
    assert history[-1]["loss"] < history[0]["loss"]
    assert history[-1]["val_accuracy"] == accuracy(network, small_digits.test)


def test_progress_hears_of_every_execution_and_of_the_end_of_every_epoch(learnt, small_digits):
    told = learnt[2]
    ends = [record for record in told if record.finished]
    steps = steps_per_epoch(LEARNING, len(small_digits.train))
    assert [(end.epoch, end.step, end.steps) for end in ends] == [
        (epoch, steps, steps) for epoch in (1, 2, 3, 4)
    ]
    assert all(record.val_loss is None for record in told if not record.finished)
    assert all(record.val_accuracy is not None for record in ends)


@pytest.mark.slow
def test_a_network_that_was_shown_outliers_is_less_sure_of_them(learnt, small_digits):
    def sureness(network):
        return float(
            network.predict(unseen.batch(slice(len(small_digits.train), None)), verbose=0).max(axis=1).mean()
        )

    unseen, shown = (
        with_examples(small_digits.train, small_digits, LEARNING.with_options(seed=seed), ["outliers"])
        for seed in (1, 0)
    )
    network = build("convnet-small", small_digits.image_shape, 10)
    fit(network, LEARNING.with_options(epochs=3), shown, small_digits.test)
    assert sureness(network) < sureness(learnt[0]) - 0.1


@pytest.mark.slow
def test_the_same_seed_gives_bit_identical_weights_and_another_seed_gives_others(few):
    def weights(seed):
        prepared = PreparedNetwork.of(
            few, Recipe(network="convnet-small", epochs=1, batch_size=64, seed=seed)
        )
        fit(prepared.network, prepared.recipe, few.train, few.test)
        return prepared.network.get_weights()

    first, again, other = map(weights, (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


@pytest.mark.slow
def test_augmentation_is_of_the_training_images_only_and_fades_at_the_end(small_digits):
    from inklens.networks.augmentation import Augment, Augmentation

    augment, strengths = Augment(Augmentation(shift=0.5, share=1.0, fade=1.0), seed=0), []
    network = build("conv5x5", small_digits.image_shape, 10)
    history = fit(
        network,
        Recipe(epochs=3, batch_size=100, plain_epochs=1),
        small_digits.train,
        small_digits.test,
        augment=augment,
        on_epoch=lambda _: strengths.append(float(np.asarray(augment.strength))),
    )
    assert strengths == pytest.approx([1, 1, 0.1])
    assert history[1]["accuracy"] < history[1]["val_accuracy"]
    assert augment not in network.layers
    assert history[-1]["val_accuracy"] == accuracy(network, small_digits.test)


def test_small_data_are_gone_through_more_often():
    recipe = Recipe(epochs=3, batch_size=256, minimum_steps=150)
    assert epochs_for(recipe, 55_000) == 3
    assert epochs_for(recipe, 3_667) == 10
    assert steps_per_epoch(recipe, 3_667) == 15


def test_one_execution_is_short_for_a_large_network_and_longer_for_a_small_one():
    recipe = Recipe(batch_size=128)
    large = build("conv3x3-triple", (28, 28, 1), 10)
    small = build("convnet-small", (8, 8, 1), 10)
    assert steps_per_execution(recipe, large, 60_000) == 1
    assert 10 < steps_per_execution(recipe, small, 60_000) <= 50


def test_a_training_that_diverges_stops_and_says_what_to_do(few):
    recipe = Recipe(epochs=3, learning_rate=1e30, optimizer="sgd", schedule="constant")
    with pytest.raises(DivergedError, match=r"diverged in epoch 1, at step .* rate 1e\+30 is too high: give"):
        fit(build("conv5x5", few.image_shape, 10), recipe, few.train, few.test)


def test_labels_beyond_the_networks_classes_are_refused(few):
    with pytest.raises(OptionError, match="the network has 3 classes; the labels go up to 9"):
        fit(build("conv5x5", few.image_shape, 3), ONE_CYCLE, few.train, few.test)


def test_an_outlier_that_is_recognised_costs_nothing_and_counts_for_no_accuracy():
    targets = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0.25] * 4], np.float32)
    logits = np.array([[9, 0, 0, 0], [9, 0, 0, 0], [2, 2, 2, 2]], np.float32)
    costs = np.asarray(_divergence(0.0)(targets, logits))
    assert np.allclose(
        costs, [-np.log(np.exp(9) / (np.exp(9) + 3)), 9 + np.log1p(3 * np.exp(-9)), 0], atol=1e-4
    )
    accuracy = _Accuracy()
    accuracy.update_state(targets, logits)
    assert float(accuracy.result()) == 0.5


def test_the_running_mean_of_the_weights_is_validated_and_kept(small_digits):
    """One step an epoch, so that trainings of one, two and three epochs have the weights of each step."""
    train = small_digits.train.take(np.arange(64))

    def trained(epochs, momentum):
        recipe = Recipe(epochs=epochs, batch_size=64, schedule="constant", weight_averaging=momentum)
        network = build("conv5x5", small_digits.image_shape, 10, seed=0)
        return network, fit(network, recipe, train, small_digits.test)

    mean, *others = (trained(epochs, None)[0].get_weights() for epochs in (1, 2, 3))
    for weights in others:
        mean = [0.8 * old + 0.2 * new for old, new in zip(mean, weights, strict=True)]
    network, history = trained(3, 0.8)
    for kept, expected in zip(network.get_weights(), mean, strict=True):
        assert kept == pytest.approx(expected, abs=1e-6)
    assert history[-1]["val_accuracy"] == accuracy(network, small_digits.test)
