"""A session simulated: noise, and everyone who must trade on one order-flow curve, with and without their own impact.

The price of a step is ln(S/S0) = E + I(Q), E the noise so far and Q what all have traded so far, net. Hedgers act at
once (Q at the price that they bring about) or one step late (Q at the price of the step before).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.curve import flow_curve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.flows.curve import Flow
    from gex.flows.impact import Impact
    from gex.quotes import Bools, Floats

MOST_CELLS = 20_000_000
SIGMAS = 12.0
"""The ladder of prices reaches this many standard deviations of a day without feedback."""
FINEST = 1e-6
"""Closest prices to the start, as a fraction of it."""


@dataclass(frozen=True)
class DayPlan:
    """How a session is simulated.

    Attributes:
        daily_volatility: Standard deviation of a whole session's return without feedback, above 0: 0.01 is 1%.
        steps: Equal steps from `since` to the close: 78 are five minutes each.
        since: Fraction of the session that has passed at the start.
        late: Hedgers trade one step late; else at once.
        days: Independent sessions.
        seed: Of the noise; each day's is the same however many days follow.
        reach: Half of the range of ln(S/S0) that the curve is drawn over; None for 12 standard deviations of a day.
        rungs: Prices on either side of the start, evenly apart; flows are taken to be straight in ln(S) between them.

    """

    daily_volatility: float
    steps: int = 78
    since: float = 0.0
    late: bool = False
    days: int = 1
    seed: int = 0
    reach: float | None = None
    rungs: int = 400

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            ValueError: Names the value and what is accepted.

        """
        for name, value, low, high in (
            ("daily_volatility", self.daily_volatility, 1e-6, 1.0),
            ("steps", self.steps, 2, 100_000),
            ("since", self.since, 0.0, 0.999),
            ("days", self.days, 1, 1_000_000),
            ("seed", self.seed, 0, 2**63),
            ("reach", self.half, 1e-5, 20.0),
            ("rungs", self.rungs, 1, 100_000),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must lie from {low:g} to {high:g}, got {value!r}")
        if self.steps * self.days > MOST_CELLS:
            raise ValueError(f"steps * days must be {MOST_CELLS:,} or less, got {self.steps * self.days:,}")

    @property
    def half(self) -> float:
        """Half of the range of ln(S/S0)."""
        return min(SIGMAS * self.daily_volatility, 3.0) if self.reach is None else self.reach

    @property
    def even(self) -> Floats:
        """The ladder of ln(S/S0), 0 in the middle; shape (2 rungs + 1,)."""
        return self.half * np.arange(-self.rungs, self.rungs + 1) / self.rungs

    @property
    def elapsed(self) -> Floats:
        """Fractions of the session; shape (steps + 1,)."""
        return np.linspace(self.since, 1.0, self.steps + 1)

    def noise(self) -> Floats:
        """Return the sum of normal shocks so far, of ln(S); shape (days, steps + 1), 0 at the start."""
        scale = self.daily_volatility * np.sqrt((1.0 - self.since) / self.steps)
        shocks = np.random.default_rng(self.seed).normal(0.0, scale, (self.days, self.steps))
        return np.concatenate([np.zeros((self.days, 1)), np.cumsum(shocks, axis=1)], axis=1)


@dataclass(frozen=True)
class Days:
    """Simulated sessions.

    Attributes:
        elapsed: Fractions of the session; shape (steps + 1,).
        alone: Prices without anyone's impact, points; shape (days, steps + 1).
        spots: Prices with it, points; same shape.
        usd: By name, $ traded since the start, buying positive; same shape each.
        beyond: Days that left the ladder of prices, where flows are held at what they are at its end; shape (days,).

    """

    elapsed: Floats
    alone: Floats
    spots: Floats
    usd: dict[str, Floats]
    beyond: Bools


def simulate(flows: Sequence[Flow], impact: Impact, spot: float, plan: DayPlan) -> Days:
    """Simulate sessions in which everyone trades what the order-flow curve says, and moves the price by it.

    What a flow says for the start at `spot` counts as traded before: only what is added moves the price. Acting at
    once, the price goes from the last step's towards rest, that is up where noise and flows ask for more than ln(S/S0)
    and down where for less, until the first price that is: it leaps where there is none near.

    Args:
        flows: Of different names; see `gex.flows.curve.Flow`.
        impact: What dollars do to the price.
        spot: The price at the start, points.
        plan: Noise, steps and days.

    Raises:
        ValueError: As `flow_curve`; a spot that is not positive; a flow that is not finite on the ladder.

    """
    if not (np.isfinite(spot) and spot > 0):
        raise ValueError(f"spot must be a positive price, got {spot!r}")
    even, elapsed, noise = plan.even, plan.elapsed, plan.noise()
    curve = flow_curve(flows, spot * np.exp(even), elapsed)
    usd = {name: each - each[0, plan.rungs] for name, each in curve.usd.items()}
    for name, each in usd.items():
        if not np.isfinite(each).all():
            low, high = spot * np.exp(even[[0, -1]])
            raise ValueError(f"the flow {name!r} is not finite at every price from {low:g} to {high:g}")
    moves, ladder = np.zeros_like(noise), _closing_in(even)
    total = np.sum(list(usd.values()), axis=0)
    for step in range(1, len(elapsed)):
        before = moves[:, step - 1]
        if plan.late:
            moves[:, step] = noise[:, step] + impact.log_return(np.interp(before, even, total[step - 1]))
        else:
            needed = ladder - impact.log_return(np.interp(ladder, even, total[step]))
            moves[:, step] = _settled(ladder, needed, noise[:, step], before)
    return Days(
        elapsed=elapsed,
        alone=spot * np.exp(noise),
        spots=spot * np.exp(moves),
        usd={name: _traded(moves, even, each) for name, each in usd.items()},
        beyond=np.any(np.abs(moves) > plan.half, axis=1),
    )


def _closing_in(even: Floats) -> Floats:
    """Return a ladder of ln(S/S0) with more rungs around 0, where the square root is steepest."""
    near = np.geomspace(FINEST, even[-1] / (len(even) // 2), 24, endpoint=False)
    ladder: Floats = np.unique(np.concatenate([even, near, -near]))
    return ladder


def _traded(moves: Floats, ladder: Floats, usd: Floats) -> Floats:
    return np.stack([np.interp(moves[:, step], ladder, usd[step]) for step in range(len(usd))], axis=1)


def _settled(ladder: Floats, needed: Floats, noise: Floats, before: Floats) -> Floats:
    """Return where each price comes to rest: the first place on its way where the shock needed is the noise there is.

    Args:
        ladder: ln(S/S0); shape (n,).
        needed: The noise that leads to each; shape (n,). Past the ladder it goes on one for one: flows are held.
        noise: So far, of each day; shape (days,).
        before: Where each day's price was; shape (days,).

    """
    if np.all(np.diff(needed) > 0):  # one answer each, wherever the price was
        past = np.minimum(noise - needed[0], 0.0) + np.maximum(noise - needed[-1], 0.0)
        settled: Floats = np.interp(noise, needed, ladder) + past
        return settled
    up = np.interp(before, ladder, needed) < noise
    moves = np.empty_like(noise)
    moves[up] = [_first(ladder, needed, *each) for each in zip(noise[up], before[up], strict=True)]
    mirror = -ladder[::-1], -needed[::-1]
    moves[~up] = [-_first(*mirror, -want, -start) for want, start in zip(noise[~up], before[~up], strict=True)]
    return moves


def _first(ladder: Floats, needed: Floats, noise: float, before: float) -> float:
    """Return the first place above `before` where the shock needed reaches the noise."""
    start = int(np.searchsorted(ladder, before, side="right"))
    reached = np.flatnonzero(needed[start:] >= noise)
    if not len(reached):
        return float(ladder[-1] + noise - needed[-1])
    at = max(start + int(reached[0]), 1)
    return float(np.interp(noise, needed[at - 1 : at + 1], ladder[at - 1 : at + 1]))
