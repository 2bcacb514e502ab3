"""Ctrl-C in a training, by real signals."""

import signal
import threading

import pytest

from inklens.networks import build
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe

select_backend("tensorflow")

from inklens.training.loop.fit import fit  # noqa: E402
from inklens.training.loop.interruption import interruptible  # noqa: E402


@pytest.fixture
def training(few):
    """Trains without end, and calls back."""
    network, endless = build("conv5x5", few.image_shape, 10), Recipe(epochs=100_000, batch_size=50)
    return lambda progress: fit(network, endless, few.train, few.test, progress=progress)


class Enough(Exception):
    pass


def _press(*_):
    signal.raise_signal(signal.SIGINT)


class _PressesAsItGoes:
    __del__ = _press  # an exception in here would be lost


def test_one_press_ends_the_training_after_the_execution_that_runs(training):
    told = []

    def press(now):
        told.append(now)
        _press()
        told.append("went on")

    with pytest.raises(KeyboardInterrupt):
        training(press)
    assert told == [told[0], "went on"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_a_press_in_a_destructor_is_not_lost(training):
    with pytest.raises(KeyboardInterrupt):
        training(lambda now: _PressesAsItGoes() and None)


def test_sigterm_does_the_same_and_its_own_handling_comes_back(training):
    with pytest.raises(KeyboardInterrupt):
        training(lambda now: signal.raise_signal(signal.SIGTERM))
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_what_is_to_be_done_before_such_an_end_is_done_between_two_steps():
    done = []
    with pytest.raises(KeyboardInterrupt), interruptible(lambda: done.append("state kept")) as callback:
        callback.on_train_batch_end(0)
        assert not done
        _press()
        callback.on_train_batch_end(1)
    assert done == ["state kept"]


def test_a_second_press_ends_it_at_once(training):
    def press_twice(now):
        _press()
        _press()
        raise AssertionError("the second one did nothing")

    with pytest.raises(KeyboardInterrupt):
        training(press_twice)


def test_somebody_elses_handler_stays(training):
    def handler(number, frame):
        raise Enough

    before = signal.signal(signal.SIGINT, handler)
    try:
        with pytest.raises(Enough):
            training(_press)
        assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_thread_trains_without_a_handler_of_its_own(training):
    caught = []

    def stop(now):
        raise Enough

    def in_thread():
        try:
            training(stop)
        except Enough as error:
            caught.append(error)

    thread = threading.Thread(target=in_thread)
    thread.start()
    thread.join()
    assert len(caught) == 1
