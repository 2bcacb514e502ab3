"""Ctrl-C in a training, by real signals."""

import signal
import threading
from dataclasses import replace

import pytest

from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run_folder import RunFolder
from inklens.training import train

select_backend("tensorflow")

ENDLESS = Recipe(network="conv5x5", epochs=100_000, batch_size=50, validation_split=150, validation_seed=0)


def _press(*_):
    signal.raise_signal(signal.SIGINT)


class _PressesAsItGoes:
    __del__ = _press  # an exception in here would be lost


def _run(few, folder, progress, recipe=ENDLESS):
    train(few, recipe, output=folder, name="run", progress=progress)


def test_one_press_ends_the_training_after_the_execution_that_runs(few, tmp_path):
    told = []

    def press(now):
        told.append(now)
        _press()
        told.append("went on")

    with pytest.raises(KeyboardInterrupt):
        _run(few, tmp_path, press)
    assert told == [told[0], "went on"]
    assert RunFolder(tmp_path / "run").status()["state"] == "interrupted"
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_press_in_a_destructor_is_not_lost(few, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        _run(few, tmp_path, lambda now: _PressesAsItGoes() and None, replace(ENDLESS, epochs=5))
    assert RunFolder(tmp_path / "run").status()["state"] == "interrupted"


def test_a_second_press_ends_it_at_once(few, tmp_path):
    def press_twice(now):
        _press()
        _press()
        raise AssertionError("the second one did nothing")

    with pytest.raises(KeyboardInterrupt):
        _run(few, tmp_path, press_twice)


def test_somebody_elses_handler_stays(few, tmp_path):
    class Theirs(Exception):
        pass

    def handler(number, frame):
        raise Theirs

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(Theirs):
            _run(few, tmp_path, _press)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_trains_without_a_handler_of_its_own(few, tmp_path):
    class Enough(Exception):
        pass

    caught = []

    def stop(now):
        raise Enough

    def work():
        try:
            _run(few, tmp_path, stop)
        except Enough as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(caught) == 1
