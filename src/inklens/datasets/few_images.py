"""What is to be said of classes with few training images."""

import numpy as np

from inklens.datasets.dataset import Dataset
from inklens.datasets.labels import listed

_FEW, _TESTED = 20, 50  # images of a class to learn from, and in all for a test part that says something


def few_images(data: Dataset) -> list[str]:
    """One line for classes under 20 training images, and one on cross-validation under 50 in all; or none."""
    sizes = np.bincount(data.train.labels, minlength=data.classes)
    few = [
        f"{data.class_names[label]} ({sizes[label]})"
        for label in np.flatnonzero((sizes > 0) & (sizes < _FEW))
    ]
    notes = []
    if few:
        notes.append(
            f"fewer than {_FEW} training images of {listed(few)}: more of them help most; --from "
            "RUN starts from "
            "a trained network"
        )
    # The labels alone: to join the parts would copy every image.
    whole = np.bincount(np.concatenate([split.labels for split in data.parts.values()]))
    if (whole[whole > 0] < _TESTED).any():
        notes.append(f"a class has fewer than {_TESTED} images: --folds 5 gives figures over all of them")
    return notes
