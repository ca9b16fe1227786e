"""Massive's (Polygon's) flat files of option quotes (quotes_v1), joined to trades as both stream by."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import ContentError
from gex.ingest.readers.csv_pieces import parse, pieces
from gex.ingest.readers.long_csv import Layout, header_of, layout_of
from gex.ingest.trades.raw import ROWS, typed, with_own_sides

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.ingest.blob import Blob
    from gex.ingest.readers.csv_pieces import Piece

_SIDES = tuple(f"{side}_{what}" for side in ("ask", "bid") for what in ("exchange", "price", "size"))
_TEXT = frozenset({"ticker", "sip_timestamp", "sequence_number", "ask_exchange", "bid_exchange"})
LAYOUT = Layout("Massive's option quotes", {}, ("ticker", *_SIDES, "sequence_number", "sip_timestamp"), (), _TEXT)
_NONE = pl.DataFrame(
    schema={
        "place": pl.Int64,
        "seen": pl.Int64,
        **{name: pl.String if name.endswith("exchange") else pl.Float64 for name in _SIDES},
    }
)
LOST = "lines of the quotes that cannot be read are left out"
_FIRST, _LAST = 631_152_000 * 10**9, 7_258_118_400 * 10**9
"""1990 and 2200, in nanoseconds since 1970."""


def nanoseconds(text: pl.Expr) -> pl.Expr:
    """Return the nanoseconds since 1970 that texts are; null for what is no time of options."""
    value = text.str.strip_chars().cast(pl.Int64, strict=False)
    return pl.when(value.is_between(_FIRST, _LAST)).then(value)


class Quotes:
    """The quotes of a file, given to trades that come in the order of their tickers.

    Args:
        blob: The file.
        source: The tape's name, for messages.

    Raises:
        FormatError: Its header is not that of quotes.

    """

    def __init__(self, blob: Blob, source: str) -> None:
        names = header_of(blob.head())
        layout_of(names, (LAYOUT,), blob.name)
        self._name, self._source = blob.name, source
        self._coming = (self._quotes(piece, names) for piece in pieces(blob, len(names)))
        self._lost = False
        self._held: list[pl.DataFrame] = []
        self._read, self._told = "", ""

    def beside(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the next trades (`raw.ROWS` and `ticker`) with their quotes.

        Raises:
            ContentError: Trades or quotes are not in the order of their tickers.
            UnreadableError: The file of quotes is cut off.

        """
        tickers = rows["ticker"].drop_nulls()
        if tickers.is_empty():
            return rows
        self._told = _in_order(tickers, self._told, self._source)
        time = pl.col("trade_time").to_physical().alias("time")
        told = rows.select("ticker", time, pl.int_range(pl.len()).alias("place"))
        return _with_quotes(rows, [_last_before(told, quotes) for quotes in self._passing(self._told)])

    def notes(self) -> tuple[str, ...]:
        """Return what is to be known of the quotes that were read."""
        return (LOST,) if self._lost else ()

    def _quotes(self, piece: Piece, names: Sequence[str]) -> pl.DataFrame:
        """Return the quotes of some lines; those that cannot be read, which can be beside no trade, are left out."""
        cells = parse(piece, names, LAYOUT.known - LAYOUT.text).with_columns(
            nanoseconds(pl.col("sip_timestamp")).alias("time")
        )
        found = cells.filter(pl.col("defect").is_null()).drop_nulls(["ticker", "time"])
        self._lost |= found.height < cells.height
        return found.select("ticker", "time", *_SIDES)

    def _passing(self, ticker: str) -> Iterator[pl.DataFrame]:
        """Yield what may be beside trades up to a ticker, and hold what may be beside the next, which may be of the same one."""
        yield from self._held
        self._held = [each for each in self._held if each["ticker"][-1] >= ticker]
        while self._read <= ticker and (quotes := next(self._coming, None)) is not None:
            if quotes.height:
                self._read = _in_order(quotes["ticker"], self._read, self._name)
                if self._read >= ticker:
                    self._held.append(quotes)
                yield quotes


def _in_order(tickers: pl.Series, last: str, source: str) -> str:
    """Return the last of some tickers.

    Raises:
        ContentError: They do not ascend.

    """
    if tickers[0] < last or not tickers.is_sorted():
        message = (
            "not in the order of tickers, as the vendor's files are: sort trades and quotes by ticker and sip_timestamp"
        )
        raise ContentError(message, source=source)
    return str(tickers[-1])


def _last_before(told: pl.DataFrame, quotes: pl.DataFrame) -> pl.DataFrame:
    """Return `place` and quote of those trades that have one before them among some quotes, and that quote's `seen`."""
    first, last = pl.lit(quotes["ticker"][0]), pl.lit(quotes["ticker"][-1])
    trades = told.filter(pl.col("ticker").is_between(first, last)).with_columns(quote=pl.lit(None, pl.Int64))
    quotes = quotes.with_columns(pl.int_range(pl.len()).alias("quote"))
    seen = quotes.select("ticker", "time", pl.lit(None, pl.Int64).alias("place"), "quote")
    # Trades stand before quotes of the same time.
    both = pl.concat([trades, seen]).sort("ticker", "time", maintain_order=True)
    found = both.select("place", pl.col("quote").forward_fill().over("ticker")).drop_nulls()
    return found.join(quotes.select("quote", pl.col("time").alias("seen"), *_SIDES), on="quote").drop("quote")


def _with_quotes(rows: pl.DataFrame, found: Sequence[pl.DataFrame]) -> pl.DataFrame:
    """Return trades with the latest of the quotes that were found for each."""
    latest = pl.concat([_NONE, *found]).sort("seen", maintain_order=True).unique("place", keep="last")
    places = rows.select(pl.int_range(pl.len()).alias("place"))
    sides = places.join(latest, on="place", how="left", maintain_order="left").select(_SIDES)
    named = sides.rename({"bid_price": "bid", "ask_price": "ask"})
    table = rows.drop(name for name in ROWS if name.startswith(("bid", "ask", "exchange_")))
    return typed(with_own_sides(table.with_columns(named.get_columns()), "bid_exchange", "ask_exchange"))
