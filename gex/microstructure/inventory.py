"""Dealers' inventory: from signed trades and what was open before, with its error; `gex.microstructure.flow` says how."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import polars as pl

from gex.ingest.schema import KEY, SCHEMA, SORT
from gex.microstructure.factors import FACTORS, joined
from gex.microstructure.flow import Flow, flow_of
from gex.position_book import PositionBook

if TYPE_CHECKING:
    import datetime as dt

    from gex.microstructure.reconciliation import Reconciliation
    from gex.microstructure.sides import Sides

COLUMNS = pl.Schema(
    {
        **{name: SCHEMA[name] for name in KEY},
        "expires_at": SCHEMA["expires_at"],
        "contracts": pl.Float64(),
        "variance": pl.Float64(),
        "volume": pl.Int64(),
        "trades": pl.Int64(),
        "low": pl.Float64(),
        "high": pl.Float64(),
    }
)
NAIVE_CONFIDENCE = 0.25
"""2p - 1 of the naive signs, p being the share of days on which dealers were long gamma, 62.4%.

Source: Duc V. Le (2026), S&P 500 options 2016-24: dealers net short gamma on 37.6% of days.
"""


@dataclass(frozen=True)
class Inventory:
    """What dealers hold of each contract, as far as it is known.

    Attributes:
        table: One row a contract, sorted: `root`, `expiration`, `strike`, `option_type`; `expires_at` (null where only
            the date is known); `contracts` (dealers' expected net, long positive); `variance` (contracts^2, what is
            shared with other contracts included); `volume` and `trades` (of the tape); `low` and `high` (bounds that
            hold whatever the sides were; infinite where nothing bounds).
        factors: The errors that contracts share; see `gex.microstructure.factors`.

    """

    table: pl.DataFrame
    factors: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=FACTORS), repr=False)

    def plus(self, other: Inventory) -> Inventory:
        """Add another inventory, of other trades or from before them; the errors of the two are independent."""
        both = pl.concat([self.table, other.table])
        table = both.group_by(KEY, maintain_order=True).agg(
            pl.col("expires_at").drop_nulls().first(),
            pl.col("contracts", "variance", "volume", "trades", "low", "high").sum(),
        )
        return Inventory(_ordered(table), joined(self.factors, other.factors))

    def opposite(self) -> Inventory:
        """Return what everybody else holds: for each contract that is held long, one is held short."""
        table = self.table.with_columns(
            -pl.col("contracts"), (-pl.col("high")).alias("low"), (-pl.col("low")).alias("high")
        )
        return Inventory(table, self.factors)

    def among(self, listed: pl.DataFrame) -> Inventory:
        """Return what is held of the contracts that a chain table lists."""
        keys = listed.select(pl.col(name).cast(SCHEMA[name]) for name in KEY)
        table = self.table.join(keys, on=KEY, how="semi", maintain_order="left")
        return Inventory(table, joined(self.factors.join(table, on=KEY, how="semi")))

    def rolled(self, now: dt.datetime, *, keep_counts: bool = False) -> Inventory:
        """Return what is left at `now` (with a time zone), as a position to begin the next tape with.

        What has expired is dropped: its payoff is fixed by then or, where only its date is known, the date is past in
        New York. Volume and trades count from 0 again unless `keep_counts`.
        """
        today = now.astimezone(ZoneInfo("America/New_York")).date()
        left = pl.when(pl.col("expires_at").is_null()).then(pl.col("expiration") >= today)
        kept = self.table.filter(left.otherwise(pl.col("expires_at") > now))
        factors = self.factors.join(kept, on=KEY, how="semi")
        begun = [] if keep_counts else [pl.lit(0, dtype=pl.Int64).alias(name) for name in ("volume", "trades")]
        return Inventory(kept.with_columns(begun), joined(factors))

    def reconciled(self, before: pl.DataFrame, after: pl.DataFrame) -> Reconciliation:
        """Hold it against the open interest before the tape and the next morning's; see `gex.microstructure.reconciliation`."""
        from gex.microstructure.reconciliation import reconcile

        return reconcile(self, before, after)

    def book(self, name: str) -> PositionBook:
        """Return it as a book for `gex.analyze`, without contracts of which nothing is held nor doubted."""
        held = self.table.filter((pl.col("contracts") != 0) | (pl.col("variance") != 0))
        content = held.select(*KEY, "contracts", "variance").write_csv() + self.factors.write_csv()
        digest = hashlib.sha256(content.encode()).hexdigest()
        return PositionBook(name, held.select(*KEY, "contracts", "variance"), digest, factors=self.factors)


def from_trades(
    trades: pl.DataFrame, sides: Sides, *, maker_share: float = 1.0, lean: float | None = None
) -> Inventory:
    """Return what dealers took on in some trades, a whole tape; see `flow_of` for the arguments and one in pieces."""
    return from_flow(flow_of(trades, sides, maker_share=maker_share), lean=lean)


def from_flow(flow: Flow, *, lean: float | None = None) -> Inventory:
    """Return what dealers took on in a tape's orders.

    Args:
        flow: The orders.
        lean: How far contracts' mean sides vary, squared; what the tape shows where None, 0 to take each order by itself.

    Raises:
        ValueError: `lean` is not from 0 to 1.

    """
    chosen = flow.lean if lean is None else lean
    if not 0.0 <= chosen <= 1.0:
        raise ValueError(f"lean must be from 0 to 1, got {chosen}")
    table = flow.changes(chosen).with_columns(
        low=-pl.col("volume").cast(pl.Float64), high=pl.col("volume").cast(pl.Float64)
    )
    return Inventory(_ordered(table), flow.factors)


def opening_from(open_interest: pl.DataFrame, *, confidence: float = NAIVE_CONFIDENCE) -> Inventory:
    """Return what dealers hold before the tape, as far as the naive model is trusted: long the calls, short the puts.

    What they hold net of a contract is a share of its open interest, from -1 to 1: on average c times what the model
    says, with variance (1 - c^2) / 3, as a beta distribution has it that is flat where c is 0, and certain where c is 1.
    The model errs in all calls alike and in all puts alike: two factors.

    Args:
        open_interest: `root`, `expiration`, `strike`, `option_type`, `open_interest` and, where known, `expires_at`:
            a chain's table.
        confidence: c, from 0 to 1; 1 takes the model for certain.

    Raises:
        ValueError: `confidence` is not in its range.

    """
    if not 0.0 <= confidence <= 1.0:
        raise ValueError(f"confidence must be from 0 to 1, got {confidence}")
    held = pl.col("open_interest").fill_null(0).cast(pl.Float64)
    sign = pl.when(pl.col("option_type") == "C").then(1.0).otherwise(-1.0)
    expires_at = [pl.col("expires_at")] if "expires_at" in open_interest.columns else []
    table = open_interest.select(
        *KEY,
        *expires_at,
        (confidence * sign * held).alias("contracts"),
        ((1.0 - confidence**2) / 3.0 * held**2).alias("variance"),
        (-held).alias("low"),
        held.alias("high"),
    ).filter(pl.col("high") > 0)
    loading = table.filter(pl.col("variance") > 0).select(
        *KEY,
        (pl.col("option_type") == "P").cast(pl.Int64).alias("factor"),
        pl.col("variance").sqrt().alias("loading"),
    )
    return Inventory(_ordered(table), joined(loading))


def opening_of(book: PositionBook) -> Inventory:
    """Return what a book of one's own holds before the tape: exact where it has no variance."""
    known = {"variance": pl.lit(0.0)} if "variance" not in book.table.columns else {}
    table = book.table.with_columns(**known)
    bound = pl.when(pl.col("variance") > 0).then(float("inf")).otherwise(pl.col("contracts"))
    low = pl.when(pl.col("variance") > 0).then(-float("inf")).otherwise(pl.col("contracts"))
    table = table.select(*KEY, "contracts", "variance", low.alias("low"), bound.alias("high"))
    return Inventory(_ordered(table), joined(book.factors) if book.factors is not None else joined())


def _ordered(table: pl.DataFrame) -> pl.DataFrame:
    """Return a table of `COLUMNS`, sorted; a column that is missing is null for `expires_at`, else 0."""
    empty = {name: pl.lit(None if name == "expires_at" else 0) for name in COLUMNS if name not in table.columns}
    return table.with_columns(**empty).select(COLUMNS.names()).cast(COLUMNS).sort(SORT)


NONE = Inventory(pl.DataFrame(schema=COLUMNS))
"""Nothing held."""
