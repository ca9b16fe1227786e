"""The rules every row is held against: errors set a row aside, warnings flag it in the `quality` bit mask.

All rules run in one pass over the table. An error's rule that comes out null counts as broken, so that a missing
value cannot slip through. Rows in = rows kept + rows set aside, always.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Literal

import polars as pl

from gex.ingest.schema import KEY, SORT

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Rule:
    """One rule: `broken` is true for a row that breaks it."""

    code: str
    severity: Literal["error", "warning"]
    broken: pl.Expr
    meaning: str
    remedy: str


def _error(code: str, broken: pl.Expr, meaning: str, remedy: str) -> Rule:
    return Rule(code, "error", broken, meaning, remedy)


def _warning(code: str, broken: pl.Expr, meaning: str, remedy: str) -> Rule:
    return Rule(code, "warning", broken, meaning, remedy)


def _defect(code: str) -> pl.Expr:
    return (pl.col("defect") == code).fill_null(value=False)


_COUNTED = ("bid", "ask", "last", "bid_size", "ask_size", "volume", "open_interest")
_SAVE_AGAIN = "save the file again, without a spreadsheet in between"

# In the order in which a row that breaks several is named; duplicates are looked for among the rows that pass.
ERRORS = (
    _error("field_count", _defect("field_count"), "the line has too few or too many cells", _SAVE_AGAIN),
    _error("cut_row", _defect("cut_row"), "the last line has no line end: its last number may be cut", _SAVE_AGAIN),
    _error("bad_symbol", _defect("bad_symbol"), "the option symbol is not ROOT + YYMMDD + C/P + 8 digits", _SAVE_AGAIN),
    _error(
        "no_definition",
        _defect("no_definition"),
        "the number of an instrument that no definition of its day gives a contract",
        "name the definition file of the same days by --with",
    ),
    _error(
        "bad_number",
        _defect("bad_number"),
        "a cell is not the number, whole number or date that belongs there",
        _SAVE_AGAIN,
    ),
    _error(
        "contradiction",
        _defect("contradiction"),
        "the line's side, strike or expiration is not its symbol's",
        _SAVE_AGAIN,
    ),
    _error(
        "adjusted",
        _defect("adjusted"),
        "not a standard contract: adjusted, or of another size than 100 shares",
        "none: what it delivers is not in the file",
    ),
    _error(
        "missing_key",
        pl.any_horizontal(pl.col(KEY).is_null()),
        "root, expiration, strike or option type is missing",
        "fill the cell in",
    ),
    _error("bad_strike", ~(pl.col("strike") > 0), "the strike is not positive", "correct the strike"),
    _error(
        "other_underlying",
        pl.col("underlying") != pl.col("chain_underlying"),
        "an option on something else, or an adjusted contract with a root of its own",
        "--underlying picks another one",
    ),
    _error(
        "expired",
        ~(pl.col("expires_at") > pl.col("quote_time")),
        "the payoff was fixed at or before the quote time",
        "none needed: exchanges list the day's expired series until the next morning",
    ),
    _error(
        "negative",
        pl.any_horizontal((pl.col(_COUNTED) < 0).fill_null(value=False)),
        "a price, size, volume or open interest is below zero",
        "leave cells without a value empty",
    ),
)
EXPIRED = 1 << next(bit for bit, rule in enumerate(ERRORS) if rule.code == "expired")
_DUPLICATE = _error(
    "duplicate",
    pl.lit(value=False),
    "the same contract with the same values once more; the first is kept",
    "none needed",
)
_CONFLICT = _error(
    "conflict",
    pl.lit(value=False),
    "the same contract with other values: none of them is kept",
    "one snapshot a file: split it by quote time or root",
)

# The position in this table is the bit in `quality`: append only.
WARNINGS = (
    _warning(
        "crossed", pl.col("bid") > pl.col("ask"), "bid above ask", "its quotes are not used for parity or volatility"
    ),
    _warning("no_ask", pl.col("ask").is_null(), "no ask, or an ask of zero", "its mid is not used"),
    _warning("no_bid", pl.col("bid").is_null(), "no bid", "its mid is not used"),
    _warning("zero_bid", pl.col("bid") == 0, "a bid of zero", "its mid is not used"),
    _warning("no_open_interest", pl.col("open_interest").is_null(), "no open interest", "it counts as zero"),
    _warning("no_iv", pl.col("implied_volatility").is_null(), "no implied volatility", "only --vol vendor needs it"),
    _warning(
        "absurd_iv",
        (pl.col("implied_volatility") > 20) | (pl.col("implied_volatility") < 0),
        "implied volatility above 2,000% or negative",
        "only --vol vendor uses it",
    ),
    _warning(
        "above_bound",
        pl.col("bid") > pl.when(pl.col("option_type") == "C").then("spot").otherwise("strike"),
        "the bid is above what the option can be worth: spot for a call, strike for a put",
        "see whether spot and quotes are of the same time",
    ),
    _warning(
        "unknown_root",
        ~pl.col("known_root"),
        "the root is in no table: taken as a stock's (American, PM-settled)",
        "hand in `settlement` and `exercise` columns where they differ",
    ),
)
RULES = (*ERRORS, _DUPLICATE, _CONFLICT, *WARNINGS)


def flags(mask: int) -> tuple[str, ...]:
    """Return the codes of the warnings in a value of the `quality` column."""
    return tuple(rule.code for bit, rule in enumerate(WARNINGS) if mask >> bit & 1)


def _bits(rules: Sequence[Rule], *, null_breaks: bool) -> pl.Expr:
    terms = (
        rule.broken.fill_null(value=null_breaks).cast(pl.UInt32) * pl.lit(1 << bit, pl.UInt32)
        for bit, rule in enumerate(rules)
    )
    return reduce(or_, terms)


@dataclass(frozen=True)
class Judged:
    """The rows that stay, sorted and with their `quality`, and those set aside by line and reason."""

    kept: pl.DataFrame
    expired: pl.DataFrame
    """Rows set aside for having expired and for nothing else, as `kept`."""
    aside: pl.DataFrame
    quarantined: dict[str, int]
    warnings: dict[str, int]


def judge(rows: pl.DataFrame) -> Judged:
    """Hold every row against every rule.

    Args:
        rows: The chain table's columns but `quality`, plus `line`, `defect`, `known_root` and `chain_underlying`.

    Returns:
        Kept rows sorted as the chain table is; `line` and `reason` of the others; counts by code.

    """
    rows = rows.with_columns(
        _bits(ERRORS, null_breaks=True).alias("errors"), _bits(WARNINGS, null_breaks=False).alias("quality")
    )
    bad = rows.filter(pl.col("errors") != 0)
    good = rows.filter(pl.col("errors") == 0) if bad.height else rows
    kept, repeated = _without_duplicates(good.sort(SORT, maintain_order=True))
    reason = pl.coalesce(
        pl.when(pl.col("errors") & (1 << bit) != 0).then(pl.lit(rule.code)) for bit, rule in enumerate(ERRORS)
    )
    aside = pl.concat([bad.select("line", reason.alias("reason")), repeated]).sort("line", maintain_order=True)
    expired, _ = _without_duplicates(bad.filter(pl.col("errors") == EXPIRED).sort(SORT, maintain_order=True))
    return Judged(kept, expired, aside, _counts(aside["reason"]), _warning_counts(kept["quality"]))


def _without_duplicates(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return sorted rows without repeated keys, and `line` and `reason` of those taken out."""
    nothing = pl.DataFrame(schema={"line": pl.Int64, "reason": pl.String})
    same_key = reduce(lambda a, b: a & b, ((pl.col(name) == pl.col(name).shift(1)) for name in KEY))
    if not rows.select(same_key.any()).item():
        return rows, nothing
    content = [name for name in rows.columns if name not in ("line", "quality", "errors")]
    copies = rows.with_row_index("row").unique(subset=content, keep="first", maintain_order=True)
    in_conflict = pl.struct(KEY).is_duplicated()
    kept, conflicting = copies.filter(~in_conflict), copies.filter(in_conflict)
    taken = rows.with_row_index("row").filter(~pl.col("row").is_in(kept["row"].implode()))
    reason = pl.when(pl.struct(KEY).is_in(conflicting.select(pl.struct(KEY)).to_series().implode()))
    aside = taken.select("line", reason.then(pl.lit("conflict")).otherwise(pl.lit("duplicate")).alias("reason"))
    return kept.drop("row"), aside


def _counts(reasons: pl.Series) -> dict[str, int]:
    found = dict(reasons.value_counts().iter_rows())
    return {rule.code: found[rule.code] for rule in RULES if rule.code in found}


def _warning_counts(mask: pl.Series) -> dict[str, int]:
    found: dict[str, int] = {}
    for value, count in mask.value_counts().iter_rows():
        for code in flags(value):
            found[code] = found.get(code, 0) + count
    return {rule.code: found[rule.code] for rule in WARNINGS if rule.code in found}
