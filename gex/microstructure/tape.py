"""The tape: dealers' hedging against option trades as a stream, in bars, cumulated and split.

Trades go in as batches and rows of finished bars come out. Batches of any size give the same bits as the whole at once.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np
import polars as pl

from gex.ingest.trade_schema import TRADE_COLUMNS, TRADE_SCHEMA
from gex.microstructure.bars import SECOND, Bars, moment
from gex.microstructure.cells import CELLS, Sums, cells_of
from gex.microstructure.hedges import hedges_of
from gex.microstructure.orders import Orders
from gex.microstructure.tape_rows import SUMMED, RowWriter, groups_of, summed
from gex.microstructure.trade_greeks import (
    DIVIDEND,
    RATE,
    SPOT_SOURCES,
    UNPRICED,
    VOLATILITY_SOURCES,
    TradeGreeks,
    TradePricer,
)

if TYPE_CHECKING:
    import datetime as dt

    from gex.ingest.schema import Chain
    from gex.microstructure.hedges import Hedges
    from gex.microstructure.sides import Sides
    from gex.quotes import Bools, Floats, Ints

By = Literal["type", "term", "size", "side", "expiration"]


@dataclass(frozen=True, kw_only=True)
class TapeSettings:
    """How a tape is cut and priced.

    Attributes:
        bars: The bars.
        by: Rows by this as well: `type` (calls, puts), `term` (0DTE, later), `size`, `side`, `expiration`.
        empty: Whether a bar without a trade between two of one date with some has a row.
        late: Seconds of the tape that a bar stays open after its end. A trade told later than that counts in the bar
            open then, and as `late`. None keeps all bars open to the end of the tape.
        maker_share: The probability that a dealer is on the other side of the initiator, 0 to 1.
        rate: Per year, where no chain tells.
        dividend: Yield per year, where no chain tells.

    """

    bars: Bars = field(default_factory=lambda: Bars.of("5m"))
    by: By | None = None
    empty: bool = False
    late: float | None = None
    maker_share: float = 1.0
    rate: float = RATE
    dividend: float = DIVIDEND

    def __post_init__(self) -> None:
        """Refuse values outside the documented ones.

        Raises:
            ValueError: Names the setting, what was given and what is accepted.

        """
        if self.by not in (None, *get_args(By)):
            raise ValueError(f"by must be one of {', '.join(get_args(By))}; got {self.by!r}")
        if self.late is not None and not 0 <= self.late <= 86_400:
            raise ValueError(f"late must be from 0 to 86400 seconds, got {self.late!r}")
        if not 0 <= self.maker_share <= 1:
            raise ValueError(f"maker_share must be from 0 to 1, got {self.maker_share!r}")


@dataclass(frozen=True)
class TapeSummary:
    """What a tape held so far, and what its figures rest on.

    Attributes:
        underlying: What its options are on; None before the first trade.
        first: The first trade's time; None before there is one.
        last: The last trade's time.
        totals: `gex.microstructure.tape_rows.SUMMED` over all trades: counts, and dollars as in the bars' columns.
        unpriced: Trades without a delta by reason, as `UNPRICED` words them.
        volatility_from: Priced trades by where their volatility is from: mid, price, smile.
        spot_from: Trades by where the underlying's price is from: quote, earlier quote, chain.
        outside_chain: Priced trades in expirations that the chain given does not list; 0 without a chain.

    """

    underlying: str | None
    first: dt.datetime | None
    last: dt.datetime | None
    totals: dict[str, float]
    unpriced: dict[str, int]
    volatility_from: dict[str, int]
    spot_from: dict[str, int]
    outside_chain: int


class Tape:
    """A tape in the making: `add` batches in their order, then `close`."""

    def __init__(self, settings: TapeSettings | None = None, chain: Chain | None = None) -> None:
        """Start a tape, priced with a chain's forwards and smiles if one is given.

        Raises:
            ValueError: The chain cannot be priced, or a rate is not finite.

        """
        self.settings = settings or TapeSettings()
        self._chain = chain
        self._pricer = TradePricer(chain, rate=self.settings.rate, dividend=self.settings.dividend)
        self._writer = RowWriter(self.settings.bars, self.settings.by, self.settings.empty)
        self._orders, self._closed = Orders(), False
        self._open, self._spots = Sums.none(), dict[int, float]()
        self._latest = np.iinfo(np.int64).min
        self._expirations: list[dt.date] = []
        self._underlying = chain.underlying if chain is not None else None
        self._ends: tuple[int, int] | None = None
        self._counts: dict[str, Counter[str]] = {
            name: Counter() for name in ("unpriced", "volatility", "spot", "chain")
        }

    def add(self, trades: pl.DataFrame, sides: Sides) -> pl.DataFrame:
        """Take a batch of trades in and return the rows of the bars that are finished with it.

        Args:
            trades: Columns and types of `gex.ingest.trade_schema.TRADE_SCHEMA`.
            sides: Of the same trades.

        Returns:
            Columns and types of `gex.microstructure.tape_rows.SCHEMA`, `group` only with `settings.by`.

        Raises:
            ValueError: The trades are no trade table, the sides are not theirs, there is a second underlying, or the tape
                was closed.

        """
        if self._closed:
            raise ValueError("the tape is closed: its rows are told")
        self._check(trades, sides)
        if trades.is_empty():
            return self._rows(self._open.where(np.zeros(len(self._open.start), dtype=bool)))
        found = self._pricer.price(trades)
        hedges = hedges_of(trades, sides, found, self.settings.maker_share)
        start, late = self._place(trades["trade_time"].to_physical().to_numpy())
        size = trades["size"].to_numpy()
        cells = self._cells(trades, size, sides)
        variance = self._orders.variances(trades, sides, hedges, groups_of(cells, self.settings.by))
        self._open = self._open.plus(start, cells, _measures(hedges, variance, size, late))
        self._keep_spots(start, found.spot)
        self._count(found)
        return self._rows(self._open.where(self._finished()))

    def close(self) -> pl.DataFrame:
        """Return the rows of the bars still open, as `add` does; the tape ends here."""
        self._closed = True
        return self._rows(self._open)

    @property
    def summary(self) -> TapeSummary:
        """What the tape held so far, trades of open bars included."""
        first, last = (None, None) if self._ends is None else map(moment, self._ends)
        totals = self._writer.total + summed(self._open).sum(axis=1)
        return TapeSummary(
            underlying=self._underlying,
            first=first,
            last=last,
            totals=dict(zip(SUMMED, totals.tolist(), strict=True)),
            unpriced=dict(self._counts["unpriced"]),
            volatility_from=dict(self._counts["volatility"]),
            spot_from=dict(self._counts["spot"]),
            outside_chain=self._counts["chain"]["outside"],
        )

    def _check(self, trades: pl.DataFrame, sides: Sides) -> None:
        for column in TRADE_COLUMNS:
            if trades.schema.get(column.name) != TRADE_SCHEMA[column.name]:
                have = trades.schema.get(column.name)
                raise ValueError(f"column {column.name} of trades must be {TRADE_SCHEMA[column.name]}, got {have}")
            if not column.nullable and trades[column.name].null_count():
                raise ValueError(f"column {column.name} of trades must not hold null")
        shapes = {values.shape for values in (sides.side, sides.probability)}
        if shapes != {(len(trades),)}:
            raise ValueError(f"sides of {len(trades)} trades expected, got shapes {sorted(shapes)}")
        if not ((sides.probability >= 0.5) & (sides.probability <= 1.0) & (np.abs(sides.side) <= 1)).all():
            raise ValueError("sides must be -1, 0 or 1 with probabilities from 0.5 to 1")
        if trades.is_empty():
            return
        if trades["size"].min() < 1:  # type: ignore[operator]  # of Int64
            raise ValueError("column size of trades must hold contracts from 1 on")
        self._underlying = self._underlying or trades["underlying"][0]
        other = trades["underlying"] != self._underlying
        if other.any():
            second = trades["underlying"].filter(other)[0]
            raise ValueError(f"a tape is of one underlying: {self._underlying} here, then trades of {second}")

    def _place(self, times: Ints) -> tuple[Ints, Bools]:
        """Return the bar that each trade counts in, and whether its own was closed."""
        bars, ends = self.settings.bars, (int(times.min()), int(times.max()))
        self._ends = ends if self._ends is None else (min(ends[0], self._ends[0]), max(ends[1], self._ends[1]))
        start = bars.starts(times)
        if self.settings.late is None:
            return start, np.zeros(len(times), dtype=bool)
        latest = np.maximum(np.maximum.accumulate(times), self._latest)
        self._latest = int(latest[-1])
        # Nothing before this is open any more: it ran with the latest time told, so batches do not matter.
        counted = bars.starts(np.maximum(times, latest - int(self.settings.late * SECOND)))
        return counted, counted != start

    def _cells(self, trades: pl.DataFrame, size: Ints, sides: Sides) -> Ints:
        """Return the cell of each trade, by expiration too where rows are by that."""
        expiration = trades["expiration"]
        is_today = (expiration == trades["trade_date"]).to_numpy()
        cells = cells_of((trades["option_type"] == "C").to_numpy(), is_today, size, sides.side)
        if self.settings.by != "expiration":
            return cells
        known = set(self._expirations)
        self._expirations += [date for date in expiration.unique().sort() if date not in known]
        numbers = {date: number for number, date in enumerate(self._expirations)}
        number: Ints = expiration.replace_strict(numbers, return_dtype=pl.Int64).to_numpy()
        return cells + CELLS * number

    def _keep_spots(self, start: Ints, spot: Floats) -> None:
        """Remember the last price of the underlying in each bar."""
        known = np.isfinite(spot)
        start, spot = start[known], spot[known]
        # The last of each run of trades in one bar, the last run first: a sort of few where times go up.
        ends = np.flatnonzero(np.diff(start, append=start[-1:] - 1))[::-1]
        bars, last = np.unique(start[ends], return_index=True)
        self._spots |= dict(zip(bars.tolist(), spot[ends[last]].tolist(), strict=True))

    def _count(self, found: TradeGreeks) -> None:
        priced = found.reason < 0
        for name, codes, names in (
            ("unpriced", found.reason, UNPRICED),
            ("volatility", found.volatility_from[priced], VOLATILITY_SOURCES),
            ("spot", found.spot_from, SPOT_SOURCES),
        ):
            counts = np.bincount(codes[codes >= 0], minlength=len(names)).tolist()
            self._counts[name].update({label: count for label, count in zip(names, counts, strict=True) if count})
        if self._chain is not None:
            self._counts["chain"]["outside"] += int((priced & ~found.in_chain).sum())

    def _finished(self) -> Bools:
        """Mark the sums of bars that no trade can come to any more."""
        late, start = self.settings.late, self._open.start
        if late is None:
            return np.zeros(len(start), dtype=bool)
        return self.settings.bars.ends(start) + int(late * SECOND) <= self._latest

    def _rows(self, sums: Sums) -> pl.DataFrame:
        """Write the rows of bars and forget them."""
        rows = self._writer.rows(sums, self._spots, self._expirations)
        self._open = self._open.where(~np.isin(self._open.start, sums.start))
        self._spots = {start: spot for start, spot in self._spots.items() if start not in set(sums.start.tolist())}
        return rows


def _measures(hedges: Hedges, variance: Floats, size: Ints, late: Bools) -> dict[str, Floats]:
    """Return what is summed of each trade, by the names of `gex.microstructure.cells.MEASURES`."""
    contracts = size.astype(np.float64)
    return {
        "trades": np.ones(len(size)),
        "contracts": contracts,
        "unpriced": (~hedges.priced).astype(np.float64),
        "unpriced_contracts": np.where(hedges.priced, 0.0, contracts),
        "late": late.astype(np.float64),
        "delta_traded": hedges.delta_traded,
        "flow": hedges.flow,
        "raw": hedges.raw,
        "variance": variance,
        "gamma": hedges.gamma,
        "vanna": hedges.vanna,
    }
