"""The trade table: what one row is, each column's type, unit and meaning, and the facts of a tape.

One row is one trade of one option contract, with the quotes it was made against, in the order in which the tape tells
them. What a contract is follows the chain table: (root, expiration, strike, option_type).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.schema import OPTION_TYPE, QUARANTINE, UTC_TIME, Column

if TYPE_CHECKING:
    from gex.ingest.schema import QualityReport, Source

TRADE_TIME = pl.Datetime("ns", "UTC")

TRADE_COLUMNS = (
    Column("underlying", pl.String, "what the option is on: SPX, QQQ"),
    Column("root", pl.String, "the symbol's root: SPX, SPXW, QQQ"),
    Column("expiration", pl.Date, "the exchange's expiration date"),
    Column("expires_at", UTC_TIME, "the instant the payoff is fixed"),
    Column("option_type", OPTION_TYPE, "C call, P put"),
    Column("strike", pl.Float64, "in points of the underlying"),
    Column("multiplier", pl.Float64, "shares or index units per contract"),
    Column("trade_time", TRADE_TIME, "when it was made, or reported if the source tells no more"),
    Column("trade_date", pl.Date, "the New York date of it"),
    Column("price", pl.Float64, "points, above 0"),
    Column("size", pl.Int64, "contracts, above 0"),
    Column("exchange", pl.String, "the source's name or number of it", nullable=True),
    Column("bid", pl.Float64, "best bid of all exchanges at the trade, points; 0 is a value", nullable=True),
    Column("ask", pl.Float64, "best ask of all exchanges at the trade, points", nullable=True),
    Column("bid_size", pl.Int64, "contracts at the best bid", nullable=True),
    Column("ask_size", pl.Int64, "contracts at the best ask", nullable=True),
    Column("exchange_bid", pl.Float64, "bid of the exchange that traded, points; 0 is a value", nullable=True),
    Column("exchange_ask", pl.Float64, "ask of the exchange that traded, points", nullable=True),
    Column("exchange_bid_size", pl.Int64, "contracts at that bid", nullable=True),
    Column("exchange_ask_size", pl.Int64, "contracts at that ask", nullable=True),
    Column("underlying_bid", pl.Float64, "points, at the trade", nullable=True),
    Column("underlying_ask", pl.Float64, "points, at the trade", nullable=True),
    Column("condition", pl.String, "the source's code of how it was made", nullable=True),
    Column("is_complex", pl.Boolean, "a leg of a complex order, whose price alone says little of the side"),
    Column("line", pl.Int64, "row of the source, from 1 with any header"),
    Column("quality", pl.UInt32, "bit mask of warnings: `TRADE_WARNINGS` names the bits"),
)
TRADE_SCHEMA = pl.Schema({column.name: column.dtype for column in TRADE_COLUMNS})

TRADE_WARNINGS = {
    "no_quote": "no national quote at the trade",
    "no_exchange_quote": "no quote of its own exchange at the trade",
    "crossed_quote": "the national bid is above the ask: the quote tells no side",
    "locked_quote": "the national bid equals the ask",
    "out_of_order": "its time is before that of a trade told earlier",
    "duplicate_time": "another trade of the contract has the same time",
    "outside_hours": "made before the open or after the close of its session",
    "late_report": "reported late or out of sequence: the quotes beside it are not those it was made against",
    "unknown_root": "the root is not in the table of contracts and is taken as a stock's",
}
"""Bit n of `quality` is the n-th of these: the trade is kept, and what it means is here."""


@dataclass(frozen=True)
class Trades:
    """A tape of option trades: the table, and what became of every row.

    Attributes:
        frame: The trade table, columns and types of `TRADE_SCHEMA`, in the source's order.
        source: Provenance.
        quality: What became of every row: `rows_in` equals `rows_kept` plus the sum of `quarantined`.
        quarantine: The rows set aside: line, reason, the row as it was.

    """

    frame: pl.DataFrame
    source: Source
    quality: QualityReport
    quarantine: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=QUARANTINE))
