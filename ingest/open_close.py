"""Market makers' positions from Cboe's Open-Close volume summaries: what all others bought less what they sold, negated.

Experimental: the columns are those that Cboe's pages and public code name; no customer's file has been seen.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from typing import TYPE_CHECKING, Literal

import polars as pl

from gex.ingest.blob import blobs
from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers.text import decode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gex.ingest.blob import Blob

Intervals = Literal["cumulative", "incremental"]
KEY = ("root", "expiration", "strike", "option_type")

_SIZES = ("lt_100", "100_199", "gt_199")
_ORIGINS = ("firm", "bd", *(f"{origin}_{size}" for origin, size in product(("cust", "procust"), _SIZES)))
_OTHERS = {
    side: [f"{who}_{act}_{side}_vol" for who, act in product(_ORIGINS, ("open", "close"))] for side in ("buy", "sell")
}
_MAKERS = {side: f"mm_{side}_vol" for side in ("buy", "sell")}
VOLUMES = (*_MAKERS.values(), *_OTHERS["buy"], *_OTHERS["sell"])
_NAMES = {
    "underlying": ("underlying_symbol", "ticker"),
    "time": ("quote_datetime", "quote_date"),
    "root": ("option_symbol",),
    "expiration": ("expiration_date",),
    "strike": ("strike_price",),
    "option_type": ("call_put_flag",),
    "series_type": ("series_type",),
}
_TOTAL = "total_exchange_vol"


@dataclass(frozen=True)
class OpenClose:
    """Market makers' positions at the end of some summaries.

    Attributes:
        table: `root`, `expiration`, `strike`, `option_type` and `contracts`, what market makers are net long by the trades
            given; contracts that have expired by then, or of which nothing is left, are out.
        first: The first date. Positions opened before it are not known.
        last: The last.
        rows: Rows read.
        unbalanced: Rows, as file and line, in which not as many contracts were bought as sold, or not as many as the total says.
        nonstandard: Rows of adjusted contracts, left out.

    """

    table: pl.DataFrame
    first: dt.date
    last: dt.date
    rows: int
    unbalanced: tuple[str, ...]
    nonstandard: int


def read_open_close(
    sources: Iterable[str], underlying: str | None = None, intervals: Intervals | None = None
) -> OpenClose:
    """Add up market makers' net trades over the summaries given: several days, several exchanges, or both.

    A trade has a buyer and a seller, so that what market makers bought net is what all others sold net; each row is held
    against what it says of market makers themselves.

    Args:
        sources: Files of end-of-day summaries, or of one exchange's 10-minute ones; as they are, in gzip or zip files.
        underlying: Which one is wanted, of several.
        intervals: What rows of 10-minute summaries count: the day so far, or their own ten minutes. Cboe's pages don't say.

    Raises:
        UnreadableError: A file cannot be read.
        FormatError: A column is missing or a value is none; the message names the line.
        ContentError: There are several underlyings, or a summary twice, or `intervals` does not fit.

    """
    read = pl.concat(_tables(sources))
    wanted = _of_one(read, underlying)
    standard = wanted.filter(pl.col("series_type") != "N")
    timed = bool((standard["time"].dt.time() != dt.time()).any())
    counted = _by_day(standard, intervals) if timed else _once(standard, ("source", "time"))
    last = counted["time"].dt.date().max()
    first = counted["time"].dt.date().min()
    if not isinstance(first, dt.date) or not isinstance(last, dt.date):
        raise ContentError("no standard contract in any summary", source=underlying)
    left = pl.col("expiration") >= last if timed else pl.col("expiration") > last
    held = counted.group_by(KEY).agg(-(pl.col("others_buy") - pl.col("others_sell")).sum().alias("contracts"))
    return OpenClose(
        table=held.filter(left & (pl.col("contracts") != 0)).sort("expiration", "root", "strike", "option_type"),
        first=first,
        last=last,
        rows=wanted.height,
        unbalanced=_unbalanced(standard),
        nonstandard=wanted.height - standard.height,
    )


def _tables(sources: Iterable[str]) -> Iterator[pl.DataFrame]:
    """Yield each file's rows; the same bytes twice would count twice."""
    seen: dict[str, str] = {}
    for source in sources:
        with blobs(source) as found:
            for blob in found:
                table = _table(blob)
                if blob.sha256 in seen:
                    text = f"the same bytes as {seen[blob.sha256]}; give each summary once"
                    raise ContentError(text, source=blob.name)
                seen[blob.sha256] = blob.name
                yield table


def _table(blob: Blob) -> pl.DataFrame:
    """Return a file's rows: the contract, when, and the four sums that matter."""
    text = decode(blob.data(), blob.name)
    try:
        raw = pl.read_csv(BytesIO(text.encode()), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise FormatError(f"no table: {error}", source=blob.name) from error
    raw = raw.rename({name: name.strip().lower() for name in raw.columns})
    named = {name: next((each for each in choices if each in raw.columns), None) for name, choices in _NAMES.items()}
    missing = [
        *(_NAMES[name][0] for name, column in named.items() if column is None),
        *(set(VOLUMES) - set(raw.columns)),
    ]
    strange = [
        name for name in raw.columns if name.endswith("_vol") and name not in {*VOLUMES, _TOTAL, "total_industry_vol"}
    ]
    if missing or strange:
        what = f"lacks {', '.join(sorted(missing)[:3])}" if missing else f"unknown volume {strange[0]!r}"
        raise FormatError(f"no Open-Close summary: {what}", source=blob.name, row=1)
    columns = [pl.col(column).str.strip_chars().alias(name) for name, column in named.items() if column]
    total = pl.col(_TOTAL) if _TOTAL in raw.columns else pl.lit(None, dtype=pl.String)
    texts = raw.with_row_index("line", offset=2).select("line", *columns, *VOLUMES, total.alias("total"))
    return _values(texts, blob.name).with_columns(pl.lit(blob.name).alias("source"))


def _values(texts: pl.DataFrame, source: str) -> pl.DataFrame:
    """Return values from text; refuse the first that is none."""
    day = pl.col("time").str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False).cast(pl.Datetime("us"))
    full = pl.col("time").str.replace("T", " ").str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
    strike = pl.col("strike").cast(pl.Float64, strict=False)
    count = pl.col(*VOLUMES).cast(pl.Int64, strict=False)
    table = texts.with_columns(
        pl.when(pl.col("time").str.len_chars() == 10).then(day).otherwise(full).alias("time"),
        pl.col("root", "underlying").str.to_uppercase().str.strip_chars_start("^"),
        pl.col("expiration").str.to_date("%Y-%m-%d", strict=False),
        pl.when(strike > 0).then(strike).alias("strike"),
        pl.when(pl.col("option_type").is_in(["C", "P"])).then("option_type"),
        pl.when(count >= 0).then(count),
        pl.col("total").cast(pl.Int64, strict=False),
    )
    for name in ("time", "underlying", "root", "expiration", "strike", "option_type", *VOLUMES):
        if (bad := table[name].is_null()).any():
            row = texts.filter(bad).row(0, named=True)
            raise FormatError(f"{name} is {row[name]!r}", source=source, row=row["line"], value=row[name])
    sums = {f"others_{side}": pl.sum_horizontal(columns) for side, columns in _OTHERS.items()}
    makers = {f"makers_{side}": pl.col(column) for side, column in _MAKERS.items()}
    return table.select("line", "underlying", "time", "series_type", *KEY, "total", **sums, **makers)


def _of_one(table: pl.DataFrame, underlying: str | None) -> pl.DataFrame:
    """Return the rows of the underlying asked for, or of the only one."""
    names = {name: normalize_underlying(name) for name in table["underlying"].unique().sort()}
    there = sorted(set(names.values()))
    wanted = normalize_underlying(underlying) if underlying else there[0] if len(there) == 1 else None
    if wanted not in there:
        raise ContentError(f"the summaries are of {', '.join(there) or 'nothing'}; pick one with --underlying")
    return table.filter(pl.col("underlying").replace(names) == wanted)


def _once(table: pl.DataFrame, beside: tuple[str, ...]) -> pl.DataFrame:
    """Refuse a contract that has two rows where one is expected."""
    again = table.filter(~pl.struct(*KEY, *beside).is_first_distinct())
    if again.height:
        row = again.row(0, named=True)
        name = f"{row['root']} {row['expiration']} {row['strike']:g} {row['option_type']} of {row['time']}"
        raise ContentError(f"{name} is there twice; give each summary once", source=row["source"], row=row["line"])
    return table


def _by_day(table: pl.DataFrame, intervals: Intervals | None) -> pl.DataFrame:
    """Return one row a contract and day, or the rows of ten minutes each."""
    if intervals is None:
        raise ContentError(
            "10-minute summaries: say with --intervals whether each counts the day so far or its own minutes"
        )
    ordered = _once(table, ("time",)).sort("time", maintain_order=True)
    if intervals == "incremental":
        return ordered
    day = pl.col("time").dt.date()
    counts = pl.col("others_buy", "others_sell", "makers_buy", "makers_sell")
    fell = ordered.filter(pl.any_horizontal(counts.diff().over(*KEY, day) < 0))
    if fell.height:
        row = fell.row(0, named=True)
        message = f"a volume of {row['root']} {row['strike']:g} {row['option_type']} falls: not the day so far"
        raise ContentError(f"{message}; use --intervals incremental", source=row["source"], row=row["line"])
    return ordered.group_by(*KEY, day.alias("day"), maintain_order=True).last().drop("day")


def _unbalanced(table: pl.DataFrame) -> tuple[str, ...]:
    """Return where not as many contracts were bought as sold, or as many as the total says."""
    bought, sold = (pl.col(f"others_{side}") + pl.col(f"makers_{side}") for side in ("buy", "sell"))
    odd = table.filter((bought != sold) | (pl.col("total") != bought).fill_null(value=False))
    return tuple(f"{source}, line {line}" for source, line in odd.select("source", "line").rows())
