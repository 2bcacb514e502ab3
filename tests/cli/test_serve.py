"""`inklens serve`: what it refuses before it listens."""

import sqlite3
from contextlib import closing

import pytest

from command_line import refusal


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("folder", "is a folder; expected a file of corrections"),
        ("notes.txt", "is no file of corrections"),
        ("foreign.db", "is no file of corrections, but another program's database"),
        ("notes.txt/corrections.sqlite3", "give another with --corrections, or keep none with --read-only"),
        ("/proc/x.db", "give another with --corrections, or keep none with --read-only"),
    ],
)
def test_a_place_where_no_corrections_can_be_kept_is_refused_at_the_start(inklens, tmp_path, place, message):
    (tmp_path / "folder").mkdir()
    (tmp_path / "notes.txt").write_text("no database at all " * 50)
    with closing(sqlite3.connect(tmp_path / "foreign.db")) as connection:
        connection.execute("CREATE TABLE photos (id TEXT)")
    before = {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()}
    said = refusal(inklens("serve", "run", "--port", 0, "--corrections", place))
    assert message in said
    assert place in said
    assert {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()} == before
