import numpy as np

from inklens.datasets import Split
from inklens.pixels import PixelSpec
from inklens.training.examples.cut_digits import cut_off, with_cut_digits

SPEC = PixelSpec(28, 28, 1, "ink")


def _upright(column, rows=slice(4, 24)):
    """A stroke of four pixels."""
    ink = np.zeros((28, 28), np.float32)
    ink[rows, column : column + 4] = 1
    return ink


def test_so_many_come_behind_the_images_that_there_are_and_keep_their_labels(digits):
    train = digits.train
    more = with_cut_digits(train, SPEC, 0.2, seed=0)
    assert len(more) == len(train) + round(0.2 * len(train))
    assert np.array_equal(more.batch(slice(0, len(train))), train.whole())
    assert np.array_equal(more.labels[: len(train)], train.labels)
    added = more.batch(slice(len(train), len(more)))
    assert added.dtype == np.uint8
    assert added.shape[1:] == (28, 28, 1)
    assert added.max(axis=(1, 2, 3)).min() > 100
    assert {*more.labels[len(train) :].tolist()} <= {*range(10)}


def test_the_seed_decides_which_and_how(digits):
    first, again, other = (
        with_cut_digits(digits.train, SPEC, 0.1, seed).images[len(digits.train) :] for seed in (1, 1, 2)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_images_without_ink_are_left_alone():
    blank = Split(np.zeros((20, 28, 28, 1), np.uint8), np.zeros(20, np.int64))
    assert with_cut_digits(blank, SPEC, 0.5, seed=0) is blank


def test_what_is_left_is_most_of_the_one_and_little_of_the_other():
    one, other = _upright(8), np.rot90(_upright(12)).copy()
    whole = float(one.sum())
    inks = [cut_off(one, other, np.random.default_rng(seed)) for seed in range(30)]
    kept = [float(ink.sum()) / whole for ink in inks if ink is not None]
    assert len(kept) > 10
    assert min(kept) >= 0.85
    assert max(kept) <= 1.25
    assert max(abs(share - 1) for share in kept) > 0.05


def test_digits_that_share_no_row_do_not_touch():
    above, below = _upright(12, slice(0, 6)), _upright(12, slice(20, 24))
    assert cut_off(above, below, np.random.default_rng(0)) is None
