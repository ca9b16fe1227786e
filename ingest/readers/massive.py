"""Massive's (Polygon's) snapshot of an option chain: the JSON of /v3/snapshot/options/UNDERLYING, all pages in one list.

Each result has its contract under `details`, and what else the subscription gives: `last_quote`, `greeks`, `day`,
`last_trade`. Quotes carry their own times (nanoseconds, UTC), the latest of which is the snapshot's; where there are no
quotes, that of the day's figures is taken. Volatility is a decimal.

Source: the vendor's documentation, and its client library (polygon-api-client).
"""

from __future__ import annotations

from typing import Any

from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain

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
_DELAY_NOTE = (
    "no quotes in the file, and the age of the day's figures is not said: 15 minutes are taken (--delay says otherwise)"
)
DELAY_MINUTES = 15.0
NANOSECONDS = 10**9


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
    names = records.found_in(flat, _FIGURES.values())
    quoted = records.latest((record["quoted_at"] for record in flat), NANOSECONDS)
    stamp = quoted or records.latest((record["updated_at"] for record in flat), NANOSECONDS)
    return RawChain(
        rows=records.checked(records.rows(flat, "symbol", names, source), [record["printed"] for record in flat]),
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
    details = records.part(result, "details")
    return {
        "symbol": details.get("ticker"),
        "printed": {
            "option_type": details.get("contract_type"),
            "expiration": details.get("expiration_date"),
            "strike": details.get("strike_price"),
        },
        "quoted_at": records.part(result, "last_quote").get("last_updated"),
        "updated_at": records.part(result, "day").get("last_updated"),
        **records.figures(result, _FIGURES),
    }


def _spot(results: list[Any]) -> float | None:
    """Return the underlying's `price`, or an index's `value`."""
    underlyings = [records.part(result, "underlying_asset") for result in results]
    return records.price(*(each.get(key) for each in underlyings for key in ("price", "value")))
