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
        ({"pictures": np.zeros(3)}, r"holds pictures \(3,\); expected images and labels, or x_train"),
        ({"x_train": np.zeros((9, 8, 8))}, r"holds x_train \(9, 8, 8\); expected"),
        ({"images": np.zeros((9, 64)), "labels": np.zeros(9, int)}, "images of one class only"),
        ({"images": np.zeros((9, 8, 8, 4)), "labels": np.zeros(9, int)}, r"images of shape \(9, 8, 8, 4\)"),
        ({"images": np.zeros((9, 8, 8)), "labels": np.zeros((9, 10))}, "or one-hot rows"),
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
            "no training image with the label 3, 4, 5, 6, 7 and 72 more; expected most of 0 to 80",
        ),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, arrays, said):
    with pytest.raises(DataError, match=said) as caught:
        load(saved(tmp_path, **arrays))
    assert "\n" not in str(caught.value)


USUAL = {
    "medmnist": {"train_images": 0, "train_labels": 0, "val_images": 1, "val_labels": 1,
                 "test_images": 2, "test_labels": 2},
    "keras": {"x_train": 0, "y_train": 0, "x_test": 2, "y_test": 2},
    "sklearn": {"X_train": 0, "y_train": 0, "X_test": 2, "y_test": 2},
    "other order": {"train_x": 0, "train_y": 0, "test_x": 2, "test_y": 2},
    "camel": {"trainImages": 0, "trainLabels": 0, "validImages": 1, "validLabels": 1},
    "data, target": {"data": 0, "target": 0},
    "X, y": {"X": 0, "y": 0},
    "odd names": {"pictures": 0, "numbers": 0},
    "np.savez without names": {"arr_0": 0, "arr_1": 0, "arr_2": 2, "arr_3": 2},
}  # fmt: skip


def thirds(few, keys) -> dict[str, np.ndarray]:
    """Arrays under these keys: of the first, second or last third of a hundred digits in random order."""
    order = np.random.default_rng(0).permutation(100)
    images, labels = few[0][order], few[1][order]
    arrays, seen = {}, set()
    for key, third in keys.items():
        rows = np.s_[:60] if third == 0 else np.s_[60:80] if third == 1 else np.s_[80:]
        arrays[key] = labels[rows] if third in seen else images[rows]
        seen ^= {third}
    return arrays


@pytest.mark.parametrize("name", USUAL)
def test_every_usual_name_of_arrays_is_known(tmp_path, few, name):
    keys = USUAL[name]
    loaded = load(saved(tmp_path, **thirds(few, keys)), kind="things", hold_out=False)
    sizes = {part: len(split) for part, split in loaded.parts.items() if len(split)}
    expected = {"train": 60, "validation": 20, "test": 20}
    there = ["train", "validation", "test"]
    assert sizes == {part: expected[part] for number, part in enumerate(there) if number in keys.values()}
    for image, label in zip(loaded.train.whole()[..., 0], loaded.train.labels, strict=True):
        (place,) = np.flatnonzero((few[0] == image).all(axis=(1, 2)))
        assert few[1][place] == label


@pytest.mark.parametrize(
    "names",
    [
        (
            "kmnist-train-imgs.npz",
            "kmnist-train-labels.npz",
            "kmnist-test-imgs.npz",
            "kmnist-test-labels.npz",
        ),
        ("x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"),
        ("train_images.npy", "train_labels.npy", "test_images.npy", "test_labels.npy"),
    ],
)
def test_one_array_in_each_of_several_files_is_one_data_set(tmp_path, few, names):
    arrays = thirds(few, USUAL["keras"])
    for name, array in zip(names, arrays.values(), strict=True):
        (np.savez if name.endswith("z") else np.save)(tmp_path / name, array)
    loaded = load(tmp_path / names[0], kind="things")
    assert [len(split) for split in loaded.parts.values()] == [60, 20]
    assert np.array_equal(loaded.train.labels, arrays["y_train"])
    assert load(tmp_path, kind="things").fingerprint == loaded.fingerprint, "the folder of them"


@pytest.mark.parametrize(
    "labels",
    [
        lambda labels: np.eye(10)[labels],
        lambda labels: np.eye(10, dtype=bool)[labels],
        lambda labels: np.eye(10, dtype=np.uint8)[labels],
        lambda labels: labels.astype(np.float32),
        lambda labels: labels[:, None].astype(np.float64),
    ],
    ids=["one-hot", "booleans", "bytes", "floats", "a column of floats"],
)
def test_labels_are_read_in_every_usual_form(tmp_path, few, labels):
    loaded = load(saved(tmp_path, images=few[0], labels=labels(few[1])), hold_out=False)
    assert np.array_equal(loaded.train.labels, few[1])


@pytest.mark.parametrize(
    "shaped",
    [
        lambda images: images.reshape(100, 784),
        lambda images: images[:, None],
        lambda images: images[..., None],
    ],
    ids=["flat", "channels first", "channels last"],
)
def test_images_are_read_in_every_usual_shape(tmp_path, few, shaped):
    loaded = load(saved(tmp_path, images=shaped(few[0]), labels=few[1]), hold_out=False, kind="things")
    assert np.array_equal(loaded.train.whole()[..., 0], few[0])


def test_names_of_the_classes_are_taken_and_other_arrays_are_named(tmp_path, few):
    names = np.array([f"digit {label}" for label in range(10)])
    path = saved(tmp_path, images=few[0], labels=few[1], class_names=names, weights=np.zeros((3, 3)))
    loaded = load(path)
    assert loaded.class_names == tuple(names)
    assert loaded.notes[0] == "not used: weights"


def test_an_array_that_python_2_wrote_is_read_without_a_word(tmp_path, few):
    np.save(tmp_path / "x.npy", few[0])
    np.save(tmp_path / "y.npy", few[1])
    content = (tmp_path / "x.npy").read_bytes()
    old = content.replace(b", 28, 28), }  ", b", 28L, 28L), }", 1)
    (tmp_path / "x.npy").write_bytes(old)
    assert old != content
    assert len(load(tmp_path / "x.npy", hold_out=False, kind="writing").train) == len(few[0])


def test_a_file_that_is_no_npz_or_cut_short_is_refused(tmp_path, few):
    path = saved(tmp_path, images=few[0], labels=few[1])
    cut_short = path.read_bytes()[:-200]
    for content in (b"", b"no zip at all", b"PK\x03\x04 cut short", cut_short, b"\x93NUMPY\x01\x00"):
        path.write_bytes(content)
        with pytest.raises(DataError, match=r"expected an \.npz file with images and labels"):
            load(path)


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


def pairs(data) -> set[tuple[str, bytes]]:
    whole = data.part("all")
    return {
        (data.class_names[label], image.tobytes())
        for image, label in zip(whole.whole(), whole.labels, strict=True)
    }


def expected(few) -> set[tuple[str, bytes]]:
    return {(str(label), image.tobytes()) for image, label in zip(*few, strict=True)}


@pytest.mark.parametrize(
    "others",
    [
        lambda images: {"ids": np.arange(100)},
        lambda images: {"patient": np.arange(100) % 4},
        lambda images: {"masks": 255 - images},
        lambda images: {"names": np.array([f"{number}.png" for number in range(100)])},
    ],
    ids=["ids", "patients", "masks", "names of files"],
)
def test_arrays_that_are_called_images_and_labels_go_before_others(tmp_path, few, others):
    images, labels = few
    other = others(images)
    data = load(saved(tmp_path, **other, images=images, labels=labels), framing="pad")
    assert pairs(data) == expected(few)
    assert f"not used: {next(iter(other))}" in data.notes


def test_of_two_arrays_that_may_be_the_labels_none_is_guessed(tmp_path, few):
    path = saved(tmp_path, patient=np.arange(100) % 4, bilder=few[0], ziffern=few[1])
    with pytest.raises(DataError, match=r"of which patient and ziffern may be the labels; .* one labels"):
        load(path)


@pytest.mark.parametrize("order", ["labels first", "scikit-learn"])
def test_arrays_without_names_are_known_by_their_axes(tmp_path, few, order):
    images, labels = few
    if order == "labels first":
        np.savez(tmp_path / "set.npz", labels, images)
    else:  # as train_test_split gives them
        test = np.arange(100) % 5 == 0
        np.savez(tmp_path / "set.npz", images[~test], images[test], labels[~test], labels[test])
    data = load(tmp_path / "set.npz", framing="pad")
    assert pairs(data) == expected(few)
    assert len(data.test) == 20


@pytest.mark.parametrize(
    ("scaled", "said"),
    [
        (lambda images: images / 255 - 0.13, "from -0.13 to 0.87; expected .* undo their standardisation"),
        (lambda images: images / 255 - 0.5, "from -0.5 to 0.5; expected"),
        (lambda images: (images // 16).astype(float), "up to 15, where 255 is white"),
        (lambda images: images.astype(np.uint16) * 16, "up to 4080, where 65535 is white; .*255 / 4080"),
    ],
    ids=["mean taken off", "half taken off", "4 bits", "12 bits"],
)
def test_values_of_another_range_are_refused_with_what_to_do(tmp_path, few, scaled, said):
    with pytest.raises(DataError, match=said) as caught:
        load(saved(tmp_path, images=scaled(few[0]), labels=few[1]))
    assert "\n" not in str(caught.value)


def test_flat_colour_images_are_read_in_the_order_that_they_have(tmp_path, few):
    colours = np.stack([few[0], 255 - few[0], few[0] // 2], axis=-1)
    whole = {image.tobytes() for image in colours}
    for order, said in (((0, 1, 2, 3), False), ((0, 3, 1, 2), True)):
        path = saved(tmp_path, data=colours.transpose(order).reshape(100, -1), labels=few[1])
        data = load(path, kind="things")
        assert {image.tobytes() for image in data.part("all").whole()} == whole
        assert any("three planes" in note for note in data.notes) == said


@pytest.mark.parametrize("name", ["emnist-digits.npz", "set.npz"])
def test_digits_with_rows_and_columns_swapped_are_turned(tmp_path, few, name):
    np.savez(tmp_path / name, images=few[0].transpose(0, 2, 1), labels=few[1])
    data = load(tmp_path / name, framing="pad")
    assert pairs(data) == expected(few)
    assert any(note.startswith("rows and columns of the images are swapped back") for note in data.notes)


def test_ten_other_signs_are_not_turned_though_they_are_numbered_as_digits(tmp_path, few):
    other = np.array([1, 2, 3, 4, 5, 6, 7, 8, 9, 0])[few[1]]
    for images in (few[0], few[0].transpose(0, 2, 1)):
        data = load(saved(tmp_path, images=images, labels=other), framing="pad")
        assert {image.tobytes() for image in data.part("all").whole()} == {
            np.ascontiguousarray(image).tobytes() for image in images
        }
