"""Every figure of calibrated predictions at once: what `inklens evaluate` and every training write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from inklens.evaluation.class_scores import ClassScores, per_class_scores
from inklens.evaluation.evaluation import Evaluation, checked, evaluate, top_k_accuracy
from inklens.evaluation.reliability import ECE_BINS, Reliability, reliability_curve
from inklens.evaluation.risk_coverage import RiskCoverageCurve, risk_coverage_curve
from inklens.evaluation.uneven_classes import balanced_accuracy, macro_f1

# Further numbers of metrics.json: float64 (N, C) probabilities and int64 (N,) labels -> a number.
METRICS: dict[str, Callable[[NDArray[np.float64], NDArray[np.int64]], float]] = {
    "top_2_accuracy": partial(top_k_accuracy, k=2),
    "balanced_accuracy": balanced_accuracy,
    "macro_f1": macro_f1,
}


@dataclass(frozen=True, eq=False)
class DetailedEvaluation:
    """How good calibrated predictions of N images of C classes are.

    Attributes:
        class_names: C names.
        probabilities: float64 (N, C), calibrated: those of model.onnx and predictions.csv.
        labels: int64 (N,), the actual classes.
        scores: accuracy, interval, confusion; its loss is the negative log-likelihood after calibration.
        metrics: what each of `METRICS` says.
        reliability: in 15 bins, so that its calibration error is the ECE.
        risk_coverage: the error against the share of images that are answered, by the highest probability.
        classes: precision, recall and F1 of each class.
        answered: bool (N,), what the reject thresholds leave answered; None where none are known.
    """

    class_names: tuple[str, ...]
    probabilities: NDArray[np.float64]
    labels: NDArray[np.int64]
    scores: Evaluation
    metrics: Mapping[str, float]
    reliability: Reliability
    risk_coverage: RiskCoverageCurve
    classes: tuple[ClassScores, ...]
    answered: NDArray[np.bool_] | None

    @property
    def absent(self) -> tuple[str, ...]:
        """The classes that no image has."""
        return tuple(one.name for one in self.classes if one.support == 0)

    @property
    def answered_errors(self) -> tuple[int, int] | None:
        """How many images are answered, and how many of these wrongly."""
        if self.answered is None:
            return None
        wrong = self.probabilities.argmax(axis=1) != self.labels
        return int(self.answered.sum()), int((wrong & self.answered).sum())

    def to_dict(self) -> dict[str, Any]:
        """Plain numbers and lists, for metrics.json."""
        scores = self.scores.to_dict()
        answered = self.answered_errors
        confusion, nll = scores.pop("confusion"), scores.pop("loss")
        return {
            "probabilities": "calibrated",
            **scores,
            **self.metrics,
            "nll": nll,
            "ece": self.reliability.calibration_error,
            "answered": None if answered is None else {"n": answered[0], "errors": answered[1]},
            "absent_classes": list(self.absent),
            "per_class": [asdict(one) for one in self.classes],
            "reliability": self.reliability.to_dict(),
            "error_against_coverage": self.risk_coverage.to_dict(),
            "confusion": confusion,
        }


def evaluate_in_detail(
    probabilities: ArrayLike,
    labels: ArrayLike,
    class_names: Sequence[str],
    answered: NDArray[np.bool_] | None = None,
) -> DetailedEvaluation:
    """Scores calibrated predictions against the labels, in every way there is here.

    Args:
        probabilities: float (N, C), each row in [0, 1] with a sum of 1; calibrated.
        labels: int (N,), 0 to C - 1.
        class_names: C names.
        answered: bool (N,), where the reject thresholds are known.

    Raises:
        DataError: the arrays do not fit each other.
        MissingPackageError: scikit-learn is not installed.
    """
    p, y = checked(probabilities, labels, class_names)
    predicted = p.argmax(axis=1)
    return DetailedEvaluation(
        class_names=tuple(class_names),
        probabilities=p,
        labels=y,
        scores=evaluate(p, y, class_names),
        metrics={name: metric(p, y) for name, metric in METRICS.items()},
        reliability=reliability_curve(p, y, ECE_BINS),
        risk_coverage=risk_coverage_curve(p.max(axis=1), predicted == y),
        classes=per_class_scores(y, predicted, class_names),
        answered=answered,
    )
