import csv
import json
from dataclasses import replace

import numpy as np
import pytest

from inklens.datasets import Dataset
from inklens.errors import OptionError, RunError
from inklens.networks.backends import select_backend
from inklens.recipes import Recipe
from inklens.training import train

select_backend("tensorflow")

QUICK = Recipe(network="conv5x5", epochs=1, batch_size=64, validation_split=500)


def test_a_run_folder_says_everything(digits, tmp_path):
    run = train(digits, QUICK, output=tmp_path)
    assert {path.name for path in run.path.iterdir()} == {
        "environment.json", "history.csv", "labels.txt", "metrics.json", "model.keras", "model.onnx",
        "per_class.csv", "pictures", "predictions.csv", "recipe.json", "report.html", "status.json",
        "validation.npz",
    }  # fmt: skip
    assert {path.name for path in (run.path / "pictures").iterdir()} == {
        "confusion.png", "coverage.png", "curves.png", "filters.png", "predictions.png", "reliability.png",
        "samples.png",
    }  # fmt: skip
    assert run.folder.status()["state"] == "done"
    said = json.loads((run.path / "recipe.json").read_text())
    assert Recipe.from_dict(said["recipe"]) == QUICK
    assert said["data"]["fingerprint"] == digits.fingerprint
    assert (said["data"]["train"], said["data"]["validation"]) == (len(digits.train) - 500, 500)
    with (run.path / "predictions.csv").open() as file:
        rows = list(csv.DictReader(file))
    correct = sum(row["actual"] == row["predicted"] for row in rows)
    assert len(rows) == len(digits.test)
    assert correct / len(rows) == pytest.approx(run.metrics["test"]["accuracy"])
    evaluation, confidence = run.metrics["evaluation"], run.metrics["confidence"]["test"]
    assert (evaluation["part"], evaluation["correct"]) == ("test", correct)
    # What is judged in depth is what the model file says: calibrated.
    assert evaluation["ece"] == pytest.approx(confidence["ece_after"])
    assert evaluation["nll"] == pytest.approx(confidence["nll_after"], rel=1e-3)
    assert evaluation["answered"] == {"n": confidence["answered"], "errors": confidence["errors"]}


def test_the_same_seed_gives_bit_identical_weights_and_another_seed_gives_others(digits, tmp_path):
    recipe = QUICK.with_options(network="convnet-small")
    first, again, other = (
        train(digits, recipe.with_options(seed=seed), output=tmp_path, report=False).network.get_weights()
        for seed in (1, 1, 2)
    )
    assert all(np.array_equal(a, b) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a, b) for a, b in zip(first, other, strict=True))


def test_a_closed_test_set_stays_closed(digits, tmp_path):
    class Closed:
        def __getattr__(self, name):
            raise AssertionError(f"the test set was opened: {name}")

    digits.fingerprint  # noqa: B018 - the data's identity includes the test images; it is cached here
    closed = Dataset(
        digits.name, digits.kind, digits.class_names, digits.spec, digits.train, Closed(), None, digits.source
    )
    closed.__dict__["fingerprint"] = digits.fingerprint
    run = train(closed, QUICK, output=tmp_path, report=False, test=False)
    assert run.metrics["test"] is None
    assert run.metrics["validation"]["n"] == 500
    assert (run.metrics["evaluation"]["part"], run.metrics["evaluation"]["n"]) == ("validation", 500)


def test_bfloat16_never_reaches_a_saved_file(digits, tmp_path):
    run = train(digits, QUICK.with_options(precision="bfloat16"), output=tmp_path, report=False)
    assert {weights.dtype for weights in run.network.get_weights()} == {np.dtype("float32")}
    assert {layer.dtype_policy.name for layer in run.network.layers} == {"float32"}
    assert run.metrics["test"]["accuracy"] > 0.8


def test_validation_on_the_test_set_trains_on_all_training_images(digits, tmp_path):
    run = train(digits, QUICK.with_options(validation_data="test"), output=tmp_path, report=False)
    assert run.metrics["training"]["images"] == len(digits.train)
    assert run.metrics["validation"] == run.metrics["test"]


def test_validation_on_a_closed_test_set_is_refused(digits, tmp_path):
    with pytest.raises(OptionError, match="exclude each other"):
        train(digits, QUICK.with_options(validation_data="test"), output=tmp_path, report=False, test=False)
    assert not any(tmp_path.iterdir())


def test_an_interrupted_run_says_so(digits, tmp_path):
    def interrupt(now):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(digits, QUICK, output=tmp_path, report=False, name="cut", progress=interrupt)
    assert json.loads((tmp_path / "cut" / "status.json").read_text())["state"] == "interrupted"


def test_a_failed_run_says_why(digits, tmp_path):
    def fail(now):
        raise RuntimeError("the display broke")

    with pytest.raises(RuntimeError):
        train(digits, QUICK, output=tmp_path, report=False, name="broken", progress=fail)
    status = json.loads((tmp_path / "broken" / "status.json").read_text())
    assert status["state"] == "failed"
    assert status["detail"]["reason"] == "RuntimeError: the display broke"


def test_a_folder_that_holds_a_run_already_is_refused_before_training(digits, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "status.json").write_text("{}")
    with pytest.raises(RunError, match="holds a run already"):
        train(digits, QUICK, output=tmp_path, name="mine")


def test_a_validation_split_that_leaves_no_data_is_refused(digits, tmp_path):
    with pytest.raises(OptionError, match="leaves no data"):
        train(digits, QUICK.with_options(validation_split=10**6), output=tmp_path, report=False)
    assert not any(tmp_path.iterdir())


def test_what_differs_for_things_is_resolved_before_the_recipe_is_written(few, tmp_path):
    things = {"epochs": 2, "tta": "mirror", "outliers": 0.0}
    recipe = Recipe(
        network="conv5x5", epochs=1, batch_size=64, outliers=0.1, validation_split=100, things=things
    )
    run = train(replace(few, kind="things"), recipe, output=tmp_path, report=False)
    assert run.metrics["training"]["epochs"] == 2
    assert len((run.path / "history.csv").read_text().splitlines()) == 1 + 2
    said = json.loads((run.path / "recipe.json").read_text())["recipe"]
    assert {name: said[name] for name in things} == things
    assert "things" not in said
