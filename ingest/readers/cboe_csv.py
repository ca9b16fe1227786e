"""The quote table that Cboe's pages offer as a CSV download, in every layout it has had.

A line of the table is a call and the put of the same strike. Columns are found by the header's names, so the layouts
without IV and Greeks, with `Vol` and `Open Int` (2020), and with a spreadsheet's padding are all read alike.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError, TimeError, UnreadableError
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.text import cells, decode, split_line
from gex.ingest.times import REMEDY, parse_stamp

if TYPE_CHECKING:
    import datetime as dt

NAME = "cboe_csv"
DELAY_MINUTES = 15.0

_HEADER = re.compile(rb'(?:^|[\r\n])"?Expiration Date"?[,;\t]"?Calls"?[,;\t]')
_HEADER_LINES = 20
_LAST = re.compile(r"Last:\s*(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)", re.ASCII)
_COLUMNS = {
    "last sale": "last",
    "bid": "bid",
    "ask": "ask",
    "volume": "volume",
    "vol": "volume",
    "iv": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "theta": "vendor_theta",
    "vega": "vendor_vega",
    "open interest": "open_interest",
    "open int": "open_interest",
}
_PLACES = ("expiration date", "calls", "strike", "puts")
_REQUIRED = ("bid", "ask", "open_interest")
_UNUSED = {"net"}
# The layouts in which an expiration date cannot be mistaken; one a spreadsheet rewrote is left to the symbol.
_DATE_FORMATS = ("%a %b %d %Y", "%Y-%m-%d")


def sniff(head: bytes) -> bool:
    """Tell whether the file's beginning holds the quote table's header row."""
    return _HEADER.search(head.replace(b"\0", b"")) is not None


def read(data: bytes, source: str) -> RawChain:
    """Read a quote table.

    Raises:
        FormatError: A needed column is missing.
        UnreadableError: The file is cut off in the middle of a line, or holds no row.

    """
    text = decode(data, source)
    lines = text.split("\n")
    ended = lines[-1] == ""
    if ended:
        lines.pop()
    top = _header_row(lines, source)
    header = lines[top]
    separator = header.strip('"').removeprefix("Expiration Date").lstrip('"')[0]
    names = _names(header, separator, source)
    table = cells(lines[top + 1 :], top + 2, len(names), separator, ended=ended)
    if table.is_empty():
        raise UnreadableError("the quote table ends after its header: the file is cut off or empty", source=source)
    if not ended and table["defect"][-1] == "field_count":
        last = int(table["line"][-1])
        raise UnreadableError("the file is cut off in the middle of a line; save it again", source=source, row=last)
    stamp, problem = _stamp(lines[:top])
    unused = sorted({name for name in names if name and name not in {*_COLUMNS, *_UNUSED, *_PLACES}})
    return RawChain(
        rows=_rows(table, names, separator),
        source=NAME,
        stamp=stamp,
        stamp_problem=problem,
        spot=_spot(lines[:top]),
        delay_minutes=DELAY_MINUTES,
        texts=lambda numbers: [lines[each - 1] for each in numbers],
        notes=tuple(f"column {name!r} is not used" for name in unused),
    )


def _header_row(lines: list[str], source: str) -> int:
    for index, line in enumerate(lines[:_HEADER_LINES]):
        if line.lstrip('"').startswith("Expiration Date"):
            return index
    raise FormatError(f"no header row 'Expiration Date,Calls,...' in the first {_HEADER_LINES} lines", source=source)


def _names(header: str, separator: str, source: str) -> list[str]:
    """Return the header's cells in lower case, refusing a table that lacks a needed one on either side."""
    names = [cell.strip().lower() for cell in split_line(header, separator)]
    while names and not names[-1]:
        names.pop()
    missing = [place for place in _PLACES if place not in names]
    if not missing:
        calls, puts = _sides(names)
        wanted = {*_REQUIRED, *calls, *puts}
        missing = [
            f"{name} of the {side}" for side, there in (("calls", calls), ("puts", puts)) for name in wanted - {*there}
        ]
    if missing:
        listed = ", ".join(sorted(missing)).replace("_", " ")
        raise FormatError(f"the quote table lacks {listed}; its header is {', '.join(names)}", source=source)
    if [names.index(place) for place in _PLACES] != sorted(map(names.index, _PLACES)) or any(
        len(set(side)) < len(side) for side in (calls, puts)
    ):
        raise FormatError(f"columns repeated or out of order in the header {', '.join(names)}", source=source)
    return names


def _sides(names: list[str]) -> tuple[list[str], list[str]]:
    """Return the chain's names for the columns of the calls and of the puts."""
    middle = names.index("puts")
    calls, puts = ([_COLUMNS[name] for name in part if name in _COLUMNS] for part in (names[:middle], names[middle:]))
    return calls, puts


def _rows(table: pl.DataFrame, names: list[str], separator: str) -> pl.DataFrame:
    """Return calls above puts, typed, with what the symbol says checked against the line's own columns."""
    strike, puts = names.index("strike"), names.index("puts")
    sides = pl.concat(
        [
            table.select(
                "line",
                "defect",
                pl.lit(side).alias("side"),
                pl.col(f"cell_{symbol}").alias("symbol"),
                pl.col(f"cell_{names.index('expiration date')}").alias("date"),
                pl.col(f"cell_{strike}").alias("printed_strike"),
                *(
                    pl.col(f"cell_{place}").alias(_COLUMNS[names[place]])
                    for place in range(symbol, len(names) if symbol == puts else puts)
                    if names[place] in _COLUMNS
                ),
            )
            for side, symbol in (("C", names.index("calls")), ("P", puts))
        ]
    )
    if separator == ";":  # The spreadsheets that separate by semicolons write decimal commas.
        sides = sides.with_columns(pl.exclude("line", "defect", "side", "symbol", "date").str.replace(",", "."))
    rows = typed(with_symbol_fields(sides))
    printed = pl.coalesce(pl.col("date").str.to_date(layout, strict=False) for layout in _DATE_FORMATS)
    contradiction = (
        (pl.col("option_type") != pl.col("side"))
        | ((pl.col("printed_strike").cast(pl.Float64, strict=False) - pl.col("strike")).abs() > 5e-4)
        | (printed != pl.col("expiration")).fill_null(value=False)
    )
    return rows.with_columns(
        pl.when(pl.col("defect").is_not_null())
        .then("defect")
        .when(pl.col("root").is_null())
        .then(pl.lit("bad_symbol"))
        .when(contradiction.fill_null(value=True))
        .then(pl.lit("contradiction"))
        .alias("defect")
    ).drop("side", "symbol", "date", "printed_strike")


def _stamp(head: list[str]) -> tuple[dt.datetime | None, str]:
    """Return the header's time, or None and what is wrong with it."""
    for line in head:
        if re.search(r'[,;\t]"?\s*Bid\b', line) or line.lstrip('" ').startswith("Date"):
            printed = re.split(r'[,;\t]"?\s*Bid\b', line)[0].strip('" ').removeprefix("Date:").strip()
            try:
                return parse_stamp(printed), ""
            except TimeError as error:
                return None, error.message
    return None, f"the header has no date line; {REMEDY}"


def _spot(head: list[str]) -> float | None:
    """Return the price after `Last:`, or the second cell of a line `NAME,PRICE,CHANGE` (2020); None if it is 0."""
    for line in head:
        if match := _LAST.search(line):
            return float(match[1].replace(",", "")) or None
    for line in head:
        row = split_line(line, ",")
        if len(row) >= 3 and re.fullmatch(r"\s*\d+(\.\d+)?\s*", row[1], re.ASCII):
            return float(row[1]) or None
    return None
