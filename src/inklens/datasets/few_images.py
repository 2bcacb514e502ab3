"""What is to be said of classes with few training images."""

import numpy as np

from inklens.datasets.dataset import Dataset
from inklens.datasets.labels import listed

_FOLDS = 5
_FEW, _TESTED = 20, 50  # images of a class to learn from, and in all for a test part that says something


def few_images(data: Dataset) -> list[str]:
    """One line for classes under 20 training images, and one for those under 50 or of one in all; or none."""
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
    labels = np.concatenate([split.labels for split in data.parts.values()])
    whole = np.bincount(labels, minlength=data.classes)
    if len(lone := np.flatnonzero(whole == 1)):
        named = listed([data.class_names[label] for label in lone])
        notes.append(f"one image only of {named}, which no test can say anything of: two a class are needed")
    elif (smallest := whole[whole > 0].min()) < _TESTED:
        notes.append(
            f"a class has fewer than {_TESTED} images: --folds {min(_FOLDS, smallest)} gives figures over "
            "all of them"
        )
    return notes
