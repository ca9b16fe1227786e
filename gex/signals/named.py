"""Signals by name: expressions of `gex.signals.expression` with what they mean, their unit and their source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """An expression with a name.

    Attributes:
        name: As expressions use it.
        expression: The formula.
        unit: `points`, `%`, `bp`, `sessions`, `percentage points`; `condition` for true and false.
        definition: What it measures, in words.
        source: Who defined it, or where its data come from.
        lag_days: Calendar days from a day to the one on which its value is known, beyond the lags of its series.

    """

    name: str
    expression: str
    unit: str
    definition: str
    source: str = ""
    lag_days: int = 0


LIBRARY: tuple[Named, ...] = ()
NAMED = {each.name: each for each in LIBRARY}
"""The library, by name."""
