"""A training against a clock that the test moves: no test waits, and none hangs on the machine."""

import itertools
from types import SimpleNamespace

import pytest

from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.recipes.committee_recipe import Committee
from inklens.recipes.presets import TIME_BUDGETS, preset_for

select_backend("tensorflow")

from inklens.training.loop import batch_norm_statistics, fit as fit_module, time_budget as module  # noqa: E402
from inklens.training.loop.optimizers import learning_rate_at, make_optimizer  # noqa: E402
from inklens.training.loop.time_budget import TimeBudget  # noqa: E402

RECIPE = Recipe(time_budget=60, epochs=4, plain_epochs=1, learning_rate=1e-2)


class Machine:
    """Goes through the callbacks as `Model.fit` does, at a speed of its own."""

    def __init__(self, monkeypatch, step_seconds, *, compiling=3.0, evaluating=1.0):
        self.now, self.step_seconds = 100.0, step_seconds
        self.compiling, self.evaluating = compiling, evaluating
        monkeypatch.setattr(module, "time", SimpleNamespace(perf_counter=lambda: self.now))
        self.rates, self.strengths = [], []

    def train(self, recipe, steps=40, per_execution=5):
        began = self.now
        strength = SimpleNamespace(assign=self.strengths.append)
        callback = TimeBudget(recipe, steps, 8, per_execution, SimpleNamespace(strength=strength))
        model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(learning_rate=None))
        callback.set_model(model)
        epoch = done = 0
        while not model.stop_training:
            callback.on_epoch_begin(epoch)
            for first in range(0, steps, per_execution):
                callback.on_train_batch_begin(first)
                self.rates.append(model.optimizer.learning_rate)
                self.now += per_execution * self.step_seconds(self.now - began)
                self.now += self.compiling if done == 0 else 0
                done += per_execution
                callback.on_train_batch_end(first + per_execution - 1)
                if model.stop_training:
                    break
            callback.on_test_begin()
            self.now += self.evaluating
            callback.on_test_end()
            epoch += 1
        self.epochs = callback.epochs
        return self.now - began


@pytest.mark.parametrize("speed", [0.001, 0.01, 0.1, 0.4])
def test_it_ends_within_a_tenth_of_its_time_on_fast_and_slow_machines(monkeypatch, speed):
    machine = Machine(monkeypatch, lambda now: speed)
    assert machine.train(RECIPE) == pytest.approx(60, rel=0.1)
    assert max(machine.rates) == pytest.approx(1e-2, rel=0.2)
    assert machine.rates[-1] < 5e-4


def test_a_machine_that_slows_down_still_ends_on_time_and_at_the_schedules_end(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 0.01 if now < 25 else 0.05)
    assert machine.train(RECIPE) == pytest.approx(60, rel=0.1)
    assert machine.rates[-1] < 5e-4


def test_a_training_that_was_stopped_goes_on_with_the_time_that_was_left(monkeypatch):
    machine = Machine(monkeypatch, lambda gone: 0.1, compiling=0.0, evaluating=0.0)
    model = SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(learning_rate=None))

    def steps(budget, count, first=0):
        for batch in range(first, count, 5):
            budget.on_train_batch_begin(batch)
            machine.now += 0.5
            budget.on_train_batch_end(batch + 4)

    first = TimeBudget(RECIPE, 1000, 8, 5, None)
    first.set_model(model)
    first.on_epoch_begin(0)
    steps(first, 200)  # 20 s of 60
    kept, rate, expected = first.to_dict(), first.learning_rate, first.epochs
    machine.now += 1e6  # the run lay there
    second = TimeBudget(RECIPE, 1000, 8, 5, None)
    second.set_model(model)
    second.restore(kept, 200)
    second.on_epoch_begin(0)
    assert second.to_dict()["seconds_left"] == pytest.approx(40, abs=1e-3)
    assert second.epochs == pytest.approx(expected, abs=0.05)
    steps(second, 5)
    assert second.learning_rate == pytest.approx(rate, rel=0.1)
    assert not model.stop_training
    steps(second, 400, first=5)
    assert model.stop_training


def test_what_goes_on_compiles_again_and_counts_no_step_for_it(monkeypatch):
    machine = Machine(monkeypatch, lambda gone: 0.1)
    budget = TimeBudget(RECIPE, 1000, 8, 5, None)
    budget.set_model(SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(learning_rate=None)))
    budget.restore({**budget.to_dict(), "done": 5, "compile_seconds": 3.0}, 5)
    budget.on_epoch_begin(0)
    for batch, seconds in ((0, 10.0), (5, 0.5)):
        budget.on_train_batch_begin(batch)
        machine.now += seconds
        budget.on_train_batch_end(batch + 4)
    assert budget.to_dict()["step_seconds"] == [pytest.approx(0.1)]
    assert budget.to_dict()["done"] == 15


def test_halves_of_a_batch_count_as_one_step(monkeypatch):
    """As on PyTorch, where each execution is one half."""
    machine = Machine(monkeypatch, lambda gone: 0.1)
    halves = TimeBudget(RECIPE, 40, 0, 1, None, parts=2, gone=50.0)
    halves.set_model(SimpleNamespace(stop_training=False, optimizer=SimpleNamespace(learning_rate=None)))
    halves.on_epoch_begin(0)
    for batch in range(40):
        halves.on_train_batch_begin(batch)
        machine.now += 0.1
        halves.on_train_batch_end(batch)
    assert halves.to_dict()["done"] == 20
    assert halves.to_dict()["step_seconds"][-1] == pytest.approx(0.2)
    assert halves.to_dict()["seconds_left"] == pytest.approx(6)


def test_less_than_an_epoch_is_a_whole_schedule_too(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 0.1)
    assert machine.train(RECIPE, steps=5000) == pytest.approx(60, rel=0.1)
    assert machine.epochs < 0.2
    assert machine.rates[-1] < 5e-4


def test_augmentation_fades_in_the_recipes_last_part(monkeypatch):
    machine = Machine(monkeypatch, lambda now: 0.02)
    machine.train(RECIPE)
    plain = machine.strengths.count(0.1) / len(machine.strengths)
    assert plain == pytest.approx(1 / 4, abs=0.05)
    assert machine.strengths == sorted(machine.strengths, reverse=True)


@pytest.mark.parametrize("schedule", ["one-cycle", "cosine", "constant"])
def test_the_rate_is_that_of_the_schedule_by_steps(schedule):
    recipe = Recipe(schedule=schedule, learning_rate=0.02)
    by_steps = make_optimizer(recipe, 1000)._learning_rate
    for step in (0, 10, 100, 249, 300, 600, 999):
        expected = float(by_steps(step)) if callable(by_steps) else 0.02
        assert learning_rate_at(recipe, step / 1000) == pytest.approx(expected, rel=0.02, abs=1e-6)


def test_a_network_learns_in_its_time(small_digits, monkeypatch):
    recomputed = []
    monkeypatch.setattr(batch_norm_statistics, "recompute_batch_norm", lambda *given: recomputed.append(1))
    looks = itertools.count(step=0.1)  # seconds go by with each look at the clock
    for looking in (module, fit_module):  # which counts what went by before the first step
        monkeypatch.setattr(looking, "time", SimpleNamespace(perf_counter=lambda: next(looks)))
    network = build("conv5x5", small_digits.image_shape, 10)
    recipe = Recipe(time_budget=20, batch_size=100, learning_rate=3e-3)
    history = fit_module.fit(network, recipe, small_digits.train, small_digits.test)
    assert 18 <= next(looks) <= 22
    assert history[-1]["val_accuracy"] > 0.8
    assert recomputed == [1], "once, before the last evaluation"
    assert [record["steps"] for record in history[:-1]] == [40] * (len(history) - 1)
    assert 0 < history[-1]["steps"] <= 40


def test_the_members_of_a_committee_share_its_time():
    members = Committee.from_preset("committee", time_budget=3600).members.values()
    assert {recipe.time_budget for recipe in members} == {1200}
    beside = Committee.from_preset("committee", time_budget=3600, at_once=2).members.values()
    assert {recipe.time_budget for recipe in beside} == {1800}  # three members are two rounds of two


def test_more_time_gets_a_larger_preset():
    for kind, budgets in TIME_BUDGETS.items():
        assert preset_for(5, kind) == "fast"
        assert [preset_for(seconds, kind) for seconds, _ in budgets] == [name for _, name in budgets]
