import os
from pathlib import Path

import pytest

from inklens.errors import ModelError
from inklens.networks.tensorflow_child import on_tensorflow

TESTS = Path(__file__).parent.parent


def test_the_child_answers_on_tensorflow_whatever_this_process_runs(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    assert on_tensorflow("child_task", {"say": "yes"}) == {"said": "yes", "backend": "tensorflow"}


def test_an_error_of_ours_comes_back_as_itself(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    with pytest.raises(ModelError, match="damaged, in the child"):
        on_tensorflow("child_task", {"model": "damaged"})


def test_a_child_that_breaks_off_says_why(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(TESTS), prepend=os.pathsep)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        on_tensorflow("child_task", {"divide": 0})
