"""The rules that every row of a daily history is held against: errors set it aside, warnings keep and count it.

Rows in = rows kept + rows set aside, always.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from gex.ingest.calendar import sessions_between

FAR = 5.0
"""A price this many times its neighbours, or this fraction of them, is in another unit or a slip of the keys."""
FAR_OF_ANY = 50.0
"""The same of what is no price: flows and counts do jump."""
MOVES = 10.0
"""It must also lie this many of its neighbours' usual moves away: a rate near zero multiplies easily."""
NEIGHBOURS = 5
"""Rows on each side that a value is held against."""
GAP = 5
"""Sessions without a row, in a daily history, that are told."""
HOLE = 15
"""Sessions without a row that no holiday and no halt of trading explains: windows take what is beside it for neighbours."""
DAILY = 4
"""Days of the usual step, above which a history is weekly, monthly or sparser."""
SPARSE = 2.5
"""Usual steps that are a gap in a history that is not daily."""
NAMED = 3
"""Gaps that are named, before the rest is counted."""


@dataclass(frozen=True)
class Fault:
    """Rows of a published history that are known to be wrong."""

    name: str
    before: dt.date
    why: str


KNOWN_FAULTS = (
    Fault(
        "VVIX",
        dt.date(2006, 6, 1),
        "Cboe's file begins with 17 scattered days, 15.71 on 2006-03-15 among them; daily values begin on 2006-06-01",
    ),
)

ERRORS = {
    "field_count": ("the line has too few or too many cells", "save the file again"),
    "cut_row": ("the last line has no line end: its last number may be cut", "end the line if it is whole"),
    "bad_date": ("the date is none: 2025-11-14, 20251114 or 11/14/2025", "correct the date"),
    "bad_number": ("a cell is not the number that belongs there", "correct it, or leave it empty"),
    "no_value": ("the source has no value of that date: empty, or FRED's `.`", "none needed"),
    "future": ("the date lies after today", "correct the date, or the clock"),
    "known_fault": ("the source is known to be wrong there", "none needed; the table below says why"),
    "not_positive": ("a price of zero or below", "correct it, or leave it empty"),
    "high_below_low": ("the day's high is below its low", "correct the row"),
    "negative_volume": ("the volume is below zero", "correct it, or leave it empty"),
    "duplicate": ("the same date with the same values once more; the first is kept", "none needed"),
    "conflict": ("the same date with other values: none of them is kept", "keep the row that is right"),
    "out_of_line": (
        "five times its neighbours on both sides, or a fifth (50 if it is no price): another unit, a slip",
        "correct the row",
    ),
}
"""Why a row is set aside, in the order in which a row that breaks several rules is named: meaning and remedy."""
WARNINGS = {
    "out_of_order": ("the row stands below a later date", "none needed: rows are put in order"),
    "wild_range": ("an open, high or low of zero, five times the close, or a fifth", "none needed: taken as missing"),
    "outside_range": ("the open or close lies outside low to high", "estimators from ranges are off that day"),
    "level_shift": ("five times the row before, or a fifth, and it lasts", "see whether unit or share changed there"),
    "gap": (f"more than {GAP} sessions are missing before the row", "see whether the file is complete"),
    "hole": (
        f"more than {HOLE} sessions are missing before the row, and windows close over them",
        "add the rows, or begin after them",
    ),
}
"""What is kept and counted: meaning and remedy."""


@dataclass(frozen=True)
class Judged:
    """The rows that stay, in the order of dates, those set aside, and what was counted or noted."""

    kept: pl.DataFrame
    aside: pl.DataFrame
    """`line` and `reason`, in the file's order."""
    warnings: dict[str, int]
    notes: tuple[str, ...]


def judge(rows: pl.DataFrame, name: str, today: dt.date, *, priced: bool) -> Judged:
    """Hold every row against every rule.

    Args:
        rows: `line`, `defect`, `date` and values, as `gex.ingest.daily_layout.Table` has them.
        name: Of the series, for its known faults.
        today: Dates after it are in the future.
        priced: Whether values must be positive.

    """
    marked = rows.with_columns(pl.coalesce(_reasons(rows.columns, name, today, priced=priced)).alias("reason"))
    good, bad = marked.filter(pl.col("reason").is_null()), marked.filter(pl.col("reason").is_not_null())
    once, repeated = _once(good.drop("reason", "defect").sort("date", "line"))
    far = _out_of_line(once, FAR if priced else FAR_OF_ANY)
    kept = once.join(far, on="line", how="anti", maintain_order="left")
    aside = pl.concat([bad.select("line", "reason"), repeated, far]).sort("line")
    trimmed = kept.with_columns(pl.when(~_wild(pl.col(each))).then(each).alias(each) for each in _range(kept.columns))
    gaps = _gaps(kept["date"].to_list())
    warnings = {
        "out_of_order": _count(rows, pl.col("date") < pl.col("date").cum_max().shift()),
        "wild_range": _count(kept, *(_wild(pl.col(each)) for each in _range(kept.columns))),
        "outside_range": _count(trimmed, *_outside(kept.columns)),
        "level_shift": _count(kept, *([_far(pl.col("close") / pl.col("close").shift())] if priced else [])),
        "gap": sum(not hole for _, hole in gaps),
        "hole": sum(hole for _, hole in gaps),
    }
    found = {code: count for code, count in warnings.items() if count}
    return Judged(trimmed, aside, found, (*_faults(aside, name), *_told([where for where, _ in gaps])))


def _reasons(columns: list[str], name: str, today: dt.date, *, priced: bool) -> list[pl.Expr]:
    """Return an expression for each rule that looks at one row: its code, or null."""
    close, spread = pl.col("close"), [pl.col(each) for each in _range(columns)]
    broken = {"no_value": close.is_null(), "future": pl.col("date") > today}
    for fault in KNOWN_FAULTS:
        if fault.name == name:
            broken["known_fault"] = pl.col("date") < fault.before
    if priced:
        broken["not_positive"] = pl.any_horizontal(close <= 0, *(each < 0 for each in spread))
    if {"high", "low"} <= set(columns):
        broken["high_below_low"] = (pl.col("high") < pl.col("low")) & (pl.col("high") > 0)
    if "volume" in columns:
        broken["negative_volume"] = pl.col("volume") < 0
    return [pl.col("defect"), *(pl.when(wrong).then(pl.lit(code)) for code, wrong in broken.items())]


def _range(columns: list[str]) -> list[str]:
    return [name for name in ("open", "high", "low") if name in columns]


def _far(ratio: pl.Expr) -> pl.Expr:
    return (ratio > FAR) | (ratio < 1.0 / FAR)


def _once(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return rows in the order of dates without repeated ones, and `line` and `reason` of those taken out."""
    copies = rows.unique(subset=[name for name in rows.columns if name != "line"], keep="first", maintain_order=True)
    kept = copies.filter(~pl.col("date").is_duplicated())
    conflict = pl.col("date").is_in(copies.filter(pl.col("date").is_duplicated())["date"].implode())
    taken = rows.join(kept, on="line", how="anti", maintain_order="left")
    return kept, taken.select(
        "line", pl.when(conflict).then(pl.lit("conflict")).otherwise(pl.lit("duplicate")).alias("reason")
    )


def _out_of_line(rows: pl.DataFrame, times: float) -> pl.DataFrame:
    """Return `line` and `reason` of values that are far from the rows before and after, all in one direction.

    A change that lasts two rows is none of them. The first and the last row have neighbours on one side only.
    """
    value = pl.col("close")
    beside = rows.select(
        "line",
        "close",
        before=value.shift(),
        after=value.shift(-1),
        middle_before=_median(value, 1),
        middle_after=_median(value, -1),
        # A row's own move is no measure of what is usual, nor is the move away from it.
        usual=pl.max_horizontal(_median(value.diff().abs(), 1), _median(value.diff().abs(), -2)).fill_null(0.0),
    )
    others = [pl.col(name) for name in ("before", "after", "middle_before", "middle_after")]
    clear = (
        ((value - middle).abs() > MOVES * pl.col("usual")) & (middle > 0) | middle.is_null() for middle in others[2:]
    )
    above = pl.max_horizontal(others) * times < value
    below = pl.min_horizontal(others) > value * times
    wrong = (above | below) & pl.all_horizontal(clear) & (value > 0) & (pl.len() > NEIGHBOURS)
    return beside.filter(wrong).select("line", pl.lit("out_of_line").alias("reason"))


def _median(value: pl.Expr, shift: int) -> pl.Expr:
    """Return the median of the neighbours before a row, or after it where `shift` is negative."""
    if shift > 0:
        return value.rolling_median(NEIGHBOURS, min_samples=1).shift(shift)
    return value.reverse().rolling_median(NEIGHBOURS, min_samples=1).shift(-shift).reverse()


def _wild(price: pl.Expr) -> pl.Expr:
    return (price == 0) | _far(price / pl.col("close"))


def _outside(columns: list[str]) -> list[pl.Expr]:
    if not {"high", "low"} <= set(columns):
        return []
    return [~pl.col(name).is_between("low", "high") for name in ("open", "close") if name in columns]


def _count(rows: pl.DataFrame, *which: pl.Expr) -> int:
    """Count the rows of which any of these is true."""
    return rows.filter(pl.any_horizontal(which)).height if which else 0


def _gaps(days: list[dt.date]) -> list[tuple[str, bool]]:
    """Describe where a daily history has no row for more than `GAP` sessions, or a sparser one for twice its step.

    With each, whether it is a hole: more than `HOLE` sessions of a daily history.
    """
    steps = [(before, after, (after - before).days) for before, after in pairwise(days)]
    usual = sorted(step for *_, step in steps)[len(steps) // 2] if steps else 0
    if usual > DAILY:
        return [(f"{before} to {after}", False) for before, after, step in steps if step > SPARSE * usual]
    # A week holds five sessions at the most: few steps need the calendar.
    wide = ((before, after) for before, after, step in steps if step > GAP + 2)
    missing = [(before, after, sessions_between(before, after) - 1) for before, after in wide]
    return [(f"{before} to {after}", count > HOLE) for before, after, count in missing if count > GAP]


def _told(gaps: list[str]) -> list[str]:
    more = f" and {len(gaps) - NAMED} more" if len(gaps) > NAMED else ""
    return [f"no rows from {', '.join(gaps[:NAMED])}{more}"] if gaps else []


def _faults(aside: pl.DataFrame, name: str) -> list[str]:
    faulty = aside.filter(pl.col("reason") == "known_fault").height
    return [fault.why for fault in KNOWN_FAULTS if fault.name == name and faulty]
