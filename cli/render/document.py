"""An analysis as a JSON document: the published names, ISO-8601 UTC times, null for what does not exist.

`report.schema.json` beside the commands says what each name means and in which unit.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gex.cli.render import intervals
from gex.cli.render.books import published
from gex.cli.render.figures import utc
from gex.results import MergedAnalysis

if TYPE_CHECKING:
    from gex.history import Standing
    from gex.results import Analysis, Exposure, Levels, Slice

SCHEMA_VERSION = 1

NO_HEADER_SPOT = "the source gave no price of the underlying"
NO_PARITY_SPOT = "too few two-sided quotes near the money to imply a price by parity"
NO_ZERO_DTE = "no contract expires on the quote date"
NO_OTHERS = "every contract used expires on the quote date"
NO_NEXT = "no contract expires after the quote date"
NO_OI_DATE = "the source does not say which session its open interest belongs to"
NO_STAMP = "the source prints no time"
NO_VENDOR_CHECK = "the source has no gamma of its own on contracts near the money that expire today"
NO_CONDITION = "net gamma is zero"
NO_CHARM = "evaluated after the close"
NO_SLOPE = "the profile touches zero without crossing it"
NO_STRADDLE = "no strike near the forward has a two-sided call and put"
NO_COLUMN = {
    "fitted_discount": "too few strikes with quotes on both sides to leave the discount free",
    "atm_iv": "no volatility could be had for that expiration",
    "call_wall": "no strike of that expiration has positive net gamma",
    "put_wall": "no strike of that expiration has negative net gamma",
    "max_pain": "no open interest in that expiration",
    "straddle_strike": NO_STRADDLE,
    "straddle": NO_STRADDLE,
    "expected_move": NO_STRADDLE,
}
NET_BY_VOLUME = {"net_by_volume": "net_by_volume_usd_per_1pct"}
NO_VALUE = "not enough usable quotes or open interest"


def document(analysis: Analysis, *, detail: bool = False, past: Standing | None = None) -> dict[str, Any]:
    """Return the document of one analysis; `jsonable` turns its times and NaN into JSON's.

    Args:
        analysis: What to publish.
        detail: Add `by_strike`.
        past: Where its figures stand among those of earlier sessions, if there are any.

    """
    flip = analysis.distances.get("gamma_flip")
    doc = {
        "schema_version": SCHEMA_VERSION,
        "underlying": analysis.underlying,
        "quote_time": analysis.quote_time,
        "evaluated_at": analysis.evaluated_at,
        "next_close": analysis.next_close,
        "spot": asdict(analysis.spot),
        "source": asdict(analysis.source),
        "settings": analysis.settings.as_dict() | {"fingerprint": analysis.settings.fingerprint},
        "quality": _quality(analysis),
        "regime": analysis.regime,
        "exposure": asdict(analysis.exposure),
        "hedge_flow_usd": [asdict(flow) for flow in analysis.hedge_flow],
        "levels": _levels(analysis.levels),
        "distance_to_flip": flip and {"points": flip.points, "pct": flip.pct, "sigma": flip.sigma},
        "distances": {name: asdict(distance) for name, distance in analysis.distances.items()},
        "zero_dte": _slice(analysis.zero_dte),
        "ex_zero_dte": _slice(analysis.ex_zero_dte),
        "next_expiration": _slice(analysis.next_expiration),
        "by_expiration": analysis.by_expiration.to_dicts(),
        "vendor_check": analysis.vendor_check and asdict(analysis.vendor_check),
        "assumptions": analysis.assumptions,
        "warnings": analysis.warnings,
        "reasons": _reasons(analysis),
    }
    if isinstance(analysis, MergedAnalysis):
        doc["parts"] = [published(part) for part in analysis.parts]
    if analysis.intervals is not None:
        doc["intervals"] = intervals.published(analysis.intervals)
    if past is not None:
        doc["past"] = asdict(past)
    if detail:
        doc["by_strike"] = analysis.by_strike.to_dicts()
    return doc


def dumps(value: object, *, indent: int | None = 2) -> str:
    """Return JSON text: the same bytes for the same value, and never NaN."""
    return json.dumps(value, indent=indent, ensure_ascii=False, allow_nan=False)


def jsonable(value: Any) -> Any:
    """Return `value` with times as ISO-8601 text and NaN as null, through and through."""
    match value:
        case dict():
            return {key: jsonable(item) for key, item in value.items()}
        case list() | tuple():
            return [jsonable(item) for item in value]
        case float():
            return value if math.isfinite(value) else None
        case dt.datetime():
            return utc(value)
        case dt.date():
            return value.isoformat()
        case _:
            return value


def _quality(analysis: Analysis) -> dict[str, Any]:
    report = analysis.quality
    return {
        "status": analysis.status,
        "rows_in": report.rows_in,
        "rows_used": analysis.rows_used,
        "quarantined": dict(sorted(report.quarantined.items())),
        "warnings": dict(sorted(report.warnings.items())),
        "notes": report.notes,
        "quote_time_source": analysis.quote_time_source,
        "stamp": analysis.stamp,
        "delay_minutes": analysis.delay_minutes,
        "open_interest_date": analysis.open_interest_date,
    }


def _levels(levels: Levels) -> dict[str, Any]:
    doc = asdict(levels)
    if levels.bands is None:
        del doc["bands"]
    if levels.points_per_1pct_of_gross is None:
        doc["reasons"]["points_per_1pct_of_gross"] = levels.reasons.get("gamma_flip", NO_SLOPE)
    return doc


def _slice(part: Slice | None) -> dict[str, Any] | None:
    if part is None:
        return None
    doc = asdict(part)
    doc["net_by_volume_usd_per_1pct"] = doc.pop("net_by_volume")
    renamed = {NET_BY_VOLUME.get(name, name): reason for name, reason in part.reasons.items()}
    doc["levels"] = _levels(part.levels)
    doc["reasons"] = renamed | _exposure_reasons(part.exposure)
    return doc


def _exposure_reasons(exposure: Exposure) -> dict[str, str]:
    values = {
        "condition_number": (exposure.condition_number, NO_CONDITION),
        "charm_usd_to_close": (exposure.charm_usd_to_close, NO_CHARM),
    }
    return {name: reason for name, (value, reason) in values.items() if value is None}


def _reasons(analysis: Analysis) -> dict[str, str]:
    """Say why each null outside `levels` and the slices is null, under its path."""
    missing = {
        "spot.header": (analysis.spot.header, NO_HEADER_SPOT),
        "spot.parity": (analysis.spot.parity, NO_PARITY_SPOT),
        "zero_dte": (analysis.zero_dte, NO_ZERO_DTE),
        "ex_zero_dte": (analysis.ex_zero_dte, NO_OTHERS),
        "next_expiration": (analysis.next_expiration, NO_NEXT),
        "quality.stamp": (analysis.stamp, NO_STAMP),
        "quality.open_interest_date": (analysis.open_interest_date, NO_OI_DATE),
        "vendor_check": (analysis.vendor_check, NO_VENDOR_CHECK),
        "distance_to_flip": (
            analysis.distances.get("gamma_flip"),
            analysis.levels.reasons.get("gamma_flip", NO_VALUE),
        ),
    }
    reasons = {path: reason for path, (value, reason) in missing.items() if value is None}
    reasons |= {f"exposure.{name}": reason for name, reason in _exposure_reasons(analysis.exposure).items()}
    table = analysis.by_expiration
    gaps = [name for name in table.columns if table[name].null_count()]
    return reasons | {f"by_expiration.{name}": NO_COLUMN.get(name, NO_VALUE) for name in gaps}
