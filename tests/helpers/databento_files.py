"""Databento's OPRA files of a day, made by the vendor's own encoder."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import databento_dbn as dbn
import numpy as np
import pyarrow as pa

from gex.ingest.calendar import NEW_YORK
from gex.ingest.read import read_chain

if TYPE_CHECKING:
    from pathlib import Path

    from gex.ingest.schema import Chain

STRIKES = (5200, 5250, 5300, 5350)
SERIES = (("SPXW", "240607"), ("SPX", "240621"))
SYMBOLS = [f"{root:6}{code}{side}{1000 * strike:08d}" for root, code in SERIES for strike in STRIKES for side in "CP"]
IDS = {symbol: 16_777_216 + 7 * place for place, symbol in enumerate(SYMBOLS)}
NONE = dbn.UNDEF_PRICE
SCHEMAS = {"cbbo-1s": 0xC0, "cbbo-1m": 0xC1, "cmbp-1": 0xB1, "tcbbo": 0xC2}
MODULES = {1: dbn.v1, 2: dbn.v2, 3: dbn.v3}


def at(text: str) -> int:
    """Return nanoseconds UTC of a New York time."""
    instant = dt.datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)
    return int(instant.timestamp()) * 10**9 + instant.microsecond * 1000


def points(price: float | None) -> int:
    return NONE if price is None else round(price * 1e9)


def metadata(schema: str | None, version: int = 3, **changes: Any) -> bytes:
    facts: dict[str, Any] = {
        "dataset": "OPRA.PILLAR", "start": at("2024-06-02T20:00"), "end": at("2024-06-03T20:00"), "symbols": ["SPX.OPT"],
        "stype_in": dbn.SType.PARENT, "stype_out": dbn.SType.INSTRUMENT_ID,
        "schema": schema and dbn.Schema.from_str(schema), "version": version,
    }  # fmt: skip
    return bytes(dbn.Metadata(**facts | changes))


@dataclass
class Interval:
    """On which days a symbol is which number."""

    start_date: dt.date
    end_date: dt.date
    symbol: str


@dataclass
class Mapping:
    raw_symbol: str
    intervals: list[Interval]


def mapped(symbols: dict[str, int], day: dt.date = dt.date(2024, 6, 3)) -> bytes:
    """Return metadata of quotes with the symbols of a day's numbers."""
    to = day + dt.timedelta(days=1)
    mappings = [Mapping(symbol, [Interval(day, to, str(number))]) for symbol, number in symbols.items()]
    return metadata("cbbo-1m", mappings=mappings)


def quote(
    number: int, time: str, bid: float | None, ask: float | None, *, last: float | None = None, schema: str = "cbbo-1m"
) -> bytes:
    """Return a record of quotes; of the schemas of single events one of a trade where there is a last price."""
    level = dbn.ConsolidatedBidAskPair(points(bid), points(ask), 11, 9, 22, 32)
    facts: dict[str, Any] = {
        "publisher_id": 30, "instrument_id": number, "ts_event": at(time), "price": points(last), "size": 1,
        "side": dbn.Side.NONE, "ts_recv": at(time), "levels": level,
    }  # fmt: skip
    if schema.startswith("cbbo"):
        return bytes(dbn.CBBOMsg(SCHEMAS[schema], **facts | {"ts_event": dbn.UNDEF_TIMESTAMP}))
    action = dbn.Action.ADD if last is None else dbn.Action.TRADE
    facts["price"] = points(bid if last is None else last)
    return bytes(dbn.CMBP1Msg(SCHEMAS[schema], **facts, action=action))


def quotes(schema: str = "cbbo-1m", *, version: int = 3, extra: bytes = b"") -> bytes:
    """Return two rounds of quotes of all contracts, at 10:15 and at 11:30."""
    rounds = [
        quote(IDS[symbol], time, 20.1 + later, 20.6 + later, last=20.3 if later else None, schema=schema)
        for later, time in enumerate(("2024-06-03T10:15", "2024-06-03T11:30"))
        for symbol in SYMBOLS
    ]
    return metadata(schema, version) + b"".join(rounds) + extra


def old_definition(number: int, symbol: str, time: str, version: int) -> bytes:
    """Return a definition of an old version, whose maker wants all of its fields, by their layout."""
    layout = np.dtype(MODULES[version].InstrumentDefMsg._dtypes)  # noqa: SLF001
    record = np.zeros((), layout)
    for name, value in {
        "length": layout.itemsize // 4, "rtype": 0x13, "publisher_id": 30, "instrument_id": number, "ts_event": at(time),
        "ts_recv": at(time), "raw_symbol": symbol.encode(), "security_update_action": b"A",
    }.items():  # fmt: skip
        record[name] = value
    return record.tobytes()


def definition(
    number: int, symbol: str, time: str = "2024-06-03T06:30", *, version: int = 3, deleted: bool = False
) -> bytes:
    if version < 3:
        return old_definition(number, symbol, time, version)
    facts: dict[str, Any] = {
        "publisher_id": 30, "instrument_id": number, "ts_event": at(time), "ts_recv": at(time), "min_price_increment": NONE,
        "display_factor": NONE, "raw_symbol": symbol, "asset": symbol[:6].strip(), "security_type": "OOF",
        "instrument_class": dbn.InstrumentClass.CALL,
        "security_update_action": dbn.SecurityUpdateAction.DELETE if deleted else dbn.SecurityUpdateAction.ADD,
    }  # fmt: skip
    return bytes(dbn.InstrumentDefMsg(**facts))


def definitions(*, version: int = 3, extra: bytes = b"") -> bytes:
    rows = [definition(number, symbol, version=version) for symbol, number in IDS.items()]
    return metadata("definition", version) + b"".join(rows) + extra


def statistic(
    number: int,
    quantity: int,
    kind: dbn.StatType = dbn.StatType.OPEN_INTEREST,
    *,
    time: str = "2024-06-03T06:31",
    version: int = 3,
) -> bytes:
    record = MODULES[version].StatMsg
    return bytes(record(30, number, at(time), at(time), at("2024-05-31T00:00"), NONE, quantity, kind))


def statistics(*, version: int = 3, extra: bytes = b"") -> bytes:
    """Return open interest of all contracts but the last, which has none, among figures of another kind."""
    undefined = 2**63 - 1 if version == 3 else 2**31 - 1
    rows = [
        statistic(number, undefined if symbol == SYMBOLS[-1] else 100 + place, version=version)
        + statistic(number, 5, dbn.StatType.CLEARED_VOLUME, version=version)
        for place, (symbol, number) in enumerate(IDS.items())
    ]
    return metadata("statistics", version) + b"".join(rows) + extra


def compressed(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


@dataclass
class Day:
    """The files of a day, to be written; every one can be replaced."""

    quotes: bytes = field(default_factory=quotes)
    definitions: bytes = field(default_factory=definitions)
    statistics: bytes = field(default_factory=statistics)


def read_day(folder: Path, day: Day, **given: Any) -> Chain:
    """Return the chain of a day's files, at a spot of 5283."""
    paths = {name: folder / f"{name}.dbn" for name in ("quotes", "definitions", "statistics")}
    for name, path in paths.items():
        path.write_bytes(getattr(day, name))
    main, *beside = paths.values()
    return read_chain(main, beside=beside, **{"spot": 5283.0} | given)
