"""What is taught is kept: by several at once, by a process that is killed, and never half."""

import resource
import signal
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

from inklens.errors import DataError, OptionError
from inklens.teaching import CorrectionStore, FullError, correction_store, store_file


@pytest.fixture
def store(tmp_path):
    return CorrectionStore(tmp_path / "runs/corrections.sqlite3")


def add(store, class_id, image=b"image", **changes):
    said = {"answer": "1", "status": "ok", "probability": 0.9, "model": "digits", "fingerprint": "f" * 64}
    return store.add_example(class_id, image, **{**said, "source": "draw", **changes})


def test_an_empty_store_is_no_file(store):
    assert store.classes() == []
    assert store.examples() == (0, [])
    assert not store.path.exists()


def test_what_was_added_is_there_again_and_every_second_of_a_class_is_held_out(store):
    star, sun = store.add_class("star"), store.add_class("sun")
    made = [add(store, star.id, bytes([number])) for number in range(5)]
    add(store, sun.id, status="unknown", answer=None)
    assert [each.held_out for each in made] == [False, True, False, True, False]
    again = CorrectionStore(store.path)
    assert [(each.name, each.own, each.examples) for each in again.classes()] == [
        ("star", True, 5),
        ("sun", True, 1),
    ]
    total, newest = again.examples(star.id, offset=1, limit=2)
    assert (total, [each.id for each in newest]) == (5, [made[3].id, made[2].id])
    kept = again.example(made[2].id)
    assert (kept.image, kept.label, kept.answer, kept.held_out) == (b"\x02", "star", "1", False)
    assert kept.time.endswith("+00:00")
    assert len({each.id for each in made}) == 5


def test_classes_and_examples_are_renamed_moved_and_deleted(store):
    star, sun = store.add_class("star"), store.add_class(" sun  light ")
    one = add(store, star.id)
    assert store.named("sun light").id == sun.id
    assert store.rename_class(sun.id, "moon")
    with pytest.raises(OptionError, match="there is a class 'star' already"):
        store.rename_class(sun.id, "star")
    assert store.move_example(one.id, sun.id)
    assert not store.move_example(one.id, "none")
    assert store.example(one.id).label == "moon"
    assert store.delete_class(sun.id)
    assert store.example(one.id) is None
    seven = store.add_class("7", own=False)
    with pytest.raises(OptionError, match="a class of the model keeps its name"):
        store.rename_class(seven.id, "sun")
    assert not store.delete_class(sun.id)
    assert store.delete_examples() == 0


def test_an_example_that_is_moved_is_held_out_as_if_it_were_added_there(store):
    star, sun = store.add_class("star"), store.add_class("sun")
    learnt, held_out = add(store, star.id), add(store, star.id)
    assert store.move_example(held_out.id, sun.id)
    assert not store.example(held_out.id).held_out  # the first of its class
    assert store.move_example(learnt.id, sun.id)
    assert store.example(learnt.id).held_out


@pytest.mark.parametrize(
    "name", ["", " ", "a/b", "..", ".hidden", "a" * 101, "画" * 90, "a\0b", 'say "a"', "x\ny\x07"]
)
def test_a_name_that_can_be_no_folder_is_refused(store, name):
    with pytest.raises(OptionError, match=r"a class named .*; expected"):
        store.add_class(name)
    assert not store.path.exists() or store.classes() == []


def test_the_limits_hold(store, monkeypatch):
    monkeypatch.setattr(correction_store, "MAX_CLASSES", 2)
    monkeypatch.setattr(correction_store, "MAX_EXAMPLES", 3)
    star, _ = store.add_class("star"), store.add_class("sun")
    with pytest.raises(FullError, match="2 classes are there already"):
        store.add_class("moon")
    for _ in range(3):
        add(store, star.id)
    with pytest.raises(FullError, match="3 examples are there already"):
        add(store, star.id)
    with pytest.raises(OptionError, match="there is no such class"):
        store.delete_examples()
        add(store, "none")


def test_several_write_at_once_and_none_is_lost(store):
    star = store.add_class("star")
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda number: add(CorrectionStore(store.path), star.id).id, range(40)))
    _, kept = store.examples()
    assert {each.id for each in kept} == set(made)
    assert sum(each.held_out for each in kept) == 20


WRITES_UNTIL_KILLED = """
import sys
from pathlib import Path
from inklens.teaching import CorrectionStore
store = CorrectionStore(Path(sys.argv[1]))
star = store.add_class("star")
while True:
    made = store.add_example(star.id, bytes(20_000), answer=None, status="ok", probability=1.0, model="m",
                             fingerprint="f", source="draw")
    print(made.id, flush=True)
"""


def test_a_process_that_is_killed_loses_nothing_that_it_has_said(store):
    process = subprocess.Popen(
        [sys.executable, "-c", WRITES_UNTIL_KILLED, str(store.path)], stdout=subprocess.PIPE, text=True
    )
    said = [process.stdout.readline().strip() for _ in range(25)]
    process.send_signal(signal.SIGKILL)
    rest = process.stdout.read().split("\n")[:-1]  # what was said before it was killed
    process.wait()
    process.stdout.close()
    _, kept = store.examples()
    assert {each.id for each in kept} >= {*said, *rest}
    assert all(len(store.example(each.id).image) == 20_000 for each in kept)


def test_a_full_disk_is_said_and_nothing_is_lost(store):
    """A limit on the size of files stands in for the disk's end: SQLite meets it where it meets that."""
    star = store.add_class("star")
    kept = add(store, star.id, bytes(1000))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, before[1]))
        with pytest.raises((FullError, DataError), match=r"full|cannot be used"):
            add(store, star.id, bytes(2_000_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, handler)
    assert store.example(kept.id).image == bytes(1000)
    assert store.examples()[0] == 1
    assert len(store.example(add(store, star.id, bytes(2_000_000)).id).image) == 2_000_000


def test_a_file_of_another_kind_or_version_is_refused_in_one_line(store):
    store.path.parent.mkdir()
    store.path.write_bytes(b"no database at all" * 100)
    with pytest.raises(DataError, match=r"is no file of corrections .*; give another"):
        store.classes()
    store.path.unlink()
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 9")
    connection.close()
    with pytest.raises(DataError, match="has format 9; expected 1"):
        store.classes()


@pytest.mark.parametrize(
    "tables",
    [
        "CREATE TABLE photos (id TEXT)",
        "CREATE TABLE classes (name TEXT); CREATE TABLE examples (label TEXT)",
        "CREATE TABLE photos (id TEXT); PRAGMA user_version = 1",
        "CREATE TABLE photos (id TEXT); PRAGMA journal_mode = WAL",
    ],
)
def test_another_programs_database_is_refused_and_left_as_it_is(tmp_path, tables):
    path = tmp_path / "foreign.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(tables)
    content = path.read_bytes()
    store = CorrectionStore(path)
    for use in (
        store.classes, store.trainings, store.delete_examples, store.require_writable,
        lambda: store.add_class("star"), lambda: list(store.with_images()),
    ):  # fmt: skip
        with pytest.raises(DataError, match=r"foreign\.db is no file of corrections.*; give another"):
            use()
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_reading_writes_nothing(tmp_path, store):
    empty = CorrectionStore(tmp_path / "empty.sqlite3")
    empty.path.touch()
    assert (empty.examples(), list(empty.with_images())) == ((0, []), [])
    assert empty.path.read_bytes() == b""
    none = CorrectionStore(tmp_path / "none.sqlite3")
    assert list(none.with_images()) == []
    assert not none.path.exists()
    add(store, store.add_class("star").id)
    content = store.path.read_bytes()
    assert (store.examples()[0], len(list(store.with_images()))) == (1, 1)
    assert store.path.read_bytes() == content
    assert list(store.path.parent.iterdir()) == [store.path]


def test_a_read_only_store_is_read(store, monkeypatch):
    """What SQLite says of a folder that it cannot write stands in for one: root can write everywhere."""
    add(store, store.add_class("star").id)
    connect = sqlite3.connect

    def on_a_read_only_disk(place, **options):
        if "mode=rw" in place:
            raise sqlite3.OperationalError("attempt to write a readonly database")
        return connect(place, **options)

    monkeypatch.setattr(store_file.sqlite3, "connect", on_a_read_only_disk)
    assert (store.examples()[0], len(list(store.with_images()))) == (1, 1)
    with pytest.raises(DataError, match="is read-only; copy the file"):
        store.add_class("sun")
    store.path.with_name(f"{store.path.name}-wal").write_bytes(b"what was not yet put into the file")
    with pytest.raises(DataError, match=r"copy the file, with corrections\.sqlite3-wal"):
        store.examples()


def test_a_file_that_another_program_writes_is_said_to_be_in_use(store, monkeypatch):
    monkeypatch.setattr(store_file, "_BUSY_SECONDS", 0.0)
    store.add_class("star")
    with closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(DataError, match="is in use by another program"):
            store.add_class("sun")


def test_a_place_that_can_hold_no_store_is_refused_before_anything_is_kept(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("no database at all " * 50)
    for place, message in (
        (tmp_path, "is a folder; expected a file of corrections"),
        (text, "is no file of corrections"),
        (text / "corrections.sqlite3", "cannot be kept in .*--read-only"),
        (
            Path("/proc/x.db"),
            "cannot be kept in /proc/x.db .*; give another with --corrections, or .*--read-only",
        ),
        (Path("/dev/null"), "is no file; expected a file of corrections"),
    ):
        with pytest.raises(DataError, match=message):
            CorrectionStore(place).require_writable()
    CorrectionStore(tmp_path / "new/folder/corrections.sqlite3").require_writable()
    assert list(tmp_path.iterdir()) == [text]


def test_no_id_can_be_taken_for_an_option(store, monkeypatch):
    made = iter(["-abc", "--de", "f-gh"])
    monkeypatch.setattr(correction_store.secrets, "token_urlsafe", lambda _: next(made))
    assert store.add_class("star").id == "f-gh"
