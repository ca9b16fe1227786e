"""The trade table as the arrays that the compiled loops read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.schema import OPTION_TYPE
from gex.ingest.trade_schema import TRADE_WARNINGS
from gex.microstructure import _sides

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Numbers = tuple[npt.NDArray[np.int32], int]

KEY = ("root", "expiration", "strike", "option_type")
OWN = ("exchange_bid", "exchange_ask", "exchange_bid_size", "exchange_ask_size")
NATIONAL = ("bid", "ask", "bid_size", "ask_size")
NEEDED = (*KEY, "price", "size", "is_complex", "quality")
"""Without nulls."""
LATE = 1 << list(TRADE_WARNINGS).index("late_report")


@dataclass(frozen=True)
class Columns:
    """n trades: price and size of each, the quotes of its exchange and of all, NaN where there is none."""

    price: Floats
    size: Floats
    own: Floats
    """Bid, ask, bid size, ask size; shape (4, n)."""
    national: Floats
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
            _rows(trades, OWN),
            _rows(trades, NATIONAL),
            trades.select(late | legs).to_series().to_numpy(),
        )

    def situations(self) -> npt.NDArray[np.int8]:
        """Return the number of each trade's situation in `_sides.SITUATIONS`."""
        out = np.empty(len(self.price), np.int8)
        _sides.situations(self.price, self.size, self.own, self.national, self.flags, out)
        return out


class Contracts:
    """Contracts, and contracts by exchange, numbered as they first come; the numbers last from batch to batch."""

    def __init__(self) -> None:
        """Know none yet."""
        self._names: dict[str, dict[str, int]] = {"root": {}, "exchange": {}}
        self._contracts, self._places = _sides.Numbers(), _sides.Numbers()

    def numbers(self, trades: pl.DataFrame, *, by_exchange: bool) -> dict[bool, Numbers]:
        """Return each trade's contract (True) and contract by exchange (False), and how many there are of either.

        A trade of no known exchange has -1 for the latter.
        """
        contract = self._contracts.of(_strikes(trades), self._terms(trades))
        numbered = {True: (contract, self._contracts.count)}
        if by_exchange:
            venue = self._codes(trades["exchange"]).fill_null(-1).to_numpy()
            place = self._places.of(contract.astype(np.uint64), venue.astype(np.int64).view(np.uint64))
            numbered[False] = (np.where(venue < 0, np.int32(-1), place), self._places.count)
        return numbered

    def _terms(self, trades: pl.DataFrame) -> npt.NDArray[np.uint64]:
        """Return root, expiration and type of each contract in one word."""
        days = trades["expiration"].cast(pl.Date).cast(pl.Int32).cast(pl.Int64).to_numpy()
        put = trades["option_type"].cast(OPTION_TYPE).to_physical().cast(pl.Int64).to_numpy()
        root = self._codes(trades["root"]).to_numpy()
        return ((root.astype(np.int64) << 33) | (put << 32) | (days & 0xFFFFFFFF)).view(np.uint64)

    def _codes(self, names: pl.Series) -> pl.Series:
        """Return the number of each name, int64, null for null; new ones get the next."""
        known, names = self._names[names.name], names.cast(pl.String)
        for name in names.unique(maintain_order=True).drop_nulls():
            known.setdefault(name, len(known))
        return names.cast(pl.Enum(list(known))).to_physical().cast(pl.Int64)


def _check(trades: pl.DataFrame) -> None:
    missing = [name for name in (*NEEDED, "exchange", *OWN, *NATIONAL) if name not in trades.columns]
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


def _rows(trades: pl.DataFrame, names: Sequence[str]) -> Floats:
    out = np.empty((len(names), len(trades)))
    for row, name in zip(out, names, strict=True):
        row[:] = _floats(trades[name])
    return out
