"""Cboe DataShop's Option Trades: every trade with the national quote, and those of all exchanges behind it in its row.

The tail of a row repeats {exchange, bid_size, bid, ask_size, ask} as often as `number_of_exchanges` says, which the header
writes in braces; of them the quote of the exchange that traded is read. Sizes of the national quote are not told. Times are New York's without
a zone, prices of 0 in quotes are none. Trades that were taken back have a `canceled_trade_condition_id`, the
reports that took them back a condition from 40 to 44.

Source: columns in public programs that read such files (among them that of Grauer, Schuster and Uhrig-Homburg, 2023, on
DataShop's sample of 2016-06-01); no file of a customer has been seen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import FormatError
from gex.ingest.readers.csv_pieces import parse
from gex.ingest.readers.long_csv import header_of
from gex.ingest.readers.text import date_of
from gex.ingest.trades.conditions import NANEX
from gex.ingest.trades.ragged import Tail
from gex.ingest.trades.raw import clock_times, in_new_york, typed
from gex.ingest.trades.table import Cancels, Table, unquoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece

NAME = "datashop"

_CONTRACT = ("root", "expiration", "strike", "option_type")
_TRADE = (
    *("underlying_symbol", "quote_datetime", "sequence_number", *_CONTRACT, "exchange_id", "trade_size", "trade_price"),
    *("trade_condition_id", "canceled_trade_condition_id", "best_bid", "best_ask"),
)
_UNDERLYING = ("underlying_bid", "underlying_ask", "number_of_exchanges")
LAYOUTS = ((*_TRADE, "trade_iv", "trade_delta", *_UNDERLYING), (*_TRADE, *_UNDERLYING))
GROUP = ("exchange", "bid_size", "bid", "ask_size", "ask")
_OWN = tuple(f"exchange_{name}" for name in GROUP[1:])
_NUMBERS = frozenset(
    {"strike", "trade_size", "trade_price", "best_bid", "best_ask", "underlying_bid", "underlying_ask", *_OWN}
)
_RENAMED = {
    "exchange_id": "exchange",
    "trade_size": "size",
    "trade_price": "price",
    "trade_condition_id": "condition",
    "best_bid": "bid",
    "best_ask": "ask",
}
_ROOT = r"^[A-Z][A-Z0-9]{0,5}$"
_TIME = ("%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f")


def sniff(head: bytes) -> bool:
    """Tell whether the first line is a header of DataShop's option trades, or nearly one."""
    return {"trade_condition_id", "underlying_symbol"} <= set(header_of(head))


def table(head: bytes, source: str, beside: Sequence[Blob] = ()) -> Table:  # noqa: ARG001 (as all readers)
    """Return a tape by its first line.

    Raises:
        FormatError: It is nearly DataShop's header.

    """
    found = header_of(head)
    for names in LAYOUTS:
        if tuple(found[: len(names)]) == names:
            return _table(names)
    wanted = next((names for names in LAYOUTS if "trade_iv" in found and "trade_iv" in names), LAYOUTS[1])
    place, (got, expected) = next(
        (place, pair)
        for place, pair in enumerate(zip([*found, *[""] * len(wanted)], wanted, strict=False), 1)
        if pair[0] != pair[1]
    )
    raise FormatError(
        f"nearly a file of DataShop's option trades, but its column {place} is {got!r}, not {expected}",
        source=source,
        row=1,
    )


def _table(names: tuple[str, ...]) -> Table:
    tail, columns = Tail(len(names), names.index("exchange_id"), len(GROUP)), (*names, *_OWN)
    return Table(columns, partial(_rows, names=columns), _CANCELS, flat=lambda piece: tail.flat(unquoted(piece)))


def _is_marked(column: pl.Expr) -> pl.Expr:
    return (column.cast(pl.Float64, strict=False) > 0).fill_null(value=False)


_CANCELS = Cancels(
    condition="trade_condition_id",
    coding=NANEX,
    key=(*_CONTRACT, "exchange_id", "trade_size", "trade_price"),
    mark="canceled_trade_condition_id",
    marks=_is_marked,
)


def _rows(piece: Piece, names: Sequence[str]) -> pl.DataFrame:
    cells = parse(piece, names, _NUMBERS)
    root = pl.col("root").str.strip_prefix("^").str.replace_all(".", "", literal=True)
    good = {"root": root.str.contains(_ROOT), "option_type": pl.col("option_type").is_in(["C", "P"])}
    flags = NANEX.flags(cells["trade_condition_id"])
    rows = cells.rename(_RENAMED).with_columns(
        pl.when(good["root"]).then(root).alias("root"),
        pl.when(good["option_type"]).then("option_type").alias("option_type"),
        date_of(pl.col("expiration"), "%Y-%m-%d"),
        in_new_york(clock_times(cells["quote_datetime"], _TIME)).alias("trade_time"),
        _is_marked(pl.col("canceled_trade_condition_id")).alias("cancelled"),
        pl.when(~good["root"]).then(pl.lit("bad_symbol")).alias("symbol_defect"),
        *flags.get_columns(),
    )
    return typed(rows.with_columns(defect=pl.coalesce("defect", "symbol_defect")))
