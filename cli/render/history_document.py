"""A series as flat columns, as a JSON document, and as a plain table of chosen columns."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.document import SCHEMA_VERSION, dumps, jsonable
from gex.cli.render.history_screen import held
from gex.cli.render.terminal import aligned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.render.history_screen import Shown

Row = dict[str, Any]
PolarsType = pl.DataType | type[pl.DataType]

UNITS = (
    "gamma in $ of delta per +1% of spot; delta and charm in $; vanna in $ per vol point; spot, flip, walls and their "
    "changes in points of the underlying; _pct in percent of spot; _sigma in standard deviations; shares from 0 to 1; "
    "percentiles from 0 to 100; times UTC"
)


def flat(shown: Shown) -> pl.DataFrame:
    """Return the series as columns that a spreadsheet takes, with `reasons` for what is null in one text."""
    types: dict[str, PolarsType] = {
        name: kind for name, kind in shown.history.frame.schema.items() if name in shown.rows[0]
    }
    extra: dict[str, PolarsType] = {name: pl.Float64 for name in shown.rows[0] if name not in types}
    if "attributed_from" in extra:
        extra["attributed_from"] = types["quote_time"]
    frame = pl.DataFrame(shown.rows, schema=types | extra)
    lists = [name for name, kind in frame.schema.items() if kind == pl.List]
    texts = ["; ".join(f"{name}: {why}" for name, why in reasons.items()) for reasons in shown.reasons]
    return frame.with_columns(
        *(pl.col(name).list.join("; ") for name in lists), pl.Series("reasons", texts, dtype=pl.String)
    )


def document(shown: Shown, columns: list[str] | None) -> Row:
    """Return the series as one document."""
    return {**about(shown), "rows": [_row(row, why, columns) for row, why in _pairs(shown)]}


def documents(shown: Shown, columns: list[str] | None, *, lines: bool) -> Iterator[str]:
    """Yield the document, or a row a line."""
    if not lines:
        yield dumps(jsonable(document(shown, columns))) + "\n"
        return
    for row, why in _pairs(shown):
        yield dumps(jsonable(_row(row, why, columns)), indent=None) + "\n"


def about(shown: Shown) -> Row:
    """Return what all rows have in common: what they are, what they assume, what they are held against."""
    history = shown.history
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": shown.rows[-1]["underlying"],
        "which": shown.which,
        "every": shown.every,
        "window": history.window,
        "min_sessions": history.at_least,
        "assumes": f"every dollar figure: {held(shown.rows)}",
        "units": UNITS,
        "warnings": [*history.warnings, *([shown.gap] if shown.gap else [])],
    }


def plain(shown: Shown, columns: list[str]) -> str:
    """Return chosen columns side by side, as they are."""
    rows = [tuple(_text(row.get(name)) for name in columns) for row in flat(shown).to_dicts()]
    numeric = [all(isinstance(row.get(name), (int, float, type(None))) for row in shown.rows) for name in columns]
    return "\n".join(aligned([tuple(columns), *rows], "".join("<>"[each] for each in numeric))) + "\n"


def _text(value: Any) -> str:
    match value:
        case None:
            return "–"
        case float():
            return f"{value:.8g}"
        case dt.datetime():
            return f"{value:%Y-%m-%dT%H:%M:%SZ}"
        case _:
            return str(value)


def _pairs(shown: Shown) -> Iterator[tuple[Row, dict[str, str]]]:
    return zip(shown.rows, shown.reasons, strict=True)


def _row(row: Row, reasons: dict[str, str], columns: list[str] | None) -> Row:
    if columns is None:
        return row | {"reasons": reasons}
    chosen = {name: row[name] for name in columns if name != "reasons"}
    return chosen | {"reasons": {name: why for name, why in reasons.items() if name in chosen}}
