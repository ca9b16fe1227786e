"""A simulated day: its tape, and everything about it that no tape tells."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from gex.ingest import calendar
from gex.ingest.schema import SORT
from market import contracts as listed
from market import holdings as held
from market import quotes
from market.chain import chain_of
from market.orders import orders
from market.reports import report
from market.settings import AGENTS, EXCHANGES, KINDS, MAKER, PRESETS, Settings
from market.tape import frame_of, misprints
from market.trading import trade

if TYPE_CHECKING:
    import datetime as dt

    from gex.ingest.schema import Chain
    from market.contracts import Contracts, Path
    from market.holdings import Flags, Holdings
    from market.quotes import Quotes
    from market.reports import Reports
    from market.trading import Fills

MOVED, MORNING, DRAWN, QUOTED, TRADED, TOLD, FLAGGED, MISTAKEN = range(8)


@dataclass(frozen=True)
class Day:
    """A day of one underlying's options, and its truth.

    Attributes:
        seed: What it was drawn from.
        settings: And with.
        contracts: The listing, arrays.
        moves: The underlying and volatility, a value a second.
        trades: The tape as `TRADE_SCHEMA`, in the order of its reports.
        everywhere: All exchanges' quotes at each trade's report, arrays (trades, exchanges).
        best_exchanges: `bid_exchange` and `ask_exchange`, whose the best quotes on the tape are.
        truth: One row a trade: `initiator_side` (+1: the initiator bought), `dealer_change` (contracts that all makers took
            on together), `initiator` and `passive` (retail, institutional, maker), `kind` (how it came about),
            `taker_side`, `is_opening_initiator`, `is_opening_passive` (null of a maker).
        misprints: Trades that were told and taken back before the day's end, none of them in `trades`.
        morning: What everybody held before the first trade.
        evening: What everybody holds after the last.

    """

    seed: int
    settings: Settings
    contracts: Contracts
    moves: Path
    trades: pl.DataFrame
    everywhere: Quotes
    best_exchanges: pl.DataFrame
    truth: pl.DataFrame
    misprints: pl.DataFrame
    morning: Holdings
    evening: Holdings

    @cached_property
    def opening(self) -> pl.DataFrame:
        """The key of every contract, what dealers hold of it in the morning (`contracts`) and its `open_interest`."""
        return self._positions(self.morning)

    @cached_property
    def closing(self) -> pl.DataFrame:
        """As `opening`, after the last trade."""
        return self._positions(self.evening)

    @cached_property
    def next_open_interest(self) -> pl.DataFrame:
        """What the next morning's list says: the key and `open_interest` of contracts that did not expire."""
        return self.closing.filter(pl.col("expiration") > self.settings.date).drop("contracts")

    @cached_property
    def chain(self) -> Chain:
        """The chain at the end of the tape."""
        return self.chain_at(calendar.new_york(self.settings.date, self.settings.until))

    def chain_at(self, when: dt.datetime) -> Chain:
        """Return the chain at a time of the day: quotes and volume of then, open interest of the morning."""
        return chain_of(self, when)

    def _positions(self, holdings: Holdings) -> pl.DataFrame:
        columns = {"contracts": holdings.dealers, "open_interest": holdings.open_interest}
        return self.contracts.key.with_columns(**columns).sort(SORT)


def simulate(seed: int, preset: str = "ise", **settings: Any) -> Day:
    """Draw a day; the same seed and settings give the same day.

    Args:
        seed: Not negative. 0 to 9 999 are for setting the market by, 10 000 and up for tests of what was built on it,
            20 000 and up for figures that are stated.
        preset: The market to start from, of `PRESETS`.
        settings: Fields of `Settings` to change.

    """
    chosen = replace(PRESETS[preset], **settings)
    contracts = listed.listing(chosen)
    moves = listed.path(chosen, _rng(seed, MOVED))
    morning = held.opening(chosen, contracts, _rng(seed, MORNING))
    wanted = orders(chosen, contracts, _rng(seed, DRAWN))
    board = quotes.board(chosen, contracts, moves, wanted.contract, wanted.time, _rng(seed, QUOTED))
    fills = trade(chosen, wanted, board, _rng(seed, TRADED))
    reports = report(chosen, wanted, fills, board, _rng(seed, TOLD))
    opens = held.flags(morning, fills, _rng(seed, FLAGGED))
    evening = held.closing(morning, fills, opens)
    order = np.argsort(reports.time, kind="stable")
    trades = frame_of(chosen, contracts, moves, fills, reports)[order].with_columns(line=pl.int_range(1, pl.len() + 1))
    return Day(
        seed=seed,
        settings=chosen,
        contracts=contracts,
        moves=moves,
        trades=trades,
        everywhere=reports.everywhere[order],
        best_exchanges=_best_exchanges(reports)[order],
        truth=_truth(fills, opens)[order],
        misprints=misprints(chosen, trades, _rng(seed, MISTAKEN)),
        morning=morning,
        evening=evening,
    )


def _rng(seed: int, part: int) -> np.random.Generator:
    return np.random.default_rng([seed, part])


def _best_exchanges(reports: Reports) -> pl.DataFrame:
    letters = np.array(EXCHANGES)
    return pl.DataFrame({"bid_exchange": letters[reports.best_bid], "ask_exchange": letters[reports.best_ask]})


def _truth(fills: Fills, opens: Flags) -> pl.DataFrame:
    """Return what no tape tells, one row a trade."""
    by_maker = fills.passive == MAKER
    buys = fills.side > 0
    columns = {
        "initiator_side": pl.Series(fills.side, dtype=pl.Int8),
        "dealer_change": np.where(by_maker, -fills.side * fills.size, 0),
        "initiator": np.array(AGENTS)[fills.initiator],
        "passive": np.array(AGENTS)[fills.passive],
        "kind": np.array(KINDS)[fills.kind],
        "taker_side": pl.Series(fills.taker_side, dtype=pl.Int8),
        "is_opening_initiator": np.where(buys, opens.buyer, opens.seller),
        "is_opening_passive": np.where(buys, opens.seller, opens.buyer),
    }
    maker = pl.when(pl.col("passive") == "maker")
    return pl.DataFrame(columns).with_columns(is_opening_passive=maker.then(None).otherwise("is_opening_passive"))
