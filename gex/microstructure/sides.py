"""Whether customers bought or sold: the side of each trade, which rule told it, and how likely it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.microstructure import _sides
from gex.microstructure.accuracies import PUBLISHED, Accuracies
from gex.microstructure.columns import Columns, Contracts
from gex.microstructure.rules import RULES, Rule, rules_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import polars as pl


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
        others, rows = self._others(batch, columns.price)
        rules = [(rule.kind, rule.national, rows.get(_neighbour(rule), 0)) for rule in self._rules]
        n = len(batch)
        told = Sides(np.empty(n, np.int8), np.empty(n, np.int8), np.empty(n), self.stack)
        _sides.tell(
            *(columns.price, columns.size, columns.own, columns.national, others, columns.flags),
            *(np.array(rules, np.int32), self._probabilities, self._tolerance),
            *(told.side, told.rule, told.probability),
        )
        return told

    def _others(
        self, batch: pl.DataFrame, price: npt.NDArray[np.float64]
    ) -> tuple[npt.NDArray[np.float64], dict[tuple[bool, bool], int]]:
        """Return the last and next different prices that the rules need, and which row holds which."""
        wanted = sorted({_neighbour(rule) for rule in self._rules if rule.ticks})
        others = np.empty((max(len(wanted), 1), len(price)))
        if wanted:
            numbers = self._contracts.numbers(batch, by_exchange=any(not everywhere for everywhere, _ in wanted))
        for row, (everywhere, reverse) in zip(others, wanted, strict=False):
            number, count = numbers[everywhere]
            if reverse:
                _sides.leads(price, number, np.full(count, np.nan), np.full(count, np.nan), row)
            else:
                last, before = self._last[everywhere] = tuple(_grown(x, count) for x in self._last[everywhere])
                _sides.lags(price, number, last, before, row)
        return others, {key: row for row, key in enumerate(wanted)}


def _neighbour(rule: Rule) -> tuple[bool, bool]:
    return rule.everywhere, rule.reverse


def _grown(values: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.float64]:
    """Return the values with room for `count`, NaN where none is known."""
    if count <= len(values):
        return values
    room = np.full(max(count, 2 * len(values)), np.nan)
    room[: len(values)] = values
    return room
