"""Tapes of option trades as their vendors write them, line by line, with made-up numbers."""

from __future__ import annotations

from typing import Any

DATASHOP_HEAD = (
    "underlying_symbol,quote_datetime,sequence_number,root,expiration,strike,option_type,exchange_id,trade_size,"
    "trade_price,trade_condition_id,canceled_trade_condition_id,best_bid,best_ask,trade_iv,trade_delta,underlying_bid,"
    "underlying_ask,number_of_exchanges,{exchange,bid_size,bid,ask_size,ask}[number_of_exchanges]"
)
QUOTES = {"5": "5,11,20.1000,9,20.6000", "6": "6,7,20.0000,3,20.7000", "42": "42,1,19.9000,2,20.8000"}
"""Of three exchanges, as DataShop writes them."""


def datashop_line(*groups: str, **changes: Any) -> str:
    """Return a trade of SPXW 2024-06-07 5300 C on exchange 6, with the quotes of `groups` (of all three without any)."""
    tail = [QUOTES[name] for name in (groups or QUOTES)]
    cells = {
        "underlying_symbol": "^SPX", "quote_datetime": "2024-06-03 11:11:05.375", "sequence_number": 1001, "root": "SPXW",
        "expiration": "2024-06-07", "strike": "5300.000", "option_type": "C", "exchange_id": 6, "trade_size": 3,
        "trade_price": "20.5000", "trade_condition_id": 18, "canceled_trade_condition_id": 0, "best_bid": "20.1000",
        "best_ask": "20.6000", "trade_iv": "0.1234", "trade_delta": "0.5000", "underlying_bid": "5283.4000",
        "underlying_ask": "5283.9000", "number_of_exchanges": len(tail),
    }  # fmt: skip
    return ",".join(map(str, [*(cells | changes).values(), *tail]))


def datashop(*lines: str) -> str:
    """Return a file of DataShop's."""
    return "\n".join([DATASHOP_HEAD, *lines, ""])


THETA_HEAD = (
    "symbol,expiration,strike,right,trade_timestamp,quote_timestamp,sequence,ext_condition1,ext_condition2,"
    "ext_condition3,ext_condition4,condition,size,exchange,price,bid_size,bid_exchange,bid,bid_condition,ask_size,"
    "ask_exchange,ask,ask_condition"
)
THETA_OLD_HEAD = (
    "root,expiration,strike,right,ms_of_day,sequence,ext_condition1,ext_condition2,ext_condition3,ext_condition4,"
    "condition,size,exchange,price,condition_flags,price_flags,volume_type,records_back,ms_of_day2,bid_size,"
    "bid_exchange,bid,bid_condition,ask_size,ask_exchange,ask,ask_condition,date"
)
MASSIVE_HEAD = "ticker,conditions,correction,exchange,price,sip_timestamp,size"
MASSIVE_QUOTES_HEAD = (
    "ticker,ask_exchange,ask_price,ask_size,bid_exchange,bid_price,bid_size,sequence_number,sip_timestamp"
)


def theta_line(**changes: Any) -> str:
    """Return the same trade as ThetaData's version 3 writes it, whose exchange has the best bid."""
    cells = {
        "symbol": "SPXW", "expiration": "2024-06-07", "strike": "5300.000", "right": "CALL",
        "trade_timestamp": "2024-06-03T11:11:05.375", "quote_timestamp": "2024-06-03T11:11:05.370", "sequence": 1001,
        "ext_condition1": 255, "ext_condition2": 255, "ext_condition3": 255, "ext_condition4": 255, "condition": 18,
        "size": 3, "exchange": 6, "price": "20.50", "bid_size": 7, "bid_exchange": 6, "bid": "20.10",
        "bid_condition": 50, "ask_size": 9, "ask_exchange": 5, "ask": "20.60", "ask_condition": 50,
    }  # fmt: skip
    return ",".join(map(str, (cells | changes).values()))


def theta_old_line(**changes: Any) -> str:
    """Return the same trade as version 2 writes it."""
    cells = {
        "root": "SPXW", "expiration": 20240607, "strike": 5300000, "right": "C", "ms_of_day": 40265375,
        "sequence": 1001, "ext_condition1": 255, "ext_condition2": 255, "ext_condition3": 255, "ext_condition4": 255,
        "condition": 18, "size": 3, "exchange": 6, "price": "20.5000", "condition_flags": 7, "price_flags": 1,
        "volume_type": 0, "records_back": 0, "ms_of_day2": 40265370, "bid_size": 7, "bid_exchange": 6,
        "bid": "20.1000", "bid_condition": 50, "ask_size": 9, "ask_exchange": 5, "ask": "20.6000",
        "ask_condition": 50, "date": 20240603,
    }  # fmt: skip
    return ",".join(map(str, (cells | changes).values()))


SIP = 1_717_427_465_375_000_000
"""2024-06-03 11:11:05.375 in New York."""
TICKER = "O:SPXW240607C05300000"


def massive_line(ticker: str = TICKER, time: int = SIP, **changes: Any) -> str:
    """Return the same trade as Massive writes it."""
    cells = {
        "ticker": ticker, "conditions": 209, "correction": 0, "exchange": 302, "price": 20.5, "sip_timestamp": time,
        "size": 3,
    }  # fmt: skip
    return ",".join(map(str, (cells | changes).values()))


def massive_quote(ticker: str = TICKER, time: int = SIP - 1, **changes: Any) -> str:
    """Return a quote as Massive writes it."""
    cells = {
        "ticker": ticker, "ask_exchange": 301, "ask_price": 20.6, "ask_size": 9, "bid_exchange": 302, "bid_price": 20.1,
        "bid_size": 7, "sequence_number": 1, "sip_timestamp": time,
    }  # fmt: skip
    return ",".join(map(str, (cells | changes).values()))


def lines_of(head: str, *lines: str) -> str:
    """Return a file of a header and lines."""
    return "\n".join([head, *lines, ""])
