"""Confidence beside accuracy, and the calibration error."""

import json

import numpy as np
import pytest

from inklens.errors import DataError
from inklens.evaluation import expected_calibration_error, reliability_curve

# Two images at 0.9, one right. Two at 0.6, both right.
PROBABILITIES = [[0.9, 0.1], [0.9, 0.1], [0.4, 0.6], [0.4, 0.6]]
LABELS = [0, 1, 1, 1]


def drawn(images: int = 5000) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(5)
    return random.dirichlet([0.4] * 4, images), random.integers(0, 4, images)


def test_the_curve_is_the_one_drawn_by_hand() -> None:
    curve = reliability_curve(PROBABILITIES, LABELS, bins=5)
    assert curve.lower == pytest.approx([0, 0.2, 0.4, 0.6, 0.8])
    assert curve.upper == pytest.approx([0.2, 0.4, 0.6, 0.8, 1])
    assert curve.count.tolist() == [0, 0, 2, 0, 2]  # 0.6 belongs to the bin that ends there
    assert curve.mean_confidence[[2, 4]] == pytest.approx([0.6, 0.9])
    assert curve.accuracy[[2, 4]] == pytest.approx([1, 0.5])
    assert np.isnan(curve.accuracy[[0, 1, 3]]).all()
    assert curve.calibration_error == pytest.approx((2 * 0.4 + 2 * 0.4) / 4)


def test_an_empty_bin_is_null_in_json() -> None:
    content = json.loads(json.dumps(reliability_curve(PROBABILITIES, LABELS, 5).to_dict(), allow_nan=False))
    assert content["accuracy"] == [None, None, 1, None, 0.5]
    assert content["count"] == [0, 0, 2, 0, 2]


@pytest.mark.parametrize("bins", [1, 10, 15])
def test_scikit_learn_draws_the_same_curve(bins: int) -> None:
    from sklearn.calibration import calibration_curve

    probabilities, labels = drawn()
    curve = reliability_curve(probabilities, labels, bins)
    right = probabilities.argmax(axis=1) == labels
    accuracy, confidence = calibration_curve(right, probabilities.max(axis=1), n_bins=bins)
    filled = curve.count > 0
    assert curve.accuracy[filled] == pytest.approx(accuracy)
    assert curve.mean_confidence[filled] == pytest.approx(confidence)
    assert curve.count.sum() == len(labels)


def test_the_calibration_error_is_the_one_counted_by_hand() -> None:
    assert expected_calibration_error(PROBABILITIES, LABELS) == pytest.approx(0.4)
    # In one bin the gaps cancel: a mean confidence of 0.75 and an accuracy of 0.75.
    assert expected_calibration_error(PROBABILITIES, LABELS, bins=1) == pytest.approx(0)


def test_certainty_falls_into_the_last_bin() -> None:
    assert reliability_curve([[1.0, 0.0], [1.0, 0.0]], [0, 0]).count[-1] == 2
    assert expected_calibration_error([[1.0, 0.0], [1.0, 0.0]], [0, 0]) == 0


def test_what_does_not_fit_is_refused_in_words() -> None:
    with pytest.raises(DataError, match="whole numbers, one per image"):
        reliability_curve(PROBABILITIES, [0, 1])
    with pytest.raises(ValueError, match="bins is 0; expected 1 or more"):
        reliability_curve(PROBABILITIES, LABELS, bins=0)
