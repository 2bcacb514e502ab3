"""The short form of `make faults`, which keeps its results in benchmarks/results."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from quick_run import CAN_MOUNT

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def run(script: str, *arguments: object, **environment: str) -> str:
    words = [sys.executable, BENCHMARKS / script, *arguments, "--dry"]
    done = subprocess.run(
        list(map(str, words)),
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_training_that_is_killed_ends_as_one_that_was_not():
    assert "3 kills, runs that ended alike: " in run("training_kills.py", "--kills", 3)


@pytest.mark.backends
@pytest.mark.parametrize("backend", ["jax", "torch"])
def test_it_does_so_on_other_backends(backend):
    done = run("training_kills.py", "--backend", backend, "--kills", 2, KERAS_BACKEND=backend)
    assert "2 kills, runs that ended alike: " in done


def test_of_two_trainings_and_of_two_resumes_at_once_one_has_it():
    assert "1 pairs of trainings and of resumes: one had it" in run("training_pairs.py", "--pairs", 1)


@pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount a file system of its own")
def test_a_full_disk_stops_a_training_with_one_line_and_loses_nothing():
    files = ["recipe.json", "checkpoint/ood_detector/epoch.checkpoint", "report.html"]
    assert run("training_disk.py", "--only", *files).count("'exit_code'") == len(files)
