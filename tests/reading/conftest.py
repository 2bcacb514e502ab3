"""A network trained for seconds: enough to read digits where it is told how many there are."""

from pathlib import Path

import pytest

from inklens.classifier import Classifier


@pytest.fixture(scope="session")
def classifier(shared_runs: Path) -> Classifier:
    return Classifier.open(shared_runs / "runs/one")
