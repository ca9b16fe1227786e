"""ThetaData's trades with the national quote at each (trade_quote), versions 3 and 2.

A file goes contract by contract. The quote is the last one at or before the trade, or before it if that was asked for
(`exclusive`); it names the exchanges of the best bid and ask, so that the quote of the exchange that traded is known where it is
the best. Times are New York's without a zone. Version 2 has strikes in tenths of a cent, dates as YYYYMMDD and
milliseconds of the day; its files for one contract have no columns that say which, and are refused.

Source: the vendor's documentation and, for version 3, headers in public code; no file of a customer has been seen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.readers.csv_pieces import parse
from gex.ingest.readers.long_csv import Layout, header_of, layout_of
from gex.ingest.readers.text import date_of
from gex.ingest.trades.conditions import NANEX
from gex.ingest.trades.raw import clock_times, in_new_york, typed, with_own_sides
from gex.ingest.trades.table import Cancels, Table, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece

NAME = "thetadata"

_EXTENDED = tuple(f"ext_condition{place}" for place in range(1, 5))
_TRADE = ("sequence", *_EXTENDED, "condition", "size", "exchange", "price")
_QUOTE = tuple(f"{side}{what}" for side in ("bid", "ask") for what in ("_size", "_exchange", "", "_condition"))
_FLAGS = ("condition_flags", "price_flags", "volume_type", "records_back")
_NEW = ("symbol", "expiration", "strike", "right", "trade_timestamp", "quote_timestamp")
_OLD = ("root", "expiration", "strike", "right", "ms_of_day", "ms_of_day2", "date")
_NUMBERS = frozenset({"strike", "size", "price", "bid", "ask", "bid_size", "ask_size", "ms_of_day", "date"})
_KNOWN = frozenset((*_NEW, *_OLD, *_TRADE, *_QUOTE, *_FLAGS))
LAYOUTS = (
    Layout("ThetaData's trades and quotes", {}, (*_NEW, *_TRADE, *_QUOTE), (), _KNOWN - _NUMBERS),
    Layout("ThetaData's trades and quotes (version 2)", {}, (*_OLD, *_TRADE, *_QUOTE), _FLAGS, _KNOWN - _NUMBERS),
)
_SIDES = {"CALL": "C", "PUT": "P", "C": "C", "P": "P"}
_TIMES = ("%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f")
_DAY = 86_400_000
_ROOT = r"^[A-Z][A-Z0-9]{0,5}$"


def sniff(head: bytes) -> bool:
    """Tell whether the first line is a header of ThetaData's trades and quotes, or nearly one."""
    names = set(header_of(head))
    return {"sequence", "ext_condition1"} <= names and bool(names & {"trade_timestamp", "timestamp", "ms_of_day"})


def table(head: bytes, source: str, beside: Sequence[Blob] = ()) -> Table:  # noqa: ARG001 (as all readers)
    """Return a tape by its first line.

    Raises:
        FormatError: It is nearly ThetaData's header.

    """
    names = tuple(header_of(head))
    layout = layout_of(names, LAYOUTS, source)
    root = "symbol" if layout is LAYOUTS[0] else "root"
    key = (root, "expiration", "strike", "right", "exchange", "size", "price")
    return Table(names, partial(_rows, names=names), Cancels("condition", NANEX, key), flat=unquoted)


def _rows(piece: Piece, names: Sequence[str]) -> pl.DataFrame:
    cells = parse(piece, names, _NUMBERS)
    contract = _contract(cells)
    root = contract["root"].str.strip_chars().str.replace_all(".", "", literal=True)
    good = root.str.contains(_ROOT)
    bad = pl.when(~good).then(pl.lit("bad_symbol"))
    rows = contract.with_columns(
        pl.when(good).then(root).alias("root"),
        pl.col("right").replace_strict(_SIDES, default=None, return_dtype=pl.String).alias("option_type"),
        pl.coalesce("defect", bad).alias("defect"),
        *NANEX.flags(cells["condition"]).get_columns(),
    )
    return typed(with_own_sides(rows, "bid_exchange", "ask_exchange"))


def _contract(cells: pl.DataFrame) -> pl.DataFrame:
    """Add the contract and the time, by either version's columns."""
    if "root" not in cells.columns:
        time = in_new_york(clock_times(cells["trade_timestamp"], _TIMES)).alias("trade_time")
        return cells.with_columns(time, date_of(pl.col("expiration"), "%Y-%m-%d")).rename({"symbol": "root"})
    since = pl.duration(
        milliseconds=pl.when(pl.col("ms_of_day").is_between(0, _DAY - 1)).then("ms_of_day").cast(pl.Int64)
    )
    day = date_of(pl.col("date").cast(pl.Int64, strict=False).cast(pl.String), "%Y%m%d")
    time = cells.select((day.cast(pl.Datetime("us")) + since).alias("trade_time"))["trade_time"]
    # By NumPy: Polars would multiply by 1 / 1000, and be a last digit off.
    strike = pl.Series("strike", cells["strike"].to_numpy() / 1000.0).fill_nan(None)
    return cells.with_columns(in_new_york(time), date_of(pl.col("expiration"), "%Y%m%d"), strike)
