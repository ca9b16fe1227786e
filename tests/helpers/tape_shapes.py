"""One small whole tape of every shape that a reader knows, by name; a name begins with that of its format."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

import databento_dbn as dbn
from databento_files import IDS, SYMBOLS, at, definitions, metadata
from tapes import (
    MASSIVE_HEAD,
    MASSIVE_QUOTES_HEAD,
    SIP,
    THETA_HEAD,
    THETA_OLD_HEAD,
    datashop,
    datashop_line,
    lines_of,
    massive_line,
    massive_quote,
    theta_line,
    theta_old_line,
)

from gex.ingest.trades.canonical import csv_bytes, parquet_bytes
from gex.ingest.trades.read import read_trades


@dataclass(frozen=True)
class Shape:
    """A tape, and what is beside it."""

    data: bytes
    beside: tuple[bytes, ...] = ()


def databento_trade(symbol: str, place: int) -> bytes:
    """Return a record of a trade on Cboe."""
    pair = dbn.ConsolidatedBidAskPair(round(20.1 * 1e9), round(20.6 * 1e9), 11, 9, 22, 32)
    return bytes(
        dbn.CMBP1Msg(
            0xC2, publisher_id=22, instrument_id=IDS[symbol], ts_event=at("2024-06-03T11:11:05") + place, price=round(20.1e9),
            size=3, side=dbn.Side.NONE, ts_recv=at("2024-06-03T11:11:05") + place, action=dbn.Action.TRADE, levels=pair,
        )
    )  # fmt: skip


def shapes() -> dict[str, Shape]:
    """Return the shapes."""
    trades = [
        datashop_line(), datashop_line("5", trade_size=4, option_type="P"), datashop_line("6", "42", trade_condition_id=130),
        datashop_line(trade_condition_id=40), datashop_line(canceled_trade_condition_id=18, root="SPX"),
    ]  # fmt: skip
    text = datashop(*trades)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tape")
        path.write_text(text)
        ours = read_trades(path)
    theta = [{}, {"size": 4, "right": "PUT"}, {"condition": 130}, {"condition": 43}]
    massive = [massive_line(), massive_line(time=SIP + 5, conditions=232), massive_line("O:SPXW240607P05300000")]
    quotes = [massive_quote(), massive_quote(time=SIP + 3), massive_quote("O:SPXW240607P05300000")]
    records = b"".join(databento_trade(symbol, place) for place, symbol in enumerate(SYMBOLS))
    return {
        "datashop.csv": Shape(text.encode()),
        "thetadata-3.csv": Shape(lines_of(THETA_HEAD, *(theta_line(**each) for each in theta)).encode()),
        "thetadata-2.csv": Shape(
            lines_of(
                THETA_OLD_HEAD,
                *(theta_old_line(**each | ({"right": "P"} if "right" in each else {})) for each in theta),
            ).encode()
        ),
        "massive.csv": Shape(
            lines_of(MASSIVE_HEAD, *massive).encode(), (lines_of(MASSIVE_QUOTES_HEAD, *quotes).encode(),)
        ),
        "databento.dbn": Shape(metadata("tcbbo") + records, (definitions(),)),
        "csv.csv": Shape(csv_bytes(ours)),
        "parquet.parquet": Shape(parquet_bytes(ours)),
    }
