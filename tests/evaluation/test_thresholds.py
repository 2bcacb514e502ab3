import numpy as np
import pytest

from inklens.errors import OptionError
from inklens.evaluation import Thresholds, check_max_error, softmax, unknown_score
from inklens.evaluation.thresholds import choose_thresholds, error_upper_bound


def answers(images: int, seed: int = 0):
    """Calibrated logits of ten classes with 2 % errors or so, most of them where the network is unsure."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (images, 10))
    logits[np.arange(images), random.integers(0, 10, images)] += random.exponential(8, images) + 3
    labels = (softmax(logits).cumsum(axis=1) < random.random((images, 1))).sum(axis=1).clip(0, 9)
    return logits, labels


def test_the_score_is_what_is_added_to_all_logits_and_the_probabilities_do_not_see():
    logits, _ = answers(20)
    assert unknown_score(logits + 17) == pytest.approx(unknown_score(logits) + 17)
    assert softmax(logits + 17) == pytest.approx(softmax(logits))
    assert unknown_score(np.log([[0.1, 0.7, 0.2]]) + 3) == pytest.approx([3])


def test_one_known_image_in_200_misses_the_score():
    known, labels = answers(4000)
    thresholds = choose_thresholds(known, labels, 1.0)
    assert (unknown_score(known) < thresholds.score).mean() == pytest.approx(0.005, abs=0.0006)
    assert thresholds.coverage == pytest.approx(0.995, abs=0.0006)
    assert thresholds.probability is None


def test_few_images_give_the_lowest_score():
    known, labels = answers(50)
    assert choose_thresholds(known, labels, 1.0).score == unknown_score(known).min()


def test_the_answered_images_keep_the_max_error_on_new_images():
    thresholds = choose_thresholds(*answers(20_000), 1.0, max_error=0.005)
    logits, labels = answers(100_000, seed=1)
    answered = thresholds.answered(logits, 1.0)
    wrong = logits.argmax(axis=1) != labels
    assert wrong.mean() > 0.015
    assert wrong[answered].mean() < 0.007
    assert answered.mean() > 0.7


def test_over_many_draws_the_error_is_as_often_above_as_below():
    logits, labels = answers(100_000, seed=1)
    wrong = logits.argmax(axis=1) != labels
    above = 0
    for seed in range(2, 42):
        thresholds = choose_thresholds(*answers(2000, seed), 1.0, max_error=0.01)
        above += wrong[thresholds.answered(logits, 1.0)].mean() > 0.01
    assert 8 <= above <= 32


def test_a_smaller_error_answers_less():
    data = answers(20_000)
    strict, lenient = (choose_thresholds(*data, 1.0, max_error=error) for error in (0.002, 0.01))
    assert strict.probability > lenient.probability
    assert strict.coverage < lenient.coverage


def test_equal_probabilities_are_answered_together():
    logits = np.tile([5.0, 0.0], (2000, 1))
    labels = np.zeros(2000, int)
    labels[-100:] = 1  # all have the same probability: no threshold leaves just the wrong ones out
    with pytest.raises(OptionError, match=r"max error 1 % is out of reach: the least .* is 5 %"):
        choose_thresholds(logits, labels, 1.0, max_error=0.01)


def test_images_at_the_threshold_are_answered():
    logits = np.log([[0.9, 0.1], [0.8, 0.2]])
    assert Thresholds(probability=float(np.float32(0.8))).answered(logits, 1.0).tolist() == [True, True]
    assert Thresholds(probability=0.85).answered(logits, 1.0).tolist() == [True, False]


def test_too_few_images_to_show_so_small_an_error_are_refused():
    check_max_error(0.001, 693)
    with pytest.raises(OptionError, match=r"max error 0\.1 % cannot be shown on 692 .* expected 693 or more"):
        check_max_error(0.001, 692)


@pytest.mark.parametrize("error", [0, 1, -0.1, 1.5, float("nan")])
def test_a_max_error_that_is_no_share_is_refused(error):
    with pytest.raises(OptionError, match="expected above 0 % and below 100 %"):
        check_max_error(error, 10**6)


def test_the_upper_bound_is_the_rule_of_three_and_the_whole_where_all_is_wrong():
    assert error_upper_bound(0, 1000) == pytest.approx(0.003, rel=0.01)
    assert error_upper_bound(5, 5) == 1
    assert error_upper_bound([0, 1], 1679, 0.5) == pytest.approx([0.000413, 0.001], rel=0.01)
