"""What folders mean, under the names that users and the makers of data sets give them."""

import pytest

from inklens.datasets.layout.idx_files import idx_sets
from inklens.datasets.layout.part_names import part_of
from inklens.datasets.trees import Tree, scan_tree
from inklens.errors import DataError


@pytest.fixture
def scanned(tmp_path):
    """Scans a tree of empty files of these names: no image is opened."""

    def scan(*names: str) -> Tree:
        for name in names:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).touch()
        return scan_tree(tmp_path)

    return scan


def counts(tree: Tree) -> dict[str, int]:
    return {part: len(rows) for part, rows in tree.parts.items()}


@pytest.mark.parametrize(
    ("train", "test"),
    [
        ("training_set", "test_set"),
        ("trainingSet", "testSet"),
        ("seg_train", "seg_test"),
        ("train_images", "test_images"),
        ("Training", "Testing"),
        ("asl_alphabet_train", "asl_alphabet_test"),
        ("train", "eval"),
        ("TRAIN", "evaluation"),
        ("train-data", "holdout"),
        ("trainset", "testset"),
        ("01_train", "02_test"),
    ],
)
def test_parts_are_known_under_any_usual_name(scanned, train, test):
    tree = scanned(*(f"{part}/{name}/1.png" for part in (train, test) for name in "ab"))
    assert counts(tree) == {"train": 2, "test": 2}
    assert tree.class_names == ("a", "b")


@pytest.mark.parametrize("name", ["dev", "val", "valid", "eval", "validation_set", "Validation"])
def test_a_third_part_is_the_validation_part(scanned, name):
    tree = scanned(*(f"{part}/{label}/1.png" for part in ("train", "test", name) for label in "ab"))
    assert counts(tree) == {"train": 2, "test": 2, "validation": 2}


def test_it_is_said_which_folder_was_taken_for_which_part(scanned):
    tree = scanned(*(f"{part}/{name}/1.png" for part in ("seg_train", "seg_test") for name in "ab"))
    assert tree.notes == ("parts: seg_test as test, seg_train as train",)


def test_intels_scenes_keep_their_parts_and_their_unlabelled_images_are_counted(scanned):
    """Folders inside folders of their own name, and images that nobody has labelled."""
    parts = [
        f"{part}/{part}/{name}/1.jpg" for part in ("seg_train", "seg_test") for name in ("sea", "street")
    ]
    tree = scanned(*parts, "seg_pred/seg_pred/3.jpg", "seg_pred/seg_pred/5.jpg")
    assert counts(tree) == {"train": 2, "test": 2}
    assert tree.class_names == ("sea", "street")
    assert tree.notes[-1] == "passed over: 2 images without a class in seg_pred"


def test_unlabelled_test_images_are_counted_and_no_class(scanned):
    tree = scanned("train/a/1.png", "train/b/1.png", "test/1.png", "test/2.png")
    assert counts(tree) == {"train": 2}
    assert tree.notes == ("passed over: 2 images without a class in test",)


@pytest.mark.parametrize("above", ["data", "archive/data", "a/b/c"])
def test_wrapping_folders_are_seen_through(scanned, above):
    tree = scanned(f"{above}/a/1.png", f"{above}/b/1.png")
    assert tree.class_names == ("a", "b")


def test_wrapping_folders_above_parts_are_seen_through(scanned):
    tree = scanned(*(f"archive/sets/{part}/{name}/1.png" for part in ("train", "test") for name in "ab"))
    assert counts(tree) == {"train": 2, "test": 2}


def test_the_same_digits_in_each_folder_are_the_classes_and_that_is_said(scanned):
    tree = scanned(*(f"writer{person}/{digit}/1.png" for person in (1, 2) for digit in range(3)))
    assert tree.class_names == ("0", "1", "2")
    assert counts(tree) == {"train": 6}
    assert tree.notes[0].startswith("taken for classes: 0, 1, 2, which lie in each of writer1, writer2")


def test_classes_with_the_same_few_folders_stay_classes_and_that_is_said(scanned):
    tree = scanned(
        *(f"{animal}/{light}/1.png" for animal in ("cat", "dog", "hen") for light in ("day", "night"))
    )
    assert tree.class_names == ("cat", "dog", "hen")
    assert tree.notes[0].startswith(
        "taken for classes: cat, dog, hen, though each holds the folders day, night"
    )


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (
            ["test/a/1.png", "test/b/1.png", "val/a/1.png", "val/b/1.png"],
            "expected a training part among them",
        ),
        (
            ["train/cat.1.png", "train/dog.1.png", "test/1.png"],
            "holds the parts test, train with images but no",
        ),
        (
            ["train/a/1.png", "train/b/1.png", "test/a/1.png", "more/a/1.png"],
            "holds the folders more, test, tra",
        ),
    ],
)
def test_parts_that_cannot_be_used_are_never_learnt_as_classes(scanned, names, said):
    with pytest.raises(DataError, match=said):
        scanned(*names)


def test_a_class_may_be_called_as_a_part_is(scanned):
    assert scanned("train/1.png", "bus/1.png", "car/1.png").class_names == ("bus", "car", "train")
    assert [part_of(name) for name in ("train_test", "trainer", "testament", "value")] == [None] * 4


def test_thumbnails_and_what_systems_keep_are_passed_over_and_counted(scanned):
    tree = scanned(
        "a/1.png", "b/1.png", "a/@eaDir/1.png/SYNOPHOTO_THUMB_M.png", "b/@eaDir/1.png/SYNOPHOTO_THUMB_S.png",
        "__MACOSX/a/._1.png", "a/._1.png", "#recycle/a/2.png", ".thumbnails/a.png", "a/Thumbs.db",
    )  # fmt: skip
    assert tree.images == 2
    assert tree.notes == ("passed over: 2 hidden, 2 in @eaDir, 1 .db, 1 in #recycle, 1 in __MACOSX",)


def test_images_that_need_a_package_are_counted_with_the_line_that_installs_it(scanned, monkeypatch):
    monkeypatch.setattr("inklens.datasets.layout.file_listing.IMAGE_SUFFIXES", frozenset({".png"}))
    monkeypatch.setattr("inklens.datasets.layout.file_listing.UNREADABLE_SUFFIXES", frozenset({".heic"}))
    tree = scanned("a/1.png", "b/1.png", "a/IMG_1.HEIC", "a/IMG_2.HEIC", "b/IMG_3.HEIC")
    assert tree.notes == ("passed over: 3 .heic (pip install 'inklens[heif]')",)


def test_links_to_folders_are_followed_once_and_circles_end(scanned, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "more").mkdir(parents=True)
    (elsewhere / "more" / "9.png").touch()
    root = tmp_path / "root"
    for name in ("a/1.png", "b/1.png"):
        (root / name).parent.mkdir(parents=True)
        (root / name).touch()
    (root / "b" / "more").symlink_to(elsewhere / "more")
    (root / "c").symlink_to(root / "a")
    (root / "a" / "circle").symlink_to(root)
    (root / "b" / "again.png").symlink_to(root / "a" / "1.png")
    (root / "b" / "once.png").symlink_to(tmp_path / "lone.png")
    (tmp_path / "lone.png").touch()
    (root / "a" / "itself").symlink_to("itself")
    tree = scan_tree(root)
    assert tree.parts["train"] == [("a/1.png", 0), ("b/1.png", 1), ("b/more/9.png", 1), ("b/once.png", 1)]
    assert tree.notes == ("passed over: 3 links to what is read anyway, 1 without a suffix",)
    assert not idx_sets(root)


def test_parts_may_lie_in_the_classes(scanned):
    tree = scanned("cat/train/1.png", "cat/test/2.png", "dog/train/3.png", "dog/test/4.png")
    assert tree.class_names == ("cat", "dog")
    assert tree.parts["train"] == [("cat/train/1.png", 0), ("dog/train/3.png", 1)]
    assert tree.parts["test"] == [("cat/test/2.png", 0), ("dog/test/4.png", 1)]
    assert tree.notes == ("parts: test, train, which lie in each class",)


def test_a_folder_called_images_between_part_and_classes_is_seen_through(scanned):
    names = [f"{part}/images/{label}/1.png" for part in ("train", "test") for label in ("cat", "dog")]
    tree = scanned(*names)
    assert tree.class_names == ("cat", "dog")
    assert [len(rows) for rows in tree.parts.values()] == [2, 2]


@pytest.mark.parametrize(
    "mask",
    ["a/1_mask.png", "a/1_mask_2.png", "a/1-seg.bmp", "images/masks/a.png", "a/masks/1.png"],
)
def test_masks_of_images_are_passed_over(scanned, mask):
    """As in data sets of X-rays and ultrasound, where they were learnt as images."""
    inside = "images/" if mask == "a/masks/1.png" else ""
    images = [f"{label}/{inside}{number}.png" for label in "ab" for number in range(4)]
    if mask == "images/masks/a.png":
        images, mask = [f"images/{path}" for path in images], "masks/a/1.png"
    tree = scanned(*images, mask)
    assert (tree.class_names, counts(tree)) == (("a", "b"), {"train": 8})
    assert tree.notes == ("passed over: 1 masks of images",)


def test_classes_of_masks_and_images_that_are_no_masks_of_others_stay(scanned):
    """As in data sets of people with and without a mask."""
    tree = scanned("mask/1.png", "mask/2_mask.png", "no mask/1.png", "with_mask/1.png")
    assert tree.class_names == ("mask", "no mask", "with_mask")
    assert tree.notes == ()


def test_thumbnails_are_passed_over(scanned):
    tree = scanned("a/1.jpg", "b/1.jpg", "a/thumbnails/1.jpg", "b/Thumbnails/1.jpg")
    assert counts(tree) == {"train": 2}


def test_names_that_look_alike_are_one_class(scanned):
    """macOS writes an accent as a character of its own."""
    tree = scanned("train/caf\u00e9/1.png", "train/tea/1.png", "test/cafe\u0301/1.png")
    assert tree.class_names == ("caf\u00e9", "tea")
    assert counts(tree) == {"train": 2, "test": 1}


@pytest.mark.parametrize(
    ("beside", "said"),
    [("labels.json", "may also stand in a CSV file"), ("more.zip", "unpack the archives, or give one")],
)
def test_where_no_class_is_found_what_lies_beside_says_what_to_do(scanned, beside, said):
    with pytest.raises(DataError, match=said):
        scanned("images/1.png", "images/2.png", beside)
