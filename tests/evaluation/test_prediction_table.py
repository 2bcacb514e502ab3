"""The rows of predictions.csv."""

import csv
from pathlib import Path

import numpy as np
import pytest

from inklens.evaluation import evaluate, prediction_rows
from inklens.evaluation.prediction_table import prediction_columns, row_probabilities
from inklens.run_folder import RunFolder

NAMES = ("cat", 'a "long", name', "猫")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [1e-9, 1e-9, 1.0]])
LABELS = np.array([0, 1, 2])


def test_a_row_says_what_was_seen_and_what_was_there() -> None:
    header, rows = prediction_rows(PROBABILITIES, LABELS, NAMES)
    columns = ["index", "actual", "predicted", "probability", "correct"]
    assert header == [*columns, "p_cat", 'p_a "long", name', "p_猫"]
    assert list(rows) == [
        [0, "cat", "cat", "0.7", 1, "0.7", "0.2", "0.1"],
        [1, 'a "long", name', "cat", "0.6", 0, "0.6", "0.3", "0.1"],
        [2, "猫", "猫", "1", 1, "1e-09", "1e-09", "1"],
    ]


def test_the_file_gives_back_the_accuracy_and_the_loss(tmp_path: Path) -> None:
    random = np.random.default_rng(3)
    probabilities = random.dirichlet([0.3] * 3, size=400).astype(np.float32)
    labels = random.integers(0, 3, 400)
    run = RunFolder.create(tmp_path, None, "x")
    run.write_csv(run.predictions, *prediction_rows(probabilities, labels, NAMES))

    with run.predictions.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    scores = evaluate(probabilities, labels, NAMES)
    assert len(rows) == 400
    assert sum(int(row["correct"]) for row in rows) == scores.correct
    of_actual = np.array([float(row[f"p_{row['actual']}"]) for row in rows])
    assert -np.log(of_actual.clip(1e-7, 1 - 1e-7)).mean() == pytest.approx(scores.loss, rel=1e-4)
    assert all(float(row["probability"]) == float(row[f"p_{row['predicted']}"]) for row in rows)


def test_of_many_classes_a_row_has_the_five_most_probable_and_the_actual_one() -> None:
    """A thousand columns made a file of 30 MB of 2,000 images."""
    random = np.random.default_rng(0)
    names = [f"class {number}" for number in range(300)]
    probabilities = random.dirichlet([0.02] * 300, size=50)
    labels = random.integers(0, 300, 50)
    header, rows = prediction_rows(probabilities, labels, names)
    written = [[str(cell) for cell in row] for row in rows]
    assert header == prediction_columns(names)
    assert header[4:8] == ["correct", "actual_probability", "top_1", "top_1_probability"]
    assert header[-1] == "top_5_probability"
    assert {len(row) for row in written} == {16}
    number_of = {name: number for number, name in enumerate(names)}
    back = np.array([row_probabilities(row, number_of) for row in written])
    assert back.sum(axis=1) == pytest.approx(1)
    for one in (probabilities, back):
        assert np.array_equal(one.argsort(axis=1)[:, -3:], probabilities.argsort(axis=1)[:, -3:])
    assert back.max(axis=1) == pytest.approx(probabilities.max(axis=1), rel=1e-5)
    actual = np.arange(50), labels
    assert back[actual] == pytest.approx(probabilities[actual], rel=1e-5)


def test_of_a_hundred_classes_all_are_there() -> None:
    names = [str(number) for number in range(100)]
    header, rows = prediction_rows(np.full((1, 100), 0.01), np.array([3]), names)
    (row,) = rows
    assert len(header) == len(row) == 105
    number_of = {name: number for number, name in enumerate(names)}
    assert row_probabilities(list(map(str, row)), number_of) == pytest.approx(np.full(100, 0.01))
