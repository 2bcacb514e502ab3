"""Images as rows of a table, as Kaggle ships them, and as pandas and pyarrow write them."""

import numpy as np
import pandas as pd
import pytest

from inklens.datasets import load
from inklens.datasets.formats.tables import Table
from inklens.errors import DataError


@pytest.fixture
def frame(few) -> pd.DataFrame:
    """A hundred real digits as Kaggle's digit recogniser has them: label, pixel0 to pixel783."""
    images, labels = few
    order = np.random.default_rng(0).permutation(100)
    table = pd.DataFrame(images[order].reshape(100, 784)).add_prefix("pixel")
    table.insert(0, "label", labels[order])
    return table


def pixels(loaded) -> set[tuple[int, bytes]]:
    """Label and image of each, as the loader keeps them before they are framed."""
    whole = loaded.part("all")
    return set(zip(whole.labels.tolist(), (image.tobytes() for image in whole.whole()), strict=True))


@pytest.fixture
def expected(few) -> set[tuple[int, bytes]]:
    return set(zip(few[1].tolist(), (image.tobytes() for image in few[0]), strict=True))


def named_by_grid(frame):
    names = [f"{row}x{column}" for row in range(1, 29) for column in range(1, 29)]
    return frame.set_axis(["label", *names], axis=1)


WRITTEN = {
    "kaggle.csv": lambda frame, path: frame.to_csv(path, index=False),
    "index.csv": lambda frame, path: frame.to_csv(path),
    "grid.csv": lambda frame, path: named_by_grid(frame).to_csv(path, index=False),
    "no-header.csv": lambda frame, path: frame.to_csv(path, index=False, header=False),
    "numbered.csv": lambda frame, path: frame.set_axis(range(785), axis=1).to_csv(path, index=False),
    "last.csv": lambda frame, path: frame[[*frame.columns[1:], "label"]].to_csv(path, index=False),
    "last-no-header.csv": lambda frame, path: frame[[*frame.columns[1:], "label"]].to_csv(
        path, index=False, header=False
    ),
    "semicolons.csv": lambda frame, path: frame.to_csv(path, index=False, sep=";"),
    "tabs.tsv": lambda frame, path: frame.to_csv(path, index=False, sep="\t"),
    "packed.csv.gz": lambda frame, path: frame.to_csv(path, index=False),
    "bom.csv": lambda frame, path: frame.to_csv(path, index=False, encoding="utf-8-sig"),
    "floats.csv": lambda frame, path: frame.astype(float).to_csv(path, index=False),
    "shares.csv": lambda frame, path: pd.concat(
        [frame[["label"]], (frame.iloc[:, 1:] / 255).round(6)], axis=1
    ).to_csv(path, index=False),
    "one-text.csv": lambda frame, path: pd.DataFrame(
        {
            "emotion": frame["label"],
            "pixels": [" ".join(map(str, row)) for row in frame.iloc[:, 1:].to_numpy()],
        }
    ).to_csv(path, index=False),
    "lists.csv": lambda frame, path: pd.DataFrame(
        {"label": frame["label"], "image": [str(row.tolist()) for row in frame.iloc[:, 1:].to_numpy()]}
    ).to_csv(path, index=False),
    "sorted-columns.csv": lambda frame, path: frame.sort_index(axis=1).to_csv(path, index=False),
    "further-columns.csv": lambda frame, path: frame.assign(writer="w", age=3).to_csv(path, index=False),
    "unicode.csv": lambda frame, path: frame.to_csv(path, index=False, encoding="utf-16", sep="\t"),
    "plain.txt": lambda frame, path: frame.to_csv(path, index=False),
    "columns.parquet": lambda frame, path: frame.to_parquet(path),
    "lists.parquet": lambda frame, path: pd.DataFrame(
        {"label": frame["label"], "image": list(frame.iloc[:, 1:].to_numpy())}
    ).to_parquet(path),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_every_way_of_writing_them_gives_the_same_images_and_labels(frame, expected, tmp_path, name):
    WRITTEN[name](frame, tmp_path / name)
    loaded = load(tmp_path / name, framing="pad")
    assert loaded.class_names == tuple("0123456789")
    assert pixels(loaded) == expected
    assert (len(loaded.train), len(loaded.test)) == (80, 20)


def test_the_test_file_beside_it_is_the_test_part(frame, tmp_path):
    frame[:60].to_csv(tmp_path / "mnist_train.csv", index=False)
    frame[60:].to_csv(tmp_path / "mnist_test.csv", index=False)
    frame.to_csv(tmp_path / "other_test.csv", index=False)
    loaded = load(tmp_path / "mnist_train.csv")
    assert (len(loaded.train), len(loaded.test)) == (60, 40)
    (tmp_path / "other_test.csv").unlink()
    assert load(tmp_path).fingerprint == loaded.fingerprint, "the folder of both"
    assert len(load(tmp_path / "mnist_test.csv", hold_out=False).train) == 40, "itself alone"


def test_kaggles_test_file_without_labels_is_left_out_and_that_is_said(frame, tmp_path):
    frame.to_csv(tmp_path / "train.csv", index=False)
    frame.drop(columns="label").to_csv(tmp_path / "test.csv", index=False)
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n")
    for given in (tmp_path, tmp_path / "train.csv"):
        loaded = load(given)
        assert (len(loaded.train), len(loaded.test)) == (80, 20)
        assert loaded.notes[0] == "test.csv has no labels and is left out: give it to inklens predict"
    with pytest.raises(
        DataError, match=r"test\.csv has no label column \(pixel0, .*give the file to inklens p"
    ):
        load(tmp_path / "test.csv")


def test_a_column_may_say_which_part_a_row_belongs_to(frame, tmp_path):
    """As fer2013.csv does."""
    frame["Usage"] = ["Training"] * 60 + ["PublicTest"] * 20 + ["PrivateTest"] * 20
    frame.to_csv(tmp_path / "faces.csv", index=False)
    loaded = load(tmp_path / "faces.csv")
    assert {part: len(split) for part, split in loaded.parts.items()} == {
        "train": 60,
        "test": 20,
        "validation": 20,
    }


def test_labels_may_be_names_and_numbers_may_have_gaps(frame, tmp_path):
    """As in Sign Language MNIST, whose 24 classes have no 9 (J moves)."""
    frame["label"] = frame["label"].replace({9: 24})
    frame.to_csv(tmp_path / "signs.csv", index=False)
    assert load(tmp_path / "signs.csv").class_names == (*"012345678", "24")
    frame["label"] = frame["label"].map(lambda label: f"sign {label}")
    frame.to_csv(tmp_path / "signs.csv", index=False, header=False)
    assert load(tmp_path / "signs.csv").class_names == (*(f"sign {label}" for label in range(9)), "sign 24")


def test_colour_pixels_are_read_as_rgb(tmp_path):
    """As in HMNIST's hmnist_28_28_RGB.csv: 2,352 columns, the label last."""
    colours = np.random.default_rng(0).integers(0, 256, (20, 8, 8, 3), np.uint8)
    table = pd.DataFrame(colours.reshape(20, -1)).add_prefix("pixel")
    table["label"] = np.arange(20) % 2
    table.to_csv(tmp_path / "skin.csv", index=False)
    loaded = load(tmp_path / "skin.csv")
    assert loaded.image_shape == (8, 8, 3)
    assert {image.tobytes() for image in loaded.part("all").whole()} == {image.tobytes() for image in colours}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "has no columns; expected a CSV file of images"),
        ("just text\n", "has no columns"),
        ("label,pixel0\n", "has a header but no rows"),
        ("label,a,b\n1,2,3\n", "names no image beside it"),
        (
            "label," + ",".join(f"p{i}" for i in range(64)) + "\n0" + ",1" * 63 + "\n",
            "65 columns in its first row and 64",
        ),
        ("label," + ",".join(f"p{i}" for i in range(64)) + "\n0" + ",x" * 64 + "\n", "that are no numbers"),
        ("label," + ",".join(f"p{i}" for i in range(64)) + "\n" + ",1" * 64 + "\n", "no label in row 1"),
        (
            "label," + ",".join(f"p{i}" for i in range(64)) + ("\n0" + ",300" * 64) * 9,
            "from 300 to 300; expected",
        ),
        ("\0\1\2,\0", "holds null bytes"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, text, said):
    (tmp_path / "set.csv").write_text(text)
    with pytest.raises(DataError, match=said) as caught:
        load(tmp_path / "set.csv")
    assert "\n" not in str(caught.value)


def test_text_that_is_no_utf_8_is_refused(tmp_path):
    """As Excel saves a CSV file in Germany."""
    (tmp_path / "set.csv").write_bytes("label,größe\n1,2\n".encode("cp1252"))
    with pytest.raises(DataError, match=r"is no text in UTF-8 .*Windows-1252; expected UTF-8.*\"CSV UTF-8\""):
        load(tmp_path / "set.csv")


def test_without_a_header_the_label_of_one_class_is_the_first_column(frame, tmp_path):
    sevens = frame[frame["label"] == 7]
    sevens.to_csv(tmp_path / "sevens.csv", index=False, header=False)
    loaded = load(tmp_path / "sevens.csv", hold_out=False)
    assert loaded.class_names == ("7",)
    assert (loaded.image_shape, len(loaded.train)) == ((28, 28, 1), 10)


def test_decimal_pixels_are_not_taken_for_names_of_files(frame, tmp_path, monkeypatch):
    pixels = frame.iloc[:, 1:] / 255
    pixels.insert(0, "label", frame["label"])
    pixels.to_csv(tmp_path / "train.csv", index=False)
    read = []
    texts = Table.texts
    monkeypatch.setattr(Table, "texts", lambda *given: read.append(given[1]) or texts(*given))
    assert len(load(tmp_path).part("all")) == 100
    assert set(read) == {"label"}, "each other column would be a pass through the whole file"


def test_columns_that_are_neither_pixels_nor_labels_are_named(frame, tmp_path):
    frame.assign(class_name="x", writer=7).to_csv(tmp_path / "set.csv", index=False)
    assert "not used: class_name, writer" in load(tmp_path / "set.csv").notes


@pytest.mark.parametrize("flag", ["is_training", "in_test_set", "is_valid"])
def test_a_column_of_ones_and_zeros_may_say_the_part(frame, tmp_path, flag):
    ones = np.arange(100) < (60 if flag == "is_training" else 40)
    frame.assign(**{flag: ones if flag == "is_valid" else ones.astype(int)}).to_csv(tmp_path / "set.csv")
    loaded = load(tmp_path / "set.csv", hold_out=False)
    part = "validation" if flag == "is_valid" else "test"
    assert {name: len(split) for name, split in loaded.parts.items() if len(split)} == {"train": 60, part: 40}


def test_a_column_that_seems_to_say_the_part_and_is_not_understood_is_named(frame, tmp_path):
    frame.assign(split=np.arange(100) % 6).to_csv(tmp_path / "set.csv", index=False)
    note = "the column split is not used (0, 1, 2, 3, ...); expected train, validation and test"
    assert note in load(tmp_path / "set.csv").notes


@pytest.mark.parametrize("most", [16, 15, 63])
def test_pixels_of_another_range_are_refused_and_not_learnt_dark(frame, tmp_path, most):
    """As in the 8x8 digits of scikit-learn, from 0 to 16."""
    pixels = (frame.iloc[:, 1:].astype(int) * most / 255).round().astype(int)
    pixels.insert(0, "label", frame["label"])
    pixels.to_csv(tmp_path / "set.csv", index=False)
    with pytest.raises(DataError, match=rf"pixels up to {most}, where 255 is white; .*\(255 / {most}\)"):
        load(tmp_path / "set.csv")


def test_colours_one_after_another_are_read_as_such_and_that_is_said(few, tmp_path):
    """As the rows of CIFAR-10's files have them."""
    colours = np.stack([few[0], 255 - few[0], few[0] // 2], axis=1)
    table = pd.DataFrame(colours.reshape(100, -1)).add_prefix("pixel")
    table.insert(0, "label", few[1])
    table.to_csv(tmp_path / "set.csv", index=False)
    loaded = load(tmp_path / "set.csv", kind="things")
    assert {image.tobytes() for image in loaded.part("all").whole()} == {
        np.ascontiguousarray(image).tobytes() for image in colours.transpose(0, 2, 3, 1)
    }
    assert any("three planes, red, green and blue" in note for note in loaded.notes)


@pytest.mark.parametrize(
    ("name", "first", "names"),
    [
        ("emnist-digits-train.csv", 0, "0123456789"),
        ("emnist-letters-train.csv", 1, "ABCDEFGHIJ"),
        ("train.csv", 0, "0123456789"),
    ],
)
def test_emnists_tables_are_turned_upright_by_their_name_or_by_a_look(
    frame, few, tmp_path, name, first, names
):
    """Kaggle's emnist-balanced-train.csv and others have rows and columns swapped, and no header."""
    images = frame.iloc[:, 1:].to_numpy().reshape(100, 28, 28).transpose(0, 2, 1)
    table = pd.DataFrame(images.reshape(100, -1))
    table.insert(0, "label", frame["label"] + first)
    table.to_csv(tmp_path / name, index=False, header=False)
    loaded = load(tmp_path / name, framing="pad")
    assert loaded.class_names == tuple(names)
    assert {image.tobytes() for image in loaded.part("all").whole()} == {image.tobytes() for image in few[0]}
    assert any(note.startswith("rows and columns of the images are swapped back") for note in loaded.notes)


def test_things_are_not_turned(tmp_path):
    """Ten classes of stripes, which lie as a look finds them."""
    images = np.tile(np.arange(28, dtype=np.uint8) * 9, (40, 28, 1))
    table = pd.DataFrame(images.reshape(40, -1)).add_prefix("pixel")
    table.insert(0, "label", np.arange(40) % 10)
    table.to_csv(tmp_path / "train.csv", index=False)
    assert np.array_equal(load(tmp_path / "train.csv", kind="things").train.whole()[0, ..., 0], images[0])


@pytest.mark.parametrize("last", [False, True])
def test_without_a_header_the_label_is_the_end_that_is_unlike_the_pixel_beside_it(tmp_path, last):
    """Pixels in the corners of photos differ from one to the next, as labels do."""
    random = np.random.default_rng(0)
    shades = np.linspace(0, 40, 64).reshape(8, 8)
    photos = (random.integers(0, 200, (60, 1, 1)) + shades + random.integers(0, 9, (60, 8, 8))).astype(
        np.uint8
    )
    table = pd.DataFrame(photos.reshape(60, 64))
    table.insert(64 if last else 0, "label", np.arange(60) % 10)
    table.to_csv(tmp_path / "photos.csv", index=False, header=False)
    loaded = load(tmp_path / "photos.csv", kind="things")
    assert loaded.class_names == tuple("0123456789")
    assert {image.tobytes() for image in loaded.part("all").whole()} == {image.tobytes() for image in photos}
