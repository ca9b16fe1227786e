"""ORATS strikes: the near-end-of-day files, plain or zipped, and the Data API's CSV, live or of one minute.

One row is a call and the put beside it. For an index `stkPx` is the forward of the expiration, so that spot is taken from
`spot_px` alone (`spotPrice` in the API). Open interest is that of the morning. Volatility is a decimal, and 0 where there is
none; of the greeks gamma and vega hold for both sides, delta and theta are the call's. Near-end-of-day quotes are those
of 14 minutes before the close. `dte` counts both ends, and is not used.

Only the editions with `cOpra` and `pOpra` have option symbols. In the others the root of an index with two of them is told
by the date: the third Friday is the AM-settled one's.

Source: ORATS' page on its near-end-of-day data and the documentation of its Data API.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from gex.ingest.calendar import in_session, is_session, session_close
from gex.ingest.contracts import normalize_underlying, with_symbol_fields
from gex.ingest.readers.long_csv import Layout, header_of, layout_of, snapshots
from gex.ingest.readers.raw import RawChain, typed
from gex.ingest.readers.text import date_of
from gex.ingest.readers.weeklies import WEEKLY, note_on, root_of
from gex.ingest.times import as_utc

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gex.ingest.blob import Blob
    from gex.ingest.readers.long_csv import Snapshot
    from gex.ingest.readers.raw import Pick

NAME = "orats"

BEFORE_CLOSE = dt.timedelta(minutes=14)

_SYMBOL = re.compile(r"[A-Z][A-Z0-9._/]{0,9}")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}/\d{1,2}/\d{4}")
_CLOCK = re.compile(r"\d{3,4}")
_DATES = ("%Y-%m-%d", "%m/%d/%Y")

# The chain table's names of a side's columns, in the near-end-of-day files and in the API's.
_NEAR_EOD = {"Volu": "volume", "Oi": "open_interest", "BidPx": "bid", "AskPx": "ask", "MidIv": "implied_volatility"}
_API = {
    "Volume": "volume",
    "OpenInterest": "open_interest",
    "BidSize": "bid_size",
    "AskSize": "ask_size",
    "BidPrice": "bid",
    "AskPrice": "ask",
    "MidIv": "implied_volatility",
}
_BOTH = {"gamma": "vendor_gamma", "vega": "vendor_vega"}
_CALLS_ONLY = {"delta": "vendor_delta", "theta": "vendor_theta"}


@dataclass(frozen=True)
class Edition:
    """One layout of ORATS' files.

    Attributes:
        layout: Its columns.
        sides: What the columns of calls and of puts begin with.
        names: What the rest of those names stands for.
        spot: The column of spot.

    """

    layout: Layout
    sides: tuple[str, str]
    names: Mapping[str, str]
    spot: str


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_NEAR_EOD_COLUMNS = _words(
    "stkPx expirDate yte strike cVolu cOi pVolu pOi cBidPx cValue cAskPx pBidPx pValue pAskPx cBidIv cMidIv cAskIv"
    " smoothSmvVol pBidIv pMidIv pAskIv iRate divRate residualRateData delta gamma theta vega rho phi driftlessTheta"
    " extVol extCTheo extPTheo spot_px"
)
_API_COLUMNS = _words(
    "expirDate dte strike stockPrice callVolume callOpenInterest callBidSize callAskSize putVolume putOpenInterest"
    " putBidSize putAskSize callBidPrice callValue callAskPrice putBidPrice putValue putAskPrice callBidIv callMidIv"
    " callAskIv smvVol putBidIv putMidIv putAskIv residualRate delta gamma theta vega rho phi driftlessTheta extSmvVol"
    " extCallValue extPutValue spotPrice updatedAt"
)
_TEXT = frozenset(
    _words("ticker trade_date tradeDate expirDate cOpra pOpra updatedAt quoteDate snapShotEstTime snapShotDate")
)
_DAY = {"ticker": _SYMBOL, "trade_date": _DATE}
_API_DAY = {"ticker": _SYMBOL, "tradeDate": _DATE}
_NEWER = ("callSmvVol", "putSmvVol", "quoteDate")

EDITIONS = (
    Edition(
        Layout("ORATS' near-end-of-day strikes", _DAY, ("cOpra", "pOpra", *_NEAR_EOD_COLUMNS), (), _TEXT),
        ("c", "p"),
        _NEAR_EOD,
        "spot_px",
    ),
    Edition(
        Layout("ORATS' near-end-of-day strikes without symbols", _DAY, _NEAR_EOD_COLUMNS, (), _TEXT),
        ("c", "p"),
        _NEAR_EOD,
        "spot_px",
    ),
    Edition(
        Layout(
            "ORATS' one-minute strikes",
            {**_API_DAY, "snapShotEstTime": _CLOCK},
            (*_API_COLUMNS, "snapShotDate"),
            _NEWER,
            _TEXT,
        ),
        ("call", "put"),
        _API,
        "spotPrice",
    ),
    Edition(
        Layout("ORATS' Data API strikes", _API_DAY, _API_COLUMNS, _NEWER, _TEXT), ("call", "put"), _API, "spotPrice"
    ),
)
_LAYOUTS = tuple(each.layout for each in EDITIONS)


def sniff(head: bytes) -> bool:
    """Tell whether the first line is a header of ORATS', or nearly one."""
    names = header_of(head)
    return "ticker" in names and any(layout.resembles(names) for layout in _LAYOUTS)


def read(blob: Blob, pick: Pick) -> Iterator[RawChain]:
    """Yield the snapshots of a file.

    Raises:
        FormatError: Its header is nearly ORATS', or the columns of tickers and times hold something else.
        UnreadableError: It is cut off or empty.

    """
    layout = layout_of(header_of(blob.head()), _LAYOUTS, blob.name)
    edition = next(each for each in EDITIONS if each.layout is layout)
    for found in snapshots(blob, layout, lambda key: pick.takes(*_labels(key))):
        yield _chain(found, edition)


def _labels(key: tuple[str, ...]) -> tuple[str, str]:
    """Return the underlying, and the day with the minute where there is one."""
    day = _date(key[1])
    text = key[1] if day is None else day.isoformat()
    return normalize_underlying(key[0]), "T".join([text, *(f"{clock.zfill(4)[:2]}:{clock[-2:]}" for clock in key[2:])])


def _date(text: str) -> dt.date | None:
    for form in _DATES:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 (a date alone)
        except ValueError:
            continue
    return None


def _chain(found: Snapshot, edition: Edition) -> RawChain:
    underlying, label = _labels(found.key)
    stamp, problem = _stamp(found, label)
    has_symbols = "cOpra" in found.rows.columns
    spot = found.rows[edition.spot].filter(found.rows[edition.spot] > 0).median()
    return RawChain(
        rows=_rows(found.rows, edition, underlying),
        source=NAME,
        stamp=stamp,
        stamp_problem=problem,
        spot=float(spot) if isinstance(spot, float) else None,
        delay_minutes=0.0,
        texts=found.texts,
        notes=(note_on(underlying, "option symbols"),) if underlying in WEEKLY and not has_symbols else (),
        underlying=underlying,
        snapshot=label,
    )


def _stamp(found: Snapshot, label: str) -> tuple[dt.datetime | None, str]:
    """Return when the quotes were made, or what is wrong with the file's word on it."""
    if "updatedAt" not in found.rows.columns:
        day = _date(found.key[1])
        if day is None or not is_session(day):
            return None, f"trade_date {found.key[1]!r} is no session of New York"
        return session_close(day) - BEFORE_CLOSE, ""
    if len(found.key) > 2:
        instant = _instant(label)
        problem = f"tradeDate and snapShotEstTime {label!r} are no time within a session of New York"
        return (instant, "") if instant is not None and in_session(instant, "late") else (None, problem)
    name = "quoteDate" if "quoteDate" in found.rows.columns else "updatedAt"
    latest = max((text for text in found.rows[name].drop_nulls() if _instant(text)), default="")
    return _instant(latest), f"{name} holds no time"


def _instant(text: str) -> dt.datetime | None:
    """Return an ISO time; one without a zone is New York's."""
    try:
        return as_utc(dt.datetime.fromisoformat(text)) if "T" in text else None
    except ValueError:
        return None


def _rows(table: pl.DataFrame, edition: Edition, underlying: str) -> pl.DataFrame:
    """Return calls above puts, typed; symbols are checked against the line's own columns."""
    sides = pl.concat(
        [
            table.select(
                "line",
                "defect",
                pl.lit(side).alias("side"),
                date_of(pl.col("expirDate"), *_DATES).alias("date"),
                pl.col("strike").alias("printed_strike"),
                (pl.col(f"{prefix}Opra") if f"{prefix}Opra" in table.columns else pl.lit(None, pl.String)).alias(
                    "symbol"
                ),
                *(pl.col(f"{prefix}{name}").alias(to) for name, to in edition.names.items()),
                *(pl.col(name).alias(to) for name, to in _BOTH.items()),
                *(
                    (pl.col(name) if side == "C" else pl.lit(None, pl.Float64)).alias(to)
                    for name, to in _CALLS_ONLY.items()
                ),
            )
            for side, prefix in zip("CP", edition.sides, strict=True)
        ]
    )
    return _with_contracts(sides, underlying, has_symbols="cOpra" in table.columns)


def _with_contracts(sides: pl.DataFrame, underlying: str, *, has_symbols: bool) -> pl.DataFrame:
    """Add root, expiration, side and strike, from the symbols or from the line's own columns."""
    if has_symbols:
        rows = with_symbol_fields(sides)
        contradiction = (
            (pl.col("option_type") != pl.col("side"))
            | ((pl.col("printed_strike") - pl.col("strike")).abs() > 5e-4)
            | (pl.col("date") != pl.col("expiration"))
        )
        unknown = pl.when(pl.col("root").is_null()).then(pl.lit("bad_symbol"))
        fault = pl.coalesce(unknown, pl.when(contradiction).then(pl.lit("contradiction")))
    else:
        rows = sides.with_columns(
            root=root_of(underlying, sides["date"]), expiration="date", option_type="side", strike="printed_strike"
        )
        fault = pl.coalesce(pl.when(pl.col("date").is_null()).then(pl.lit("bad_number")))
    return typed(rows.with_columns(pl.coalesce("defect", fault).alias("defect"))).drop(
        "side", "symbol", "date", "printed_strike"
    )
