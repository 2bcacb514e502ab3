import numpy as np
import pytest

from inklens.datasets import Split
from inklens.pixels import PixelSpec
from inklens.training.examples.stroke_variants import with_stroke_variants

SPEC = PixelSpec(28, 28, 1)
NAMES = tuple("0123456789")


def test_so_many_ones_and_sevens_are_added_behind_the_images_that_there_are(digits):
    train = digits.train
    more = with_stroke_variants(train, NAMES, SPEC, 0.25, seed=0)
    added = more.labels[len(train) :]
    assert np.array_equal(more.batch(slice(0, len(train))), train.whole())
    assert np.array_equal(more.labels[: len(train)], train.labels)
    for label in (1, 7):
        assert (added == label).sum() == round(0.25 * (train.labels == label).sum())
    assert set(added) == {1, 7}


def test_the_seed_decides_what_is_drawn(digits):
    first, again, other = (
        with_stroke_variants(digits.train, NAMES, SPEC, 0.1, seed).images[len(digits.train) :]
        for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def one_stroke(label):
    """A 1 as Americans write it, and a 7 without a bar, as the only image of a split."""
    image = np.zeros((1, 28, 28, 1), np.uint8)
    image[0, 4:24, 13:16] = 255
    if label == 7:
        image[0, 4:7, 6:16] = 255
    return Split(image, np.array([label]))


def test_a_one_gets_an_upstroke_on_the_left_and_not_on_the_right():
    for seed in range(20):
        image = with_stroke_variants(one_stroke(1), NAMES, SPEC, 1.0, seed).images[1, ..., 0].astype(int)
        stem = round(np.flatnonzero(image[14:20].min(axis=0) > 128).mean())
        left, right = image[:13, : stem - 2].sum(), image[:13, stem + 3 :].sum()
        assert left > right


def test_a_seven_gets_a_bar_on_both_sides_of_its_stem():
    drawn = [
        with_stroke_variants(one_stroke(7), NAMES, SPEC, 1.0, seed).images[1, ..., 0] for seed in range(20)
    ]
    for image in drawn:
        widest = max(np.ptp(np.flatnonzero(row > 64)) for row in image[10:20] if (row > 64).any())
        assert widest >= 6  # a stem alone is 3 wide


def test_what_was_drawn_is_framed_as_mnist_is():
    for label in (1, 7):
        image = with_stroke_variants(one_stroke(label), NAMES, SPEC, 1.0, seed=0).images[1]
        rows, columns = np.nonzero(image[..., 0] > 51)
        assert max(np.ptp(rows), np.ptp(columns)) + 1 == pytest.approx(20, abs=1)
        weights = image[..., 0] / image.sum()
        middle = (np.mgrid[:28, :28] * weights).sum(axis=(1, 2))
        assert middle == pytest.approx((13.5, 13.5), abs=1)


def test_letters_and_empty_images_are_left_alone():
    blank = Split(np.zeros((2, 28, 28, 1), np.uint8), np.array([1, 7]))
    assert not with_stroke_variants(blank, NAMES, SPEC, 1.0, seed=0).images.any()
    letters = with_stroke_variants(blank, tuple("abcdefgh"), SPEC, 1.0, seed=0)
    assert letters is blank
