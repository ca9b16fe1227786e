"""JSON sources: the text, and its list of option records as a table."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.raw import typed
from gex.ingest.readers.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

SIDES = {"CALL": "C", "PUT": "P"}
_LAST = 4_000_000_000
"""Seconds since 1970 beyond which a number is no time of a quote (2096)."""
_MOST = 1e9
"""Beyond any price."""
_WHOLE = 1 << 63


def parsed(data: bytes, source: str) -> Any:
    """Return what a JSON source holds.

    Raises:
        UnreadableError: It is cut off or no JSON; the message names the line.

    """
    try:
        return json.loads(decode(data, source))
    except (ValueError, RecursionError) as error:  # a ValueError alone: a number of thousands of digits
        row = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise UnreadableError("not valid JSON: cut off or damaged; save it again", source=source, row=row) from None


def load(data: bytes, source: str) -> dict[str, Any]:
    """Return the object a JSON source holds.

    Raises:
        UnreadableError: It is cut off or no JSON; the message names the line.
        FormatError: It holds something else.

    """
    document = parsed(data, source)
    if not isinstance(document, dict):
        raise FormatError(f"expected a JSON object, got a {type(document).__name__}", source=source)
    return document


def rows(records: Sequence[Any], symbol: str, names: Mapping[str, str], source: str) -> pl.DataFrame:
    """Return option records as a reader's rows.

    Args:
        records: One object per contract; `line` is its place in the list, from 1.
        symbol: Key of the option symbol.
        names: From keys of a record to columns of the chain table.
        source: For messages.

    Returns:
        Columns of `ROWS`.

    Raises:
        FormatError: A key is in no record at all.

    """
    found = [record if isinstance(record, dict) else {} for record in records]
    missing = [key for key in (symbol, *names) if not any(key in record for record in found)]
    if missing:
        raise FormatError(f"no option record has {', '.join(missing)}", source=source)
    table = pl.DataFrame(
        {
            "line": pl.int_range(1, len(found) + 1, eager=True),
            "symbol": pl.Series([_text(record.get(symbol)) for record in found], dtype=pl.String),
            **{name: values([record.get(key) for record in found]) for key, name in names.items()},
        }
    )
    parsed = typed(with_symbol_fields(table))
    bad_symbol = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
    return parsed.with_columns(pl.coalesce("defect", bad_symbol).alias("defect")).drop("symbol")


def texts(records: Sequence[Any]) -> Callable[[Sequence[int]], list[str]]:
    """Return the way from a record's place to its JSON."""
    return lambda places: [json.dumps(records[place - 1]) for place in places]


def part(record: Any, name: str) -> Mapping[str, Any]:
    """Return an object within a record, the record itself for ""; an empty one where there is none."""
    whole = record if isinstance(record, dict) else {}
    found = whole.get(name) if name else whole
    return found if isinstance(found, dict) else {}


def figures(record: Any, keys: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    """Return a record's figures by the chain table's names, from the object ("" for the record) and key of each."""
    return {name: part(record, where).get(key) for (where, key), name in keys.items()}


def found_in(flat: Sequence[Mapping[str, Any]], names: Iterable[str]) -> dict[str, str]:
    """Return the names of which some record has a value, as `rows` takes them."""
    return {name: name for name in names if any(record.get(name) is not None for record in flat)}


def price(*found: object) -> float | None:
    """Return the first of the values that is a price; None where none is."""
    return next((float(value) for value in found if isinstance(value, (int, float)) and 0 < value < _MOST), None)


def latest(times: Iterable[object], per_second: int) -> dt.datetime | None:
    """Return the latest of whole numbers counted from 1970 in UTC, nanoseconds or milliseconds; 0 and others are none."""
    known = [time for time in times if isinstance(time, int) and 0 < time < _LAST * per_second]
    if not known:
        return None
    return dt.datetime.fromtimestamp(0, dt.UTC) + dt.timedelta(microseconds=max(known) * 10**6 // per_second)


def checked(rows: pl.DataFrame, printed: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Set aside rows whose record says something else than its symbol.

    Args:
        rows: Columns of `ROWS`.
        printed: What each row's record says, by columns of `rows`: the side as CALL or PUT in any case, the expiration as
            2024-06-21, the strike as a number.

    Returns:
        The rows, with `defect` set.

    """
    wrong = [not _agrees(row, said) for row, said in zip(rows.iter_rows(named=True), printed, strict=True)]
    contradiction = pl.when(pl.Series(wrong, dtype=pl.Boolean)).then(pl.lit("contradiction"))
    return rows.with_columns(pl.coalesce("defect", contradiction).alias("defect"))


def _agrees(row: Mapping[str, Any], said: Mapping[str, object]) -> bool:
    for name, value in said.items():
        if name == "strike":
            strike = price(value)
            same = strike is not None and row[name] is not None and abs(strike - row[name]) < 5e-4
        elif name == "option_type":
            same = SIDES.get(str(value).upper()) == row[name]
        else:
            same = str(value) == str(row[name])
        if not same:
            return False
    return True


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.isascii() else None


def values(found: list[Any]) -> pl.Series:
    """Return numbers as numbers; where a record holds anything else, all as text for `typed` to judge."""
    if all(value is None or type(value) is float or _is_small(value) for value in found):
        return pl.Series(found, dtype=pl.Float64, strict=False)
    return pl.Series([None if value is None else _ascii(value) for value in found], dtype=pl.String)


def _is_small(value: object) -> bool:
    """Tell whether a value is a whole number that Polars takes: it makes nothing of greater ones, in silence."""
    return type(value) is int and abs(value) < _WHOLE


def _ascii(value: object) -> str:
    """Return a value's text without what Polars refuses: halves of surrogate pairs, which JSON can hold."""
    return str(value).encode("ascii", "replace").decode()
