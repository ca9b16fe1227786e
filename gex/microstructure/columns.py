"""The trade table as the arrays that the compiled loops read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.schema import KEY, OPTION_TYPE
from gex.ingest.trade_schema import TRADE_WARNINGS
from gex.microstructure import _sides

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Numbers = tuple[npt.NDArray[np.int32], int]

QUOTES = (
    *("exchange_bid", "exchange_ask", "exchange_bid_size", "exchange_ask_size"),
    *("bid", "ask", "bid_size", "ask_size"),
)
NEEDED = (*KEY, "price", "size", "is_complex", "quality")
"""Without nulls."""
LATE = 1 << list(TRADE_WARNINGS).index("late_report")


@dataclass(frozen=True)
class Columns:
    """n trades: price and size of each, the quotes of its exchange and of all, NaN where there is none."""

    price: Floats
    size: Floats
    quotes: list[Floats]
    """Bid, ask, bid size and ask size of its exchange, then of all."""
    flags: npt.NDArray[np.uint8]
    """Bits of `_sides`: reported late, a leg of a complex order."""

    @classmethod
    def of(cls, trades: pl.DataFrame) -> Columns:
        """Return the arrays of a trade table."""
        _check(trades)
        late = ((pl.col("quality") & LATE) != 0).cast(pl.UInt8) * _sides.LATE
        legs = pl.col("is_complex").cast(pl.UInt8) * _sides.COMPLEX
        return cls(
            _floats(trades["price"]),
            _floats(trades["size"]),
            [_floats(trades[name]) for name in QUOTES],
            trades.select(late | legs).to_series().to_numpy(),
        )

    def situations(self) -> npt.NDArray[np.int8]:
        """Return the number of each trade's situation in `_sides.SITUATIONS`."""
        out = np.empty(len(self.price), np.int8)
        _sides.situations(self.price, self.size, self.quotes, self.flags, out)
        return out


class Contracts:
    """Contracts, and contracts by exchange, numbered as they first come; the numbers last from batch to batch."""

    def __init__(self) -> None:
        """Know none yet."""
        self._roots, self._exchanges = _sides.Numbers(), _sides.Numbers()
        self._contracts, self._places = _sides.Numbers(), _sides.Numbers()

    def numbers(self, trades: pl.DataFrame, *, by_exchange: bool) -> dict[bool, Numbers]:
        """Return each trade's contract (True) and contract by exchange (False), and how many there are of either.

        A trade of no known exchange has -1 for the latter.
        """
        contract = self._contracts.of(_strikes(trades), self._terms(trades))
        numbered = {True: (contract, self._contracts.count)}
        if by_exchange:
            venue = _names(trades["exchange"], self._exchanges)
            place = self._places.of(contract.astype(np.uint64), venue.view(np.uint64))
            numbered[False] = (np.where(venue < 0, np.int32(-1), place), self._places.count)
        return numbered

    def _terms(self, trades: pl.DataFrame) -> npt.NDArray[np.uint64]:
        """Return root, expiration and type of each contract in one word."""
        days = trades["expiration"].cast(pl.Date).to_physical().to_numpy()
        put = trades["option_type"].cast(OPTION_TYPE).to_physical().to_numpy()
        root = _names(trades["root"], self._roots)
        word: npt.NDArray[np.int64] = root << 33 | put.astype(np.int64) << 32 | days.view(np.uint32)
        return word.view(np.uint64)


def _names(column: pl.Series, known: _sides.Numbers) -> npt.NDArray[np.int64]:
    """Return the number of each name, -1 for null; new ones get the next.

    Names are told apart by 64-bit hashes: looking up the texts themselves takes five times as long. That two of a
    thousand names fell together would happen once in 10^13 tapes.
    """
    hashes = column.cast(pl.String).hash().to_numpy()
    numbers = known.of(hashes, np.zeros_like(hashes)).astype(np.int64)
    return np.where(column.is_null().to_numpy(), -1, numbers) if column.null_count() else numbers


def _check(trades: object) -> None:
    if not isinstance(trades, pl.DataFrame):
        raise TypeError(f"trades must be a Polars frame, such as Trades.frame, got {type(trades).__name__}")
    missing = [name for name in (*NEEDED, "exchange", *QUOTES) if name not in trades.columns]
    if missing:
        raise ValueError(f"trades lack the columns {', '.join(missing)}")
    nulls = [name for name in NEEDED if trades[name].null_count()]
    if nulls:
        raise ValueError(f"trades have nulls in {', '.join(nulls)}: every trade has these")


def _strikes(trades: pl.DataFrame) -> npt.NDArray[np.uint64]:
    return np.ascontiguousarray(_floats(trades["strike"]) + 0.0).view(np.uint64)


def _floats(column: pl.Series) -> Floats:
    values: Floats = column.cast(pl.Float64).fill_null(np.nan).to_numpy()
    return values
