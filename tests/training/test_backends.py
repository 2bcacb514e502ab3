import pytest

from inklens.errors import OptionError
from inklens.training import select_backend
from inklens.training.backends import resolve_precision, versions

TRAIN = """
import numpy as np
import inklens

recipe = inklens.Recipe.from_preset("fast", epochs=2, batch_size=64, minimum_steps=0)
run = inklens.train(inklens.load("sample"), recipe, output="runs")
import keras
print(keras.config.backend(), run.metrics["test"]["accuracy"])
assert (run.path / "model.keras").stat().st_size > 0
assert run.predict(inklens.load("sample").test.images[0]).shape == (1, 10)
"""


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_every_backend_trains_saves_and_predicts(on_backend, backend):
    name, accuracy = on_backend(backend, TRAIN).split()
    assert name == backend
    assert float(accuracy) > 0.93


def test_auto_is_tensorflow_unless_the_environment_names_another(on_backend):
    code = "from inklens.training import select_backend; print(select_backend())"
    assert on_backend("", code) == "tensorflow\n"
    assert on_backend("jax", code) == "jax\n"


def test_another_backend_than_the_one_that_runs_is_refused():
    select_backend("tensorflow")
    with pytest.raises(OptionError, match="this process runs Keras on 'tensorflow' already"):
        select_backend("torch")


def test_a_backend_that_is_not_installed_names_its_install_command(on_backend):
    code = """
import importlib.util
import sys
sys.path.insert(0, "shadow")
find = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: None if name == "jax" else find(name, *more)
from inklens.errors import MissingPackageError
from inklens.training import select_backend
try:
    select_backend("jax")
except MissingPackageError as error:
    print(error)
"""
    assert on_backend("jax", code).endswith("pip install 'inklens[jax]'\n")


def test_importing_the_backend_says_nothing(inklens):
    done = inklens("train", "--data", "sample", "--summary")
    assert done.returncode == 0
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("asked", "backend"), [("float32", "tensorflow"), ("auto", "jax"), ("auto", "torch")]
)
def test_precision_is_float32_where_bfloat16_was_not_measured_to_be_faster(asked, backend):
    assert resolve_precision(asked, backend) == "float32"


def test_bfloat16_is_a_policy_that_keeps_the_variables_in_float32():
    assert resolve_precision("bfloat16", "tensorflow") == "mixed_bfloat16"


def test_versions_name_what_a_training_hangs_on():
    assert {"python", "inklens", "keras", "numpy"} <= versions().keys()
