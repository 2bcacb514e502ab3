import os

import pytest

from inklens.classifier import find_images
from inklens.errors import DataError


@pytest.fixture
def tree(tmp_path):
    for name in ("b/2.PNG", "b/1.jpg", "a.png", "notes.txt", ".hidden.png", ".git/x.png", "b/[1].png"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    return tmp_path


def found(tree, *paths):
    return [os.path.relpath(path, tree) for path in find_images(str(tree / path) for path in paths)]


def test_a_folder_means_all_images_in_it_and_below_in_order(tree):
    assert found(tree, ".") == ["a.png", "b/1.jpg", "b/2.PNG", "b/[1].png"]


def test_a_path_means_itself_whether_it_is_there_or_not(tree):
    assert found(tree, "notes.txt", "nothing.png") == ["notes.txt", "nothing.png"]


def test_a_pattern_means_what_fits(tree):
    assert found(tree, "*.png", "b/?.jpg") == ["a.png", "b/1.jpg"]
    assert found(tree, "**/*.png") == ["a.png", "b/[1].png"]


def test_a_pattern_that_ends_in_stars_gives_every_file_once(tree):
    assert sorted(found(tree, "**")) == ["a.png", "b/1.jpg", "b/2.PNG", "b/[1].png", "notes.txt"]


def test_a_file_whose_name_looks_like_a_pattern_is_a_file(tree):
    assert found(tree, "b/[1].png") == ["b/[1].png"]


def test_a_pattern_that_fits_nothing_and_a_folder_without_images_are_refused(tree):
    with pytest.raises(DataError, match=r"\*\.gif fits no file"):
        found(tree, "*.gif")
    (tree / "empty").mkdir()
    with pytest.raises(DataError, match="empty holds no images; expected files ending in"):
        found(tree, "empty")


def test_a_folder_that_cannot_be_read_is_named(tree, monkeypatch):
    def refuse(path):
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)  # root, as in a container, may read everything
    with pytest.raises(DataError, match="cannot be read"):
        found(tree, ".")


def test_what_gives_no_images_is_given_on_where_others_go_on(tree):
    (tree / "empty").mkdir()
    paths = [str(tree / path) for path in ("a.png", "empty", "no*.png", "b/1.jpg")]
    assert list(find_images(paths, strict=False)) == paths
    with pytest.raises(DataError, match="holds no images"):
        list(find_images(paths))
