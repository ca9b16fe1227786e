"""Feedback as a JSON document and as tables: units in the names, null with a reason beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.flows.chain_feedback import PER_UNIT
from gex.flows.impact import SquareRootImpact
from gex.summary import assumptions_of

if TYPE_CHECKING:
    from gex.analysis import Priced
    from gex.flows.chain_feedback import Feedback, Linear
    from gex.flows.day import DayPlan, Days
    from gex.flows.day_statistics import DayStatistics
    from gex.flows.fixed_point import Fold
    from gex.flows.session import Part, Session

SCHEMA_VERSION = 1
ONE_PCT = 0.01
VARIANCE_STEPS = 20
NOT_ASKED = "not asked for: --day"
NO_CLOSE = "nothing moved, or the steps leave no last half hour"
ONE_SESSION = "one session has no standard error"
NOT_AT_REST = "the price is not at rest"
FOLD_COLUMNS = pl.Schema(
    {
        "spot": pl.Float64,
        "shock_pct": pl.Float64,
        "upward": pl.Boolean,
        "lands": pl.Float64,
        "cascade_pct": pl.Float64,
    }
)


@dataclass(frozen=True)
class DayShown:
    """A simulated session.

    Attributes:
        session: Its hours.
        plan: How it was simulated.
        parts: Who traded, and who could not be told.
        days: All of them, the first of which is shown.
        statistics: Of all.

    """

    session: Session
    plan: DayPlan
    parts: tuple[Part, ...]
    days: Days
    statistics: DayStatistics


@dataclass(frozen=True)
class Shown:
    """What there is to show of one chain; `day` None where it was not asked for."""

    base: Priced
    feedback: Feedback
    daily_volatility: float | None
    day: DayShown | None


def document(shown: Shown) -> dict[str, Any]:
    """Return the document; `jsonable` turns its times and NaN into JSON's."""
    base, found = shown.base, shown.feedback
    reasons = dict(found.reasons)
    if found.linear is not None:
        reasons |= {f"linear.{name}": why for name, why in found.linear.reasons.items()}
    if shown.day is None:
        reasons["day"] = NOT_ASKED
    return {
        "schema_version": SCHEMA_VERSION,
        "underlying": base.chain.underlying,
        "quote_time": base.chain.quote_time,
        "evaluated_at": base.market.evaluated_at,
        "spot": found.spot,
        "source": asdict(base.chain.source),
        "settings": base.settings.as_dict() | {"fingerprint": base.settings.fingerprint},
        "gamma_usd": found.gamma_usd,
        "gamma_usd_per_1pct": found.gamma_usd / PER_UNIT,
        "law": _law(found),
        "daily_volatility": shown.daily_volatility,
        "linear": None if found.linear is None else _linear(found.linear),
        "reach": found.reach,
        "critical": _critical(found),
        "prices": _prices(found),
        "day": None if shown.day is None else _day(shown.day),
        "assumptions": assumptions(shown),
        "reasons": reasons,
    }


def assumptions(shown: Shown) -> list[str]:
    """Say what the figures rest on."""
    ours = ["dealers hedge all of it and nobody hedges against them", "impact does not decay"]
    day = ["contracts of the simulated session priced as European"] if shown.day else []
    return [*assumptions_of(shown.base.market, shown.base.settings), *ours, *day]


def frame_of(shown: Shown, table: str) -> pl.DataFrame:
    """Return `summary` (one row), `folds` or `day`, with what it is of beside each row."""
    chain = shown.base.chain
    whose = [pl.lit(chain.underlying).alias("underlying"), pl.lit(chain.quote_time).alias("quote_time")]
    if table == "summary":
        frame = pl.DataFrame([summary(shown)], infer_schema_length=None)
    elif table == "day" and shown.day is not None:
        frame = pl.DataFrame(path(shown.day))
    else:
        frame = pl.DataFrame(folds(shown.feedback), schema=FOLD_COLUMNS)
    return frame.select(*whose, pl.all())


def summary(shown: Shown) -> dict[str, Any]:
    """Return one flat row."""
    found, linear = shown.feedback, shown.feedback.linear
    doc: dict[str, Any] = {"spot": found.spot, "gamma_usd_per_1pct": found.gamma_usd / PER_UNIT}
    names = ("impact_per_usd", "strength", "regime", "multiplier", "room_usd_per_1pct")
    values = _linear(linear) if linear else {}
    doc |= {name: values.get(name) for name in names}
    doc |= {"phi": linear.late.phi if linear and linear.late else None}
    doc |= {f"critical_{name}": value for name, value in _critical(found).items()}
    below, above = (None, None) if found.prices is None else found.prices.next_folds
    for name, fold in (("below", below), ("above", above)):
        row = _fold(fold) if fold else {}
        doc |= {f"{name}_{key}": row.get(key) for key in FOLD_COLUMNS if key != "upward"}
    return doc | {"at_rest": None if found.prices is None else found.prices.stable}


def folds(found: Feedback) -> list[dict[str, Any]]:
    """Return every end of stable prices, going up."""
    return [] if found.prices is None else [_fold(fold) for fold in found.prices.folds]


def path(day: DayShown) -> list[dict[str, Any]]:
    """Return the first session, a row a step: `time`, `elapsed`, `spot_alone`, `spot`, `NAME_usd` of each who trades."""
    days = day.days
    return [
        {
            "time": day.session.at(float(elapsed)),
            "elapsed": float(elapsed),
            "spot_alone": float(days.alone[0, at]),
            "spot": float(days.spots[0, at]),
            **{f"{name}_usd": float(usd[0, at]) for name, usd in days.usd.items()},
        }
        for at, elapsed in enumerate(days.elapsed)
    ]


def _law(found: Feedback) -> dict[str, Any] | None:
    if found.impact is None:
        return None
    name = "square_root" if isinstance(found.impact, SquareRootImpact) else "linear"
    return {"name": name} | asdict(found.impact)


def _linear(linear: Linear) -> dict[str, Any]:
    late, critical, room = linear.late, linear.critical_gamma_usd, linear.room_usd
    return {
        "impact_per_usd": linear.impact_per_usd,
        "usd_per_1pct": ONE_PCT / linear.impact_per_usd if linear.impact_per_usd else None,
        "strength": linear.strength,
        "regime": linear.regime,
        "multiplier": linear.multiplier,
        "late": late
        and {
            "phi": late.phi,
            "volatility_ratio": late.volatility_ratio,
            "variance_steps": VARIANCE_STEPS,
            "variance_ratio": late.variance_ratio(VARIANCE_STEPS),
        },
        "critical_gamma_usd_per_1pct": None if critical is None else critical / PER_UNIT,
        "room_usd_per_1pct": None if room is None else room / PER_UNIT,
    }


def _critical(found: Feedback) -> dict[str, Any]:
    impact = found.critical.impact
    return {
        "impact_per_usd": impact,
        "usd_per_1pct": None if impact is None else ONE_PCT / impact,
        "first_at": found.critical.spot,
    }


def _prices(found: Feedback) -> dict[str, Any] | None:
    if found.prices is None:
        return None
    below, above = found.prices.next_folds
    why = f"prices hold within {100 * found.reach:g}% of spot" if found.prices.stable else NOT_AT_REST
    return {
        "at_rest": found.prices.stable,
        "resting": [each.spot for each in found.prices.equilibria(0.0) if each.stable],
        "below": below and _fold(below),
        "above": above and _fold(above),
        "folds": folds(found),
        "reasons": {name: why for name, fold in (("below", below), ("above", above)) if fold is None},
    }


def _fold(fold: Fold) -> dict[str, Any]:
    cascade = fold.cascade
    return {
        "spot": fold.spot,
        "shock_pct": 100.0 * fold.shock,
        "upward": fold.upward,
        "lands": fold.lands,
        "cascade_pct": None if cascade is None else 100.0 * cascade,
    }


def _day(day: DayShown) -> dict[str, Any]:
    return {
        "session": day.session.date,
        "plan": {key: value for key, value in asdict(day.plan).items() if key != "reach"},
        "parts": [{"name": part.name, "present": part.flow is not None, "reason": part.reason} for part in day.parts],
        "left_the_ladder": int(day.days.beyond.sum()),
        "statistics": asdict(day.statistics) | {"reasons": _reasons(day)},
        "path": path(day),
    }


def _reasons(day: DayShown) -> dict[str, str]:
    """Say why a figure of the statistics is null."""
    found = day.statistics
    names = ("volatility_ratio", "variance_ratio", "autocorrelation", "close_slope")
    absent = {f"{name}.value": NO_CLOSE for name in names if getattr(found, name).value is None}
    return absent | ({f"{name}.error": ONE_SESSION for name in names} if found.days < 2 else {})
