"""`--preset distilled --teacher RUN`: what is checked, written down, gone on with and repeated."""

import shutil
from dataclasses import replace
from types import SimpleNamespace

import pytest

from command_line import refusal, run_inklens
from inklens.errors import OptionError, RunError
from inklens.networks.backends import select_backend
from inklens.recipes import Committee, Recipe, read_training
from inklens.run import Run
from inklens.training import reproduce, resume, train
from inklens.training.cross_validation import cross_validate
from inklens.training.other_runs.teacher import TeacherRun
from inklens.training.parts import DataParts
from quick_run import QUICK, end_state

select_backend("tensorflow")

TAUGHT = replace(
    QUICK,
    preset="distilled",
    augmentation="writing-light",
    outliers=0.2,
    ood_detector="convnet-small",
    ood_detector_epochs=1,
    distillation=0.9,
    seed=5,
)


class Killed(BaseException):
    """Ends a training where it is."""


@pytest.fixture(scope="module")
def runs(few, tmp_path_factory):
    """The folder of a committee, "teacher", and of what it has taught, "taught"; not to be changed."""
    folder = tmp_path_factory.mktemp("runs")
    members = {
        "plain": replace(QUICK, epochs=4),
        "deslanted": replace(QUICK, epochs=4, seed=1, validation_seed=0, digit_normalisation="deslant"),
    }
    train(few, Committee("committee", members), output=folder, name="teacher", report=False)
    train(few, TAUGHT, output=folder, name="taught", report=False, teacher=folder / "teacher")
    return folder


@pytest.fixture
def copies(runs, tmp_path):
    """A copy of both, the taught one with the path of its teacher's copy."""
    shutil.copytree(runs, tmp_path / "runs")
    folder = Run.open(tmp_path / "runs/taught").folder
    described = folder.read_recipe()
    described["teacher"]["path"] = str(tmp_path / "runs/teacher")
    folder.write_json(folder.recipe, described)
    return tmp_path / "runs"


def test_a_committee_teaches_one_network_which_is_saved_alone(runs, few):
    run = Run.open(runs / "taught")
    described = run.folder.read_recipe()
    assert described["teacher"]["path"] == str(runs / "teacher")
    assert len(described["teacher"]["sha256"]) == 64
    assert run.recipe.validation_seed == 0, "it holds out what its teacher held out"
    plain = Run.open(runs / "teacher/members/plain")
    assert run.network.count_params() == plain.network.count_params()
    assert list(map(type, run.network.layers)) == list(map(type, plain.network.layers))
    assert run.metrics["test"]["accuracy"] > 0.7
    assert run.metrics["training"]["note"] is None
    assert run.predict(few.test.whole()[:3]).probabilities.shape == (3, 10)


def test_one_that_is_stopped_ends_as_one_that_was_not(runs, few, tmp_path):
    told = []

    def kill(now):
        told.append(now)
        if len(told) == 4:
            raise Killed

    with pytest.raises(Killed):
        train(
            few,
            TAUGHT,
            output=tmp_path,
            name="cut",
            report=False,
            checkpoint_every=0,
            progress=kill,
            teacher=runs / "teacher",
        )
    run = resume(tmp_path / "cut")
    assert end_state(run) == end_state(Run.open(runs / "taught"))
    assert run.folder.read_recipe()["teacher"] == Run.open(runs / "taught").folder.read_recipe()["teacher"]


def test_it_is_reproduced_by_the_same_teacher_and_refused_by_another(copies):
    assert reproduce(copies / "taught").identical
    shutil.copy(
        copies / "teacher/members/plain/model.keras", copies / "teacher/members/deslanted/model.keras"
    )
    changed = r"the teacher of .*taught, .*teacher, has other networks than when the training began: put"
    with pytest.raises(RunError, match=changed):
        reproduce(copies / "taught")
    with pytest.raises(RunError, match=changed):
        resume(copies / "taught", epochs=3)
    shutil.rmtree(copies / "teacher")
    for again in (reproduce, lambda path: resume(path, epochs=3)):
        with pytest.raises(RunError, match=r"the teacher of .*taught: .*teacher is not a folder"):
            again(copies / "taught")
    assert Run.open(copies / "taught").folder.status()["state"] == "done"


def test_its_recipe_json_trains_the_same_again_on_the_command_line(runs, tmp_path):
    recipe = runs / "taught/recipe.json"
    assert read_training(recipe).options["teacher"] == str(runs / "teacher")
    done = run_inklens(tmp_path, "train", "--recipe", recipe, "--name", "again", "--quiet")
    assert done.returncode == 0, done.stderr
    assert end_state(Run.open(tmp_path / "runs/again")) == end_state(Run.open(runs / "taught"))


def test_its_recipe_json_is_refused_where_the_teacher_has_changed_unless_it_is_given_anew(copies, tmp_path):
    teacher, recipe = copies / "teacher", copies / "taught/recipe.json"
    shutil.copy(teacher / "members/plain/model.keras", teacher / "members/deslanted/model.keras")
    again = ("train", "--recipe", recipe, "--epochs", "1", "--quiet")
    said = refusal(run_inklens(tmp_path, *again))
    assert f"the teacher of {recipe}, {teacher}, has other networks than when the training began: put" in said
    assert f"give --teacher {teacher} to learn from those of today" in said
    done = run_inklens(tmp_path, *again, "--teacher", teacher, "--name", "again")
    assert done.returncode == 0, done.stderr
    now = Run.open(tmp_path / "runs/again").folder.read_recipe()["teacher"]
    assert now["sha256"] == TeacherRun.open(teacher).sha256
    shutil.rmtree(teacher)
    assert f"the teacher of {recipe}: {teacher} is not a folder" in refusal(run_inklens(tmp_path, *again))


def test_one_network_can_teach_and_shows_its_validation_images_to_no_one(runs, few, tmp_path):
    teacher = runs / "teacher/members/deslanted"
    run = train(few, TAUGHT, output=tmp_path, report=False, teacher=teacher)
    assert run.recipe.split_seed == Run.open(teacher).recipe.split_seed
    with pytest.raises(OptionError, match="learnt from images that are held out here for validation: give "
                       "--validation-split 150 --validation-seed 0, as it has"):  # fmt: skip
        train(few, replace(TAUGHT, validation_seed=3), output=tmp_path, report=False, teacher=teacher)


@pytest.mark.parametrize(
    ("validated", "remedy"),
    [
        ({"validation_data": "test"}, "give --validation-data test, as it has"),
        ({"validation_split": 1 / 12}, "give --validation-split 0.08333333333333333 --validation-seed 0, as"),
    ],
)
def test_one_that_learnt_what_is_held_out_names_options_that_hold_out_the_same(few, validated, remedy):
    data = {"kind": few.kind, "fingerprint": few.fingerprint}
    run = SimpleNamespace(class_names=few.class_names, spec=few.spec, data=data, recipe=Recipe(**validated))
    with pytest.raises(OptionError, match=remedy):
        TeacherRun("runs/teacher", run).check(DataParts.of(few, Recipe(validation_seed=3), True))


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (
            {"class_names": tuple("abcdefghij")},
            r"has the classes 0, 1.*; expected those of few, a, b.*: ",
        ),
        ({"kind": "things"}, "trained on data of the kind writing; expected things, as few: give the --size"),
    ],
)
def test_a_teacher_of_other_data_is_refused(runs, few, tmp_path, changed, said):
    other = replace(few, **changed)
    recipe = replace(TAUGHT, outliers=0.0, ood_detector="none", augmentation="none")
    with pytest.raises(OptionError, match=said):
        train(other, recipe, output=tmp_path, report=False, teacher=runs / "teacher")
    assert not list(tmp_path.iterdir())


def test_a_teacher_of_another_size_is_refused(runs, sample, tmp_path):
    with pytest.raises(OptionError, match="trained on images of 14x14x1; expected 28x28x1, as sample"):
        train(sample, TAUGHT, output=tmp_path, report=False, teacher=runs / "teacher")


def test_a_run_cannot_teach_itself(few, tmp_path):
    with pytest.raises(RunError, match="is not a folder"):
        train(few, TAUGHT, output=tmp_path, name="own", teacher=tmp_path / "own")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--preset", "distilled"), "'distilled' learns from a teacher, and none is given: give a finished"),
        (("--preset", "distilled", "--teacher", "runs/none"), "runs/none is not a folder"),
        (("--preset", "fast", "--teacher", "runs/x"), "'fast' learns from labels alone: give --preset dist"),
        (("--preset", "committee", "--teacher", "runs/x"), "a committee has no teacher, its members learn"),
        (("--resume", "runs/x", "--teacher", "runs/y"), "--teacher does not go with --resume: leave it out"),
        (("--preset", "distilled", "--teacher", "text.txt"), "text.txt is not a folder; expected the folder"),
    ],
)
def test_what_does_not_go_with_a_teacher_is_refused_in_one_line(tmp_path, arguments, said):
    (tmp_path / "text.txt").write_text("no run")
    assert said in refusal(run_inklens(tmp_path, "train", "sample", *arguments))


def test_folds_and_a_teacher_without_its_networks_are_refused_before_the_data_are_loaded(copies, tmp_path):
    asked = ("train", "no-such-data", "--preset", "distilled", "--teacher", copies / "teacher")
    assert "no-such-data" in refusal(run_inklens(tmp_path, *asked))
    said = refusal(run_inklens(tmp_path, *asked, "--folds", "2"))
    assert "'distilled' learns from a teacher, and the networks of folds have none: give another" in said
    (copies / "teacher/members/plain/model.keras").unlink()
    assert "has no model.keras; train it again, or give another run" in refusal(run_inklens(tmp_path, *asked))


def test_where_there_is_no_teacher_the_recipe_is_refused(few, tmp_path):
    both = Committee("committee", {"one": QUICK, "two": replace(TAUGHT, seed=0)})
    with pytest.raises(OptionError, match="learns from a teacher, and the members of a committee have none"):
        train(few, both, output=tmp_path)
    with pytest.raises(OptionError, match="the networks of folds have none: give another preset"):
        cross_validate(few, Recipe.from_preset("distilled"), 2)
    for command in ("audit", "tune"):
        said = refusal(run_inklens(tmp_path, command, "sample", "--preset", "distilled"))
        assert "learns from a teacher, and those of a" in said
