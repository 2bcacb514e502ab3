"""Which labels are probably wrong: those that a network contradicts which did not learn the image.

The scores and the estimate are cleanlab's (Northcutt, Jiang and Chuang 2021, "Confident Learning: Estimating
Uncertainty in Dataset Labels").
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.errors import needing
from inklens.evaluation.evaluation import checked


@dataclass(frozen=True, eq=False)
class LabelIssues:
    """Images whose label the network contradicts, the most doubtful first.

    Args:
        indices: int64 (K,), their positions among the images that were audited.
        given: int64 (K,), their labels.
        suggested: int64 (K,), the classes that the network predicts instead.
        confidence: float64 (K,), 0-1, its probability of that.
        score: float64 (K,), 0-1, cleanlab's label quality; the lower, the more doubtful.
        images: how many were audited.
        estimated: how many of these are probably labelled wrongly.
    """

    indices: NDArray[np.int64]
    given: NDArray[np.int64]
    suggested: NDArray[np.int64]
    confidence: NDArray[np.float64]
    score: NDArray[np.float64]
    images: int
    estimated: int

    def __len__(self) -> int:
        return len(self.indices)

    def table(
        self, class_names: Sequence[str], files: Sequence[str] | None = None
    ) -> tuple[list[str], Iterator[list[str | int]]]:
        """Header and rows of label_issues.csv, ranked; `files`, where given, are a column more."""
        header = ["index", "given_label", "suggested_label", "confidence", "score"]
        columns = (self.indices, self.given, self.suggested, self.confidence, self.score)
        rows = (
            [int(index), class_names[given], class_names[suggested], f"{confidence:.6g}", f"{score:.6g}"]
            for index, given, suggested, confidence, score in zip(*columns, strict=True)
        )
        if files is None:
            return header, rows
        return [*header, "file"], ([*row, file] for row, file in zip(rows, files, strict=True))


def find_label_issues(probabilities: ArrayLike, labels: ArrayLike, class_names: Sequence[str]) -> LabelIssues:
    """Ranks the images whose most probable class is not their label.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1, of networks that did not learn from
            the image ("out of fold").
        labels: int (N,), 0 to C - 1.
        class_names: C names.

    Raises:
        DataError: the arrays do not fit each other; see `evaluate`.
        MissingPackageError: cleanlab is not installed.
    """
    require_cleanlab()
    from cleanlab.count import num_label_issues
    from cleanlab.rank import get_label_quality_scores

    p, y = checked(probabilities, labels, class_names)
    suggested = p.argmax(axis=1)
    score = get_label_quality_scores(y, p, method="self_confidence")
    contradicted = np.flatnonzero(suggested != y)
    ranked = contradicted[np.argsort(score[contradicted], kind="stable")]
    return LabelIssues(
        indices=ranked,
        given=y[ranked],
        suggested=suggested[ranked],
        confidence=p[ranked, suggested[ranked]],
        score=score[ranked],
        images=len(y),
        estimated=int(num_label_issues(labels=y, pred_probs=p)),
    )


def require_cleanlab() -> None:
    """Refuses to start an audit whose training would be lost.

    Raises:
        MissingPackageError: cleanlab is not installed.
    """
    with needing("the package cleanlab", "an audit", "train,audit"):
        import cleanlab  # noqa: F401
