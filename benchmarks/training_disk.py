"""Trainings on a disk that is full: one line, exit code 3, and no checkpoint is lost.

    python benchmarks/training_disk.py --levels 20

A file system in memory is made as large as a share of what a whole run takes, and a run is trained into it
by the command line, with pictures, report and model.onnx. Where it does not fit, it is to stop with one line;
its last checkpoint must be readable; and once there is room, `inklens train --resume` must end with the
networks and the history of a run that had room from the start. It mounts in a namespace of its own.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import record
from training_kills import RECIPE, end_state, few_digits

INSIDE = "INKLENS_FAULTS_INSIDE"
ROOM = 64 * 2**20


def inklens(*words: object) -> tuple[int, str]:
    """Exit code and standard error of a command, in a fork of this process."""
    with tempfile.TemporaryFile() as said:
        pid = os.fork()
        if not pid:
            os.dup2(said.fileno(), 2)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            from inklens.cli import main

            sys.argv = ["inklens", *map(str, words)]
            code: Any = 99
            try:
                main()
            except SystemExit as end:
                code = end.code or 0
            finally:
                sys.stderr.flush()
                os._exit(code)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        said.seek(0)
        return code, said.read().decode()


def sized(place: Path, size: int, how: str = "remount,") -> None:
    """Gives a file system in memory this size, in bytes."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"{how}size={size}", "tmpfs", str(place)], check=True)


def taken(place: Path) -> int:
    """Bytes that are used of the file system."""
    state = os.statvfs(place)
    return (state.f_blocks - state.f_bfree) * state.f_frsize


def one_level(words: list[object], scratch: Path, size: int, expected: str) -> dict[str, Any]:
    """A training with so much room; raises AssertionError where something is lost or shown."""
    from inklens.training.loop.checkpoints import Checkpoints

    (place := scratch / f"size{size}").mkdir()
    sized(place, size, "")
    code, said = inklens(*words, "--output", place / "run")
    run = place / "run"
    if code:
        assert said.count("\n") == 1 and said.startswith("inklens: "), said
        assert "Traceback" not in said
        resumable = (run / "recipe.json").is_file()
        assert code == (3 if resumable else 2), (code, said)
        for folder in (run / "checkpoint", run / "checkpoint/ood_detector"):
            if any(folder.glob("epoch*")):
                assert Checkpoints(folder, 0).latest() is not None, f"{folder}: {said}"
        kept = len(list((run / "checkpoint").glob("epoch*"))) if run.is_dir() else 0
        sized(place, ROOM)
        if resumable:
            again, complained = inklens("train", "--resume", run, "--quiet")
            assert again == 0, complained
            assert end_state(run) == expected, "another end state"
    subprocess.run(["umount", str(place)], check=True)
    return {
        "bytes": size,
        "exit_code": code,
        "checkpoints_kept": kept if code else None,
        "said": said.strip(),
    }


def levels(count: int, scratch: Path) -> dict[str, Any]:
    """The run that has room, and then as many that have less and less."""
    data = few_digits(scratch)
    (scratch / "recipe.json").write_text(json.dumps(RECIPE.to_dict()))
    words = [
        "train",
        "--recipe",
        scratch / "recipe.json",
        "--data",
        data.path,
        "--kind",
        "writing",
        "--framing",
    ]
    words += ["ink", "--checkpoint-every", "0", "--quiet"]
    (whole := scratch / "whole").mkdir()
    sized(whole, ROOM, "")
    code, said = inklens(*words, "--output", whole / "run")
    assert code == 0, said
    expected, most = end_state(whole / "run"), taken(whole)
    subprocess.run(["umount", str(whole)], check=True)
    found = []
    for number in range(count):
        size = max(8192, round(most * (number + 0.5) / count / 4096) * 4096)
        found.append(one_level(words, scratch, size, expected))
        print(found[-1], flush=True)
    return {"bytes_of_a_run": most, "lost_checkpoints": 0, "other_end_states": 0, "levels": found}


def main() -> None:
    parser = record.parser(__doc__)
    parser.add_argument("--levels", type=int, default=20)
    given = parser.parse_args()
    if INSIDE not in os.environ:
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "-rm", sys.executable, *sys.argv])
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    with tempfile.TemporaryDirectory() as scratch:
        found = levels(given.levels, Path(scratch))
    record.write("training_disk", found, dry=given.dry)


if __name__ == "__main__":
    main()
