"""What every reader of a tape hands over: typed rows, and the way back to each row's text."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import NEW_YORK
from gex.ingest.readers.text import DAYS
from gex.ingest.trade_schema import TRADE_TIME

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

NATIONAL = ("bid", "ask", "bid_size", "ask_size")
OWN = tuple(f"exchange_{name}" for name in NATIONAL)
_PRICES = ("strike", "price", "bid", "ask", "exchange_bid", "exchange_ask", "underlying_bid", "underlying_ask")
_SIZES = ("size", "bid_size", "ask_size", "exchange_bid_size", "exchange_ask_size")

# The rows of a reader. `line` leads back to the source; `defect` is the code of what is wrong with the row's text.
# `cancels` tells a report that takes a trade back, `cancelled` a trade that its own row says was taken back.
ROWS: dict[str, pl.DataType] = {
    "line": pl.Int64(),
    "defect": pl.String(),
    "root": pl.String(),
    "expiration": pl.Date(),
    "option_type": pl.String(),
    "trade_time": TRADE_TIME,
    "exchange": pl.String(),
    "condition": pl.String(),
    "cancels": pl.Boolean(),
    "cancelled": pl.Boolean(),
    "is_late": pl.Boolean(),
    "is_complex": pl.Boolean(),
    **dict.fromkeys(_PRICES, pl.Float64()),
    **dict.fromkeys(_SIZES, pl.Int64()),
}
_FLAGS = ("cancels", "cancelled", "is_late", "is_complex")


@dataclass(frozen=True)
class RawTrades:
    """Some rows of a tape as its reader understood them, before any is judged.

    Attributes:
        rows: Columns of `ROWS`, in the source's order.
        texts: From values of `line` to what stood there.

    """

    rows: pl.DataFrame
    texts: Callable[[Sequence[int]], list[str]]


def typed(table: pl.DataFrame) -> pl.DataFrame:
    """Return a reader's columns as those of `ROWS`.

    Sizes that are no whole numbers are the defect `bad_number`; an ask of 0 or less and a negative bid are no quotes, as
    is a bid of 0 without an ask; sizes go with their prices. Columns that are not there are null, flags false.
    """
    sizes = [name for name in _SIZES if name in table.columns]
    odd = pl.any_horizontal(pl.lit(value=False), *(_is_odd(name) for name in sizes if table.schema[name].is_float()))
    defect = pl.coalesce("defect", pl.when(odd.fill_null(value=False)).then(pl.lit("bad_number")))
    table = table.with_columns(
        defect.alias("defect"),
        *(pl.col(name).fill_nan(None).cast(pl.Int64, strict=False) for name in sizes if table.schema[name].is_float()),
        *(pl.lit(None, dtype).alias(name) for name, dtype in ROWS.items() if name not in table.columns),
    ).with_columns(
        *(pl.col(name).fill_null(value=False) for name in _FLAGS),
        pl.when(pl.col("expiration").is_between(*DAYS)).then("expiration").alias("expiration"),
    )
    for prefix in ("", "exchange_", "underlying_"):
        table = _with_quote(table, prefix)
    return table.select(pl.col(name).cast(dtype) for name, dtype in ROWS.items())


def _is_odd(name: str) -> pl.Expr:
    """Tell numbers that are no count of contracts."""
    return (pl.col(name) != pl.col(name).round()) | (pl.col(name).abs() >= 2**53) | pl.col(name).is_nan()


def _with_quote(table: pl.DataFrame, prefix: str) -> pl.DataFrame:
    """Drop the sides of a quote that are none."""
    bid, ask = pl.col(f"{prefix}bid"), pl.col(f"{prefix}ask")
    table = table.with_columns(pl.when(ask.is_finite() & (ask > 0)).then(ask).alias(f"{prefix}ask"))
    there = bid.is_finite() & ((bid > 0) | ((bid == 0) & ask.is_not_null()))
    table = table.with_columns(pl.when(there).then(bid).alias(f"{prefix}bid"))
    if prefix == "underlying_":
        return table
    sizes = {side: pl.col(f"{prefix}{side}_size") for side in ("bid", "ask")}
    return table.with_columns(
        pl.when(pl.col(f"{prefix}{side}").is_not_null() & (size >= 0)).then(size).alias(f"{prefix}{side}_size")
        for side, size in sizes.items()
    )


def clock_times(texts: pl.Series, layouts: Sequence[str]) -> pl.Series:
    """Return the clock times that texts are, by the first layout that fits; null for what is none."""
    found = texts.str.to_datetime(layouts[0], time_unit="us", strict=False)
    for layout in layouts[1:]:
        if found.null_count() == texts.null_count():
            break
        found = found.to_frame("found").select(
            pl.coalesce("found", texts.str.to_datetime(layout, time_unit="us", strict=False))
        )["found"]
    return found


def in_new_york(times: pl.Series) -> pl.Series:
    """Return clock times of New York as instants; null for those that the clock shows twice or never."""
    within = times.is_between(dt.datetime(1990, 1, 1), dt.datetime(2200, 1, 1))  # noqa: DTZ001 (clock times)
    times = times.zip_with(within.fill_null(value=False), pl.Series([None], dtype=times.dtype))
    zoned = times.dt.replace_time_zone(NEW_YORK.key, ambiguous="null", non_existent="null")
    return zoned.dt.convert_time_zone("UTC")


def with_own_sides(table: pl.DataFrame, bid_exchange: str, ask_exchange: str) -> pl.DataFrame:
    """Add the quote of the exchange that traded, so far as it is the national one, by columns that name whose that is."""
    whose = {"bid": pl.col(bid_exchange), "ask": pl.col(ask_exchange)}
    return table.with_columns(
        pl.when(each == pl.col("exchange")).then(f"{side}{what}").alias(f"exchange_{side}{what}")
        for side, each in whose.items()
        for what in ("", "_size")
    )
