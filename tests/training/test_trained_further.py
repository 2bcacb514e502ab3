"""Runs that are done and trained for more epochs: until these are done too, what there was stays in use."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from command_line import run_inklens
from inklens.classifier import EvaluatedModel
from inklens.errors import OptionError, RunError, StoppedError
from inklens.networks.backends import select_backend
from inklens.recipes import Committee
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import resume, train
from quick_run import QUICK, end_state

select_backend("tensorflow")


class Killed(BaseException):
    """Ends a training where it is."""


def kill(now):
    """A progress callback."""
    raise Killed


@pytest.fixture(scope="module")
def done(few, tmp_path_factory):
    """A run that is done, with its report; not to be changed."""
    return train(few, QUICK, output=tmp_path_factory.mktemp("runs"), name="done")


@pytest.fixture
def run(done, tmp_path):
    return Run.open(shutil.copytree(done.path, tmp_path / "runs/run"))


def assert_in_use(path, former, few):
    """Every way to a finished run leads to the former one, whole."""
    usable = RunFolder.latest(path.parent)
    assert usable == RunFolder.open_done(path)
    assert end_state(Run(usable)) == end_state(former)
    assert Run(usable).metrics == former.metrics
    assert Run(usable).folder.report.is_file()
    model = EvaluatedModel.open(path)
    assert (model.name, model.training) == (path.name, former.metrics["training"])
    answers = Run(usable).predict(few.test)
    np.testing.assert_array_equal(answers.probabilities, former.predict(few.test).probabilities)


def test_a_run_that_is_stopped_while_it_is_trained_further_stays_in_use(done, run, few, tmp_path):
    whole = train(few, replace(QUICK, epochs=4), output=tmp_path, name="whole", report=False)
    for epochs in (4, None):
        with pytest.raises(Killed):
            resume(run.path, epochs=epochs, progress=kill)
        assert run.folder.status()["state"] == "failed"
        assert_in_use(run.path, done, few)
    image = next((done.path / "pictures").glob("samples.png"))
    for words in (["predict", image], ["evaluate", "runs/run"]):
        asked = run_inklens(tmp_path, *words)
        assert asked.returncode == 0, asked.stderr
    again = resume(run.path)
    assert end_state(again) == end_state(whole)
    assert again.folder.report.is_file()
    assert RunFolder.latest(run.path.parent) == again.folder
    assert not again.folder.finished.exists()
    assert again.folder.status()["started"] == done.folder.status()["started"]


@pytest.mark.parametrize("name", ["metrics.json", "model.onnx"])
def test_a_network_that_is_trained_further_but_not_finished_is_not_mixed_with_the_former_one(
    done, run, few, name
):
    """model.keras is new by then, what belongs to it is not."""

    def block(now):
        place = run.path / name
        if place.is_file():
            place.unlink()
            place.mkdir()
            (place / "in the way").touch()

    with pytest.raises(
        StoppedError, match="goes on where it was; until then its former network stays in use"
    ):
        resume(run.path, epochs=3, progress=block)
    assert_in_use(run.path, done, few)
    shutil.rmtree(run.path / name)
    told = []
    again = resume(run.path, progress=told.append)
    assert told == []
    assert again.metrics["training"]["epochs"] == 3
    assert not again.folder.finished.exists()


def test_one_that_diverges_says_that_the_former_network_stays_in_use(done, run, few):
    with pytest.raises(StoppedError, match=r"diverged.*; until then its former network stays in use"):
        resume(run.path, epochs=4, learning_rate=1e30)
    assert_in_use(run.path, done, few)
    assert resume(run.path, learning_rate=0.001).folder.status()["state"] == "done"


def test_what_was_written_of_the_former_network_is_not_removed(run):
    with pytest.raises(Killed):
        resume(run.path, epochs=3, progress=kill)
    (of_former := RunFolder.open_done(run.path).path / "model.tflite").write_bytes(b"exported")
    resume(run.path)
    assert [path.name for path in run.folder.finished.iterdir()] == ["model.tflite"]
    with pytest.raises(Killed):
        resume(run.path, epochs=4, progress=kill)
    assert Run.open(run.path).metrics["training"]["epochs"] == 3
    assert of_former.is_file()


def test_where_nothing_could_be_begun_the_run_is_done_as_before(done, run, monkeypatch):
    (run.folder.finished).write_bytes(b"in the way")
    with pytest.raises(RunError, match=r"finished cannot be written: ") as refused:
        resume(run.path, epochs=3)
    assert refused.value.exit_code == 2
    assert RunFolder.open_done(run.path) == run.folder
    assert end_state(run) == end_state(done)


def test_a_committee_that_is_trained_further_stays_in_use(few, tmp_path):
    two = Committee("committee", {"one": QUICK, "two": replace(QUICK, seed=1, validation_seed=0)})
    run = train(few, two, output=tmp_path, name="two", report=False)
    before = run.predict(few.test).probabilities
    stopped = []

    def kill_the_second(now):
        stopped.append(now.member)
        if now.member.startswith("two"):
            raise Killed

    with pytest.raises(Killed):
        resume(run.path, epochs=3, progress=kill_the_second)
    usable = Run.open(run.path)
    assert len(usable.folder.networks()) == 2
    np.testing.assert_array_equal(usable.predict(few.test).probabilities, before)
    assert usable.ensemble is not None
    again = resume(run.path)
    assert again.metrics["training"]["epochs"] == 6
    assert not again.folder.finished.exists()


PATIENT = replace(
    QUICK, network="convnet-small", epochs=9, learning_rate=0.5, patience=1, precision="float32"
)  # in which the network is evaluated in the end, whatever it was trained in


def steps_of(run):
    """How many epochs there were, by the history."""
    return len(end_state(run)[1])


def test_more_epochs_after_an_early_stop_are_counted_from_those_that_were_trained(few, tmp_path):
    run = train(few, PATIENT, output=tmp_path, name="patient", report=False)
    ended = steps_of(run)
    assert ended < 8
    with pytest.raises(
        OptionError, match=f"epochs {ended}: .*patient has been trained for {ended}; give more"
    ):
        resume(run.path, epochs=ended)
    before = end_state(run)[1]
    with pytest.raises(Killed):
        resume(run.path, epochs=ended + 2, progress=kill)  # fewer than the recipe had
    again = resume(run.path)
    history = end_state(again)[1]
    assert history[:ended] == before
    assert ended < len(history) <= ended + 2  # it waits anew
    best = min(history, key=lambda row: float(row["val_loss"]))
    assert again.metrics["validation"]["accuracy"] == pytest.approx(float(best["val_accuracy"]))
    assert again.recipe.epochs == ended + 2


def test_as_many_epochs_as_the_recipe_had_go_on_after_an_early_stop_too(few, tmp_path):
    run = train(few, PATIENT, output=tmp_path, name="patient", report=False)
    ended = steps_of(run)
    assert steps_of(resume(run.path, epochs=9)) > ended


def test_patience_counts_from_where_the_training_went_on(few, tmp_path):
    """With a rate of nearly nothing nothing improves: it ends after as many epochs as it may wait."""
    run = train(few, replace(PATIENT, patience=2), output=tmp_path, name="patient", report=False)
    ended = steps_of(run)
    again = resume(run.path, epochs=ended + 5, learning_rate=1e-30)
    assert steps_of(again) == ended + 2


def test_fewer_epochs_than_have_begun_are_refused(few, tmp_path):
    told = []

    def stop_in_the_second(now):
        told.append(now)
        if now.epoch == 2 and now.step > 1:
            raise Killed

    recipe = replace(QUICK, epochs=4)
    with pytest.raises(Killed):
        train(
            few,
            recipe,
            output=tmp_path,
            name="run",
            report=False,
            checkpoint_every=0,
            progress=stop_in_the_second,
        )
    with pytest.raises(OptionError, match=r"epochs 1: .*run has been trained for 2; give more"):
        resume(tmp_path / "run", epochs=1)
    assert steps_of(resume(tmp_path / "run", epochs=2)) == 2


def test_a_best_epoch_that_the_test_set_chose_is_said(few, tmp_path):
    patient = replace(QUICK, patience=3, validation_data="test")
    run = train(few, patient, output=tmp_path, name="patient", report=False)
    assert "the best epoch was chosen on the test set" in run.metrics["training"]["note"]
    plain = train(few, replace(patient, patience=None), output=tmp_path, name="plain", report=False)
    assert "best epoch" not in (plain.metrics["training"]["note"] or "")
