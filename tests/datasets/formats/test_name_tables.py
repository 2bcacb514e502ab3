"""Tables of file names and labels beside folders of images, as competitions and Hugging Face ship them."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from inklens.datasets import load
from inklens.errors import DataError


@pytest.fixture
def photos(tmp_path, few):
    """A hundred real digits in one folder, and a table of their names and labels."""
    images, labels = few
    (tmp_path / "images").mkdir()
    for number, image in enumerate(images):
        Image.fromarray(image).save(tmp_path / "images" / f"img_{number}.png")
    return pd.DataFrame({"id": [f"img_{number}" for number in range(100)], "label": labels})


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize(
    "named",
    [
        lambda name: name,
        lambda name: f"{name}.png",
        lambda name: f"images/{name}.png",
        lambda name: f"C:\\x\\{name}.png",
    ],
    ids=["stem", "name", "path", "another machine's path"],
)
def test_a_row_names_an_image_in_any_usual_way(photos, tmp_path, named, suffix):
    photos["id"] = photos["id"].map(named)
    path = tmp_path / f"labels{suffix}"
    photos.to_csv(path, index=False) if suffix == ".csv" else photos.to_parquet(path)
    loaded = load(path)
    assert loaded.class_names == tuple("0123456789")
    assert (len(loaded.train), len(loaded.test)) == (80, 20)
    assert load(tmp_path).fingerprint == loaded.fingerprint, "the folder of both"
    for split in (loaded.train, loaded.test):
        for position in range(0, len(split), 9):
            number = int(split.file(position).removeprefix("images/img_").removesuffix(".png"))
            assert split.labels[position] == photos["label"][number]


def test_a_table_without_a_header_is_read_too(photos, tmp_path):
    photos["id"] += ".png"
    photos.to_csv(tmp_path / "labels.csv", index=False, header=False)
    assert len(load(tmp_path).part("all")) == 100


def test_labels_may_be_one_column_for_each_class(photos, tmp_path):
    """As ISIC ships them."""
    hot = pd.concat(
        [photos["id"], pd.get_dummies(photos["label"].map("digit {}".format), dtype=float)], axis=1
    )
    hot.to_csv(tmp_path / "truth.csv", index=False)
    loaded = load(tmp_path / "truth.csv")
    assert loaded.class_names == tuple(f"digit {label}" for label in range(10))
    assert np.bincount(loaded.part("all").labels).tolist() == [10] * 10


def test_parts_may_be_a_column_or_a_folder_with_a_table_of_its_own(photos, tmp_path):
    """The second as Hugging Face's image folders have it."""
    photos["split"] = ["train", "train", "train", "val", "test"] * 20
    photos.to_csv(tmp_path / "labels.csv", index=False)
    column = load(tmp_path)
    assert [len(split) for split in column.parts.values()] == [60, 20, 20]
    for part, rows in photos.groupby("split"):
        (tmp_path / "hub" / part).mkdir(parents=True)
        for name in rows["id"]:
            (tmp_path / "images" / f"{name}.png").rename(tmp_path / "hub" / part / f"{name}.png")
        table = pd.DataFrame({"file_name": rows["id"] + ".png", "label": rows["label"]})
        table.to_csv(tmp_path / "hub" / part / "metadata.csv", index=False)
    hub = load(tmp_path / "hub")
    assert [len(split) for split in hub.parts.values()] == [60, 20, 20]


def test_missing_and_unnamed_files_are_counted(photos, tmp_path):
    photos.to_csv(tmp_path / "labels.csv", index=False)
    (tmp_path / "images" / "more.png").write_bytes((tmp_path / "images" / "img_9.png").read_bytes())
    (tmp_path / "images" / "img_3.png").unlink()
    (tmp_path / "images" / ".hidden.png").touch()
    notes = load(tmp_path).notes
    assert notes[0] == "1 of 100 files that labels.csv names are not there: img_3"
    assert notes[1] == "passed over: 1 hidden, 1 images that no row names"


def test_class_folders_beside_a_table_stay_the_classes(tree_with_table):
    assert load(tree_with_table).class_names == ("cat", "dog")


@pytest.fixture
def tree_with_table(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        for number in range(5):
            Image.new("L", (8, 8), 50 * number).save(tmp_path / name / f"{name}{number}.png")
    pd.DataFrame({"image": ["cat0.png"], "label": ["dog"]}).to_csv(tmp_path / "notes.csv", index=False)
    return tmp_path


def test_what_cannot_be_used_is_refused_in_one_line(photos, tmp_path):
    path = tmp_path / "labels.csv"
    wrong = {
        r"2 of 100 files that labels\.csv names are not there \(img_0\)": photos.replace(
            {"img_0": "a", "img_1": "b"}
        ),
        "gives img_0 two labels, 0 and 1": pd.concat([photos, pd.DataFrame({"id": ["img_0"], "label": [1]})]),
        "has no label column": pd.DataFrame({"id": photos["id"], "width": 28, "height": 28}),
        "gives one label only, 0": photos[:10],
    }
    for said, table in wrong.items():
        table.to_csv(path, index=False)
        with pytest.raises(DataError, match=said.replace(r"\(img_0\)", r"\(a\)")) as caught:
            load(path)
        assert "\n" not in str(caught.value)


def test_the_same_name_in_two_folders_is_found_by_the_part(tmp_path, few):
    images, labels = few
    for part, rows in (("train", range(0, 100, 2)), ("test", range(1, 100, 2))):
        (tmp_path / part).mkdir()
        for position, row in enumerate(rows):
            Image.fromarray(images[row]).save(tmp_path / part / f"{position}.png")
        table = pd.DataFrame(
            {"filename": [f"{number}.png" for number in range(50)], "label": labels[list(rows)]}
        )
        table.to_csv(tmp_path / f"{part}.csv", index=False)
    loaded = load(tmp_path)
    assert [len(split) for split in loaded.parts.values()] == [50, 50]
    assert all(loaded.test.file(position).startswith("test/") for position in range(50))


def test_a_table_of_all_images_counts_more_than_the_folders_they_lie_in(photos, tmp_path):
    """As where somebody has moved some images into a folder of their own."""
    (tmp_path / "more").mkdir()
    for number in range(0, 100, 5):
        (tmp_path / "images" / f"img_{number}.png").rename(tmp_path / "more" / f"img_{number}.png")
    photos.to_csv(tmp_path / "labels.csv", index=False)
    loaded = load(tmp_path)
    assert loaded.class_names == tuple("0123456789")
    assert len(loaded.part("all")) == 100


def test_tables_of_both_parts_beside_their_folders_give_both(tmp_path, few):
    """As German Traffic Signs: class folders to train on, and a table for the test images."""
    images, labels = few
    rows = {"Train": [], "Test": []}
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        part = "Test" if number % 5 == 0 else "Train"
        path = f"Test/{number}.png" if part == "Test" else f"Train/{label}/{number}.png"
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / path)
        rows[part].append({"Width": 28, "Height": 28, "ClassId": label, "Path": path})
    for part, table in rows.items():
        pd.DataFrame(table).to_csv(tmp_path / f"{part}.csv", index=False)
    loaded = load(tmp_path)
    assert [len(split) for split in loaded.parts.values()] == [80, 20]
    assert loaded.class_names == tuple("0123456789")


def test_an_image_that_is_named_again_is_taken_once_and_that_is_said(photos, tmp_path):
    pd.concat([photos, photos[:2]]).to_csv(tmp_path / "labels.csv", index=False)
    loaded = load(tmp_path)
    assert len(loaded.part("all")) == 100
    assert "named more than once and taken once: img_0, img_1" in loaded.notes


def test_one_of_many_classes_may_be_called_as_a_label_is(tmp_path, few):
    """Of 25 letters, whose columns are as many as the pixels of 5x5, one is y."""
    letters = [letter for letter in "abcdefghijklmnopqrstuvwxy" for _ in range(4)]
    for number, image in enumerate(few[0]):
        Image.fromarray(image).save(tmp_path / f"{number}.png")
    names = pd.DataFrame({"file": [f"{number}.png" for number in range(100)]})
    names.join(pd.get_dummies(letters)).to_csv(tmp_path / "train.csv", index=False)
    for path in (tmp_path, tmp_path / "train.csv"):
        assert load(path).class_names == tuple("abcdefghijklmnopqrstuvwxy")


def test_tables_in_train_and_eval_are_both_read(tmp_path, few):
    images, labels = few
    for part in ("train", "eval"):
        (tmp_path / part).mkdir()
        for number, image in enumerate(images):
            Image.fromarray(image).save(tmp_path / part / f"{part}{number}.png")
        table = pd.DataFrame({"file_name": [f"{part}{number}.png" for number in range(100)], "label": labels})
        table.to_csv(tmp_path / part / "metadata.csv", index=False)
    assert [len(split) for split in load(tmp_path).parts.values()] == [100, 100]


def test_a_list_of_another_kind_beside_class_folders_is_no_data(tmp_path, few):
    for number, (image, label) in enumerate(zip(*few, strict=True)):
        (tmp_path / str(label)).mkdir(exist_ok=True)
        Image.fromarray(image).save(tmp_path / str(label) / f"{number}.png")
    (tmp_path / "classes.csv").write_text("zero\none\n", encoding="utf-8")
    np.save(tmp_path / "mean.npy", np.zeros(3))
    loaded = load(tmp_path)
    assert len(loaded.part("all")) == 100
    assert "passed over: 1 .csv, 1 .npy" in loaded.notes


def right(loaded, photos) -> bool:
    """Whether each image has the label that the table gives it."""
    whole = [(split, position) for split in loaded.parts.values() for position in range(len(split))]
    numbers = [int(split.file(at).rpartition("img_")[2].split(".")[0]) for split, at in whole]
    given = [loaded.class_names[split.labels[at]] for split, at in whole]
    return given == [str(photos["label"][number]) for number in numbers] and len(given) == 100


@pytest.mark.parametrize("suffix", [".PNG", ".jpg", ".JPEG"])
def test_files_that_were_renamed_or_converted_are_found_by_their_names(photos, tmp_path, suffix):
    """No label is taken for the name of a file, though there are files called 0 to 9."""
    for number in range(10):
        Image.new("L", (28, 28), number).save(tmp_path / "images" / f"{number}.png")
    photos["id"] += suffix
    photos.to_csv(tmp_path / "labels.csv", index=False)
    loaded = load(tmp_path)
    assert right(loaded, photos)
    assert "passed over: 10 images that no row names" in loaded.notes


def test_capital_letters_count_where_names_differ_in_them_alone(tmp_path, few):
    for number, name in enumerate(["a.png", "A.png", "b.png", "B.png"] * 5):
        Image.fromarray(few[0][number]).save(tmp_path / f"{number // 4}{name}")
    names = sorted(path.name for path in tmp_path.glob("*.png"))
    rows = [f"{name},{'upper' if name[1].isupper() else 'lower'}" for name in names]
    (tmp_path / "labels.csv").write_text("\n".join(["file,label", *rows]))
    loaded = load(tmp_path)
    for split in loaded.parts.values():
        for position in range(len(split)):
            upper = split.file(position)[1].isupper()
            assert loaded.class_names[split.labels[position]] == ("upper" if upper else "lower")


@pytest.mark.parametrize("given", ["train.txt", "train.lst", ""])
def test_a_list_of_names_and_labels_is_read(photos, tmp_path, given):
    lines = [f"images/{name}.png {label}\n" for name, label in photos.to_numpy()]
    file = tmp_path / (given or "train.txt")
    file.write_text("".join(lines))
    (tmp_path / "readme.txt").write_text("digits of mine\nten of each\n")
    loaded = load(file if given else tmp_path)
    assert right(loaded, photos)


def test_lists_of_several_parts_are_those_parts(photos, tmp_path):
    lines = [f"images/{name}.png {label}\n" for name, label in photos.to_numpy()]
    (tmp_path / "train.txt").write_text("".join(lines[::2]))
    (tmp_path / "test.txt").write_text("".join(lines[1::2]))
    (tmp_path / "classes.txt").write_text("".join(f"{number}\n" for number in range(10)))
    loaded = load(tmp_path)
    assert (len(loaded.train), len(loaded.test)) == (50, 50)
    assert right(loaded, photos)


def test_a_text_file_that_is_no_list_is_refused_in_one_line(tmp_path):
    (tmp_path / "notes.txt").write_text("what I have\nto do today\n")
    with pytest.raises(DataError, match="names no image beside it") as caught:
        load(tmp_path / "notes.txt")
    assert "\n" not in str(caught.value)


def test_a_table_of_something_else_beside_class_folders_gives_no_labels(tmp_path, few):
    """Writers, or, as in Imagenette, labels with noise."""
    for number, (image, label) in enumerate(zip(*few, strict=True)):
        (tmp_path / "train" / str(label)).mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(tmp_path / "train" / str(label) / f"{number}.png")
    path = [f"train/{label}/{number}.png" for number, label in enumerate(few[1])]
    pd.DataFrame({"path": path, "writer": np.arange(100) % 3}).to_csv(tmp_path / "writers.csv", index=False)
    assert load(tmp_path).class_names == tuple("0123456789")
    noisy = {"noisy_labels_0": few[1], "noisy_labels_1": 9 - few[1], "is_valid": False}
    pd.DataFrame({"path": path, **noisy}).to_csv(tmp_path / "writers.csv", index=False)
    assert load(tmp_path).class_names == tuple("0123456789")
    pd.DataFrame({"path": path, "label": few[1] // 5}).to_csv(tmp_path / "writers.csv", index=False)
    loaded = load(tmp_path)
    assert loaded.class_names == ("0", "1")
    assert "labels are those of writers.csv, not the names of the folders" in loaded.notes
