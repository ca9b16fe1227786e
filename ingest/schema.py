"""The chain table: what one row is, each column's type, unit and meaning, and the facts of a snapshot.

One row is one contract at one quote time, sorted by expiration, root, strike and option type. The key is
(root, expiration, strike, option_type): SPX and SPXW share strikes on third Fridays.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import polars as pl

if TYPE_CHECKING:
    import datetime as dt

    import pandas as pd
    import pyarrow as pa

SCHEMA_VERSION = 1

UTC_TIME = pl.Datetime("us", "UTC")
OPTION_TYPE = pl.Enum(["C", "P"])
SETTLEMENT = pl.Enum(["AM", "PM"])
EXERCISE = pl.Enum(["E", "A"])

AssetClass = Literal["index", "etf", "stock"]


@dataclass(frozen=True)
class Column:
    """One column of the chain table."""

    name: str
    dtype: pl.DataType | type[pl.DataType]
    meaning: str
    nullable: bool = False


COLUMNS = (
    Column("underlying", pl.String, "what the option is on: SPX, QQQ (no caret, no underscore)"),
    Column("root", pl.String, "the symbol's root: SPX, SPXW, QQQ"),
    Column("expiration", pl.Date, "the exchange's expiration date"),
    Column("expires_at", UTC_TIME, "the instant the payoff is fixed: 16:00 New York, 09:30 if AM-settled"),
    Column("settlement", SETTLEMENT, "AM or PM"),
    Column("exercise", EXERCISE, "E European, A American"),
    Column("option_type", OPTION_TYPE, "C call, P put"),
    Column("strike", pl.Float64, "in points of the underlying"),
    Column("multiplier", pl.Float64, "shares or index units per contract"),
    Column("bid", pl.Float64, "points; 0 is a value, null is no quote", nullable=True),
    Column("ask", pl.Float64, "points; null is no quote", nullable=True),
    Column("last", pl.Float64, "last trade, points; null is no trade", nullable=True),
    Column("bid_size", pl.Int64, "contracts", nullable=True),
    Column("ask_size", pl.Int64, "contracts", nullable=True),
    Column("volume", pl.Int64, "contracts traded on the quote date", nullable=True),
    Column("open_interest", pl.Int64, "contracts open after `open_interest_date`", nullable=True),
    Column("open_interest_date", pl.Date, "the session whose close the open interest belongs to", nullable=True),
    Column("implied_volatility", pl.Float64, "the vendor's, decimal per square-root year; null if none", nullable=True),
    Column("vendor_delta", pl.Float64, "the vendor's; never a default input", nullable=True),
    Column("vendor_gamma", pl.Float64, "the vendor's, per point; never a default input", nullable=True),
    Column("vendor_theta", pl.Float64, "the vendor's, in the vendor's unit; never a default input", nullable=True),
    Column("vendor_vega", pl.Float64, "the vendor's, in the vendor's unit; never a default input", nullable=True),
    Column("quote_time", UTC_TIME, "when the quotes were made (not when they were downloaded)"),
    Column("quote_date", pl.Date, "the New York trading date of the quotes"),
    Column("spot", pl.Float64, "the underlying's price in the source, points", nullable=True),
    Column("source", pl.String, "the format and vendor it came from"),
    Column("quality", pl.UInt32, "bit mask of warnings: `gex.ingest.quality` names the bits"),
)
SCHEMA = pl.Schema({column.name: column.dtype for column in COLUMNS})
KEY = ("root", "expiration", "strike", "option_type")
SORT = ("expiration", "root", "strike", "option_type")

# Columns of the quarantine table: the row as it was, where it was, and why it was set aside.
QUARANTINE = pl.Schema({"line": pl.Int64, "reason": pl.String, "row": pl.String})


@dataclass(frozen=True)
class Source:
    """Where a chain came from, for whoever must trace a figure."""

    path: str
    sha256: str
    format: str
    tool_version: str


@dataclass(frozen=True)
class QualityReport:
    """What became of every row: `rows_in` equals `rows_kept` plus the sum of `quarantined`."""

    rows_in: int
    rows_kept: int
    quarantined: dict[str, int] = field(default_factory=dict)
    """Rows set aside, by reason code."""
    warnings: dict[str, int] = field(default_factory=dict)
    """Rows kept and flagged, by warning code."""
    notes: tuple[str, ...] = ()
    """What the reader assumed or found odd about the whole file, one sentence each."""


@dataclass(frozen=True)
class Chain:
    """An option chain at one instant: the table and the facts of the snapshot.

    Attributes:
        frame: The chain table, columns and types of `SCHEMA`, sorted by `SORT`, no expired contract.
        underlying: SPX, QQQ, ...
        asset_class: index, etf or stock.
        spot: The source's price of the underlying in points; None if it gave none.
        quote_time: When the quotes were made, UTC.
        quote_date: Their New York trading date.
        next_close: The first close of regular trading after `quote_time`, UTC.
        stamp: The time printed in the source, UTC; None if none.
        delay_minutes: What was taken off `stamp` to get `quote_time`, before the clip to the session's end.
        quote_time_source: How `quote_time` was found: the source's stamp less the delay, the same clipped
            to the end of the session, or given by the user.
        market_open: Whether options of this underlying traded at `quote_time` and `stamp` alike.
        open_interest_date: The session whose close the open interest belongs to.
        source: Provenance.
        quality: What became of every row.
        quarantine: The rows set aside: line, reason, the row as it was.
        expired: Contracts of the source whose payoff was fixed by `quote_time`, as `frame`; a stored chain has none.

    """

    frame: pl.DataFrame
    underlying: str
    asset_class: AssetClass
    spot: float | None
    quote_time: dt.datetime
    quote_date: dt.date
    next_close: dt.datetime
    stamp: dt.datetime | None
    delay_minutes: float
    quote_time_source: Literal["stamp", "session_end", "given", "stored"]
    market_open: bool
    open_interest_date: dt.date | None
    source: Source
    quality: QualityReport
    quarantine: pl.DataFrame = field(default_factory=pl.DataFrame(schema=QUARANTINE).clone)
    expired: pl.DataFrame = field(default_factory=pl.DataFrame(schema=SCHEMA).clone)

    def to_pandas(self) -> pd.DataFrame:
        """Return the chain table as a pandas frame."""
        return self.frame.to_pandas()

    def to_arrow(self) -> pa.Table:
        """Return the chain table as a PyArrow table."""
        return self.frame.to_arrow()
