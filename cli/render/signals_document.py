"""Signals of an evening as a document and as rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.document import SCHEMA_VERSION

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from gex.quotes import Bools, Floats
    from gex.signals.confluence import Cluster, Tolerance
    from gex.signals.evening import Evening, Reading

SIGNALS = {
    "name": pl.String,
    "value": pl.Float64,
    "holds": pl.Boolean,
    "since": pl.Date,
    "unit": pl.String,
    "definition": pl.String,
    "expression": pl.String,
    "source": pl.String,
    "reason": pl.String,
}
LEVELS = {
    "name": pl.String,
    "price": pl.Float64,
    "kind": pl.String,
    "distance_points": pl.Float64,
    "distance_pct": pl.Float64,
    "distance_sigmas": pl.Float64,
    "definition": pl.String,
    "reason": pl.String,
}


def document(name: str, evening: Evening, tolerance: Tolerance) -> dict[str, Any]:
    """Return an evening as one document; what is null has its reason beside it."""
    levels = evening.levels
    return {
        "schema_version": SCHEMA_VERSION,
        "history": name,
        "date": levels.date,
        "close": levels.spot,
        "sigma_points": evening.sigma,
        "sigma_is": "close * volatility_21 / sqrt(252)"
        if evening.sigma
        else "fewer than 22 closes, or they never moved",
        "tolerance": tolerance.size,
        "tolerance_unit": tolerance.unit,
        "signals": [_signal(each) for each in evening.readings],
        "levels": _levels(evening),
        "clusters": [_cluster(each) for each in evening.clusters],
    }


def signals_frame(evening: Evening) -> pl.DataFrame:
    """Return a row a signal."""
    return pl.DataFrame([_signal(each) for each in evening.readings], schema=SIGNALS)


def levels_frame(evening: Evening) -> pl.DataFrame:
    """Return a row a level."""
    return pl.DataFrame(_levels(evening), schema=LEVELS)


def days_frame(dates: npt.NDArray[np.datetime64], found: dict[str, Floats | Bools]) -> pl.DataFrame:
    """Return a row a day and a column a signal; null where a number is missing."""
    columns = {name: pl.Series(values, nan_to_null=True) for name, values in found.items()}
    return pl.DataFrame({"date": dates} | columns)


def _signal(reading: Reading) -> dict[str, Any]:
    named, value = reading.named, reading.value
    is_condition = isinstance(value, bool)
    return {
        "name": named.name,
        "value": None if is_condition else value,
        "holds": value if is_condition else None,
        "since": reading.since,
        "unit": named.unit or None,
        "definition": named.definition or None,
        "expression": named.expression,
        "source": named.source or None,
        "reason": reading.reason,
    }


def _levels(evening: Evening) -> list[dict[str, Any]]:
    spot, sigma = evening.levels.spot, evening.sigma
    found = [
        {
            "name": each.name,
            "price": each.price,
            "kind": each.kind,
            "distance_points": each.price - spot,
            "distance_pct": 100.0 * (each.price / spot - 1.0),
            "distance_sigmas": None if sigma is None else (each.price - spot) / sigma,
            "definition": each.definition,
            "reason": None,
        }
        for each in evening.levels.levels
    ]
    none = dict.fromkeys(LEVELS)
    return found + [none | {"name": name, "reason": reason} for name, reason in evening.levels.reasons.items()]


def _cluster(cluster: Cluster) -> dict[str, Any]:
    return {
        "low": cluster.members[0].price,
        "high": cluster.members[-1].price,
        "middle": cluster.middle,
        "spread_points": cluster.spread,
        "distance_points": cluster.distance,
        "distance_pct": cluster.distance_pct,
        "distance_sigmas": cluster.distance_sigmas,
        "kinds": list(cluster.kinds),
        "members": [each.name for each in cluster.members],
    }
