"""The rules for sides once more, in plain Python, a row at a time, from the papers' words; and tapes to try them on."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl

from gex.ingest.trade_schema import TRADE_SCHEMA

if TYPE_CHECKING:
    from collections.abc import Sequence

START = dt.datetime(2025, 9, 5, 13, 30, tzinfo=dt.UTC)
CONTRACT = ("root", "expiration", "strike", "option_type")
DEFAULTS: dict[str, Any] = {
    "underlying": "SPX",
    "root": "SPXW",
    "expiration": dt.date(2025, 9, 5),
    "expires_at": dt.datetime(2025, 9, 5, 20, tzinfo=dt.UTC),
    "option_type": "C",
    "strike": 6500.0,
    "multiplier": 100.0,
    "trade_time": START,
    "trade_date": dt.date(2025, 9, 5),
    "price": 10.0,
    "size": 5,
    "exchange": "C1",
    "is_complex": False,
    "line": 1,
    "quality": 0,
}


def tape(rows: Sequence[dict[str, Any]]) -> pl.DataFrame:
    """Return a trade table; what a row leaves out is a call on the index with no quotes."""
    filled = [{**dict.fromkeys(TRADE_SCHEMA), **DEFAULTS, **row} for row in rows]
    return pl.DataFrame(filled, schema=TRADE_SCHEMA, orient="row")


def drawn(seed: int, rows: int, contracts: int = 12, dearest: int = 400) -> pl.DataFrame:
    """Return a tape drawn at random: prices in whole cents in, at and beside quotes, some missing, locked or crossed."""
    random = np.random.default_rng(seed)

    def quotes(mid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        width = random.integers(-1, 9, rows)
        bid = mid - width // 2
        holes = random.random((2, rows)) < 0.05
        return np.where(holes[0], np.nan, bid / 100), np.where(holes[1], np.nan, (bid + width) / 100)

    mid = random.integers(20, dearest, rows)
    sizes = [pl.Series(np.where(random.random(rows) < 0.05, -1, random.integers(0, 7, rows))) for _ in range(4)]
    sizes = [size.replace(-1, None) for size in sizes]
    (bid, ask), (own_bid, own_ask) = quotes(mid), quotes(mid + random.integers(-2, 3, rows))
    which = random.integers(0, contracts, rows)
    columns = {
        "strike": 6000.0 + 5 * (which // 4),
        "option_type": np.array(["C", "P"])[which % 2],
        "root": np.array(["SPX", "SPXW"])[which // 2 % 2],
        "price": np.maximum(mid + random.integers(-5, 6, rows), 1) / 100,
        "size": random.integers(1, 7, rows),
        "exchange": pl.Series(["C1", "ISE", "BOX", None])[random.integers(0, 4, rows)],
        "bid": bid,
        "ask": ask,
        "exchange_bid": own_bid,
        "exchange_ask": own_ask,
        **dict(zip(("bid_size", "ask_size", "exchange_bid_size", "exchange_ask_size"), sizes, strict=True)),
        "is_complex": random.random(rows) < 0.1,
        "quality": (random.random(rows) < 0.1) * 128,
        "line": np.arange(rows) + 1,
    }
    rest = {name: pl.Series([value]).new_from_index(0, rows) for name, value in DEFAULTS.items() if name not in columns}
    frame = pl.DataFrame({**rest, **columns}).with_columns(pl.col(pl.Float64).fill_nan(None))
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in TRADE_SCHEMA.items() if name not in frame.columns]
    return frame.with_columns(absent).select(pl.col(name).cast(dtype) for name, dtype in TRADE_SCHEMA.items())


class Trade(NamedTuple):
    """A trade with one quote, that of its exchange or the best, and one other price, the last or next that differs."""

    price: float
    size: int
    bid: float | None
    ask: float | None
    bid_size: int | None
    ask_size: int | None
    other: float | None


def _exact(price: float) -> Fraction:
    """Return the price that was meant, of at most three decimals."""
    return Fraction(round(price * 1000), 1000)


def quote(trade: Trade) -> int:
    if trade.bid is None or trade.ask is None or trade.bid > trade.ask:
        return 0
    twice = _exact(trade.ask) + _exact(trade.bid)
    return 1 if 2 * _exact(trade.price) > twice else -1 if 2 * _exact(trade.price) < twice else 0


def tick(trade: Trade) -> int:
    if trade.other is None:
        return 0
    return 1 if trade.price > trade.other else -1


def lee_ready(trade: Trade) -> int:
    return quote(trade) or tick(trade)


def _is(price: float, quoted: float | None) -> bool:
    return quoted is not None and _exact(price) == _exact(quoted)


def ellis_michaely_ohara(trade: Trade) -> int:
    return quote(trade) if _is(trade.price, trade.bid) ^ _is(trade.price, trade.ask) else tick(trade)


def chakrabarty(trade: Trade) -> int:
    if trade.bid is not None and trade.ask is not None:
        price, bid, ask = 10 * _exact(trade.price), _exact(trade.bid), _exact(trade.ask)
        high = 7 * ask + 3 * bid <= price <= 10 * ask
        low = 10 * bid <= price <= 3 * ask + 7 * bid
        if high != low:
            return quote(trade)
    return tick(trade)


def depth(trade: Trade) -> int:
    if trade.bid is None or trade.ask is None or trade.bid > trade.ask or None in {trade.bid_size, trade.ask_size}:
        return 0
    if 2 * _exact(trade.price) != _exact(trade.ask) + _exact(trade.bid):
        return 0
    return int(np.sign(trade.ask_size - trade.bid_size))


def trade_size(trade: Trade) -> int:
    if trade.bid_size == trade.ask_size:
        return 0
    return 1 if trade.size == trade.bid_size else -1 if trade.size == trade.ask_size else 0


KINDS = {
    "quote": quote,
    "tick": tick,
    "lr": lee_ready,
    "emo": ellis_michaely_ohara,
    "clnv": chakrabarty,
    "depth": depth,
    "tsize": trade_size,
}


def other_price(rows: list[dict[str, Any]], at: int, *, ahead: bool, same_exchange: bool) -> float | None:
    """Return the nearest different price of the trade's contract, by looking through all trades before or after it."""
    trade = rows[at]
    if same_exchange and trade["exchange"] is None:
        return None
    keys = (*CONTRACT, *(["exchange"] if same_exchange else []))
    for row in rows[at + 1 :] if ahead else reversed(rows[:at]):
        if all(row[key] == trade[key] for key in keys) and row["price"] != trade["price"]:
            return float(row["price"])
    return None


def one_rule(name: str, rows: list[dict[str, Any]], at: int) -> int:
    """Return the side that one rule tells of the trade `at` a place of the tape."""
    kind, place = name.removeprefix("rev_").rsplit("_", 1)
    ahead = name.startswith("rev_") or kind == "rtick"
    kind = kind.replace("rtick", "tick")
    own = "exchange_" if place == "ex" else ""
    quotes = [rows[at][own + column] for column in ("bid", "ask", "bid_size", "ask_size")]
    other = other_price(rows, at, ahead=ahead, same_exchange=kind == "tick" and place == "ex")
    return KINDS[kind](Trade(rows[at]["price"], rows[at]["size"], *quotes, other))


def told(trades: pl.DataFrame, stack: Sequence[str]) -> tuple[list[int], list[int]]:
    """Return side and place of the rule of every trade."""
    rows, sides, places = trades.rows(named=True), [], []
    for at in range(len(rows)):
        answers = ((one_rule(name, rows, at), place) for place, name in enumerate(stack))
        side, place = next((answer for answer in answers if answer[0]), (0, -1))
        sides.append(side)
        places.append(place)
    return sides, places
