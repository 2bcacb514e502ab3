"""What a model file is to say about its own answers: temperature and thresholds, fitted and measured."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from inklens.evaluation.calibration import (
    calibrated_probabilities,
    checked_id_score,
    checked_logits,
    fit_temperature,
)
from inklens.evaluation.interval import wilson_interval
from inklens.evaluation.reliability import expected_calibration_error
from inklens.evaluation.threshold_choice import choose_thresholds, error_upper_bound
from inklens.evaluation.thresholds import Thresholds


@dataclass(frozen=True)
class Confidence:
    """A temperature, and the thresholds that decide what is answered. The default changes nothing.

    Example:
        >>> confidence = Confidence.fit(validation.logits, validation.id_score, labels, max_error=0.001)
        >>> confidence.measure(test.logits, test.id_score, test_labels)["coverage"]
        0.9643
    """

    temperature: float = 1.0
    thresholds: Thresholds = field(default_factory=Thresholds)

    @classmethod
    def fit(
        cls, logits: ArrayLike, id_score: ArrayLike, labels: ArrayLike, max_error: float | None = None
    ) -> Confidence:
        """Fits both on images that were not learnt from; see `fit_temperature` and `choose_thresholds`."""
        temperature = fit_temperature(logits, labels)
        return cls(temperature, choose_thresholds(logits, id_score, labels, temperature, max_error))

    def measure(self, logits: ArrayLike, id_score: ArrayLike, labels: ArrayLike) -> dict[str, Any]:
        """The calibration error, and how the answered images fare: plain numbers, for metrics.json.

        Args:
            logits: float (N, C).
            id_score: float (N,).
            labels: int (N,), 0 to C - 1.

        Raises:
            DataError: the arrays do not fit each other, or are not finite.
        """
        z, y = checked_logits(logits, labels)
        probabilities = calibrated_probabilities(z, self.temperature)
        as_in_file = probabilities.astype(np.float32)
        answered = self.thresholds.answered(as_in_file, checked_id_score(id_score, len(z)))
        n = int(answered.sum())
        errors = int((z.argmax(axis=1) != y)[answered].sum())
        return {
            "n": len(y),
            "ece": expected_calibration_error(probabilities, y),
            "coverage": n / len(y),
            "answered": n,
            "errors": errors,
            "error": errors / n if n else None,
            "error_interval_95": list(wilson_interval(errors, n)) if n else None,
            "error_upper_bound_95": float(error_upper_bound(errors, n)),
        }

    def to_dict(self) -> dict[str, float | None]:
        """Plain numbers, for metrics.json."""
        return {
            "temperature": self.temperature,
            "id_score_threshold": self.thresholds.id_score,
            "probability_threshold": self.thresholds.probability,
            "max_error": self.thresholds.max_error,
        }
