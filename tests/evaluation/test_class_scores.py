"""Precision, recall and F1 of each class."""

import pytest

from inklens.errors import DataError
from inklens.evaluation import per_class_scores
from inklens.evaluation.class_scores import class_rows

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


def test_what_is_not_known_is_an_empty_cell(tmp_path) -> None:
    assert list(class_rows(per_class_scores([0], [0], NAMES[:2]))) == [
        ("cat", 1.0, 1.0, 1.0, 1),
        ("dog", None, None, None, 0),
    ]


@pytest.mark.parametrize(
    ("labels", "predicted", "said"),
    [
        ([0, 4], [0, 1], "labels from 0 to 4; expected 0 to 3"),
        ([0, 1], [0, -1], "predicted classes from -1 to 0"),
        ([0, 1], [0], "expected 2 whole numbers, one per image"),
        ([0.0, 1.0], [0, 1], "type float64"),
    ],
)
def test_what_does_not_fit_is_refused_in_words(labels, predicted, said) -> None:
    with pytest.raises(DataError, match=said):
        per_class_scores(labels, predicted, NAMES)
