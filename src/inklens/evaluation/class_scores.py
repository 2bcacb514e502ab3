"""Precision, recall and F1 of each class, from scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from inklens.errors import needing
from inklens.evaluation.evaluation import checked_labels


@dataclass(frozen=True)
class ClassScores:
    """Precision, recall and F1 of one class. What is undefined is None, not 0.

    Attributes:
        precision: share of the images predicted as this class that are of it; None if none is predicted so.
        recall: share of the images of this class that are predicted as it; None if there are none.
        f1: harmonic mean of both; None if the class neither occurs nor is predicted.
        support: how many images of this class there are.
    """

    name: str
    precision: float | None
    recall: float | None
    f1: float | None
    support: int


def per_class_scores(
    labels: ArrayLike, predicted: ArrayLike, class_names: Sequence[str]
) -> tuple[ClassScores, ...]:
    """One entry for each class, in the order of `class_names`.

    Args:
        labels: int (N,), 0 to C - 1: the actual classes.
        predicted: int (N,), 0 to C - 1.
        class_names: C names.

    Raises:
        DataError: the arrays do not fit each other, or hold a class without a name.
        MissingPackageError: scikit-learn is not installed.
    """
    with needing("scikit-learn", "evaluation"):
        from sklearn.metrics import precision_recall_fscore_support
    images, classes = np.size(labels), len(class_names)
    y = checked_labels(labels, images, classes)
    guesses = checked_labels(predicted, images, classes, "predicted classes")
    columns = precision_recall_fscore_support(
        y, guesses, labels=np.arange(classes), average=None, zero_division=np.nan
    )
    shares = ([None if np.isnan(share) else float(share) for share in column] for column in columns[:3])
    return tuple(
        ClassScores(name, precision, recall, f1, int(support))
        for name, precision, recall, f1, support in zip(class_names, *shares, columns[3], strict=True)
    )
