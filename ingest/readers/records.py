"""JSON sources: the text, and its list of option records as a table."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError, UnreadableError
from gex.ingest.readers.raw import typed
from gex.ingest.readers.text import decode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def load(data: bytes, source: str) -> dict[str, Any]:
    """Return the object a JSON source holds.

    Raises:
        UnreadableError: It is cut off or no JSON; the message names the line.

    """
    try:
        document = json.loads(decode(data, source))
    except (json.JSONDecodeError, RecursionError) as error:
        row = error.lineno if isinstance(error, json.JSONDecodeError) else None
        raise UnreadableError("not valid JSON: cut off or damaged; save it again", source=source, row=row) from None
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
            **{name: _values([record.get(key) for record in found]) for key, name in names.items()},
        }
    )
    parsed = typed(with_symbol_fields(table))
    bad_symbol = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
    return parsed.with_columns(pl.coalesce("defect", bad_symbol).alias("defect")).drop("symbol")


def texts(records: Sequence[Any]) -> Callable[[Sequence[int]], list[str]]:
    """Return the way from a record's place to its JSON."""
    return lambda places: [json.dumps(records[place - 1]) for place in places]


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _values(values: list[Any]) -> pl.Series:
    """Return numbers as numbers; where a record holds anything else, all as text for `typed` to judge."""
    if all(value is None or type(value) in {int, float} for value in values):
        return pl.Series(values, dtype=pl.Float64, strict=False)
    return pl.Series([None if value is None else str(value) for value in values], dtype=pl.String)
