"""How often a rule is right, by the situation of the trade: as published, or as measured on one's own trades."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gex.microstructure import _sides
from gex.microstructure.columns import Columns
from gex.microstructure.published_rates import RATES
from gex.microstructure.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt
    import polars as pl

    from gex.microstructure.sides import Sides

SITUATIONS = _sides.SITUATIONS
OVERALL = "all"
UNKNOWABLE = ("late", "complex")


@dataclass(frozen=True)
class Accuracies:
    """The share of a rule's sides that are right.

    Attributes:
        shares: By rule, by situation of `SITUATIONS` or "all", from 0 to 1.
        name: Of the table.
        trades: How many trades each share was measured on, where that is known.

    """

    shares: Mapping[str, Mapping[str, float]]
    name: str = "own"
    trades: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for rule, row in self.shares.items():
            if rule not in RULES:
                raise ValueError(f"accuracies of an unknown rule {rule!r}: rules are {', '.join(RULES)}")
            if not isinstance(row, Mapping):
                raise ValueError(f"{rule}: accuracies are shares by situation, got {row!r}")  # noqa: TRY004 -- from a file
            for situation, share in row.items():
                if situation not in (*SITUATIONS, OVERALL):
                    raise ValueError(
                        f"{rule}: unknown situation {situation!r}: they are {OVERALL}, {', '.join(SITUATIONS)}"
                    )
                if not _is_share(share):
                    raise ValueError(f"{rule}, {situation}: an accuracy is a share from 0 to 1, got {share!r}")

    def share(self, rule: str, situation: str) -> float:
        """Return how often a rule is right: 0.5 where nothing is known of it.

        A situation without a share of its own has that of the same place whatever the size, then the rule's "all";
        of late reports and legs of complex orders nothing is known unless it is given.
        """
        row = self.shares.get(rule, {})
        wanted = (situation,) if situation in UNKNOWABLE else (situation, situation.removesuffix("_sized"), OVERALL)
        return float(next((row[name] for name in wanted if name in row), 0.5))

    def table(self, stack: Sequence[str]) -> npt.NDArray[np.float64]:
        """Return the probabilities of a stack's rules, a row a rule, a column a situation; at least 0.5.

        A share below a half says that the opposite side is likelier. The rule's side is kept all the same, since it is
        the rule that was asked for, and counts for nothing.
        """
        shares = [[self.share(rule, situation) for situation in SITUATIONS] for rule in stack]
        return np.maximum(np.array(shares, np.float64), 0.5)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Accuracies:
        """Return the accuracies that `as_dict` gives, or that a TOML file says."""
        unknown = set(values) - {"shares", "name", "trades"}
        if unknown or "shares" not in values:
            raise ValueError(f"accuracies have shares, name and trades, got {', '.join(values) or 'nothing'}")
        return cls(**values)

    def as_dict(self) -> dict[str, Any]:
        """Return plain values, as JSON and TOML hold them."""
        return {
            "name": self.name,
            "shares": {rule: dict(row) for rule, row in self.shares.items()},
            "trades": {rule: dict(row) for rule, row in self.trades.items()},
        }

    @property
    def fingerprint(self) -> str:
        """The first 16 hexadecimal digits of the SHA-256 of what it says."""
        return hashlib.sha256(json.dumps(self.as_dict(), sort_keys=True).encode()).hexdigest()[:16]


def _is_share(value: object) -> bool:
    """Return whether a value, of a file perhaps, is a number from 0 to 1."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0.0 <= value <= 1.0


PUBLISHED = Accuracies(RATES, "published")
"""What the literature measured: `gex.microstructure.published_rates` has the numbers and their sources."""


def calibrated(
    trades: pl.DataFrame,
    sides: Sides,
    truth: npt.ArrayLike,
    *,
    prior: Accuracies = PUBLISHED,
    weight: float = 50.0,
    name: str = "calibrated",
) -> Accuracies:
    """Measure how often each rule of a stack is right, by situation, on trades whose sides are known.

    The share of n trades of which k were told right is (k + weight x prior) / (n + weight): the mean of a beta
    distribution that starts as sure of the prior's share as `weight` trades would make it. Where n is 0, it is the prior's.

    Args:
        trades: The trade table, n rows.
        sides: What `classify` made of it; its stack's rules are measured where they told.
        truth: +1 where customers bought and dealers sold, -1 where they sold, 0 where nobody knows; shape (n,).
        prior: What is believed before.
        weight: Trades that the belief is worth, 0 or more.
        name: Of the result.

    Returns:
        Accuracies whose `trades` say on how many trades each share rests.

    Raises:
        ValueError: Not one truth, or side, for each trade; a truth other than +1, -1 and 0; a negative weight.

    """
    known = _truth(truth, len(trades), sides)
    if not weight >= 0.0:
        raise ValueError(f"weight must be a number of trades, 0 or more, got {weight!r}")
    situation = Columns.of(trades).situations()
    shares: dict[str, dict[str, float]] = {}
    counts: dict[str, dict[str, int]] = {}
    for place, rule in enumerate(sides.stack):
        asked = (sides.rule == place) & (known != 0)
        shares[rule], counts[rule] = {}, {}
        count = np.bincount(situation[asked], minlength=len(SITUATIONS))
        right = np.bincount(situation[asked & (sides.side == known)], minlength=len(SITUATIONS))
        rows = zip((*SITUATIONS, OVERALL), (*count, count.sum()), (*right, right.sum()), strict=True)
        for label, n, k in rows:
            if n + weight:
                shares[rule][label] = float((k + weight * prior.share(rule, label)) / (n + weight))
            if n:
                counts[rule][label] = int(n)
    return Accuracies(shares, name, counts)


def _truth(truth: npt.ArrayLike, count: int, sides: Sides) -> npt.NDArray[np.float64]:
    known = np.asarray(truth, np.float64)
    if known.shape != (count,) or sides.side.shape != (count,):
        raise ValueError(f"{count} trades need as many sides and truths, got {sides.side.size} and {known.size}")
    if not np.isin(known, (-1.0, 0.0, 1.0)).all():
        raise ValueError("a truth is +1, -1 or 0")
    return known
