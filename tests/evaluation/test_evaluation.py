"""Loss, accuracy, interval and confusion of a set of predictions."""

import json
import sys
from typing import Any

import numpy as np
import pytest
from scipy.special import softmax

from inklens.errors import DataError, MissingPackageError
from inklens.evaluation import evaluate, top_k_accuracy, wilson_interval

NAMES = ("cat", "dog", "猫")
PROBABILITIES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.0, 1.0, 0.0]])
LABELS = np.array([0, 1, 2, 0])


def test_four_images_by_hand() -> None:
    scores = evaluate(PROBABILITIES, LABELS, NAMES)
    assert (scores.n, scores.correct, scores.accuracy) == (4, 2, 0.5)
    assert scores.interval == wilson_interval(2, 4)
    assert scores.confusion.tolist() == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]
    # The last one is certain and wrong: clipped to 1e-7 as Keras does, not infinite.
    by_hand = -(np.log(0.7) + np.log(0.3) + np.log(0.8) + np.log(1e-7)) / 4
    assert scores.loss == pytest.approx(by_hand, rel=1e-12)
    assert scores.tutorial_line() == "error 50.00%"


def test_a_thousand_images_agree_with_an_independent_count() -> None:
    random = np.random.default_rng(7)
    logits = 2 * random.normal(size=(1000, 12))
    logits[:, 11] = -99
    probabilities = softmax(logits, axis=1).astype(np.float32)
    labels = random.integers(0, 11, 1000)  # class 11 never occurs nor is predicted, and keeps its place
    scores = evaluate(probabilities, labels, [str(i) for i in range(12)])

    by_hand = np.zeros((12, 12), int)
    for row, label in zip(probabilities, labels, strict=True):
        by_hand[label, int(np.argmax(row))] += 1
    assert (scores.confusion == by_hand).all()
    assert scores.correct == by_hand.trace()

    from sklearn.metrics import log_loss

    exact = probabilities / probabilities.sum(axis=1, keepdims=True, dtype=float)
    assert scores.loss == pytest.approx(log_loss(labels, exact, labels=range(12)), rel=1e-6)


def test_rows_that_rounding_kept_from_a_sum_of_one_are_normalised_as_keras_does() -> None:
    assert evaluate([[0.495, 0.495]], [0], "ab").loss == pytest.approx(np.log(2), rel=1e-12)


def test_the_dictionary_is_plain_json() -> None:
    scores = evaluate(PROBABILITIES.astype(np.float32), LABELS.astype(np.uint8), NAMES)
    content = json.loads(json.dumps(scores.to_dict(), allow_nan=False))
    assert content["accuracy"] == 0.5
    assert content["error_percent"] == 50
    assert content["accuracy_interval_95"] == list(scores.interval)
    assert content["confusion"] == [[1, 1, 0], [1, 0, 0], [0, 0, 1]]


def test_half_precision_probabilities_are_taken() -> None:
    random = np.random.default_rng(0)
    probabilities = softmax(random.normal(size=(50, 100)), axis=1).astype(np.float16)
    assert evaluate(probabilities, np.zeros(50, int), [str(i) for i in range(100)]).n == 50


def test_the_actual_class_among_the_most_probable_by_hand() -> None:
    assert top_k_accuracy(PROBABILITIES, LABELS, 1) == 0.5
    assert top_k_accuracy(PROBABILITIES, LABELS, 2) == 0.75
    assert top_k_accuracy(PROBABILITIES, LABELS, 3) == top_k_accuracy(PROBABILITIES, LABELS, 9) == 1
    assert top_k_accuracy([[0.7, 0.3], [0.2, 0.8]], [0, 0], 1) == 0.5


def test_the_most_probable_classes_must_be_at_least_one() -> None:
    with pytest.raises(ValueError, match="k is 0"):
        top_k_accuracy(PROBABILITIES, LABELS, 0)
    with pytest.raises(DataError, match="labels from 1 to 3"):
        top_k_accuracy(PROBABILITIES, LABELS + 1, 2)


@pytest.mark.parametrize(
    ("probabilities", "labels", "said"),
    [
        (PROBABILITIES[:, :2], LABELS, "shape (4, 2); expected (images, 3)"),
        (PROBABILITIES[0], LABELS, "shape (3,)"),
        (PROBABILITIES[:0], LABELS[:0], "at least one image"),
        (PROBABILITIES, LABELS[:3], "expected 4 whole numbers"),
        (PROBABILITIES, LABELS.astype(float), "float64; expected 4 whole numbers"),
        (PROBABILITIES, LABELS + 1, "labels from 1 to 3; expected 0 to 2"),
        (PROBABILITIES, LABELS - 1, "labels from -1 to 1; expected 0 to 2"),
        (np.log(PROBABILITIES + 1e-3), LABELS, "expected the softmax"),
        (5 * PROBABILITIES, LABELS, "expected the softmax"),
        (np.nan * PROBABILITIES, LABELS, "NaN"),
    ],
)
def test_arrays_that_do_not_fit_are_refused_in_one_line(probabilities: Any, labels: Any, said: str) -> None:
    with pytest.raises(DataError) as error:
        evaluate(probabilities, labels, NAMES)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_without_scikit_learn_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.metrics", None)
    with pytest.raises(MissingPackageError, match=r"pip install 'inklens\[train\]'"):
        evaluate(PROBABILITIES, LABELS, NAMES)
