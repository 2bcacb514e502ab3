"""A cluster that cannot be started, and Ctrl-C while a process connects to one or leaves it."""

import os
import signal
import subprocess
import sys

import pytest

from inklens.cluster import connected, connection
from inklens.errors import OptionError


@pytest.fixture
def done(monkeypatch):
    """What was done, in place of Ray; Ctrl-C is not ignored, as it is where tests run in the background."""
    done = []
    monkeypatch.setattr(connection, "_connect", lambda where: done.append("connected"))
    monkeypatch.setattr(connection, "_disconnect", lambda: done.append("left"))
    monkeypatch.setattr(connection, "_checked", lambda where: done.append("checked"))
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield done
    signal.signal(signal.SIGINT, before)


def _interrupted(done, times):
    def act(*_):
        for _ in range(times):
            signal.raise_signal(signal.SIGINT)
        done.append("to its end")

    return act


def test_the_first_ctrl_c_waits_for_the_connection_which_is_then_left(done, monkeypatch):
    monkeypatch.setattr(connection, "_connect", _interrupted(done, 1))
    with pytest.raises(KeyboardInterrupt), connected("local"):
        done.append("inside")
    assert done == ["to its end", "left"]


def test_the_second_ctrl_c_does_not_wait(done, monkeypatch):
    monkeypatch.setattr(connection, "_connect", _interrupted(done, 2))
    with pytest.raises(KeyboardInterrupt), connected("local"):
        done.append("inside")
    assert done == ["left"]


def test_ctrl_c_while_a_cluster_is_left_waits_too(done, monkeypatch):
    monkeypatch.setattr(connection, "_disconnect", _interrupted(done, 1))
    with pytest.raises(KeyboardInterrupt), connected("local"):
        done.append("inside")
    assert done == ["connected", "checked", "inside", "to its end"]


def test_the_handlers_of_signals_are_those_that_were_there(done, monkeypatch):
    def rays_own(where):
        signal.signal(signal.SIGTERM, lambda number, frame: None)

    def mine(number, frame):
        raise KeyboardInterrupt

    monkeypatch.setattr(connection, "_connect", rays_own)
    before = signal.signal(signal.SIGTERM, mine)
    try:
        with connected("local"):
            assert signal.getsignal(signal.SIGTERM) is mine
            assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGTERM, before)


def test_a_node_that_takes_too_long_is_said_in_one_line(monkeypatch):
    def too_long(*_, **__):
        raise Exception("The current node timed out during startup.\nMore of it")

    monkeypatch.setattr("ray.init", too_long)
    with pytest.raises(OptionError, match=r"local cannot be started .* busy") as caught, connected("local"):
        pass
    assert "\n" not in str(caught.value)


def test_ray_that_was_imported_without_a_token_is_refused_at_once():
    asked = "import ray\nfrom inklens.cluster import connected\nwith connected('local'): pass"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("RAY_")}
    done = subprocess.run(
        [sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=False
    )
    assert "Ray was imported before the token of its cluster was set" in done.stderr
