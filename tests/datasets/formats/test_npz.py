import zipfile
from pathlib import Path

import numpy as np
import pytest

from inklens.datasets import load
from inklens.errors import DataError, OptionError


def saved(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "set.npz", **arrays)
    return folder / "set.npz"


def test_images_and_labels_are_read_and_a_fifth_held_out(tmp_path, few):
    images, labels = few
    data = load(saved(tmp_path, images=images, labels=labels))
    assert (len(data.train), len(data.test)) == (80, 20)
    assert np.bincount(data.test.labels).tolist() == [2] * 10
    assert data.name == "set"
    assert data.path == str((tmp_path / "set.npz").resolve())


def test_without_holding_out_all_images_are_the_training_part_in_their_order(tmp_path, few):
    images, labels = few
    path = saved(tmp_path, images=images, labels=labels)
    whole = load(path, kind="things", hold_out=False)
    assert np.array_equal(whole.part("all").whole()[..., 0], images)
    assert whole.part("all").labels.tolist() == labels.tolist()
    for seed in (0, 3):
        held_out = load(path, kind="things", seed=seed)
        assert whole.with_test_part(seed).fingerprint == held_out.fingerprint


@pytest.mark.parametrize("seed", [-1, 0.5, "0"])
def test_a_seed_that_is_none_is_refused_in_words(tmp_path, few, seed):
    images, labels = few
    path = saved(tmp_path, images=images, labels=labels)
    with pytest.raises(OptionError, match="expected a whole number, 0 or more"):
        load(path, seed=seed)


def test_the_arrays_of_keras_keep_their_own_test_part(tmp_path, few):
    images, labels = few
    path = saved(
        tmp_path, x_train=images / 255, y_train=labels[:, None], x_test=images[::5] / 255, y_test=labels[::5]
    )
    data = load(path, kind="things")
    assert np.array_equal(data.train.whole()[..., 0], images)
    assert np.array_equal(data.test.labels, labels[::5])
    assert data.notes == ()


@pytest.mark.parametrize("dtype", [str, bytes])
def test_labels_that_are_text_name_the_classes_in_the_order_of_folders(tmp_path, few, dtype):
    images, labels = few
    texts = np.array([f"c{12 - label}" for label in labels])
    data = load(saved(tmp_path, images=images, labels=texts.astype(dtype)), kind="things")
    assert data.class_names == tuple(f"c{number}" for number in range(3, 13))
    for part in (data.train, data.test):
        for image, label in zip(part.whole()[..., 0], part.labels, strict=True):
            (place,) = np.flatnonzero((images == image).all(axis=(1, 2)))
            assert data.class_names[label] == texts[place]


def test_text_of_a_test_part_is_numbered_as_that_of_the_training_part(tmp_path, few):
    images, labels = few
    texts = labels.astype(str)
    path = saved(tmp_path, x_train=images, y_train=texts[:, None], x_test=images[50:60], y_test=texts[50:60])
    assert load(path).test.labels.tolist() == [5] * 10


@pytest.mark.parametrize(
    ("train", "test", "said"),
    [
        (["a", "b"], ["a", "d\x1b"], r"has the class 'd\\x1b' in its test part; expected .*, a, b: add"),
        (["a", "b"], [0, 1], "labels of type int64 beside others that are text; expected one type"),
        ([0, 1], ["a", "b"], "labels of type <U1; expected whole numbers from 0 on, or text"),
        (["a", " "], ["a", "a"], "holds the label ' '; expected a printable name"),
        (["a", "b\n"], ["a", "a"], r"holds the label 'b\\n'; expected a printable name"),
        ([b"a", b"\xff"], [b"a", b"a"], "labels that are no UTF-8 .*: save them as str"),
    ],
)
def test_text_that_names_no_classes_is_refused_in_one_line(tmp_path, train, test, said):
    images = np.zeros((2, 8, 8), np.uint8)
    path = saved(tmp_path, x_train=images, y_train=np.array(train), x_test=images, y_test=np.array(test))
    with pytest.raises(DataError, match=said) as caught:
        load(path)
    assert "\n" not in str(caught.value)


def test_colour_images_keep_their_channels(tmp_path):
    path = saved(tmp_path, images=np.zeros((10, 8, 9, 3), np.uint8), labels=np.arange(10) % 2)
    assert load(path).image_shape == (8, 9, 3)


@pytest.mark.parametrize(
    ("arrays", "said"),
    [
        ({"pictures": np.zeros(3)}, "holds pictures; expected images and labels, or x_train"),
        ({"x_train": np.zeros((9, 8, 8))}, "holds x_train; expected"),
        ({"images": np.zeros((9, 64)), "labels": np.zeros(9, int)}, r"images of shape \(9, 64\); expected"),
        ({"images": np.zeros((9, 8, 8, 4)), "labels": np.zeros(9, int)}, r"images of shape \(9, 8, 8, 4\)"),
        ({"images": np.zeros((9, 8, 8)), "labels": np.zeros((9, 10))}, "not one-hot"),
        ({"images": np.zeros((9, 8, 8)), "labels": np.zeros(8, int)}, r"labels of shape \(8,\) for 9 images"),
        ({"images": np.zeros((9, 8, 8)), "labels": np.arange(9) - 1}, "the label -1; expected whole numbers"),
        (
            {"images": np.full((9, 8, 8), 1.5), "labels": np.arange(9) % 2},
            r"set\.npz: float64 images from 1",
        ),
        (
            {"images": np.array([None] * 9), "labels": np.arange(9)},
            "Python objects as images, .*labels as integers or as text",
        ),
        (
            {"images": np.zeros((90, 8, 8)), "labels": np.array([0, 1] * 44 + [2, 80])},
            "no training image with the label 3, 4, 5, 6, 7 and 72 more; expected each of 0 to 80",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, arrays, said):
    with pytest.raises(DataError, match=said) as caught:
        load(saved(tmp_path, **arrays))
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_npz_or_cut_short_is_refused(tmp_path, few):
    path = saved(tmp_path, images=few[0], labels=few[1])
    cut_short = path.read_bytes()[:-200]
    for content in (b"", b"no zip at all", b"PK\x03\x04 cut short", cut_short, b"\x93NUMPY\x01\x00"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"expected an \.npz file with images and labels") as caught:
            load(path)
    assert "holds a single array" in str(caught.value)


def test_objects_as_labels_are_refused_without_advice_to_unpickle(tmp_path, few):
    path = saved(tmp_path, images=few[0], labels=np.array(list(map(str, few[1])), object))
    with pytest.raises(DataError, match="Python objects as labels") as caught:
        load(path)
    assert "allow_pickle" not in str(caught.value)


def test_an_array_that_would_unpack_to_more_than_8_gib_is_refused(tmp_path, few):
    path = saved(tmp_path, images=few[0], labels=few[1])
    with zipfile.ZipFile(path, "a") as archive:
        archive.getinfo("images.npy").file_size = 9 * 2**30
        archive.writestr("other.npy", b"")  # so that the directory is written anew, with that size
    with pytest.raises(
        DataError, match=r"holds images of 9,663,676,416 bytes; expected at most .* \(8 GiB\)"
    ):
        load(path)
