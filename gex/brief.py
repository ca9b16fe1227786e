"""A day's brief: what every system that the data of an evening suffice for says of the next session, on one page.

Nothing dated after the evening has a part in it. Each system is a section: its figures, each with what it says in words, or
the reason why there are none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.brief_confluence import confluences
from gex.brief_sections import (
    Section,
    averages,
    dealers,
    evening_of,
    extremes,
    leveraged_funds,
    months,
    volatility_control,
)
from gex.brief_trend import trend_followers
from gex.flows.fund_table import DEFAULT_FUNDS
from gex.signals.regime import Rules, known_by, regime

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from gex.flows.funds import Fund
    from gex.ingest.daily_schema import DailyHistory
    from gex.results import Analysis, Levels
    from gex.signals.regime import Regime

NO_CHAIN = "no chain: give --chain SOURCE"


@dataclass(frozen=True)
class Brief:
    """One evening.

    Attributes:
        as_of: The evening.
        index: Whose closes the sections are of: SPX.
        date: The last close known, None where there is none.
        close: That close, points.
        return_pct: Its change from the close before, %.
        regime: Of volatility.
        sections: Of every other system, in the order in which they are told.

    """

    as_of: dt.date
    index: str
    date: dt.date | None
    close: float | None
    return_pct: float | None
    regime: Regime
    sections: tuple[Section, ...]

    @property
    def says_something(self) -> bool:
        """Any section or figure is of that evening."""
        current = any(reading.current for reading in self.regime.readings)
        return current or any(section.figures for section in self.sections)


def brief(
    histories: Mapping[str, DailyHistory],
    as_of: dt.date,
    *,
    index: str = "SPX",
    rules: Rules | None = None,
    funds: Sequence[Fund] = DEFAULT_FUNDS,
    chain: Analysis | None = None,
) -> Brief:
    """Return the brief of an evening.

    Args:
        histories: By name, see `gex.signals.regime`; and the index.
        as_of: The evening.
        index: Whose averages, extremes, funds and volatility control are told.
        rules: Thresholds of the regime; the defaults if None.
        funds: Leveraged and inverse funds; assets dated after the evening are not known to it.
        chain: An analysed chain for dealers' gamma; None where there is none.

    Raises:
        ValueError: A rule is out of range.

    """
    rules = rules or Rules()
    evening = np.datetime64(as_of, "D")
    prices, reason = prices_of(histories, index, evening, rules)
    sections = []
    of_prices: dict[str, Callable[[DailyHistory], Section]] = {
        "trend_followers": trend_followers,
        "averages": averages,
        "extremes": extremes,
        "confluence": lambda known: confluences(known, _gamma(chain, index, as_of)),
        "seasonality": lambda known: months(known, as_of),
        "leveraged_funds": lambda known: leveraged_funds(known, funds, as_of),
        "volatility_control": volatility_control,
    }
    for name, make in of_prices.items():
        sections.append(make(prices) if prices is not None else Section(name, None, (), reason))
    told = dealers(chain, as_of, index, rules.stale_after) if chain is not None else None
    sections.append(told or Section("dealers", None, (), NO_CHAIN))
    closes = prices.column() if prices is not None else np.array([])
    return Brief(
        as_of,
        index,
        prices.frame["date"][-1] if prices is not None else None,
        float(closes[-1]) if len(closes) else None,
        100.0 * float(closes[-1] / closes[-2] - 1.0) if len(closes) > 1 else None,
        regime(histories, as_of, rules),
        tuple(sections),
    )


def _gamma(chain: Analysis | None, index: str, as_of: dt.date) -> Levels | None:
    """Return the levels of a chain on the index, of that very evening."""
    return chain.levels if chain and chain.underlying == index and evening_of(chain) == as_of else None


def prices_of(
    histories: Mapping[str, DailyHistory], index: str, evening: np.datetime64, rules: Rules
) -> tuple[DailyHistory | None, str | None]:
    """Return the index's history as the evening knows it, or why it says nothing of it."""
    if index not in histories:
        return None, f"no history of {index}"
    known = known_by(histories[index], evening)
    if known.frame.is_empty():
        return None, f"{index} has no value by then"
    late = int(np.busday_count(known.dates[-1], evening))
    if late > rules.stale_after:
        return None, f"the last close of {index} is of {known.dates[-1]}, {late} weekdays before"
    return known, None
