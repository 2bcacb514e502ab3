import operator

import keras
import pytest

from inklens.errors import ModelError
from inklens.networks.keras_file import load_network
from inklens.networks.tensorflow_child import on_tensorflow


def test_the_child_answers_on_tensorflow_whatever_this_process_runs(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "jax")
    assert on_tensorflow(keras.config.backend) == "tensorflow"


def test_what_is_printed_does_not_mix_with_the_answer():
    assert on_tensorflow(print, "a library that prints") is None


def test_an_error_of_ours_comes_back_as_itself():
    with pytest.raises(ModelError, match=r"damaged is no \.keras file by its name"):
        on_tensorflow(load_network, "damaged")


def test_a_child_that_breaks_off_says_why():
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        on_tensorflow(operator.truediv, 1, 0)
