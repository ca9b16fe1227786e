"""What may be said of a share: no "always" of a few."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gex.signals.estimates import Difference, Sample

ENOUGH = 10
"""Effective events below which nothing is concluded."""
CERTAIN = 0.9
"""Lower end of an interval from which a share may be called 100%."""


def share_words(hits: int, n: int, exact: tuple[float, float]) -> str:
    """Return a share as a percentage, or counted out where 100% or 0% would say more than is known: `4 of 4`.

    Args:
        hits: How many.
        n: Of how many.
        exact: Clopper's and Pearson's interval of the share.

    """
    percent = f"{100 * hits / n:.1f}%" if n else ""
    overstated = (percent == "100.0%" and exact[0] < CERTAIN) or (percent == "0.0%" and exact[1] > 1 - CERTAIN)
    return f"{hits} of {n}" if overstated or not n else percent


def too_few(n: int, effective: float, enough: int = ENOUGH) -> str | None:
    """Return why nothing can be said; None if something can.

    Args:
        n: Events.
        effective: How many that do not overlap they are worth.
        enough: How many are.

    """
    if n < enough:
        return f"not enough data: n = {n}"
    if effective < enough:
        return f"not enough data: n = {n}, worth {effective:.1f} that do not overlap"
    return None


def verdict(
    events: Sample | None, against: Difference | None, p_holm: float | None, enough: int, confidence: float
) -> str:
    """Say in words what may be concluded of one horizon; two tests must agree before a difference is called one."""
    few = too_few(events.n, events.effective, enough) if events else too_few(0, 0.0, enough)
    if few or against is None:
        return few or "nothing to compare with: every day of the sample is an event"
    if p_holm is None or against.interval is None:
        return "nothing to test: returns do not vary"
    by_errors = p_holm < 1 - confidence
    by_blocks = against.bootstrap is not None and not against.bootstrap[0] <= 0 <= against.bootstrap[1]
    if not (by_errors and by_blocks):
        alone = "; the bootstrap alone sees a difference" if by_blocks else "; the bootstrap does not confirm one"
        return "not seen to differ from any day" + (alone if by_errors or by_blocks else "")
    low, high = sorted(100 * abs(end) for end in against.interval)
    return f"mean {'above' if against.mean > 0 else 'below'} any day's, by {low:.1f} to {high:.1f} points of 100"
