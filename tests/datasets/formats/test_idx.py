import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import load
from inklens.datasets.formats.idx import read_idx_folder
from inklens.datasets.layout.idx_files import idx_pairs
from inklens.errors import DataError


def images_idx(images: np.ndarray) -> bytes:
    return struct.pack(">4I", 2051, *images.shape) + images.tobytes()


def labels_idx(labels: np.ndarray) -> bytes:
    return struct.pack(">2I", 2049, len(labels)) + labels.astype(np.uint8).tobytes()


@pytest.fixture
def folder(tmp_path: Path, few) -> Path:
    """A folder with a training pair of 100 and a test pair of 20 real digits, not compressed."""
    images, labels = few
    (tmp_path / "train-images-idx3-ubyte").write_bytes(images_idx(images))
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels_idx(labels))
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(images_idx(images[::5]))
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(labels_idx(labels[::5]))
    return tmp_path


def test_a_folder_of_idx_files_is_read_to_the_byte(folder, few):
    data = load(folder)
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert np.array_equal(data.train.labels, few[1])
    assert len(data.test) == 20
    assert (data.kind, data.spec.framing) == ("writing", "ink")
    assert load(folder, kind="things").notes == ()


def test_compressed_files_and_other_spellings_are_read_too(folder, few):
    for path in list(folder.iterdir()):
        name = path.name.replace("-idx", ".idx").replace("t10k", "my-test") + ".gz"
        (folder / name).write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
    data = load(folder)
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert len(data.test) == 20


def test_a_file_that_was_unpacked_but_is_still_called_gz_is_read(folder):
    (folder / "t10k-images-idx3-ubyte").rename(folder / "t10k-images-idx3-ubyte.gz")
    assert len(load(folder).test) == 20


def test_without_a_test_pair_a_stratified_fifth_is_held_out_and_said(folder):
    (folder / "t10k-images-idx3-ubyte").unlink()
    data = load(folder, seed=4, kind="writing")
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    assert data.notes == ("no test part of its own: 20 images are held out for it (seed 4)",)


def damaged_gz(content: bytes) -> bytes:
    packed = bytearray(gzip.compress(content))
    packed[-6] ^= 255  # of its checksum
    return bytes(packed)


def one_fewer(content: bytes) -> bytes:
    return images_idx(np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)[:-1])


DAMAGES = {
    "wrong magic": (
        lambda content: struct.pack(">I", 2052) + content[4:],
        "starts with the magic number 2052; expected 2051, an IDX file of images: get it anew",
    ),
    "short body": (
        lambda content: content[:-1],
        "holds 78,399 bytes after its header; expected 100 x 28 x 28 = 78,400",
    ),
    "long body": (lambda content: content + b"x", "holds 78,401 or more bytes after its header"),
    "bomb": (
        lambda content: gzip.compress(content + bytes(50_000_000), 1),
        "holds 78,401 or more bytes after its header",
    ),
    "short header": (lambda content: content[:10], "has 10 bytes; expected an IDX header of 16"),
    "empty": (lambda content: b"", "has 0 bytes"),
    "boundless": (
        lambda content: struct.pack(">4I", 2051, *[2**32 - 1] * 3) + content[16:],
        "asks for 4294967295 x 4294967295 x 4294967295 = .* at most 8,589,934,592",
    ),
    "gz cut short": (lambda content: gzip.compress(content)[:-100], "is cut short or damaged"),
    "gz damaged": (damaged_gz, "is cut short or damaged"),
    "fewer images": (one_fewer, "holds 99 images and train-labels-idx1-ubyte 100 labels"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_is_refused_by_its_name_in_one_line(folder, damage):
    path = folder / "train-images-idx3-ubyte"
    damaged, said = DAMAGES[damage]
    path.write_bytes(damaged(path.read_bytes()))
    with pytest.raises(DataError, match=said) as caught:
        load(folder)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_labels_that_count_from_one_are_allowed_and_noted(folder, few):
    for name, labels in (("train", few[1]), ("t10k", few[1][::5])):
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(labels_idx(labels + 1))
    data = load(folder, kind="writing")
    assert data.classes == 11
    assert data.notes == ("no training image has the label 0",)


def test_a_run_can_find_the_folder_again(folder, monkeypatch):
    monkeypatch.chdir(folder.parent)
    assert load(folder.name).path == str(folder.resolve())


@pytest.mark.parametrize(
    ("gone", "said"),
    [
        ("train-labels-idx1-ubyte", "no labels beside it; expected train-labels-idx1-ubyte or"),
        ("train-images-idx3-ubyte", "holds test images only"),
    ],
)
def test_a_training_pair_that_is_not_whole_is_refused(folder, gone, said):
    (folder / gone).unlink()
    with pytest.raises(DataError, match=said):
        load(folder)


def test_two_training_sets_in_one_folder_are_refused(folder):
    for file in ("images-idx3", "labels-idx1"):
        (folder / f"other-train-{file}-ubyte").touch()
    with pytest.raises(DataError, match="holds several sets, files without a name, other; expected one"):
        load(folder)


def test_a_wrong_checksum_is_refused(folder):
    with pytest.raises(DataError, match="other content than its SHA-256 says; expected abc"):
        read_idx_folder(folder, name="x", seed=0, checksums={"train-images-idx3-ubyte": "abc"})


def test_a_folder_without_idx_files_has_no_pairs(tmp_path):
    (tmp_path / "images.txt").touch()
    assert idx_pairs(tmp_path) == {}


@pytest.mark.parametrize("above", ["MNIST/raw", "raw", "archive/data"])
def test_files_in_folders_of_other_tools_are_found(folder, few, above):
    """As torchvision and others unpack them."""
    (folder / "set" / above).mkdir(parents=True)
    for path in folder.glob("*ubyte"):
        path.rename(folder / "set" / above / path.name)
    data = load(folder / "set")
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert len(data.test) == 20


@pytest.mark.parametrize("twice", [False, True])
def test_files_inside_folders_of_their_own_name_are_found(folder, few, twice):
    """As Kaggle's archive of MNIST has them, some of them twice."""
    for path in list(folder.glob("*ubyte")):
        content = path.read_bytes()
        path.unlink()
        path.mkdir()
        (path / path.name).write_bytes(content)
        if twice:
            (folder / path.name.replace("-idx", ".idx")).write_bytes(content)
    data = load(folder)
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert np.array_equal(data.train.labels, few[1])
    assert len(data.test) == 20


def test_of_several_sets_in_a_folder_one_is_given_by_a_file_of_it(folder, few):
    for path in list(folder.glob("*ubyte")):
        (folder / f"my-{path.name}").write_bytes(path.read_bytes())
    with pytest.raises(DataError, match="holds several sets, files without a name, my; expected one"):
        load(folder)
    data = load(folder / "my-train-images-idx3-ubyte")
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert load(data.path).fingerprint == data.fingerprint


def renamed(folder: Path, prefix: str, shift: int = 0, swapped: bool = True) -> None:
    """The files as EMNIST's: rows and columns swapped, under its names."""
    for path in list(folder.glob("*ubyte")):
        content = path.read_bytes()
        if "images" in path.name:
            images = np.frombuffer(content, np.uint8, offset=16).reshape(-1, 28, 28)
            content = images_idx(images.transpose(0, 2, 1) if swapped else images)
        else:
            content = labels_idx(np.frombuffer(content, np.uint8, offset=8) + shift)
        path.unlink()
        (folder / f"{prefix}{path.name.replace('t10k', 'test')}").write_bytes(content)


@pytest.mark.parametrize("prefix", ["emnist-digits-", "emnist-mnist-", ""])
def test_emnists_digits_are_turned_by_their_name_or_by_a_look_and_that_is_said(folder, few, prefix):
    renamed(folder, prefix)
    data = load(folder)
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert data.class_names == tuple("0123456789")
    assert data.notes[0] == "rows and columns of the images are swapped back, as EMNIST's files have them"


def test_what_somebody_turned_already_stays(folder, few):
    renamed(folder, "emnist-digits-", swapped=False)
    data = load(folder, kind="writing")
    assert np.array_equal(data.train.whole()[..., 0], few[0])
    assert data.notes == ()


def test_emnists_letters_are_called_a_to_z_though_they_count_from_one(folder):
    renamed(folder, "emnist-letters-", shift=1)
    data = load(folder)
    assert data.class_names == tuple("ABCDEFGHIJ")
    assert np.bincount(data.train.labels).tolist() == [10] * 10


def test_emnists_balanced_classes_have_the_authors_names(folder):
    renamed(folder, "emnist-balanced-", shift=37)
    path = folder / "emnist-balanced-train-labels-idx1-ubyte"
    path.write_bytes(labels_idx(np.arange(100) % 47))
    names = load(folder).class_names
    assert "".join(names) == "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabdefghnqrt"


def test_clothes_are_not_turned(folder):
    """Fashion-MNIST has ten classes too."""
    noise = np.random.default_rng(0).integers(0, 256, (100, 28, 28), np.uint8)
    (folder / "train-images-idx3-ubyte").write_bytes(images_idx(noise))
    assert np.array_equal(load(folder).train.whole()[..., 0], noise)


def test_black_writing_on_white_paper_is_not_turned(folder, few):
    """The difference from a swapped form has the other sign there."""
    (folder / "train-images-idx3-ubyte").write_bytes(images_idx(255 - few[0]))
    data = load(folder, framing="pad")
    assert np.array_equal(data.train.whole()[..., 0], 255 - few[0])
    (folder / "train-images-idx3-ubyte").write_bytes(images_idx(255 - few[0].transpose(0, 2, 1)))
    assert np.array_equal(load(folder, framing="pad").train.whole()[..., 0], 255 - few[0])
