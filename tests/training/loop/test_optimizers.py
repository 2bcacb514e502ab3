import numpy as np
import pytest

from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

import keras  # noqa: E402

from inklens.training.loop.optimizers import FusedAdam, make_optimizer  # noqa: E402


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
