"""Wilson's interval."""

from statistics import NormalDist

import pytest
from hypothesis import given, strategies as st

from inklens.evaluation import wilson_interval


@pytest.mark.parametrize(
    ("correct", "n", "low", "high"),
    [
        # Newcombe 1998, Statistics in Medicine 17, 857-872, table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_it_gives_the_values_of_the_literature(correct: int, n: int, low: float, high: float) -> None:
    assert wilson_interval(correct, n) == pytest.approx((low, high), abs=5e-5)


Z = NormalDist().inv_cdf(0.975)
counts = st.integers(1, 100_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@given(counts)
def test_its_ends_are_the_shares_that_a_score_test_just_does_not_reject(count: tuple[int, int]) -> None:
    correct, n = count
    for end in wilson_interval(correct, n):
        # The definition that Wilson's formula solves: (share - end)^2 = z^2 end (1 - end) / n.
        assert (correct / n - end) ** 2 == pytest.approx(Z**2 * end * (1 - end) / n, abs=1e-12)


@pytest.mark.parametrize(("correct", "n"), [(0, 0), (-1, 10), (11, 10)])
def test_impossible_counts_are_refused(correct: int, n: int) -> None:
    with pytest.raises(ValueError, match="must"):
        wilson_interval(correct, n)
