import numpy as np
import pytest

from inklens.networks.training_layers import QuickDropout


@pytest.mark.parametrize("rate", [0.2, 0.25, 0.5])  # 51.2, 64 and 128 of 256
def test_the_share_of_dropped_activations_is_the_rate_and_the_mean_stays(rate):
    ones = np.ones((400, 501), np.float32)
    out = np.asarray(QuickDropout(rate, seed=1)(ones, training=True))
    assert set(np.unique(out)) == {np.float32(0), np.float32(1 / (1 - rate))}
    assert (out == 0).mean() == pytest.approx(rate, abs=0.005)  # 4.5 standard deviations
    assert abs(np.corrcoef(out[:, :-1].ravel(), out[:, 1:].ravel())[0, 1]) < 0.01


def test_a_rate_between_two_256ths_is_exact_in_the_mean_of_many_calls():
    ones, layer = np.ones((40, 501), np.float32), QuickDropout(0.3, seed=1)
    shares = [(np.asarray(layer(ones, training=True)) == 0).mean() for _ in range(200)]
    assert np.mean(shares) == pytest.approx(0.3, abs=0.001)  # 4 standard deviations; 76 of 256 are 0.2969
    assert np.std(shares) < 2 * np.sqrt(0.3 * 0.7 / ones.size)


@pytest.mark.parametrize("rate", [0.001, 0.996, 0.999])
def test_a_rate_near_0_or_1_is_kept(rate):
    ones, layer = np.ones((400, 500), np.float32), QuickDropout(rate, seed=1)
    share = np.mean([(np.asarray(layer(ones, training=True)) == 0).mean() for _ in range(50)])
    assert share == pytest.approx(rate, abs=0.001)


def test_what_one_call_drops_says_nothing_about_the_next_or_another_row():
    ones, layer = np.ones((64, 4608), np.float32), QuickDropout(0.5, seed=1)
    calls = np.concatenate([np.asarray(layer(ones, training=True)) for _ in range(4)])
    related = np.corrcoef(calls) - np.eye(len(calls))
    assert abs(related).max() * np.sqrt(4608) < 5.5  # of 32,640 pairs


def test_each_call_draws_another_mask_and_the_seed_decides_which():
    ones = np.ones((4, 100), np.float32)
    first, second = QuickDropout(0.5, seed=1), QuickDropout(0.5, seed=1)
    masks = [np.asarray(first(ones, training=True)) for _ in range(2)]
    assert not np.array_equal(*masks)
    assert np.array_equal(masks[0], np.asarray(second(ones, training=True)))


def test_nothing_is_dropped_when_not_training():
    ones = np.ones((4, 10), np.float32)
    assert np.array_equal(np.asarray(QuickDropout(0.5, seed=1)(ones, training=False)), ones)
