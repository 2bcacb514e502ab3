"""Precision, recall and F1 of each class."""

import numpy as np
import pytest

from inklens.errors import DataError
from inklens.evaluation import note_on_labels, per_class_scores

LABELS = [0, 0, 0, 1, 1, 2]
PREDICTED = [0, 0, 1, 1, 0, 1]
NAMES = ("cat", "dog", "owl", "bee")


def test_six_images_by_hand() -> None:
    cat, dog, owl, bee = per_class_scores(LABELS, PREDICTED, NAMES)
    assert (cat.name, cat.support) == ("cat", 3)
    assert (cat.precision, cat.recall, cat.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (dog.precision, dog.recall, dog.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    # Never predicted: how often that is right is not known. None of it there: neither is what was found.
    assert (owl.precision, owl.recall, owl.f1, owl.support) == (None, 0, 0, 1)
    assert (bee.precision, bee.recall, bee.f1, bee.support) == (None, None, None, 0)


def test_predicted_classes_that_do_not_fit_are_refused_by_that_name() -> None:
    with pytest.raises(DataError, match="predicted classes from -1 to 0; expected 0 to 3"):
        per_class_scores([0, 1], [0, -1], NAMES)


def test_exchanged_labels_of_the_test_part_are_said_and_a_bad_network_is_not():
    right = np.diag([50, 50, 50])
    exchanged = np.array([[50, 0, 0], [1, 2, 47], [0, 48, 2]])
    assert note_on_labels(right, exchanged, NAMES[:3]) == (
        "of the test images, 94% of dog are answered owl, 96% of owl are answered dog, and of the "
        "validation images these classes are answered rightly: do the labels of both parts mean the same?"
    )
    assert note_on_labels(right, right, NAMES[:3]) is None
    assert note_on_labels(exchanged, exchanged, NAMES[:3]) is None  # the network has not learnt them
    few = np.array([[50, 0, 0], [0, 0, 4], [0, 0, 50]])
    assert note_on_labels(right, few, NAMES[:3]) is None
    shifted = np.roll(np.diag([50] * 9), 1, axis=1)
    said = note_on_labels(np.diag([50] * 9), shifted, [str(name) for name in range(9)])
    assert "100% of 2 are answered 3 and 6 other classes, and of" in said
