"""Days on which money left leveraged or inverse funds: what they lost, what was redeemed, and how the day ranks.

From each fund's assets and value a share: of a day's change of assets, the part that the value a share explains is gain
or loss, the rest is creations less redemptions. Shares that are merged or split change the value a share and not the
assets; such days are told apart and put right, and marked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import polars as pl

if TYPE_CHECKING:
    from collections.abc import Mapping

HISTORY = pl.Schema({"date": pl.Date, "ticker": pl.String, "aum_usd": pl.Float64, "nav": pl.Float64})
"""A row a fund and day: assets after the close, $, and value a share."""
SPLIT_FROM, AUM_WITHIN = 1.8, 1.6
"""The value a share changes by this factor or more while assets stay within that one: shares were split or merged."""
LONG_GAP = 7
"""Days between two rows of a fund that no holiday explains: what happened in them was not of one day."""
ROUNDING = 1e-3
"""Less than this part of assets redeemed is the rounding of the value a share."""


def daily_changes(history: pl.DataFrame) -> pl.DataFrame:
    """Return what happened to each fund between its days, where they are no more than a week apart.

    Args:
        history: Columns and types of `HISTORY`, in any order, each fund and date once.

    Returns:
        From each fund's second day on, but for the first after a gap, by date and ticker: `before_usd`, `after_usd` (assets), `gain_usd` (by the value
        a share; negative for a loss), `created_usd` (created less redeemed), `split` (shares merged into one, under 1
        where split; null on other days).

    Raises:
        ValueError: A column is missing, a fund has a date twice, or assets or value are not positive and finite.

    """
    _check(history)
    before, nav = pl.col("aum_usd").shift(1).over("ticker"), pl.col("nav") / pl.col("nav").shift(1).over("ticker")
    apart = (pl.col("date") - pl.col("date").shift(1).over("ticker")).dt.total_days()
    growth = pl.col("after_usd") / pl.col("before_usd")
    split = (pl.col("nav_ratio").log().abs() >= math.log(SPLIT_FROM)) & (growth.log().abs() <= math.log(AUM_WITHIN))
    factor = _factor(pl.col("nav_ratio") / growth)
    return (
        history.sort("ticker", "date")
        .with_columns(
            before.alias("before_usd"),
            pl.col("aum_usd").alias("after_usd"),
            nav.alias("nav_ratio"),
            apart.alias("apart"),
        )
        .filter(pl.col("apart") <= LONG_GAP)
        .with_columns(pl.when(split & (factor != 1.0)).then(factor).alias("split"))
        .with_columns(
            (pl.col("before_usd") * (pl.col("nav_ratio") / pl.col("split").fill_null(1.0) - 1.0)).alias("gain_usd")
        )
        .with_columns((pl.col("after_usd") - pl.col("before_usd") - pl.col("gain_usd")).alias("created_usd"))
        .select("date", "ticker", "before_usd", "after_usd", "gain_usd", "created_usd", "split")
        .sort("date", "ticker")
    )


def _factor(ratio: pl.Expr) -> pl.Expr:
    """Return the whole number of shares made one, or one over the number that one became, nearest to a ratio."""
    return pl.when(ratio >= 1.0).then(ratio.round(0)).otherwise(1.0 / (1.0 / ratio).round(0))


def liquidations(history: pl.DataFrame, leverage: Mapping[str, float], *, least_usd: float = 0.0) -> pl.DataFrame:
    """Return the days on which funds lost money and were redeemed on top, ranked by what was gone by the close.

    An event is a day on which the funds together lost value, a thousandth of assets or more was redeemed net, and assets fell by
    `least_usd` or more. Redeeming an inverse fund buys the index, redeeming a leveraged one sells it.

    Args:
        history: As for `daily_changes`.
        leverage: L by ticker, of the funds that count: inverse ones for squeezes, leveraged ones for washouts. Others
            are left out.
        least_usd: $, 0 or more.

    Returns:
        One row an event, oldest first: `date`, `funds` (with a value that day), `before_usd`, `lost_usd`,
        `redeemed_usd`, `gone_usd` (lost plus redeemed), `gone_share` (of assets), `unwound_usd` (the index that
        redemptions make the funds buy, negative for sell), `rank_so_far` (1: the largest event up to that day, the day
        included) and `rank` (among all in the history, later ones too).

    Raises:
        ValueError: As `daily_changes`; no fund of the history has a leverage; `least_usd` is negative or not finite.

    """
    if not 0.0 <= least_usd < math.inf:
        raise ValueError(f"least_usd must be dollars, 0 or more; got {least_usd!r}")
    changes = daily_changes(history).filter(pl.col("ticker").is_in(list(leverage)))
    if changes.is_empty():
        known = ", ".join(sorted(set(history["ticker"]))[:8])
        raise ValueError(f"no fund that counts has two days within a week in the history, which has {known or 'none'}")
    multiple = pl.col("ticker").replace_strict(dict(leverage), return_dtype=pl.Float64)
    events = (
        changes.group_by("date")
        .agg(
            pl.len().alias("funds"),
            pl.col("before_usd").sum(),
            (-pl.col("gain_usd").sum()).alias("lost_usd"),
            (-pl.col("created_usd").sum()).alias("redeemed_usd"),
            (multiple * pl.col("created_usd")).sum().alias("unwound_usd"),
        )
        .with_columns((pl.col("lost_usd") + pl.col("redeemed_usd")).alias("gone_usd"))
        .filter(
            (pl.col("lost_usd") > 0)
            & (pl.col("redeemed_usd") > ROUNDING * pl.col("before_usd"))
            & (pl.col("gone_usd") >= least_usd)
        )
        .sort("date")
    )
    return events.select(
        *("date", "funds", "before_usd", "lost_usd", "redeemed_usd", "gone_usd"),
        (pl.col("gone_usd") / pl.col("before_usd")).alias("gone_share"),
        "unwound_usd",
        pl.Series("rank_so_far", _ranks_so_far(events["gone_usd"].to_list()), dtype=pl.Int64),
        pl.col("gone_usd").rank("min", descending=True).cast(pl.Int64).alias("rank"),
    )


def _ranks_so_far(sizes: list[float]) -> list[int]:
    """Return the place of each among itself and those before it."""
    return [1 + sum(earlier > size for earlier in sizes[:place]) for place, size in enumerate(sizes)]


def _check(history: pl.DataFrame) -> None:
    if missing := [name for name in HISTORY if name not in history.columns]:
        raise ValueError(f"a history of funds has {', '.join(HISTORY)}; {', '.join(missing)} is missing")
    if history.select("date", "ticker").is_duplicated().any():
        twice = history.filter(history.select("date", "ticker").is_duplicated()).row(0, named=True)
        raise ValueError(f"{twice['ticker']} has {twice['date']} twice")
    for name in ("aum_usd", "nav"):
        good = history[name].is_not_null() & history[name].is_finite() & (history[name] > 0)
        if not good.all():
            row = history.filter(~good).row(0, named=True)
            raise ValueError(f"{name} of {row['ticker']} on {row['date']} must be positive, got {row[name]!r}")
