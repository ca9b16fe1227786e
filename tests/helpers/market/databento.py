"""A simulated day as Databento's records of trades with the national quote before each (tcbbo)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import databento_dbn as dbn
import numpy as np
import polars as pl
from databento_files import SCHEMAS, Interval, Mapping, metadata

from gex.ingest.schema import KEY
from market.settings import EXCHANGES

if TYPE_CHECKING:
    from pathlib import Path

    from market.day import Day

PUBLISHERS = dict(zip(EXCHANGES, (20, 22, 26, 29, 35, 36), strict=True))
VENUES = dict(zip(EXCHANGES, ("AMXO", "XCBO", "XISX", "ARCO", "XPHL", "BATO"), strict=True))
FIRST = 16_777_216
LAYOUT = np.dtype(dbn.CMBP1Msg._dtypes)  # noqa: SLF001


def tcbbo(day: Day, path: Path) -> Path:
    """Write the tape; the records have no conditions, so that misprints, which nothing would take back, are left out."""
    names = day.contracts.key.select(_symbol()).to_series()
    to = day.settings.date + dt.timedelta(days=1)
    mappings = [Mapping(name, [Interval(day.settings.date, to, str(FIRST + i))]) for i, name in enumerate(names)]
    path.write_bytes(metadata("tcbbo", mappings=mappings) + _records(day).tobytes())
    return path


def _symbol() -> pl.Expr:
    code = pl.format("{}{}", pl.col("expiration").dt.strftime("%y%m%d"), pl.col("option_type"))
    strike = (pl.col("strike") * 1000).round().cast(pl.Int64).cast(pl.String).str.zfill(8)
    return pl.format("{}{}{}", pl.col("root").str.pad_end(6), code, strike)


def _records(day: Day) -> np.ndarray:
    place = day.contracts.key.with_row_index("place")
    trades = pl.concat([day.trades, day.best_exchanges], how="horizontal")
    trades = trades.join(place, on=KEY, how="left", maintain_order="left")
    time = trades["trade_time"].dt.epoch("ns").to_numpy()
    publisher, bid, ask = (
        trades[name].replace_strict(PUBLISHERS).to_numpy() for name in ("exchange", "bid_exchange", "ask_exchange")
    )
    values = {
        "length": LAYOUT.itemsize // 4,
        "rtype": SCHEMAS["tcbbo"],
        "publisher_id": publisher,
        "instrument_id": FIRST + trades["place"].to_numpy().astype(np.int64),
        "ts_event": time,
        "ts_recv": time,
        "price": _fixed(trades["price"]),
        "size": trades["size"].to_numpy(),
        "action": b"T",
        "side": b"N",
        "bid_px_00": _fixed(trades["bid"]),
        "ask_px_00": _fixed(trades["ask"]),
        "bid_sz_00": trades["bid_size"].to_numpy(),
        "ask_sz_00": trades["ask_size"].to_numpy(),
        "bid_pb_00": bid,
        "ask_pb_00": ask,
    }
    records = np.zeros(trades.height, LAYOUT)
    for name, value in values.items():
        records[name] = value
    return records


def _fixed(prices: pl.Series) -> np.ndarray:
    return (prices * 1e9).round().cast(pl.Int64).to_numpy()
