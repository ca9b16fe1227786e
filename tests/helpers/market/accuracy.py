"""How often each rule is right on simulated days, beside what was published; run it to write the table of README.md."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from gex.microstructure.sides import classify
from market.day import simulate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from market.day import Day

RULES = (
    "tick_ex",
    "rtick_all",
    "quote_ex",
    "quote_nbbo",
    "lr_ex",
    "lr_nbbo",
    "emo_ex",
    "emo_nbbo",
    "clnv_ex",
    "clnv_nbbo",
)
STACKS = ("gsu_small", "gsu_large")
_SHARES = {
    "ise": (49.67, 55.25, 62.67, 63.72, 62.56, 63.56, 55.42, 57.12, 58.07, 59.61, 63.89, 75.49),
    "cboe": (48.75, 53.72, 62.46, 60.80, 62.06, 60.41, 49.14, 51.64, 53.91, 54.90, 61.50, 71.85),
}
PUBLISHED = {name: dict(zip((*RULES, *STACKS), shares, strict=True)) for name, shares in _SHARES.items()}
"""Percent right of all trades, those that no rule tells at random: Grauer et al.'s tables as replicated by Bilz (2023)."""
ORDER = {
    "ise": (
        ("tick_ex", "rtick_all", "emo_nbbo", "clnv_nbbo", "quote_nbbo", "gsu_large"),
        ("emo_ex", "clnv_ex", "quote_ex", "gsu_small", "gsu_large"),
    ),
    "cboe": (
        ("tick_ex", "emo_nbbo", "clnv_nbbo", "quote_nbbo", "gsu_large"),
        ("tick_ex", "rtick_all", "clnv_ex", "quote_ex", "gsu_large"),
    ),
}
"""Rules from the least accurate up, where the published ones are a percent or more apart."""
DAYS = range(20_000, 20_020)
START, END = "<!-- accuracies: written by accuracy.py -->\n", "<!-- end -->\n"


def right(side: np.ndarray, truth: np.ndarray) -> float:
    """Return how many percent of sides are right, an unknown one half."""
    return 100.0 * float(np.mean((side == truth) + 0.5 * (side == 0)))


def measured(days: Sequence[Day]) -> dict[str, float]:
    """Return each rule's percentage of right sides, days counted alike."""
    names = (*RULES, *STACKS)
    shares = [[right(classify(day.trades, name).side, _truth(day)) for name in names] for day in days]
    return dict(zip(names, np.mean(shares, axis=0).tolist(), strict=True))


def sized(day: Day) -> tuple[float, float, float]:
    """Return the percentage that the trade-size rule tells, and of these how many it and the quote rule have right."""
    side, truth = classify(day.trades, "tsize_ex").side, _truth(day)
    told = side != 0
    quote = classify(day.trades, "quote_nbbo").side
    return 100.0 * float(told.mean()), right(side[told], truth[told]), right(quote[told], truth[told])


def _truth(day: Day) -> np.ndarray:
    return day.truth["initiator_side"].to_numpy()


def table() -> str:
    """Return the accuracies on `DAYS` as a table of Markdown."""
    found = {name: measured([simulate(seed, name) for seed in DAYS]) for name in PUBLISHED}
    lines = ["| rule | ISE published | simulated | Cboe published | simulated |", "|---|---|---|---|---|"]
    for rule in (*RULES, *STACKS):
        pairs = (f"{PUBLISHED[name][rule]:.2f} | {found[name][rule]:.2f}" for name in PUBLISHED)
        lines.append(f"| {rule} | {' | '.join(pairs)} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the table between its marks."""
    path = Path(__file__).with_name("README.md")
    before, _, rest = path.read_text().partition(START)
    path.write_text(f"{before}{START}{table()}{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
