"""Figures in which every class counts the same, however many images it has."""

import numpy as np
from numpy.typing import NDArray

UNEVEN = 2.0  # so many times the images of the smallest class in the largest


def balanced_accuracy(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The mean recall of the classes that there are images of, 0-1 (Brodersen and others 2010).

    Args:
        probabilities: float64 (N, C), 0-1.
        labels: int64 (N,), 0 to C - 1.
    """
    right, support, _ = _counts(probabilities, labels)
    there = support > 0
    return float((right[there] / support[there]).mean())


def macro_f1(probabilities: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The mean F1 of the classes that there are images of, 0-1.

    Args:
        probabilities: float64 (N, C), 0-1.
        labels: int64 (N,), 0 to C - 1.
    """
    right, support, predicted = _counts(probabilities, labels)
    there = support > 0
    return float((2 * right[there] / (support + predicted)[there]).mean())


def are_uneven(labels: NDArray[np.int64]) -> bool:
    """Whether the largest class has at least twice the images of the smallest that has any."""
    sizes = np.bincount(labels)
    sizes = sizes[sizes > 0]
    return bool(len(sizes)) and bool(sizes.max() >= UNEVEN * sizes.min())


def _counts(
    probabilities: NDArray[np.float64], labels: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Of each class: images predicted rightly, images, and images predicted as it."""
    classes, guesses = probabilities.shape[1], probabilities.argmax(axis=1)
    right = np.bincount(labels[guesses == labels], minlength=classes)
    return right, np.bincount(labels, minlength=classes), np.bincount(guesses, minlength=classes)
