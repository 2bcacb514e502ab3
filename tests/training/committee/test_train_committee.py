"""Committees of two tiny networks, on few digits."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import EvaluatedModel
from inklens.errors import OptionError, RunError, StoppedError
from inklens.explanation import explain_run
from inklens.export import export_run
from inklens.export.validation_outputs import ValidationOutputs
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import combine, resume, train
from inklens.training.committee import train_committee

select_backend("tensorflow")

ONE = Recipe(network="conv5x5", epochs=2, batch_size=50, validation_split=150, flip="off")
TWO = replace(ONE, network="convnet-small", tta="cross", seed=1, validation_seed=0)
BOTH = Committee("committee", {"one": ONE, "two": TWO})
# Where it does not matter what they learn.
QUICK = replace(ONE, epochs=1)
STOPPED = Committee("committee", {"one": QUICK, "two": replace(QUICK, seed=1, validation_seed=0)})


@pytest.fixture(scope="module")
def trained(few, tmp_path_factory):
    """A committee, and what was told while it was trained."""
    told = []
    run = train(few, BOTH, output=tmp_path_factory.mktemp("runs"), name="both", progress=told.append)
    return run, told


def test_every_member_is_a_run_of_its_own_and_the_committee_one_run(trained, few):
    run, told = trained
    members = [Run.open(run.path / "members" / name) for name in ("one", "two")]
    assert [member.recipe for member in members] == [ONE, TWO]
    assert run.recipe == BOTH
    for one in (run, *members):
        assert one.metrics["test"]["n"] == 150
        assert (one.path / "model.onnx").is_file()
        assert (one.path / "report.html").is_file()
    assert not (run.path / "model.keras").exists()
    assert {now.member for now in told} == {"one, 1 of 2", "two, 2 of 2"}
    said = run.metrics["training"]
    assert [member["name"] for member in said["members"]] == ["one", "two"]
    assert said["members"][1]["accuracy"] == members[1].metrics["test"]["accuracy"]
    assert said["parameters"] == sum(member.network.count_params() for member in members)


def test_the_answer_is_the_mean_of_the_members_probabilities(trained, few):
    run, _ = trained
    members = [Run.open(folder.path) for folder in run.folder.members()]
    own = [member.ensemble.predict_split(few.test).probabilities() for member in members]
    vote = run.ensemble.predict_split(few.test).probabilities()
    assert vote == pytest.approx(np.mean(own, axis=0), abs=1e-6)
    assert run.evaluate(few).accuracy == run.metrics["test"]["accuracy"]


def test_the_one_model_file_says_so_too_calibrated_by_one_temperature(trained, few):
    run, _ = trained
    temperature = run.metrics["confidence"]["temperature"]
    expected = run.ensemble.predict_split(few.test).probabilities(temperature)
    said = run.predict(few.test)
    assert said.probabilities == pytest.approx(expected, abs=1e-4)
    answers = EvaluatedModel.open(run.path).answers(few)
    accuracy = (answers.probabilities.argmax(axis=1) == answers.labels).mean()
    assert accuracy == run.metrics["test"]["accuracy"]


def test_it_is_exported_and_reported_again_from_its_folder(trained, tmp_path):
    run, _ = trained
    assert export_run(run.folder, "onnx", output=tmp_path / "again.onnx")[1].largest_difference <= 1e-5
    written = run.folder.report.read_text(encoding="utf-8")
    assert "A vote of 2 networks (preset committee)" in written
    assert "Members of the committee" in written
    assert Run.open(run.path).write_report().read_text(encoding="utf-8") == written


def test_its_networks_are_explained_one_at_a_time(trained, few):
    run, _ = trained
    with pytest.raises(RunError, match=r"one network is explained at a time: give one of .*members/one"):
        explain_run(run.folder, few.test.batch(slice(0, 1))[0])
    with pytest.raises(RunError, match="is a committee; expected one network"):
        _ = run.network


def test_a_stopped_committee_goes_on_where_it_was(few, tmp_path):
    def stop(now):
        if now.member.startswith("two"):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as caught:
        train(few, STOPPED, output=tmp_path, name="cut", report=False, progress=stop, max_error=0.2)
    assert caught.value.__notes__ == [
        f"what there is of the run is in {tmp_path / 'cut'}",
        f"`inklens train --resume {tmp_path / 'cut'}` goes on where it was",
    ]
    kept = (tmp_path / "cut/members/one/model.keras").stat().st_mtime_ns
    assert RunFolder(tmp_path / "cut").status()["state"] == "interrupted"
    with pytest.raises(RunError, match="is interrupted, not done"):
        Run.open(tmp_path / "cut")
    told = []
    run = resume(tmp_path / "cut", progress=told.append)
    assert {now.member for now in told} == {"two, 2 of 2"}
    assert (run.path / "members/one/model.keras").stat().st_mtime_ns == kept
    assert run.metrics["confidence"]["max_error"] == 0.2
    assert run.folder.status()["state"] == "done"
    with pytest.raises(RunError, match="is done; there is nothing to go on with"):
        resume(run.path)


@pytest.mark.parametrize("step", ["describe_data", "write_environment"])
def test_a_committee_that_is_stopped_while_its_folder_is_made_says_so(few, tmp_path, monkeypatch, step):
    def stop(*arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(train_committee, step, stop)
    with pytest.raises(KeyboardInterrupt) as caught:
        train(few, STOPPED, output=tmp_path, name="cut", report=False)
    assert RunFolder(tmp_path / "cut").status()["state"] == "interrupted"
    resumable = any("--resume" in note for note in caught.value.__notes__)
    assert resumable == (tmp_path / "cut/recipe.json").is_file()


def test_a_member_that_cannot_be_trained_stops_the_committee_with_a_code_of_its_own(few, tmp_path):
    diverging = replace(STOPPED.members["two"], learning_rate=1e30, precision="float32")
    broken = Committee("committee", {"one": QUICK, "two": diverging})
    with pytest.raises(StoppedError, match=r"stopped half-way: two cannot be trained: .*diverged") as caught:
        train(few, broken, output=tmp_path, name="broken", report=False)
    assert caught.value.exit_code == 3
    assert RunFolder.open_done(tmp_path / "broken/members/one")


def test_trained_runs_are_combined(trained, few, tmp_path):
    committee = trained[0]
    run = combine([member.path for member in committee.folder.members()], output=tmp_path, name="combined")
    said = run.predict(few.test).probabilities
    assert said == pytest.approx(committee.predict(few.test).probabilities, abs=1e-6)
    assert run.metrics["test"] == committee.metrics["test"]
    said = json.loads((run.path / "recipe.json").read_text())
    assert list(said["recipe"]["members"]) == ["one", "two"]
    said = f"<span>--recipe</span> <span>{run.folder.recipe}</span>"
    assert said in run.folder.report.read_text(encoding="utf-8")


def test_runs_that_held_other_images_out_are_not_combined(trained, tmp_path):
    first = trained[0].path / "members/one"
    other = RunFolder(shutil.copytree(first, tmp_path / "other"))
    held_out = ValidationOutputs.read(other)
    replace(held_out, images=held_out.images[::-1]).write(other)
    with pytest.raises(OptionError, match="held out unlike validation images"):
        combine([first, other.path], output=tmp_path, name="combined")
    assert not (tmp_path / "combined").exists()


def test_a_committee_is_no_member(trained, tmp_path):
    run = trained[0]
    with pytest.raises(OptionError, match="is a committee itself"):
        combine([run.path / "members/one", run.path], output=tmp_path)
