"""Small tapes made by hand: what a trade is not told is the same for all."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.ingest.trade_schema import TRADE_SCHEMA
from gex.microstructure.sides import Sides

if TYPE_CHECKING:
    from collections.abc import Sequence

OPEN = dt.datetime(2025, 9, 5, 13, 30, tzinfo=dt.UTC)
TODAY, LATER = dt.date(2025, 9, 5), dt.date(2025, 9, 12)


def trade(**given: Any) -> dict[str, Any]:
    """Return a row of the trade table; `second` says when after the open it was made."""
    second = given.pop("second", 0)
    expiration = given.get("expiration", TODAY)
    row = {
        "underlying": "SPX",
        "root": "SPXW",
        "expiration": expiration,
        "expires_at": dt.datetime.combine(expiration, dt.time(20), tzinfo=dt.UTC),
        "option_type": "C",
        "strike": 6500.0,
        "multiplier": 100.0,
        "trade_time": OPEN + dt.timedelta(seconds=second),
        "trade_date": OPEN.date(),
        "price": 10.0,
        "size": 1,
        "exchange": "C",
        "is_complex": False,
        "line": 1,
        "quality": 0,
    }
    return row | given


def tape(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as a trade table."""
    missing = {name: None for name in TRADE_SCHEMA if not rows or name not in rows[0]}
    return pl.DataFrame([row | missing for row in rows], schema=TRADE_SCHEMA)


def told(side: Sequence[int], probability: Sequence[float] | float = 1.0) -> Sides:
    """Return sides as one rule would tell them; where it tells none the probability is one half."""
    sides = np.array(side, dtype=np.int8)
    right = np.where(sides == 0, 0.5, np.broadcast_to(probability, sides.shape))
    return Sides(sides, np.where(sides == 0, -1, 0).astype(np.int8), right, ("quote_nbbo",))
