"""Trend followers as a JSON document and as flat tables."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.cta_screen import warnings_of
from gex.cli.render.document import SCHEMA_VERSION
from gex.flows.fitted import ERRORS, FIRST, LAST, NOTES, PERCENTILE_ERROR, PIVOT_ERRORS_PCT
from gex.flows.flow_table import HORIZONS, SCENARIOS

if TYPE_CHECKING:
    from gex.cli.render.cta_screen import Asked
    from gex.flows.trend_report import TrendReport
    from gex.flows.triggers import Trigger

Row = dict[str, Any]

UNITS = (
    "pivots, close and triggers in points of the index; position from -1 to 1 of a full one; flows, stress, position_usd "
    "and errors in $, buying positive; percentiles from 0 to 100; volatility a year, 0.2 for 20%; _pct in percent"
)
NO_TRIGGER = "the path is longer than the rule's window: no price turns it"
NOT_FITTED = "the model is not the fitted one: nothing is known of its error"


def document(report: TrendReport, asked: Asked) -> Row:
    """Return the report as one document."""
    return {
        "schema_version": SCHEMA_VERSION,
        "symbol": report.symbol,
        "as_of": report.as_of,
        "asked_for": asked.as_of,
        "close": report.close,
        "closes": report.closes,
        "volatility": report.volatility,
        "pivots": report.pivots,
        "position": report.position,
        "position_usd": report.position_usd,
        "percentile": report.percentile,
        "percentile_sessions": report.past,
        "triggers": [_trigger(each, report) for each in report.triggers],
        "flows": report.flows,
        "flows_error": _by_horizon("left_out", report),
        "stress": [asdict(stress) | {"flow_usd": usd} for stress, usd in report.stresses] or None,
        "systems": systems(report),
        "model": asdict(report.model),
        "fit": _fit(report),
        "source": {"path": asked.path, "sha256": asked.sha256},
        "units": UNITS,
        "warnings": warnings_of(report, asked),
        "reasons": _reasons(report),
    }


def frame(report: TrendReport, table: str) -> pl.DataFrame:
    """Return triggers, flows or systems as flat columns."""
    rows = {"triggers": triggers, "flows": flows, "systems": systems}[table](report)
    about = {"symbol": report.symbol, "as_of": report.as_of}
    return pl.DataFrame([about | row for row in rows], infer_schema_length=None)


def triggers(report: TrendReport) -> list[Row]:
    """Return a row a rule, flat paths side by side."""
    found = []
    for each in report.triggers:
        row = _trigger(each, report)
        paths = row.pop("flat_path")
        reason = row.pop("reasons")
        row |= {f"flat_{name}": None if price != price else price for name, price in paths.items()}  # noqa: PLR0124 (NaN)
        found.append(row | {"reasons": "; ".join(f"{name}: {why}" for name, why in reason.items())})
    return found


def flows(report: TrendReport) -> list[Row]:
    """Return a row a horizon and scenario."""
    why = report.reasons.get("flows") or (None if report.fitted else NOT_FITTED)
    return [
        {
            "horizon": horizon,
            "scenario": scenario,
            "flow_usd": report.flows[horizon][scenario] if report.flows else None,
            "error_usd": ERRORS[f"{horizon}_{scenario}"].left_out if report.fitted else None,
            "reason": why,
        }
        for horizon in HORIZONS
        for scenario in SCENARIOS
    ]


def systems(report: TrendReport) -> list[Row]:
    """Return a row a system."""
    return [
        {
            "name": each.system.name,
            "definition": each.system.definition,
            "signal": each.signal,
            "position": each.position,
            "target_volatility": each.system.target_volatility,
        }
        for each in report.stances
    ]


def _trigger(each: Trigger, report: TrendReport) -> Row:
    missing = [sessions for sessions, price in each.flat.items() if price != price]  # noqa: PLR0124 (NaN)
    return {
        "rule": each.rule.name,
        "state": each.state,
        "next_close": each.next_close,
        "next_close_in_reach": each.in_reach,
        "distance_pct": 100 * (each.next_close / report.close - 1),
        "flat_path": {f"{sessions}_sessions": price for sessions, price in each.flat.items()},
        "reasons": {f"flat_path.{sessions}_sessions": NO_TRIGGER for sessions in missing},
    }


def _by_horizon(name: str, report: TrendReport) -> Row | None:
    if not report.fitted:
        return None
    return {
        horizon: {scenario: getattr(ERRORS[f"{horizon}_{scenario}"], name) for scenario in SCENARIOS}
        for horizon in HORIZONS
    }


def _fit(report: TrendReport) -> Row | None:
    if not report.fitted:
        return None
    return {
        "notes": NOTES,
        "first": FIRST,
        "last": LAST,
        "errors_usd": {name: asdict(error) | {"skill": error.skill} for name, error in ERRORS.items()},
        "pivots_mean_error_pct": {name: mean for name, (_, mean, _) in PIVOT_ERRORS_PCT.items()},
        "pivots_largest_error_pct": {name: most for name, (_, _, most) in PIVOT_ERRORS_PCT.items()},
        "percentile_mean_error": PERCENTILE_ERROR,
    }


def _reasons(report: TrendReport) -> dict[str, str]:
    unknown = {} if report.fitted else {"flows_error": NOT_FITTED, "fit": NOT_FITTED}
    return report.reasons | unknown
