"""Trend followers after one close: pivots, position, triggers and flows, each with what is known of its error."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.fitted import FITTED_ON
from gex.flows.flow_table import STRESSES, flow_table, stress_flow
from gex.flows.trend import PIVOTS, TrendModel, trend_states
from gex.flows.trend_systems import stances
from gex.flows.triggers import RULES, Rule, positive, triggers
from gex.history import ranks_of
from gex.signals.averages import as_dates
from gex.signals.realized import TRADING_DAYS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.flows.flow_table import Stress
    from gex.flows.trend import TrendState
    from gex.flows.trend_systems import Stance
    from gex.flows.triggers import Trigger
    from gex.quotes import Floats

FIT = TrendModel()
PAST = 250
"""Earlier positions needed before one is ranked."""
STUCK = 5
"""Closes in a row that are equal to the last digit only where a file is filled up with the last known one."""
LONG_GAP = 7
"""Days between two rows that no holiday explains."""


@dataclass(frozen=True)
class TrendReport:
    """What trend followers hold and would trade.

    Attributes:
        symbol: Of the history.
        as_of: The session it is after.
        close: Points.
        closes: How many were used.
        volatility: A year, as positions are sized by it.
        pivots: Short, medium and long: where each horizon's signal turns, points.
        position: In [-1, 1].
        percentile: Of the position among `past` earlier ones, 0 to 100; None where `reasons` says why.
        past: How many positions that is.
        triggers: Where each rule turns.
        stances: Of the other systems.
        model: What is traded.
        fitted: Whether dollars are those of the fit, with its errors.
        position_usd: $, None where nobody knows the full size.
        flows: $ bought by horizon and scenario; None like `position_usd`.
        stresses: Each with $ bought; empty like `position_usd`.
        state: Of the model after the close, shape (1,).
        warnings: What may be wrong with the history.
        reasons: Why a figure is None.

    """

    symbol: str
    as_of: dt.date
    close: float
    closes: int
    volatility: float
    pivots: dict[str, float]
    position: float
    percentile: float | None
    past: int
    triggers: tuple[Trigger, ...]
    stances: tuple[Stance, ...]
    model: TrendModel
    fitted: bool
    position_usd: float | None
    flows: dict[str, dict[str, float]] | None
    stresses: tuple[tuple[Stress, float], ...]
    state: TrendState
    warnings: tuple[str, ...] = ()
    reasons: dict[str, str] = field(default_factory=dict)


def trend_report(
    symbol: str,
    dates: npt.ArrayLike,
    closes: npt.ArrayLike,
    *,
    model: TrendModel = FIT,
    priced: bool = False,
    rules: Sequence[Rule] = RULES,
    window: int | None = None,
) -> TrendReport:
    """Say where trend followers stand after the last of these closes.

    Args:
        symbol: Of the index.
        dates: Sessions, ascending; shape (days,).
        closes: Prices, all positive; shape (days,).
        model: What is traded; as a rule the fit.
        priced: Whether its full size is meant for this index; the fit's is for SPX alone.
        rules: Whose triggers are wanted.
        window: Sessions that make the past of the percentile; None for all.

    Raises:
        TypeError: Dates are no dates or closes no numbers.
        ValueError: There are too few closes, one is no price, or they and the dates differ in length.

    """
    days, prices = as_dates(dates), positive(closes)
    needed = max(model.needed, *(rule.needed for rule in rules)) if rules else model.needed
    if len(days) != len(prices):
        raise ValueError(f"dates and closes must be of one length, got {len(days)} and {len(prices)}")
    if len(prices) < needed:
        raise ValueError(f"not enough data: {len(prices)} closes, {needed} needed")
    states = trend_states(prices, model)
    held = states.held(model)[model.needed - 1 :]
    past = held[:-1] if window is None else held[:-1][-window:]
    state, percentile = states.at([-1]), ranks_of(held[-1], past, PAST)[0]
    priced = priced or symbol == FITTED_ON
    return TrendReport(
        symbol=symbol,
        as_of=days[-1].item(),
        close=float(prices[-1]),
        closes=len(prices),
        volatility=float(np.sqrt(TRADING_DAYS * state.variance[0])),
        pivots=_pivots(prices),
        position=float(held[-1]),
        percentile=percentile,
        past=len(past),
        triggers=triggers(prices, rules),
        stances=stances(prices),
        model=model,
        fitted=symbol == FITTED_ON and model == FIT,
        position_usd=float(held[-1]) * model.full_size_usd if priced else None,
        flows=flow_table(state, model) if priced else None,
        stresses=tuple((each, stress_flow(state, model, each)) for each in STRESSES) if priced else (),
        state=state,
        warnings=(*gaps_in(days[-needed:]), *_stuck(prices)),
        reasons=_reasons(priced=priced, percentile=percentile, past=len(past)),
    )


def _pivots(prices: Floats) -> dict[str, float]:
    found = triggers(prices, [Rule("ema", 1, span) for span in PIVOTS.values()], ())
    return {name: each.next_close for name, each in zip(PIVOTS, found, strict=True)}


def gaps_in(days: npt.NDArray[np.datetime64]) -> list[str]:
    """Say where sessions are missing, the last such place named; shape (days,), ascending."""
    apart = np.diff(days).astype(np.int64)
    wide = np.flatnonzero(apart > LONG_GAP)
    if not len(wide):
        return []
    last = wide[-1]
    more = f", and {len(wide) - 1} more such gaps" if len(wide) > 1 else ""
    where = f"from {days[last]} to {days[last + 1]}{more}"
    return [f"no rows for {apart[last]} days {where}: averages take the rows as sessions in a row"]


def _stuck(prices: Floats) -> list[str]:
    moved = np.flatnonzero(np.diff(prices))
    same = len(prices) - 1 - int(moved[-1]) if len(moved) else len(prices)
    return [f"the last {same} closes are equal: see whether the file is filled up"] if same >= STUCK else []


def _reasons(*, priced: bool, percentile: float | None, past: int) -> dict[str, str]:
    found = {}
    if percentile is None:
        found["percentile"] = f"not enough data: {past} earlier positions, {PAST} needed"
    if not priced:
        why = (
            f"full sizes are fitted to {FITTED_ON} alone: give --full-size, or {FITTED_ON}'s closes under its name with "
            f"--series {FITTED_ON}=FILE"
        )
        found |= {"position_usd": why, "flows": why, "stress": why}
    return found
