"""Claims held against the record: each kind's figure computed from daily histories, and judged."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.claim_consistency import audit_flow, audit_share, audit_sign
from gex.signals.claim_events import audit_event
from gex.signals.claim_inputs import day, row_of
from gex.signals.claim_months import audit_month
from gex.signals.claim_streaks import audit_persistence, audit_streak
from gex.signals.claims import (
    Claimed,
    Event,
    FlowOfPosition,
    Level,
    Persistence,
    Seasonality,
    ShareOfWhole,
    Sign,
    Streak,
    Touched,
)
from gex.signals.verdicts import Figure, Finding, of_record, said

if TYPE_CHECKING:
    import datetime as dt

    from gex.signals.claim_inputs import Record
    from gex.signals.claims import Claim


def audit(claim: Claim, record: Record) -> Finding:  # noqa: PLR0911 (one return a kind)
    """Return what becomes of a claim.

    Args:
        claim: What is said, and the test of it.
        record: What it is held against.

    Raises:
        AbsentError: A history or a day is not there; the message names the nearest.
        ValueError: An expression cannot be read, or is of another kind than asked for; the message says where.

    """
    match claim.test:
        case Level() as test:
            return _level(claim, test, record)
        case Touched() as test:
            return _touched(claim, test, record)
        case Streak() as test:
            return audit_streak(claim, test, record)
        case Persistence() as test:
            return audit_persistence(claim, test, record)
        case Seasonality() as test:
            return audit_month(claim, test, record)
        case Event() as test:
            return audit_event(claim, test, record)
        case FlowOfPosition() as test:
            return audit_flow(claim, test)
        case ShareOfWhole() as test:
            return audit_share(claim, test)
        case Sign() as test:
            return audit_sign(claim, test)


def _level(claim: Claim, test: Level, record: Record) -> Finding:
    panel = record.panel(test.history)
    row = row_of(panel, test.on)
    found = float(record.values(test.expression, panel)[row])
    figure = of_record("level", test.unit, test.claimed, found)
    return Finding(claim, (figure,), f"{test.expression}, {test.history}, on {test.on}")


def _touched(claim: Claim, test: Touched, record: Record) -> Finding:
    panel = record.panel(test.history)
    row = row_of(panel, test.on)
    how, zone = f"low and high of {test.history} on {test.on}", test.price
    if isinstance(zone, str):
        how = f"{zone}, beside the {how}"
        zone = (float(record.values(zone, panel)[row]),) * 2
    low, high = panel.column(panel.main.name, "low"), panel.column(test.history, "high")
    before = np.flatnonzero((low <= zone[1])[:row] & (high >= zone[0])[:row])
    last = day(panel.dates[before[-1]]) if len(before) else None
    figure = _range(zone, float(low[row]), float(high[row]), last)
    return Finding(claim, (figure,), how, {"low": float(low[row]), "high": float(high[row]), "last_before": last})


def _range(zone: tuple[float, float], low: float, high: float, last: dt.date | None) -> Figure:
    """Judge whether a day's range reached a price or a zone."""
    if any(math.isnan(each) for each in (*zone, low, high)):
        return Figure("range", "points", None, None, "cannot_be_told", "no low and high, or no price, on that day")
    price, reached = Claimed(*zone), min(max(zone[0], low), high)
    told = f"the day went from {said(low, 'points')} to {said(high, 'points')}"
    if price.meets(low, high):
        return Figure("range", "points", price, reached, "holds", f"touched {said(reached, 'points')}: {told}")
    near, side = (zone[0], "below") if high < zone[0] else (zone[1], "above")
    far = f"{abs(reached / near - 1):.1%} " if near else ""
    words = f"{told}, and stayed {far}{side} {said(near, 'points')}"
    return Figure(
        "range", "points", price, reached, "wrong", f"{words}; it was last there on {last}" if last else words
    )
