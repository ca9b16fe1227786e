"""From what a reader understood to a validated chain: terms by root, quote time, rules, facts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest import calendar, checks, quote_time
from gex.ingest.contracts import Contract, contract, terms
from gex.ingest.errors import TimeError
from gex.ingest.quality import judge
from gex.ingest.schema import QUARANTINE, SCHEMA, Chain, QualityReport
from gex.ingest.times import REMEDY

if TYPE_CHECKING:
    import datetime as dt

    from gex.ingest.quality import Judged
    from gex.ingest.quote_time import QuoteTime
    from gex.ingest.readers.raw import RawChain
    from gex.ingest.schema import Source


@dataclass(frozen=True)
class Given:
    """What the user says about a source, over what the source says of itself; None leaves it to the source."""

    quote_time: dt.datetime | None = None
    spot: float | None = None
    underlying: str | None = None
    delay_minutes: float | None = None
    iv_unit: checks.IvUnit = "decimal"


def assemble(raw: RawChain, source: Source, given: Given) -> Chain:
    """Turn a reader's rows into a chain.

    Args:
        raw: What the reader understood.
        source: Provenance.
        given: What the user says about the source.

    Returns:
        The validated chain.

    Raises:
        ChainError: The source as a whole cannot be used; its kind and message say why.

    """
    rows = with_terms(raw.rows)
    underlying = checks.pick_underlying(rows, given.underlying, source.path, raw.root_problem)
    traits = next(
        (each for root in rows["root"].unique() if root and (each := contract(root)).underlying == underlying), None
    )
    traits = traits or contract(underlying)
    clock = _clock(raw, given, traits, source.path)
    own = rows.filter(pl.col("underlying") == underlying)
    spot = checks.check_spot(own, raw.spot if given.spot is None else given.spot, source.path)
    rows = checks.scale_volatility(rows, given.iv_unit, spot, source.path)
    expirations = rows["expiration"].unique().drop_nulls().to_list()
    rows = _with_facts(rows, raw, clock, spot, underlying, quote_time.open_interest_date(clock, set(expirations)))
    judged = judge(rows)
    checks.check_kept(judged.kept.height, judged.quarantined, clock.quote_time, source.path)
    kept_of_schema, expired = (
        each.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
        for each in (judged.kept, judged.expired)
    )
    return Chain(
        frame=kept_of_schema,
        underlying=underlying,
        asset_class=traits.asset_class,
        spot=spot,
        quote_time=clock.quote_time,
        quote_date=clock.quote_date,
        next_close=clock.next_close,
        stamp=clock.stamp,
        delay_minutes=clock.delay_minutes,
        quote_time_source=clock.quote_time_source,
        market_open=clock.market_open,
        open_interest_date=kept_of_schema["open_interest_date"][0],
        source=source,
        quality=_report(raw, judged, _notes(raw, judged.kept, expirations)),
        quarantine=_quarantine(raw, judged),
        expired=expired,
    )


def with_terms(rows: pl.DataFrame) -> pl.DataFrame:
    """Add what the root tells; where the source brings a column of its own, that one holds."""
    of_root = terms(root for root in rows["root"].unique().sort() if root is not None)
    brought = [name for name in of_root.columns[1:] if name in rows.columns]
    joined = rows.join(of_root, on="root", how="left", maintain_order="left", suffix="_of_root")
    return joined.with_columns(
        pl.coalesce(pl.col(name).cast(pl.String), f"{name}_of_root")
        if name != "multiplier"
        else pl.coalesce(name, f"{name}_of_root")
        for name in brought
    )


def with_expires_at(rows: pl.DataFrame) -> pl.DataFrame:
    """Add the instant at which each contract's payoff is fixed, by `expiration` and `settlement`."""
    dated = rows.select("expiration", "settlement").unique().drop_nulls()
    instants = dated.with_columns(
        pl.Series("expires_at", [calendar.expires_at(*each) for each in dated.iter_rows()], SCHEMA["expires_at"])
    )
    return rows.drop("expires_at", strict=False).join(
        instants, on=["expiration", "settlement"], how="left", maintain_order="left"
    )


def _clock(raw: RawChain, given: Given, traits: Contract, source: str) -> QuoteTime:
    if given.quote_time is not None:
        return quote_time.given(given.quote_time, raw.stamp, traits.hours)
    if raw.stored is not None:
        old = raw.stored
        return quote_time.QuoteTime(
            old.quote_time, old.quote_time_source, old.stamp, old.delay_minutes, market_open=old.market_open
        )
    if raw.stamp is None:
        problem = raw.stamp_problem if REMEDY in raw.stamp_problem else f"{raw.stamp_problem}; {REMEDY}"
        raise TimeError(problem, source=source)
    delay = raw.delay_minutes if given.delay_minutes is None else given.delay_minutes
    return quote_time.from_stamp(raw.stamp, delay, traits.hours)


def _with_facts(
    rows: pl.DataFrame, raw: RawChain, clock: QuoteTime, spot: float, underlying: str, open_interest_date: dt.date
) -> pl.DataFrame:
    """Add the columns that are one value for the whole snapshot, and each contract's expiry instant."""
    facts = {
        "quote_time": pl.lit(clock.quote_time, SCHEMA["quote_time"]),
        "quote_date": pl.lit(clock.quote_date),
        "spot": pl.lit(spot),
        "chain_underlying": pl.lit(underlying),
        "source": pl.lit(raw.source),
    }
    if "open_interest_date" not in rows.columns:
        told = rows["open_interest"].count() > 0
        facts["open_interest_date"] = pl.lit(open_interest_date if told else None, pl.Date)
    return with_expires_at(rows).with_columns(**facts)


def _notes(raw: RawChain, kept: pl.DataFrame, expirations: list[dt.date]) -> tuple[str, ...]:
    notes = list(raw.notes)
    unknown = kept.filter(~pl.col("known_root"))["root"].unique().sort().to_list()
    if unknown:
        notes.append(f"unknown root {', '.join(unknown)}: taken as options on a stock, American and PM-settled")
    if not kept["open_interest"].max():
        notes.append("no open interest in any row: only --positions volume can use it")
    moved = sorted(day for day in expirations if not calendar.is_session(day))
    if moved:
        notes.append(f"expiration {moved[0]} is no session (of {len(moved)} such): the session before is taken")
    if any(not calendar.covers(day) for day in expirations):
        notes.append(f"holidays are known from {calendar.FIRST.year} to {calendar.LAST.year}: beyond, weekdays count")
    return tuple(dict.fromkeys(notes))


def _report(raw: RawChain, judged: Judged, notes: tuple[str, ...]) -> QualityReport:
    """Count this pass, on top of the pass that wrote the file if it is one of ours."""
    before = raw.stored.quality if raw.stored else QualityReport(rows_in=raw.rows.height, rows_kept=raw.rows.height)
    quarantined = dict(before.quarantined)
    for code, count in judged.quarantined.items():
        quarantined[code] = quarantined.get(code, 0) + count
    return QualityReport(
        rows_in=before.rows_in,
        rows_kept=judged.kept.height,
        quarantined=quarantined,
        warnings=judged.warnings,
        notes=tuple(dict.fromkeys((*before.notes, *notes))),
    )


def _quarantine(raw: RawChain, judged: Judged) -> pl.DataFrame:
    texts = raw.texts(judged.aside["line"].to_list()) if judged.aside.height else []
    return judged.aside.with_columns(pl.Series("row", texts, pl.String)).cast(dict(QUARANTINE))  # type: ignore[arg-type]
