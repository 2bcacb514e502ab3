"""Data that a run can load again, and a run on them that nothing happened to."""

from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import Dataset, load
from inklens.networks.backends import select_backend
from inklens.run import Run
from quick_run import QUICK

select_backend("tensorflow")


@pytest.fixture(scope="package")
def few(small_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """600 digits to learn from and 150 to test with, of 14x14 pixels, in a file."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    chosen = slice(0, 4000, 7)
    arrays = {
        "x_train": small_digits.train.batch(chosen)[:600],
        "y_train": small_digits.train.labels[chosen][:600],
        "x_test": small_digits.test.batch(slice(0, 150)),
        "y_test": small_digits.test.labels[:150],
    }
    np.savez(path, **arrays)
    return load(path, kind="writing", framing="pad")


@pytest.fixture(scope="package")
def whole(few: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Not to be changed."""
    from inklens.training import train

    return train(few, QUICK, output=tmp_path_factory.mktemp("runs"), name="whole", report=False)


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    """The folder that holds a test's runs."""
    return tmp_path / "runs"
