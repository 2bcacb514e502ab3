import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax

from inklens.errors import DataError
from inklens.evaluation import Confidence, expected_calibration_error, fit_temperature


def sampled(temperature: float, images: int = 20_000, classes: int = 10):
    """Logits whose labels are drawn from their softmax at a temperature."""
    random = np.random.default_rng(0)
    logits = random.normal(0, 3, (images, classes))
    shares = softmax(logits / temperature, axis=1)
    labels = (shares.cumsum(axis=1) < random.random((images, 1))).sum(axis=1)
    return logits, labels.clip(0, classes - 1)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 2.5])
def test_the_temperature_that_made_the_labels_is_found(temperature):
    assert fit_temperature(*sampled(temperature)) == pytest.approx(temperature, rel=0.05)


def test_it_is_the_minimum_that_a_general_search_finds():
    logits, labels = sampled(1.7, images=500)

    def likelihood(log):
        return -log_softmax(logits / np.exp(log), axis=1)[np.arange(len(labels)), labels].mean()

    found = minimize_scalar(likelihood, bounds=(-3, 3), method="bounded")
    assert fit_temperature(logits, labels) == pytest.approx(np.exp(found.x), rel=1e-4)


def test_the_temperature_changes_no_label_and_brings_confidence_nearer_to_accuracy():
    logits, labels = sampled(2.5)
    calm = softmax(logits / fit_temperature(logits, labels), axis=1)
    assert np.array_equal(calm.argmax(axis=1), logits.argmax(axis=1))
    assert expected_calibration_error(softmax(logits, axis=1), labels) > 0.1
    assert expected_calibration_error(calm, labels) < 0.02


def test_a_sure_network_without_a_single_error_is_left_as_it_is():
    assert fit_temperature([[3.0, 1.0], [0.0, 2.0]], [0, 1]) == 1


def test_a_doubting_network_without_a_single_error_becomes_as_sure_as_so_many_right_answers_make_one():
    """Label smoothing leaves it at 0.6, whatever the number of right answers."""
    labels = np.arange(998) % 100
    logits = np.where(np.eye(100, dtype=bool)[labels], 5.0, 0.0)
    sure = softmax(logits / fit_temperature(logits, labels), axis=1).max(axis=1)
    assert softmax(logits, axis=1).max(axis=1) == pytest.approx(0.6, abs=0.01)
    assert sure == pytest.approx(999 / 1000)


def test_logits_that_are_all_the_same_do_not_break_off():
    assert fit_temperature(np.zeros((3, 4)), [0, 0, 0]) == 0.05


def test_a_network_that_knows_nothing_gets_the_highest_temperature():
    random = np.random.default_rng(0)
    assert fit_temperature(random.normal(0, 30, (2000, 10)), random.integers(0, 10, 2000)) == 20


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([[1.0, 2.0]], [2], "labels from 2 to 2; expected 0 to 1"),
        ([[1.0, float("nan")]], [0], "not finite"),
        ([[1.0, 2.0]], [0, 1], "whole numbers, one per image"),
        (np.empty((0, 2)), np.empty(0, int), "at least one image"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(logits, labels, message):
    with pytest.raises(DataError, match=message):
        fit_temperature(logits, labels)


def test_the_figures_of_a_run_are_of_calibrated_probabilities():
    logits, labels = sampled(2.5)
    id_score = logits.max(axis=1)
    confidence = Confidence.fit(logits[:10_000], id_score[:10_000], labels[:10_000])
    figures = confidence.measure(logits[10_000:], id_score[10_000:], labels[10_000:])
    assert figures["ece"] < expected_calibration_error(softmax(logits[10_000:], axis=1), labels[10_000:])
    assert figures["coverage"] == pytest.approx(0.995, abs=0.003)
    assert figures["answered"] == round(figures["coverage"] * figures["n"])
