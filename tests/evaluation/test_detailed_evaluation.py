"""All figures of an evaluation together; each has a test of its own beside this one."""

import json

import numpy as np
import pytest

from inklens.evaluation import evaluate_in_detail

NAMES = ("ant", "bee", "cat", "dog", "eel")


@pytest.fixture(scope="module")
def drawn():
    """Probabilities from which the labels are drawn, but never the label 4."""
    random = np.random.default_rng(11)
    probabilities = random.dirichlet([0.3] * 4, 2000)
    labels = (probabilities.cumsum(axis=1) < random.random((2000, 1))).sum(axis=1).clip(0, 3)
    return np.pad(probabilities, ((0, 0), (0, 1))), labels


def test_the_figures_are_those_of_the_probabilities(drawn):
    probabilities, labels = drawn
    found = evaluate_in_detail(probabilities, labels, NAMES).to_dict()
    confusion = np.array(found["confusion"])
    assert found["accuracy"] == confusion.trace() / 2000 == np.mean(probabilities.argmax(axis=1) == labels)
    first_two = np.argsort(-probabilities, axis=1)[:, :2]
    assert found["top_2_accuracy"] == np.mean((first_two == labels[:, None]).any(axis=1))
    clipped = probabilities.clip(1e-7, 1)
    assert found["nll"] == pytest.approx(-np.log(clipped[np.arange(2000), labels]).mean(), rel=1e-6)
    recalls = [one["recall"] for one in found["per_class"][:4]]
    assert recalls == pytest.approx((confusion.diagonal() / confusion.sum(axis=1).clip(1))[:4])


def test_labels_drawn_from_the_probabilities_are_calibrated(drawn):
    found = evaluate_in_detail(*drawn, NAMES).to_dict()
    assert found["ece"] < 0.03
    assert sum(found["reliability"]["count"]) == 2000
    assert len(found["reliability"]["count"]) == 15
    assert found["error_against_coverage"]["area"] < 1 - found["accuracy"]


def test_a_class_that_is_absent_is_said(drawn):
    evaluation = evaluate_in_detail(*drawn, NAMES)
    assert evaluation.absent == ("eel",)
    assert evaluation.classes[4].recall is None
    json.dumps(evaluation.to_dict(), allow_nan=False)


def test_what_is_answered_is_counted(drawn):
    probabilities, labels = drawn
    answered = probabilities.max(axis=1) > 0.9
    wrong = int((probabilities.argmax(axis=1) != labels)[answered].sum())
    assert evaluate_in_detail(*drawn, NAMES, answered).to_dict()["answered"] == {
        "n": answered.sum(),
        "errors": wrong,
    }
    assert evaluate_in_detail(*drawn, NAMES).to_dict()["answered"] is None
