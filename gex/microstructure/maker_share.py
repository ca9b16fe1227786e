"""How much of the trading is with market makers, from OCC's volume by account type."""

from __future__ import annotations

import polars as pl


def maker_share_of(volume: pl.DataFrame, underlying: str) -> float:
    """Return the share of an underlying's contracts in which exactly one side is a market maker, from OCC's volume by account.

    Both sides of each trade are counted: customers C + firms F + makers M = 2 V. If x V contracts have one maker and
    y V two, M = (x + 2 y) V, whence x = M / V - 2 y. With as few trades among makers as there can be, y = max(0, M / V - 1)
    and x = min(M / V, 2 - M / V): an upper bound, reached where makers trade with each other only when they must.

    Args:
        volume: As `gex.ingest.account_volume.read_account_volume` returns it.
        underlying: Such as SPX.

    Raises:
        ValueError: It has no volume of the underlying.

    """
    of_it = volume.filter(pl.col("underlying") == underlying)
    both_sides = int(of_it["contracts"].sum())
    if not both_sides:
        there = ", ".join(volume["underlying"].unique().sort().to_list())
        raise ValueError(f"no volume of {underlying} by account type; there is {there or 'none'}")
    makers = 2.0 * int(of_it.filter(pl.col("account_type") == "market_maker")["contracts"].sum()) / both_sides
    return min(makers, 2.0 - makers)
