"""Cboe DataShop's Option EOD Summary and Option Quotes intervals, with and without calcs, plain or zipped.

One row is one contract. The EOD summary has two snapshots side by side, 15:45 and the end of the day; on early closes
the columns named 1545 hold 12:45 (since 2020-02-05). Times are New York's without a zone. Open interest is that of
the morning. Volatility is a decimal, and 0 where it was not computed; a close of 0 means no trade.

Source: DataShop's product pages and layout specifications; no file of a customer has been seen.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import in_session, is_session, new_york, session_close
from gex.ingest.contracts import contract, normalize_underlying
from gex.ingest.errors import ContentError
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, snapshots
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.text import date_of
from gex.ingest.times import as_utc

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gex.ingest.blob import Blob
    from gex.ingest.calendar import Hours
    from gex.ingest.readers.long_csv import Snapshot
    from gex.ingest.readers.raw import Pick

NAME = "datashop"

_CONTRACT = ("root", "expiration", "strike", "option_type")
_TRADES = ("open", "high", "low", "close", "trade_volume")
_QUOTE = ("bid_size", "bid", "ask_size", "ask", "underlying_bid", "underlying_ask")
_CALCS = (
    "implied_underlying_price",
    "active_underlying_price",
    "implied_volatility",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
)
_TEXT = frozenset({"root", "expiration", "option_type", "delivery_code"})
_SYMBOL = re.compile(r"\^?[A-Z][A-Z0-9./]{0,9}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_MINUTE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d")
_ROOT = re.compile(r"[A-Z][A-Z0-9]{0,5}")
_WHICH = re.compile(r"(?P<days>[\d-]*?)[T ]?(?P<moment>1545|15:45|eod)?", re.IGNORECASE)
# On early closes before this day the columns named 1545 hold a time after the close.
_EARLY_SINCE = dt.date(2020, 2, 5)
_BEFORE_CLOSE = dt.timedelta(minutes=15)


def _at(moment: str, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{name}_{moment}" for name in names)


def _layout(
    name: str, time: dict[str, re.Pattern[str]], required: tuple[str, ...], optional: tuple[str, ...] = ()
) -> Layout:
    key = {"underlying_symbol": _SYMBOL, **time}
    return Layout(f"DataShop's {name}", key, (*_CONTRACT, *_TRADES, *required), optional, _TEXT | key.keys())


_EOD_ONLY = (*_at("1545", _QUOTE), *_at("eod", _QUOTE), "vwap", "open_interest", "delivery_code")
EOD = (
    _layout("Option EOD Summary", {"quote_date": _DATE}, _EOD_ONLY),
    _layout("Option EOD Summary with calcs", {"quote_date": _DATE}, (*_EOD_ONLY, *_at("1545", _CALCS))),
)
_TIME = {"quote_datetime": _MINUTE}
INTERVALS = (
    _layout("Option Quotes intervals", _TIME, _QUOTE, ("open_interest",)),
    _layout("Option Quotes intervals with calcs", _TIME, (*_QUOTE, *_CALCS), ("open_interest",)),
)
LAYOUTS = (*EOD, *INTERVALS)
COLUMNS = {
    "bid": "bid",
    "ask": "ask",
    "bid_size": "bid_size",
    "ask_size": "ask_size",
    "close": "last",
    "trade_volume": "volume",
    "open_interest": "open_interest",
    "implied_volatility": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "theta": "vendor_theta",
    "vega": "vendor_vega",
}
"""From a file's columns to the chain table's."""


def sniff(head: bytes) -> bool:
    """Tell whether the first line is a header of DataShop's, or nearly one."""
    names = header_of(head)
    marked = "underlying_symbol" in names or "quote_datetime" in names or any(name.endswith("_1545") for name in names)
    return marked and any(layout.resembles(names) for layout in LAYOUTS)


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the snapshots of a file: of an EOD summary those at 15:45, unless `pick.snapshot` ends in "eod".

    Raises:
        FormatError: Its header is nearly DataShop's, or the columns of symbols and times hold something else.
        UnreadableError: It is cut off or empty.
        ContentError: `pick.snapshot` is no name of a snapshot in an EOD summary.

    """
    layout = layout_of(header_of(blob.head()), LAYOUTS, blob.name)
    make: Callable[[Snapshot], RawChain] = _interval
    if layout in EOD:
        days, moment = _which(pick.snapshot or "", blob.name)
        pick, make = replace(pick, snapshot=days), partial(_summary, moment=moment)
    for found in snapshots(blob, layout, lambda key: pick.takes(*_labels(key))):
        yield make(found)


def _which(text: str, source: str) -> tuple[str, str]:
    """Return the beginning of the dates that are wanted of an EOD summary, and the column names' ending."""
    match = _WHICH.fullmatch(text.strip())
    if not match:
        remedy = "1545 and eod, with a date before them or without, as in 2024-06-03Teod"
        raise ContentError(f"no snapshot {text!r}; an EOD summary has {remedy}", source=source, value=text)
    return match["days"], "eod" if (match["moment"] or "").lower() == "eod" else "1545"


def _labels(key: tuple[str, ...]) -> tuple[str, str]:
    return normalize_underlying(key[0]), key[1].replace(" ", "T")


def _summary(found: Snapshot, moment: str) -> RawChain:
    columns = {f"{name}_{moment}": name for name in (*_QUOTE, *_CALCS) if f"{name}_{moment}" in found.rows.columns}
    underlying, day = _labels(found.key)
    stamp, note = _eod_time(day, moment, contract(underlying).hours)
    return replace(
        _chain(found, found.rows.rename(columns)),
        stamp=stamp,
        stamp_problem=f"quote_date {day} is no session of New York",
        notes=(note,),
        snapshot=f"{day}T{moment}",
    )


def _eod_time(text: str, moment: str, hours: Hours) -> tuple[dt.datetime | None, str]:
    """Return when the quotes of a day's snapshot were made, and what to say about it."""
    day = _date(text)
    if day is None or not is_session(day):
        return None, ""
    if moment == "eod":
        return session_close(day, hours), "the quotes at the end of the day; --snapshot 1545 has those before the close"
    others = "--snapshot eod has those at the end of the day"
    if day < _EARLY_SINCE:
        return new_york(day, dt.time(15, 45)), f"the quotes of 15:45; {others}"
    return session_close(day) - _BEFORE_CLOSE, f"the quotes of 15 minutes before the close; {others}"


def _interval(found: Snapshot) -> RawChain:
    text = found.key[1]
    return replace(
        _chain(found, found.rows),
        stamp=_session_time(text),
        stamp_problem=f"quote_datetime {text!r} is no time within a session of New York",
        snapshot=_labels(found.key)[1],
    )


def _session_time(text: str) -> dt.datetime | None:
    try:
        instant = as_utc(dt.datetime.fromisoformat(text))
    except ValueError:
        return None
    return instant if in_session(instant, "late") else None


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        return None


def _chain(found: Snapshot, rows: pl.DataFrame) -> RawChain:
    """Return a snapshot with everything but its time."""
    names = {old: new for old, new in COLUMNS.items() if old in rows.columns}
    roots = {root: clean for root in rows["root"].unique().drop_nulls() if (clean := _clean(root))}
    table = rows.select(
        "line",
        "defect",
        pl.col("root").replace_strict(roots, default=None, return_dtype=pl.String),
        date_of(pl.col("expiration"), "%Y-%m-%d"),
        pl.when(pl.col("option_type").is_in(["C", "P"])).then("option_type").alias("option_type"),
        "strike",
        *(pl.col(old).alias(new) for old, new in names.items()),
    )
    lost = [table[name].is_null() & rows[name].is_not_null() for name in ("expiration", "option_type")]
    bad_symbol = table["root"].is_null() & rows["root"].is_not_null()
    defect = pl.coalesce(
        "defect",
        pl.when(bad_symbol).then(pl.lit("bad_symbol")),
        pl.when(pl.any_horizontal(lost)).then(pl.lit("bad_number")),
    )
    return RawChain(
        rows=typed(table.with_columns(defect.alias("defect"))),
        source=NAME,
        stamp=None,
        spot=_spot(rows),
        delay_minutes=0.0,
        texts=found.texts,
        underlying=_labels(found.key)[0],
    )


def _clean(root: str) -> str | None:
    bare = root.strip().removeprefix("^").replace(".", "")
    return bare if _ROOT.fullmatch(bare) else None


def _spot(rows: pl.DataFrame) -> float | None:
    """Return the underlying's mid, else what DataShop calls its active price; None where neither is above 0."""
    bid, ask = pl.col("underlying_bid"), pl.col("underlying_ask")
    spot = rows.filter((bid > 0) & (ask > 0)).select((0.5 * (bid + ask)).median()).item()
    if spot is None and "active_underlying_price" in rows.columns:
        spot = rows["active_underlying_price"].filter(rows["active_underlying_price"] > 0).median()
    return float(spot) if isinstance(spot, float) else None
