"""Which expiration date a 0DTE view shows, how long it has left, and at which instants it is looked at."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from gex.intraday_results import Clock, RootClock
from gex.quotes import MINUTES_PER_YEAR

if TYPE_CHECKING:
    from gex.ingest.schema import Chain
    from gex.market import Market
    from gex.quotes import Bools

NOTHING = "nothing expires on {today}"
UNPRICED = "nothing that expires on {today} can be priced: no volatility could be had"
NOTHING_LEFT = "nothing that expires on {today} is left to trade"


def clock_of(chain: Chain, market: Market, wanted: str) -> Clock:
    """Choose the expiration date: today's, else the next; or the one that `wanted` names.

    Args:
        chain: The chain.
        market: The chain priced, all expirations.
        wanted: As `Settings.expirations`: `all` (today's, else the next), `0dte`, `next` or an ISO date.

    Raises:
        ValueError: There is no such expiration to price; the message says what there is.

    """
    listed = market.dates.to_list()
    alive = sorted({listed[index] for index in market.priced})
    expiration = _chosen(alive, market.today, wanted, _why_not_today(chain, market))
    indices = [int(index) for index in market.priced if listed[index] == expiration]
    counts = np.bincount(market.quotes.expiration[market.used])
    table = market.quotes.expirations.table
    roots = tuple(
        RootClock(
            root=table["root"][index],
            settlement=table["settlement"][index],
            expires_at=table["expires_at"][index],
            minutes_left=(table["expires_at"][index] - market.evaluated_at) / dt.timedelta(minutes=1),
            contracts=int(counts[index]),
        )
        for index in indices
    )
    is_today = expiration == market.today
    return Clock(
        evaluated_at=market.evaluated_at,
        expiration=expiration,
        is_today=is_today,
        reason=None if is_today or wanted != "all" else _why_not_today(chain, market),
        roots=roots,
        expires_at=max(root.expires_at for root in roots),
    )


def _chosen(alive: list[dt.date], today: dt.date, wanted: str, why_not_today: str) -> dt.date:
    """Return the date that `wanted` names among those that can be priced."""
    later = [date for date in alive if date > today]
    following = f"; the next expiration is {later[0]}" if later else ""
    if wanted == "all":
        return alive[0]
    if wanted == "next":
        if not later:
            raise ValueError(f"nothing expires after {today}")
        return later[0]
    try:
        date = today if wanted == "0dte" else dt.date.fromisoformat(wanted)
    except ValueError:
        raise ValueError(f"a 0DTE view shows one expiration: 0dte, next or an ISO date; got {wanted!r}") from None
    if date not in alive:
        raise ValueError((why_not_today if date == today else f"nothing expires on {date}") + following)
    return date


def _why_not_today(chain: Chain, market: Market) -> str:
    """Say that today's expirations are over, cannot be priced, or do not exist; a source may drop what has expired."""
    today, table = market.today, market.quotes.expirations.table
    instants_today = table["expires_at"].filter(market.dates == today)
    if len(instants_today):
        why = UNPRICED if (instants_today > market.evaluated_at).any() else NOTHING_LEFT
    else:
        dropped = chain.quality.quarantined.get("expired", 0) > 0 or not chain.market_open
        why = NOTHING_LEFT if today == chain.quote_date and dropped else NOTHING
    return why.format(today=today)


def of_date(market: Market, expiration: dt.date) -> Bools:
    """Mark the used contracts that expire on a date."""
    dates = market.dates.to_numpy()[market.quotes.expiration[market.used]]
    return np.asarray(dates == np.datetime64(expiration))


def instants(clock: Clock, every_minutes: float, opens_at: dt.datetime | None) -> tuple[dt.datetime, ...]:
    """Return the evaluation, then every so many minutes counted back from the expiry, and the expiry.

    Nothing trades before the session opens: where it has yet to, the time before is one interval. Without that instant,
    so is the time before the last 24 hours.
    """
    start, end, step = clock.evaluated_at, clock.expires_at, dt.timedelta(minutes=every_minutes)
    first = max(start, opens_at or end - dt.timedelta(days=1))
    times = {start, end, min(first, end)}
    times |= {end - step * count for count in range(1, int((end - first) / step) + 1)}
    return tuple(sorted(times))


def years_after(clock: Clock, times: tuple[dt.datetime, ...]) -> list[float]:
    """Return the years from the evaluation to each instant."""
    minute = dt.timedelta(minutes=1)
    return [(time - clock.evaluated_at) / minute / MINUTES_PER_YEAR for time in times]
