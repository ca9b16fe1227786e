"""Several chains on underlyings that move together as one book: SPX with SPY and XSP, NDX with QQQ."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import fields, replace
from functools import partial
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex import summary
from gex.analysis import analysis_of, priced
from gex.ingest.schema import QualityReport
from gex.merged_bands import merged_bands
from gex.merged_book import MergedBook, member_of
from gex.merged_slices import MergedSlices, sum_exposures
from gex.results import HedgeFlow, MergedAnalysis, MergedPart, Profile
from gex.settings import Settings
from gex.tables import by_strike

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.analysis import Priced
    from gex.ingest.schema import Chain
    from gex.levels import StrikeTotals
    from gex.results import Analysis

APART = dt.timedelta(hours=1)
"""Quotes further apart than this, or of two dates, are not merged unless asked for."""
TOLD = 1.0
"""Minutes: quotes this far apart are warned of."""
STATUS = ("ok", "delayed", "closed")
"""The state of all is the worst of each."""
PRICES = ("forward", "call_wall", "put_wall", "max_pain", "straddle_strike", "straddle", "expected_move")
"""Columns of `by_expiration` in points."""


def merge(
    chains: Sequence[Chain], settings: Settings | None = None, *, max_apart: dt.timedelta | None = None
) -> MergedAnalysis:
    """Compute dealers' positioning in several underlyings that move together, in points of the first.

    Args:
        chains: Two or more, of different underlyings.
        settings: The conventions of all; `move_to` is the first's, the others move by the same percentage. Positions
            that are None are each underlying's own default.
        max_apart: How far apart quotes may be; an hour on the same date where None.

    Raises:
        ValueError: There are not two underlyings, their quotes are too far apart, `settings.spot` is given, or one
            can't be priced: which and why.

    """
    settings = settings or Settings()
    check(chains, settings, max_apart)
    first = _priced(chains[0], settings)
    if settings.move_to is None:
        return merged([first, *(_priced(chain, settings) for chain in chains[1:])])
    move = settings.move_to / first.market.spot.used
    still = [_priced(chain, replace(settings, move_to=None)) for chain in chains[1:]]
    moved = [_priced(base.chain, replace(settings, move_to=base.market.spot.used * move)) for base in still]
    return merged([first, *moved])


def check(chains: Sequence[Chain], settings: Settings, max_apart: dt.timedelta | None) -> None:
    """Refuse what would add up to nonsense.

    Raises:
        ValueError: Says what, and what to do.

    """
    names = [chain.underlying for chain in chains]
    if len(names) < 2:
        raise ValueError("a merged book needs two sources or more")
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise ValueError(f"{twice[0]} is there twice: its contracts would count twice")
    if settings.spot is not None:
        raise ValueError("--spot is one price and merged books have several: leave it out, each source's own is used")
    allowed = (APART if max_apart is None else max_apart) / dt.timedelta(minutes=1)
    for one, other in combinations(chains, 2):
        both, minutes = f"{one.underlying} and {other.underlying}", abs(_minutes_apart(one, other))
        if max_apart is None and one.quote_date != other.quote_date:
            dates = f"{one.quote_date} and {other.quote_date}"
            raise ValueError(f"{both} are of two dates, {dates}; --max-apart accepts that")
        if minutes > allowed:
            raise ValueError(f"{both} are {_span(minutes)} apart, over {_span(allowed)}; --max-apart accepts more")


def _minutes_apart(first: Chain, other: Chain) -> float:
    return (other.quote_time - first.quote_time) / dt.timedelta(minutes=1)


def _span(minutes: float) -> str:
    """Say how long minutes are."""
    return f"{minutes:.0f} minutes" if minutes < 120 else f"{minutes / 60:,.3g} hours"


def _priced(chain: Chain, settings: Settings) -> Priced:
    """Price a chain; what is wrong with it is said with its name."""
    try:
        return priced(chain, settings)
    except ValueError as error:
        raise ValueError(f"{chain.underlying}: {error}") from error


def merged(bases: Sequence[Priced]) -> MergedAnalysis:
    """Sum chains that are priced, in points of the first; each at its own `market.level`."""
    first, analyses = bases[0], [_without_bands(base) for base in bases]
    gammas = [each.by_contract["gamma_usd_per_1pct"].to_numpy() for each in analyses]
    members = [member_of(base, gamma, first) for base, gamma in zip(bases, gammas, strict=True)]
    book = MergedBook((members[0], *(member.alive() for member in members[1:])))
    slices = MergedSlices(analyses, book, first.market.level, first.settings.ladder)
    exposure = sum_exposures([each.exposure for each in analyses])
    parts = _parts(bases, analyses, book, exposure.gamma_usd_per_1pct.gross)
    totals, levels = slices.whole()
    if first.settings.band:
        levels = replace(levels, bands=merged_bands(bases, members, slices.spots, levels))
    own: dict[str, Any] = {field.name: getattr(analyses[0], field.name) for field in fields(analyses[0])}
    summed = {
        "underlying": "+".join(each.underlying for each in analyses),
        "settings": first.settings,
        "status": max((each.status for each in analyses), key=STATUS.index),
        "delay_minutes": max(each.delay_minutes for each in analyses),
        "quality": _quality([each.quality for each in analyses]),
        "rows_used": sum(each.rows_used for each in analyses),
        "regime": summary.regime_of(exposure),
        "exposure": exposure,
        "hedge_flow": _flows(analyses),
        "levels": levels,
        "intervals": None,
        "distances": summary.distances_of(first.market, levels),
        "zero_dte": slices.slice("zero_dte"),
        "ex_zero_dte": slices.slice("ex_zero_dte"),
        "next_expiration": slices.slice("next_expiration"),
        "make_by_contract": partial(_by_contract, analyses),
        "by_strike": by_strike(_whole_contracts(totals), slices.zero_dte_totals()),
        "by_expiration": _by_expiration(parts),
        "profile": Profile(slices.spots, slices.profile, slices.zero_dte_profile, levels.gamma_flip_crossings),
        "vendor_check": next((each.vendor_check for each in analyses if each.vendor_check), None),
        "assumptions": _assumptions(parts),
        "warnings": _warnings(parts),
        "parts": parts,
    }
    return MergedAnalysis(**own | summed)


def _without_bands(base: Priced) -> Analysis:
    """Analyse a source alone; how sure its own levels are is for its own report."""
    return analysis_of(replace(base, settings=replace(base.settings, band=())))


def _parts(
    bases: Sequence[Priced], analyses: Sequence[Analysis], book: MergedBook, gross: float
) -> tuple[MergedPart, ...]:
    """Say of each source what it adds."""
    return tuple(
        MergedPart(
            analysis=analysis,
            scale=member.scale,
            share_of_gross=analysis.exposure.gamma_usd_per_1pct.gross / gross if gross else 0.0,
            minutes_apart=_minutes_apart(bases[0].chain, base.chain),
        )
        for base, analysis, member in zip(bases, analyses, book.members, strict=True)
    )


def _quality(reports: Sequence[QualityReport]) -> QualityReport:
    """Add up what became of the rows of each source."""
    quarantined: Counter[str] = Counter()
    warnings: Counter[str] = Counter()
    for report in reports:
        quarantined.update(report.quarantined)
        warnings.update(report.warnings)
    return QualityReport(
        rows_in=sum(report.rows_in for report in reports),
        rows_kept=sum(report.rows_kept for report in reports),
        quarantined=dict(sorted(quarantined.items())),
        warnings=dict(sorted(warnings.items())),
        notes=tuple(note for report in reports for note in report.notes),
    )


def _flows(analyses: Sequence[Analysis]) -> tuple[HedgeFlow, ...]:
    """Add up what dealers trade after the same percentage move of each underlying."""
    together = zip(*(each.hedge_flow for each in analyses), strict=True)
    return tuple(HedgeFlow(flows[0].spot_move_pct, sum(flow.flow_usd for flow in flows)) for flows in together)


def _by_contract(analyses: Sequence[Analysis]) -> pl.DataFrame:
    """Return the contracts of all, as they are listed; charm is null where a source is evaluated after its close."""
    return pl.concat([each.by_contract for each in analyses], how="diagonal")


def _by_expiration(parts: Sequence[MergedPart]) -> pl.DataFrame:
    """Return the expirations of all, by date and root, with prices in points of the first source."""
    tables = [part.analysis.by_expiration.with_columns(pl.col(PRICES) * part.scale) for part in parts]
    return pl.concat(tables, how="vertical_relaxed").sort("expiration", "root", maintain_order=True)


def _whole_contracts(totals: StrikeTotals) -> StrikeTotals:
    """Round counts, which are not whole in contracts of the first underlying."""
    names = ("call_open_interest", "put_open_interest", "volume")
    return replace(totals, **{name: np.rint(getattr(totals, name)) for name in names})


def _assumptions(parts: Sequence[MergedPart]) -> tuple[str, ...]:
    """Name each convention once, and whose it is where it is not everyone's; then how the books were joined."""
    whose: dict[tuple[int, str], list[str]] = {}
    for part in parts:
        for place, text in enumerate(part.analysis.assumptions):
            whose.setdefault((place, text), []).append(part.analysis.underlying)
    ordered = sorted(whose.items(), key=lambda item: item[0][0])
    texts = [text if len(names) == len(parts) else f"{text} ({', '.join(names)})" for (_, text), names in ordered]
    first, *others = parts
    joined = ", ".join(f"{part.analysis.underlying} x {part.scale:.5g}" for part in others)
    return (*texts, f"equal percentage moves ({joined}), strikes at the nearest of {first.analysis.underlying}")


def _warnings(parts: Sequence[MergedPart]) -> tuple[str, ...]:
    """Say how far apart the quotes are and whether positions differ, then what each source warns of."""
    first, *others = parts
    late = [
        f"{part.analysis.underlying}'s quotes are {_span(abs(part.minutes_apart))} "
        f"{'later' if part.minutes_apart > 0 else 'earlier'} than {first.analysis.underlying}'s"
        for part in others
        if abs(part.minutes_apart) >= TOLD
    ]
    held = [f"{part.analysis.underlying} {part.analysis.settings.positions_name}" for part in parts]
    differ = len({part.analysis.settings.positions_name for part in parts}) > 1
    own = [f"{part.analysis.underlying}: {text}" for part in parts for text in part.analysis.warnings]
    return (*late, *([f"positions differ: {', '.join(held)}"] if differ else []), *own)
