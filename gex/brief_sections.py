"""The sections of a brief: one system each, its figures and what each says of the evening, or why there are none."""

from __future__ import annotations

from calendar import month_name
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.flows.funds import INDEX_OF
from gex.flows.volatility_control import Rule
from gex.signals.averages import highest, sma
from gex.signals.price_levels import round_step
from gex.signals.runs import streak
from gex.signals.seasonality import monthly_returns
from gex.signals.standing import round_above, round_below, weekly_sma

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from gex.flows.funds import Fund
    from gex.ingest.daily_schema import DailyHistory
    from gex.quotes import Floats
    from gex.results import Analysis

SIMPLE = (20, 50, 100, 200)
WEEKS = 20
YEAR = 252
FEW = 10
"""Months below which a mean says nothing."""
ASSETS_LAST = 366
"""Days after which a fund's assets say nothing of it any more."""
ZONE = "America/New_York"


@dataclass(frozen=True)
class Figure:
    """One figure and what it says.

    Attributes:
        name: `sma_50`.
        value: In `unit`.
        unit: `points`, `%`, `usd`, `multiple`.
        says: In words.

    """

    name: str
    value: float
    unit: str
    says: str


@dataclass(frozen=True)
class Section:
    """What one system says.

    Attributes:
        name: `averages`.
        date: The last day that it rests on.
        figures: None where it says nothing.
        reason: Why it says nothing.

    """

    name: str
    date: dt.date | None
    figures: tuple[Figure, ...]
    reason: str | None = None


def averages(prices: DailyHistory) -> Section:
    """Return moving averages with the side that the close is on, for how long, and what that ended."""
    closes = prices.column()
    lines = {f"sma_{n}": sma(closes, n) for n in SIMPLE}
    lines |= {f"weekly_sma_{WEEKS}": weekly_sma(prices.dates, closes, WEEKS)}
    figures = [
        Figure(name, float(line[-1]), "points", side(closes, line))
        for name, line in lines.items()
        if np.isfinite(line[-1])
    ]
    return _section("averages", prices, figures, f"{len(closes)} closes make no average of {SIMPLE[0]}")


def side(closes: Floats, line: Floats) -> str:
    """Say on which side of a line the close is, since when, and how long the other side had lasted."""
    above = bool(closes[-1] > line[-1])
    known = np.where(np.isfinite(line), closes > line, np.nan)
    run = int(streak(known if above else 1.0 - known)[-1])
    before = int(np.nan_to_num(streak(1.0 - known if above else known)[-1 - run])) if run < len(closes) else 0
    here, there = ("above", "below") if above else ("below", "above")
    away = 100.0 * abs(closes[-1] / line[-1] - 1.0)
    ended = f", after {before} {there}" if before else ""
    return f"close {away:.{1 if away >= 0.05 else 2}f}% {here} for {run} session{'s' if run > 1 else ''}{ended}"


def extremes(prices: DailyHistory) -> Section:
    """Return prior highs and lows of closes and the round numbers around the last."""
    closes, days = prices.column(), prices.dates
    close = float(closes[-1])
    top = int(np.argmax(closes))
    figures = [Figure("highest_close", float(closes[top]), "points", _away(close, closes[top], f"on {days[top]}"))]
    if len(closes) >= YEAR:
        lowest = -highest(-closes, YEAR)[-1]
        figures.append(
            Figure("lowest_close_of_a_year", float(lowest), "points", _away(close, lowest, f"{YEAR} sessions"))
        )
    step = round_step(close)
    for name, level in (("round_above", round_above(closes, step)[-1]), ("round_below", round_below(closes, step)[-1])):
        figures.append(Figure(name, float(level), "points", _away(close, level, f"multiples of {step:g}")))
    return _section("extremes", prices, figures, "")


def _away(close: float, level: float, what: str) -> str:
    return f"{what}; {_percent(100.0 * (level / close - 1.0))} from the close"


def months(prices: DailyHistory, as_of: dt.date) -> Section:
    """Return the mean return of this month of the year and of the next, with how sure each is."""
    ended, returns = monthly_returns(prices.dates, prices.column())
    figures = []
    for month in (as_of.month, as_of.month % 12 + 1):
        own = returns[ended.astype(np.int64) % 12 + 1 == month]
        if len(own) >= FEW:
            error, rose = own.std(ddof=1) / len(own) ** 0.5, np.mean(own > 0)
            says = f"mean of {len(own)}, standard error {error:.1f}; {rose:.0%} rose"
            figures.append(Figure(month_name[month].lower(), float(own.mean()), "%", says))
    return _section("seasonality", prices, figures, f"fewer than {FEW} such months")


def leveraged_funds(prices: DailyHistory, funds: Sequence[Fund], as_of: dt.date) -> Section:
    """Return what funds on the index traded at the close and have to trade on the next move, $."""
    index = INDEX_OF.get(prices.name, prices.name)
    mine = [fund for fund in funds if fund.index == index]
    known = [fund for fund in mine if fund.as_of and 0 <= (as_of - fund.as_of).days <= ASSETS_LAST]
    closes = prices.column()
    if not known or len(closes) < 2:
        reason = f"no fund on {index} has assets dated in the year before: give --funds FILE"
        return Section("leveraged_funds", None, (), reason)
    move = float(closes[-1] / closes[-2] - 1.0)
    today, per_pct = (sum(float(fund.rebalancing_usd(each)) for fund in known) for each in (move, 0.01))
    dates = sorted(fund.as_of for fund in known if fund.as_of)
    assets = sum(fund.aum_usd or 0.0 for fund in known)
    others = [fund.ticker for fund in mine if fund not in known]
    left_out = f"; unknown assets: {' '.join(others)}" if others else ""
    says = f"bought on +1%, sold on −1%: {' '.join(fund.ticker for fund in known)}{left_out}"
    figures = (
        Figure("traded_at_the_close", today, "usd", f"on the day's {_percent(100.0 * move)}"),
        Figure("per_1pct", per_pct, "usd", says),
        Figure("assets", assets, "usd", f"as of {dates[0]} to {dates[-1]}"),
    )
    return Section("leveraged_funds", prices.frame["date"][-1], figures)


def volatility_control(prices: DailyHistory) -> Section:
    """Return the exposure of a volatility-control fund of the default rule, and its next trade, % of its assets."""
    rule, closes = Rule(), prices.column()
    decided, held = rule.decided(closes), rule.held(closes)
    if len(closes) < rule.needs + rule.lag or not np.isfinite(held[-1]):
        reason = f"{len(closes)} closes, {rule.needs + rule.lag} needed"
        return Section("volatility_control", None, (), reason)
    fall = float(rule.decided(np.append(closes, 0.97 * closes[-1]))[-1])
    how = f"{rule.target:.0%} over {' or '.join(f'RV{each}' for each in rule.windows)}, {rule.cap:g} at most"
    trade = 100.0 * float(decided[-1] - held[-1])
    figures = (
        Figure("exposure", float(held[-1]), "multiple", f"of assets: {how}"),
        Figure("next_trade", trade, "% of assets", "of assets at the next close, decided tonight"),
        Figure(
            "after_minus_3pct",
            100.0 * (fall - float(decided[-1])),
            "% of assets",
            "of assets a session later, if the next falls 3%",
        ),
    )
    return Section("volatility_control", prices.frame["date"][-1], figures)


def dealers(chain: Analysis, as_of: dt.date, index: str, stale_after: int) -> Section:
    """Return dealers' gamma and levels of a chain, of that evening or at most so many weekdays before."""
    day = evening_of(chain)
    if day > as_of:
        return Section("dealers", None, (), f"the chain is of {day}, after the evening")
    late = int(np.busday_count(day, as_of))
    if late > stale_after:
        return Section("dealers", None, (), f"the chain is of {day}, {late} weekdays before")
    gamma, levels = chain.exposure.gamma_usd_per_1pct, chain.levels
    side = chain.regime.replace("_", " ")
    if chain.underlying != index:
        side = f"of {chain.underlying}: {side}"
    figures = [
        Figure(
            "net_gamma_per_1pct",
            gamma.net,
            "usd",
            f"{side}; positions {chain.settings.as_dict()['positions']}, quotes of {day}",
        )
    ]
    for name in ("gamma_flip", "call_wall", "put_wall"):
        level = getattr(levels, name)
        if level is not None:
            figures.append(
                Figure(name, level, "points", f"{_percent(100.0 * (level / chain.spot.used - 1.0))} from spot")
            )
    return Section("dealers", day, tuple(figures))


def evening_of(chain: Analysis) -> dt.date:
    """Return the day in New York that a chain's quotes are of."""
    from zoneinfo import ZoneInfo

    return chain.quote_time.astimezone(ZoneInfo(ZONE)).date()


def _section(name: str, prices: DailyHistory, figures: Sequence[Figure], few: str) -> Section:
    date = prices.frame["date"][-1]
    return Section(name, date, tuple(figures)) if figures else Section(name, None, (), few)


def _percent(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{abs(value):.1f}%"
