"""The speed of credit spreads: how many basis points they have widened in a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gex.signals.signal import Signal
from gex.signals.states import Change, States, finite_codes, states_of

if TYPE_CHECKING:
    from gex.ingest.daily_schema import DailyHistory
    from gex.signals.states import Comparison

NAMES = ("calm", "stress")
BP = 100.0
"""Basis points in a percent."""


def credit_speed(spread: DailyHistory, *, over: int = 21, stress_bp: float = 50.0) -> States:
    """Return the change of a spread over so many of its own values; stress where it is above `stress_bp`.

    Args:
        spread: In percent, as FRED gives BAMLH0A0HYM2.
        over: Values between the two that are compared: 21 for a month.
        stress_bp: Basis points, above which a month is called stress.

    Raises:
        ValueError: `over` is under 1 or `stress_bp` is no number.

    """
    if over < 1:
        raise ValueError(f"over must be 1 value or more, got {over}")
    if not np.isfinite(stress_bp):
        raise ValueError(f"stress_bp must be a number, got {stress_bp}")
    values = spread.column()
    change = np.full(len(values), np.nan)
    # Spreads are quoted to the basis point: without rounding 3.50 - 3.00 may be more than 50 of them.
    change[over:] = np.round(BP * (values[over:] - values[:-over]), 6)
    definition = f"change of {spread.name} over {over} values, basis points; stress above {stress_bp:g}"
    signal = Signal("credit_speed", definition, "bp", spread.dates, change)
    codes = finite_codes(change, (change > stress_bp).astype(np.int64))
    changes: tuple[Change, ...] = ()
    if len(codes) and codes[-1] >= 0:
        stressed = bool(codes[-1])
        level = float(values[len(values) - over]) + stress_bp / BP
        side: Comparison = "at_or_below" if stressed else "above"
        changes = (Change(NAMES[not stressed], spread.name, side, level, "%"),)
    return states_of(signal, NAMES, codes, changes)
