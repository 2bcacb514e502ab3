"""Sets that are found in INKLENS_DATA or fetched; small stand-ins with the makers' layout."""

import gzip
import hashlib
import io
import struct
import tarfile
import threading
import zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from inklens.datasets import downloaded, load
from inklens.errors import DownloadError


def idx(array: np.ndarray) -> bytes:
    return (
        struct.pack(f">{1 + array.ndim}I", 2048 + array.ndim, *array.shape) + array.astype(np.uint8).tobytes()
    )


def idx_files(
    images: np.ndarray, labels: np.ndarray, prefix: str = "", test: str = "t10k"
) -> dict[str, bytes]:
    return {
        f"{prefix}{part}-{what}-ubyte.gz": gzip.compress(idx(array))
        for part in ("train", test)
        for what, array in (("images-idx3", images), ("labels-idx1", labels))
    }


def cifar(labels: int, names: str) -> bytes:
    """The binary version: labels, then the planes of red, green and blue."""
    random = np.random.default_rng(0)
    records = random.integers(0, 256, (20, labels + 3072), np.uint8)
    records[:, :labels] = (np.arange(20) % 10)[:, None]
    buffer = io.BytesIO()
    files = {
        "batches/test_batch.bin": records,
        "batches/train.bin" if labels == 2 else "batches/data_batch_1.bin": records,
    }
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in (
            *((name, one.tobytes()) for name, one in files.items()),
            (names, NAMES.encode()),
        ):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


NAMES = "\n".join(f"class{number}" for number in range(10)) + "\n\n"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder, and says nothing of it."""

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def served(no_data, few, tmp_path, monkeypatch):
    """A mirror on this machine with small sets, whose checksums are these sets'."""
    images, labels = few
    files = idx_files(images, labels)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        for name, content in idx_files(
            images.transpose(0, 2, 1), labels + 1, "emnist-letters-", "test"
        ).items():
            packed.writestr(f"gzip/{name}", content)
    tens = {"cifar-10-binary.tar.gz": cifar(1, "batches/batches.meta.txt")}
    hundreds = {"cifar-100-binary.tar.gz": cifar(2, "batches/fine_label_names.txt")}
    root = tmp_path / "served"
    root.mkdir()
    sums = {name: hashlib.md5(content).hexdigest() for name, content in files.items()}
    monkeypatch.setattr(downloaded, "KMNIST_MD5", sums)
    monkeypatch.setattr(downloaded, "EMNIST_MD5", {"gzip.zip": hashlib.md5(buffer.getvalue()).hexdigest()})
    md5 = [
        {name: hashlib.md5(content).hexdigest() for name, content in one.items()} for one in (tens, hundreds)
    ]
    monkeypatch.setattr(downloaded, "CIFAR_MD5", dict(zip(("cifar10", "cifar100"), md5, strict=True)))
    for name, content in {**files, "gzip.zip": buffer.getvalue(), **tens, **hundreds}.items():
        (root / name).write_bytes(content)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(root))) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        for mirrors in ("KMNIST_MIRRORS", "EMNIST_MIRRORS", "CIFAR_MIRRORS"):
            monkeypatch.setattr(downloaded, mirrors, (f"http://127.0.0.1:{server.server_port}",))
        yield root
        server.shutdown()


SETS = {"kmnist": "o", "emnist-letters": "A", "cifar10": "class0", "cifar100": "class0"}


@pytest.mark.parametrize("name", SETS)
def test_each_is_fetched_once_with_its_checksum_and_has_its_makers_class_names(served, few, name):
    loaded = load(name)
    assert (loaded.name, loaded.classes, loaded.class_names[0], loaded.path) == (name, 10, SETS[name], None)
    if "mnist" in name:
        assert np.array_equal(loaded.train.whole()[..., 0], few[0])
    else:
        assert loaded.image_shape == (32, 32, 3)
        assert len(loaded.train) == len(loaded.test) == 20
    for file in served.iterdir():
        file.unlink()
    assert load(name).fingerprint == loaded.fingerprint, "from the cache"


def test_the_planes_of_cifar_are_the_channels(served):
    random = np.random.default_rng(0).integers(0, 256, (20, 3073), np.uint8)
    assert load("cifar10").train.whole()[0, 0, 0].tolist() == random[0, [1, 1025, 2049]].tolist()


@pytest.mark.parametrize("name", SETS)
def test_other_content_is_refused(served, name):
    for file in served.iterdir():
        file.write_bytes(file.read_bytes() + b"more")
    with pytest.raises(DownloadError, match="sent other content than its MD5 says") as caught:
        load(name)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("above", ["kmnist", "KMNIST/raw"])
def test_what_lies_in_inklens_data_is_read(few, tmp_path, monkeypatch, above):
    (tmp_path / above).mkdir(parents=True)
    for name, content in idx_files(*few).items():
        (tmp_path / above / name).write_bytes(content)
    monkeypatch.setenv("INKLENS_DATA", str(tmp_path))
    assert load("kmnist").class_names[:2] == ("o", "ki")


def test_files_that_a_killed_process_did_not_fetch_are_fetched(served, cache):
    whole = load("kmnist").fingerprint
    (cache / "kmnist/train-labels-idx1-ubyte.gz").unlink()
    assert load("kmnist").fingerprint == whole
