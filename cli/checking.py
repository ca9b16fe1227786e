"""Limits on a symbol: its series, the age of its quotes against the exchange's calendar, the states, and the exit code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gex.cli.failures import BREACHED, DONE, MISSING
from gex.cli.log import LOGGER
from gex.cli.render.document import NO_ZERO_DTE
from gex.limit_fields import FIELDS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    import polars as pl

    from gex.limit_states import Verdict
    from gex.limits import Rule
    from gex.results import Analysis


NO_BAND = "no band was computed, or there is no flip"
LIVE_MINUTES = 30.0
"""Quotes older than this are not live: free feeds are 15 to 20 minutes late."""


@dataclass(frozen=True)
class Checked:
    """The states of all limits on one symbol."""

    symbol: str
    at: dt.datetime
    """When it was looked at."""
    quote_time: dt.datetime | None
    """Of the last snapshot; None where there is none."""
    age_minutes: float | None
    """Trading minutes of the exchange since then."""
    age_sessions: int | None
    """Sessions begun since the quotes' date."""
    snapshots: int
    verdicts: tuple[Verdict, ...]

    @property
    def age(self) -> str:
        """How old the last snapshot is, in words; what is not of this session is marked."""
        if self.age_minutes is None or self.age_sessions is None:
            return "no snapshot"
        if self.age_sessions:
            return f"NOT LIVE: {self.age_sessions} session{'s' if self.age_sessions > 1 else ''} old"
        return f"{self.age_minutes:.0f} trading min old"

    @property
    def live(self) -> bool:
        """Whether options trade now, and the quotes are of the last half hour."""
        from gex.ingest.calendar import in_session
        from gex.ingest.contracts import contract

        minutes = self.age_minutes
        return minutes is not None and minutes <= LIVE_MINUTES and in_session(self.at, contract(self.symbol).hours)

    @property
    def problems(self) -> list[str]:
        """Why the exit code is not 0, what matters most first."""
        breached = [each.rule.name for each in self.verdicts if each.state == "breached" and _counts(each)]
        stale = [name for name in breached if self._is_age(name)]
        unknown = [each.rule.name for each in self.verdicts if each.state == "unknown"]
        found = {"breached": [name for name in breached if name not in stale], "stale": stale, "unknown": unknown}
        told = [f"{what}: {', '.join(names)}" for what, names in found.items() if names]
        return told if self.quote_time else ["no snapshot"]

    @property
    def exit_code(self) -> int:
        """5 where a limit of severity breach is breached, else 6 where data are stale or missing, else 0."""
        if any(each.startswith("breached") for each in self.problems):
            return BREACHED
        return MISSING if self.problems else DONE

    def _is_age(self, name: str) -> bool:
        return any(each.rule.name == name and FIELDS[each.rule.field].of_now for each in self.verdicts)


def combined(checks: Iterable[Checked]) -> int:
    """Return one exit code for several symbols: a breach comes before what is stale or missing."""
    codes = {each.exit_code for each in checks}
    return next((code for code in (BREACHED, MISSING) if code in codes), DONE)


def check_results(rules: Iterable[Rule], symbol: str, results: Path, at: dt.datetime, spec: str | None) -> Checked:
    """Check rules on the series of a symbol; where there is none, all of them are unknown.

    Raises:
        UnreadableError: A part of the results is damaged.

    """
    from gex.ingest.contracts import normalize_underlying

    name = normalize_underlying(symbol)
    series = series_in(results, name, at, spec)
    if (mixed := _specs(series)) > 1:
        LOGGER.warning("%s: the series mixes results under %d settings; choose one with --spec", name, mixed)
    return check(rules, name, series, at)


def _specs(series: pl.DataFrame) -> int:
    """Return under how many settings the results of a series were made."""
    return series["spec_fingerprint"].n_unique() if "spec_fingerprint" in series.columns else 1


def why_null(series: pl.DataFrame) -> dict[str, str]:
    """Say of fields that are null in the last snapshot of a series why they are, as far as the others tell."""
    last = series.tail(1).to_dicts()[0] if series.height else {}
    why: dict[str, str] = {}
    for sign, reason, told in (
        ("zero_dte_sign", NO_ZERO_DTE, [name for name in FIELDS if name.startswith("zero_dte")]),
        ("certainty", NO_BAND, [name for name in FIELDS if "_method_" in name or "_positions_" in name]),
    ):
        if last.get(sign, "") is None:
            why |= dict.fromkeys([sign, *told], reason)
    return why


def series_in(
    results: Path, symbol: str, at: dt.datetime | None, spec: str | None, start: dt.date | None = None
) -> pl.DataFrame:
    """Return the series of a symbol as it is known now, up to a time; empty, with a message, where there is none.

    Args:
        results: The results' folder.
        symbol: The underlying.
        at: What is of a later New York date is left out; None leaves nothing out.
        spec: The beginning of a spec's fingerprint; None takes all.
        start: The first New York date.

    Raises:
        UnreadableError: A part of the results is damaged.

    """
    import polars as pl

    from gex.ingest.calendar import NEW_YORK
    from gex.ingest.errors import MissingError
    from gex.ingest.result_store import scan_series

    try:
        end = at and at.astimezone(NEW_YORK).date()
        return scan_series(results, symbol, spec=spec, start=start, end=end).collect()
    except MissingError as error:
        LOGGER.warning("%s", error)
        return pl.DataFrame(schema={"quote_time": pl.Datetime("us", "UTC"), "quote_date": pl.Date})


def check_analysis(rules: Iterable[Rule], analysis: Analysis, at: dt.datetime) -> Checked:
    """Check rules on one analysis, without history."""
    return check(rules, analysis.underlying, series_of(analysis), at, analysis.levels.reasons)


def check(
    rules: Iterable[Rule],
    symbol: str,
    series: pl.DataFrame,
    at: dt.datetime,
    reasons: Mapping[str, str] | None = None,
) -> Checked:
    """Return the states of all rules about a symbol.

    Args:
        rules: Those of a file; the ones about other symbols are left out.
        symbol: What the series is of.
        series: One row a snapshot, sorted by quote time; what is of after `at` is left out.
        at: When it is looked at.
        reasons: Why fields of the last snapshot are null.

    """
    from gex.limit_states import verdict

    known = aged(series, symbol, at)
    why = why_null(known) | dict(reasons or {})
    found = (verdict(each, symbol, known, why) for each in rules if each.holds_for(symbol))
    return checked(symbol, known, at, found)


def checked(symbol: str, series: pl.DataFrame, at: dt.datetime, verdicts: Iterable[Verdict]) -> Checked:
    """Return what is known of a symbol from a series with ages."""
    last = series.tail(1).to_dicts()[0] if series.height else {}
    sessions = last.get("age_sessions")
    return Checked(
        symbol,
        at,
        last.get("quote_time"),
        last.get("age_minutes"),
        None if sessions is None else int(sessions),
        series.height,
        tuple(verdicts),
    )


def aged(series: pl.DataFrame, symbol: str, at: dt.datetime) -> pl.DataFrame:
    """Return what a series holds up to a time, with the age of its last snapshot."""
    import polars as pl

    known = series.filter(pl.col("quote_time") <= at)
    ages = age_of(known["quote_time"][-1], symbol, at) if known.height else (None, None)
    is_last = pl.int_range(pl.len()) == pl.len() - 1
    return known.with_columns(
        pl.when(is_last).then(pl.lit(age, pl.Float64)).alias(name)
        for name, age in zip(("age_minutes", "age_sessions"), ages, strict=True)
    )


def age_of(quote_time: dt.datetime, symbol: str, at: dt.datetime) -> tuple[float, int]:
    """Return how old quotes are: in trading minutes of the exchange, and in sessions begun since their date."""
    from gex.ingest.calendar import NEW_YORK, session_minutes, sessions_begun
    from gex.ingest.contracts import contract

    minutes = session_minutes(quote_time, at, contract(symbol).hours)
    return minutes, sessions_begun(quote_time.astimezone(NEW_YORK).date(), at)


def series_of(analysis: Analysis) -> pl.DataFrame:
    """Return one analysis as a series of one snapshot."""
    import polars as pl

    from gex.cli.render.flat import flat_row
    from gex.ingest.calendar import NEW_YORK

    row, quality = flat_row(analysis), analysis.quality
    row["quote_date"] = analysis.quote_time.astimezone(NEW_YORK).date()
    row["quality_quarantined"] = sum(quality.quarantined.values())
    row["quality_flagged"] = sum(quality.warnings.values())
    return pl.DataFrame([row])


def _counts(verdict: Verdict) -> bool:
    return verdict.rule.severity == "breach"
