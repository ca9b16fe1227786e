"""What makes a whole source unusable, found before its rows are judged one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError, SpotError
from gex.ingest.times import REMEDY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

IvUnit = Literal["decimal", "percent"]

STRAYS = 0.01
"""Options on something else are set aside up to this share of the rows; beyond it the source holds two chains."""


def pick_underlying(rows: pl.DataFrame, asked: str | None, source: str, problem: str) -> str:
    """Return the underlying of a source, by the roots of its contracts; `problem` is said where no row has one.

    Raises:
        ContentError: There is none, or two; or the one that was asked for is not there.

    """
    counts = rows.drop_nulls("underlying")["underlying"].value_counts().sort("count", "underlying", descending=True)
    if counts.is_empty():
        raise ContentError(problem, source=source)
    names = counts["underlying"].to_list()
    listed = ", ".join(f"{name} ({count} rows)" for name, count in counts.head(5).iter_rows())
    if asked is not None:
        wanted = normalize_underlying(asked)
        if wanted not in names:
            raise ContentError(f"no option on {wanted}; the source has {listed}", source=source, value=asked)
        return wanted
    strays = int(counts["count"][1:].sum())
    if strays > STRAYS * (strays + int(counts["count"][0])):
        raise ContentError(f"options on several underlyings, {listed}; pick one with --underlying", source=source)
    return str(names[0])


def check_spot(rows: pl.DataFrame, spot: float | None, source: str) -> float:
    """Return the price of the underlying, held against the strikes.

    Raises:
        SpotError: There is none, or it is not a positive price.
        ContentError: Strikes are another thousand times it.

    """
    if spot is None:
        raise SpotError("no price of the underlying; give it with --spot", source=source)
    if not 0 < spot < float("inf"):
        raise SpotError(f"the price of the underlying must be positive, got {spot!r}", source=source, value=spot)
    median = rows["strike"].median()
    ratio = float(median) / spot if isinstance(median, float) else 1.0
    if ratio > 100 or ratio < 0.01:
        raise ContentError(
            f"the median strike {ratio * spot:g} is {ratio:,.3g} times the spot {spot:g}: strikes are in another unit (OSI "
            "strikes are x1000) or the spot is another's; rescale the strike column or give --spot",
            source=source,
            value=median,
        )
    return spot


def scale_volatility(rows: pl.DataFrame, unit: IvUnit, spot: float, source: str) -> pl.DataFrame:
    """Return the rows with implied volatility as a decimal, refusing a unit that cannot be right.

    Raises:
        ContentError: The median near the money is beyond what the unit allows.

    """
    if unit == "percent":
        rows = rows.with_columns(pl.col("implied_volatility") / 100.0)
    solved = rows.filter(pl.col("implied_volatility") > 0).with_columns(away=(pl.col("strike") / spot - 1.0).abs())
    # Far from the money a volatility of 300% is nothing rare on an expiration's last day.
    near = solved.filter(pl.col("away") < 0.02)
    median = (near if near.height else solved.filter(pl.col("away") < 0.1))["implied_volatility"].median()
    if isinstance(median, float) and unit == "decimal" and median > 3:
        raise ContentError(
            f"implied_volatility has the median {median:.4g} near the money: percent, where a decimal such as 0.16 is "
            "expected; say so with --iv-unit percent",
            source=source,
            value=median,
        )
    if isinstance(median, float) and unit == "percent" and median < 0.01:
        raise ContentError(
            f"implied_volatility has the median {median * 100:.4g} near the money: already a decimal, not percent; "
            "leave --iv-unit percent out",
            source=source,
            value=median,
        )
    return rows


def check_kept(kept: int, quarantined: Mapping[str, int], quote_time: dt.datetime, source: str) -> None:
    """Refuse a source of which no row is left.

    Raises:
        ContentError: Every row was set aside; the message says why.

    """
    if kept:
        return
    if quarantined.get("expired"):
        stamp = quote_time.strftime("%Y-%m-%d %H:%M UTC")
        raise ContentError(
            f"every contract had expired by the quote time, {stamp}; if that is wrong, {REMEDY}", source=source
        )
    reasons = ", ".join(f"{count} {code}" for code, count in quarantined.items())
    raise ContentError(f"no usable row: {reasons or 'the source is empty'}", source=source)
