"""A network trained for seconds: enough to read digits where their number is given."""

import subprocess
import sys
from pathlib import Path

import pytest

from inklens.classifier import Classifier


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> Classifier:
    folder: Path = tmp_path_factory.mktemp("reader")
    options = "--data sample --network convnet-small --epochs 4 --batch-size 64 --quiet --name one"
    command = [sys.executable, "-m", "inklens", "train", *options.split()]
    subprocess.run(command, cwd=folder, capture_output=True, check=True)
    return Classifier.open(folder / "runs/one")
