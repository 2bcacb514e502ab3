from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Dataset


@pytest.fixture(scope="package")
def few(digits: Dataset) -> Dataset:
    """600 digits to learn from, of 28x28 pixels, as strokes are drawn on."""
    return replace(digits, train=digits.train.take(np.arange(0, 4000, 7)[:600]))
