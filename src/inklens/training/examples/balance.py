"""Training images of rare classes shown more often, so that every class is learnt from alike."""

import numpy as np

from inklens.datasets import Split

MOST = 20  # times that an image is shown: beyond, a network learns the images and not the class


def balanced(train: Split, seed: int) -> Split:
    """The images, those of smaller classes repeated until each class has as many as the largest.

    No image comes more than `MOST` times. Copies no image.

    Args:
        seed: decides which images of a class come once more than its others.
    """
    sizes = np.bincount(train.labels)
    random = np.random.default_rng(seed)
    rows = [np.arange(len(train))]
    for label in np.flatnonzero(sizes):
        own = np.flatnonzero(train.labels == label)
        missing = min(int(sizes.max()), MOST * len(own)) - len(own)
        whole, rest = divmod(missing, len(own))
        rows += [np.tile(own, whole), random.permutation(own)[:rest]]
    return train.take(np.concatenate(rows))
