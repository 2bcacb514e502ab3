"""What a run keeps of its validation images, so that it can be calibrated and exported without its data."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from inklens.errors import RunError
from inklens.run_folder import RunFolder

_PROOF_IMAGES = 144  # two rounds of batches of 1, 7 and 64
_VERSION = 3


def proof_rows(images: int) -> NDArray[np.int64]:
    """Which of so many validation images an export is proved on: at most 144, spread over all, as data may
    be sorted by class."""
    return np.linspace(0, images - 1, min(images, _PROOF_IMAGES)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class ValidationOutputs:
    """validation.npz.

    Args:
        logits: float32 (N, C), of the run's own networks and backend; see `inklens.networks.outputs`.
        id_score: float32 (N,), likewise.
        labels: int64 (N,), 0 to C - 1.
        images: uint8 (M, H, W, C), those in `proof_rows`: what an export is proved on.
    """

    logits: NDArray[np.float32]
    id_score: NDArray[np.float32]
    labels: NDArray[np.int64]
    images: NDArray[np.uint8]

    def write(self, folder: RunFolder) -> None:
        """Writes it into a run folder."""
        with folder.atomic(folder.validation) as path:
            np.savez(path, version=_VERSION, **vars(self))

    @classmethod
    def read(cls, folder: RunFolder) -> ValidationOutputs:
        """Reads it from a run folder.

        Raises:
            RunError: it is not there, damaged, or of another version.
        """
        path = folder.validation
        try:
            with np.load(path, allow_pickle=False) as file:
                if "version" not in file.files or int(file["version"]) != _VERSION:
                    raise RunError(f"{path} is of another version of Inklens; train the run again")
                return cls(**{field.name: file[field.name] for field in fields(cls)})
        except FileNotFoundError as error:
            raise RunError(f"{path} is not there; expected in every finished run: train it again") from error
        except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
            raise RunError(f"{path} is damaged ({error}); train the run again") from error
