"""Data and trained runs for all tests: real MNIST where INKLENS_DATA has it, else the embedded sample.

The header of a test run says which. A run that many tests need is trained once, for all workers.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from command_line import run_inklens
from inklens.datasets import Dataset, Split, load
from inklens.datasets.places import find_mnist

# A shell has what it starts in the background ignore Ctrl-C, and so would each command that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

DIGITS = "mnist" if find_mnist() else "sample"
DOCS = (
    "test_docs", "test_confidence_docs", "test_contributing", "test_notebook", "test_site", "test_wheel",
)  # fmt: skip

# Each takes ten seconds to minutes: trainings, and processes that load a framework of their own.
SLOW = (
    "test_audit", "test_bad_data", "test_bad_places", "test_cluster_commands", "test_combine",
    "test_corrections_folder", "test_cross_validation_kept", "test_few_images", "test_label_audit",
    "test_memory", "test_ood_detector", "test_parallel_prediction", "test_remote_members",
    "test_reproduce_run", "test_resume_run", "test_robustness", "test_run_export", "test_search",
    "test_supervisor", "test_teach", "test_teacher", "test_tensorflow_child", "test_time_budget_kills",
    "test_train_committee", "test_trained_further", "test_training_faults",
)  # fmt: skip
# Start a cluster by a command of their own.
ON_A_CLUSTER = (
    "test_ctrl_c_ends_the_members_that_train_on_a_cluster",
    "test_predict_says_what_came_of_all_and_then_that_nothing_is_missing",
)


def pytest_configure(config: pytest.Config) -> None:
    """What JAX compiles for one test or process is there for the others: most of its time is compilation."""
    if config.cache is not None:
        os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(config.cache.mkdir("jax")))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.1")
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES", "-1")


def pytest_report_header() -> str:
    where = os.environ.get("INKLENS_DATA", "not set")
    return f"inklens: digits are read from {DIGITS!r} (INKLENS_DATA: {where})"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what `make test` leaves out, and `make test-all` or `make cluster` adds; see pyproject.toml."""
    for item in items:
        fixtures = getattr(item, "fixturenames", ())
        module = item.path.stem
        marks = {
            "backends": "on_backend" in fixtures,
            "browser": "browser" in fixtures,
            "mutants": "mutated" in item.name,
            "docs": module in DOCS,
            "slow": module in SLOW or "interrupted" in fixtures,
            "cluster": "two_nodes" in fixtures or "--cluster local" in item.name or item.name in ON_A_CLUSTER,
        }
        for mark, applies in marks.items():
            if applies:
                item.add_marker(mark)


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """4,000 training and 1,000 test digits."""
    if DIGITS == "sample":
        return load("sample")
    whole = load("mnist")
    train, _ = whole.split_validation(56_000, 0)
    test = whole.test.take(np.arange(1000))
    return Dataset("digits", whole.kind, whole.class_names, whole.spec, train, test, None, whole.source)


@pytest.fixture(scope="session")
def small_digits(digits: Dataset) -> Dataset:
    """The same with 14x14 pixels: a quarter of the arithmetic, for what does not depend on the size."""

    def halved(split: Split) -> Split:
        blocks = split.whole().reshape(len(split), 14, 2, 14, 2, 1)
        return Split(blocks.mean(axis=(2, 4)).astype(np.uint8), split.labels)

    spec = replace(digits.spec, height=14, width=14)
    return replace(digits, spec=spec, train=halved(digits.train), test=halved(digits.test), path=None)


@pytest.fixture(scope="session")
def few(small_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """600 digits to learn from and 150 to test with, of 14x14 pixels, where they can be loaded again."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    chosen = slice(0, 4000, 7)
    train, test = small_digits.train.batch(chosen)[:600], small_digits.test.batch(slice(0, 150))
    train_labels, test_labels = small_digits.train.labels[chosen][:600], small_digits.test.labels[:150]
    np.savez(path, x_train=train, y_train=train_labels, x_test=test, y_test=test_labels)
    return load(path, kind="writing", framing="pad")


@pytest.fixture(scope="session")
def sample() -> Dataset:
    """The embedded sample, which a run can load again."""
    return load("sample")


@pytest.fixture(scope="session")
def shared_runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with two runs on the sample, runs/one (98%) and runs/two (less). Copy what a test changes."""
    from inklens.networks.backends import select_backend
    from inklens.recipes import Recipe
    from inklens.training import train

    base = tmp_path_factory.getbasetemp()
    root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = root / "shared"
    with FileLock(root / "shared.lock"):
        if not (folder / "runs/two/report.html").is_file():
            select_backend("tensorflow")
            for seed, (name, epochs) in enumerate((("one", 4), ("two", 1))):
                recipe = Recipe.from_preset("fast", epochs=epochs, batch_size=64, seed=seed)
                train(load("sample"), recipe, output=folder / "runs", name=name)
    return folder


Inklens = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def inklens(tmp_path: Path) -> Inklens:
    """Runs the command line in an empty folder: inklens("train", "--epochs", 1). In this process;
    `inklens_process` starts one."""
    return partial(run_inklens, tmp_path)


@pytest.fixture
def inklens_process(tmp_path: Path) -> Inklens:
    """Runs the command line in a process of its own, in an empty folder."""

    def run(*arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "inklens", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    return run


@pytest.fixture
def on_backend(tmp_path: Path) -> Callable[[str, str], str]:
    """Runs Python code in a process of its own, as one process has one Keras backend; gives its output."""

    def run(backend: str, code: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            env={**os.environ, "KERAS_BACKEND": backend},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    return run
