import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, f1_score

from inklens.evaluation.uneven_classes import are_uneven, balanced_accuracy, macro_f1


@pytest.mark.parametrize("seed", range(5))
def test_both_agree_with_scikit_learn(seed):
    random = np.random.default_rng(seed)
    labels = np.concatenate([np.arange(4), random.choice(4, 60, p=[0.7, 0.2, 0.05, 0.05])])
    probabilities = random.dirichlet(np.ones(4), len(labels))
    guesses = probabilities.argmax(axis=1)
    assert balanced_accuracy(probabilities, labels) == pytest.approx(balanced_accuracy_score(labels, guesses))
    assert macro_f1(probabilities, labels) == pytest.approx(f1_score(labels, guesses, average="macro"))


def test_classes_without_images_do_not_count():
    probabilities = np.array([[0.9, 0.1, 0], [0.2, 0.8, 0], [0, 0.1, 0.9]])
    labels = np.array([0, 1, 1])
    assert balanced_accuracy(probabilities, labels) == 0.75
    assert macro_f1(probabilities, labels) == pytest.approx((1 + 2 / 3) / 2)


def test_a_class_of_twice_the_size_makes_them_uneven():
    assert are_uneven(np.array([0, 0, 1]))
    assert not are_uneven(np.array([0, 0, 0, 2, 2]))
    assert not are_uneven(np.array([], np.int64))
