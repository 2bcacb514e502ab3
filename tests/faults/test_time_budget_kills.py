"""A training with `--time` that is killed goes on with the time that was left."""

import signal
import subprocess
import sys
from dataclasses import replace

from command_line import run_inklens
from inklens.run import Run
from inklens.training.loop.checkpoints import Checkpoints

KILLED = """
import os, signal, sys
from inklens.datasets import load
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.training import train

select_backend("tensorflow")
told = []

def kill(now):
    told.append(now)
    if len(told) == 20:
        os.kill(os.getpid(), signal.SIGKILL)

recipe = Recipe(network="conv5x5", time_budget=3600.0, batch_size=100, validation_split=150)
data = load(sys.argv[1], kind="writing", framing="pad")
train(data, recipe, name="run", checkpoint_every=0, progress=kill)
"""


def test_a_training_with_a_time_that_is_killed_ends_in_the_time_that_was_left(few, tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, few.path], cwd=tmp_path, check=False)
    assert done.returncode == -signal.SIGKILL
    checkpoints = Checkpoints(tmp_path / "runs/run/checkpoint", 0)
    state = checkpoints.latest()
    assert state is not None
    assert 0 < state.clock["seconds_left"] < 3600 - state.clock["step_seconds"][0]
    assert state.clock["done"] > 0
    # As if nearly all of the hour had gone by: with the whole of it, this test would not end.
    checkpoints.write(replace(state, clock={**state.clock, "seconds_left": 1.0}))
    again = run_inklens(tmp_path, "train", "--resume", "runs/run", "--quiet")
    assert again.returncode == 0, again.stderr
    run = Run.open(tmp_path / "runs/run")
    assert run.recipe.time_budget == 3600
    ended = checkpoints.latest()
    assert ended is not None
    assert ended.stopped
    assert ended.clock["done"] >= state.clock["done"]
    assert ended.history[: len(state.history)] == state.history
    assert run.predict(few.test).probabilities.shape == (len(few.test), 10)
    assert run.folder.report.is_file()
