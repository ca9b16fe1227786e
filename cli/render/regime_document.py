"""The regime of an evening as a document, and as a table."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.document import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gex.ingest.daily_schema import DailyHistory
    from gex.signals.regime import Reading, Regime, Rules

FLAT = {
    "name": pl.String,
    "value": pl.Float64,
    "unit": pl.String,
    "date": pl.Date,
    "state": pl.String,
    "count": pl.Int64,
    "of": pl.Int64,
    "since": pl.Date,
    "sessions": pl.Int64,
    "percentile": pl.Float64,
    "ranked": pl.Int64,
    "weekdays_late": pl.Int64,
    "stale": pl.Boolean,
    "changes": pl.String,
    "definition": pl.String,
    "reason": pl.String,
}


def document(found: Regime, rules: Rules, histories: Mapping[str, DailyHistory]) -> dict[str, Any]:
    """Return the regime as one document."""
    names = dict.fromkeys(name for reading in found.readings for name in reading.inputs)
    return {
        "schema_version": SCHEMA_VERSION,
        "as_of": found.as_of,
        "rules": asdict(rules),
        "readings": readings(found),
        "realized_pct_a_year": found.realized,
        "histories": sources(names, histories),
    }


def readings(found: Regime) -> list[dict[str, Any]]:
    """Return a row a figure; what is null says why under `reasons`."""
    return [_row(reading) for reading in found.readings]


def sources(names: Iterable[str], histories: Mapping[str, DailyHistory]) -> list[dict[str, Any]]:
    """Return where each history is from, and how far it goes; those that are missing left out."""
    return [_source(histories[name]) for name in names if name in histories]


def frame(found: Regime) -> pl.DataFrame:
    """Return the same as flat columns, the changes in words."""
    rows = [
        row | {"changes": "; ".join(map(words, reading.changes)), "reason": reading.reason}
        for row, reading in zip(readings(found), found.readings, strict=True)
    ]
    return pl.DataFrame([{name: row.get(name) for name in FLAT} for row in rows], schema=FLAT)


def words(change: Any) -> str:
    """Say what would change a state: VIX 24.00 or more: stress."""
    level = f"{change.level:,.2f}{'%' if change.unit == '%' else ''}"
    how = {
        "above": f"above {level}",
        "at_or_above": f"{level} or more",
        "below": f"below {level}",
        "at_or_below": f"{level} or less",
    }[change.comparison]
    given = f" ({change.given})" if change.given else ""
    return f"{change.series} {how}: {change.to}{given}"


def _row(reading: Reading) -> dict[str, Any]:
    row = {name: value for name, value in asdict(reading).items() if name not in {"late", "reason"}}
    return row | {"weekdays_late": reading.late, "reasons": _reasons(reading)}


def _reasons(reading: Reading) -> dict[str, str]:
    """Say why a figure is null or not of that evening."""
    if reading.reason is not None:
        return {"stale" if reading.stale else "value": reading.reason}
    reasons = {}
    if reading.state is None:
        reasons["state"] = "it has no states"
    if reading.percentile is None:
        reasons["percentile"] = f"{reading.ranked} earlier values are too few"
    return reasons


def _source(history: DailyHistory) -> dict[str, Any]:
    dates = history.frame["date"]
    return {
        "name": history.name,
        "path": history.source.path,
        "sha256": history.source.sha256,
        "first": dates[0],
        "last": dates[-1],
        "rows": len(dates),
    }
