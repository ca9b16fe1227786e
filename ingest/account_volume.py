"""OCC's cleared volume by account type, as its volume query answers: every row right, or the file refused.

No option chain, and nothing a chain is completed by: a table of days. OCC counts both sides of each trade, the buyer's
and the seller's account: all contracts of an underlying sum to twice what was traded.

Source: answers quoted in public code; experimental.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.blob import blobs
from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers.text import cells, decode

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.blob import BinaryFile, Blob

HEADER = ("quantity", "underlying", "symbol", "actype", "porc", "exchange", "actdate")
SCHEMA = pl.Schema(
    {
        "date": pl.Date,
        "underlying": pl.String,
        "symbol": pl.String,
        "account_type": pl.String,
        "option_type": pl.String,
        "exchange": pl.String,
        "contracts": pl.Int64,
    }
)
ACCOUNTS = {"C": "customer", "F": "firm", "M": "market_maker"}
_CELLS = {
    "quantity": r"\d{1,12}",
    "underlying": r"[A-Z0-9.]{1,8}",
    "symbol": r"[A-Z0-9.]{1,8}",
    "actype": "[CFM]",
    "porc": "[CP]",
    "exchange": r"[A-Z0-9 ]{1,12}",
    "actdate": r"\d{2}/\d{2}/\d{4}",
}


def read_account_volume(source: str | Path | BinaryFile) -> pl.DataFrame:
    """Read an answer of OCC's volume query (experimental).

    Args:
        source: A path, "-" for standard input, or an open binary file: CSV of exactly the columns `HEADER`, plain,
            gzipped, or as the only file in a zip file. A comma at the end of a line is allowed.

    Returns:
        Columns of `SCHEMA`, the rows in the file's order: contracts cleared on a day by the accounts of a type
        (customer, firm, market_maker) on one side of calls or puts (C, P), by root and exchange. Both sides of each
        trade are counted.

    Raises:
        UnreadableError: It is missing, empty, no text or a refused archive, or ends after its header.
        FormatError: Its columns are others.
        ContentError: A cell is not what belongs there; the message names the line. Or a zip file holds several files.
        TypeError: An open file gives no bytes.

    """
    with blobs(source) as found:
        if len(found) > 1:
            raise ContentError(f"{len(found)} files in a zip file; take one at a time", source=str(found[1].name))
        return _read(found[0])


def _read(blob: Blob) -> pl.DataFrame:
    header, *lines = decode(blob.data(), blob.name).split("\n")
    if tuple(name.strip() for name in header.removesuffix(",").split(",")) != HEADER:
        raise FormatError(f"expected the columns {','.join(HEADER)}, got {header[:80]!r}", source=blob.name, row=1)
    if not any(line.strip(", ") for line in lines):
        raise UnreadableError("the file ends after its header: it is cut off or empty", source=blob.name)
    table = cells(lines, 2, len(HEADER), ",", ended=True)
    table = table.select("line", "defect", *(_cell(place, name) for place, name in enumerate(HEADER)))
    table = table.with_columns(pl.col("actdate").str.to_date("%m/%d/%Y", strict=False).alias("date"))
    fits = [pl.col(name).str.contains(f"^(?:{pattern})$") for name, pattern in _CELLS.items()]
    right = pl.all_horizontal(pl.col("defect").is_null(), pl.col("date").is_not_null(), *fits).fill_null(value=False)
    bad = table.filter(~right)
    if bad.height:
        expected = "expected a count, underlying, symbol, C, F or M, C or P, exchange, MM/DD/YYYY"
        line, text = bad["line"][0], lines[bad["line"][0] - 2]
        raise ContentError(f"{expected}; got {text[:80]!r}", source=blob.name, row=line, value=text)
    return table.select(
        "date",
        "underlying",
        "symbol",
        pl.col("actype").replace_strict(ACCOUNTS, return_dtype=pl.String).alias("account_type"),
        pl.col("porc").alias("option_type"),
        "exchange",
        pl.col("quantity").cast(pl.Int64).alias("contracts"),
    )


def _cell(place: int, name: str) -> pl.Expr:
    return pl.col(f"cell_{place}").str.strip_chars().alias(name)
