"""A network trained for seconds: enough to read digits where it is told how many there are."""

from pathlib import Path

import numpy as np
import pytest

from inklens.classifier import Classifier
from inklens.reading.pieces.piece import Piece


@pytest.fixture
def piece():
    """Makes a full piece whose middle is at x, y."""

    def make(x: float, y: float, width: int = 30, height: int = 50) -> Piece:
        box = np.ones((height, width), np.float32)
        return Piece(int(x - width / 2), int(y - height / 2), width, height, box)

    return make


@pytest.fixture(scope="session")
def classifier(shared_runs: Path) -> Classifier:
    return Classifier.open(shared_runs / "runs/one")
