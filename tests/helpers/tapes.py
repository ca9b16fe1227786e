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
