import importlib.util
import sys

import pytest

from inklens.errors import MissingPackageError, OptionError
from inklens.networks import backends
from inklens.networks.backends import (
    accelerator_for_jax,
    choose_backend,
    resolve_precision,
    select_backend,
)

TRAIN = """
import inklens

data = inklens.load("sample")
recipe = inklens.Recipe.from_preset("fast", epochs=4, batch_size=64, minimum_steps=0)
run = inklens.train(data, recipe, output="runs", report=False)
import keras
scores = run.metrics["test"]
print(keras.config.backend(), scores["accuracy"], *scores["accuracy_interval_95"])
assert (run.path / "model.keras").stat().st_size > 0
assert run.predict(data.test.images[0]).probabilities.shape == (1, 10)
"""


@pytest.fixture(scope="module")
def reached():
    """What each backend reached: (accuracy, low, high)."""
    return {}


@pytest.mark.parametrize("backend", ["tensorflow", "jax", "torch"])
def test_every_backend_trains_fast_to_the_same_accuracy_within_its_interval(on_backend, backend, reached):
    name, *numbers = on_backend(backend, TRAIN).split()
    assert name == backend
    accuracy, low, high = reached[backend] = [float(number) for number in numbers]
    assert accuracy > 0.95
    for other, (_, other_low, other_high) in reached.items():
        assert low <= other_high and other_low <= high, f"{backend} and {other} differ: {reached}"


OOD_DETECTOR = """
from dataclasses import replace

import inklens
import numpy as np
from inklens.datasets import Split

data = inklens.load("sample")
data = replace(data, train=Split(data.train.whole()[::4], data.train.labels[::4]))
recipe = inklens.Recipe.from_preset(
    "fast", epochs=1, ood_detector="convnet-small", ood_detector_epochs=1, outliers=0.2, minimum_steps=0
)
run = inklens.train(data, recipe, output="runs", report=False)
classifier = inklens.Classifier.open(run.path)
assert classifier.metadata.ood_detector
pixels = data.test.batch(slice(0, 20))
own = run.ensemble.predict(pixels).id_score
print(np.abs(classifier.predict_framed(pixels).id_score - own).max() < 1e-3)
"""


@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_an_ood_detector_is_trained_and_exported_on_other_backends_too(on_backend, backend):
    assert on_backend(backend, OOD_DETECTOR) == "True\n"


def test_auto_is_tensorflow_unless_the_environment_names_another(on_backend):
    code = "from inklens.networks.backends import select_backend; print(select_backend())"
    assert on_backend("", code) == "tensorflow\n"
    assert on_backend("jax", code) == "jax\n"


def test_a_choice_says_why(on_backend):
    code = "from inklens.networks.backends import choose_backend as c; print(*c(), *c('torch'), sep='; ')"
    said = "no accelerator that JAX can use, and on a CPU it is the fastest of the three"
    assert on_backend("", code) == f"tensorflow; {said}; torch; as asked for\n"
    assert on_backend("jax", code).startswith("jax; KERAS_BACKEND names it")


@pytest.mark.parametrize(
    ("plugin", "file", "device"),
    [
        ("jax_cuda12_plugin", "nvidia0", "an NVIDIA GPU"),
        ("libtpu", "accel3", "a TPU"),
        ("jax_cuda12_plugin", "nvidiactl", None),
        (None, "nvidia0", None),
    ],
)
def test_jax_has_an_accelerator_where_its_plug_in_and_the_device_are_there(
    tmp_path, monkeypatch, plugin, file, device
):
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / file).touch()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == plugin or None)
    assert accelerator_for_jax(tmp_path) == device
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert accelerator_for_jax(tmp_path) is None


def test_auto_is_jax_where_it_has_an_accelerator(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.delenv("KERAS_BACKEND", raising=False)
    monkeypatch.setattr(backends, "accelerator_for_jax", lambda: "an NVIDIA GPU")
    assert choose_backend() == ("jax", "there is an NVIDIA GPU, and JAX can use it")


def test_another_backend_than_the_one_that_runs_is_refused():
    select_backend("tensorflow")
    with pytest.raises(OptionError, match="this process runs Keras on 'tensorflow' already"):
        select_backend("torch")


def test_a_backend_that_is_not_installed_names_its_install_command(monkeypatch):
    monkeypatch.delitem(sys.modules, "keras", raising=False)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "jax" else name)
    with pytest.raises(MissingPackageError, match=r"pip install 'inklens\[jax\]'$"):
        select_backend("jax")


def test_importing_the_backend_says_nothing(inklens):
    done = inklens("train", "--data", "sample", "--summary")
    assert done.returncode == 0
    assert done.stderr == ""


def test_precision_is_float32_where_bfloat16_was_not_measured_to_be_faster():
    asked = [("float32", "tensorflow"), ("auto", "jax"), ("auto", "torch"), ("bfloat16", "tensorflow")]
    policies = [resolve_precision(precision, backend) for precision, backend in asked]
    assert policies == ["float32"] * 3 + ["mixed_bfloat16"]


@pytest.mark.parametrize("own", [None, "elsewhere"])
def test_jax_keeps_what_it_compiles_for_an_accelerator_where_its_user_says_or_in_the_cache(
    on_backend, monkeypatch, tmp_path, own
):
    monkeypatch.setenv("INKLENS_CACHE", str(tmp_path))
    if own is None:
        monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    else:
        monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", own)
    kept = on_backend(
        "jax",
        """
from inklens.networks import backends

backends.accelerator_for_jax = lambda: "an NVIDIA GPU"
backends.select_backend("jax")
import jax

print(jax.config.jax_compilation_cache_dir)
""",
    )
    assert kept.strip() == (own or str(tmp_path / "jax"))
