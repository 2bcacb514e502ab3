"""How far an accuracy that was measured on n images can be trusted."""

from math import sqrt


def wilson_interval(correct: int, n: int, z: float = 1.959964) -> tuple[float, float]:
    """Wilson's score interval for a share (Wilson 1927; Brown, Cai and DasGupta 2001).

    Unlike the textbook's plus-minus it stays inside [0, 1] and holds near 100 %, where digits live.

    Args:
        correct: Successes, 0 to n.
        n: Trials, at least 1.
        z: Quantile of the normal distribution; the default gives a 95 % interval.

    Returns:
        The lower and the upper end, as shares of 1.

    Raises:
        ValueError: `n` is less than 1 or `correct` is outside 0..n.

    Example:
        >>> wilson_interval(9873, 10000)
        (0.9849..., 0.9893...)
    """
    if not 0 <= correct <= n or n < 1:
        raise ValueError(f"{correct} correct of {n}: expected 0 <= correct <= n and n >= 1")
    share = correct / n
    centre = share + z * z / (2 * n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    scale = 1 + z * z / n
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
