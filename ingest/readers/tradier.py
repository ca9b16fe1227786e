"""Tradier's option chain: the JSON of /v1/markets/options/chains, of one expiration or several put into one list.

A single contract comes as an object in place of a list. Bid and ask carry their own times (milliseconds, UTC), the latest
of which is the snapshot's. Volatility is a decimal; it and the greeks, where they were asked for, are ORATS' and made once
an hour. The chain has no price of the underlying: it is that of the answer to /v1/markets/quotes, where somebody has put
it beside the chain.

Source: the vendor's documentation.
"""

from __future__ import annotations

from typing import Any

from gex.ingest.contracts import normalize_underlying
from gex.ingest.errors import FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain

NAME = "tradier"

MILLISECONDS = 1000
# Object and key of each figure, any of which may be missing, and the chain table's name of it.
_FIGURES = {
    ("", "bid"): "bid",
    ("", "ask"): "ask",
    ("", "bidsize"): "bid_size",
    ("", "asksize"): "ask_size",
    ("", "last"): "last",
    ("", "volume"): "volume",
    ("", "open_interest"): "open_interest",
    ("greeks", "mid_iv"): "implied_volatility",
    ("greeks", "delta"): "vendor_delta",
    ("greeks", "gamma"): "vendor_gamma",
    ("greeks", "theta"): "vendor_theta",
    ("greeks", "vega"): "vendor_vega",
}
_PRINTED = {
    "option_type": "option_type",
    "expiration_date": "expiration",
    "strike": "strike",
    "root_symbol": "root",
}
_MARKS = (b'"options"', b'"option"', b'"root_symbol"', b'"expiration_date"', b'"option_type"')


def sniff(head: bytes) -> bool:
    """Tell whether the file begins as a JSON object with the keys of a chain."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and all(key in head for key in _MARKS)


def read(data: bytes, source: str) -> RawChain:
    """Read the chain.

    Raises:
        UnreadableError: The JSON is cut off or damaged.
        FormatError: The list of options is missing or empty.

    """
    document = records.load(data, source)
    found = records.part(document, "options").get("option")
    options = [found] if isinstance(found, dict) else found
    if not isinstance(options, list) or not options:
        raise FormatError("expected option records under options.option", source=source)
    flat = [{"symbol": records.part(each, "").get("symbol"), **records.figures(each, _FIGURES)} for each in options]
    rows = records.rows(flat, "symbol", records.found_in(flat, _FIGURES.values()), source)
    return RawChain(
        rows=records.checked(rows, [_printed(each) for each in options]),
        source=NAME,
        stamp=records.latest(_times(options), MILLISECONDS),
        stamp_problem="no option has a time under bid_date or ask_date; give --quote-time",
        spot=_spot(document, options),
        delay_minutes=0.0,
        texts=records.texts(options),
        notes=_notes(options),
    )


def _printed(option: Any) -> dict[str, object]:
    """Return what an option says of itself beside its symbol."""
    record = records.part(option, "")
    return {to: record.get(key) for key, to in _PRINTED.items()}


def _times(options: list[Any]) -> list[object]:
    return [records.part(each, "").get(key) for each in options for key in ("bid_date", "ask_date")]


def _spot(document: dict[str, Any], options: list[Any]) -> float | None:
    """Return the last price of the underlying from quotes beside the chain; None where there are none."""
    found = records.part(document, "quotes").get("quote")
    quotes = [*(found if isinstance(found, list) else [found]), document.get("underlying")]
    names = {str(records.part(each, "").get("underlying")) for each in options}
    return records.price(
        *(
            quote.get("last")
            for quote in (records.part(each, "") for each in quotes)
            if quote.get("type") != "option" and any(_same(quote.get("symbol"), name) for name in names)
        )
    )


def _same(symbol: object, name: str) -> bool:
    return isinstance(symbol, str) and normalize_underlying(symbol) == normalize_underlying(name)


def _notes(options: list[Any]) -> tuple[str, ...]:
    made = [records.part(each, "greeks").get("updated_at") for each in options]
    latest = max((time for time in made if isinstance(time, str)), default="")
    return (f"the vendor's volatility and greeks are made once an hour, here last at {latest}",) if latest else ()
