"""Members that train at the same time, each in a real process of its own."""

import json
import os
import signal
from dataclasses import replace

import pytest

from inklens.errors import OptionError, RunError, StoppedError
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe
from inklens.run_folder import RunFolder
from inklens.training import resume, train

select_backend("tensorflow")

ONE = Recipe(network="conv5x5", epochs=1, batch_size=50, validation_split=150, validation_seed=0)
THREE = Committee("three", {name: replace(ONE, seed=seed) for seed, name in enumerate(("a", "b", "c"))})
# They never end by themselves while a test runs.
ENDLESS = Committee("endless", {name: replace(one, epochs=100_000) for name, one in THREE.members.items()})


def _gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_a_member_that_dies_takes_no_other_with_it_and_is_made_up_for(few, tmp_path, caplog):
    told, pids = [], {}

    def kill_a(now):
        name = now.member.split(",")[0]
        told.append((name, now.side_by_side))
        if name not in pids:
            pids[name] = RunFolder(tmp_path / "run/members" / name).status()["pid"]
            if name == "a":
                os.kill(pids["a"], signal.SIGKILL)

    with pytest.raises(StoppedError) as caught:
        train(few, THREE, report=False, output=tmp_path, name="run", jobs=2, max_error=0.2, progress=kill_a)
    said = "a cannot be trained: its process was ended by SIGKILL; where memory is short, give fewer jobs"
    assert f"stopped half-way: {said}; `inklens train --resume" in str(caught.value)
    assert [record.getMessage() for record in caplog.records] == [f"{said}; the others go on"]
    assert {*told} == {("a", True), ("b", True), ("c", True)}
    assert len({os.getpid(), *pids.values()}) == 4
    states = {name: RunFolder(tmp_path / "run/members" / name).status()["state"] for name in "abc"}
    assert states == {"a": "failed", "b": "done", "c": "done"}
    kept = (tmp_path / "run/members/b/model.keras").stat().st_mtime_ns

    told.clear()
    run = resume(tmp_path / "run", progress=lambda now: told.append(now.member))
    assert {*told} == {"a, 1 of 3"}
    assert (run.path / "members/b/model.keras").stat().st_mtime_ns == kept
    assert run.folder.status()["state"] == "done"
    assert run.metrics["confidence"]["max_error"] == 0.2
    assert run.metrics["training"]["wall_seconds"] is None  # it was trained in two goes
    assert run.folder.read_json(run.folder.recipe)["options"]["jobs"] == 2
    b = RunFolder(run.path / "members/b")
    assert b.read_json(b.environment)["command"] == run.folder.read_json(run.folder.environment)["command"]


def test_an_error_of_ours_in_a_child_says_so(few, tmp_path):
    a, b = (replace(ONE, seed=seed, learning_rate=1e30, precision="float32") for seed in range(2))
    said = r"a cannot be trained: .*diverged.*b cannot be trained: .*diverged"
    with pytest.raises(StoppedError, match=said):
        train(few, Committee("broken", {"a": a, "b": b}), report=False, output=tmp_path, name="run", jobs=2)


def test_ctrl_c_ends_all_children_and_leaves_a_run_that_can_be_gone_on_with(few, tmp_path):
    told = set()

    def interrupt(now):
        told.add(now.member)
        if len(told) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        train(few, ENDLESS, report=False, output=tmp_path, name="run", jobs=2, progress=interrupt)
    assert "--resume" in caught.value.__notes__[1]
    for name in "ab":
        status = RunFolder(tmp_path / "run/members" / name).status()
        assert status["state"] == "interrupted"
        assert _gone(status["pid"])
    assert not (tmp_path / "run/members/c").exists()
    assert json.loads((tmp_path / "run/status.json").read_text())["state"] == "interrupted"


def test_one_network_is_one_job(few, tmp_path):
    with pytest.raises(OptionError, match="jobs 2 are for a committee; one network is one job"):
        train(few, ONE, output=tmp_path, jobs=2)
    with pytest.raises(OptionError, match="jobs 0 is out of range"):
        train(few, THREE, report=False, output=tmp_path, jobs=0)
    with pytest.raises(RunError, match="is not a folder"):
        resume(tmp_path / "none", jobs=2)
    assert not list(tmp_path.iterdir())
