"""What labels must be before anything is counted by them: whole numbers from 0, every class in training."""

import numpy as np
from numpy.typing import NDArray

from inklens.errors import DataError

_NAMED = 5  # absent labels that a message names


def as_labels(labels: NDArray[np.generic], where: str) -> NDArray[np.int64]:
    """Whole numbers of any type as int64 (N,); sign and size are checked before they are cast.

    Args:
        labels: integers (N,) or (N, 1), at least one.
        where: what they lie in, for the message.

    Raises:
        DataError: another type, a negative label, or one that int64 cannot hold.
    """
    if not np.issubdtype(labels.dtype, np.integer):
        raise DataError(
            f"{where} holds labels of type {labels.dtype}; expected whole numbers from 0 on: "
            "save them as integers"
        )
    for label in (int(labels.min()), int(labels.max())):
        if not 0 <= label <= np.iinfo(np.int64).max:
            raise DataError(
                f"{where} holds the label {label}; expected whole numbers from 0 on: number them anew"
            )
    return labels.reshape(-1).astype(np.int64)


def count_labels(
    name: str, train: NDArray[np.int64], test: NDArray[np.int64] | None, classes: int | None
) -> NDArray[np.int64]:
    """How many training images each class has: int64 (classes,); only class 0 may have none.

    Args:
        name: the data set's, for the message.
        classes: how many names there are; None takes the largest training label for the last class.

    Raises:
        DataError: a label out of range, one class only, or a class that training has no image of.
    """
    top = int(train.max())
    # First of all, because one wrong label may ask for a count of many gigabytes.
    if top >= (classes or len(train)):
        raise DataError(
            f"{name} has labels up to {top} for {len(train):,} training images"
            f"{f' of {classes} classes' if classes else ''}; "
            "expected classes numbered from 0: number them anew"
        )
    classes = classes or top + 1
    sizes = np.bincount(train, minlength=classes)
    if np.count_nonzero(sizes) < 2:
        raise DataError(
            f"{name} has images of one class only in its training part; expected two or more: "
            "add images of another class"
        )
    absent = np.flatnonzero(sizes == 0).tolist()
    if absent not in ([], [0]):
        named = ", ".join(map(str, absent[:_NAMED]))
        more = f" and {len(absent) - _NAMED} more" if len(absent) > _NAMED else ""
        raise DataError(
            f"{name} has labels up to {classes - 1} but no training image with the label {named}{more}; "
            f"expected each of 0 to {classes - 1} (0 alone may be missing): "
            "number them anew without gaps, or mend the wrong ones"
        )
    if test is not None and (int(test.max()) >= classes or not sizes[test].all()):
        strange = int(test.max()) if int(test.max()) >= classes else 0
        raise DataError(
            f"{name} has the label {strange} in its test part; expected {len(absent)} to {classes - 1}, "
            "the labels of the training part: take those images out or add some to it"
        )
    return sizes
