"""How far an accuracy that was measured on n images can be trusted."""

from inklens.errors import needing


def wilson_interval(correct: int, n: int) -> tuple[float, float]:
    """Wilson's 95% score interval for a share (Wilson 1927; Brown, Cai and DasGupta 2001).

    Unlike the textbook's plus-minus it stays inside [0, 1] and holds near 100%, where digits live.

    Args:
        correct: successes, 0 to n.
        n: trials, at least 1.

    Returns:
        The lower and the upper end, as shares of 1.

    Raises:
        ValueError: `n` is less than 1 or `correct` is outside 0..n.
        MissingPackageError: scipy is not installed.

    Example:
        >>> wilson_interval(9873, 10000)
        (0.9849..., 0.9893...)
    """
    with needing("scipy", "evaluation"):
        from scipy.stats import binomtest

    low, high = binomtest(correct, n).proportion_ci(method="wilson")
    return float(low), float(high)
