"""Our own files, Parquet and CSV, and tables in memory: the chain table's columns under their own names.

A file we wrote carries the facts of its chain (in the Parquet metadata, or in a CSV's first line after `#`), so that
it comes back exactly as it was. A table without them needs root, expiration, strike, option_type and the quotes; what
else is missing follows from the root and from what the user gives.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import asdict, replace
from typing import Any

import polars as pl

from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers.raw import ROWS, RawChain, typed
from gex.ingest.readers.text import cells, decode, split_line
from gex.ingest.schema import KEY, SCHEMA, SCHEMA_VERSION, Chain, QualityReport, Source
from gex.ingest.sealed import read_sealed, within_years
from gex.ingest.times import as_utc

PARQUET = "parquet"
CSV = "csv"
TABLE = "table"
_METADATA_KEY = "gex.chain"
_MARK = "# gex.chain "
_NEEDED = (*KEY, "open_interest")
_ALIASES = {"right": "option_type"}
_CHOICES = {
    "option_type": {"C": "C", "CALL": "C", "P": "P", "PUT": "P"},
    "settlement": {"AM": "AM", "PM": "PM"},
    "exercise": {"E": "E", "A": "A"},
}
# Columns that vendors have beside those of the key: their files are never taken for ours.
_VENDORS = {b"underlying_symbol", b"quote_datetime", b"trade_volume", b"ms_of_day"}
_FIRST_DAY, _LAST_DAY = dt.date(1990, 1, 1), dt.date(2200, 1, 1)
_CHECKED = ("settlement", "exercise", "multiplier", "open_interest_date")
_BROUGHT = ("underlying", "settlement", "exercise", "multiplier", "open_interest_date")


def facts_of(chain: Chain) -> dict[str, Any]:
    """Return what a chain is besides its table, as JSON-ready values."""
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": chain.underlying,
        "asset_class": chain.asset_class,
        "spot": chain.spot,
        "quote_time": chain.quote_time.isoformat(),
        "quote_date": chain.quote_date.isoformat(),
        "next_close": chain.next_close.isoformat(),
        "stamp": chain.stamp and chain.stamp.isoformat(),
        "delay_minutes": chain.delay_minutes,
        "quote_time_source": chain.quote_time_source,
        "market_open": chain.market_open,
        "open_interest_date": chain.open_interest_date and chain.open_interest_date.isoformat(),
        "source": asdict(chain.source),
        "quality": asdict(chain.quality),
    }


def chain_of(facts: dict[str, Any], frame: pl.DataFrame, source: str) -> Chain:
    """Return the chain of a table and its facts.

    Raises:
        FormatError: The facts are of another version of the layout, or incomplete.

    """
    if facts.get("schema_version") != SCHEMA_VERSION:
        raise FormatError(
            f"written with layout {facts.get('schema_version')}, this program reads {SCHEMA_VERSION}", source=source
        )
    try:
        return Chain(
            frame=frame,
            underlying=facts["underlying"],
            asset_class=facts["asset_class"],
            spot=facts["spot"],
            quote_time=_instant(facts["quote_time"]),
            quote_date=dt.date.fromisoformat(facts["quote_date"]),
            next_close=_instant(facts["next_close"]),
            stamp=_instant(facts["stamp"]) if facts["stamp"] else None,
            delay_minutes=facts["delay_minutes"],
            quote_time_source=facts["quote_time_source"],
            market_open=facts["market_open"],
            open_interest_date=dt.date.fromisoformat(facts["open_interest_date"])
            if facts["open_interest_date"]
            else None,
            source=Source(**facts["source"]),
            quality=account(facts["quality"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"its facts in the metadata are damaged: {error}", source=source) from None


def _instant(text: str) -> dt.datetime:
    """Return an instant that was written with its time zone."""
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return instant


def account(facts: dict[str, Any]) -> QualityReport:
    """Return the account of an earlier reading, in which every row must have its place."""
    found = QualityReport(**dict(facts, notes=tuple(facts["notes"])))
    counts = (found.rows_in, found.rows_kept, *found.quarantined.values(), *found.warnings.values())
    if any(type(count) is not int or count < 0 for count in counts):
        raise ValueError("a number of rows is not a count")
    if found.rows_in != found.rows_kept + sum(found.quarantined.values()):
        raise ValueError(f"{found.rows_in} rows, but {found.rows_kept} kept and {found.quarantined} set aside")
    return found


def csv_bytes(chain: Chain) -> bytes:
    """Return a chain as a CSV file, its facts in the first line."""
    return f"{_MARK}{json.dumps(facts_of(chain))}\n{chain.frame.write_csv()}".encode()


def sniff_parquet(head: bytes) -> bool:
    """Tell a Parquet file."""
    return head.startswith(b"PAR1")


def sniff_csv(head: bytes) -> bool:
    """Tell a CSV file with our facts, or with the key columns in its header."""
    text = head.removeprefix(b"\xef\xbb\xbf")
    names = {name.strip().strip(b'"') for name in text.split(b"\n", 1)[0].rstrip(b"\r").split(b",")}
    return text.startswith(_MARK.encode()) or ({b"root", b"expiration", b"strike"} <= names and not _VENDORS & names)


def read_parquet(data: bytes, source: str) -> RawChain:
    """Read a Parquet file.

    Raises:
        UnreadableError: It is cut off or damaged.
        FormatError: Columns are missing.

    """
    frame, facts = _parquet(data, source)
    return from_table(frame, source, facts)


def read_unchanged(data: bytes, source: str) -> Chain | None:
    """Return the chain of a Parquet file that is as we wrote it, without judging its rows again; else None.

    Raises:
        UnreadableError: It is cut off or damaged.

    """
    frame, chain = _parquet(data, source)
    if chain is None or frame.schema != SCHEMA or frame.height != chain.quality.rows_kept:
        return None
    return chain


def read_csv(data: bytes, source: str) -> RawChain:
    """Read a CSV file.

    Raises:
        UnreadableError: It is cut off in the middle of a line.
        FormatError: Columns are missing.

    """
    lines = decode(data, source).split("\n")
    ended = lines[-1] == ""
    top = 1 if lines[0].startswith(_MARK) else 0
    facts = _facts(lines[0].removeprefix(_MARK), pl.DataFrame(schema=SCHEMA), source) if top else None
    header = [name.strip() for name in split_line("".join(lines[top : top + 1]), ",")]
    header = _checked_names(header, source)
    table = cells(lines[top + 1 :], top + 2, len(header), ",", ended=ended)
    if not ended and table.height and table["defect"][-1] == "field_count":
        last = int(table["line"][-1])
        raise UnreadableError("the file is cut off in the middle of a line; save it again", source=source, row=last)
    frame = table.rename({f"cell_{place}": name for place, name in enumerate(header)})
    raw = from_table(frame, source, facts)
    return replace(raw, texts=lambda numbers: [lines[number - 1] for number in numbers])


def from_table(frame: pl.DataFrame, source: str, stored: Chain | None = None) -> RawChain:
    """Return a table with the chain's columns as a reader's rows; text is parsed, other columns are ignored.

    Raises:
        FormatError: A needed column is missing.
        ContentError: It holds several quote times or spots, or not the rows it was written with.

    """
    frame = frame.rename(dict(zip(frame.columns, _checked_names(frame.columns, source), strict=True)))
    frame = frame.with_columns(column.to_physical() for column in frame if not within_years(column))
    if stored is not None and frame.height != stored.quality.rows_kept:
        raise ContentError(
            f"{frame.height} rows, but it was written with {stored.quality.rows_kept}: cut off or edited; write it again",
            source=source,
        )
    if "line" not in frame.columns:
        frame = frame.with_columns(pl.int_range(1, pl.len() + 1, dtype=pl.Int64).alias("line"))
    stamp, problem = _stamp(_only(frame, "quote_time", source))
    label = frame["source"][0] if "source" in frame.columns and frame.height else None
    return RawChain(
        rows=typed(_parsed(frame)),
        source=str(label or TABLE),
        stamp=stamp,
        stamp_problem=problem,
        spot=_spot(_only(frame, "spot", source)),
        delay_minutes=0.0,
        texts=lambda numbers: [json.dumps(frame.row(number - 1, named=True), default=str) for number in numbers],
        stored=stored,
    )


def _parquet(data: bytes, source: str) -> tuple[pl.DataFrame, Chain | None]:
    frame, metadata = read_sealed(data, source)
    return frame, _facts(metadata.get(_METADATA_KEY), frame, source)


def _checked_names(columns: list[str], source: str) -> list[str]:
    """Return column names with aliases resolved, refusing repeated and missing ones."""
    names = [_ALIASES.get(name, name) if _ALIASES.get(name) not in columns else name for name in columns]
    if len(set(names)) < len(names):
        raise FormatError(f"two columns of one name in {', '.join(columns)}", source=source)
    missing = [name for name in _NEEDED if name not in names]
    if missing:
        raise FormatError(f"columns missing: {', '.join(missing)}; got {', '.join(columns)}", source=source)
    return names


def _facts(text: str | None, frame: pl.DataFrame, source: str) -> Chain | None:
    """Return the chain that a table with these facts was; None without facts."""
    if text is None:
        return None
    try:
        facts = json.loads(text)
    except json.JSONDecodeError:
        raise FormatError("its facts in the metadata are damaged", source=source) from None
    return chain_of(facts, frame, source)


def _parsed(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the columns the rules work on, with `defect` set where a date, side or multiplier cannot be read."""
    names = [name for name in (*ROWS, *_BROUGHT) if name in frame.columns]
    table = frame.select(_converted(frame, name) for name in names)
    checked = [name for name in ("expiration", "option_type", *_CHECKED) if name in names]
    unread = pl.any_horizontal(table[name].is_null() & _there(frame[name]) for name in checked)
    defect = (
        pl.coalesce("defect", pl.when(unread).then(pl.lit("bad_number")))
        if "defect" in names
        else (pl.when(unread).then(pl.lit("bad_number")))
    )
    return table.with_columns(defect.alias("defect"))


def _there(column: pl.Series) -> pl.Series:
    return (column != "").fill_null(value=False) if column.dtype == pl.String else column.is_not_null()


def _converted(frame: pl.DataFrame, name: str) -> pl.Expr:
    """Return a column as the type the rules work on; what does not fit becomes null."""
    column = pl.col(name)
    is_text = frame.schema[name] == pl.String
    if name in {"expiration", "open_interest_date"}:
        day = column.str.to_date("%Y-%m-%d", strict=False) if is_text else column.cast(pl.Date, strict=False)
        return pl.when(day.is_between(_FIRST_DAY, _LAST_DAY)).then(day).alias(name)
    if name in _CHOICES:
        plain = column.cast(pl.String).str.strip_chars().str.to_uppercase()
        return plain.replace_strict(_CHOICES[name], default=None, return_dtype=pl.String)
    if name in {"root", "underlying"}:
        plain = column.cast(pl.String).str.strip_chars()
        return pl.when(plain != "").then(plain).alias(name)
    return column.cast(pl.Float64, strict=False) if name == "multiplier" else column


def _only(frame: pl.DataFrame, name: str, source: str) -> object:
    """Return the one value of a column that must not vary within a snapshot."""
    if name not in frame.columns:
        return None
    values = frame[name].drop_nulls().unique().sort()
    if values.len() > 1:
        raise ContentError(
            f"{values.len()} values of {name}, from {values[0]} to {values[-1]}: one snapshot a file, split it",
            source=source,
        )
    value: object = values[0] if values.len() else None
    return None if value == "" else value


def _spot(value: object) -> float | None:
    try:
        return None if value is None else float(str(value))
    except ValueError:
        return None


def _stamp(value: object) -> tuple[dt.datetime | None, str]:
    """Return a quote time in UTC, or None and what is wrong with it."""
    if value is None:
        return None, "no quote_time column, or an empty one"
    try:
        instant = value if isinstance(value, dt.datetime) else dt.datetime.fromisoformat(str(value))
        if instant.tzinfo is None:
            return None, f"quote_time {instant.isoformat()} has no time zone"
        return as_utc(instant), ""
    except ValueError:
        return None, f"quote_time {str(value)!r} is not a date and time as in ISO 8601"
