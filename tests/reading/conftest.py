"""A network trained for seconds, enough to read digits whose number is given, and pages to read."""

import subprocess
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pytest

import sheets
from inklens.classifier import Classifier


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder: Path = tmp_path_factory.mktemp("reader")
    options = "--data sample --network convnet-small --epochs 4 --batch-size 64 --quiet --name one"
    command = [sys.executable, "-m", "inklens", "train", *options.split()]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return Classifier.open(folder / "runs/one")


@pytest.fixture(scope="session")
def sheet() -> Callable[[str, int], sheets.Page]:
    """The generated page of a kind and a seed, each drawn once."""
    return lru_cache(maxsize=None)(sheets.draw)
