import numpy as np
import pytest

from inklens.errors import DataError, RunError
from inklens.run import Run
from inklens.run_folder import RunFolder


@pytest.fixture(scope="module")
def run(shared_runs):
    return Run.open(shared_runs / "runs/one")


def test_a_single_image_and_a_batch_give_the_same_probabilities(run, sample):
    images = sample.test.batch(slice(0, 5))
    together = run.predict(images)
    assert together.shape == (5, 10)
    assert together.sum(axis=1) == pytest.approx(np.ones(5), abs=1e-5)
    for image, row in zip(images, together, strict=True):
        assert run.predict(image)[0] == pytest.approx(row, abs=1e-5)


def test_bytes_and_floats_with_and_without_a_channel_axis_mean_the_same(run, sample):
    images = sample.test.batch(slice(0, 3))
    expected = run.predict(images)
    for same in (images[..., 0], images / 255, (images[..., 0] / 255).astype(np.float32)):
        assert run.predict(same) == pytest.approx(expected, abs=1e-6)


def test_evaluating_again_gives_the_figures_in_the_run_folder(run, sample):
    assert run.evaluate(sample).accuracy == run.metrics["test"]["accuracy"]
    assert run.evaluate(sample.test).loss == pytest.approx(run.metrics["test"]["loss"], abs=1e-6)


def test_an_opened_run_is_the_run(run, sample):
    opened = Run.open(run.path)
    image = sample.test.batch(slice(0, 1))
    assert np.array_equal(opened.predict(image), run.predict(image))
    assert opened.recipe == run.recipe
    assert opened.class_names == sample.class_names


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 28, 28, 3), np.uint8), "28, 28, 3"),
        (np.zeros((30, 30), np.uint8), "30, 30"),
        (np.full((28, 28), 7.5), "7.5"),
    ],
)
def test_images_that_do_not_fit_are_refused_in_words(run, images, message):
    with pytest.raises(DataError, match=message):
        run.predict(images)


def test_data_with_other_classes_are_refused(run, sample):
    from dataclasses import replace

    other = replace(sample, class_names=tuple("abcdefghij"))
    with pytest.raises(DataError, match="has the classes a, b, c"):
        run.evaluate(other)


def test_classes_in_another_order_are_matched_by_name(run, sample):
    from dataclasses import replace

    flipped = replace(sample.test, labels=9 - sample.test.labels)
    data = replace(sample, class_names=sample.class_names[::-1], test=flipped)
    assert run.evaluate(data).accuracy == run.metrics["test"]["accuracy"]


def test_a_run_that_was_not_finished_is_refused(run, tmp_path):
    run.folder.__class__.create(tmp_path, "half", "x").set_status("interrupted")
    with pytest.raises(RunError, match="is interrupted, not done"):
        Run.open(tmp_path / "half")


@pytest.mark.parametrize(
    "recipe", [{}, {"recipe": 3, "data": [], "pixels": None}, {"data": {"name": "mnist"}}]
)
@pytest.mark.parametrize("asked", ["recipe", "spec", "data", "class_names"])
def test_a_recipe_that_was_changed_by_hand_is_refused_in_one_line(tmp_path, recipe, asked):
    folder = RunFolder.create(tmp_path, "mine", "run")
    folder.write_recipe(recipe)
    with pytest.raises(
        RunError, match=r"recipe\.json lacks what is expected in it .*; train the run again"
    ) as caught:
        getattr(Run(folder), asked)
    assert "\n" not in str(caught.value)


def test_a_run_of_a_former_format_is_refused_in_one_line(tmp_path):
    folder = RunFolder.create(tmp_path, "old", "run")
    folder.write_json(folder.recipe, {"recipe": {"views": "cross"}})
    folder.set_status("done")
    with pytest.raises(RunError, match=r"recipe\.json is of format none; expected 3: train the run again"):
        _ = Run.open(folder.path).recipe
