import csv
import shutil
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from inklens.classifier import Classifier, Predictions
from inklens.datasets import load
from inklens.errors import DataError, OptionError, RunError
from inklens.evaluation import evaluate
from inklens.networks.backends import select_backend
from inklens.run import Run
from inklens.run_folder import RunFolder

select_backend("tensorflow")


@pytest.fixture(scope="module")
def run(shared_runs):
    return Run.open(shared_runs / "runs/one")


def test_five_ways_to_ask_give_the_same_calibrated_probabilities(run, sample, inklens, tmp_path):
    said = run.predict(sample.test)
    shutil.copytree(run.path, tmp_path / "one")
    assert inklens("evaluate", "one").returncode == 0
    with (tmp_path / "one/predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    written = np.array([[float(row[f"p_{name}"]) for name in sample.class_names] for row in rows])
    temperature = run.metrics["confidence"]["temperature"]
    assert temperature != 1
    for probabilities in (
        Classifier.open(run.path).predict(sample.test).probabilities,
        Classifier.open(run.path).predict_framed(sample.test.whole()).probabilities,
        run.ensemble.predict_split(sample.test).probabilities(temperature),
        written,
    ):
        assert said.probabilities == pytest.approx(probabilities, abs=1e-5)
    again = Run.open(tmp_path / "one").metrics
    trained, evaluated = run.evaluate(sample).to_dict(), evaluate(written, sample.test.labels, range(10))
    for figures in (trained, evaluated.to_dict(), again["evaluation"] | {"loss": again["evaluation"]["nll"]}):
        for name, figure in run.metrics["test"].items():
            assert np.allclose(figures[name], figure, atol=1e-5), name


def test_the_networks_own_probabilities_are_under_one_key(run, sample):
    own = run.ensemble.predict_split(sample.test).probabilities()
    said = run.metrics["uncalibrated"]["test"]
    assert said["loss"] == pytest.approx(evaluate(own, sample.test.labels, range(10)).loss, abs=1e-6)
    assert said["loss"] != pytest.approx(run.metrics["test"]["loss"], abs=1e-4)


def test_what_a_classifier_takes_a_run_takes_and_gives_the_same_answer(run, sample, tmp_path):
    image = np.full((90, 60, 3), 230, np.uint8)
    image[20:70, 28:34] = 30
    Image.fromarray(image).save(tmp_path / "one.png")
    for images in (tmp_path / "one.png", image, image / 255, [image, str(tmp_path / "one.png")]):
        said, expected = run.predict(images), run.classifier.predict(images)
        assert isinstance(said, Predictions)
        assert np.array_equal(said.probabilities, expected.probabilities)
        assert said.labels == expected.labels
    assert run.classifier.metadata.class_names == sample.class_names
    assert len(run.predict(sample.test.take(np.arange(0)))) == 0


def test_a_run_is_exported_and_then_answers_by_the_new_file(run, tmp_path):
    copy = Run.open(shutil.copytree(run.path, tmp_path / "one"))
    assert copy.classifier.metadata.thresholds.max_error is None
    path, proof = copy.export(max_error=0.05)
    assert (path, proof.images) == (copy.folder.onnx, 144)
    assert copy.classifier.metadata.thresholds.max_error == 0.05
    assert copy.export("tflite", output=str(tmp_path / "digits.tflite"))[0] == tmp_path / "digits.tflite"


def test_a_run_explains_an_image_of_any_size(run, sample):
    image = sample.test.batch(slice(0, 1))[0].repeat(3, axis=0).repeat(3, axis=1)
    explained = run.explain(image, "7", patch=14, stride=14)
    assert (explained.label, explained.image.shape) == (7, (28, 28, 1))
    assert explained.probabilities == pytest.approx(run.predict(image).probabilities[0], abs=1e-5)
    with pytest.raises(OptionError, match=r"label 'seven' is no class of .*: expected one of 0, 1, 2"):
        run.explain(image, "seven")
    with pytest.raises(DataError, match="2 images to explain; expected one"):
        run.explain([image, image])


def test_a_split_of_another_size_is_refused_in_words(run):
    with pytest.raises(DataError, match=r"images of shape \(32, 32, 1\); expected \(28, 28, 1\)"):
        run.evaluate(load("sample", size=(32, 32)).test)


def test_data_with_other_classes_are_refused(run, sample):
    other = replace(sample, class_names=tuple("abcdefghij"))
    with pytest.raises(DataError, match="has the classes a, b, c"):
        run.evaluate(other)


def test_classes_in_another_order_are_matched_by_name(run, sample):
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
