"""`gsu_large` in Polars alone: the last and next different prices by window functions, the rules by when and then."""

from __future__ import annotations

import polars as pl

CONTRACT = ("root", "expiration", "strike", "option_type")
NATIONAL, OWN = "", "exchange_"


def others() -> dict[str, pl.Expr]:
    """Return the last and next different prices of each trade's contract, on all exchanges and on its own."""
    price = pl.col("price")
    found = {}
    for place, key in (("all", CONTRACT), ("ex", (*CONTRACT, "exchange"))):
        known = pl.lit(value=True) if place == "all" else pl.col("exchange").is_not_null()
        before, after = price.shift(1), price.shift(-1)
        lag = pl.when(price != before).then(before).forward_fill().over(key)
        lead = pl.when(price != after).then(after).backward_fill().over(key)
        found[f"lag_{place}"] = pl.when(known).then(lag)
        found[f"lead_{place}"] = pl.when(known).then(lead)
    return found


def _mid(prefix: str) -> pl.Expr:
    bid, ask = pl.col(f"{prefix}bid"), pl.col(f"{prefix}ask")
    return pl.when(ask >= bid).then(0.5 * (ask + bid))


def _above(first: pl.Expr, second: pl.Expr) -> pl.Expr:
    return pl.when(first > second).then(1).when(first < second).then(-1)


def _size(prefix: str) -> pl.Expr:
    size, bid, ask = pl.col("size"), pl.col(f"{prefix}bid_size"), pl.col(f"{prefix}ask_size")
    one = bid.ne_missing(ask)
    return pl.when(one & (size == bid)).then(1).when(one & (size == ask)).then(-1)


def _depth(prefix: str) -> pl.Expr:
    near = (pl.col("price") - _mid(prefix)).abs() <= 1e-4
    return pl.when(near).then(_above(pl.col(f"{prefix}ask_size"), pl.col(f"{prefix}bid_size")))


def gsu_large(trades: pl.DataFrame) -> pl.Series:
    """Return the sides, comparing float64 as it stands."""
    price = pl.col("price")
    rules = (
        _size(OWN),
        _above(price, _mid(NATIONAL)),
        _above(price, _mid(OWN)),
        _depth(NATIONAL),
        _depth(OWN),
        _above(price, others()["lead_all"]),
    )
    return trades.select(pl.coalesce(*rules, pl.lit(0)).cast(pl.Int8).alias("side")).to_series()
