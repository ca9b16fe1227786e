"""What trend followers would buy or sell over a week and a month, whether the index stands still, rises or falls.

The paths are choices, like everyone's: flat is a constant price; up and down drift evenly by two standard deviations of
the horizon, 2 s sqrt(h); a stress falls evenly by so much while the swings around its drift carry the realized
volatility to what it says. Volatility is measured along each path, so positions are resized as it falls or rises.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.trend import step
from gex.signals.realized import TRADING_DAYS

if TYPE_CHECKING:
    from gex.flows.trend import TrendModel, TrendState
    from gex.quotes import Floats

HORIZONS = {"week": 5, "month": 21}
"""Sessions."""
SCENARIOS = {"flat": 0.0, "up": 2.0, "down": -2.0}
"""Standard deviations of the horizon that the index moves."""


@dataclass(frozen=True)
class Stress:
    """A sell-off.

    Attributes:
        name: What it is called.
        change: Of the price over the path: -0.1 for a fall of 10%.
        sessions: How long it takes.
        volatility: Realized on the path, a year.

    """

    name: str
    change: float
    sessions: int
    volatility: float

    def __post_init__(self) -> None:
        """Refuse a path that no price can take."""
        if not -1.0 < self.change < math.inf or self.sessions < 2:
            raise ValueError(f"{self.name}: the change must be above -1 and sessions two or more")
        if not self.volatility >= self.least:
            raise ValueError(f"{self.name}: such a fall alone has a volatility of {self.least:.0%} a year")

    @property
    def least(self) -> float:
        """The volatility of the drift alone, a year."""
        return abs(math.log1p(self.change)) / self.sessions * math.sqrt(TRADING_DAYS)

    @property
    def returns(self) -> Floats:
        """Log returns of each session: the drift, and swings about it, down first; shape (sessions,)."""
        drift = math.log1p(self.change) / self.sessions
        swings = np.where(np.arange(self.sessions) % 2 == 0, -1.0, 1.0)
        swings -= swings.mean()
        swings /= math.sqrt(float(swings @ swings) / self.sessions)
        spare = max(self.volatility**2 / TRADING_DAYS - drift**2, 0.0)
        return np.asarray(drift + math.sqrt(spare) * swings)


STRESSES = (
    Stress("a fall of 5% in a week", -0.05, 5, 0.40),
    Stress("a fall of 15% in a month", -0.15, 21, 0.45),
)


def scenario_legs(state: TrendState, model: TrendModel, sessions: int) -> Floats:
    """Return how much each span's leg changes on the paths flat, up and down.

    Args:
        state: Now, of shape (n,).
        model: What is traded.
        sessions: Of the paths.

    Returns:
        Shape (spans, n, 3).

    """
    now = state.at(np.repeat(np.arange(state.close.shape[-1])[:, None], len(SCENARIOS), axis=1))
    moves = np.sqrt(now.variance * sessions) * np.array(list(SCENARIOS.values())) / sessions
    later = now
    for _ in range(sessions):
        later = step(later, moves, model)
    return np.asarray(later.legs - now.legs)


def flow_table(state: TrendState, model: TrendModel) -> dict[str, dict[str, float]]:
    """Return what is bought over a week and a month if the index is flat, up or down.

    Args:
        state: After the last close, of shape (1,).
        model: What is traded.

    Returns:
        $ by horizon and scenario, buying positive. No more than twice the full size; a fall need not bring the least.

    """
    table = {}
    for horizon, sessions in HORIZONS.items():
        legs = scenario_legs(state, model, sessions)[:, 0, :]
        flows = model.full_size_usd * (np.asarray(model.weights) @ legs)
        table[horizon] = dict(zip(SCENARIOS, flows.tolist(), strict=True))
    return table


def stress_flow(state: TrendState, model: TrendModel, stress: Stress) -> float:
    """Return what is bought along a stress path, $ with buying positive; arguments as for `flow_table`."""
    later = state
    for move in stress.returns:
        later = step(later, move, model)
    return float(model.full_size_usd * (later.held(model) - state.held(model))[0])
