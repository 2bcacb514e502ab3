"""`inklens corrections`: what it refuses, in one line, and what it leaves alone."""

import sqlite3
from contextlib import closing

import cv2
import numpy as np
import pytest

from command_line import refusal
from inklens.teaching import CorrectionStore


@pytest.fixture
def store(tmp_path):
    """Two examples of one class, where the commands look for them."""
    store = CorrectionStore(tmp_path / "runs/corrections.sqlite3")
    star = store.add_class("star")
    image = cv2.imencode(".png", np.eye(8, dtype=np.uint8))[1].tobytes()
    for _ in range(2):
        store.add_example(
            star.id,
            image,
            answer="1",
            status="ok",
            probability=0.5,
            model="m",
            fingerprint="f",
            source="draw",
        )
    return store


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("list", "a", "b"), "list with 'a'; expected nothing after it"),
        (("list", "--all"), "--all with list; expected it with delete only"),
        (("export", "new", "--all"), "--all with export; expected it with delete only"),
        (("export", "one", "two"), "expected one new folder"),
        (("delete", "abc", "--all"), "expected the ids of examples, or --all"),
    ],
)
def test_what_an_action_does_not_take_is_refused(inklens, store, tmp_path, arguments, message):
    assert message in refusal(inklens("corrections", *arguments))
    assert store.examples()[0] == 2
    assert [each.name for each in tmp_path.iterdir()] == ["runs"]


@pytest.mark.parametrize("action", [("list",), ("export", "new"), ("delete", "abc"), ("delete", "--all")])
def test_a_file_that_is_not_there_is_not_made(inklens, tmp_path, action):
    said = refusal(inklens("corrections", *action, "--corrections", "folder/nope.sqlite3"))
    assert "folder/nope.sqlite3 is not there; expected corrections" in said
    assert list(tmp_path.iterdir()) == []


def test_where_nothing_was_corrected_yet_there_is_nothing_to_list_or_delete(inklens, tmp_path):
    assert "holds no corrections; make some" in inklens("corrections").stdout
    assert "corrections.sqlite3 is not there" in refusal(inklens("corrections", "delete", "--all"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("action", [("list",), ("export", "new"), ("delete", "--all")])
def test_what_is_no_file_of_corrections_is_said_to_be_none_and_left_as_it_is(inklens, tmp_path, action):
    (tmp_path / "zero.sqlite3").touch()
    (tmp_path / "folder").mkdir()
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE photos (id TEXT)")
    before = {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()}
    for name, message in (
        ("zero.sqlite3", "zero.sqlite3 is no file of corrections: it is empty"),
        ("folder", "folder is a folder; expected a file of corrections"),
        ("foreign.db", "foreign.db is no file of corrections, but another program's database"),
    ):
        assert message in refusal(inklens("corrections", *action, "--corrections", name))
    assert {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()} == before


def test_ids_of_no_example_are_named(inklens, store):
    known = store.examples()[1][0].id
    done = inklens("corrections", "delete", "abc")
    assert "no example has the id abc; expected ids" in refusal(done)
    assert "others" not in done.stderr
    assert done.stdout == ""
    done = inklens("corrections", "delete", known, *"abcde")
    assert "no example has the id a, b, c and 2 more; " in refusal(done)
    assert "the others are deleted" in done.stderr
    assert done.stdout == "deleted    1 example\n"


def test_an_export_says_a_command_that_can_be_given(inklens, store):
    assert "--add 'ex ü'\n" in inklens("corrections", "export", "ex ü").stdout


def test_an_export_into_what_is_no_folder_says_so(inklens, store, tmp_path):
    (tmp_path / "text.png").write_text("text")
    for place in ("text.png", "text.png/x/y"):
        said = refusal(inklens("corrections", "export", place))
        assert f"text.png is a file, and {place} should be a folder; expected a new folder" in said
    said = refusal(inklens("corrections", "export", "/proc/x"))
    assert "cannot be written" in said
    assert "give another folder" in said
