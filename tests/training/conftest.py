"""Data that a run can load again: a file of their own."""

import numpy as np
import pytest

from inklens.datasets import load


@pytest.fixture(scope="package")
def few(digits, tmp_path_factory):
    """600 digits to learn from and 150 to test with, where they can be loaded again."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    images = np.concatenate([digits.train.batch(slice(0, 4000, 7))[:600], digits.test.batch(slice(0, 150))])
    labels = np.concatenate([digits.train.labels[:4000:7][:600], digits.test.labels[:150]])
    np.savez(path, x_train=images[:-150], y_train=labels[:-150], x_test=images[-150:], y_test=labels[-150:])
    return load(path, kind="writing")
