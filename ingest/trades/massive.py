"""Massive's (Polygon's) flat files of option trades (trades_v1), with the national quotes (quotes_v1) beside them.

A trade's quote is the last one of its contract before it by `sip_timestamp`; one of the same nanosecond is not before it,
for it may be the trade's own work. The quotes name the exchanges of the best bid and ask, so that the quote of the exchange that traded
is known where it is the best. Both files go contract by contract, in the order of their tickers, and stream by together: a
contract's quotes are the most that is held. Without quotes beside them the trades have none.

A `correction` of 1, 7 or 8 marks a trade that was corrected by a later one, an error or cancelled, one of 10 or 11
the report of that (NYSE, TAQ client specification, "Trade correction indicator").

Source: the vendor's pages on its flat files, and lines of them in public code; no file of a customer has been seen.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import ContentError
from gex.ingest.readers.csv_pieces import parse
from gex.ingest.readers.long_csv import Layout, header_of, layout_of
from gex.ingest.trade_schema import TRADE_TIME
from gex.ingest.trades.conditions import MASSIVE
from gex.ingest.trades.massive_quotes import Quotes, nanoseconds
from gex.ingest.trades.raw import typed
from gex.ingest.trades.table import Cancels, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece

NAME = "massive"

_COLUMNS = ("ticker", "conditions", "correction", "exchange", "price", "sip_timestamp", "size")
LAYOUT = Layout("Massive's option trades", {}, _COLUMNS, (), frozenset(_COLUMNS) - {"price", "size"})
_TAKEN_BACK = ("1", "7", "8", "10", "11")
WITHOUT = "no quotes beside the trades: name the file of quotes of the same day (quotes_v1) by --with"


def sniff(head: bytes) -> bool:
    """Tell whether the first line has the trades' columns, and a line of the beginning an option's ticker."""
    names = header_of(head)
    return LAYOUT.fits(names) or (LAYOUT.resembles(names) and b"\nO:" in head)


def table(head: bytes, source: str, beside: Sequence[Blob] = ()) -> Table:
    """Return a tape by its first line, with its quotes.

    Raises:
        FormatError: The header is nearly that of trades, or that of a file beside it not that of quotes.
        ContentError: Several files are beside it.

    """
    names = tuple(header_of(head))
    layout_of(names, (LAYOUT,), source)
    if len(beside) > 1:
        raise ContentError(f"one file of quotes is expected beside the trades, got {len(beside)}", source=source)
    cancels = Cancels(
        "conditions",
        MASSIVE,
        ("ticker", "exchange", "price", "size"),
        "correction",
        lambda text: text.is_in(_TAKEN_BACK),
    )
    read = partial(_rows, names=names)
    if not beside:
        return Table(names, read, cancels, notes=lambda: (WITHOUT,))
    quotes = Quotes(beside[0], source)
    return Table(names, read, cancels, notes=quotes.notes, complete=quotes.beside)


def _rows(piece: Piece, names: Sequence[str]) -> pl.DataFrame:
    cells = parse(piece, names, LAYOUT.known - LAYOUT.text)
    rows = with_symbol_fields(cells.with_columns(pl.col("ticker").alias("symbol")))
    bad = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
    rows = rows.with_columns(
        nanoseconds(pl.col("sip_timestamp")).cast(TRADE_TIME).alias("trade_time"),
        pl.coalesce("defect", bad).alias("defect"),
        pl.col("conditions").alias("condition"),
        pl.col("correction").is_in(_TAKEN_BACK).alias("cancelled"),
        *MASSIVE.flags(cells["conditions"]).get_columns(),
    )
    return typed(rows).with_columns(cells["ticker"])
