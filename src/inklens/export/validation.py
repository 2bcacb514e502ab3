"""What a run keeps of its validation images, so that it can be calibrated and exported without its data."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from inklens.errors import RunError
from inklens.runs import RunFolder

# Two rounds of batches of 1, 7 and 64.
PROOF_IMAGES = 144


@dataclass(frozen=True, eq=False)
class ValidationOutputs:
    """validation.npz.

    Args:
        logits: float32 (N, C), of the run's own network on its own backend.
        labels: int64 (N,).
        images: uint8 (M, H, W, C), the first of those images, at most 144: what an export is proved on.
    """

    logits: NDArray[np.float32]
    labels: NDArray[np.int64]
    images: NDArray[np.uint8]

    def write(self, folder: RunFolder) -> None:
        """Writes it into a run folder."""
        with folder.atomic(folder.validation) as path:
            np.savez(path, logits=self.logits, labels=self.labels, images=self.images)

    @classmethod
    def read(cls, folder: RunFolder) -> ValidationOutputs:
        """Reads it from a run folder.

        Raises:
            RunError: it is not there, or damaged.
        """
        path = folder.validation
        try:
            with np.load(path, allow_pickle=False) as file:
                return cls(file["logits"], file["labels"], file["images"])
        except FileNotFoundError as error:
            raise RunError(f"{path} is not there; expected in every finished run: train it again") from error
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise RunError(f"{path} is damaged ({error}); train the run again") from error
