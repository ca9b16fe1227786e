"""Whether customers bought or sold: the side of each trade, which rule told it, and how likely it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gex.microstructure import _sides
from gex.microstructure.accuracies import PUBLISHED, Accuracies
from gex.microstructure.columns import Columns, Contracts
from gex.microstructure.rules import RULES, Rule, rules_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import polars as pl

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Sides:
    """The sides of n trades.

    Attributes:
        side: +1 where the customer bought and -1 where he sold, 0 where nothing tells; int8, shape (n,). As a rule the
            customer is who took liquidity; the trade size rule finds those who had left a limit order.
        rule: The place in `stack` of the rule that told it, -1 where none did; int8, shape (n,).
        probability: That `side` is right, from 0.5 to 1; 0.5 where it is 0; float64, shape (n,).
        stack: The rules in the order they were asked.

    """

    side: npt.NDArray[np.int8]
    rule: npt.NDArray[np.int8]
    probability: npt.NDArray[np.float64]
    stack: tuple[str, ...]

    @property
    def expected(self) -> npt.NDArray[np.float64]:
        """The expected side, (2p - 1) times the side told: what a sum over trades must add, or it overstates."""
        shrunk: npt.NDArray[np.float64] = self.side * (2.0 * self.probability - 1.0)
        return shrunk


TOLERANCE = 1e-4
"""Points: prices this close to the middle of a quote are at it."""


def classify(
    trades: pl.DataFrame,
    stack: str | Sequence[str] = "gsu_large",
    accuracies: Accuracies = PUBLISHED,
    *,
    tolerance: float = TOLERANCE,
) -> Sides:
    """Tell the sides of a tape's trades, in its order.

    A trade that no rule tells has side 0 and probability 0.5, never a side at random. Every trade with a price counts
    as the last one of its contract for the trades after it, legs of complex orders and late reports too: their
    probability, not their price, says how little they tell.

    Args:
        trades: The trade table, with the columns of `gex.ingest.trade_schema.TRADE_SCHEMA` that `Columns` reads, n rows.
        stack: A name of `gex.microstructure.rules.STACKS`, a rule's name, or rules in the order they are asked.
        accuracies: How often each rule is right in each situation.
        tolerance: Points, in which a price is at the middle of a quote, or at an edge of CLNV's parts. With 0, float64
            is compared as it stands, as in the studies: rounding then signs a quarter of the trades at the middle of
            quotes on a cent grid.

    Returns:
        Sides of n trades.

    Raises:
        TypeError: Trades that are no Polars frame.
        ValueError: No such stack or rule; a column is missing, or has nulls where the schema has none; a tolerance
            below 0 or not a number.

    """
    return Classifier(stack, accuracies, tolerance=tolerance).classify(trades)


class Classifier:
    """The sides of a tape that comes in batches: each contract's last prices are carried on from batch to batch.

    However a tape is cut, the sides are those of the whole, but for rules that look ahead (`rtick_*`, `rev_*`): they
    look to the end of their batch, and what they can't see there, the next rule is asked or nobody tells.
    """

    def __init__(
        self,
        stack: str | Sequence[str] = "gsu_large",
        accuracies: Accuracies = PUBLISHED,
        *,
        tolerance: float = TOLERANCE,
    ) -> None:
        """Take a stack, accuracies and a tolerance as `classify` does."""
        if not 0.0 <= tolerance < np.inf:
            raise ValueError(f"tolerance must be points from 0 on, got {tolerance!r}")
        self._tolerance = tolerance
        self.stack = rules_of(stack)
        self._rules = [RULES[name] for name in self.stack]
        self._probabilities = accuracies.table(self.stack)
        self._contracts = Contracts()
        self._last = {everywhere: (np.empty(0), np.empty(0)) for everywhere in (False, True)}

    def classify(self, batch: pl.DataFrame) -> Sides:
        """Return the sides of the next trades of the tape."""
        columns = Columns.of(batch)
        others = self._others(batch, columns.price)
        place = {key: number for number, key in enumerate(others)}
        rules = [(rule.kind, rule.national, place[_other(rule)] if rule.ticks else -1) for rule in self._rules]
        n = len(batch)
        told = Sides(np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n), self.stack)
        _sides.tell(
            *(columns.price, columns.size, columns.quotes, list(others.values()), columns.flags),
            *(np.array(rules, np.int32), self._probabilities, self._tolerance),
            *(told.side, told.rule, told.probability),
        )
        return told

    def _others(self, batch: pl.DataFrame, price: Floats) -> dict[Other, Floats]:
        """Return each trade's last or next different prices, as far as the rules need them."""
        wanted = dict.fromkeys(_other(rule) for rule in self._rules if rule.ticks)
        if not wanted:
            return {}
        numbers = self._contracts.numbers(batch, by_exchange=any(not other.everywhere for other in wanted))
        return {other: self._prices(price, *numbers[other.everywhere], other) for other in wanted}

    def _prices(self, price: Floats, number: npt.NDArray[np.int32], count: int, other: Other) -> Floats:
        out = np.empty(len(price))
        if other.next:
            _sides.leads(price, number, np.full(count, np.nan), np.full(count, np.nan), out)
        else:
            last, before = (_grown(held, count) for held in self._last[other.everywhere])
            self._last[other.everywhere] = last, before
            _sides.lags(price, number, last, before, out)
        return out


class Other(NamedTuple):
    """Which other price a tick test compares with."""

    everywhere: bool
    """Of all exchanges, not of its own alone."""
    next: bool
    """The next different one, not the last."""


def _other(rule: Rule) -> Other:
    return Other(rule.everywhere, rule.reverse)


def _grown(values: Floats, count: int) -> Floats:
    """Return the values with room for `count`, NaN where none is known."""
    if count <= len(values):
        return values
    room = np.full(max(count, 2 * len(values)), np.nan)
    room[: len(values)] = values
    return room
