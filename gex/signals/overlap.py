"""What returns that overlap are worth, and the error of their mean: by design, by Hodrick, and by blocks drawn again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats, Ints

AT_ONCE = 2_000_000
"""Blocks drawn at once: 16 MB an array."""
EMPTY = 0.05
"""Share of draws without an event above which they say nothing."""


def effective_count(taken: Bools, horizon: int) -> float:
    """Return how many returns that do not overlap the days taken are worth.

    Of a random walk, returns over `horizon` sessions that begin j sessions apart are correlated by 1 - j/horizon; the
    mean of n of them has the variance of n^2 / (sum of all correlations) independent ones. Known from the dates alone.

    Args:
        taken: Days on which a return begins; shape (n,).
        horizon: Sessions.

    """
    count = int(taken.sum())
    covering = _covering(taken.astype(np.float64), horizon)
    return count * count * horizon / float(covering @ covering) if count else 0.0


def hodrick_error(weights: Floats, returns: Floats, horizon: int) -> float:
    """Return the standard error of a weighted sum of returns over `horizon` sessions, were the daily ones independent.

    Each daily return enters as often as windows cover it (Hodrick 1992, errors 1B): nothing is estimated but the size
    of each, so that it holds in short samples, where Newey's and West's is too small.

    Args:
        weights: Of the window that begins on each day, 0 where none does; shape (n,).
        returns: The n - 1 daily returns between the days, fractions.
        horizon: Sessions.

    """
    centred = returns - returns.mean()
    moves = _covering(weights, horizon)[: len(returns)] * centred
    return float(np.sqrt(moves @ moves))


def block_bootstrap(events: Bools, values: Floats, block: int, *, resamples: int, seed: int) -> Floats | None:
    """Draw circular blocks of days again and return the mean of the events' days less that of all days, once a draw.

    Blocks keep what neighbours have in common, events that come in clusters and returns that overlap alike
    (Politis and Romano 1992).

    Args:
        events: Whether a day is one; shape (n,).
        values: Of each day; shape (n,) or (m, n) for several at once.
        block: Days, 1 or more; cut to n.
        resamples: How many draws.
        seed: Of the draws.

    Returns:
        Shape (resamples,) or (m, resamples), fewer where draws without an event are left out; None if they are more
        than a twentieth.

    """
    n = len(events)
    block = min(block, n)
    blocks = -(-n // block)
    rows = np.vstack([events.astype(np.float64), values * events, values])
    sums = np.cumsum(np.hstack([np.zeros((len(rows), 1)), rows, rows[:, :block]]), axis=1)
    rng = np.random.default_rng((seed, block))
    chunk = max(AT_ONCE // blocks, 1)
    parts = [
        _draw(sums, rng.integers(0, n, (min(chunk, resamples - done), blocks)), block)
        for done in range(0, resamples, chunk)
    ]
    drawn = np.hstack(parts)
    counts, of_events, of_all = drawn[0], *np.split(drawn[1:], 2)
    full = counts > 0
    if np.mean(full) < 1 - EMPTY:
        return None
    differences: Floats = of_events[:, full] / counts[full] - of_all[:, full] / (blocks * block)
    return differences[0] if values.ndim == 1 else differences


def _draw(sums: Floats, starts: Ints, block: int) -> Floats:
    """Return the sums of the blocks that begin at `starts`, one column a draw."""
    return np.stack([(row[starts + block] - row[starts]).sum(axis=1) for row in sums])


def _covering(weights: Floats, horizon: int) -> Floats:
    """Return the sum of weights of the windows that cover each day after; shape (n + horizon - 1,)."""
    sums = np.cumsum(np.concatenate([np.zeros(horizon), weights, np.zeros(horizon - 1)]))
    covering: Floats = sums[horizon:] - sums[:-horizon]
    return covering
