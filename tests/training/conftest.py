"""Data that a run can load again: a file of their own."""

import numpy as np
import pytest

from inklens.datasets import load


@pytest.fixture(scope="package")
def few(small_digits, tmp_path_factory):
    """600 digits to learn from and 150 to test with, of 14x14 pixels, where they can be loaded again."""
    path = tmp_path_factory.mktemp("data") / "few.npz"
    chosen = slice(0, 4000, 7)
    train, test = small_digits.train.batch(chosen)[:600], small_digits.test.batch(slice(0, 150))
    train_labels, test_labels = small_digits.train.labels[chosen][:600], small_digits.test.labels[:150]
    np.savez(path, x_train=train, y_train=train_labels, x_test=test, y_test=test_labels)
    return load(path, kind="writing", framing="pad")
