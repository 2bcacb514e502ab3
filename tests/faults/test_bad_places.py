"""Trainings in places that go bad: what is trained stays, and `--resume` ends as if nothing had happened."""

import os
import shutil
import subprocess
import sys
import time
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest

from inklens.errors import RunError, StoppedError
from inklens.networks.keras_file import load_network
from inklens.training import resume, train
from inklens.training.loop.checkpoints import Checkpoints
from quick_run import CAN_MOUNT, QUICK, end_state


def blocked(place):
    """Puts a folder with a file in it where a file is to be written."""
    place.mkdir(parents=True)
    (place / "in the way").touch()


@pytest.mark.parametrize("name", ["model.onnx", "metrics.json", "pictures/samples.png", "report.html"])
def test_a_network_that_is_trained_outlives_what_cannot_be_written_after_it(whole, few, scratch, name):
    def block_once(now):
        if not (place := scratch / "run" / name).exists():
            blocked(place)

    with pytest.raises(RunError, match=r"cannot be written"):
        train(few, QUICK, output=scratch, name="run", progress=block_once)
    weights = load_network(scratch / "run/model.keras").get_weights()
    shutil.rmtree(scratch / "run" / name)
    told = []
    run = resume(scratch / "run", progress=told.append)
    assert told == []  # nothing was trained again
    assert all(map(np.array_equal, weights, load_network(run.folder.model).get_weights()))
    assert end_state(run) == end_state(whole)
    assert run.folder.status()["state"] == "done"
    assert (run.path / name).is_file()
    assert run.folder.report.is_file()


def test_a_run_that_was_killed_while_its_report_was_written_gets_one(whole, few, scratch):
    run = train(few, QUICK, output=scratch, name="run")
    run.folder.report.unlink()  # its status is "done" by then
    assert end_state(resume(run.path)) == end_state(whole)
    assert run.folder.report.is_file()
    with pytest.raises(RunError, match="is done; there is nothing to go on with"):
        resume(run.path)


def test_a_folder_that_vanishes_stops_the_training_and_is_gone_on_with_where_it_comes_back(
    whole, few, scratch
):
    moved = scratch / "elsewhere"

    def move(now):
        if (now.epoch, now.step > 2, moved.exists()) == (2, True, False):
            (scratch / "run").rename(moved)

    with pytest.raises(RunError, match="is gone: it was moved or removed"):
        train(few, QUICK, output=scratch, name="run", report=False, checkpoint_every=0, progress=move)
    assert not (scratch / "run").exists()  # nothing was made anew
    assert Checkpoints(moved / "checkpoint", 0).latest() is not None
    assert end_state(resume(moved)) == end_state(whole)  # a run can be moved


def test_a_clock_that_jumps_changes_nothing(whole, few, scratch, monkeypatch):
    real, jumps = time.time, cycle([0.0, 1e9, -1e9, 3600.0, -86_400.0])
    monkeypatch.setattr(time, "time", lambda: max(0.0, real() + next(jumps)))
    run = train(few, QUICK, output=scratch, name="run", report=False, checkpoint_every=0)
    assert end_state(run) == end_state(whole)
    assert len(list(run.folder.checkpoint.glob("epoch*"))) == 1


def test_what_stops_a_run_half_way_has_exit_code_3_and_names_the_command(few, scratch):
    def block(now):
        if not (place := scratch / "run/model.keras").exists():
            blocked(place)

    with pytest.raises(
        StoppedError, match=r"stopped half-way: .*; `inklens train --resume .*run` goes"
    ) as one:
        train(few, QUICK, output=scratch, name="run", report=False, progress=block)
    assert one.value.exit_code == 3
    assert "\n" not in str(one.value)


READ_ONLY = """
import subprocess, sys
from pathlib import Path
from command_line import run_inklens

place, run, data = map(Path, sys.argv[1:])
subprocess.run(["mount", "-t", "tmpfs", "tmpfs", place], check=True)
subprocess.run(["cp", "-r", run, place / "begun"], check=True)
subprocess.run(["mount", "-o", "remount,ro", place], check=True)
words = ["--network", "conv5x5", "--epochs", 1, "--kind", "writing", "--quiet"]
resumed = ["--resume", place / "begun", "--epochs", 3, "--quiet"]
for given in (["--data", data, "--output", place / "new", *words], resumed):
    done = run_inklens(place, "train", *given)
    print(done.returncode, done.stderr.splitlines()[-1])
"""


@pytest.mark.skipif(not CAN_MOUNT, reason="needs the right to mount a file system of its own")
def test_a_file_system_that_is_read_only_is_one_line(whole, few, tmp_path):
    words = ["unshare", "-rm", sys.executable, "-c", READ_ONLY, tmp_path, whole.path, few.path]
    paths = os.pathsep.join([str(Path(__file__).parents[1]), *filter(None, sys.path)])
    done = subprocess.run(
        list(map(str, words)),
        env={**os.environ, "PYTHONPATH": paths},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    new, begun = done.stdout.splitlines()
    assert new.startswith("2 inklens: a run cannot be made in ")
    assert "Read-only file system; give another place with --output" in new
    assert begun.startswith("2 inklens: ")
    assert "Read-only file system; make it writable" in begun
