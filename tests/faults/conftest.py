"""A run that nothing happened to."""

from pathlib import Path

import pytest

from inklens.datasets import Dataset
from inklens.networks.backends import select_backend
from inklens.run import Run
from quick_run import QUICK

select_backend("tensorflow")


@pytest.fixture(scope="package")
def whole(few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Not to be changed."""
    from inklens.training import train

    return train(few, QUICK, output=tmp_path_factory.mktemp("runs"), name="whole", report=False)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The folder that holds a test's runs."""
    return tmp_path / "runs"
