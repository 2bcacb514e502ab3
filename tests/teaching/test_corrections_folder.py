"""Corrections leave as a data set that every tool takes, and `train --add` learns from it."""

import cv2
import numpy as np
import pytest

from command_line import refusal
from inklens import Run, load
from inklens.datasets.layout.added_images import earlier_answers
from inklens.errors import DataError, OptionError
from inklens.teaching import CorrectionStore, export_corrections
from inklens.training.cross_validation import cross_validate


@pytest.fixture
def store(tmp_path, sample):
    """Twelve of the sample's digits, four of each of three classes, and a class of one's own."""
    store = CorrectionStore(tmp_path / "corrections.sqlite3")
    for name in ("3", "5", "8", "star"):
        made = store.add_class(name, own=name == "star")
        digits = sample.train.take(
            np.flatnonzero(sample.train.labels == (0 if name == "star" else int(name)))[:4]
        )
        for image, answer in zip(digits.whole(), ("3", "5", None, name), strict=True):
            png = cv2.imencode(".png", image)[1].tobytes()
            store.add_example(
                made.id, png, answer=answer, status="ok" if answer else "unknown", probability=0.5,
                model="digits", fingerprint="f", source="draw",
            )  # fmt: skip
    return store


def test_the_export_loads_as_a_data_set_with_its_held_out_half_as_test_part(store, tmp_path):
    assert export_corrections(store, tmp_path / "out") == (8, 8)
    data = load(tmp_path / "out", kind="writing")
    assert data.class_names == ("3", "5", "8", "star")
    assert (len(data.train), len(data.test)) == (8, 8)
    assert earlier_answers(tmp_path / "out") == (5, 8)
    with pytest.raises(OptionError, match="holds something already"):
        export_corrections(store, tmp_path / "out")
    with pytest.raises(OptionError, match="holds no corrections"):
        export_corrections(CorrectionStore(tmp_path / "none"), tmp_path / "other")


def test_added_images_are_a_twentieth_of_what_is_learnt_and_new_classes_come_last(store, tmp_path, sample):
    export_corrections(store, tmp_path / "out")
    data = load("sample", add=tmp_path / "out")
    assert data.class_names == (*sample.class_names, "star")
    assert data.added.repeats == min(50, round(0.05 * len(sample.train) / 8))
    assert len(data.train) == len(sample.train) + 8 * data.added.repeats
    assert sorted(data.added.held_out.labels.tolist()) == [3, 3, 5, 5, 8, 8, 10, 10]
    assert (data.train.labels == 10).sum() == 2 * data.added.repeats
    learnt, validation = data.split_validation(500, 0)
    assert len(learnt) + len(validation) == len(data.train)
    assert len(validation) == 500
    assert (learnt.labels == 10).sum() == 2 * data.added.repeats
    seen = {image.tobytes() for image in data.train.whole()[len(sample.train) :]}
    assert seen <= {image.tobytes() for image in learnt.whole()}
    assert data.test is sample.test or len(data.test) == len(sample.test)
    assert "8 of it are held out" in data.notes[-1]
    with pytest.raises(OptionError, match="folds do not go with added images"):
        cross_validate(data, "fast", 5)
    assert data.fingerprint == load("sample", add=tmp_path / "out").fingerprint != sample.fingerprint


def test_half_of_each_class_of_any_folder_is_held_out(tmp_path, sample):
    for label in (1, 7):
        folder = tmp_path / f"own/{label}"
        folder.mkdir(parents=True)
        images = sample.train.take(np.flatnonzero(sample.train.labels == label)[:6]).whole()
        for index, image in enumerate(images):
            cv2.imwrite(str(folder / f"{index}.png"), image)
    added = load("sample", add=tmp_path / "own").added
    assert added.learnt == 6
    assert sorted(added.held_out.labels.tolist()) == [1, 1, 1, 7, 7, 7]
    with pytest.raises(DataError, match="there are no data called"):
        load("sample", add=tmp_path / "none")


def test_the_commands_list_export_and_delete(inklens, store, tmp_path):
    listed = inklens("corrections", "list", "--corrections", store.path)
    assert listed.returncode == 0
    assert listed.stdout.count("star") == 5  # four rows, one answer
    out = inklens("corrections", "export", "out", "--corrections", store.path)
    assert "8 images to learn from, 8 held out" in out.stdout
    one = store.examples()[1][0].id
    assert (
        "deleted    1 example\n" in inklens("corrections", "delete", one, "--corrections", store.path).stdout
    )
    for arguments, message in (
        (("delete", one), f"no example has the id {one}; expected ids"),
        (("delete",), "expected the ids of examples, or --all"),
        (("export",), "expected one new folder"),
        (("remove",), "'remove' is no action; expected one of list, export, delete"),
    ):
        assert message in refusal(inklens("corrections", *arguments, "--corrections", store.path))
    assert (
        "deleted    15 examples"
        in inklens("corrections", "delete", "--all", "--corrections", store.path).stdout
    )
    assert "holds no corrections" in inklens("corrections", "--corrections", store.path).stdout


def test_training_with_added_images_says_how_many_of_the_held_out_ones_are_right(inklens, store, tmp_path):
    export_corrections(store, tmp_path / "out")
    done = inklens(
        "train", "--data", "sample", "--add", "out", "--epochs", 1, "--quiet", "--output", "runs/more"
    )
    assert done.returncode == 0, done.stderr
    assert "of 8 images that were held out of" in done.stdout
    assert "the model that was corrected had 5 of 8 right" in done.stdout
    run = Run.open(tmp_path / "runs/more")
    assert run.class_names[-1] == "star"
    assert run.load_data().added.learnt == 8
