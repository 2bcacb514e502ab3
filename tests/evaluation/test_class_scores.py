"""Precision, recall and F1 of each class."""

import pytest

from inklens.errors import DataError
from inklens.evaluation import per_class_scores

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
