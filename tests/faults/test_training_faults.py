"""The short form of `make faults`, which keeps its results in benchmarks/results."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
CAN_MOUNT = (
    shutil.which("unshare") is not None
    and subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode == 0
)


def run(script: str, *arguments: object) -> str:
    words = [sys.executable, BENCHMARKS / script, *arguments, "--dry"]
    done = subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_training_that_is_killed_ends_as_one_that_was_not():
    assert "3 kills, runs that ended alike: " in run("training_kills.py", "--kills", 3)


@pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount a file system of its own")
def test_a_full_disk_stops_a_training_with_one_line_and_loses_no_checkpoint():
    assert "goes on where it was" in run("training_disk.py", "--levels", 1)
