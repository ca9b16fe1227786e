"""The rules every row of a tape is held against: errors set it aside, warnings are bits of `quality`.

Rows are judged as they come, some at a time. What a rule must know of the rows before (the latest time, each contract's
last one) is carried along, so that it makes no difference where a tape is divided.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import reduce
from operator import or_

import polars as pl

from gex.ingest import calendar
from gex.ingest.assemble import with_expires_at, with_terms
from gex.ingest.contracts import contract
from gex.ingest.schema import KEY
from gex.ingest.trade_schema import TRADE_SCHEMA, TRADE_TIME, TRADE_WARNINGS

_ZONE = calendar.NEW_YORK.key
_STATE: dict[str, pl.DataType] = {"contract": pl.UInt64(), "before": TRADE_TIME}
_TIMES: dict[str, pl.DataType] = {
    "trade_date": pl.Date(),
    "hours": pl.String(),
    "opens": TRADE_TIME,
    "closes": TRADE_TIME,
}

ERRORS = {
    "field_count": "the line has too few or too many cells",
    "cut_row": "the last line has no line end: the tape stops in mid-row",
    "bad_symbol": "the option symbol or root is none",
    "no_definition": "the number of an instrument that no definition of its day gives a contract",
    "bad_number": "a cell is not the number, whole number or date that belongs there",
    "missing_key": "root, expiration, strike or option type is missing",
    "bad_strike": "the strike is not positive",
    "bad_time": "no time of a trade",
    "cancel": "a report that takes back a trade, which is set aside as well",
    "cancel_unmatched": "a report that takes back a trade which is not among those before it",
    "cancelled": "a trade that was taken back",
    "bad_price": "the price is not positive",
    "zero_size": "no contracts",
    "expired": "after the payoff was fixed",
}
"""Reasons for which a row is set aside, in the order in which one that has several is named."""


@dataclass(frozen=True)
class Judged:
    """What became of some rows: those kept, in the columns of the trade table, and `line` and `reason` of the others."""

    kept: pl.DataFrame
    aside: pl.DataFrame
    warnings: dict[str, int]


@dataclass
class Judge:
    """The rules, and what they must know of the rows before.

    Attributes:
        grouped: Whether the tape goes contract by contract: then a time is out of order within its contract.
        underlying: The only one wanted; rows on others are no part of the tape.

    """

    grouped: bool = False
    underlying: str | None = None
    _latest: int | None = None
    _last: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=_STATE))

    def __call__(self, rows: pl.DataFrame) -> Judged:
        """Judge the next rows, with the columns of `raw.ROWS` and those of `cancels.settle`."""
        rows = with_expires_at(with_terms(rows))
        if self.underlying is not None:
            rows = rows.filter((pl.col("underlying") == self.underlying).fill_null(value=True))
        zoned = pl.col("trade_time").dt.convert_time_zone(_ZONE)
        rows = rows.with_columns(_reason().alias("reason"), zoned.dt.date().alias("trade_date"))
        sound = rows["reason"].is_null()
        kept = self._flagged(rows.filter(sound))
        if "told_line" in kept.columns:
            kept = kept.with_columns(pl.coalesce("told_line", "line").alias("line"))
        bits = {code: int((kept["quality"] & (1 << bit)).ne(0).sum()) for bit, code in enumerate(TRADE_WARNINGS)}
        return Judged(
            kept.select(pl.col(name).cast(dtype) for name, dtype in TRADE_SCHEMA.items()),
            rows.filter(~sound).select("line", "reason"),
            {code: count for code, count in bits.items() if count},
        )

    def _flagged(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add `quality`; where the source brings one, that holds."""
        rows = self._with_order(_with_hours(rows))
        bid, ask = pl.col("bid"), pl.col("ask")
        broken = {
            "no_quote": bid.is_null() | ask.is_null(),
            "no_exchange_quote": pl.any_horizontal(pl.col("exchange_bid", "exchange_ask").is_null()),
            "crossed_quote": bid > ask,
            "locked_quote": bid == ask,
            "out_of_order": pl.col("out_of_order"),
            "duplicate_time": pl.col("before") == pl.col("trade_time"),
            "outside_hours": ~pl.col("trade_time").is_between("opens", "closes").fill_null(value=False),
            "late_report": pl.col("is_late"),
            "unknown_root": ~pl.col("known_root"),
        }
        bits = [
            pl.when(broken[code].fill_null(value=False))
            .then(pl.lit(1 << bit, pl.UInt32))
            .otherwise(pl.lit(0, pl.UInt32))
            for bit, code in enumerate(TRADE_WARNINGS)
        ]
        quality = reduce(or_, bits)
        return rows.with_columns(
            pl.coalesce("quality", quality) if "quality" in rows.columns else quality.alias("quality")
        )

    def _with_order(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Add the time of the contract's trade `before` each, and whether a trade is `out_of_order`; remember the last."""
        rows = rows.with_columns(pl.struct(KEY).hash().alias("contract"))
        within = pl.col("trade_time").shift().over("contract")
        carried = rows.select("contract").join(self._last, on="contract", how="left", maintain_order="left")["before"]
        rows = rows.with_columns(pl.coalesce(within, carried).alias("before"))
        latest = pl.col("trade_time").cum_max().shift()
        if self._latest is not None:
            latest = pl.max_horizontal(latest, pl.lit(self._latest).cast(TRADE_TIME))
        early = pl.col("trade_time") < (pl.col("before") if self.grouped else latest)
        rows = rows.with_columns(early.fill_null(value=False).alias("out_of_order"))
        self._remember(rows)
        return rows

    def _remember(self, rows: pl.DataFrame) -> None:
        last = pl.concat([self._last, rows.select("contract", before="trade_time")])
        self._last = last.unique("contract", keep="last")
        if rows.height:
            latest: int = rows["trade_time"].to_physical().max()  # type: ignore[assignment]
            self._latest = latest if self._latest is None else max(self._latest, latest)


def _reason() -> pl.Expr:
    """Return why a row is set aside; null where it is not. A rule that comes out null counts as broken."""
    broken = {
        "missing_key": pl.any_horizontal(pl.col(KEY).is_null()),
        "bad_strike": ~(pl.col("strike") > 0) | ~pl.col("strike").is_finite(),
        "bad_time": pl.col("trade_time").is_null(),
        "cancel": pl.col("cancels") & pl.col("matched"),
        "cancel_unmatched": pl.col("cancels"),
        "cancelled": pl.col("cancelled"),
        "bad_price": ~(pl.col("price") > 0) | ~pl.col("price").is_finite(),
        "bad_number": pl.col("size").is_null(),
        "zero_size": ~(pl.col("size") > 0),
        "expired": ~(pl.col("trade_time") <= pl.col("expires_at")),
    }
    reasons = [pl.when(rule.fill_null(value=True)).then(pl.lit(code)) for code, rule in broken.items()]
    return pl.coalesce("defect", *reasons)


def _with_hours(rows: pl.DataFrame) -> pl.DataFrame:
    """Add when the session of each trade's day opens and closes for its underlying; null where there is none."""
    hours = {root: contract(root).hours for root in rows["root"].unique()}
    rows = rows.with_columns(pl.col("root").replace_strict(hours, return_dtype=pl.String).alias("hours"))
    days = rows.select("trade_date", "hours").unique().iter_rows()
    sessions = [
        (day, kind, calendar.session_open(day), calendar.session_close(day, kind))
        for day, kind in days
        if calendar.is_session(day)
    ]
    table = pl.DataFrame(sessions, schema=_TIMES, orient="row")
    return rows.join(table, on=["trade_date", "hours"], how="left", maintain_order="left")
