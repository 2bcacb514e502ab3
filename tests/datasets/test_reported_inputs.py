"""Data that users of comparable tools had trouble with, as public reports tell of them."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from inklens.datasets import load
from inklens.errors import DataError


@pytest.fixture
def put(few, tmp_path):
    """Writes a real digit into a file of any format."""
    images, _ = few

    def write(path, number=0, form="PNG"):
        target = tmp_path / path
        target.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(images[number]).save(content := io.BytesIO(), form)
        target.write_bytes(content.getvalue())
        return tmp_path

    return write


def test_a_class_that_the_test_part_lacks_shifts_no_label(put):
    """ultralytics/ultralytics#13936: the classes after it were all counted as errors."""
    for part, classes in (("train", "abc"), ("val", "ac"), ("test", "bc")):
        for name in classes:
            for number in range(4):
                root = put(f"{part}/{name}/{number}.png", number)
    (root / "test/a").mkdir()
    loaded = load(root)
    assert loaded.class_names == ("a", "b", "c")
    assert sorted(set(loaded.test.labels.tolist())) == [1, 2]
    assert sorted(set(loaded.validation.labels.tolist())) == [0, 2]


def test_what_notebooks_and_systems_leave_behind_is_no_class_and_no_image(put):
    """pytorch/vision#2831 and apple/turicreate#2753: .ipynb_checkpoints was a class, ._1.jpg an image."""
    for name in "ab":
        for number in range(4):
            root = put(f"{name}/{number}.png", number)
    put(".ipynb_checkpoints/0-checkpoint.png")
    put("a/.ipynb_checkpoints/1-checkpoint.png")
    (root / "a/._1.png").write_bytes(b"\0\5\x16\7")
    loaded = load(root)
    assert loaded.class_names == ("a", "b")
    assert len(loaded.part("all")) == 8
    assert "passed over: 3 hidden" in loaded.notes


def test_names_and_labels_of_digits_keep_their_zeros(put):
    """fastai/fastai#1008: 0001 was looked for as 1."""
    rows = []
    for number in range(8):
        root = put(f"images/{number:04}.jpg", number, "JPEG")
        rows.append(f"{number:04},{('007', '7')[number % 2]}")
    (root / "labels.csv").write_text("\n".join(["id,label", *rows]))
    loaded = load(root)
    assert loaded.class_names == ("007", "7")
    assert np.bincount(loaded.part("all").labels).tolist() == [4, 4]


def test_a_suffix_that_is_wrong_does_not_matter(put):
    """tensorflow/tensorflow#38901: of the cats and dogs that many begin with, some .jpg files are BMP."""
    for name in "ab":
        for number, form in enumerate(("BMP", "WEBP", "GIF", "PNG", "TIFF", "JPEG")):
            root = put(f"{name}/{number}.jpg", number, form)
    assert len(load(root, strict=True).part("all")) == 12


def test_a_class_may_be_called_train(put):
    """huggingface/datasets#5021: what was called a train was taken for the training part."""
    for name in ("bus", "car", "train"):
        for number in range(4):
            root = put(f"{name}/a photo of a {name} {number}.png", number)
    assert load(root).class_names == ("bus", "car", "train")


@pytest.mark.parametrize("given", ["", "train", "train/metadata.jsonl"])
def test_labels_may_stand_in_lines_of_json(put, given):
    """huggingface/datasets#7337 and #5761: images and metadata.jsonl, which was not found."""
    lines = []
    for number in range(8):
        root = put(f"train/{number}.png", number)
        label = ("Käse, alt", "Öl")[number % 2]
        lines.append(json.dumps({"file_name": f"{number}.png", "label": label, "size": {"w": 28}}))
    (root / "train/metadata.jsonl").write_text("\n".join([*lines[:3], "", *lines[3:]]), encoding="utf-8")
    loaded = load(root / given)
    assert loaded.class_names == ("Käse, alt", "Öl")
    assert np.bincount(loaded.part("all").labels).tolist() == [4, 4]
    assert not [note for note in loaded.notes if "passed over" in note]


@pytest.mark.parametrize(
    "content", ["[1, 2]\n", "no JSON\n", '{"a": 1', "[" * 100_000, '{"file_name": "0.png"}']
)
def test_lines_of_json_that_cannot_be_used_are_refused(put, content):
    root = put("0.png")
    (root / "metadata.jsonl").write_text(content)
    with pytest.raises(DataError, match=r"metadata\.jsonl") as refused:
        load(root / "metadata.jsonl")
    assert "\n" not in str(refused.value)
