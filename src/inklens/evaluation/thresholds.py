"""When an image is answered and when it is "unknown". Light: a single prediction imports it."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Thresholds:
    """An image is answered if neither its in-distribution score nor its probability is below these.

    Args:
        id_score: the lowest in-distribution score that is answered; None: any.
        probability: the lowest probability of the most probable class that is answered, 0-1; None: any.
        max_error: the error rate among answered images that `probability` was chosen for, 0-1; None: no such.
        coverage: the share of the images they were chosen on that they leave answered, 0-1.
    """

    id_score: float | None = None
    probability: float | None = None
    max_error: float | None = None
    coverage: float | None = None

    def answered(self, probabilities: NDArray[Any], id_score: NDArray[Any]) -> NDArray[np.bool_]:
        """Which images are answered.

        Args:
            probabilities: float32 (N, C), calibrated, as a model file gives them.
            id_score: float32 (N,).

        Returns:
            bool (N,).
        """
        answered = np.ones(len(id_score), np.bool_)
        if self.id_score is not None:
            answered &= id_score >= self.id_score
        if self.probability is not None:
            answered &= probabilities.max(axis=1) >= self.probability
        return answered
