"""Cboe's delayed quotes as JSON: every option of an underlying in one object.

The `timestamp` is UTC without saying so; counts are floats; `iv` is a decimal and 0 where there is none. Greeks have
four decimals. Settlement and exercise are not given and follow from the root.
"""

from __future__ import annotations

import datetime as dt

from gex.ingest.errors import FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain
from gex.ingest.times import REMEDY, as_utc

NAME = "cboe_json"
DELAY_MINUTES = 15.0

_NAMES = {
    "bid": "bid",
    "ask": "ask",
    "last_trade_price": "last",
    "bid_size": "bid_size",
    "ask_size": "ask_size",
    "volume": "volume",
    "open_interest": "open_interest",
    "iv": "implied_volatility",
    "delta": "vendor_delta",
    "gamma": "vendor_gamma",
    "theta": "vendor_theta",
    "vega": "vendor_vega",
}


def sniff(head: bytes) -> bool:
    """Tell whether the file begins as a JSON object with option records of Cboe's."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and b'"option"' in head and b'"last_trade_price"' in head


def read(data: bytes, source: str) -> RawChain:
    """Read delayed quotes.

    Raises:
        UnreadableError: The JSON is cut off or damaged.
        FormatError: The option records are not where they belong, or lack a key.

    """
    document = records.load(data, source)
    body = document.get("data")
    body = body if isinstance(body, dict) else {}
    options = body.get("options")
    if not isinstance(options, list) or not options:
        raise FormatError("expected option records under data.options", source=source)
    timestamp = document.get("timestamp")
    return RawChain(
        rows=records.rows(options, "option", _NAMES, source),
        source=NAME,
        stamp=_stamp(timestamp),
        stamp_problem=f"expected a timestamp such as '2025-09-05 14:16:00', got {timestamp!r}; {REMEDY}",
        spot=records.price(body.get("current_price")),
        delay_minutes=DELAY_MINUTES,
        texts=records.texts(options),
    )


def _stamp(text: object) -> dt.datetime | None:
    try:
        return as_utc(
            dt.datetime.strptime(str(text)[:19].replace("T", " "), "%Y-%m-%d %H:%M:%S").replace(tzinfo=dt.UTC)
        )
    except ValueError:
        return None
