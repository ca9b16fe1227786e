"""Massive's (Polygon's) snapshot of an option chain: the JSON of /v3/snapshot/options/UNDERLYING, all pages in one list.

Each result has its contract under `details`, and what else the subscription gives: `last_quote`, `greeks`, `day`,
`last_trade`. Quotes carry their own times (nanoseconds, UTC), the latest of which is the snapshot's; where there are no
quotes, that of the day's figures is taken. Volatility is a decimal.

Source: the vendor's documentation, and its client library (polygon-api-client).
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NAME = "massive"

# Object and key of each figure, any of which may be missing, and the chain table's name of it.
_FIGURES = {
    ("last_quote", "bid"): "bid",
    ("last_quote", "ask"): "ask",
    ("last_quote", "bid_size"): "bid_size",
    ("last_quote", "ask_size"): "ask_size",
    ("last_trade", "price"): "last",
    ("day", "volume"): "volume",
    ("", "open_interest"): "open_interest",
    ("", "implied_volatility"): "implied_volatility",
    ("greeks", "delta"): "vendor_delta",
    ("greeks", "gamma"): "vendor_gamma",
    ("greeks", "theta"): "vendor_theta",
    ("greeks", "vega"): "vendor_vega",
}
_SIDES = {"call": "C", "put": "P"}
_DELAY_NOTE = (
    "no quotes in the file, and the age of the day's figures is not said: 15 minutes are taken (--delay says otherwise)"
)
DELAY_MINUTES = 15.0


def sniff(head: bytes) -> bool:
    """Tell whether the file begins as a JSON object with the keys of a chain snapshot."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and all(key in head for key in (b'"results"', b'"details"', b'"shares_per_contract"'))


def read(data: bytes, source: str) -> RawChain:
    """Read the snapshot.

    Raises:
        UnreadableError: The JSON is cut off or damaged.
        FormatError: The list of results is missing or empty.
        ContentError: It is one page of several.

    """
    document = records.load(data, source)
    results = document.get("results")
    if not isinstance(results, list) or not results:
        raise FormatError("expected a chain snapshot's records under results", source=source)
    if document.get("next_url"):
        remedy = "put the results of all pages into one list, without next_url"
        raise ContentError(f"one page of several: a chain without the others misleads; {remedy}", source=source)
    flat = [_flat(result) for result in results]
    names = {name: name for name in _FIGURES.values() if any(record.get(name) is not None for record in flat)}
    quoted = _latest(record.get("quoted_at") for record in flat)
    stamp = quoted or _latest(record.get("updated_at") for record in flat)
    return RawChain(
        rows=_checked(records.rows(flat, "symbol", names, source), flat),
        source=NAME,
        stamp=stamp,
        stamp_problem="no result has a time under last_quote or day; give --quote-time",
        spot=_spot(results),
        delay_minutes=0.0 if quoted else DELAY_MINUTES,
        texts=records.texts(results),
        notes=() if quoted else (_DELAY_NOTE,),
    )


def _flat(result: Any) -> dict[str, Any]:
    """Return what is used of a result, by the chain table's names."""
    details = _object(result, "details")
    return {
        "symbol": details.get("ticker"),
        "printed": (details.get("contract_type"), details.get("expiration_date"), details.get("strike_price")),
        "quoted_at": _object(result, "last_quote").get("last_updated"),
        "updated_at": _object(result, "day").get("last_updated"),
        **{name: _object(result, part).get(key) for (part, key), name in _FIGURES.items()},
    }


def _object(result: Any, part: str) -> Mapping[str, Any]:
    """Return a part of a result, the whole of it for "", and nothing where there is none."""
    whole = result if isinstance(result, dict) else {}
    found = whole.get(part) if part else whole
    return found if isinstance(found, dict) else {}


def _checked(rows: pl.DataFrame, flat: list[dict[str, Any]]) -> pl.DataFrame:
    """Set aside results whose symbol says something else than their details."""
    found = zip(rows.select("option_type", "expiration", "strike").iter_rows(), flat, strict=True)
    wrong = pl.Series([not _agrees(row, *record["printed"]) for row, record in found], dtype=pl.Boolean)
    contradiction = pl.when(wrong).then(pl.lit("contradiction"))
    return rows.with_columns(pl.coalesce("defect", contradiction).alias("defect"))


def _agrees(row: tuple[Any, ...], side: object, expiration: object, strike: object) -> bool:
    same_strike = isinstance(strike, (int, float)) and row[2] is not None and abs(strike - row[2]) < 5e-4
    return same_strike and _SIDES.get(str(side)) == row[0] and str(expiration) == str(row[1])


def _latest(times: Iterable[object]) -> dt.datetime | None:
    """Return the latest of times in nanoseconds since 1970."""
    known = [time for time in times if isinstance(time, int) and 0 < time < 10**19]
    return dt.datetime.fromtimestamp(max(known) // 1000 / 1e6, dt.UTC) if known else None


def _spot(results: list[Any]) -> float | None:
    """Return the underlying's `price`, or an index's `value`."""
    for result in results:
        underlying = _object(result, "underlying_asset")
        for price in (underlying.get("price"), underlying.get("value")):
            if isinstance(price, (int, float)) and price > 0:
                return float(price)
    return None
