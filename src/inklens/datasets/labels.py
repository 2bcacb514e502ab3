"""What labels must be before anything is counted by them: whole numbers from 0, every class in training."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from inklens.datasets.trees import natural_key, some_of
from inklens.errors import DataError
from inklens.printable import is_printable

_NAMED = 5  # absent labels that a message names
_FEW = 1000  # classes whose count takes no memory


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
            f"{where} holds labels of type {labels.dtype}; expected whole numbers from 0 on, or text: "
            "save them as integers, or as the classes' names"
        )
    for label in (int(labels.min()), int(labels.max())):
        if not 0 <= label <= np.iinfo(np.int64).max:
            raise DataError(
                f"{where} holds the label {label}; expected whole numbers from 0 on: number them anew"
            )
    return labels.reshape(-1).astype(np.int64)


def classes_named(labels: NDArray[np.generic], where: str) -> tuple[str, ...] | None:
    """The classes where labels are text, in the order that folders of them would have; None for numbers.

    Args:
        labels: str or bytes (UTF-8) of any shape, or numbers.
        where: what they lie in, for the message.

    Raises:
        DataError: a name that is empty or not printable.
    """
    if labels.dtype.kind not in "US":
        return None
    names = tuple(sorted(set(_texts(labels, where)), key=natural_key))
    check_names(names, where)
    return names


def check_names(names: Iterable[str], where: str) -> None:
    """Refuses names of classes that cannot be shown.

    Args:
        where: what they lie in, for the message.

    Raises:
        DataError: a name that is empty or not printable.
    """
    for name in names:
        if not name.strip() or not is_printable(name):
            raise DataError(
                f"{where} holds the label {name!a}; expected a printable name on one line: rename it"
            )


def as_numbers(labels: NDArray[np.generic], names: tuple[str, ...], where: str) -> NDArray[np.int64]:
    """Labels that are names as their places in `names`: int64 (N,).

    Raises:
        DataError: they are no text, or one of them is not among the names.
    """
    if labels.dtype.kind not in "US":
        raise DataError(
            f"{where} holds labels of type {labels.dtype} beside others that are text; expected one type for "
            "all: save them all as text, or all as integers"
        )
    place = {name: number for number, name in enumerate(names)}
    texts = _texts(labels, where)
    if strange := sorted(set(texts) - place.keys(), key=natural_key):
        raise DataError(
            f"{where} has the class {strange[0]!a} in its test part; expected the classes of the training "
            f"part, {some_of(names)}: add training images of it or take it out"
        )
    return np.array([place[text] for text in texts], np.int64)


def _texts(labels: NDArray[np.generic], where: str) -> list[str]:
    try:
        return [str(one, "utf-8") if isinstance(one, bytes) else one for one in labels.ravel().tolist()]
    except UnicodeDecodeError as error:
        raise DataError(
            f"{where} holds labels that are no UTF-8 ({error}); expected names in it: save them as str"
        ) from error


def listed(labels: Sequence[object]) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(labels) - _NAMED} more" if len(labels) > _NAMED else ""
    return ", ".join(map(str, labels[:_NAMED])) + more


def count_labels(
    name: str,
    train: NDArray[np.int64],
    test: NDArray[np.int64] | None,
    classes: int | None,
    *,
    to_train: bool = True,
    part: str = "test",
) -> NDArray[np.int64]:
    """How many training images each class has: int64 (classes,); at most half may have none.

    Args:
        name: the data set's, for the message.
        classes: how many names there are; None takes the largest training label for the last class.
        part: which part `test` is, for the message.
        to_train: whether something is to be learnt; otherwise one class will do, and any may have no image.

    Raises:
        DataError: a label out of range, one class only, or most classes without a training image.
    """
    top = int(train.max()) if to_train or test is None else int(max(train.max(), test.max()))
    # First of all, because one wrong label may ask for a count of many gigabytes.
    if top >= (classes or (len(train) if to_train else max(_FEW, len(train)))):
        raise DataError(
            f"{name} has labels up to {top} for {len(train):,} training images"
            f"{f' of {classes} classes' if classes else ''}; "
            "expected classes numbered from 0: number them anew"
        )
    classes = classes or top + 1
    sizes = np.bincount(train, minlength=classes)
    if not to_train:
        return sizes
    if np.count_nonzero(sizes) < 2:
        raise DataError(
            f"{name} has images of one class only in its training part; expected two or more: "
            "add images of another class"
        )
    absent = np.flatnonzero(sizes == 0).tolist()
    if 2 * len(absent) > classes:
        raise DataError(
            f"{name} has labels up to {classes - 1} but no training image with the label {listed(absent)}; "
            f"expected most of 0 to {classes - 1}: number them anew without gaps, mend the wrong "
            "ones, or save "
            "them as names (text in an .npz file)"
        )
    if test is not None and len(test) and int(test.max()) >= classes:
        raise DataError(
            f"{name} has the label {int(test.max())} in its {part} part; expected 0 to {classes - 1}, "
            "the labels of the training part: take those images out or add some to it"
        )
    return sizes
