"""What each trade makes dealers do: the hedge in dollars of delta, and the gamma and vanna they take on.

A customer who buys leaves dealers short: they buy the underlying against a call and sell it against a put. The side of
a trade is known with a probability p, so its expected hedge is 2p - 1 of the whole and its variance 4p(1 - p) of the
square: sums that add whole hedges overstate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.exposure import PER_PCT

if TYPE_CHECKING:
    import polars as pl

    from gex.microstructure.sides import Sides
    from gex.microstructure.trade_greeks import TradeGreeks
    from gex.quotes import Bools, Floats

PER_VOL_POINT = 0.01


@dataclass(frozen=True)
class Hedges:
    """What dealers trade against n trades, and take on in them, shape (n,); 0 where `priced` is False.

    Attributes:
        flow: $ of the underlying that dealers are expected to buy (+) or sell (-).
        raw: The same as if every side told were right.
        variance: Of the flow, $ squared, from not knowing the side for sure, each trade by itself; see
            `gex.microstructure.orders` for their sum.
        delta_traded: $ of delta in the contracts traded, whoever bought them, without sign.
        gamma: Dealers' expected change, $ of delta per +1% of spot.
        vanna: Dealers' expected change, $ of delta per volatility point.
        priced: Whether the trade has a delta.

    """

    flow: Floats
    raw: Floats
    variance: Floats
    delta_traded: Floats
    gamma: Floats
    vanna: Floats
    priced: Bools


def hedges_of(trades: pl.DataFrame, sides: Sides, found: TradeGreeks, maker_share: float = 1.0) -> Hedges:
    """Return dealers' hedges of trades.

    Args:
        trades: Columns and types of `gex.ingest.trade_schema.TRADE_SCHEMA`, n rows.
        sides: Of the same trades.
        found: Greeks of the same trades.
        maker_share: The probability that a dealer is on the other side of the initiator.

    """
    priced = found.reason < 0
    units = trades["size"].to_numpy() * trades["multiplier"].to_numpy()
    expected = sides.expected
    whole = np.where(priced, units * found.delta * found.spot, 0.0)
    taken = np.where(priced, -maker_share * expected * units * found.spot, 0.0)
    return Hedges(
        flow=maker_share * expected * whole,
        raw=whole * sides.side,
        variance=maker_share * (1.0 - maker_share * expected * expected) * whole * whole,
        delta_traded=np.abs(whole),
        gamma=taken * np.where(priced, PER_PCT * found.spot * found.gamma, 0.0),
        vanna=taken * np.where(priced, PER_VOL_POINT * found.vanna, 0.0),
        priced=priced,
    )
