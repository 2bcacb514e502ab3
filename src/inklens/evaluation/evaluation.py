"""Loss, accuracy with its interval, and the confusion matrix of a set of predictions."""

from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError, needing
from inklens.evaluation.interval import wilson_interval

# A softmax in float16 or bfloat16 misses a sum of 1 by a little; logits miss it by a lot.
_SUM_TOLERANCE = 0.02
# What Keras clips probabilities to before the logarithm, so that the two losses agree.
_EPSILON = 1e-7


@dataclass(frozen=True, eq=False)
class Evaluation:
    """Accuracy, loss and confusion matrix on `n` images.

    Attributes:
        loss: Mean negative log-likelihood, natural logarithm.
        accuracy: Share of 1.
        interval: Lower and upper end of the accuracy's 95% Wilson interval.
        confusion: int64 (C, C); rows are the actual classes, columns the predicted ones.
    """

    n: int
    correct: int
    loss: float
    accuracy: float
    interval: tuple[float, float]
    confusion: NDArray[np.int64]

    @property
    def error_percent(self) -> float:
        return 100 * (self.n - self.correct) / self.n

    def tutorial_line(self) -> str:
        """The error as the tutorials print it: "error 1.27%"."""
        return f"error {self.error_percent:.2f}%"

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, for metrics.json."""
        return {
            "n": self.n,
            "correct": self.correct,
            "accuracy": self.accuracy,
            "accuracy_interval_95": list(self.interval),
            "error_percent": self.error_percent,
            "loss": self.loss,
            "confusion": self.confusion.tolist(),
        }


def evaluate(probabilities: ArrayLike, labels: ArrayLike, class_names: Sequence[str]) -> Evaluation:
    """Scores predictions against the labels.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1.
        labels: int (N,), 0 to C - 1.
        class_names: C names, for messages.

    Raises:
        DataError: the arrays do not fit each other, or do not hold what is said above.
    """
    with needing("scikit-learn", "evaluation"):
        from sklearn.metrics import confusion_matrix
    p, y = checked(probabilities, labels, class_names)
    n, classes = p.shape
    predicted = p.argmax(axis=1)
    correct = int((predicted == y).sum())
    of_actual = p[np.arange(n), y] / p.sum(axis=1)
    return Evaluation(
        n=n,
        correct=correct,
        loss=float(-np.log(of_actual.clip(_EPSILON, 1 - _EPSILON)).mean()),
        accuracy=correct / n,
        interval=wilson_interval(correct, n),
        confusion=confusion_matrix(y, predicted, labels=np.arange(classes)).astype(np.int64),
    )


def top_k_accuracy(probabilities: ArrayLike, labels: ArrayLike, k: int) -> float:
    """The share of images whose actual class is among the `k` most probable ones.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1.
        labels: int (N,), 0 to C - 1.
        k: 1 or more; from C on, the share is 1.

    Raises:
        DataError: the arrays do not fit each other; see `evaluate`.
        ValueError: `k` is less than 1.
        MissingPackageError: scikit-learn is not installed.
    """
    with needing("scikit-learn", "evaluation"):
        from sklearn.metrics import top_k_accuracy_score
    if k < 1:
        raise ValueError(f"k is {k}; expected 1 or more")
    shape = np.shape(probabilities)
    p, y = checked(probabilities, labels, range(shape[-1] if shape else 0))
    classes = p.shape[1]
    if k >= classes:
        return 1.0  # scikit-learn would warn
    if classes == 2:  # for which scikit-learn wants one column
        return float((p.argmax(axis=1) == y).mean())
    return float(top_k_accuracy_score(y, p, k=k, labels=np.arange(classes)))


def checked(
    probabilities: ArrayLike, labels: ArrayLike, class_names: Sized
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Returns both as arrays of one dtype, or raises the DataError that says what is wrong with them."""
    p = np.asarray(probabilities, dtype=np.float64)
    classes = len(class_names)
    if p.ndim != 2 or len(p) == 0 or p.shape[1] != classes:
        raise DataError(
            f"probabilities of shape {p.shape}; expected (images, {classes}), one column per class,"
            " and at least one image"
        )
    y = checked_labels(labels, len(p), classes)
    # Written so that NaN fails it.
    if not (np.all(p >= 0) and np.all(abs(p.sum(axis=1) - 1) <= _SUM_TOLERANCE)):
        raise DataError(
            "probabilities that are negative, NaN, or do not sum to 1 in every row;"
            " expected the softmax of a network that trained without diverging"
        )
    return p, y


def checked_labels(labels: ArrayLike, images: int, classes: int, what: str = "labels") -> NDArray[np.int64]:
    """Returns them as int64 (N,), or raises the DataError that says what is wrong with them."""
    y = np.asarray(labels)
    if y.shape != (images,) or not np.issubdtype(y.dtype, np.integer):
        raise DataError(
            f"{what} of shape {y.shape} and type {y.dtype}; expected {images} whole numbers, one per image"
        )
    if images and not 0 <= y.min() <= y.max() < classes:
        raise DataError(
            f"{what} from {y.min()} to {y.max()}; expected 0 to {classes - 1}, as there are {classes} classes"
        )
    return y.astype(np.int64)
