"""`inklens compare` on two runs that were trained on the embedded sample."""

import csv
import json
import shutil
from math import comb

import numpy as np
import pytest

from command_line import refusal
from tiny_onnx import build_model, save


@pytest.fixture
def runs(shared_runs, tmp_path):
    """The runs one and two beside each other, in the folder where the `inklens` fixture works."""
    shutil.copytree(shared_runs / "runs", tmp_path, dirs_exist_ok=True)
    return tmp_path


def predictions(run):
    with (run / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_table_test_and_differences_are_those_of_the_predictions(inklens, runs):
    done = inklens("compare", "one", "two")
    assert (done.returncode, done.stderr) == (0, "")
    written = runs / "comparisons" / "one-vs-two"
    said = json.loads((written / "comparison.json").read_text())
    one, two = predictions(runs / "one"), predictions(runs / "two")
    actual = np.array([row["actual"] for row in one])
    predicted = np.array([[row["predicted"] for row in rows] for rows in (one, two)])
    right = predicted == actual
    assert [run["accuracy"] for run in said["runs"]] == right.mean(axis=1).tolist()
    assert [run["name"] for run in said["runs"]] == ["one", "two"]
    training = json.loads((runs / "two/metrics.json").read_text())["training"]
    assert said["runs"][1]["parameters"] == training["parameters"]
    assert said["runs"][1]["seconds"] == training["seconds"]

    [pair] = said["pairs"]
    first, second = int((right[0] & ~right[1]).sum()), int((right[1] & ~right[0]).sum())
    tail = sum(comb(first + second, k) for k in range(min(first, second) + 1)) / 2 ** (first + second)
    assert (pair["only_first"], pair["only_second"]) == (first, second)
    assert pair["p"] == pytest.approx(min(1, 2 * tail))
    assert f"A alone is right on {first}, B alone on {second}: p = {pair['p']:.3g}" in done.stdout

    with (written / "differences.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    differing = np.flatnonzero(predicted[0] != predicted[1])
    assert sorted(int(row["index"]) for row in rows) == differing.tolist()
    for row in rows:
        index = int(row["index"])
        assert [row["actual"], row["A_predicted"], row["B_predicted"]] == [
            actual[index],
            *predicted[:, index],
        ]
    assert (written / "differences.png").stat().st_size > 10_000
    assert done.stdout.splitlines()[-1] == "written    comparisons/one-vs-two"


def test_a_model_file_is_compared_on_given_data(inklens, runs):
    shutil.copy(runs / "one/model.onnx", runs / "same.onnx")
    done = inklens("compare", "one", "same.onnx", "two", "--data", "sample", "--part", "all", "--output", "x")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5,000 images of sample")
    said = json.loads((runs / "x/comparison.json").read_text())
    assert [(pair["first"], pair["second"]) for pair in said["pairs"]] == [("A", "B"), ("A", "C"), ("B", "C")]
    assert said["pairs"][0]["p"] == 1
    assert said["runs"][1]["parameters"] is None


def test_parts_that_the_trainings_chose_are_compared_only_where_they_are_the_same(inklens, runs):
    done = inklens("compare", "one", "one/model.onnx", "--part", "validation", "--output", "x")
    assert done.returncode == 0, done.stderr
    assert "validation images of sample" in done.stdout
    said = refusal(inklens("compare", "one", "two", "--part", "validation"))
    assert "one and two held out unlike validation images, so that their validation parts differ" in said


def test_models_that_agree_on_every_image_leave_no_picture(inklens, runs):
    (runs / "x").mkdir()
    (runs / "x/differences.png").write_bytes(b"of a former comparison")
    done = inklens("compare", "one", "one", "--output", "x")
    assert done.returncode == 0, done.stderr
    assert "differ     on 0 images" in done.stdout
    assert not (runs / "x/differences.png").exists()
    assert (runs / "x/differences.csv").read_text().count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["one"], "inklens: 1 given to compare; expected 2 to 26 runs or model files"),
        (["one", "three"], "inklens: three is not a folder; expected the folder of a run"),
        (
            ["one", "pets.onnx"],
            "inklens: one knows the classes 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, but pets knows cat",
        ),
        (["one", "two", "--data", "nothing"], "inklens: there are no data called nothing"),
    ],
)
def test_what_cannot_be_used_is_one_line_and_exit_code_2(inklens, runs, arguments, said):
    save(build_model(), runs / "pets.onnx")
    done = inklens("compare", *arguments)
    assert refusal(done).startswith(said)
    assert done.stdout == ""
