"""Precision, recall and F1 of each class, from scikit-learn."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import needing
from inklens.evaluation.evaluation import checked_labels

_LEAST_IMAGES = 5  # of a class, from which its answers tell something
_MOST = 0.8  # of the images of a class: nearly all of them
_LISTED = 3


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


def note_on_labels(
    validation: NDArray[np.int64], test: NDArray[np.int64], class_names: Sequence[str]
) -> str | None:
    """What is to be said of a test part whose labels seem to mean other classes than the training part's.

    A class is meant whose test images are nearly all answered by one other class, while its validation images
    are answered rightly: so it is where two names, or the rows of a whole part, were exchanged.

    Args:
        validation: the confusion matrix of the validation images, int64 (C, C), rows are the actual classes.
        test: the same of the test images.
        class_names: C names.
    """
    found = []
    for label, (before, now) in enumerate(zip(validation, test, strict=True)):
        answer = int(now.argmax())
        enough = min(before.sum(), now.sum()) >= _LEAST_IMAGES
        known = before[label] >= _MOST * before.sum()
        if enough and known and answer != label and now[answer] >= _MOST * now.sum():
            share = f"{100 * now[answer] / now.sum():.0f}%"
            found.append(f"{share} of {class_names[label]} are answered {class_names[answer]}")
    if not found:
        return None
    more = f" and {len(found) - _LISTED} other classes" if len(found) > _LISTED else ""
    return (
        f"of the test images, {', '.join(found[:_LISTED])}{more}, and of the validation images these "
        "classes are answered rightly: do the labels of both parts mean the same?"
    )
