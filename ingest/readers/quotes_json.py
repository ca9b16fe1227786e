"""A JSON object of one underlying with a flat list `quotes`, as a public desk program saves it.

It mixes vendors: bid, ask, sizes and volatility of one, Greeks of another. Volatility is 1e-5 where it was not
solved. `updated` carries its offset; how old the quotes are at that time is not said, and 15 minutes are taken, the
delay of exchange data shown for free.
"""

from __future__ import annotations

import datetime as dt

from gex.ingest.errors import FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain
from gex.ingest.times import REMEDY, as_utc

NAME = "quotes_json"
DELAY_MINUTES = 15.0

_NAMES = {
    "bid": "bid",
    "ask": "ask",
    "last": "last",
    "volume": "volume",
    "openInterest": "open_interest",
    "iv": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "theta": "vendor_theta",
    "vega": "vendor_vega",
}


def sniff(head: bytes) -> bool:
    """Tell whether the file begins as a JSON object with the keys of this layout."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and b'"underlyingPrice"' in head and b'"openInterest"' in head and b'"quotes"' in head


def read(data: bytes, source: str) -> RawChain:
    """Read the quotes.

    Raises:
        UnreadableError: The JSON is cut off or damaged.
        FormatError: The list of quotes is missing or lacks a key.

    """
    document = records.load(data, source)
    quotes = document.get("quotes")
    if not isinstance(quotes, list) or not quotes:
        raise FormatError("expected option records under quotes", source=source)
    updated = document.get("updated")
    return RawChain(
        rows=records.rows(quotes, "symbol", _NAMES, source),
        source=NAME,
        stamp=_stamp(updated),
        stamp_problem=f"expected a time with its offset under 'updated', got {updated!r}; {REMEDY}",
        spot=records.price(document.get("underlyingPrice")),
        delay_minutes=DELAY_MINUTES,
        texts=records.texts(quotes),
        notes=("the age of the quotes is not said: 15 minutes are taken (--delay says otherwise)",),
    )


def _stamp(text: object) -> dt.datetime | None:
    try:
        stamp = dt.datetime.fromisoformat(str(text))
        return as_utc(stamp) if stamp.tzinfo else None
    except ValueError:
        return None
