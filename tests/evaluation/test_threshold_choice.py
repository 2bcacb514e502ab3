import numpy as np
import pytest
from scipy.special import softmax

from inklens.errors import DataError, OptionError
from inklens.evaluation import check_max_error
from inklens.evaluation.threshold_choice import choose_thresholds, error_upper_bound


def answers(images: int, seed: int = 0):
    """Calibrated logits of ten classes with 2% errors or so, most where the network is unsure; id_scores
    that depend on nothing; labels."""
    random = np.random.default_rng(seed)
    logits = random.normal(0, 1, (images, 10))
    logits[np.arange(images), random.integers(0, 10, images)] += random.exponential(8, images) + 3
    labels = (softmax(logits, axis=1).cumsum(axis=1) < random.random((images, 1))).sum(axis=1).clip(0, 9)
    return logits, random.normal(0, 1, images), labels


def test_one_in_distribution_image_in_200_misses_the_id_score():
    logits, id_score, labels = answers(4000)
    thresholds = choose_thresholds(logits, id_score, labels, 1.0)
    assert (id_score < thresholds.id_score).mean() == pytest.approx(0.005, abs=0.0006)
    assert thresholds.coverage == pytest.approx(0.995, abs=0.0006)
    assert thresholds.probability is None


def test_few_images_give_the_lowest_id_score():
    logits, id_score, labels = answers(50)
    assert choose_thresholds(logits, id_score, labels, 1.0).id_score == id_score.min()


def test_the_answered_images_keep_the_max_error_on_new_images():
    thresholds = choose_thresholds(*answers(20_000), 1.0, max_error=0.005)
    logits, id_score, labels = answers(100_000, seed=1)
    kept = thresholds.answered(softmax(logits, axis=1).astype(np.float32), id_score)
    wrong = logits.argmax(axis=1) != labels
    assert wrong.mean() > 0.015
    assert wrong[kept].mean() < 0.007
    assert kept.mean() > 0.7


def test_over_many_draws_the_error_is_as_often_above_as_below():
    logits, id_score, labels = answers(50_000, seed=1)
    probabilities = softmax(logits, axis=1).astype(np.float32)
    wrong = logits.argmax(axis=1) != labels
    above = 0
    for seed in range(2, 42):
        thresholds = choose_thresholds(*answers(2000, seed), 1.0, max_error=0.01)
        above += wrong[thresholds.answered(probabilities, id_score)].mean() > 0.01
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
    with pytest.raises(OptionError, match=r"max error 1% is out of reach: the least .* is 5%"):
        choose_thresholds(logits, np.zeros(2000), labels, 1.0, max_error=0.01)


@pytest.mark.parametrize("id_score", [[1.0], [1.0, np.nan]])
def test_an_id_score_that_does_not_fit_is_refused(id_score):
    with pytest.raises(DataError, match="expected one finite number for each of 2 images"):
        choose_thresholds([[1.0, 0.0], [0.0, 1.0]], id_score, [0, 1], 1.0)


def test_too_few_images_to_show_so_small_an_error_are_refused():
    check_max_error(0.001, 693)
    with pytest.raises(OptionError, match=r"max error 0\.1% cannot be shown on 692 .* expected 693 or more"):
        check_max_error(0.001, 692)


@pytest.mark.parametrize("error", [0, 1, -0.1, 1.5, float("nan")])
def test_a_max_error_that_is_no_share_is_refused(error):
    with pytest.raises(OptionError, match="expected above 0% and below 100%"):
        check_max_error(error, 10**6)


def test_the_upper_bound_is_the_rule_of_three_and_the_whole_where_all_is_wrong():
    assert error_upper_bound(0, 1000) == pytest.approx(0.003, rel=0.01)
    assert error_upper_bound(5, 5) == 1
    assert error_upper_bound([0, 1], 1679, 0.5) == pytest.approx([0.000413, 0.001], rel=0.01)
