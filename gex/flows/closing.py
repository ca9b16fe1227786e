"""How much of a trade that belongs to the close is done by when."""

from __future__ import annotations

SESSION_MINUTES = 390.0
"""Of a whole session in New York."""
CLOSING_MINUTES = 30.0
LAST_HALF_HOUR = CLOSING_MINUTES / SESSION_MINUTES
"""Of a whole session, as a fraction of it."""


def done_by(elapsed: float, closing: float = LAST_HALF_HOUR) -> float:
    """Return the part done, from 0 until the closing part of the session begins evenly to 1 at the close.

    Args:
        elapsed: Fraction of the session that has passed.
        closing: The last part of the session, in which they trade, as a fraction of it; over 0, 1 at the most.

    Raises:
        ValueError: `closing` is no such fraction.

    """
    if not 0.0 < closing <= 1.0:
        raise ValueError(f"closing must be a fraction of the session, over 0 and 1 at the most; got {closing!r}")
    return 1.0 if elapsed >= 1.0 else max((elapsed - (1.0 - closing)) / closing, 0.0)
