"""Yahoo's option chains as yfinance gives them: `option_chain(date).calls` and `.puts`, saved by pandas.

A CSV file, with or without the index, or JSON records (`to_json(orient="records")`); one frame, or calls, puts and expirations
put together. The contract is `contractSymbol`. There is no time of the quotes (`lastTradeDate` is that of each contract's
last trade) and no price of the underlying: the user gives both. Outside trading hours bid and ask are 0, and the volatility
beside them is no contract's: it is taken only where there is a quote. Volatility is a decimal, near 1e-5 where Yahoo found none.

Source: yfinance, `Ticker._options2df`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError
from gex.ingest.readers import records
from gex.ingest.readers.csv_pieces import parse, pieces
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, texts_in
from gex.ingest.readers.raw import RawChain, typed

if TYPE_CHECKING:
    from gex.ingest.blob import Blob
    from gex.ingest.readers.long_csv import Texts

NAME = "yfinance"

INDEX = ("", "Unnamed: 0", "index")
"""What pandas calls its index in a file, in one that was read and saved again, and after `reset_index`."""
COLUMNS = (
    "contractSymbol", "lastTradeDate", "strike", "lastPrice", "bid", "ask", "change", "percentChange", "volume",
    "openInterest", "impliedVolatility", "inTheMoney", "contractSize", "currency",
)  # fmt: skip
_FIGURES = {
    "bid": "bid",
    "ask": "ask",
    "lastPrice": "last",
    "volume": "volume",
    "openInterest": "open_interest",
    "impliedVolatility": "implied_volatility",
}
_NUMBERS = frozenset({"strike", *_FIGURES})
_LAYOUT = Layout(
    "Yahoo's option chains (yfinance)", {}, COLUMNS, INDEX, frozenset((*COLUMNS, *INDEX)) - _NUMBERS
)  # fmt: skip
_MARKS = (b'"contractSymbol"', b'"lastTradeDate"', b'"contractSize"')
_STANDARD = "REGULAR"
_NO_TIME = (
    "Yahoo's chains say neither when they were quoted (lastTradeDate is of the last trade) nor the underlying's price, "
    "which --spot gives"
)


def sniff(head: bytes) -> bool:
    """Tell whether the file begins with the columns of a chain, nearly all of them, or as a list of records with them."""
    if _is_json(head):
        return all(mark in head for mark in _MARKS)
    return "contractSymbol" in (names := header_of(head)) and _LAYOUT.resembles(names)


def read(blob: Blob) -> RawChain:
    """Read the chain.

    Raises:
        FormatError: Columns are missing or unknown, or the records are none.
        UnreadableError: The file is cut off, damaged or empty.

    """
    table, texts = _from_json(blob) if _is_json(blob.head()) else _from_csv(blob)
    rows = _rows(table)
    quoted = pl.col("bid").is_not_null() | pl.col("ask").is_not_null()
    unquoted = rows.filter(~quoted).height
    note = f"{unquoted:,} of {rows.height:,} contracts have neither bid nor ask, as outside trading hours: no volatility is taken"
    return RawChain(
        rows=rows.with_columns(pl.when(quoted).then("implied_volatility").alias("implied_volatility")),
        source=NAME,
        stamp=None,
        stamp_problem=_NO_TIME,
        spot=None,
        delay_minutes=0.0,
        texts=texts,
        notes=(note,) if unquoted else (),
    )


def _is_json(head: bytes) -> bool:
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


def _from_csv(blob: Blob) -> tuple[pl.DataFrame, Texts]:
    names = header_of(blob.head())
    layout_of(names, (_LAYOUT,), blob.name)
    found = tuple(pieces(blob, len(names)))
    return pl.concat([parse(piece, names, _NUMBERS) for piece in found]), texts_in(found)


def _from_json(blob: Blob) -> tuple[pl.DataFrame, Texts]:
    document = records.parsed(blob.data(), blob.name)
    if not isinstance(document, list) or not document:
        raise FormatError("expected a list of option records", source=blob.name)
    found: list[dict[str, Any]] = [each if isinstance(each, dict) else {} for each in document]
    layout_of(list(dict.fromkeys(name for each in found for name in each)), (_LAYOUT,), blob.name)
    table = pl.DataFrame({name: records.values([each.get(name) for each in found]) for name in COLUMNS})
    table = table.with_columns(pl.col("contractSymbol", "contractSize").cast(pl.String))
    line = pl.int_range(1, len(found) + 1, dtype=pl.Int64).alias("line")
    return table.with_columns(line, pl.lit(None, pl.String).alias("defect")), records.texts(document)


def _rows(table: pl.DataFrame) -> pl.DataFrame:
    """Return the columns of `ROWS`; the symbol is held against the line's strike."""
    rows = typed(
        with_symbol_fields(
            table.select(
                "line",
                "defect",
                "contractSize",
                pl.col("contractSymbol").alias("symbol"),
                pl.col("strike").cast(pl.Float64, strict=False).alias("printed"),
                *(pl.col(name).alias(to) for name, to in _FIGURES.items()),
            )
        )
    )
    same = ((pl.col("printed") - pl.col("strike")).abs() < 5e-4).fill_null(value=False)
    fault = (
        pl.when(pl.col("root").is_null())
        .then(pl.lit("bad_symbol"))
        .when(~same)
        .then(pl.lit("contradiction"))
        .when(pl.col("contractSize").ne_missing(pl.lit(_STANDARD)))
        .then(pl.lit("adjusted"))
    )
    # A bid of 0 is a bid only beside an ask.
    bid = pl.when((pl.col("bid") != 0) | pl.col("ask").is_not_null()).then("bid")
    return rows.with_columns(pl.coalesce("defect", fault).alias("defect"), bid.alias("bid")).drop(
        "symbol", "printed", "contractSize"
    )
