"""How often a rule is right, by the situation of the trade: as published, or as measured on one's own trades."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from gex.microstructure import _sides
from gex.microstructure.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

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
            for situation, share in row.items():
                if situation not in (*SITUATIONS, OVERALL):
                    raise ValueError(
                        f"{rule}: unknown situation {situation!r}: they are {OVERALL}, {', '.join(SITUATIONS)}"
                    )
                if isinstance(share, bool) or not isinstance(share, int | float) or not 0.0 <= share <= 1.0:
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


PUBLISHED = Accuracies(
    {
        "tsize_ex": {"all": 0.74},
        "tsize_nbbo": {"all": 0.6},
        "quote_ex": {"all": 0.62},
        "quote_nbbo": {"all": 0.62},
        "depth_nbbo": {"all": 0.6},
        "depth_ex": {"all": 0.6},
        "rtick_all": {"all": 0.54},
        "tick_all": {"all": 0.52},
        "lr_nbbo": {"all": 0.6},
        "emo_nbbo": {"all": 0.53},
        "clnv_nbbo": {"all": 0.55},
    },
    "published",
)
