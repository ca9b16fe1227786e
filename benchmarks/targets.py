"""What is to be reached, as ratios in one run. Nothing fails where one is missed: the report says so."""

from __future__ import annotations

from dataclasses import dataclass

from benchmarks.roster import LIMIT, NUMPY, QDFP, QDFP_LADDER, QUANTLIB, SVML, VECTORIZED

BARE = "python -c 'import numpy, polars'"
PLAIN = "polars.read_csv"


@dataclass(frozen=True)
class Target:
    """The peer's time over ours is to be at least `ratio`; or ours over the peer's at most."""

    topic: str
    peer: str
    ratio: float
    at_least: bool = True

    def is_met(self, measured: float) -> bool:
        return measured >= self.ratio if self.at_least else measured <= self.ratio

    def __str__(self) -> str:
        return f"peer at least {self.ratio:g}x ours" if self.at_least else f"ours at most {self.ratio:g}x"


GAMMA, GREEKS = "Gamma, {} contracts", "Seven greeks, {} contracts"
CHAIN, MILLION = "20,000", "1,000,000"
PROFILE = "Gamma profile, 20,000 contracts at 400 spots"

TARGETS = (
    Target(GAMMA.format(MILLION), SVML, 1.6),
    Target(GREEKS.format(MILLION), SVML, 4.0),
    Target(GREEKS.format(CHAIN), NUMPY, 4.0),
    Target(PROFILE, SVML, 20.0),
    Target(PROFILE, NUMPY, 120.0),
    Target(GAMMA.format(CHAIN), VECTORIZED, 80.0),
    Target(GREEKS.format(CHAIN), VECTORIZED, 80.0),
    Target(GAMMA.format(CHAIN), QUANTLIB, 400.0),
    Target(GREEKS.format(CHAIN), QUANTLIB, 400.0),
    *(
        Target(title.format(size), LIMIT, 1.15, at_least=False)
        for title in (GAMMA, GREEKS)
        for size in (CHAIN, MILLION)
    ),
    Target(PROFILE, LIMIT, 1.25, at_least=False),
    Target("Implied volatility, quotes of a chain", VECTORIZED, 25.0),
    Target("American gamma ladder", QDFP, 5.0),
    Target("American gamma ladder", QDFP_LADDER, 5.0),
    Target("Full analysis, a chain in memory", "one gamma_profile of ours", 12.0, at_least=False),
    Target("Whole process, gex report on a parquet file", BARE, 1.3, at_least=False),
    Target("Reading a DataShop file", PLAIN, 2.0, at_least=False),
    Target("Reading a Cboe file", PLAIN, 2.0, at_least=False),
)
