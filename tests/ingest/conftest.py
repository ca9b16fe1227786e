"""Synthetic sources: quote tables and delayed quotes in the vendors' shapes, with made-up numbers."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from gex.ingest.schema import KEY, QUARANTINE, SCHEMA, SORT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.ingest.schema import Chain

SIDE = ("Last Sale", "Net", "Bid", "Ask", "Volume", "IV", "Delta", "Gamma", "Open Interest")
HEADER = ",".join(("Expiration Date", "Calls", *SIDE, "Strike", "Puts", *SIDE))
STRIKES = (90.0, 95.0, 100.0, 105.0, 110.0)


@dataclass
class QuoteTable:
    """A quote table to be written; every part can be replaced."""

    title: str = "S&P 500 INDEX,Last: 100.5,Change:  1.25"
    date: str = '"Date: September 5, 2025 at 10:16 AM EDT",Bid: 100.4,Ask: 100.6,Size: 1*1,Volume: 0'
    header: str = HEADER
    first: str = ""
    series: tuple[tuple[str, str, str], ...] = (
        ("SPXW", "250905", "Fri Sep 05 2025"),
        ("SPX", "250919", "Fri Sep 19 2025"),
        ("SPXW", "250919", "Fri Sep 19 2025"),
    )
    strikes: tuple[float, ...] = STRIKES
    extra: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        rows = [
            line(root, code, date, strike, number)
            for root, code, date in self.series
            for number, strike in enumerate(self.strikes)
        ]
        return [self.first, self.title, self.date, self.header, *rows, *self.extra]

    def text(self) -> str:
        return "\n".join(self.lines()) + "\n"


def line(root: str, code: str, date: str, strike: float, number: int = 0) -> str:
    """Return one line of a quote table: a call and a put of one strike."""
    symbol = f"{root}{code}{{}}{round(strike * 1000):08d}"
    call = f"{10 + number},0.5,{9.5 + number},{10.5 + number},{number},0.2{number},0.5,0.01,{100 + number}"
    put = f"{20 - number},-0.5,{19.5 - number},{20.5 - number},{2 * number},0.1{number},-0.5,0.02,{200 + number}"
    return f"{date},{symbol.format('C')},{call},{strike:.2f},{symbol.format('P')},{put}"


def record(symbol: str, **values: Any) -> dict[str, Any]:
    """Return one option of Cboe's delayed quotes."""
    base = {
        "option": symbol, "bid": 9.5, "bid_size": 7.0, "ask": 10.5, "ask_size": 3.0, "iv": 0.2, "open_interest": 12.0,
        "volume": 4.0, "delta": 0.5, "gamma": 0.01, "theta": -0.1, "vega": 0.2, "rho": 0.1, "last_trade_price": 10.0,
        "last_trade_time": None,
    }  # fmt: skip
    return base | values


def delayed_quotes(options: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return delayed quotes of an underlying at 100.5, stamped 10:16 New York."""
    data = {"options": options, "symbol": "^SPX", "current_price": 100.5, "iv30": 17.0}
    return {"timestamp": "2025-09-05 14:16:00", "data": data, "symbol": "_SPX"} | changes


@pytest.fixture(name="table")
def _table() -> QuoteTable:
    return QuoteTable()


@pytest.fixture(name="line", scope="session")
def _line() -> Callable[..., str]:
    return line


@pytest.fixture(name="record", scope="session")
def _record() -> Callable[..., dict[str, Any]]:
    return record


@pytest.fixture(name="quotes", scope="session")
def _quotes() -> Callable[..., dict[str, Any]]:
    return delayed_quotes


@pytest.fixture(name="save")
def _save(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that writes content to a file and returns its path."""

    def write(content: object, name: str = "source") -> Path:
        path = tmp_path / name
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_bytes((content if isinstance(content, str) else json.dumps(content)).encode())
        return path

    return write


@pytest.fixture(name="accounted", scope="session")
def _accounted() -> Callable[[Chain], None]:
    """Return a check that rows in = kept + set aside, and that the table is as documented."""

    def check(chain: Chain) -> None:
        assert chain.quality.rows_in == chain.quality.rows_kept + sum(chain.quality.quarantined.values())
        assert chain.frame.height == chain.quality.rows_kept > 0
        assert chain.frame.schema == SCHEMA
        assert chain.quarantine.schema == QUARANTINE
        assert dict(chain.quarantine["reason"].value_counts().rows()) == chain.quality.quarantined
        assert chain.frame.equals(chain.frame.sort(SORT))
        assert chain.frame.select(KEY).is_unique().all()
        assert (chain.frame["expires_at"] > chain.quote_time).all()

    return check
