"""Intervals of a share: how often it may come about, seen so often of so many times."""

from __future__ import annotations

from math import sqrt


def wilson(share: float, count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's interval (1927), whose coverage is near `confidence` on average.

    Args:
        share: Seen, 0 to 1.
        count: Of how many times, above 0; may be fractional, as effective counts are.
        confidence: Within 0 and 1.

    Raises:
        ValueError: An argument is out of range.

    """
    from scipy.special import ndtri

    _check(share, count, confidence)
    z = float(ndtri(0.5 + confidence / 2))
    middle = share + z * z / (2 * count)
    spread = z * sqrt(share * (1 - share) / count + z * z / (4 * count * count))
    low, high = ((middle + sign * spread) / (1 + z * z / count) for sign in (-1, 1))
    return max(low, 0.0), min(high, 1.0)


def clopper_pearson(share: float, count: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Clopper's and Pearson's interval (1934), whose coverage is never below `confidence`.

    For a count that is not whole, by the beta distributions that it is made of, as Korn and Graubard (1998) do.
    Arguments and errors are those of `wilson`.
    """
    from scipy.special import betaincinv

    _check(share, count, confidence)
    hits, tail = share * count, (1 - confidence) / 2
    low = 0.0 if hits <= 0 else float(betaincinv(hits, count - hits + 1, tail))
    high = 1.0 if hits >= count else float(betaincinv(hits + 1, count - hits, 1 - tail))
    return low, high


def interval(share: float, count: float, confidence: float = 0.95) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return Wilson's interval and Clopper's and Pearson's; arguments and errors are those of `wilson`."""
    return wilson(share, count, confidence), clopper_pearson(share, count, confidence)


def _check(share: float, count: float, confidence: float) -> None:
    if not (0 <= share <= 1 and 0 < count < float("inf") and 0 < confidence < 1):
        raise ValueError(
            f"share must be 0 to 1, count above 0 and confidence within 0 and 1, got {share}, {count} and {confidence}"
        )
