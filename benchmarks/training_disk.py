"""Trainings whose disk is full when a file is about to be written: one line, exit code 3, nothing lost.

    python benchmarks/training_disk.py

A run is trained by the command line into a small file system in memory, with pictures, report and model.onnx.
For each file of a run there is a training in which the disk is full, or has room for half of the file,
just when that file is written for the first time; status.json and the checkpoints meet it at their last
write too.
The training is to stop with one line, and its last checkpoint must be readable. Once there is room,
`inklens train --resume` must end with the networks, the history and the files of a run that had room from the
start; where nothing was begun, it must say so. The file systems are mounted in a namespace of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import record
from training_kills import RECIPE, end_state, few_digits

INSIDE = "INKLENS_FAULTS_INSIDE"
ROOM = 64 * 2**20
FILLER = "filler"
CHECKPOINT = "epoch.checkpoint"  # stands for every one of a folder
PAGE = 4096


class Moment(NamedTuple):
    """When the disk is full: at the write of that number, from 1, of a file; and how many bytes are left."""

    file: str
    number: int
    left: int


def inklens(*words: object, on_write: Callable[[Path], None] = lambda target: None) -> tuple[int, str]:
    """Exit code and standard error of a command, in a fork of this process.

    Args:
        on_write: called there with the path of each file that is about to be written.
    """
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            from inklens import atomic_file
            from inklens.cli import main

            temporary = atomic_file._partial

            def told(target: Path) -> Path:
                on_write(target)
                return temporary(target)

            atomic_file._partial = told
            sys.argv = ["inklens", *map(str, words)]
            code: Any = 99
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
            except BaseException:  # noqa: BLE001 (a trace is what must not be said: one_moment finds it)
                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        return code, said.read().decode()


@contextmanager
def mounted(place: Path) -> Iterator[Path]:
    """An empty file system in memory, for the time of a block."""
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM}", "tmpfs", str(place)], check=True)
    try:
        yield place
    finally:
        subprocess.run(["umount", str(place)], check=True)
        place.rmdir()


def fill(place: Path, left: int) -> None:
    """Leaves so many bytes of the file system."""
    state = os.statvfs(place)
    size = state.f_bavail * state.f_frsize - left
    with (place / FILLER).open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, size)


def called(run: Path, target: Path) -> str:
    """A file of a run by its name in it."""
    name = target.relative_to(run)
    return str(name.with_name(CHECKPOINT) if name.suffix == ".checkpoint" else name)


def files_of(run: Path) -> set[str]:
    """The files in a run, by name."""
    return {called(run, path) for path in run.rglob("*") if path.is_file() and path.name != ".lock"}


def moments_of(run: Path, written: list[str]) -> list[Moment]:
    """The first write of every file of a run, and the last one of those that say how far it has come."""
    missed = files_of(run) - set(written)
    assert not missed, f"not written as a whole: {missed}"
    sizes = {called(run, path): path.stat().st_size for path in run.rglob("*") if path.is_file()}
    found = []
    for name, count in Counter(written).items():
        found.append(Moment(name, 1, 0))
        if sizes.get(name, 0) >= 2 * PAGE:
            found.append(Moment(name, 1, sizes[name] // 2 // PAGE * PAGE))
        if count > 1 and Path(name).name in ("status.json", CHECKPOINT):
            found.append(Moment(name, count, 0))
    return found


def one_moment(words: list[object], place: Path, moment: Moment, expected: str, files: set[str]) -> Any:
    """A training in an empty file system that is full then; raises AssertionError where something is lost."""
    run, seen = place / "run", Counter[str]()

    def on_write(target: Path) -> None:
        if run in target.parents:
            seen[name := called(run, target)] += 1
            if (name, seen[name]) == (moment.file, moment.number):
                fill(place, moment.left)

    code, said = inklens(*words, "--output", run, on_write=on_write)
    assert (place / FILLER).is_file(), f"{moment} never came: {said}"
    assert said.count("\n") == 1 and said.startswith("inklens: "), said
    assert "No space left on device" in said, said
    begun = (run / "recipe.json").is_file()
    assert code == (3 if begun else 2), (code, said)
    kept = _readable_checkpoints(run)
    (place / FILLER).unlink()
    again, complained = inklens("train", "--resume", run, "--quiet")
    if begun:
        assert again == 0, complained
        assert end_state(run) == expected, "another end state"
        assert files_of(run) == files, f"{moment}: {files ^ files_of(run)}"
    else:
        assert again == 2 and complained.count("\n") == 1, complained
        assert "was stopped before it began" in complained or "holds no status.json" in complained
    return {
        **moment._asdict(),
        "exit_code": code,
        "checkpoints_kept": kept,
        "resumed": "the same end state" if begun else complained.strip().replace(f"{place}/", ""),
        "said": said.strip().replace(f"{place}/", ""),
    }


def _readable_checkpoints(run: Path) -> int:
    """How many there are; of each folder the last one must be whole."""
    from inklens.training.loop.checkpoints import Checkpoints

    kept = 0
    for folder in (run / "checkpoint", run / "checkpoint/ood_detector"):
        if count := len(list(folder.glob("epoch*"))):
            assert Checkpoints(folder, 0).latest() is not None, folder
            kept += count
    return kept


def every_moment(scratch: Path, only: list[str]) -> dict[str, Any]:
    """The run that has room, and then one for each moment at which it has not."""
    data = few_digits(scratch)
    recipe = scratch / "recipe.json"
    recipe.write_text(json.dumps(RECIPE.to_dict()), encoding="utf-8")
    words: list[object] = ["train", "--recipe", recipe, "--data", data.path, "--kind", "writing"]
    words += ["--framing", "ink", "--checkpoint-every", "0", "--quiet"]
    run = scratch / "small/run"

    def note(target: Path) -> None:
        if run in target.parents:
            with (scratch / "written").open("a", encoding="utf-8") as file:
                file.write(f"{called(run, target)}\n")

    with mounted(scratch / "small"):
        code, said = inklens(*words, "--output", run, on_write=note)
        assert code == 0, said
        written = (scratch / "written").read_text(encoding="utf-8").splitlines()
        moments, expected, files = moments_of(run, written), end_state(run), files_of(run)
    found = []
    for moment in moments:
        if only and (moment.file not in only or moment.left or moment.number > 1):
            continue
        with mounted(scratch / "small") as place:
            found.append(one_moment(words, place, moment, expected, files))
        print(found[-1], flush=True)
    return {
        "files": len(set(written)),
        "moments": len(found),
        "lost_checkpoints": 0,
        "other_end_states": 0,
        "met": found,
    }


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument(
        "--only", nargs="*", default=[], metavar="FILE", help="the first write of these files"
    )
    given = parser.parse_args()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    with tempfile.TemporaryDirectory() as scratch:
        found = every_moment(Path(scratch), given.only)
    record.write("training_disk", found, dry=given.dry)


if __name__ == "__main__":
    main()
