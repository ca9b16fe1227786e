"""OCC's series search (marketdata.theocc.com/series-search): the open interest of every series of an underlying.

Text with tabs. Some lines of title, the header, then a line a strike: symbol, an empty cell that the header does not have,
year, month, day, whole part and thousandths of the strike, which sides are listed, open interest of call and put, position
limit. It has no prices and is no chain: it completes one, by contract. Nor has it a date: what OCC published last before it
was saved is in it. Symbols that begin with a digit are FLEX series.

Source: answers quoted in public code; experimental.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.complement import ROWS, OpenInterest
from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers.text import cells, date_of, decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.ingest.blob import Blob
    from gex.ingest.readers.raw import Pick, RawChain

NAME = "occ_series"
TITLE = "OCC's series search"
HEADER = ("ProductSymbol", "year", "Month", "Day", "Integer", "Dec", "C/P", "Call", "Put", "Position Limit")
ABOVE = 20
"""Lines of title above the header, at most."""

# The cells of a line, the empty one after the symbol included, and what each holds.
_CELLS = {
    "root": r"[A-Z0-9]{1,6}",
    "blank": r"",
    "year": r"\d{4}",
    "month": r"\d{1,2}",
    "day": r"\d{1,2}",
    "whole": r"\d{1,7}",
    "thousandths": r"\d{3}",
    "sides": r"C\s*P|C|P",
    "C": r"\d{1,10}",
    "P": r"\d{1,10}",
    "limit": r"\d{1,12}",
}
_NO_DATE = f"{TITLE} has no date: its open interest is taken as that of the session before the quotes"


def sniff(head: bytes) -> bool:
    """Tell whether a file begins as an answer of the series search: by its title or by its header."""
    return head.lstrip().startswith(b"Series Search Results for ") or (
        b"ProductSymbol\t" in head and b"\tPosition Limit" in head
    )


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:  # noqa: ARG001 (as every reader)
    """Refuse the file as a chain.

    Raises:
        ContentError: Always.

    """
    raise ContentError(
        f"{TITLE} has open interest alone and is no chain; name a chain first and this file by --with",
        source=blob.name,
    )
    yield


def open_interest(blob: Blob) -> OpenInterest:
    """Read the open interest of every series.

    Raises:
        UnreadableError: The file is empty, no text, or has no line below its header.
        FormatError: Its header is another.
        ContentError: None of its lines can be read.

    """
    lines = decode(blob.data(), blob.name).split("\n")
    place = _header(lines, blob.name)
    if not any(line.strip() for line in lines[place + 1 :]):
        raise UnreadableError("the file ends after its header: it is cut off or empty", source=blob.name)
    table = _parsed(cells(lines[place + 1 :], place + 2, len(_CELLS), "\t", ended=True))
    good = table.filter("good")
    if not good.height:
        raise ContentError(f"none of its {table.height:,} lines is a series", source=blob.name, row=table["line"][0])
    rows = pl.concat(
        [
            good.filter(pl.col("sides").str.contains(side)).select(
                "root",
                "expiration",
                "strike",
                pl.lit(side).alias("option_type"),
                pl.col(side).cast(pl.Int64).alias("open_interest"),
            )
            for side in "CP"
        ]
    )
    return OpenInterest(
        rows.cast(ROWS), TITLE, blob.name, (_NO_DATE, *_left_out(table.filter(~pl.col("good"))["line"]))
    )


def _left_out(lines: pl.Series) -> list[str]:
    if lines.is_empty():
        return []
    return [f"{len(lines):,} lines of {TITLE} cannot be read and are left out, the first is line {lines[0]}"]


def _header(lines: list[str], source: str) -> int:
    """Return the place of the header among the lines."""
    place = next((place for place, line in enumerate(lines[:ABOVE]) if HEADER[0] in line), None)
    if place is None:
        raise FormatError(f"nearly {TITLE}, but it has no line with {HEADER[0]} and what follows", source=source)
    names = tuple(cell.strip() for cell in lines[place].rstrip("\t ").split("\t"))
    if names != HEADER:
        raise FormatError(
            f"nearly {TITLE}, but its columns are {', '.join(names)[:200]}; expected {', '.join(HEADER)}",
            source=source,
            row=place + 1,
        )
    return place


def _parsed(table: pl.DataFrame) -> pl.DataFrame:
    """Name the cells, and tell by `good` which lines hold what belongs there."""
    named = table.select(
        "line", "defect", *(pl.col(f"cell_{place}").str.strip_chars().alias(name) for place, name in enumerate(_CELLS))
    )
    day = date_of(pl.concat_str("year", "month", "day", separator="-"), "%Y-%m-%d")
    whole, thousandths = (named[name].cast(pl.Int64, strict=False) for name in ("whole", "thousandths"))
    # By NumPy: Polars would multiply by 1 / 1000, and be a last digit off.
    strike = pl.Series("strike", (whole * 1000 + thousandths).cast(pl.Float64).to_numpy() / 1000.0)
    fits = (pl.col(name).str.contains(f"^(?:{pattern})$") for name, pattern in _CELLS.items())
    return named.with_columns(day.alias("expiration"), strike.fill_nan(None)).with_columns(
        pl.all_horizontal(pl.col("defect").is_null(), *fits, pl.col("expiration").is_not_null(), pl.col("strike") > 0)
        .fill_null(value=False)
        .alias("good")
    )
