"""The run folder and its atomic writes."""

import csv
import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from inklens.atomic_file import atomic
from inklens.errors import RunError
from inklens.run_folder import FiguresFolder, RunFolder, complete, folder_name


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    return RunFolder.create(tmp_path / "runs", None, "mnist-fast")


def files_in(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@contextmanager
def refused(*parts: str) -> Iterator[None]:
    """What is inside raises a RunError of one line that says all of these."""
    with pytest.raises(RunError) as error:
        yield
    message = str(error.value)
    assert "\n" not in message
    for part in parts:
        assert part in message


def test_runs_are_numbered_after_the_highest_there_is(tmp_path: Path) -> None:
    for name in ("mnist-fast-2", "mnist-fast-9", "mnist-fast-10", "mnist-fast-x", "other-70"):
        (tmp_path / name).mkdir()
    assert RunFolder.create(tmp_path, None, "mnist-fast").path == tmp_path / "mnist-fast-11"
    assert RunFolder.create(tmp_path, None, "mnist-fast").path == tmp_path / "mnist-fast-12"
    assert RunFolder.create(tmp_path, None, "sample-fast").path == tmp_path / "sample-fast-1"


def test_runs_go_to_runs_in_the_working_folder_by_default(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert RunFolder.create(None, None, "mnist-fast").path == Path("runs/mnist-fast-1")
    run = RunFolder.open("runs/mnist-fast-1")
    run.write_json(run.metrics, {"accuracy": 0.5})
    assert files_in(tmp_path) == ["runs/mnist-fast-1/metrics.json", "runs/mnist-fast-1/status.json"]


def test_runs_started_at_once_get_different_folders(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        runs = list(pool.map(lambda _: RunFolder.create(tmp_path, None, "mnist-fast"), range(24)))
    assert {run.path.name for run in runs} == {f"mnist-fast-{number}" for number in range(1, 25)}


@pytest.mark.parametrize("links", [True, False])
def test_of_runs_of_one_name_that_are_started_at_once_one_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(*_: object) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", no_links)

    def make(_: int) -> bool:
        try:
            RunFolder.create(tmp_path, "mine", "x")
        except RunError as error:
            assert "give another --name" in str(error)
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(make, range(24))) == 1
    assert files_in(tmp_path) == ["mine/status.json"]


def test_a_run_whose_folder_has_gone_is_not_made_anew(run: RunFolder) -> None:
    run.path.rename(run.path.with_name("moved"))
    with refused(str(run.path), "is gone: it was moved or removed"):
        run.write_json(run.metrics, {"loss": 1})
    assert not run.path.exists()


def test_a_new_run_says_that_it_is_running(run: RunFolder) -> None:
    status = run.status()
    assert status["state"] == "running"
    assert status["pid"] == os.getpid()
    assert status["started"] == status["updated"]
    assert datetime.fromisoformat(status["started"]).utcoffset() is not None


def test_the_time_of_the_start_outlives_changes_of_status(run: RunFolder) -> None:
    before = run.status()
    run.set_status("interrupted", epoch=np.int64(3))
    after = run.status()
    assert after["state"] == "interrupted"
    assert after["detail"] == {"epoch": 3}
    assert after["started"] == before["started"]
    assert after["updated"] > before["updated"]


def test_an_empty_folder_may_become_a_run(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert RunFolder.create(tmp_path, "mine", "x").status()["state"] == "running"


def test_a_folder_that_holds_a_run_or_other_files_is_refused_and_left_alone(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "mine", "x")
    run.set_status("done")
    with refused(str(run.path), "holds a run already", "--name"):
        RunFolder.create(tmp_path, "mine", "x")
    assert run.status()["state"] == "done"
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("years of work")
    with refused("holds files already"):
        RunFolder.create(tmp_path, "other", "x")
    assert files_in(tmp_path) == ["mine/status.json", "other/thesis.txt"]


def test_a_run_inside_a_run_is_refused(run: RunFolder) -> None:
    with refused("is itself a run", str(run.path.parent)):
        RunFolder.create(run.path, None, "x")


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../elsewhere", "/absolute", "a\0b"])
def test_a_name_that_is_no_folder_name_is_refused(tmp_path: Path, name: str) -> None:
    with refused(repr(name), "mnist-fast-1"):
        RunFolder.create(tmp_path / "runs", name, "x")
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(
    ("output", "name"),
    [("file", None), ("file/deeper", None), ("file", "mine"), ("file/deeper", "mine"), (".", "file")],
)
def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path, output: str, name: str | None) -> None:
    (tmp_path / "file").write_text("not a folder")
    with refused(str(tmp_path / output), "--output"):
        RunFolder.create(tmp_path / output, name, "x")


def test_opening_what_is_no_run_names_the_runs_nearby(run: RunFolder) -> None:
    parent = run.path.parent
    (parent / "empty").mkdir()
    for wrong, problem in [
        (parent, "no status.json"),
        (parent / "empty", "no status.json"),
        (parent / "mnist-fast-7", "is not a folder"),
    ]:
        with refused(str(wrong), problem, f"runs in {parent}: mnist-fast-1"):
            RunFolder.open(wrong)
    assert RunFolder.open(str(run.path)) == run


def test_opening_where_there_is_no_run_says_how_to_make_one(tmp_path: Path) -> None:
    with refused("nowhere is not a folder", "inklens train"):
        RunFolder.open(tmp_path / "nowhere")


def test_a_run_that_is_not_done_has_no_model_to_use(tmp_path: Path) -> None:
    run = RunFolder.create(tmp_path, "a", "x")
    with pytest.raises(RunError, match=r"a is running, not done: it has no model to use; .*--resume"):
        RunFolder.open_done(run.path)
    run.set_status("done")
    assert RunFolder.open_done(run.path) == run


def test_the_latest_run_is_the_one_started_last_of_those_that_are_done(tmp_path: Path) -> None:
    for name in ("b", "c", "a", "d"):
        RunFolder.create(tmp_path, name, "x")
    for name, state in (("a", "done"), ("d", "interrupted"), ("b", "done")):
        RunFolder.open(tmp_path / name).set_status(state)
    assert RunFolder.latest(tmp_path).path == tmp_path / "a"


def test_the_latest_of_no_runs_is_one_line(tmp_path: Path) -> None:
    for output in (tmp_path, tmp_path / "nowhere"):
        with refused(str(output), "inklens train"):
            RunFolder.latest(output)


def test_json_keeps_order_and_takes_numpy_and_paths(run: RunFolder) -> None:
    content = {
        "z": np.float32(0.5),
        "a": np.arange(3),
        "path": Path("x"),
        "name": "Ziffer ä 猫",
        "none": None,
    }
    run.write_json(run.metrics, content)
    expected = {"z": 0.5, "a": [0, 1, 2], "path": "x", "name": "Ziffer ä 猫", "none": None}
    assert list(run.read_json("metrics.json").items()) == list(expected.items())
    text = run.metrics.read_text(encoding="utf-8")
    assert "猫" in text
    assert text.endswith("}\n")


def test_a_matrix_in_json_has_a_row_a_line_and_nothing_else_looks_different(run: RunFolder) -> None:
    words = ["[\n 1\n]", "2"]
    content = {
        "confusion": np.array([[20, 0], [3, 17]]),
        "shares": [[1.5e-7, -0.25]],
        "interval": [0.5, 1],
        "rows": [[], [True, 1], [None, 1], words],
    }
    run.write_json(run.metrics, content)
    text = run.metrics.read_text(encoding="utf-8")
    assert '  "confusion": [\n    [20, 0],\n    [3, 17]\n  ],\n' in text
    assert '  "shares": [\n    [1.5e-07, -0.25]\n  ],\n' in text
    assert '  "interval": [\n    0.5,\n    1\n  ],\n' in text
    assert "    [],\n    [\n      true,\n      1\n    ],\n    [\n      null,\n" in text
    content["confusion"] = [[20, 0], [3, 17]]
    assert run.read_json(run.metrics) == content


@pytest.mark.parametrize("number", [float("nan"), np.float32("nan"), np.array([1.0, np.inf])])
def test_json_refuses_what_is_not_finite_and_keeps_the_old_file(run: RunFolder, number: object) -> None:
    run.write_json(run.metrics, {"loss": 1})
    with refused(str(run.metrics), "finite", "learning rate"):
        run.write_json(run.metrics, {"loss": number})
    assert run.read_json(run.metrics) == {"loss": 1}


def test_json_refuses_what_it_would_not_give_back(run: RunFolder) -> None:
    with pytest.raises(TypeError, match="set"):
        run.write_json("x.json", {"labels": {1, 2}})
    assert files_in(run.path) == ["status.json"]


@pytest.mark.parametrize("content", [b'{"loss": ', b"[1, 2]", b"", b"\xff\xfe"])
def test_json_that_is_broken_or_not_there_is_one_line(run: RunFolder, content: bytes) -> None:
    run.write_bytes(run.metrics, content)
    with refused(str(run.metrics)):
        run.read_json(run.metrics)
    with refused(str(run.recipe), "No such file"):
        run.read_json("recipe.json")


def test_csv_is_read_back_as_written(run: RunFolder) -> None:
    rows = [[1, 'a "quoted", name', None], [2, "猫\nnew line", np.float32(0.1)]]
    run.write_csv(run.history, ["epoch", "name", "loss"], rows)
    with run.history.open(encoding="utf-8", newline="") as file:
        assert list(csv.reader(file)) == [
            ["epoch", "name", "loss"],
            ["1", 'a "quoted", name', ""],
            ["2", "猫\nnew line", "0.1"],
        ]


def test_names_that_are_no_utf_8_do_not_break_a_file(run: RunFolder) -> None:
    name = os.fsdecode(b"caf\xe9")  # a folder's name in Latin-1
    run.write_json(run.metrics, {"name": name})
    assert run.read_json(run.metrics) == {"name": name}
    run.write_csv(run.history, ["name"], [[name]])
    run.write_text(run.labels, name)
    assert run.labels.read_text(encoding="utf-8") == r"caf\udce9"
    assert run.history.read_text(encoding="utf-8") == "name\ncaf\\udce9\n"


def test_rows_that_fail_half_way_leave_the_old_csv(run: RunFolder) -> None:
    def rows() -> object:
        yield [1]
        raise ZeroDivisionError

    run.write_csv(run.history, ["epoch"], [[0]])
    with pytest.raises(ZeroDivisionError):
        run.write_csv(run.history, ["epoch"], rows())  # type: ignore[arg-type]
    assert run.history.read_text() == "epoch\n0\n"
    assert files_in(run.path) == ["history.csv", "status.json"]


def test_the_temporary_file_has_the_suffix_and_the_folder_of_the_target(run: RunFolder) -> None:
    with run.atomic("pictures/curves.png") as temporary:
        assert temporary.parent == run.pictures
        assert temporary.suffix == ".png"
        temporary.write_bytes(b"png")
        assert not (run.pictures / "curves.png").exists()
    assert files_in(run.pictures) == ["curves.png"]


@pytest.mark.parametrize("raised", [ValueError("broken"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_writer_that_raises_leaves_things_as_they_were(
    tmp_path: Path, raised: BaseException, old: bytes | None
) -> None:
    target = tmp_path / "model.keras"
    if old:
        target.write_bytes(old)
    with pytest.raises(type(raised)), atomic(target) as temporary:
        temporary.write_bytes(b"half of the n")
        raise raised
    assert files_in(tmp_path) == (["model.keras"] if old else [])
    assert (target.read_bytes() if old else None) == old


def test_a_full_disk_is_one_line_and_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "model.keras"
    target.write_bytes(b"old")
    with refused(str(target), os.strerror(errno.ENOSPC), "--output"), atomic(target) as temporary:
        temporary.write_bytes(b"half of the n")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert files_in(tmp_path) == ["model.keras"]
    assert target.read_bytes() == b"old"


def test_a_full_disk_that_a_library_words_otherwise_is_the_same_line(tmp_path: Path) -> None:
    says = f"Can't decrement id ref count (unable to close file, errno = 28, '{os.strerror(errno.ENOSPC)}')"
    one_line = refused("model.keras cannot be written", os.strerror(errno.ENOSPC))
    with one_line, atomic(tmp_path / "model.keras") as temporary:
        temporary.write_bytes(b"half of the n")
        raise RuntimeError(says)
    assert not files_in(tmp_path)


def test_writing_below_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with refused("labels.txt", "make room there"):  # the place of a run that is there is not chosen again
        RunFolder(tmp_path / "file").write_text("labels.txt", "0\n")
    with refused("labels.txt", "--output"):
        FiguresFolder(tmp_path / "file").write_text("labels.txt", "0\n")


KILLED_WRITER = """
import sys
from pathlib import Path
from inklens.atomic_file import atomic
with atomic(Path(sys.argv[1])) as temporary, temporary.open("wb") as file:
    file.write(b"half of the new")
    file.flush()
    print("half way", flush=True)
    sys.stdin.read()
"""


def test_a_writer_that_is_killed_leaves_the_old_file_and_its_remains_go_later(tmp_path: Path) -> None:
    target = tmp_path / "metrics.json"
    target.write_bytes(b"old")
    command = [sys.executable, "-c", KILLED_WRITER, str(target)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"half way\n"
        writer.kill()
    assert target.read_bytes() == b"old"

    (left,) = [path for path in tmp_path.iterdir() if path != target]
    with atomic(target) as temporary:
        temporary.write_bytes(b"new")
    assert left.exists(), "a young temporary file may belong to a process that is still writing"
    two_hours_ago = left.stat().st_mtime - 7200
    os.utime(left, (two_hours_ago, two_hours_ago))
    with atomic(tmp_path / "other.json") as temporary:
        temporary.write_bytes(b"{}")
    assert left.exists()
    with atomic(target) as temporary:
        temporary.write_bytes(b"newer")
    assert files_in(tmp_path) == ["metrics.json", "other.json"]
    assert target.read_bytes() == b"newer"


def test_what_a_file_lacks_is_said_with_the_file_and_the_remedy(run: RunFolder) -> None:
    run.write_json(run.metrics, {"test": None})
    with refused(str(run.metrics), "changed by hand", "train the run again"), complete(run.metrics):
        run.read_json(run.metrics)["test"]["accuracy"]


def test_who_is_reading_the_old_file_reads_it_to_its_end(run: RunFolder) -> None:
    run.write_text(run.labels, "old\n" * 3)
    with run.labels.open("rb", buffering=0) as reader:
        assert reader.read(4) == b"old\n"
        run.write_text(run.labels, "new\n" * 3)
        assert reader.read() == b"old\n" * 2
    assert run.labels.read_text() == "new\n" * 3


def test_files_are_readable_by_whom_the_umask_lets(run: RunFolder) -> None:
    (plain := run.path / "plain").write_text("x")
    run.write_text(run.labels, "0\n")
    assert run.labels.stat().st_mode == plain.stat().st_mode


@pytest.mark.parametrize(
    ("name", "folder"),
    [("scans.2023", "scans.2023"), ("a/b", "a-b"), ("..", "data"), ("", "data"), ("my scans", "my-scans")],
)
def test_data_of_unlike_names_have_folders_of_unlike_names(name, folder):
    assert folder_name(name) == folder
