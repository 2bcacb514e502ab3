"""All figures of an evaluation, against scikit-learn on the probabilities."""

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


def test_every_figure_is_the_one_that_scikit_learn_gives(drawn):
    from sklearn import metrics

    probabilities, labels = drawn
    predicted = probabilities.argmax(axis=1)
    found = evaluate_in_detail(probabilities, labels, NAMES).to_dict()
    assert found["accuracy"] == metrics.accuracy_score(labels, predicted)
    assert found["top_2_accuracy"] == metrics.top_k_accuracy_score(
        labels, probabilities, k=2, labels=range(5)
    )
    clipped = probabilities.clip(1e-7, 1)
    assert found["nll"] == pytest.approx(-np.log(clipped[np.arange(2000), labels]).mean(), rel=1e-6)
    report = metrics.classification_report(
        labels, predicted, labels=range(4), target_names=NAMES[:4], output_dict=True
    )
    for one in found["per_class"][:4]:
        expected = report[one["name"]]
        assert one["precision"] == pytest.approx(expected["precision"])
        assert one["recall"] == pytest.approx(expected["recall"])
        assert one["f1"] == pytest.approx(expected["f1-score"])
        assert one["support"] == expected["support"]
    assert found["confusion"] == metrics.confusion_matrix(labels, predicted, labels=range(5)).tolist()


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
