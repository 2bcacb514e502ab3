"""The command line in this process, where the libraries are imported already: seconds less a command."""

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from unittest.mock import patch


def loaded_modules(folder: Path, *arguments: object) -> set[str]:
    """What a command, in a process of its own, has imported when it ends well."""
    words = ["inklens", *map(str, arguments)]
    code = f"import sys\nsys.argv = {words}\nfrom inklens.cli import main\n"
    code += "try:\n    main()\nfinally:\n    print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True
    )
    assert not done.stderr or done.stderr.startswith("note: "), done.stderr
    return set(done.stdout.splitlines()[-1].split())


def refusal(done: "subprocess.CompletedProcess[str]") -> str:
    """The one line on standard error of a command that was refused."""
    assert (done.returncode, done.stderr.count("\n")) == (2, 1), done.stderr
    assert done.stderr.startswith("inklens: ")
    return done.stderr


def has_ended(process: int) -> bool:
    """Whether a process has ended; one whose exit code nobody has asked for yet has, too."""
    try:
        os.kill(process, 0)
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (ProcessLookupError, FileNotFoundError):
        return True
    return state == "Z"


def processes_called(*starts: bytes) -> list[int]:
    """The processes below this one whose command line begins with one of these, as Ray's workers name
    themselves; another cluster of this machine keeps its own."""
    parents, names = {}, {}
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it has ended
            process = int(path.name)
            parents[process] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            names[process] = (path / "cmdline").read_bytes()
    return [one for one, name in names.items() if name.startswith(starts) and _is_below(one, parents)]


def _is_below(process: int, parents: dict[int, int]) -> bool:
    while process in parents and process != os.getpid():
        process = parents[process]
    return process == os.getpid()


def run_inklens(folder: Path, *arguments: object, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Runs `inklens` with these arguments in a folder; what it said and its exit code, as of a process."""
    from inklens.cli import main

    words = ["inklens", *map(str, arguments)]
    said, complained = io.StringIO(), io.StringIO()
    code: object = None
    with (
        chdir(folder),
        patch.object(sys, "argv", words),
        patch.dict(os.environ, environment),
        patch.object(sys, "stdin", io.TextIOWrapper(io.BytesIO())),
        redirect_stdout(said),
        redirect_stderr(complained),
    ):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    return subprocess.CompletedProcess(words, int(code or 0), said.getvalue(), complained.getvalue())
