"""Parquet files with the bytes of images, as Hugging Face's library writes them."""

import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from inklens.datasets import load
from inklens.datasets.formats.parquet_images import images_of_rows
from inklens.errors import DataError
from inklens.pixels import encode_png

NAMES = [f"digit {label}" for label in range(10)]


def write(path, images, labels, *, names=NAMES, rows=7, image="image", label="label", plain=False) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files = [encode_png(one[..., None]) for one in images]
    cells = files if plain else [{"bytes": one, "path": f"{number}.png"} for number, one in enumerate(files)]
    table = pa.table({image: cells, label: pa.array(labels)})
    if names:
        features = {image: {"_type": "Image"}, label: {"names": names, "_type": "ClassLabel"}}
        table = table.replace_schema_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    parquet.write_table(table, path, row_group_size=rows)


def pairs(loaded) -> set[tuple[int, bytes]]:
    whole = loaded.part("all")
    return set(zip(whole.labels.tolist(), (image.tobytes() for image in whole.whole()), strict=True))


def test_the_layout_of_the_hub_gives_its_parts_images_and_class_names(few, tmp_path):
    images, labels = few
    order = np.random.default_rng(0).permutation(100)
    images, labels = images[order], labels[order]
    write(tmp_path / "data/train-00000-of-00002.parquet", images[:40], labels[:40])
    write(tmp_path / "data/train-00001-of-00002.parquet", images[40:80], labels[40:80])
    write(tmp_path / "data/test-00000-of-00001.parquet", images[80:], labels[80:])
    loaded = load(tmp_path, framing="pad")
    assert loaded.class_names == tuple(NAMES)
    assert [len(split) for split in loaded.parts.values()] == [80, 20]
    expected = set(zip(labels.tolist(), (image.tobytes() for image in images), strict=True))
    assert pairs(loaded) == expected
    assert loaded.train.file(0) == "train-00000-of-00002.parquet#0"
    assert load(tmp_path, framing="pad").fingerprint == loaded.fingerprint, "read from the cache"


@pytest.mark.parametrize(
    "options",
    [{"names": None}, {"plain": True}, {"image": "img"}, {"label": "fine_label"}, {"rows": 1000}],
    ids=lambda options: next(iter(options)),
)
def test_one_file_is_a_data_set_whatever_its_columns_are_called(few, tmp_path, options):
    write(tmp_path / "set.parquet", *few, **options)
    loaded = load(tmp_path / "set.parquet", framing="pad")
    assert loaded.classes == 10
    assert [len(split) for split in loaded.parts.values()] == [80, 20]
    assert pairs(loaded) == set(zip(few[1].tolist(), (image.tobytes() for image in few[0]), strict=True))


def test_labels_may_be_text(few, tmp_path):
    write(tmp_path / "set.parquet", few[0], [NAMES[label] for label in few[1]], names=None)
    assert load(tmp_path / "set.parquet").class_names == tuple(NAMES)


def test_what_cannot_be_used_is_refused_in_one_line(few, tmp_path):
    path = tmp_path / "set.parquet"
    for said, arguments in {
        "has labels from -1 to 8 for 10 names": (few[0], few[1] - 1),
        "without a label": (few[0], [None, *few[1][1:].tolist()]),
    }.items():
        write(path, *arguments)
        with pytest.raises(DataError, match=said) as caught:
            load(path)
        assert "\n" not in str(caught.value)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(DataError, match="expected a whole Parquet file"):
        load(path)
    parquet.write_table(pa.table({"image": [b"x"], "other": [1]}), path)
    with pytest.raises(DataError, match="no column of images and none of labels"):
        load(path)


def test_a_test_part_without_labels_is_left_out_and_that_is_said(few, tmp_path):
    write(tmp_path / "train-00000-of-00001.parquet", *few)
    write(tmp_path / "test-00000-of-00001.parquet", few[0], np.full(100, -1))
    loaded = load(tmp_path)
    assert len(loaded.part("all")) == 100
    assert loaded.notes[0].startswith("the test part has no labels and is left out")


def test_a_row_may_name_an_image_below_its_file_and_none_elsewhere(few, tmp_path):
    (tmp_path / "own").mkdir()
    for path in (tmp_path / "outside.png", tmp_path / "own/inside.png"):
        path.write_bytes(encode_png(few[0][0][..., None]))
    names = ["inside.png", "../outside.png", str(tmp_path / "outside.png"), "nowhere.png"]
    table = pa.table({"image": [{"bytes": None, "path": name} for name in names], "label": [0, 1, 0, 1]})
    parquet.write_table(table, tmp_path / "own/set.parquet")
    assert [len(content) > 0 for content in images_of_rows(tmp_path / "own/set.parquet")] == [
        True, False, False, False,
    ]  # fmt: skip


@pytest.mark.parametrize("above", ["", "default"])
def test_files_of_one_name_in_the_folders_of_the_parts_keep_their_images(few, tmp_path, above):
    """As the hub converts data sets: default/train/0000.parquet. The test part had the training images."""
    images, labels = few
    order = np.random.default_rng(0).permutation(100)
    write(tmp_path / above / "train/0000.parquet", images[order[:80]], labels[order[:80]])
    write(tmp_path / above / "test/0000.parquet", images[order[80:]], labels[order[80:]])
    loaded = load(tmp_path, framing="pad")
    assert [len(split) for split in loaded.parts.values()] == [80, 20]
    assert np.array_equal(loaded.test.whole()[..., 0], images[order[80:]])
    assert loaded.test.labels.tolist() == labels[order[80:]].tolist()
    assert loaded.test.file(0) == "test/0000.parquet#0"
    assert loaded.name == tmp_path.name


def test_a_column_may_say_which_part_a_row_belongs_to(few, tmp_path):
    files = [encode_png(image[..., None]) for image in few[0]]
    split = np.where(np.arange(100) % 10 < 7, "train", "test")
    split[::10] = "validation"
    parquet.write_table(pa.table({"image": files, "label": few[1], "split": split}), tmp_path / "set.parquet")
    loaded = load(tmp_path / "set.parquet", framing="pad")
    assert {part: len(one) for part, one in loaded.parts.items()} == {
        "train": 60, "test": 30, "validation": 10,
    }  # fmt: skip
    assert pairs(loaded) == set(zip(few[1].tolist(), (image.tobytes() for image in few[0]), strict=True))


def test_of_several_columns_the_likeliest_is_used_and_the_others_are_named(few, tmp_path):
    files = [encode_png(image[..., None]) for image in few[0]]
    masks = [encode_png(255 - image[..., None]) for image in few[0]]
    table = {"mask": masks, "image": files, "coarse_label": few[1] // 5, "fine_label": few[1].astype(float)}
    parquet.write_table(pa.table(table), tmp_path / "set.parquet")
    loaded = load(tmp_path / "set.parquet", framing="pad")
    assert loaded.class_names == tuple("0123456789")
    assert pairs(loaded) == set(zip(few[1].tolist(), (image.tobytes() for image in few[0]), strict=True))
    assert "not used: mask, coarse_label" in loaded.notes
