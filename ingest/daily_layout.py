"""The layouts of daily histories: which column is what, how dates are written, and cells to values."""

from __future__ import annotations

import datetime as dt
import io
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.text import cells, decode, split_line

if TYPE_CHECKING:
    from collections.abc import Sequence

PARQUET = b"PAR1"
DATES = ("date", "observation date", "trade date", "datetime", "timestamp", "day")
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
        place, separator = _header(lines, source)
        return layout_of(split_line(lines[place], separator), source).label
    except (UnreadableError, FormatError):
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
    if len(others) == 1 and len(known) <= 3:
        return others[0]
    listed = _listed([names[place] for place in others]) if others else _listed(names)
    what = "several columns could hold the values" if others else "no column of values"
    raise FormatError(f"{what}: {listed}; name one, as FILE#COLUMN or column=", source=source)


def _plain(name: str) -> str:
    return " ".join(re.sub(r"[_\s]+", " ", name).strip().casefold().split())


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.strip()[:40] for name in names[:12]) + (", ..." if len(names) > 12 else "")


def _text(data: bytes, source: str, column: str | None) -> Table:
    text = decode(data, source)
    ended = text.endswith("\n")
    lines = text.removesuffix("\n").split("\n")
    place, separator = _header(lines[:TOP], source)
    layout = layout_of(split_line(lines[place], separator), source, column)
    first = place + 2
    table = cells(lines[place + 1 :], first, layout.width, separator, ended=ended)
    texts = {line: lines[line - 1] for line in table["line"]}
    notes = (f"the first {place} lines are a title",) if place else ()
    return _table(table, texts, layout, source, notes)


def _header(lines: list[str], source: str) -> tuple[int, str]:
    """Return the place of the header among the first lines, and what separates its cells."""
    for place, line in enumerate(lines):
        separator = max(",;\t", key=line.count)
        if {_plain(name) for name in split_line(line, separator)} & set(DATES):
            return place, separator
    shown = lines[0][:80] if lines else ""
    message = f"no header with a column of dates, got {shown!r}; write `date,value` or `date,open,high,low,close`"
    raise FormatError(message, source=source, row=1, value=shown)


def _parquet(data: bytes, source: str, column: str | None) -> Table:
    try:
        frame = pl.read_parquet(io.BytesIO(data))
        layout = layout_of(frame.columns, source, column)
        day = frame.columns[layout.places["date"]]
        if isinstance(frame.schema[day], pl.Datetime):
            frame = frame.with_columns(pl.col(day).dt.date())
        places = sorted(set(layout.places.values()))
        # As text, so that one set of rules serves every kind of file; shortest digits give the same number back.
        written = frame.select(
            pl.nth(place).cast(pl.String).fill_null("").alias(f"cell_{place}") for place in places
        ).with_row_index("line", 1)
    except (pl.exceptions.PolarsError, OSError) as error:
        why = (str(error).splitlines() or ["damaged"])[0]
        raise UnreadableError(f"not a readable Parquet file: {why}", source=source) from None
    table = written.with_columns(pl.col("line").cast(pl.Int64), pl.lit(None, pl.String).alias("defect"))
    joined = written.select(pl.concat_str(pl.exclude("line"), separator=",")).to_series().to_list()
    return _table(table, dict(enumerate(joined, 1)), layout, source, ())


def _table(table: pl.DataFrame, texts: dict[int, str], layout: Layout, source: str, notes: tuple[str, ...]) -> Table:
    """Turn cells into dates and numbers; a cell that is neither is the row's defect."""
    day = pl.col(f"cell_{layout.places['date']}").str.strip_chars()
    _check_order(table.select(day.alias("day"))["day"], source)
    numbers = {name: pl.col(f"cell_{place}").str.strip_chars() for name, place in layout.places.items()}
    del numbers["date"]
    has_value = {name: ~text.str.to_lowercase().is_in(NO_VALUE) for name, text in numbers.items()}
    values = {
        name: pl.when(has_value[name]).then(text.cast(pl.Float64, strict=False)) for name, text in numbers.items()
    }
    bad = pl.any_horizontal(
        has_value[name].fill_null(value=False) & ~values[name].is_finite().fill_null(value=False) for name in numbers
    )
    date = _date(day)
    rows = table.select(
        "line",
        pl.coalesce(
            "defect", pl.when(date.is_null()).then(pl.lit("bad_date")), pl.when(bad).then(pl.lit("bad_number"))
        ).alias("defect"),
        date.alias("date"),
        *(value.alias(name) for name, value in values.items()),
    )
    # Only Cboe writes one value a day with such dates, and its indices are prices.
    slashed = bool(table.select(day.str.contains(_SLASHES).any()).item())
    if layout.unread:
        notes = (*notes, f"not read: {_listed(layout.unread)}")
    return Table(rows, texts, layout, layout.priced or slashed, notes)


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
