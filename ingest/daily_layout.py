"""The layouts of daily histories: which column is what, how dates are written, and cells to values."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import ChainError, FormatError
from gex.ingest.readers.text import cells, decode, split_line
from gex.ingest.sealed import read_sealed, within_years

if TYPE_CHECKING:
    from collections.abc import Sequence

PARQUET = b"PAR1"
DATES = ("date", "observation date", "trade date", "quote date", "datetime", "timestamp", "day")
"""What the column of dates is called, whatever its capitals; the first of these that is there."""
PRICES = ("close", "close/last", "last", "price", "adj close")
CLOSES = (*PRICES, "value")
"""What the column of the day's value is called, in the order of preference; else it is the one column beside the dates."""
RANGE = ("open", "high", "low")
NO_VALUE = ("", ".", "nan", "null", "none", "n/a", "#n/a", "na", "-")
"""Cells, in lower case, that say that there is no value: FRED's, Yahoo's, pandas', a spreadsheet's."""
TOP = 5
"""Lines among which the header is looked for: some files begin with a title."""
_YEARS = dt.date(1800, 1, 1), dt.date(2200, 1, 1)
_ISO, _SLASHES = r"^\d{4}-\d{1,2}-\d{1,2}", r"^\d{1,2}/\d{1,2}/\d{4}"


@dataclass(frozen=True)
class Layout:
    """Where in a line each value stands.

    Attributes:
        places: The column of each of `date`, `open`, `high`, `low`, `close`, `volume` that is there, from 0.
        width: Columns of the file.
        label: The value column's own name if it says what the series is: `VVIX`, `BAMLH0A0HYM2`; else None.
        priced: Whether the values are prices by their column's name.
        unread: Names of the columns that are not read.

    """

    places: dict[str, int]
    width: int
    label: str | None
    priced: bool
    unread: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A file's rows before they are judged.

    Attributes:
        rows: `line`, `defect` (null if none), `date`, and the columns of `DAILY_SCHEMA` that the file has; cells
            without a value are null.
        texts: Each row as it stands in the file, by its line.
        layout: What its columns are.
        priced: Whether values are prices, which are positive, or may be anything, as a spread or a rate.
        notes: What was found odd about the file, one sentence each.

    """

    rows: pl.DataFrame
    texts: dict[int, str]
    layout: Layout
    priced: bool
    notes: tuple[str, ...]


def read_table(data: bytes, source: str, column: str | None = None) -> Table:
    """Read the rows of a CSV or Parquet file.

    Args:
        data: The file.
        source: For messages.
        column: Name of the column that holds the values, where the file has several.

    Raises:
        UnreadableError: It is not text, or damaged.
        FormatError: It has no header with a column of dates, several columns of values, or days before months.

    """
    return _parquet(data, source, column) if data.startswith(PARQUET) else _text(data, source, column)


def label_of(head: bytes, source: str) -> str | None:
    """Return what the header of a text file calls its series; None if it does not say, or there is none to read."""
    try:
        lines = decode(head, source).split("\n")[:TOP]
        return layout_of(_header(lines, source)[2], source).label
    except ChainError:
        return None


def layout_of(names: Sequence[str], source: str, column: str | None = None) -> Layout:
    """Return what the columns of a header are.

    Raises:
        FormatError: Dates or values are missing, or values could be any of several columns.

    """
    known = [_plain(name) for name in names]
    if column is not None and _plain(column) not in known:
        raise FormatError(f"no column {column!r}; there are {_listed(names)}", source=source, value=column)
    date = next((known.index(name) for name in DATES if name in known), None)
    if date is None:
        raise FormatError(f"no column of dates; there are {_listed(names)}; call it `date`", source=source)
    value = known.index(_plain(column)) if column is not None else _value(names, known, date, source)
    own = () if known[value] not in CLOSES else (*RANGE, "volume")
    places = {"date": date, **{name: known.index(name) for name in own if name in known}, "close": value}
    twice = next((names[place] for place in places.values() if known.count(known[place]) > 1), None)
    if twice is not None:
        raise FormatError(f"two columns are called {twice!r}; rename one", source=source, value=twice)
    unread = tuple(name.strip() for place, name in enumerate(names) if place not in places.values() and name.strip())
    label = None if known[value] in CLOSES else names[value].strip().upper()
    return Layout(places, len(names), label, known[value] in (*PRICES, *RANGE), unread)


def _value(names: Sequence[str], known: list[str], date: int, source: str) -> int:
    """Return the place of the values: a known name, else the only other column."""
    named = next((known.index(name) for name in CLOSES if name in known), None)
    others = [place for place, name in enumerate(known) if place != date and name and name not in (*RANGE, "volume")]
    if named is not None:
        return named
    if len(others) == 1 and not set(RANGE) & set(known):
        return others[0]
    what = "several columns could hold the values" if len(others) > 1 else "no column of values"
    listed = _listed([names[place] for place in others] or names)
    raise FormatError(f"{what}; there are {listed}; name one, as FILE#COLUMN or column=", source=source)


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_\s]+", " ", name).strip().casefold().split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.strip()[:40] for name in names[:12]) + (", ..." if len(names) > 12 else "")


def _text(data: bytes, source: str, column: str | None) -> Table:
    text = decode(data, source)
    lines = text.removesuffix("\n").split("\n")
    place, separator, names = _header(lines[:TOP], source)
    layout = layout_of(names, source, column)
    table = cells(lines[place + 1 :], place + 2, layout.width, separator, ended=text.endswith("\n"))
    texts = {line: lines[line - 1] for line in table["line"].to_list()}
    return _table(table, texts, layout, source, (f"its header is line {place + 1}",) if place else ())


def _header(lines: list[str], source: str) -> tuple[int, str, list[str]]:
    """Return the place of the header among the first lines, what separates its cells, and the names in it."""
    for place, line in enumerate(lines):
        separator = max(",;\t", key=line.count)
        names = split_line(line, separator)
        if {_plain(name) for name in names} & set(DATES):
            # A frame of yfinance has names in its first line and `Date` alone in its third.
            above = split_line(lines[0], separator)
            return place, separator, [own or up for own, up in zip_longest(names, above[: len(names)], fillvalue="")]
    shown = lines[0][:80] if lines else ""
    message = f"no header with a column of dates, got {shown!r}; write `date,value` or `date,open,high,low,close`"
    raise FormatError(message, source=source, row=1, value=shown)


def _parquet(data: bytes, source: str, column: str | None) -> Table:
    frame, _ = read_sealed(data, source)
    frame = frame.with_columns(column.to_physical() for column in frame if not within_years(column))
    # A Parquet file is called as it is on disk: to tell a folder's names, no column is looked at.
    layout = replace(layout_of(frame.columns, source, column), label=None)
    places = sorted(layout.places.values())
    day = frame.columns[layout.places["date"]]
    if isinstance(frame.schema[day], pl.Datetime):
        frame = frame.with_columns(pl.col(day).dt.date())
    try:
        # As text, so that one set of rules serves every kind of file; shortest digits give the same number back.
        written = frame.select(
            pl.int_range(1, pl.len() + 1).alias("line"),
            pl.lit(None, pl.String).alias("defect"),
            *(pl.nth(place).cast(pl.String).fill_null("").alias(f"cell_{place}") for place in places),
        )
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"a column that is no text, date or number: {error}", source=source) from None
    texts = written.select(pl.concat_str(pl.nth(range(2, 2 + len(places))), separator=",")).to_series()
    return _table(written, dict(enumerate(texts, 1)), layout, source, ())


def _table(table: pl.DataFrame, texts: dict[int, str], layout: Layout, source: str, notes: tuple[str, ...]) -> Table:
    """Turn cells into dates and numbers; a cell that is neither is the row's defect."""
    cell = {name: pl.col(f"cell_{place}").str.strip_chars() for name, place in layout.places.items()}
    written = table.select(
        "line",
        "defect",
        cell.pop("date").alias("date"),
        *(pl.when(~text.str.to_lowercase().is_in(NO_VALUE)).then(text).alias(name) for name, text in cell.items()),
    )
    _check_order(written["date"], source)
    rows = written.with_columns(_date(pl.col("date")), pl.col(*cell).cast(pl.Float64, strict=False))
    bad = [written[name].is_not_null() & ~rows[name].is_finite().fill_null(value=False) for name in cell]
    rows = rows.with_columns(
        pl.coalesce(
            "defect",
            pl.when(pl.col("date").is_null()).then(pl.lit("bad_date")),
            pl.when(pl.any_horizontal(bad)).then(pl.lit("bad_number")),
        )
    )
    # Only Cboe writes one value a day with such dates, and its indices are prices.
    priced = layout.priced or bool(written["date"].str.contains(_SLASHES).any())
    notes += (f"not read: {_listed(layout.unread)}",) if layout.unread else ()
    return Table(rows, texts, layout, priced, notes)


def _date(day: pl.Expr) -> pl.Expr:
    """Return the dates that texts are: 2025-11-14 with or without a time, 20251114, or 11/14/2025 as Cboe writes."""
    found = pl.coalesce(
        day.str.extract(f"({_ISO})(?:[T ].*)?$").str.to_date("%Y-%m-%d", strict=False),
        day.str.extract(f"({_SLASHES})(?: .*)?$").str.to_date("%m/%d/%Y", strict=False),
        day.str.extract(r"^(\d{8})$").str.to_date("%Y%m%d", strict=False),
    )
    return pl.when(found.is_between(*_YEARS)).then(found)


def _check_order(days: pl.Series, source: str) -> None:
    """Refuse a file of days before months, half of whose dates would be read wrong in silence.

    Raises:
        FormatError: More of its dates are 14/11/2025 than 11/14/2025.

    """
    slashed = days.str.extract(f"({_SLASHES})").drop_nulls()
    first, second = (slashed.str.split("/").list.get(place).cast(pl.Int64) for place in (0, 1))
    swapped = slashed.filter((first > 12) & (second <= 12))
    if len(swapped) > len(slashed.filter((first <= 12) & (second > 12))):
        message = f"dates with the day before the month, such as {swapped[0]}; write them as 2025-11-14"
        raise FormatError(message, source=source, value=swapped[0])
