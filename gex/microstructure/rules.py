"""The rules that tell the side of a trade, by name, and the stacks of them that have names.

A rule says whose quotes it reads, its own exchange's (`_ex`) or the best of all (`_nbbo`), or whose prices: the last
different price of the contract on its own exchange (`_ex`) or on any (`_all`). Where a rule that reads quotes falls back
on the tick test, that takes prices of all exchanges, as in the studies whose accuracies are known.

Sources: Lee and Ready (1991); Ellis, Michaely and O'Hara (2000), EMO; Chakrabarty, Li, Nguyen and Van Ness (2007), CLNV;
Grauer, Schuster and Uhrig-Homburg (2022), "Option Trade Classification": reverse tick, depth and trade size, `gsu_*`.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from gex.microstructure import _sides

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True)
class Rule:
    """One rule.

    Attributes:
        kind: What it compares, a number of `_sides`.
        national: That it reads the best quotes of all exchanges, not those of its own.
        reverse: That its tick test looks at the next different price, not the last.
        everywhere: That its tick test takes prices of all exchanges.
        ticks: That it has a tick test.

    """

    kind: int
    national: bool = False
    reverse: bool = False
    everywhere: bool = True
    ticks: bool = False


_ON_QUOTES = {"quote": _sides.QUOTE, "depth": _sides.DEPTH, "tsize": _sides.TRADE_SIZE}
_HYBRID = {"lr": _sides.LEE_READY, "emo": _sides.EMO, "clnv": _sides.CLNV}
_QUOTES = {"ex": False, "nbbo": True}

RULES: dict[str, Rule] = {
    **{
        f"{'r' * reverse}tick_{place}": Rule(_sides.TICK, reverse=reverse, everywhere=place == "all", ticks=True)
        for reverse, place in product((False, True), ("ex", "all"))
    },
    **{
        f"{name}_{place}": Rule(kind, national=national)
        for (name, kind), (place, national) in product(_ON_QUOTES.items(), _QUOTES.items())
    },
    **{
        f"{'rev_' * reverse}{name}_{place}": Rule(kind, national=national, reverse=reverse, ticks=True)
        for reverse, (name, kind), (place, national) in product((False, True), _HYBRID.items(), _QUOTES.items())
    },
}
"""Every rule by its name."""

STACKS: dict[str, tuple[str, ...]] = {
    "quote": ("quote_nbbo", "quote_ex"),
    "tick": ("tick_all",),
    "rtick": ("rtick_all",),
    "lr": ("lr_nbbo",),
    "emo": ("emo_nbbo",),
    "clnv": ("clnv_nbbo",),
    "gsu_small": ("quote_nbbo", "quote_ex", "rtick_all"),
    "gsu_large": ("tsize_ex", "quote_nbbo", "quote_ex", "depth_nbbo", "depth_ex", "rtick_all"),
}
"""Named orders of rules. `gsu_small` and `gsu_large` are the best of Grauer et al. without and with quoted sizes."""


def rules_of(stack: str | Sequence[str]) -> tuple[str, ...]:
    """Return the rules of a named stack, of one rule by its name, or of an order of one's own.

    Raises:
        ValueError: No such stack or rule, none at all, or one asked twice.

    """
    names = STACKS.get(stack, (stack,)) if isinstance(stack, str) else tuple(stack)
    for name in names:
        if name not in RULES:
            raise ValueError(f"no rule or stack {name!r}: stacks are {', '.join(STACKS)}; rules {', '.join(RULES)}")
    if not names or len(set(names)) < len(names):
        raise ValueError(f"a stack needs rules, each once, got {list(names)}")
    return names
