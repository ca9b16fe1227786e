"""One horizon of an event study: the events' returns beside those of all days, and a row an event."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.signals.estimates import Difference, Method, Sample, difference, estimate
from gex.signals.windows import excursions, forward_returns

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Bools, Floats, Ints

EVENT_SCHEMA = pl.Schema(
    {
        "date": pl.Date,
        "entry_date": pl.Date,
        "entry_close": pl.Float64,
        "horizon_sessions": pl.Int64,
        "exit_date": pl.Date,
        "exit_close": pl.Float64,
        "return": pl.Float64,
        "drawdown": pl.Float64,
        "adverse": pl.Float64,
        "favourable": pl.Float64,
    }
)


@dataclass(frozen=True)
class Excursions:
    """How bad and how good it got before the horizon, by closes, fractions of the entry or of a high.

    Attributes:
        drawdown_median: Of the deepest falls from a high within each window.
        drawdown_worst: The deepest of all.
        adverse_median: Of the lowest closes against the entry (MAE).
        adverse_worst: The lowest.
        favourable_median: Of the highest closes against the entry (MFE).
        favourable_best: The highest.

    """

    drawdown_median: float
    drawdown_worst: float
    adverse_median: float
    adverse_worst: float
    favourable_median: float
    favourable_best: float


@dataclass(frozen=True)
class HorizonStudy:
    """One horizon.

    Attributes:
        sessions: The horizon.
        signals: Events, after the cooldown if there is one.
        dropped: Of them, those whose future is not over yet.
        events: What the others say; None without any.
        base: What all days of the sample say, the events among them; None without any.
        excursions: On the way; None without events.
        difference: Events less all days; None where there is nothing to compare.
        p_holm: The difference's p value after Holm, for all horizons looked at.
        verdict: What may be concluded, in words.

    """

    sessions: int
    signals: int
    dropped: int
    events: Sample | None
    base: Sample | None
    excursions: Excursions | None
    difference: Difference | None
    p_holm: float | None
    verdict: str


def horizon_study(
    prices: Floats, known: Bools, places: Ints, sessions: int, shift: int, method: Method
) -> HorizonStudy:
    """Return one horizon, its verdict and `p_holm` left open, as they need the others.

    Args:
        prices: Closes, above 0; shape (n,).
        known: Days of the sample; shape (n,).
        places: Of the events, among them; shape (m,).
        sessions: The horizon.
        shift: From an event to its entry, 0 or 1.
        method: Of intervals and draws.

    """
    # From here on a day stands where it is entered, so that all days are entered as the events are.
    returns = forward_returns(prices, sessions)
    over = np.isfinite(returns)
    sample, taken = _entered(known, shift) & over, np.zeros(len(prices), dtype=bool)
    taken[places[places + shift < len(prices)] + shift] = True
    taken &= over
    n = int(taken.sum())
    found = HorizonStudy(sessions, len(places), len(places) - n, None, None, None, None, None, "")
    if sample.any():
        found = replace(found, base=estimate(returns, sample, sessions, method.confidence))
    if n:
        events = estimate(returns, taken, sessions, method.confidence)
        found = replace(found, events=events, excursions=_excursions(prices, taken, sessions))
    if 0 < n < (days := int(sample.sum())) and days > 2:
        found = replace(found, difference=difference(prices, returns, taken, sample, sessions, method))
    return found


def _entered(days: Bools, shift: int) -> Bools:
    """Return the days on which those of `days` are entered."""
    return days if not shift else np.concatenate([[False], days[:-1]])


def _excursions(prices: Floats, taken: Bools, sessions: int) -> Excursions:
    drawdown, adverse, favourable = excursions(prices, np.flatnonzero(taken), sessions)
    return Excursions(
        float(np.median(drawdown)),
        float(drawdown.min()),
        float(np.median(adverse)),
        float(adverse.min()),
        float(np.median(favourable)),
        float(favourable.max()),
    )


def event_rows(
    days: npt.NDArray[np.datetime64], prices: Floats, places: Ints, sessions: int, shift: int
) -> pl.DataFrame:
    """Return a row an event, columns of `EVENT_SCHEMA`, null in what is not over yet.

    Args:
        days: Sessions; shape (n,).
        prices: Closes; shape (n,).
        places: Of the events; shape (m,).
        sessions: The horizon.
        shift: From an event to its entry, 0 or 1.

    """
    entries, exits = places + shift, places + shift + sessions
    over = exits < len(prices)
    ways = np.full((3, len(places)), np.nan)
    ways[:, over] = excursions(prices, entries[over], sessions)
    prices, days = (
        np.append(prices, np.full(sessions + 1, np.nan)),
        np.append(days, np.full(sessions + 1, "NaT", "M8[D]")),
    )
    columns = (
        days[places],
        days[entries],
        prices[entries],
        np.full(len(places), sessions),
        days[exits],
        prices[exits],
        prices[exits] / prices[entries] - 1,
        *ways,
    )
    frame = pl.DataFrame(dict(zip(EVENT_SCHEMA, columns, strict=True)), schema=EVENT_SCHEMA)
    return frame.with_columns(pl.selectors.float().fill_nan(None))
