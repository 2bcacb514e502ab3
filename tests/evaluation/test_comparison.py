"""The exact McNemar test, and the images on which classifiers differ."""

from math import comb

import numpy as np
import pytest

from inklens.errors import DataError, OptionError
from inklens.evaluation import compare, differing_images, mcnemar

NAMES = ("cat", "dog", "owl")


def outcomes(both: int, first: int, second: int, none: int) -> tuple[np.ndarray, np.ndarray]:
    counts = [both, first, second, none]
    return np.repeat([True, True, False, False], counts), np.repeat([True, False, True, False], counts)


@pytest.mark.parametrize(("first", "second"), [(9, 1), (1, 9), (3, 2), (5, 5), (1, 0), (20, 43)])
def test_p_is_the_binomial_sum_by_hand(first: int, second: int) -> None:
    n, fewer = first + second, min(first, second)
    tail = sum(comb(n, k) for k in range(fewer + 1)) / 2**n
    found = mcnemar(*outcomes(80, first, second, 7))
    assert (found.only_first, found.only_second) == (first, second)
    assert found.p == pytest.approx(min(1, 2 * tail), rel=1e-9)


def test_without_a_difference_nothing_is_shown() -> None:
    assert mcnemar(*outcomes(50, 0, 0, 5)).p == 1


def test_images_that_both_get_right_or_wrong_do_not_count() -> None:
    assert mcnemar(*outcomes(0, 6, 1, 0)).p == mcnemar(*outcomes(9000, 6, 1, 300)).p


def test_images_that_one_gets_right_come_before_those_that_all_get_wrong() -> None:
    predicted = [[0, 1, 2, 0, 1], [0, 2, 1, 0, 0]]
    assert differing_images(predicted, [0, 0, 1, 1, 1]).tolist() == [2, 4, 1]


@pytest.fixture
def three():
    """Of four images, A gets all right, B the first two, C none and answers as B on the last."""
    right = np.array([0, 1, 2, 0])
    said = [right, np.array([0, 1, 0, 1]), np.array([1, 2, 1, 1])]
    return [np.full((4, 3), 0.1) + 0.7 * np.eye(3)[each] for each in said], right


def test_every_pair_is_tested(three):
    comparison = compare(*three, NAMES)
    assert list(comparison.pairs) == [(0, 1), (0, 2), (1, 2)]
    assert comparison.pairs[0, 2].p == pytest.approx(2 / 2**4)
    assert [scores.correct for scores in comparison.scores] == [4, 2, 0]
    known = comparison.to_dict([{"name": "a"}, {"name": "b"}, {"name": "c"}])
    assert known["runs"][1]["letter"] == "B"
    assert (known["runs"][1]["name"], known["runs"][1]["accuracy"]) == ("b", 0.5)
    assert known["pairs"][1] == {"first": "A", "second": "C", "only_first": 4, "only_second": 0, "p": 0.125}


def test_the_rows_say_what_each_said_of_the_images_that_differ(three):
    header, rows = compare(*three, NAMES).rows()
    columns = [f"{letter}_{what}" for letter in "ABC" for what in ("predicted", "probability")]
    assert header == ["index", "actual", *columns]
    assert list(rows)[3] == [3, "cat", "cat", "0.8", "dog", "0.8", "dog", "0.8"]


def test_what_does_not_fit_is_refused_in_words(three):
    probabilities, labels = three
    with pytest.raises(OptionError, match="1 given to compare; expected 2 to 26"):
        compare(probabilities[:1], labels, NAMES)
    with pytest.raises(DataError, match="one per image"):
        compare([probabilities[0], probabilities[1][:3]], labels, NAMES)
    with pytest.raises(DataError, match="a boolean per image"):
        mcnemar([True, False], [1, 0])
