"""The orders of a tape, contract by contract: what dealers took on in them, and how far that is known.

Of an order of q contracts, whose side was told as s and is right with probability p, let a = 2p - 1. Were every order as
likely to buy as to sell, whatever the others did, the side that took liquidity would be expected to be a s. Dealers are
on the other one with probability d (`maker_share`), else another customer is. Their change is -q d a s on average, with
variance q^2 (d - d^2 a^2): an order of which nothing is known changes nothing and is all error.

Orders don't go their own ways: in some contracts customers buy more, in others they sell more. Let a contract's sides
have mean l, which differs from contract to contract with variance t (`lean`). Then the sides told in a contract say
something about l, and l about the sides that were told wrong: without it, a sum of shrunk sides falls short where the
flow leans, and its error is understated. The best linear estimate, with r = (1 - t) / (1 - a^2 t), is

    side_i = a_i r_i s_i + (1 - a_i^2 r_i) L,     L = t S / (1 + t A),
    S = sum a_i s_i / (1 - a_i^2 t),     A = sum a_i^2 / (1 - a_i^2 t),

and its squared error for all orders of a contract sum q_i^2 (d^2 (1 - t) (1 - a_i^2 r_i) + d (1 - d))
+ (d sum q_i (1 - a_i^2 r_i))^2 t / (1 + t A). With t = 0 it is the sum of the orders above. t comes from the tape itself:
the square of sum a_i s_i exceeds sum a_i^2, its mean without lean, by t ((sum a_i^2)^2 - sum a_i^4) on average.

Errors are independent from order to order, not from trade to trade. Fills of one order, trades of a contract at one
instant on one exchange, have one initiator: their errors are added before they are squared. The legs of a complex order,
at one instant on one exchange in several contracts, are right or wrong together: they are one factor
(`gex.microstructure.factors`), by which what is bought in one leg and sold in another is less in doubt than either. With
equal p both are exact; with unequal p, they are upper bounds. A leg of whose side nothing is known has an error of its
own: whether it went with the others or against them is not known. Legs follow their package, not their contract's lean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.schema import KEY
from gex.microstructure.factors import joined

if TYPE_CHECKING:
    from gex.microstructure.sides import Sides

USUAL_LEAN = 0.05
"""Leans are below it as a rule, for all that was ever measured: a tape too short to tell the lean is taken to have none."""
EDGES = 4
"""Decimals by which orders' edges, 2p - 1, are told apart when the lean is applied."""
GROUP = (*KEY, "leans", "edge")
SUMS = ("contracts", "error", "told", "size", "square", "orders", "volume", "trades")


@dataclass(frozen=True)
class Flow:
    """Sums over the orders of a tape, which add up from piece to piece.

    Attributes:
        table: By contract, whether its orders count for its lean, and `edge`: `contracts` dealers took on without lean,
            `error` (contracts^2, likewise), `told` (sides), `size` and `square` (of orders' sizes), `orders`, `volume`,
            `trades`.
        factors: Errors that the legs of complex orders share.
        maker_share: Probability that the passive side of an order is a dealer.

    """

    table: pl.DataFrame
    factors: pl.DataFrame
    maker_share: float

    def plus(self, other: Flow) -> Flow:
        """Add another piece of the tape. One cut within an instant takes the fills on either side for two orders.

        Raises:
            ValueError: It was made with another `maker_share`.

        """
        if self.maker_share != other.maker_share:
            raise ValueError(f"maker_share is {self.maker_share} of one piece and {other.maker_share} of the other")
        table = _summed(pl.concat([self.table, other.table]))
        return Flow(table, joined(self.factors, other.factors), self.maker_share)

    @property
    def lean(self) -> float:
        """How far contracts' mean sides vary, squared: from 0, all alike, to 1, all of a contract on one side.

        What the sides show, drawn towards 0 where a tape is too short to show it: as if leans had been 0 before,
        give or take `USUAL_LEAN`.
        """
        edge, orders = pl.col("edge"), pl.col("orders")
        by_contract = (
            self.table.filter("leans")
            .group_by(KEY, maintain_order=True)
            .agg(
                (edge * pl.col("told")).sum().alias("sum"),
                (edge**2 * orders).sum().alias("second"),
                (edge**4 * orders).sum().alias("fourth"),
            )
        )
        found, second, fourth = (by_contract[name].to_numpy() for name in ("sum", "second", "fourth"))
        excess, reach = float(np.sum(found**2 - second)), float(np.sum(second**2 - fourth))
        if excess <= 0.0 or reach <= 0.0:
            return 0.0
        noise = 2.0 * float(np.sum(second**2)) / reach**2
        return min(excess / reach * USUAL_LEAN**2 / (USUAL_LEAN**2 + noise), 1.0)

    def changes(self, lean: float) -> pl.DataFrame:
        """Return what dealers took on, by contract: `KEY`, `expires_at`, `contracts`, `variance`, `volume`, `trades`."""
        t = pl.when("leans").then(lean).otherwise(0.0)
        edge = pl.when("leans").then(pl.col("edge")).otherwise(0.0)
        room = 1.0 - edge**2 * t
        ratio = pl.when(room > 0).then((1.0 - t) / room).otherwise(0.0)
        left = pl.when("leans").then(1.0 - edge**2 * ratio).otherwise(0.0)
        share = self.maker_share
        less = pl.when("leans").then((1.0 - edge**2) - (1.0 - t) * left).otherwise(0.0)
        by_contract = self.table.group_by(KEY, maintain_order=True).agg(
            pl.col("expires_at").first(),
            (pl.col("contracts") * ratio).sum(),
            (pl.col("error") - share**2 * pl.col("square") * less).clip(lower_bound=0.0).sum().alias("variance"),
            (share * pl.col("size") * left).sum().alias("pull"),
            pl.when(room > 0).then(edge * pl.col("told") / room).otherwise(0.0).sum().alias("sides"),
            pl.when(room > 0).then(edge**2 * pl.col("orders") / room).otherwise(0.0).sum().alias("weight"),
            pl.col("volume", "trades").sum(),
        )
        doubt = lean / (1.0 + lean * pl.col("weight"))
        return by_contract.select(
            *(*KEY, "expires_at"),
            pl.col("contracts") - pl.col("pull") * doubt * pl.col("sides"),
            pl.col("variance") + pl.col("pull") ** 2 * doubt,
            *("volume", "trades"),
        )


def flow_of(trades: pl.DataFrame, sides: Sides, *, maker_share: float = 1.0) -> Flow:
    """Sum up the orders of some trades.

    Args:
        trades: The trade table, shape (n,).
        sides: Of the same trades.
        maker_share: Probability that the side that took no liquidity is a dealer. What is not a dealer's is a customer's
            with another customer; that dealers take liquidity from customers is assumed away.

    Raises:
        ValueError: The sides are of other trades, or `maker_share` is no probability.

    """
    if len(sides.side) != trades.height:
        raise ValueError(f"sides of {len(sides.side)} trades, expected {trades.height}")
    if not 0.0 <= maker_share <= 1.0:
        raise ValueError(f"maker_share must be from 0 to 1, got {maker_share}")
    orders = _orders(trades, sides, maker_share)
    each = orders.with_columns(
        (~pl.col("is_complex")).alias("leans"),
        (pl.col("edge") / pl.col("size")).abs().round(EDGES).alias("edge"),
        pl.col("told").sign(),
        pl.col("error") ** 2,
        (pl.col("size") ** 2).alias("square"),
        pl.lit(1, dtype=pl.Int64).alias("orders"),
    )
    return Flow(_summed(each), _legs(orders), maker_share)


def _summed(table: pl.DataFrame) -> pl.DataFrame:
    sums = table.group_by(GROUP, maintain_order=True).agg(pl.col("expires_at").first(), pl.col(SUMS).sum())
    return sums.select(*GROUP, "expires_at", *SUMS).sort(GROUP)


def _orders(trades: pl.DataFrame, sides: Sides, maker_share: float) -> pl.DataFrame:
    """Return the orders, each the sum of its fills; `edge` and `told` are signed sums of sizes, by what is expected."""
    size = trades["size"].to_numpy().astype(np.float64)
    expected = sides.expected
    columns = {
        "contracts": 0.0 - size * maker_share * expected,
        "error": size * np.sqrt(np.maximum(maker_share - (maker_share * expected) ** 2, 0.0)),
        "edge": size * expected,
        "told": size * np.sign(expected),
    }
    terms = (*KEY, "underlying", "exchange", "trade_time", "is_complex")
    fills = trades.select(*terms, "expires_at", "size").with_columns(pl.Series(n, x) for n, x in columns.items())
    return fills.group_by(terms, maintain_order=True).agg(
        pl.col("expires_at").first(),
        pl.col(*columns).sum(),
        pl.col("size").sum().alias("volume"),
        pl.col("size").sum().cast(pl.Float64),
        pl.len().cast(pl.Int64).alias("trades"),
    )


def _legs(orders: pl.DataFrame) -> pl.DataFrame:
    """Return a factor for each complex order of several legs whose sides are known in part."""
    order = ("underlying", "exchange", "trade_time")
    legs = orders.filter(pl.col("is_complex") & (pl.col("told") != 0) & (pl.col("error") > 0))
    legs = legs.filter(pl.len().over(order) > 1)
    numbers = legs.select(order).unique(maintain_order=True).with_row_index("factor")
    numbered = legs.join(numbers, on=order, nulls_equal=True, maintain_order="left")
    loading = -pl.col("told").sign() * pl.col("error")
    return joined(numbered.select(*KEY, "factor", loading.alias("loading")))
