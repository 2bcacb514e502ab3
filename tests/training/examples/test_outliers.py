from dataclasses import replace

import numpy as np

from inklens.datasets import Split
from inklens.pixels import PixelSpec
from inklens.training.examples import EXAMPLES
from inklens.training.examples.outliers import NO_CLASS, with_outliers

SPEC = PixelSpec(28, 28, 1)
NAMES = tuple("0123456789")


def test_so_many_outliers_come_behind_the_images_that_there_are(digits):
    train = digits.train
    more = with_outliers(train, NAMES, SPEC, 0.25, seed=0)
    assert np.array_equal(more.batch(slice(0, len(train))), train.whole())
    assert np.array_equal(more.labels[: len(train)], train.labels)
    assert more.labels[len(train) :].tolist() == [NO_CLASS] * round(0.25 * len(train))
    outliers = more.batch(slice(len(train), len(more)))
    assert outliers.dtype == np.uint8
    assert outliers.shape[1:] == (28, 28, 1)
    assert outliers.max(axis=(1, 2, 3)).min() > 70
    assert len(np.unique(outliers.reshape(len(outliers), -1), axis=0)) > 0.95 * len(outliers)


def test_the_seed_decides_what_they_are(digits):
    first, again, other = (
        with_outliers(digits.train, NAMES, SPEC, 0.1, seed).images[len(digits.train) :] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_only_of_grey_digits_they_can_be_made(digits):
    possible = EXAMPLES["outliers"].possible
    assert possible(digits)
    letters = ("a", "b", "c", "d", "e", "f", "g", "m", "n", "o")
    assert not possible(replace(digits, class_names=letters))
    assert not possible(replace(digits, kind="things"))
    assert not possible(replace(digits, spec=PixelSpec(28, 28, 3)))


def test_an_image_without_ink_is_made_into_nothing():
    images = np.zeros((40, 28, 28, 1), np.uint8)
    images[:20, 6:22, 12:16] = 255
    train = Split(images, np.array([1] * 20 + [8] * 20))
    more = with_outliers(train, NAMES, SPEC, 1.0, seed=0)
    assert len(more) == 80
    assert more.batch(slice(40, 80)).max(axis=(1, 2, 3)).min() > 0
