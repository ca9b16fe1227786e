"""A made-up series of results: the columns of the result store's summary that histories read."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST = dt.date(2025, 1, 6)


def row(day: dt.date, hour: int = 21, **values: Any) -> dict[str, Any]:
    """Return one snapshot, at an hour of UTC; every value may be given."""
    return {
        "underlying": "SPX",
        "quote_time": dt.datetime(day.year, day.month, day.day, hour, tzinfo=dt.UTC),
        "quote_date": day,
        "spot": 6000.0,
        "gamma_flip": 5900.0,
        "gamma_flip_sigma": -1.5,
        "call_wall": 6100.0,
        "put_wall": 5800.0,
        "net_gamma_usd_per_1pct": 10e9,
        "gross_gamma_usd_per_1pct": 100e9,
        "zero_dte_net_gamma_usd_per_1pct": 2e9,
        "zero_dte_share_of_gross": 0.1,
        "positions": "naive",
        "vol": "reimplied",
        "spec_fingerprint": "5b77aa1000000000",
        "tool_version": "0.1.0",
    } | values


def weekdays(count: int) -> list[dt.date]:
    """Return the first weekdays from `FIRST` on."""
    days = (FIRST + dt.timedelta(days=n) for n in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def series_of(nets: Sequence[float | None], **values: Any) -> pl.DataFrame:
    """Return a session a value of net gamma."""
    rows = [row(day, net_gamma_usd_per_1pct=net, **values) for day, net in zip(weekdays(len(nets)), nets, strict=True)]
    return frame_of(rows)


def frame_of(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Return rows as the store would: floats stay floats whatever is null."""
    floats = {name: pl.Float64 for name, value in row(FIRST).items() if isinstance(value, float)}
    return pl.DataFrame(rows, schema_overrides=floats, infer_schema_length=None)
