"""A simulated day as Cboe's end-of-day Open-Close summary tells it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.schema import KEY

if TYPE_CHECKING:
    from pathlib import Path

    from market.day import Day


def open_close(day: Day, path: Path) -> Path:
    """Write Cboe's end-of-day Open-Close summary: who bought and sold how much to open and to close, of each contract."""
    both = pl.concat([_party(day, "initiator", 1), _party(day, "passive", -1)])
    counted = both.pivot("column", index=KEY, values="size", aggregate_function="sum")
    names = [*("mm_buy_vol", "mm_sell_vol"), *(f"{who}_{act}_{side}_vol" for who, act, side in product(*_columns()))]
    missing = [pl.lit(0).alias(name) for name in names if name not in counted.columns]
    counted = counted.with_columns(missing).with_columns(pl.col(names).fill_null(0))
    prices = day.trades.group_by(KEY, maintain_order=True).agg(
        pl.col("price").first().alias("open"),
        pl.col("price").max().alias("high"),
        pl.col("price").min().alias("low"),
        pl.col("price").last().alias("close"),
        pl.col("size").sum().alias("total_exchange_vol"),
    )
    table = prices.join(day.opening.drop("contracts"), on=KEY, how="left").join(counted, on=KEY)
    table.select(
        quote_date=pl.lit(day.settings.date),
        underlying_symbol=pl.lit("^SPX"),
        option_symbol="root",
        expiration_date="expiration",
        strike_price="strike",
        call_put_flag="option_type",
        series_type=pl.lit("S"),
        **{name: name for name in ("open", "high", "low", "close", "total_exchange_vol", "open_interest", *names)},
    ).write_csv(path)
    return path


def _columns() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    sized = tuple(f"{who}_{size}" for who, size in product(("cust", "procust"), ("lt_100", "100_199", "gt_199")))
    return ("firm", "bd", *sized), ("open", "close"), ("buy", "sell")


def _party(day: Day, who: str, sign: int) -> pl.DataFrame:
    """Return the key, size and Open-Close column of one party to each trade; institutions are of several kinds by turns."""
    table = pl.concat([day.trades, day.truth], how="horizontal")
    turn = (pl.col("line") % 4).replace_strict({0: "firm", 1: "bd", 2: "cust", 3: "procust"})
    origin = pl.when(pl.col(who) == "retail").then(pl.lit("cust")).otherwise(turn)
    bucket = (
        pl.when(pl.col("size") < 100)
        .then(pl.lit("lt_100"))
        .otherwise(pl.when(pl.col("size") < 200).then(pl.lit("100_199")).otherwise(pl.lit("gt_199")))
    )
    sized = pl.when(origin.str.ends_with("cust")).then(pl.format("{}_{}", origin, bucket)).otherwise(origin)
    side = pl.when(pl.col("initiator_side") == sign).then(pl.lit("buy")).otherwise(pl.lit("sell"))
    act = pl.when(pl.col(f"is_opening_{who}")).then(pl.lit("open")).otherwise(pl.lit("close"))
    column = (
        pl.when(pl.col(who) == "maker")
        .then(pl.format("mm_{}_vol", side))
        .otherwise(pl.format("{}_{}_{}_vol", sized, act, side))
    )
    return table.select(*KEY, "size", column=column)
