"""Do two classifiers differ? The exact McNemar test on the images that only one gets right."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import combinations
from string import ascii_uppercase
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import DataError, OptionError, needing
from inklens.evaluation.evaluation import Evaluation, checked, evaluate


@dataclass(frozen=True)
class McNemar:
    """The result of an exact McNemar test.

    Attributes:
        only_first: images that the first gets right and the second wrong.
        only_second: images that the second gets right and the first wrong.
        p: how probable so uneven a split of them, or a worse one, is between equally good ones; two-sided.
    """

    only_first: int
    only_second: int
    p: float


@dataclass(frozen=True, eq=False)
class Comparison:
    """The predictions of R classifiers, called A, B, C ..., for the same N images.

    Attributes:
        class_names: C names.
        labels: int64 (N,), the actual classes.
        scores: of each classifier; the loss is the negative log-likelihood.
        predicted: int64 (R, N).
        probability: float64 (R, N), of the predicted class.
        pairs: for each two of them, by their positions, an exact McNemar test.
        differing: int64 (D,), see `differing_images`.
    """

    class_names: tuple[str, ...]
    labels: NDArray[np.int64]
    scores: tuple[Evaluation, ...]
    predicted: NDArray[np.int64]
    probability: NDArray[np.float64]
    pairs: dict[tuple[int, int], McNemar]
    differing: NDArray[np.int64]

    def to_dict(self, about: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """Plain numbers, for comparison.json.

        Args:
            about: what else to say of each classifier, such as its name.
        """
        runs = [
            {"letter": letter, **more, **_figures(scores)}
            for letter, more, scores in zip(ascii_uppercase, about, self.scores, strict=False)
        ]
        pairs = [
            {"first": ascii_uppercase[one], "second": ascii_uppercase[other], **asdict(test)}
            for (one, other), test in self.pairs.items()
        ]
        return {"runs": runs, "differing": len(self.differing), "pairs": pairs}

    def rows(self) -> tuple[list[str], Iterator[list[str | int]]]:
        """Header and rows of differences.csv, one row for each image that differs."""
        names, letters = self.class_names, ascii_uppercase[: len(self.predicted)]
        header = [
            "index",
            "actual",
            *(f"{of}_{what}" for of in letters for what in ("predicted", "probability")),
        ]

        def rows() -> Iterator[list[str | int]]:
            for index in self.differing.tolist():
                said = zip(
                    self.predicted[:, index].tolist(), self.probability[:, index].tolist(), strict=True
                )
                cells = [cell for label, share in said for cell in (names[label], f"{share:.6g}")]
                yield [index, names[self.labels[index]], *cells]

        return header, rows()


def _figures(scores: Evaluation) -> dict[str, Any]:
    figures = scores.to_dict()
    del figures["confusion"]
    return {**figures, "nll": figures.pop("loss")}


def compare(probabilities: Sequence[ArrayLike], labels: ArrayLike, class_names: Sequence[str]) -> Comparison:
    """Compares classifiers on the same images.

    Args:
        probabilities: of each classifier float (N, C), for the same images and with the same columns.
        labels: int (N,), 0 to C - 1.
        class_names: C names.

    Raises:
        OptionError: fewer than 2 classifiers, or more than 26.
        DataError: the arrays do not fit each other.
        MissingPackageError: scipy is not installed.
    """
    if not 2 <= len(probabilities) <= len(ascii_uppercase):
        raise OptionError(
            f"{len(probabilities)} given to compare; expected 2 to {len(ascii_uppercase)} runs or model files"
        )
    shares, y = [checked(each, labels, class_names)[0] for each in probabilities], np.asarray(labels)
    predicted = np.array([each.argmax(axis=1) for each in shares])
    right = predicted == y
    return Comparison(
        class_names=tuple(class_names),
        labels=y.astype(np.int64),
        scores=tuple(evaluate(each, y, class_names) for each in shares),
        predicted=predicted,
        probability=np.array([each.max(axis=1) for each in shares]),
        pairs={
            (one, other): mcnemar(right[one], right[other])
            for one, other in combinations(range(len(right)), 2)
        },
        differing=differing_images(predicted, y),
    )


def mcnemar(first_correct: ArrayLike, second_correct: ArrayLike) -> McNemar:
    """Compares two classifiers on the same images (McNemar 1947; for classifiers: Dietterich 1998).

    Images that both get right or both get wrong say nothing. Each of the others is a coin's toss between
    equally good classifiers, so p is that of a binomial test, exact also where few images are left; with
    none, it is 1. Where many pairs are tested, some p is small by chance: multiply it by the number of pairs.

    Args:
        first_correct: bool (N,).
        second_correct: bool (N,), of the same images in the same order.

    Raises:
        DataError: the arrays do not fit each other.
        MissingPackageError: scipy is not installed.

    Example:
        >>> mcnemar([True, True, True], [True, False, False])
        McNemar(only_first=2, only_second=0, p=0.5)
    """
    with needing("scipy", "a comparison"):
        from scipy.stats import binomtest
    first, second = np.asarray(first_correct), np.asarray(second_correct)
    if first.shape != second.shape or first.ndim != 1 or {first.dtype, second.dtype} != {np.dtype(bool)}:
        raise DataError(
            f"answers of shape {first.shape} and {second.shape}, type {first.dtype} and {second.dtype}; "
            "expected a boolean per image, for the same images"
        )
    only_first, only_second = int((first & ~second).sum()), int((second & ~first).sum())
    unlike = only_first + only_second
    p = float(binomtest(only_first, unlike, 0.5).pvalue) if unlike else 1.0
    return McNemar(only_first, only_second, p)


def differing_images(predicted: ArrayLike, labels: ArrayLike) -> NDArray[np.int64]:
    """The positions of the images for which the classifiers do not all predict the same class, int64 (D,).

    Those that some get right and others wrong come first, then those that all get wrong differently.

    Args:
        predicted: int (R, N), the classes that each of R classifiers predicts.
        labels: int (N,), the actual ones.
    """
    said, actual = np.asarray(predicted), np.asarray(labels)
    unlike = (said != said[:1]).any(axis=0)
    right_by_some = (said == actual).any(axis=0)
    return np.concatenate([np.flatnonzero(unlike & right_by_some), np.flatnonzero(unlike & ~right_by_some)])
