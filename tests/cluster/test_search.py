"""Searches on few digits: one after another and on a cluster, killed, and gone on with."""

import csv
import json
import os
import signal
import subprocess
import sys

import pytest

from command_line import processes_called
from inklens.cluster import resume_search, trials_on, tune
from inklens.cluster.search import SearchOptions
from inklens.cluster.trial_runs import TrialCurve
from inklens.errors import OptionError, RunError, StoppedError
from inklens.recipes import Recipe
from inklens.recipes.recipe_file import read_recipe

QUICK = Recipe(network="conv5x5", epochs=2, batch_size=64, validation_split=150)


def _curves(data, left, next_trial, hear, ended):
    """Trains nothing: what is nearer to a learning rate of 0.02, and has a shorter name, is better."""
    while (one := next_trial()) is not None:
        name, recipe = one
        accuracy = 0.9 - abs(recipe.learning_rate - 0.02) - 0.01 * len(recipe.network) / 20
        ended(name, TrialCurve((accuracy - 0.1, accuracy), (1.0, 0.5), 0.1, "done"))


def _table(folder):
    with (folder.path / "trials.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_search_leaves_a_recipe_a_table_pictures_and_a_comparison(few, tmp_path):
    from inklens.networks.backends import select_backend

    select_backend("tensorflow")
    said = []
    folder = tune(few, QUICK, SearchOptions(3), output=tmp_path, name="mine", say=said.append)
    rows = _table(folder)
    assert len(rows) == 3
    assert {row["state"] for row in rows} <= {"done", "pruned", "diverged"}
    assert rows[0]["network"] == "conv5x5", "it begins at the preset"
    best = read_recipe(folder.path / "best.json")
    done = max((row for row in rows if row["state"] == "done"), key=lambda row: float(row["val_accuracy"]))
    assert best.network == done["network"]
    assert best.preset == "fast-tuned"
    compared = folder.read_json("comparison.json")
    assert sorted(compared["accuracies"]) == sorted(
        f"{which}, seed {seed}" for which in ("best", "preset") for seed in (1, 2, 3)
    )
    low, high = compared["difference"]["interval_95"]
    assert low <= compared["best"]["mean"] - compared["preset"]["mean"] <= high
    assert (folder.path / "pictures/history.png").is_file()
    assert folder.status()["state"] == "done"
    assert len(said) == 3 + 6


def test_a_search_finds_what_is_better_and_goes_on_with_more_trials(few, tmp_path):
    folder = tune(few, QUICK, SearchOptions(12), output=tmp_path, name="mine", run_trials=_curves)
    first = abs(read_recipe(folder.path / "best.json").learning_rate - 0.02)
    resume_search(folder.path, SearchOptions(30), run_trials=_curves)
    assert len(_table(folder)) == 30
    assert abs(read_recipe(folder.path / "best.json").learning_rate - 0.02) <= first
    assert (folder.path / "pictures/importance.png").is_file()


def test_a_time_that_is_too_short_for_a_search_is_said_and_it_goes_on(few, tmp_path):
    with pytest.raises(
        StoppedError, match=r"in 0\.001 s no training but that of the preset .*mine --time 30m"
    ):
        tune(few, QUICK, SearchOptions(9, 0.001), output=tmp_path, name="mine", run_trials=_curves)
    assert not (tmp_path / "mine/comparison.json").exists()  # six trainings for nothing
    folder = resume_search(tmp_path / "mine", SearchOptions(9), run_trials=_curves)
    assert len(_table(folder)) == 9


SEARCH = """
import sys
from inklens.cluster import resume_search, tune
from inklens.cluster.search import SearchOptions
from inklens.datasets import load
from inklens.recipes import Recipe
from pathlib import Path
recipe = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_split=150)
say = lambda line: print(line, flush=True)
folder = Path(sys.argv[2], "mine")
if (folder / "recipe.json").is_file():
    resume_search(folder, SearchOptions(2), say=say)
else:
    data = load(sys.argv[1], kind="writing", framing="pad")
    tune(data, recipe, SearchOptions(2), output=sys.argv[2], name="mine", say=say)
"""


def test_a_search_that_is_killed_ends_with_all_its_trials(few, tmp_path):
    command = [sys.executable, "-c", SEARCH, str(few.path), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("trial 0:")
        os.kill(process.pid, signal.SIGKILL)
    subprocess.run(command, check=True, capture_output=True)
    rows = list(csv.DictReader((tmp_path / "mine/trials.csv").read_text(encoding="utf-8").splitlines()))
    assert len(rows) == 2
    assert json.loads((tmp_path / "mine/status.json").read_text())["state"] == "done"


def test_trials_run_side_by_side_on_a_cluster_and_one_whose_process_dies_is_run_again(
    cluster, few, tmp_path, monkeypatch
):
    monkeypatch.setattr("inklens.cluster.search_results.SEEDS", 2)
    killed, said, seen = [], [], set()

    def kill_one(now):
        seen.add(now.member)
        if not killed and now.member.startswith("trial"):
            killed.append(processes_called(b"ray::_train")[0])
            os.kill(killed[0], signal.SIGKILL)

    folder = tune(
        few, QUICK, SearchOptions(2), output=tmp_path, name="mine",
        run_trials=trials_on(cluster, say=said.append), progress=kill_one,
    )  # fmt: skip
    assert killed
    assert len(_table(folder)) == 2
    assert {"trial 0", "trial 1"} <= seen
    assert said[0].startswith("2 at a time")
    assert "mean" in folder.read_json("comparison.json")["difference"]


@pytest.mark.parametrize(
    ("recipe", "options", "said"),
    [
        ("committee", {}, "a committee is several networks"),
        ("fast", {"trials": 0}, "trials 0 is out of range"),
        ("fast", {"seconds": 0}, "time 0 is out of range"),
    ],
)
def test_what_cannot_be_searched_is_refused(few, tmp_path, recipe, options, said):
    with pytest.raises(OptionError, match=said):
        tune(few, recipe, SearchOptions(**options), output=tmp_path)
    with pytest.raises(RunError, match=r"holds no study\.db with trials"):
        resume_search(tmp_path / "none")
