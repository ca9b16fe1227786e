"""Databento's OPRA trades with the national quote before each (DBN): tcbbo, and the trades among the events of cmbp-1.

Instruments are numbers, which a definition file of the same days beside the tape, else the mappings in its metadata, name on each day
(UTC). Times are UTC to the nanosecond: that of OPRA's message, else that of its capture. The publisher's number is the
exchange's; the quote names those of the best bid and ask, so that the quote of the exchange that traded is known where it is the best.
A record bears no sale condition: trades that came late, legs of complex orders and those that were taken back later cannot be told.

Source: the vendor's library (databento-dbn) and documentation; no file of a customer has been seen.
"""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.ingest.contracts import with_symbol_fields
from gex.ingest.errors import FormatError
from gex.ingest.readers import dbn
from gex.ingest.readers.databento import DATASET, EVENTS, UNDEFINED_SIZE, Symbols, no_definitions, points
from gex.ingest.readers.dbn import sniff as sniff  # noqa: PLC0414 (a reader has its own)
from gex.ingest.trade_schema import TRADE_TIME
from gex.ingest.trades.raw import RawTrades, typed, with_own_sides
from gex.ingest.trades.table import Stored

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.ingest.blob import Blob

NAME = "databento"
NOTE = "no sale conditions in the format: complex legs, late reports and trades taken back are not told from others"

_VENUES = {
    20: "AMXO", 21: "XBOX", 22: "XCBO", 23: "EMLD", 24: "EDGO", 25: "GMNI", 26: "XISX", 27: "MCRY", 28: "XMIO", 29: "ARCO",
    30: "OPRA", 31: "MPRL", 32: "XNDQ", 33: "XBXO", 34: "C2OX", 35: "XPHL", 36: "BATO", 37: "MXOP", 61: "SPHR",
}  # fmt: skip
"""The venues of OPRA by the vendor's number of their publisher; a later one is told by its number."""
_SIDES = {"bid_px_00": "bid", "ask_px_00": "ask"}
_SIZES = {"size": "size", "bid_sz_00": "bid_size", "ask_sz_00": "ask_size"}
_PUBLISHERS = {"publisher_id": "exchange", "bid_pb_00": "bid_exchange", "ask_pb_00": "ask_exchange"}
_READ = ("instrument_id", "ts_event", "ts_recv", "action", "price", *_SIDES, *_SIZES, *_PUBLISHERS)


def raws(blob: Blob, beside: Sequence[Blob]) -> Stored:
    """Open a tape with its definitions.

    Raises:
        FormatError: A file is of another schema or feed, or damaged.
        UnreadableError: A file is cut off or damaged, or the vendor's library is not installed.
        ContentError: There are no definitions.

    """
    files = [(each, dbn.header(each)) for each in (blob, *beside)]
    for (each, found), taken in zip(files, (EVENTS, *(["definition"] for _ in beside)), strict=True):
        if found.dataset != DATASET or found.schema not in taken:
            what = f"{found.schema or 'mixed records'} of {found.dataset or 'no feed'}"
            raise FormatError(f"a DBN file of {what}; {' or '.join(taken)} of {DATASET} is expected", source=each.name)
    symbols = Symbols.of(files)
    if symbols.mappings.is_empty() and not beside:
        raise no_definitions(blob.name)
    return Stored(_trades(blob, symbols), None, (NOTE,))


def _trades(blob: Blob, symbols: Symbols) -> Iterator[RawTrades]:
    """Yield the trades of each piece of a file."""
    for table in dbn.tables(blob, _READ, whole=False):
        records = table.filter((pl.col("action") == "T").fill_null(value=True))
        if records.height:
            named = symbols.named(records)
            yield RawTrades(_rows(named), partial(_texts, named))


def _rows(records: pl.DataFrame) -> pl.DataFrame:
    rows = with_symbol_fields(records)
    cut, unnamed = pl.col("instrument_id").is_null(), pl.col("symbol").is_null()
    defect = (
        pl.when(cut)
        .then(pl.lit("cut_row"))
        .when(unnamed)
        .then(pl.lit("no_definition"))
        .when(pl.col("root").is_null())
        .then(pl.lit("bad_symbol"))
    )
    time = pl.coalesce(pl.col("ts_event", "ts_recv").cast(pl.Int64, strict=False)).cast(TRADE_TIME)
    rows = rows.select(
        *("line", "root", "expiration", "option_type", "strike"),
        defect.alias("defect"),
        time.alias("trade_time"),
        *(points(rows[name]).alias(to) for name, to in {"price": "price", **_SIDES}.items()),
        *(_size(name).alias(to) for name, to in _SIZES.items()),
        *(
            pl.col(name).replace_strict(_VENUES, default=pl.col(name).cast(pl.String), return_dtype=pl.String).alias(to)
            for name, to in _PUBLISHERS.items()
        ),
    )
    return typed(with_own_sides(rows, "bid_exchange", "ask_exchange"))


def _size(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != UNDEFINED_SIZE).then(name).cast(pl.Int64)


def _texts(records: pl.DataFrame, lines: Sequence[int]) -> list[str]:
    shown = records.filter(pl.col("line").is_in(list(lines))).drop("time", "date", strict=False)
    found: dict[int, dict[str, Any]] = {each.pop("line"): each for each in shown.to_dicts()}
    return [json.dumps(found[line]) for line in lines]
