import numpy as np
import pytest

from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.training.loop.optimizers import ConvMuon, FusedAdam, make_optimizer  # noqa: E402


def test_one_cycle_rises_to_the_peak_in_the_first_quarter_and_ends_at_nothing():
    schedule = make_optimizer(Recipe(learning_rate=1e-2), 100)._learning_rate
    rates = [float(schedule(step)) for step in range(101)]
    assert max(rates) == pytest.approx(1e-2)
    assert 24 <= int(np.argmax(rates)) <= 26
    assert rates[0] < 1e-3
    assert rates[100] == pytest.approx(0, abs=1e-8)


def test_the_fused_adam_walks_the_same_way_as_kerass():
    start = np.random.default_rng(0).normal(size=(50, 20)).astype(np.float32)

    def walked(optimizer):
        variable = keras.Variable(start)
        random = np.random.default_rng(1)
        for _ in range(30):
            gradient = keras.ops.convert_to_tensor(random.normal(size=start.shape).astype(np.float32))
            optimizer.apply([gradient], [variable])
        return np.array(variable.numpy())

    options = {"learning_rate": 0.01, "beta_1": 0.7, "beta_2": 0.9}
    ours, theirs = walked(FusedAdam(**options)), walked(keras.optimizers.Adam(**options))
    assert np.abs(theirs - start).max() > 0.05
    assert ours == pytest.approx(theirs, abs=1e-6)


def test_weight_decay_is_that_of_adamw_and_leaves_biases_and_normalisation_alone():
    def decayed(optimizer):
        names = ("kernel", "bias", "gamma", "beta")
        variables = [keras.Variable(np.ones(3, np.float32), name=name) for name in names]
        for _ in range(5):
            optimizer.apply([keras.ops.zeros(3)] * 4, variables)
        return [float(np.array(variable.numpy())[0]) for variable in variables]

    recipe = Recipe(schedule="constant", learning_rate=0.1, weight_decay=0.5)
    ours = decayed(make_optimizer(recipe, 5))
    assert ours == pytest.approx([0.95**5, 1, 1, 1], abs=1e-6)
    assert ours == pytest.approx(decayed(make_optimizer(recipe.with_options(optimizer="adamw"), 5)), abs=1e-6)


@pytest.mark.parametrize("name", ["adamw", "nadam", "rmsprop", "sgd"])
def test_the_other_optimisers_are_kerass_own(name):
    made = make_optimizer(Recipe(optimizer=name, schedule="constant", learning_rate=0.5), 10)
    assert type(made).__module__.startswith("keras.")
    assert float(made.learning_rate) == 0.5


def test_a_momentum_is_nesterovs_and_goes_to_the_optimiser():
    made = make_optimizer(Recipe(optimizer="sgd", momentum=0.9), 10)
    assert (made.momentum, made.nesterov) == (0.9, True)
    assert make_optimizer(Recipe(optimizer="sgd"), 10).momentum == 0
    assert make_optimizer(Recipe(optimizer="muon", momentum=0.6), 10).momentum == 0.6


def test_muon_makes_the_update_of_a_convolution_nearly_orthogonal():
    random = np.random.default_rng(0)
    kernel = keras.Variable(np.zeros((3, 3, 4, 6), np.float32), name="kernel")
    gradient = random.normal(size=kernel.shape) * np.geomspace(1, 30, 6)
    make_optimizer(Recipe(optimizer="muon", schedule="constant", learning_rate=1.0), 10).apply(
        [keras.ops.convert_to_tensor(gradient.astype(np.float32))], [kernel]
    )
    moved = -np.array(kernel.numpy()).reshape(36, 6)
    assert ((moved * gradient.reshape(36, 6)).sum(axis=0) > 0).all()
    sizes = np.linalg.svd(moved, compute_uv=False) / (0.2 * 6)  # of orthogonal rows all are 1
    assert sizes.min() > 0.5
    assert sizes.max() < 1.3


def test_muon_leaves_biases_and_the_logits_to_adamw():
    network = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3), keras.layers.Dense(2, name="logits")]
    )
    muon = ConvMuon(learning_rate=0.1)
    muon.build(network.trainable_variables)
    assert [one is None for one in muon.adam_velocities] == [True, False, False, False]


def test_muons_weight_decay_is_the_same_for_all_but_biases_and_normalisation():
    recipe = Recipe(optimizer="muon", schedule="constant", learning_rate=0.1, weight_decay=0.5)
    variables = [
        keras.Variable(np.ones((2, 2), np.float32), name="kernel"),
        keras.Variable([1.0], name="bias"),
    ]
    make_optimizer(recipe, 5).apply([keras.ops.zeros((2, 2)), keras.ops.zeros(1)], variables)
    assert np.array(variables[0].numpy()) == pytest.approx(np.full((2, 2), 0.95), abs=1e-6)
    assert np.array(variables[1].numpy()) == pytest.approx([1.0])
