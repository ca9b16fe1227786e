"""What makes a level: the contracts and expirations it rests on, and where it would be without each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import polars as pl

from gex.bands import Curve
from gex.exposure import contract_exposure
from gex.profile import ladder_of
from gex.tables import by_contract

if TYPE_CHECKING:
    from gex.analysis import Priced
    from gex.exposure import Book
    from gex.quotes import Bools
    from gex.results import Analysis, Variant, Wall

LevelName = Literal["gamma_flip", "call_wall", "put_wall", "strike"]

FORMULA = "0.01 S^2 N m gamma(S, K, T, sigma, r, q), in $ of delta per +1% of spot"
COLUMNS = (
    "root", "expiration", "option_type", "strike", "bid", "ask", "open_interest", "volume", "position", "multiplier",
    "years", "forward", "discount", "sigma", "gamma", "gamma_usd_per_1pct",
)  # fmt: skip


@dataclass(frozen=True)
class Explanation:
    """A level taken apart.

    Attributes:
        level: Which one.
        value: Where it is, points.
        spot: The price of the underlying that gamma is taken at: the flip itself, or today's for a strike.
        net_usd_per_1pct: Net gamma there: of everything for the flip (0 to rounding), of the strike else.
        gross_usd_per_1pct: The sum of sizes of the same.
        share_of_gross: What part of all contracts' gross the level rests on.
        wall: The strike beside the one that comes second; None for the flip and for other strikes.
        points_per_1pct_of_gross: Of the flip; None else.
        by_contract: Largest first: key, quotes, `position` (dealers' signed contracts), `years`, `forward`, `discount`,
            `sigma`, `gamma` (of one unit, per point), `gamma_usd_per_1pct`, `share_of_gross`; for the flip
            `flip_without`, where it would be without that contract (null beyond the first `top`, or without a flip).
        by_expiration: The same by (expiration, root): `contracts`, `net`, `gross`, `share_of_gross`, `flip_without`.
        variants: The level under each other convention.
        formula: What is summed.

    """

    level: LevelName
    value: float
    spot: float
    net_usd_per_1pct: float
    gross_usd_per_1pct: float
    share_of_gross: float
    wall: Wall | None
    points_per_1pct_of_gross: float | None
    by_contract: pl.DataFrame
    by_expiration: pl.DataFrame
    variants: tuple[Variant, ...]
    formula: str = FORMULA


def explain(base: Priced, analysis: Analysis, level: LevelName | float, *, top: int = 10) -> Explanation:
    """Take a level apart.

    Args:
        base: The chain priced, as the analysis was made from it.
        analysis: Of the same.
        level: `gamma_flip`, `call_wall`, `put_wall`, or a strike in points.
        top: Contracts, from the largest down, whose absence is tried on the flip.

    Raises:
        ValueError: There is no such level, or no contract at that strike; says why.

    """
    name, value = _level_of(analysis, level)
    is_flip = name == "gamma_flip"
    spot = value if is_flip else base.market.level
    chosen = np.ones(len(base.book), dtype=bool) if is_flip else base.book.strike == value
    if not chosen.any():
        raise ValueError(f"no contract in use has the strike {value:g}; the nearest is {_nearest(base.book, value):g}")
    contracts, gross = _contracts(base, spot, chosen)
    expirations = _expirations(contracts)
    if is_flip:
        without = _Without(base, value)
        contracts = contracts.with_columns(_column(contracts.height, without.contracts(contracts["place"][:top])))
        expirations = expirations.with_columns(_column(expirations.height, without.expirations(expirations)))
    walls = analysis.levels.walls.net
    return Explanation(
        level=name,
        value=value,
        spot=spot,
        net_usd_per_1pct=float(contracts["gamma_usd_per_1pct"].sum()),
        gross_usd_per_1pct=float(contracts["gamma_usd_per_1pct"].abs().sum()),
        share_of_gross=float(contracts["share_of_gross"].sum()) if gross else 0.0,
        wall={"call_wall": walls.call, "put_wall": walls.put}.get(name),
        points_per_1pct_of_gross=analysis.levels.points_per_1pct_of_gross if is_flip else None,
        by_contract=contracts.drop("place", "group"),
        by_expiration=expirations.drop("group"),
        variants=analysis.levels.bands.variants if analysis.levels.bands else (),
    )


def _level_of(analysis: Analysis, level: LevelName | float) -> tuple[LevelName, float]:
    """Return which level is meant, and where it is."""
    if not isinstance(level, str):
        return "strike", float(level)
    value = getattr(analysis.levels, level)
    if value is None:
        raise ValueError(f"there is no {level.replace('_', ' ')}: {analysis.levels.reasons.get(level, 'none found')}")
    return level, float(value)


def _nearest(book: Book, strike: float) -> float:
    return float(book.strike[np.argmin(np.abs(book.strike - strike))])


def _contracts(base: Priced, spot: float, chosen: Bools) -> tuple[pl.DataFrame, float]:
    """Return the chosen contracts with a position, largest gamma first, and the gross gamma of all."""
    market, book = base.market, base.book
    dollars = contract_exposure(book, spot, None)
    gross = float(np.sum(np.abs(dollars.gamma)))
    table = by_contract(base.chain.frame, market.used, book, spot, dollars).with_columns(
        pl.Series("gamma", dollars.unit_gamma),
        pl.Series("place", np.arange(len(book))),
        pl.Series("group", market.quotes.expiration[market.used]),
    )
    share = pl.col("gamma_usd_per_1pct").abs() / gross if gross else pl.lit(0.0)
    held = table.filter(pl.Series(chosen), pl.col("position") != 0)
    ordered = held.sort(pl.col("gamma_usd_per_1pct").abs(), descending=True, maintain_order=True)
    return ordered.select(*COLUMNS, share.alias("share_of_gross"), "place", "group"), gross


def _expirations(contracts: pl.DataFrame) -> pl.DataFrame:
    gamma = pl.col("gamma_usd_per_1pct")
    return (
        contracts.group_by("expiration", "root", "group", maintain_order=True)
        .agg(
            pl.len().alias("contracts"),
            gamma.sum().alias("net"),
            gamma.abs().sum().alias("gross"),
            pl.sum("share_of_gross"),
        )
        .sort("gross", descending=True, maintain_order=True)
    )


def _column(height: int, flips: list[float | None]) -> pl.Series:
    return pl.Series("flip_without", flips + [None] * (height - len(flips)), dtype=pl.Float64)


class _Without:
    """Where the flip would be without some of the contracts, re-priced."""

    def __init__(self, base: Priced, flip: float) -> None:
        self.book, self.flip = base.book, flip
        self.group = base.market.quotes.expiration[base.market.used]
        self.spots = ladder_of(base.book, base.market.level, base.settings.ladder)

    def contracts(self, places: pl.Series) -> list[float | None]:
        """Take out one contract at a time."""
        return [self._flip(np.arange(len(self.book)) == place) for place in places]

    def expirations(self, table: pl.DataFrame) -> list[float | None]:
        """Take out one expiration at a time."""
        return [self._flip(self.group == group) for group in table["group"]]

    def _flip(self, out: Bools) -> float | None:
        rest = self.book.where(~out).held()
        if not len(rest):
            return None
        return Curve(self.spots, rest.european(), rest.early_gamma_usd_profile(self.spots)).root(self.flip)
