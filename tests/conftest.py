"""Data for all tests: real MNIST where INKLENS_DATA has it, else the embedded sample, as the header says."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inklens.datasets import Dataset, load
from inklens.datasets.places import find_mnist

DIGITS = "mnist" if find_mnist() else "sample"


def pytest_report_header() -> str:
    where = os.environ.get("INKLENS_DATA", "not set")
    return f"inklens: digits are read from {DIGITS!r} (INKLENS_DATA: {where})"


@pytest.fixture(scope="session")
def digits() -> Dataset:
    """4,000 training and 1,000 test digits."""
    if DIGITS == "sample":
        return load("sample")
    whole = load("mnist")
    train, _ = whole.split_validation(56_000, 0)
    return Dataset("digits", whole.kind, whole.class_names, whole.spec, train, whole.test, None, whole.source)


Inklens = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def inklens(tmp_path: Path) -> Inklens:
    """Runs the command line in a process of its own, in an empty folder: inklens("train", "--epochs", 1)."""

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
