"""Levels of an index in points of its future: by the forward that the chain implies, or by a basis given."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.quotes import MINUTES_PER_YEAR
from gex.scopes import third_friday

if TYPE_CHECKING:
    from gex.market import Market

INDEX = {"ES": "SPX", "MES": "SPX", "NQ": "NDX", "MNQ": "NDX", "RTY": "RUT", "M2K": "RUT"}
TICK = {"ES": 0.25, "MES": 0.25, "NQ": 0.25, "MNQ": 0.25, "RTY": 0.1, "M2K": 0.1}
"""Points; CME's contract specifications."""
SHARE = {"SPX": 1.0, "XSP": 10.0, "NDX": 1.0, "XND": 100.0, "RUT": 1.0, "MRUT": 10.0}
"""Index points per point of the underlying: XSP is a tenth of SPX, by definition."""
FULL = {"XSP": "SPX", "XND": "NDX", "MRUT": "RUT"}
QUARTERS = {"H": 3, "M": 6, "U": 9, "Z": 12}
CODE = re.compile(rf"({'|'.join(INDEX)})(?:([{''.join(QUARTERS)}])(\d\d?))?")


@dataclass(frozen=True)
class FuturesPoints:
    """How a level of the underlying becomes points of a future: level * factor + basis."""

    future: str
    """As traded: ESZ5."""
    expiration: dt.date
    """Third Friday of its month; it settles to that morning's opening prices."""
    factor: float
    basis: float
    """Points added."""
    tick: float
    source: Literal["parity", "carry", "rate", "fixed", "given"]
    """Where it is from: the forward of an expiration (see `gex.forwards`), or a basis given."""

    def at(self, level: float) -> float:
        """Return a level in the future's points."""
        return level * self.factor + self.basis

    def on_tick(self, level: float) -> float:
        """Return the nearest price at which the future trades."""
        return round(round(self.at(level) / self.tick) * self.tick, 10)

    @property
    def text(self) -> str:
        """Say what was done, in one line."""
        if self.source == "given":
            return f"{self.future} points: level {self.basis:+g} (basis given)"
        how = "put-call parity" if self.source == "parity" else f"forward by {self.source}"
        return f"{self.future} points: level * {self.factor:.6f}, {how} at {self.expiration}"


def futures_points(market: Market, underlying: str, code: str, basis: float | None = None) -> FuturesPoints:
    """Find how levels of a chain become points of a future.

    The factor is F/S at the future's expiry, 9:30 New York of the third Friday, between the forwards of the
    expirations around it (their carry a year, linear in time), over the spot at which their quotes were made.

    Args:
        market: The chain priced.
        underlying: What the chain is on.
        code: ES for the next quarterly future, or one of them: ESZ5, ESZ25; NQ, RTY and the micro ones likewise.
        basis: Future less index in points, in place of the factor.

    Raises:
        ValueError: There is no such future, it has expired, or it follows another index.

    """
    match = CODE.fullmatch(code.upper())
    if not match:
        raise ValueError(f"no future is known by {code!r}; write {', '.join(INDEX)}, or one of a month: ESZ5")
    root, index = match[1], FULL.get(underlying, underlying)
    if INDEX[root] != index:
        raise ValueError(f"{root} follows {INDEX[root]}, and these options are on {underlying}")
    expiration = _expiration(market.today, match[2], match[3])
    name = f"{root}{next(letter for letter, month in QUARTERS.items() if month == expiration.month)}"
    future = f"{name}{expiration.year % 10}"
    share = SHARE[underlying]
    if basis is not None:
        return FuturesPoints(future, expiration, share, basis, TICK[root], "given")
    carry, source = _carry_to(market, expiration)
    return FuturesPoints(future, expiration, share * carry, 0.0, TICK[root], source)


def _expiration(today: dt.date, letter: str | None, year: str | None) -> dt.date:
    """Return the third Friday of the month asked for, or of the next quarter's last month."""
    if letter is None or year is None:
        months = [(today.year + extra, month) for extra in (0, 1) for month in QUARTERS.values()]
        return next(friday for friday in (third_friday(*each) for each in months) if friday >= today)
    decade = today.year // 10 * 10 if len(year) == 1 else today.year // 100 * 100
    expiration = third_friday(decade + int(year), QUARTERS[letter])
    if len(year) == 1 and expiration < today - dt.timedelta(days=366):
        expiration = third_friday(decade + 10 + int(year), QUARTERS[letter])
    if expiration < today:
        raise ValueError(f"the future of {expiration:%B %Y} has expired")
    return expiration


def _carry_to(market: Market, expiration: dt.date) -> tuple[float, Literal["parity", "carry", "rate", "fixed"]]:
    """Return F/S at 9:30 New York of a date, and what the nearest expiration's forward is from."""
    from zoneinfo import ZoneInfo

    settles = dt.datetime.combine(expiration, dt.time(9, 30), tzinfo=ZoneInfo("America/New_York"))
    forwards, quoted = market.forwards, market.quotes.expirations
    first = quoted.table["expires_at"][0]
    years = quoted.years[0] + (settles - first).total_seconds() / 60.0 / MINUTES_PER_YEAR
    order = np.argsort(quoted.years, kind="stable")
    rate, dividend = forwards.carry(quoted.years, forwards.spot_of_quotes(market.spot.used))
    carry = float(np.interp(years, quoted.years[order], (rate - dividend)[order]))
    nearest = int(np.argmin(np.abs(quoted.years - years)))
    return float(np.exp(carry * max(years, 0.0))), forwards.source[nearest]  # type: ignore[return-value]
