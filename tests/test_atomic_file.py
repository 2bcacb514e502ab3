"""What is left of files whose writer died."""

import subprocess
import sys
from pathlib import Path

from inklens.atomic_file import atomic, remove_partial_of_dead

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


def test_what_processes_that_have_ended_were_writing_is_removed_and_what_others_write_is_not(
    tmp_path: Path,
) -> None:
    (tmp_path / "pictures").mkdir()
    targets = [tmp_path / "metrics.json", tmp_path / "pictures/samples.png"]
    for target in targets:
        command = [sys.executable, "-c", KILLED_WRITER, str(target)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"half way\n"
            remove_partial_of_dead(tmp_path)
            assert len(list(target.parent.glob(".partial-*"))) == 1, "it is being written"
            writer.kill()
    elsewhere = tmp_path / ".partial-01234567.89abcdef.1-other.json"  # of a machine that shares the folder
    elsewhere.write_bytes(b"half")
    with atomic(tmp_path / "mine.json") as temporary:
        temporary.write_bytes(b"whole")
        remove_partial_of_dead(tmp_path)
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        elsewhere.name,
        "mine.json",
    ]
