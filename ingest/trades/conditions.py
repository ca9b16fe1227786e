"""How a trade was made, by the codes that OPRA gives it and the numbers that vendors make of them.

OPRA marks a trade by a letter. Massive numbers the letters in OPRA's order, from 201; ThetaData and Cboe DataShop use
Nanex's numbers, which are those of all markets. What matters here is whether a report takes an earlier one back,
whether it came late, so that the quotes beside it are not those it was made against, and whether the trade is a leg of a
complex order or of a compression, whose price alone says little of the side. Everything else is plain: auctions, crosses
and floor trades of a single leg too.

Sources: OPRA, Pillar Output Specification, "Last sale message types"; Massive, Conditions (`/v3/reference/conditions`);
ThetaData, Trade Conditions (the page says which cancel and which are late); for DataShop, whose own list of codes is not
public text, the numbers of its exchanges, which are Nanex's, and Grauer, Schuster and Uhrig-Homburg, "Option trade
classification" (2023), whose program takes 0 and 18 for plain trades and drops `canceled_trade_condition_id` >= 1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

_CANCELS = "ACEG"
_FIRST = "E"
_LATE = "BDFH"
_COMPLEX = "fghijklmnopqrstu"
_OLD_COMPLEX = "LMPQR"
"""Spread, straddle, buy-write, combination and stock-option trades, until OPRA's codes of 2019."""
_CODE = re.compile(r"[0-9]+|[A-Za-z]")

# OPRA's letters as the vendors number them.
_MASSIVE = {
    **dict(zip("ABCDEFGHIJKLMNOPQRS", range(201, 220), strict=True)),
    **dict(zip("abcdefghijklmnopqrstuv", range(227, 249), strict=True)),
}
_NANEX = {
    "A": 40, "B": 2, "C": 41, "D": 13, "E": 42, "F": 6, "G": 43, "H": 5, "I": 18, "J": 21, "K": 34, "L": 35, "M": 36, "N": 39,
    "O": 44, "P": 37, "Q": 38, "R": 105, "S": 95,
    **dict(zip("abcdefghijklmnopqrst", range(125, 145), strict=True)), "u": 147, "v": 148,
}  # fmt: skip


@dataclass(frozen=True)
class Coding:
    """The codes of one vendor that matter.

    Attributes:
        cancels: A report that takes an earlier trade back.
        first: Those of them that take back the contract's first trade, not its last.
        late: Reported late or out of sequence.
        complex: A leg of a complex order, or of a compression.

    """

    cancels: frozenset[str]
    first: frozenset[str]
    late: frozenset[str]
    complex: frozenset[str]

    def flags(self, conditions: pl.Series) -> pl.DataFrame:
        """Return `cancels`, `is_late` and `is_complex` of each trade by its codes, one or several in a text."""
        unique = conditions.unique().drop_nulls()
        codes = [set(_CODE.findall(text)) for text in unique]
        kinds = {"cancels": self.cancels, "is_late": self.late, "is_complex": self.complex}
        known = pl.DataFrame(
            {"text": unique, **{name: [bool(each & kind) for each in codes] for name, kind in kinds.items()}}
        )
        known = known.cast({"text": pl.String, **dict.fromkeys(kinds, pl.Boolean)})
        found = pl.DataFrame({"text": conditions.cast(pl.String)}).join(
            known, on="text", how="left", maintain_order="left"
        )
        return found.select(pl.col(name).fill_null(value=False) for name in kinds)


def _coding(numbers: dict[str, int], more_cancels: str = "", more_late: tuple[int, ...] = ()) -> Coding:
    def coded(letters: str) -> frozenset[str]:
        return frozenset(str(numbers[letter]) for letter in letters)

    return Coding(
        cancels=coded(_CANCELS + more_cancels),
        first=coded(_FIRST),
        late=coded(_LATE) | frozenset(map(str, more_late)),
        complex=coded(_COMPLEX + _OLD_COMPLEX),
    )


MASSIVE = _coding(_MASSIVE)
# O is CSTP, which cancels a stopped trade; Nanex has late reports of its own (bunched, stopped, before the open).
NANEX = _coding(_NANEX, "O", (15, 56, 57, 65))
