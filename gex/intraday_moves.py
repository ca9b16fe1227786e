"""What the smile says about one settlement and about each session to come."""

from __future__ import annotations

import datetime as dt
from math import erfc, log, sqrt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.levels import touch_probability
from gex.quotes import median

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.market import Market
    from gex.quotes import Floats

DATES = 12
"""Expiration dates whose sessions are shown."""
ODDS = ("strike", "half_spacing", "w", "touch_probability", "pin_probability", "above_probability")
SESSIONS: dict[str, Any] = {
    "expiration": pl.Date,
    "since": pl.Datetime("us", "UTC"),
    "until": pl.Datetime("us", "UTC"),
    "sessions": pl.Int64,
    "partial": pl.Boolean,
    "move_pct": pl.Float64,
    "move_points": pl.Float64,
    "times_typical": pl.Float64,
    "vol_source": pl.String,
    "reason": pl.String,
}
FALLING = "total variance falls from the expiration before: the quotes contradict each other"
NO_SMILE = "no volatility could be had for that expiration"


def normal_between(low: float, high: float) -> float:
    """Return N(high) - N(low), in the tails as exactly as in the middle."""
    if low > 0:
        return 0.5 * (erfc(low / sqrt(2.0)) - erfc(high / sqrt(2.0)))
    if high < 0:
        return normal_between(-high, -low)
    return 1.0 - 0.5 * erfc(high / sqrt(2.0)) - 0.5 * erfc(-low / sqrt(2.0))


def pin_probability(strike: float, half_spacing: float, forward: float, w: float) -> float:
    """Return P(|S_T - K| < h) for a lognormal settlement with mean `forward` and the smile's w at K."""
    low, high = (
        (log(level / forward) + 0.5 * w * w) / w if level > 0 else -np.inf
        for level in (strike - half_spacing, strike + half_spacing)
    )
    return normal_between(low, high)


def forward_left(market: Market, expiration: int) -> float:
    """Return an expiration's forward for the spot and at the time of the evaluation: what its contracts are priced on."""
    rate, dividend = market.forwards.carry(market.quotes.expirations.years, market.spot.used)
    carry = float(rate[expiration] - dividend[expiration])
    return market.level * float(np.exp(carry * market.years[expiration]))


def odds_of(market: Market, expiration: int) -> pl.DataFrame:
    """Return the odds of each strike of one (root, expiration): the columns of `ZeroDte.odds` but for dealers' gamma.

    The spacing of a strike is the one to its nearer neighbour.
    """
    at = market.quotes.expirations.rungs(expiration)
    strikes, forward = market.quotes.rungs.strike[at], forward_left(market, expiration)
    halves = _half_spacing(strikes)
    rows = []
    for strike, half in zip(strikes.tolist(), halves.tolist(), strict=True):
        w = market.w(expiration, strike)
        if w is not None and np.isfinite(half):
            above = normal_between((log(strike / forward) + 0.5 * w * w) / w, np.inf)
            pin = pin_probability(strike, half, forward, w)
            rows.append((strike, half, w, touch_probability(strike, forward, w), pin, above))
    return pl.DataFrame(rows, schema=dict.fromkeys(ODDS, pl.Float64), orient="row")


def _half_spacing(strikes: Floats) -> Floats:
    gaps = np.diff(strikes, prepend=-np.inf, append=np.inf)
    return 0.5 * np.minimum(gaps[:-1], gaps[1:])


def weekdays(after: dt.date, until: dt.date) -> int:
    """Count the weekdays after one date up to another: the sessions, but for holidays."""
    day = dt.timedelta(days=1)
    return int(np.busday_count(after + day, until + day))


def session_moves(
    market: Market, quote_time: dt.datetime, under_way: bool, sessions_of: Callable[[dt.date, dt.date], int] = weekdays
) -> pl.DataFrame:
    """Return the move that options price for each session to come, from differences of total variance at the forward.

    Within an interval variance is taken to pass evenly, which matters to an evaluation after the quotes alone.

    Args:
        market: The chain priced, all expirations.
        quote_time: When the quotes were made.
        under_way: Whether a session is under way at the evaluation, or may be.
        sessions_of: Counts the sessions after one date up to another.

    Returns:
        The frame of `ZeroDte.sessions`.

    """
    rows: list[dict[str, Any]] = []
    since, before, variance = quote_time, market.today, 0.0
    for index in _last_of_dates(market):
        until, expiration = market.quotes.expirations.table["expires_at"][index], market.dates[index]
        total, alive = _variance(market, index), until > market.evaluated_at
        row = {"expiration": expiration, "since": max(since, market.evaluated_at), "until": until}
        if total is None:
            rows += [row | {"reason": NO_SMILE}] if alive else []
            continue
        if alive:
            added = (total - variance) * ((until - row["since"]) / (until - since))
            partial = under_way and not any(each["reason"] is None for each in rows)
            count = max(sessions_of(before, expiration) + partial, 1)
            rows.append(row | {"sessions": count, "partial": partial} | _move(market, index, added / count))
        since, before, variance = until, max(expiration, market.today), total
    return _with_typical(pl.DataFrame(rows[:DATES], schema=SESSIONS))


def _last_of_dates(market: Market) -> list[int]:
    """Return, for each expiration date, the (root, expiration) that expires last, dates going up."""
    last: dict[dt.date, int] = {}
    instants = market.quotes.expirations.table["expires_at"].to_list()
    for index, date in enumerate(market.dates.to_list()):
        if date not in last or instants[index] > instants[last[date]]:
            last[date] = index
    return [last[date] for date in sorted(last)]


def _variance(market: Market, index: int) -> float | None:
    """Return the total variance of one (root, expiration) at its forward, from the quotes' time on."""
    w = market.volatility.at(market.quotes, market.forwards, index, float(market.forwards.forward[index]))
    return None if w is None else w * w


def _move(market: Market, index: int, variance: float) -> dict[str, Any]:
    """Return one session's move, or why there is none."""
    source = {"vol_source": market.volatility.source[index]}
    if variance <= 0:
        return source | {"reason": FALLING}
    share = sqrt(variance)
    return source | {"move_pct": 100.0 * share, "move_points": share * market.forward(index), "reason": None}


def _with_typical(frame: pl.DataFrame) -> pl.DataFrame:
    """Compare each session with the median of all whole ones."""
    whole = frame.filter(~pl.col("partial") & pl.col("move_pct").is_not_null())["move_pct"]
    if len(whole) < 3:
        return frame
    typical = median(np.array(whole.to_list()))
    return frame.with_columns(pl.when(~pl.col("partial")).then(pl.col("move_pct") / typical).alias("times_typical"))
