"""Runs that are stopped and gone on with, on TensorFlow; tests/faults kills them, on every backend."""

import json
import shutil
from dataclasses import replace

import pytest

from inklens.errors import DataError, OptionError, RunError, StoppedError
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe
from inklens.run import Run
from inklens.run_folder import RunFolder
from inklens.training import resume, train
from inklens.training.loop import checkpoints
from inklens.training.run_lock import locked
from quick_run import QUICK, end_state

select_backend("tensorflow")

# All that has a random state: dropout, augmentation, drawn outliers and the detector that learns them.
WHOLE = Recipe(
    network="conv5x5",
    epochs=2,
    batch_size=100,
    augmentation="writing-light",
    outliers=0.2,
    ood_detector="convnet-small",
    ood_detector_epochs=1,
    plain_epochs=1,
    weight_averaging=0.9,
    validation_split=150,
)


class Killed(BaseException):
    """Ends a training where it is."""


def killed_at(number):
    """A progress callback that ends the training when it is called for this time."""
    told = []

    def kill(now):
        told.append(now)
        if len(told) == number:
            raise Killed

    return kill


@pytest.fixture(scope="module")
def whole(few, tmp_path_factory):
    """A run that was not stopped."""
    return train(few, WHOLE, output=tmp_path_factory.mktemp("runs"), name="whole", report=False)


@pytest.fixture(scope="module")
def done(few, tmp_path_factory):
    """A quick run that is done, and that may be copied."""
    return train(few, QUICK, output=tmp_path_factory.mktemp("runs"), name="done", report=False)


def copied(run, folder):
    return Run.open(shutil.copytree(run.path, folder)).folder


def test_a_run_that_is_stopped_three_times_ends_as_one_that_was_not(whole, few, tmp_path):
    """Within the first epoch, within the second, and within the detector's."""
    with pytest.raises(Killed):
        train(
            few, WHOLE, output=tmp_path, name="cut", report=False, checkpoint_every=0, progress=killed_at(3)
        )
    for _ in range(2):
        with pytest.raises(Killed):
            resume(tmp_path / "cut", progress=killed_at(8))
    told = []
    run = resume(tmp_path / "cut", progress=told.append)
    assert told[0].member == "OOD detector"
    assert told[0].step > 1
    assert end_state(run) == end_state(whole)
    assert run.metrics["test"] == whole.metrics["test"]
    assert len(run.folder.read_json(run.folder.environment)["resumed"]) == 3
    assert len(list(run.folder.checkpoint.glob("epoch*"))) == 1  # the last one, to go on with more epochs
    with pytest.raises(RunError, match="is done; there is nothing to go on with: give more --epochs"):
        resume(run.path)


def test_a_run_that_is_done_goes_on_for_more_epochs(done, few, tmp_path):
    three = train(few, replace(QUICK, epochs=3), output=tmp_path, name="three", report=False)
    folder = copied(done, tmp_path / "more")
    with pytest.raises(OptionError, match=r"epochs 2: .*more has been trained for 2; give more"):
        resume(folder.path, epochs=2)
    run = resume(folder.path, epochs=3)
    assert end_state(run) == end_state(three)
    said = json.loads(run.folder.recipe.read_text(encoding="utf-8"))
    assert said["recipe"]["epochs"] == 3
    assert said["changes"] == [{"from": {"epochs": 2}, "to": {"epochs": 3}}]


def test_a_damaged_checkpoint_is_passed_over_and_without_any_it_begins_again(done, few, tmp_path):
    def cut(name, damaged):
        with pytest.raises(Killed):
            train(
                few,
                QUICK,
                output=tmp_path,
                name=name,
                report=False,
                checkpoint_every=0,
                progress=killed_at(4),
            )
        kept = sorted((tmp_path / name / "checkpoint").iterdir())
        assert len(kept) == 2
        for path in kept[-damaged:]:
            content = bytearray(path.read_bytes())
            content[len(content) // 2] ^= 1
            path.write_bytes(content)
        return resume(tmp_path / name)

    for damaged in (1, 2):
        assert end_state(cut(f"cut{damaged}", damaged)) == end_state(done)


@pytest.mark.parametrize("rate", [1e4, 1e12, 1e30])
def test_a_training_that_diverges_goes_on_with_a_lower_rate_from_weights_that_are_good(few, tmp_path, rate):
    good = replace(QUICK, epochs=1, learning_rate=0.05, optimizer="sgd")
    train(few, good, output=tmp_path, name="wild", report=False)
    with pytest.raises(
        StoppedError, match=r"diverged.*--resume .*/wild` goes on from the last good checkpoint"
    ) as caught:
        resume(tmp_path / "wild", epochs=5, learning_rate=rate, checkpoint_every=0)
    assert caught.value.exit_code == 3
    kept = [path.read_bytes() for path in (tmp_path / "wild/checkpoint").glob("epoch*")]
    assert kept
    for state in map(checkpoints.TrainingState.from_bytes, kept):
        assert max(abs(array).max() for array in state.arrays["network"]) < 10
    with pytest.raises(StoppedError, match="diverged"):
        resume(tmp_path / "wild")
    run = resume(tmp_path / "wild", learning_rate=0.05)
    assert run.recipe.learning_rate == 0.05
    assert run.metrics["uncalibrated"]["validation"]["loss"] < 2.25  # guessing has 2.3


def test_a_training_that_diverges_at_once_begins_again_with_a_lower_rate(few, tmp_path):
    wild = replace(QUICK, learning_rate=1e30, optimizer="sgd")
    with pytest.raises(StoppedError, match=r"diverged in epoch 1, at step .*/wild` begins again"):
        train(few, wild, output=tmp_path, name="wild", report=False, checkpoint_every=0)
    run = resume(tmp_path / "wild", learning_rate=0.05)
    assert run.folder.status()["state"] == "done"


def test_the_best_epoch_is_kept_and_the_training_ends_without_progress(few, tmp_path):
    # In float32, as the network is evaluated in the end whatever it was trained in.
    exact = replace(QUICK, network="convnet-small", precision="float32")
    recipe = replace(exact, epochs=9, learning_rate=0.5, patience=1)
    run = train(few, recipe, output=tmp_path, name="patient", report=False)
    history = [float(row["val_loss"]) for row in end_state(run)[1]]
    best = min(range(len(history)), key=history.__getitem__)
    assert len(history) == best + 2 < 9
    assert run.metrics["uncalibrated"]["validation"]["loss"] == pytest.approx(history[best], rel=1e-4)
    with pytest.raises(Killed):
        train(
            few, recipe, output=tmp_path, name="cut", report=False, checkpoint_every=0, progress=killed_at(8)
        )
    again = resume(tmp_path / "cut")
    assert end_state(again) == end_state(run)


def test_a_member_goes_on_where_it_was(few, tmp_path):
    both = Committee("committee", {"one": QUICK, "two": replace(QUICK, seed=1, validation_seed=0)})
    alone = train(few, both.members["two"], output=tmp_path, name="alone", report=False)
    with pytest.raises(Killed):
        train(
            few, both, output=tmp_path, name="cut", report=False, checkpoint_every=0, progress=killed_at(20)
        )
    told = []
    run = resume(tmp_path / "cut", progress=told.append)
    assert {now.member for now in told} == {"two, 2 of 2"}
    assert (told[0].epoch, told[0].step) > (1, 1)
    assert end_state(Run(run.folder.members()[1])) == end_state(alone)


def test_a_run_that_was_stopped_before_it_began_is_said_to_be(tmp_path):
    RunFolder.create(tmp_path, "run", "run")
    with pytest.raises(RunError, match="was stopped before it began to train: remove it, and train again"):
        resume(tmp_path / "run")


def test_one_process_at_a_time_trains_a_run(done, tmp_path):
    folder = copied(done, tmp_path / "run")
    with locked(folder), pytest.raises(RunError, match="is being trained by another process; wait for it"):
        resume(folder.path, epochs=3)


def test_data_that_have_moved_are_given_and_others_are_refused(done, few, tmp_path):
    folder = copied(done, tmp_path / "run")
    described = folder.read_json(folder.recipe)
    described["data"]["path"] = str(tmp_path / "gone.npz")
    folder.write_json(folder.recipe, described)
    folder.set_status("interrupted")
    with pytest.raises(DataError, match=r"gone\.npz"):
        resume(folder.path)
    moved = shutil.copy(few.path, tmp_path / "moved.npz")
    run = resume(folder.path, data=moved)
    assert run.data["path"] == str(moved)
    with pytest.raises(DataError, match="has other data than"):
        Run(folder).load_data("sample")
