import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from inklens.classifier import EvaluatedModel
from inklens.datasets import load
from inklens.errors import DataError, OptionError
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.run import Run
from inklens.training import train
from inklens.training.prepare import concrete_recipe

select_backend("tensorflow")

QUICK = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_split=100)


def test_a_run_folder_says_everything(shared_runs, sample):
    run = Run.open(shared_runs / "runs/one")
    assert {path.name for path in run.path.iterdir()} == {
        ".lock", "checkpoint", "environment.json", "history.csv", "labels.txt", "metrics.json",
        "model.keras", "model.onnx", "per_class.csv", "pictures", "predictions.csv", "recipe.json",
        "report.html", "status.json", "validation.npz",
    }  # fmt: skip
    assert {path.name for path in (run.path / "pictures").iterdir()} == {
        "confusion.png", "coverage.png", "curves.png", "filters.png", "predictions.png", "reliability.png",
        "samples.png",
    }  # fmt: skip
    assert run.folder.status()["state"] == "done"
    said = json.loads((run.path / "recipe.json").read_text())
    recipe = Recipe.from_preset("fast", epochs=4, batch_size=64, seed=0)
    assert Recipe.from_dict(said["recipe"]) == concrete_recipe(recipe, sample)
    assert said["data"]["fingerprint"] == sample.fingerprint
    assert said["data"]["train"] + said["data"]["validation"] == len(sample.train)
    with (run.path / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    correct = sum(row["actual"] == row["predicted"] for row in rows)
    assert len(rows) == len(sample.test)
    assert correct / len(rows) == pytest.approx(run.metrics["test"]["accuracy"])
    evaluation, confidence = run.metrics["evaluation"], run.metrics["confidence"]["test"]
    assert (evaluation["part"], evaluation["correct"]) == ("test", correct)
    assert evaluation["ece"] == pytest.approx(confidence["ece"])
    assert evaluation["nll"] == run.metrics["test"]["loss"]
    assert evaluation["answered"] == {"n": confidence["answered"], "errors": confidence["errors"]}


def test_data_whose_test_part_was_held_out_by_a_seed_are_found_again(few, tmp_path):
    np.savez(tmp_path / "own.npz", images=few.train.whole(), labels=few.train.labels)
    data = load(tmp_path / "own.npz", kind="writing", size=(20, 24), seed=1)
    run = Run.open(train(data, QUICK, output=tmp_path, report=False, name="own").path)
    again = run.load_data()
    assert (again.fingerprint, again.kind, again.seed) == (data.fingerprint, "writing", 1)
    model = EvaluatedModel.open(run.path)
    assert model.load().fingerprint == data.fingerprint
    assert model.is_own(model.load(str(tmp_path / "own.npz"), "all", framing=data.spec.framing))
    assert run.evaluate(data, "validation").loss == pytest.approx(run.metrics["validation"]["loss"], abs=1e-5)


def test_data_without_a_test_part_train_without_one_and_one_class_is_not_enough(few, tmp_path):
    np.savez(tmp_path / "own.npz", images=few.train.whole(), labels=few.train.labels)
    run = train(load(tmp_path / "own.npz", hold_out=False), QUICK, output=tmp_path, report=False)
    assert run.metrics["test"] is None
    assert run.load_data().fingerprint == run.data["fingerprint"]
    np.savez(tmp_path / "one.npz", images=few.train.whole(), labels=["7"] * len(few.train))
    with pytest.raises(DataError, match="one has images of one class only; expected two or more"):
        train(load(tmp_path / "one.npz", hold_out=False), QUICK, output=tmp_path)


def test_a_closed_test_set_stays_closed(few, tmp_path):
    class Closed:
        def __getattr__(self, name):
            raise AssertionError(f"the test set was opened: {name}")

    closed = replace(few, test=Closed())
    closed.__dict__["fingerprint"] = few.fingerprint  # the data's identity includes the test images
    run = train(closed, QUICK, output=tmp_path, report=False, test=False)
    assert run.metrics["test"] is None
    assert run.metrics["validation"]["n"] == 100
    assert (run.metrics["evaluation"]["part"], run.metrics["evaluation"]["n"]) == ("validation", 100)


def test_bfloat16_never_reaches_a_file_and_validation_on_the_test_set_leaves_all_images(
    small_digits, tmp_path
):
    recipe = QUICK.with_options(precision="bfloat16", validation_data="test")
    run = train(small_digits, recipe, output=tmp_path, report=False)
    assert {weights.dtype for weights in run.network.get_weights()} == {np.dtype("float32")}
    assert {layer.dtype_policy.name for layer in run.network.layers} == {"float32"}
    assert run.metrics["test"]["accuracy"] > 0.8
    assert run.metrics["training"]["images"] == len(small_digits.train)
    assert run.metrics["validation"] == run.metrics["test"]


@pytest.mark.parametrize(
    ("recipe", "test", "words"),
    [
        (QUICK.with_options(validation_data="test"), False, "exclude each other"),
        (QUICK.with_options(validation_split=10**6), True, "leaves no data"),
    ],
)
def test_parts_that_cannot_be_made_are_refused_before_there_is_a_folder(few, tmp_path, recipe, test, words):
    with pytest.raises(OptionError, match=words):
        train(few, recipe, output=tmp_path, test=test)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("error", "state", "detail"),
    [
        (KeyboardInterrupt(), "interrupted", {}),
        (RuntimeError("the display broke"), "failed", {"reason": "RuntimeError: the display broke"}),
    ],
)
def test_a_run_that_ends_early_says_why(few, tmp_path, error, state, detail):
    def stop(now):
        raise error

    with pytest.raises(type(error)):
        train(few, QUICK, output=tmp_path, report=False, name="cut", progress=stop)
    status = json.loads((tmp_path / "cut/status.json").read_text())
    assert (status["state"], status["detail"]) == (state, detail)


def test_what_differs_for_things_is_resolved_before_the_recipe_is_written(few, tmp_path):
    things = {"epochs": 2, "tta": "mirror", "outliers": 0.0}
    recipe = replace(QUICK, outliers=0.1, flip="on", things=things)
    run = train(replace(few, kind="things"), recipe, output=tmp_path, report=False)
    assert run.metrics["training"]["epochs"] == 2
    assert len((run.path / "history.csv").read_text().splitlines()) == 1 + 2
    said = json.loads((run.path / "recipe.json").read_text())["recipe"]
    assert {name: said[name] for name in things} == things
    assert "things" not in said
