"""Schwab's option chain: the JSON of /marketdata/v1/chains.

Contracts lie under side, expiration ("2026-06-19:30", with the days left) and strike, SPX and SPXW of one day together. Volatility
is in percent; -999 and NaN, which is no JSON but written all the same, mean none. Quotes carry their own times
(milliseconds, UTC), the latest of which is the snapshot's. How old quotes are that are marked as delayed is not said: 15 minutes
are taken.

Source: public code of others and the answers quoted there; no file has been seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import ROOTS
from gex.ingest.errors import ContentError, FormatError
from gex.ingest.readers import records
from gex.ingest.readers.raw import RawChain

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "schwab"

DELAY_MINUTES = 15.0
MILLISECONDS = 1000
_NONE = -999.0
_MAPS = {"CALL": "callExpDateMap", "PUT": "putExpDateMap"}
# From keys of a contract to the chain table's names; any may be missing.
_FIGURES = {
    ("", "bid"): "bid",
    ("", "ask"): "ask",
    ("", "bidSize"): "bid_size",
    ("", "askSize"): "ask_size",
    ("", "last"): "last",
    ("", "totalVolume"): "volume",
    ("", "openInterest"): "open_interest",
    ("", "volatility"): "implied_volatility",
    ("", "delta"): "vendor_delta",
    ("", "gamma"): "vendor_gamma",
    ("", "theta"): "vendor_theta",
    ("", "vega"): "vendor_vega",
}
# What may say once more what the symbol says.
_PRINTED = {"putCall": "option_type", "strikePrice": "strike", "optionRoot": "root"}
_WITH_NONE = ("implied_volatility", "vendor_delta", "vendor_gamma", "vendor_theta", "vendor_vega")
_SETTLEMENTS = {"A": "AM", "P": "PM"}
_DELAY_NOTE = "quotes marked as delayed, by how much is not said: 15 minutes are taken (--delay says otherwise)"


def sniff(head: bytes) -> bool:
    """Tell whether the file begins as a JSON object with the keys of a chain."""
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and any(f'"{name}"'.encode() in head for name in _MAPS.values())


def read(data: bytes, source: str) -> RawChain:
    """Read the chain.

    Raises:
        UnreadableError: The JSON is cut off or damaged.
        FormatError: There are no contracts where they belong.
        ContentError: Schwab left contracts out of it.

    """
    document = records.load(data, source)
    placed = list(_contracts(document))
    if not placed:
        raise FormatError(f"expected contracts under {' and '.join(_MAPS.values())}", source=source)
    if document.get("isChainTruncated") is True:
        remedy = "ask for fewer expirations or strikes at a time"
        raise ContentError(f"Schwab left contracts out (isChainTruncated); {remedy}", source=source)
    contracts = [contract for contract, _ in placed]
    flat = [{"symbol": records.part(each, "").get("symbol"), **records.figures(each, _FIGURES)} for each in contracts]
    rows = records.rows(flat, "symbol", records.found_in(flat, _FIGURES.values()), source)
    delayed = document.get("isDelayed") is True
    underlying = records.part(document, "underlying")
    return RawChain(
        rows=_in_our_units(records.checked(records.checked(rows, [said for _, said in placed]), _printed(contracts))),
        source=NAME,
        stamp=records.latest((records.part(each, "").get("quoteTimeInLong") for each in contracts), MILLISECONDS),
        stamp_problem="no contract has a time under quoteTimeInLong; give --quote-time",
        spot=records.price(document.get("underlyingPrice"), underlying.get("last"), underlying.get("mark")),
        delay_minutes=DELAY_MINUTES if delayed else 0.0,
        texts=records.texts(contracts),
        notes=((_DELAY_NOTE,) if delayed else ()) + _settlement_notes(rows, contracts),
    )


def _contracts(document: dict[str, Any]) -> Iterator[tuple[Any, dict[str, object]]]:
    """Yield each contract, and what the place where it lies says of it."""
    for side, name in _MAPS.items():
        for day, strikes in records.part(document, name).items():
            for strike, found in _items(strikes):
                for contract in found if isinstance(found, list) else [found]:
                    yield (
                        contract,
                        {"option_type": side, "expiration": day.partition(":")[0], "strike": _number(strike)},
                    )


def _items(strikes: Any) -> list[tuple[str, Any]]:
    """Return what lies under an expiration; anything but an object is one bad contract."""
    return list(strikes.items()) if isinstance(strikes, dict) else [("", strikes)]


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _printed(contracts: list[Any]) -> list[dict[str, object]]:
    """Return what contracts say of themselves beside their symbols, where they do."""
    found = (records.part(each, "") for each in contracts)
    return [{to: record[key] for key, to in _PRINTED.items() if record.get(key) is not None} for record in found]


def _in_our_units(rows: pl.DataFrame) -> pl.DataFrame:
    """Bring volatility from percent to a decimal, with nothing where there is none."""
    known = rows.with_columns(pl.when(pl.col(name) != _NONE).then(pl.col(name)).alias(name) for name in _WITH_NONE)
    return known.with_columns(pl.col("implied_volatility") / 100.0)


def _settlement_notes(rows: pl.DataFrame, contracts: list[Any]) -> tuple[str, ...]:
    """Return a note where contracts on an index are said to settle otherwise than all of their root do."""
    odd = [
        f"{root} {said}"
        for root, contract in zip(rows["root"], contracts, strict=True)
        if (said := _SETTLEMENTS.get(str(records.part(contract, "").get("settlementType"))))
        and root in ROOTS
        and ROOTS[root].settlement != said
    ]
    if not odd:
        return ()
    return (f"{len(odd):,} contracts with a settlementType that is not their root's ({odd[0]}): the root's is taken",)
