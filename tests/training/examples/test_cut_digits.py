import numpy as np

from inklens.training.examples.cut_digits import cut_off


def _upright(column, rows=slice(4, 24)):
    """A stroke of four pixels."""
    ink = np.zeros((28, 28), np.float32)
    ink[rows, column : column + 4] = 1
    return ink


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
