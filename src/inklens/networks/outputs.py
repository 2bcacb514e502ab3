"""What an ensemble gives for images, as NumPy arrays. Knows no framework."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class EnsembleOutputs:
    """Logits and in-distribution scores of N images.

    Args:
        logits: float32 (N, classes); their softmax is the prediction before calibration.
        id_score: float32 (N,), unbounded; the higher, the more like the training data.
    """

    logits: NDArray[np.float32]
    id_score: NDArray[np.float32]

    def probabilities(self, temperature: float = 1.0) -> NDArray[np.float64]:
        """The softmax of the logits divided by a temperature: float64 (N, classes)."""
        from scipy.special import softmax

        return np.asarray(softmax(self.logits.astype(np.float64) / temperature, axis=1))

    @classmethod
    def joined(cls, parts: Sequence[EnsembleOutputs]) -> EnsembleOutputs:
        """The outputs of several batches, one or more, as those of one."""
        return cls(
            np.concatenate([part.logits for part in parts]), np.concatenate([part.id_score for part in parts])
        )
