import os
from pathlib import Path

import pytest

from inklens.datasets.trees import natural_key, scan_tree
from inklens.errors import DataError


def touched(root: Path, *names: str) -> Path:
    """A tree of empty files: scanning opens none."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_classes_and_files_are_in_natural_order(tmp_path):
    tree = scan_tree(touched(tmp_path, "10/a.png", "9/b10.png", "9/b9.JPG", "Ä/x.bmp"))
    assert tree.class_names == ("9", "10", "Ä")
    assert tree.notes == ()
    assert tree.parts == {"train": [("9/b9.JPG", 0), ("9/b10.png", 0), ("10/a.png", 1), ("Ä/x.bmp", 2)]}
    assert tree.images == 4


def test_natural_order_does_not_mind_case_or_mixed_names():
    names = ["b2", "a10", "A9", "10", "9", "", "1a1", "1a"]
    assert sorted(names, key=natural_key) == ["", "1a", "1a1", "9", "10", "A9", "a10", "b2"]


def test_images_deeper_in_a_class_folder_belong_to_the_class(tmp_path):
    tree = scan_tree(touched(tmp_path, "cat/indoors/1.png", "dog/2.png"))
    assert [label for _, label in tree.parts["train"]] == [0, 1]


def test_hidden_and_other_files_are_left_out_and_counted(tmp_path):
    names = ["cat/1.png", "dog/1.png", "cat/.2.png", "cat/notes.txt", ".git/3.png", "4.png", "empty/readme"]
    tree = scan_tree(touched(tmp_path, *names))
    assert tree.images == 2
    assert tree.notes == ("passed over: 2 hidden, 1 .txt, 1 images in no folder, 1 without a suffix",)
    assert tree.class_names == ("cat", "dog")


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ([], "holds no images in folders; expected two or more folders"),
        (["1.png", "2.png"], "holds no images in folders"),
        (["cat/1.png"], "holds images of one class only, cat"),
        (["train/cat/1.png", "test/cat/1.png"], "images of one class only, cat"),
        (["train/a/1.png", "train/b/1.png", "test/c/1.png"], "has the class c in its test part; expected"),
        (
            ["train/a/1.png", "test/b/1.png", "cat/c/1.png"],
            "holds the folders cat, test, train; expected either",
        ),
    ],
)
def test_a_tree_that_cannot_be_used_is_refused(tmp_path, names, said):
    with pytest.raises(DataError, match=said):
        scan_tree(touched(tmp_path, *names))


@pytest.mark.parametrize("name", [b"caf\xe9", b"two\nlines", b"bell\x07", "line\u2028end".encode()])
def test_a_class_name_that_cannot_be_printed_on_one_line_is_refused(tmp_path, name):
    folder = tmp_path / os.fsdecode(name)
    touched(tmp_path, "cat/1.png", f"{folder.name}/2.png")
    with pytest.raises(DataError, match="expected a printable name in UTF-8, on one line: rename") as caught:
        scan_tree(tmp_path)
    assert ascii(folder.name) in str(caught.value)
    assert str(caught.value).isprintable()


def test_class_names_of_every_script_are_accepted(tmp_path):
    names = ("Ä ö", "数字", "नमस्ते\u200c", "👩\u200d🔬")
    assert set(scan_tree(touched(tmp_path, *(f"{name}/1.png" for name in names))).class_names) == set(names)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"cannot be read \(No such file or directory\)"):
        scan_tree(tmp_path / "nowhere")
