"""The error among the images that the network is surest of."""

import json

import numpy as np
import pytest

from inklens.errors import DataError
from inklens.evaluation import risk_coverage_curve


def test_the_curve_is_the_one_drawn_by_hand() -> None:
    curve = risk_coverage_curve([0.7, 0.9, 0.5, 0.8], [False, True, False, True])
    assert curve.coverage.tolist() == [0.25, 0.5, 0.75, 1]
    assert curve.error == pytest.approx([0, 0, 1 / 3, 1 / 2])
    assert curve.area == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)
    assert curve.error_at(0.5) == 0
    assert curve.error_at(0.51) == pytest.approx(1 / 3)


def test_images_of_equal_confidence_are_answered_together() -> None:
    curve = risk_coverage_curve([0.9, 0.9, 0.6], [False, True, True])
    assert curve.coverage == pytest.approx([2 / 3, 1])
    assert curve.error == pytest.approx([1 / 2, 1 / 3])


def test_the_order_of_the_images_does_not_matter_and_the_end_is_the_error_on_all() -> None:
    random = np.random.default_rng(2)
    scores, correct = random.random(3000).round(2), random.random(3000) < 0.9
    curve = risk_coverage_curve(scores, correct)
    shuffled = random.permutation(3000)
    again = risk_coverage_curve(scores[shuffled], correct[shuffled])
    assert np.array_equal(curve.error, again.error)
    assert (curve.coverage[-1], curve.error[-1]) == (1, (~correct).mean())
    for threshold in (0.25, 0.9):  # each point is what its threshold answers
        answered = scores >= threshold
        at = np.searchsorted(curve.coverage, answered.mean())
        assert curve.error[at] == pytest.approx(1 - correct[answered].mean())


def test_json_holds_at_most_a_hundred_points_and_the_last() -> None:
    random = np.random.default_rng(2)
    curve = risk_coverage_curve(random.random(3000), random.random(3000) < 0.9)
    content = json.loads(json.dumps(curve.to_dict()))
    assert len(content["coverage"]) == len(content["error"]) == 100
    assert (content["coverage"][-1], content["error"][-1]) == (1, curve.error[-1])
    assert content["area"] == curve.area


@pytest.mark.parametrize(
    ("scores", "correct", "said"),
    [
        ([], [], "at least one image"),
        ([0.5], [True, False], "one score and one boolean per image"),
        ([0.5], [1], "type int64"),
        ([float("nan")], [True], "not finite"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(scores: list[float], correct: list[bool], said: str) -> None:
    with pytest.raises(DataError, match=said):
        risk_coverage_curve(scores, correct)
