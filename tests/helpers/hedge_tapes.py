"""Hand-made tapes of option trades, and their contracts' worth by mpmath."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

import mpmath as mp
import numpy as np
import polars as pl

from gex.ingest.trade_schema import TRADE_SCHEMA
from gex.microstructure.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

NEW_YORK = ZoneInfo("America/New_York")
TODAY, LATER = dt.date(2025, 9, 5), dt.date(2025, 9, 12)
SPOT, RATE, SIGMA = 6500.0, 0.04, 0.16
mp.mp.dps = 50


class Worth(NamedTuple):
    """Price and greeks of one unit, in fifty digits."""

    price: float
    delta: float
    gamma: float
    vanna: float


def at(clock: str, date: dt.date = TODAY) -> dt.datetime:
    """Return a New York time of day."""
    return dt.datetime.combine(date, dt.time.fromisoformat(clock), NEW_YORK).astimezone(dt.UTC)


def close_of(date: dt.date) -> dt.datetime:
    return at("16:00", date)


def years_to(expiration: dt.date, time: dt.datetime) -> float:
    return (close_of(expiration) - time).total_seconds() / (365 * 86_400)


def worth(
    strike: float, years: float, option_type: str, *, spot: float = SPOT, sigma: float = SIGMA, forward: Any = None
) -> Worth:
    """Return what Black and Scholes give, the dividend yield being what leads to `forward`."""
    s, k, t, v = map(mp.mpf, (spot, strike, years, sigma))
    f = s * mp.exp(RATE * t) if forward is None else mp.mpf(forward)
    carried, discount = f / s * mp.exp(-RATE * t), mp.exp(-RATE * t)
    w = v * mp.sqrt(t)
    d1 = mp.log(f / k) / w + w / 2
    call = option_type == "C"
    price = discount * (f * mp.ncdf(d1) - k * mp.ncdf(d1 - w)) - (0 if call else discount * (f - k))
    delta = carried * (mp.ncdf(d1) - (0 if call else 1))
    return Worth(
        float(price), float(delta), float(carried * mp.npdf(d1) / (s * w)), float(-carried * mp.npdf(d1) * (d1 - w) / v)
    )


def trade(clock: str = "10:00", **given: Any) -> dict[str, Any]:
    """Return a row of the trade table: a call at the money of today, quoted around what it is worth at 16%."""
    row: dict[str, Any] = {
        "underlying": "SPX",
        "root": "SPXW",
        "expiration": TODAY,
        "option_type": "C",
        "strike": 6500.0,
        "multiplier": 100.0,
        "trade_time": at(clock),
        "size": 1,
        "underlying_bid": SPOT - 0.5,
        "underlying_ask": SPOT + 0.5,
        "is_complex": False,
        "line": 1,
        "quality": 0,
    } | given
    row.setdefault("trade_date", row["trade_time"].astimezone(NEW_YORK).date())
    row.setdefault("expires_at", close_of(row["expiration"]))
    years = years_to(row["expiration"], row["trade_time"])
    value = worth(row["strike"], years, row["option_type"]).price if years > 0 else 1.0
    return {"price": value, "bid": 0.99 * value, "ask": 1.01 * value} | row


def tape_of(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as a trade table."""
    columns = {name: [row.get(name) for row in rows] for name in TRADE_SCHEMA}
    return pl.DataFrame(columns, schema=TRADE_SCHEMA, strict=False)


def sides_of(side: Sequence[int], probability: Sequence[float] | float = 1.0) -> Sides:
    """Return sides told by one rule."""
    told = np.array(side, dtype=np.int8)
    chance = np.where(told == 0, 0.5, np.broadcast_to(np.array(probability, dtype=float), told.shape))
    return Sides(told, np.where(told == 0, -1, 0).astype(np.int8), chance, ("quote_nbbo",))


def part(sides: Sides, rows: slice) -> Sides:
    """Return the sides of some of the trades."""
    return Sides(sides.side[rows], sides.rule[rows], sides.probability[rows], sides.stack)


def random_tape(n: int, seed: int, *, disorder: float = 0.0, together: float = 0.0) -> tuple[pl.DataFrame, Sides]:
    """Return n trades of a session, times going up but for `disorder` seconds, some without quotes, and their sides.

    The share `together` of them are further fills and legs of the order before.
    """
    rng = np.random.default_rng(seed)
    seconds = np.sort(rng.uniform(9.5 * 3600, 16 * 3600 - 1, n)) - rng.uniform(0, disorder, n)
    start = dt.datetime.combine(TODAY, dt.time(), NEW_YORK)
    rows = []
    for place, offset in enumerate(seconds.tolist()):
        if rows and rng.random() < together:  # another fill of the order before, or another leg of it
            legs = {"strike": 6500.0 + 5.0 * int(rng.integers(-8, 9))} if rows[-1]["is_complex"] else {}
            rows.append(rows[-1] | legs | {"size": int(rng.geometric(0.05)), "line": place + 1})
            continue
        kind, strike = rng.choice(["C", "P"]), 6500.0 + 5.0 * int(rng.integers(-8, 9))
        expiration = TODAY if rng.random() < 0.5 else LATER
        time = start.astimezone(dt.UTC) + dt.timedelta(seconds=offset)
        value = worth(strike, years_to(expiration, time), str(kind)).price
        row = {
            "expiration": expiration,
            "option_type": str(kind),
            "strike": strike,
            "trade_time": time,
            "price": max(value, 0.01),
            "bid": value * 0.99,
            "ask": value * 1.01,
            "size": int(rng.geometric(0.05)),
            "exchange": str(rng.choice(["A", "B"])),
            "is_complex": bool(rng.random() < 0.3),
            "line": place + 1,
        }
        rows.append(trade(**row) | ({} if rng.random() < 0.9 else {"bid": None, "ask": None}))
    side = rng.choice([-1, 0, 1], n).astype(int)
    return tape_of(rows), sides_of(side.tolist(), rng.uniform(0.5, 1.0, n).tolist())
