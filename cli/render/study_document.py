"""An event study as rows and as a document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.render.document import SCHEMA_VERSION

if TYPE_CHECKING:
    from gex.signals.estimates import Difference, Interval, Sample
    from gex.signals.horizons import Excursions, HorizonStudy
    from gex.signals.study import Study

UNITS = "returns, shares, errors and excursions are fractions: 0.01 is 1%; t has none; counts are of events or sessions"
COUNTS = {"horizon_sessions", "events", "not_over_yet", "n", "hits"}
ON_THE_WAY = (
    "drawdown_median",
    "drawdown_worst",
    "adverse_median",
    "adverse_worst",
    "favourable_median",
    "favourable_best",
)


@dataclass(frozen=True)
class Studied:
    """A study, and what it is of."""

    history: str
    """Its name."""
    events: str
    """The expression, or the file of dates."""
    found: Study


def document(studied: Studied) -> dict[str, Any]:
    """Return a study as one document; what is null says why in its horizon's verdict."""
    found = studied.found
    return {
        "schema_version": SCHEMA_VERSION,
        "history": studied.history,
        "events_are": studied.events,
        "from": None if found.first is None else found.first.item(),
        "to": None if found.last is None else found.last.item(),
        "sessions": found.days,
        "events": found.signals,
        "entry": found.entry,
        "overlap": found.overlap,
        "cooldown_sessions": found.cooldown,
        "cooldown_is": _cooldown(found),
        "confidence": found.method.confidence,
        "enough_effective_events": found.enough,
        "bootstrap_resamples": found.method.resamples,
        "seed": found.method.seed,
        "units": UNITS,
        "multiple_testing": found.multiple_testing,
        "horizons": rows(found),
    }


def rows(found: Study) -> list[dict[str, Any]]:
    """Return a row a horizon."""
    return [_row(each) for each in found.horizons]


def frame(found: Study) -> pl.DataFrame:
    """Return the same as a table, its types the same whatever is null."""
    given = rows(found)
    return pl.DataFrame(given, schema={name: _type(name) for name in given[0]})


def _type(name: str) -> type[pl.DataType]:
    if name == "verdict":
        return pl.String
    return pl.Int64 if name.removeprefix("base_") in COUNTS else pl.Float64


def _cooldown(found: Study) -> str:
    if found.overlap == "all":
        return "none: every event is taken"
    return "each horizon's own length" if found.cooldown is None else f"{found.cooldown} sessions"


def _row(each: HorizonStudy) -> dict[str, Any]:
    return {
        "horizon_sessions": each.sessions,
        "events": each.signals,
        "not_over_yet": each.dropped,
        **_sample("", each.events),
        **_sample("base_", each.base),
        **_difference(each.difference),
        "p_holm": each.p_holm,
        **_excursions(each.excursions),
        "verdict": each.verdict,
    }


def _sample(prefix: str, sample: Sample | None) -> dict[str, Any]:
    row = {
        "n": sample.n if sample else 0,
        "effective_n": sample.effective if sample else 0.0,
        "hits": sample.hits if sample else 0,
        "hit_rate": sample and sample.hit_rate,
        **_ends("hit_rate_wilson", sample.wilson if sample else None),
        **_ends("hit_rate_exact", sample.exact if sample else None),
        "mean_return": sample and sample.mean,
        **_ends("mean_return", sample.mean_interval if sample else None),
        "median_return": sample and sample.median,
        **_ends("median_return", sample.median_interval if sample else None),
    }
    return {prefix + name: value for name, value in row.items()}


def _difference(away: Difference | None) -> dict[str, Any]:
    return {
        "difference_mean_return": away and away.mean,
        **_ends("difference_mean_return", away.interval if away else None),
        **_ends("difference_mean_return_bootstrap", away.bootstrap if away else None),
        "newey_west_error": away and away.newey_west_error,
        "hodrick_error": away and away.hodrick_error,
        "t": away and away.t,
        "p": away and away.p,
        "difference_hit_rate": away and away.hit_rate,
        **_ends("difference_hit_rate_bootstrap", away.hit_rate_bootstrap if away else None),
    }


def _excursions(way: Excursions | None) -> dict[str, Any]:
    return {name: way and getattr(way, name) for name in ON_THE_WAY}


def _ends(name: str, interval: Interval | None) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}
