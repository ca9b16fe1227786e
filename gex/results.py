"""What an analysis returns: frozen, in the field's words, each figure with its unit.

Signs are the dealers': positive gamma means dealers gain delta as spot rises and sell into strength.
Dollar figures assume the positions that `Analysis.settings` names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt
    import polars as pl

    from gex.ingest.schema import QualityReport, Source
    from gex.microstructure.intervals import Intervals
    from gex.plot.charts import Charts
    from gex.settings import Settings

Regime = Literal["long_gamma", "short_gamma", "near_zero"]
"""Near zero: net gamma is under 5% of gross, so its sign is not to be relied on."""

DataStatus = Literal["ok", "delayed", "closed"]


@dataclass(frozen=True)
class Wall:
    """A strike that stands out, and by how much."""

    strike: float
    value: float
    """Gamma exposure in $ per +1%, or contracts for open interest."""
    runner_up: float | None
    """The strike that comes second; None if there is none of the same sign."""
    margin: float | None
    """How much larger than the runner-up, as a fraction of the runner-up."""


@dataclass(frozen=True)
class WallPair:
    """The call wall and the put wall under one definition."""

    call: Wall | None
    put: Wall | None


@dataclass(frozen=True)
class Walls:
    """Walls by net gamma, by each side's own gamma, and by open interest."""

    net: WallPair
    gross: WallPair
    open_interest: WallPair


@dataclass(frozen=True)
class Crossing:
    """A root of the re-priced gamma profile."""

    spot: float
    slope: float
    """$ per +1%, per point of spot; positive where gamma turns from negative to positive going up."""


ConventionGroup = Literal["method", "positions"]
Certainty = Literal["firm", "fair", "weak"]
"""How far the flip moves when net gamma shifts by 1% of gross: under 0.05% of spot, up to 0.075%, or further."""

Range = tuple[float, float]
"""Lowest and highest."""


@dataclass(frozen=True)
class Variant:
    """The levels under one other convention, all else as it was."""

    convention: str
    group: ConventionGroup
    description: str
    gamma_flip: float | None
    call_wall: float | None
    put_wall: float | None
    net_usd_per_1pct: float
    reasons: dict[str, str]
    """Why a level is None, under its name."""


@dataclass(frozen=True)
class Band:
    """From lowest to highest over the analysis itself and its variants of one group; None where none has the level."""

    gamma_flip: Range | None
    call_wall: Range | None
    put_wall: Range | None
    net_usd_per_1pct: Range


@dataclass(frozen=True)
class Bands:
    """How sure the levels are: what they would be under the other conventions that are in use."""

    method: Band
    """Over sources and dynamics of volatility, and rates."""
    positions: Band
    """Over models of who holds what."""
    variants: tuple[Variant, ...]
    certainty: Certainty | None
    """None without a flip."""
    verdict: str
    """All of it in a line."""


@dataclass(frozen=True)
class Levels:
    """The levels of one set of contracts, in points of the underlying.

    A level that does not exist is None, and `reasons` says why under its name.
    """

    gamma_flip: float | None
    gamma_flip_crossings: tuple[Crossing, ...]
    points_per_1pct_of_gross: float | None
    """Points the flip moves when net gamma shifts by 1% of gross: how sure the flip is."""
    call_wall: float | None
    put_wall: float | None
    absolute_gamma_strike: float | None
    high_vol_level: float | None
    walls: Walls
    reasons: dict[str, str]
    bands: Bands | None = None
    """Of all expirations used together; None for the slices, and where `Settings.band` asks for none."""


@dataclass(frozen=True)
class GammaExposure:
    """Dealers' gamma in $ of delta per +1% of spot: 0.01 S^2 sum(N m gamma)."""

    net: float
    gross: float
    calls: float
    puts: float


@dataclass(frozen=True)
class Exposure:
    """Dealers' exposure of one set of contracts."""

    gamma_usd_per_1pct: GammaExposure
    condition_number: float | None
    """gross / |net| of gamma: how many times larger the parts are than what is left of them."""
    delta_usd: float
    vanna_usd_per_vol_point: float
    charm_usd_to_close: float | None
    """Change of dealers' delta to `Analysis.next_close` at fixed spot, exact; they trade the opposite.
    None when evaluated after that close."""


@dataclass(frozen=True)
class HedgeFlow:
    """What dealers must trade after a move, re-priced: positive is buying."""

    spot_move_pct: float
    flow_usd: float


@dataclass(frozen=True)
class LevelDistance:
    """How far a level is from spot, and the odds of getting there."""

    points: float
    pct: float
    sigma: float | None
    """In standard deviations of the nearest expiration's at-the-money move."""
    touch_probability: float | None
    """2 N(-|ln(L/F)| / w(L)) before the nearest expiration; reflection principle, no drift."""


@dataclass(frozen=True)
class ExpectedMove:
    """The move the nearest at-the-money straddle prices."""

    strike: float
    straddle: float
    """Mid of call plus put, points."""
    one_sigma: float
    """straddle * sqrt(pi/2), points."""


@dataclass(frozen=True)
class Slice:
    """The same figures for a subset of expirations."""

    expirations: tuple[dt.date, ...]
    exposure: Exposure
    levels: Levels
    net_by_volume: float | None
    """Net gamma with today's volume in place of open interest, $ per +1%: a scenario, not an estimate."""
    sign: Literal["positive", "negative", "unknown"]
    """Unknown where open interest and volume disagree, or where net is under 5% of gross."""
    share_of_gross: float
    share_of_volume: float | None
    share_of_open_interest: float | None
    expected_move: ExpectedMove | None
    reasons: dict[str, str]


@dataclass(frozen=True)
class Spot:
    """Which price of the underlying was used, and what the others were."""

    used: float
    header: float | None
    parity: float | None
    """Implied by near forwards."""
    source: Literal["header", "parity", "given"]


@dataclass(frozen=True)
class Profile:
    """Net dealer gamma against spot, re-priced: forwards move with spot, volatility sticks to strikes."""

    spots: npt.NDArray[np.float64]
    gamma_usd_per_1pct: npt.NDArray[np.float64]
    zero_dte_usd_per_1pct: npt.NDArray[np.float64]
    """The part of it from contracts that expire on the quote date."""
    crossings: tuple[Crossing, ...]


@dataclass(frozen=True)
class VendorCheck:
    """Our gamma beside the vendor's on contracts near the money that expire today."""

    contracts: int
    median_gamma_ratio: float


@dataclass(frozen=True)
class Analysis:
    """Dealer positioning of one chain.

    Attributes:
        make_by_contract: Makes `by_contract`, which many readers never ask for.
        by_contract: The chain's used rows with `years`, `forward`, `discount`, `sigma`, `position`
            (dealers' signed contracts), `gamma`, `delta`, `vanna` and the exposures in dollars;
            `volume_gamma_usd_per_1pct` is gamma with today's volume in place of open interest: a scenario, no estimate.
        by_strike: `strike`, `net`, `calls`, `puts`, `gross`, `zero_dte` ($ per +1%), `call_open_interest`,
            `put_open_interest`, `volume`, `cumulative`.
        by_expiration: One row per (expiration, root): `expiration`, `root`, `settlement`, `expires_at`,
            `years`, `forward`, `forward_source` (parity, carry, rate or fixed), `discount`, `fitted_discount`
            (what the quotes would give; never used), `atm_iv` (decimal),
            `vol_source`, `contracts`, `net`, `gross`, `calls`, `puts` ($ per +1%), `open_interest`, `volume`
            (contracts), `call_wall`, `put_wall` (by net gamma), `max_pain`, `straddle_strike`, `straddle`
            and `expected_move` (one standard deviation), in points; null where there is none.

    """

    underlying: str
    quote_time: dt.datetime
    evaluated_at: dt.datetime
    next_close: dt.datetime
    stamp: dt.datetime | None
    status: DataStatus
    delay_minutes: float
    quote_time_source: str
    open_interest_date: dt.date | None
    spot: Spot
    settings: Settings
    source: Source
    quality: QualityReport
    rows_used: int
    regime: Regime
    exposure: Exposure
    hedge_flow: tuple[HedgeFlow, ...]
    levels: Levels
    distances: dict[str, LevelDistance]
    """For `gamma_flip`, `call_wall`, `put_wall`, where they exist."""
    zero_dte: Slice | None
    ex_zero_dte: Slice | None
    next_expiration: Slice | None
    make_by_contract: Callable[[], pl.DataFrame] = field(repr=False, compare=False)
    by_strike: pl.DataFrame
    by_expiration: pl.DataFrame
    profile: Profile
    vendor_check: VendorCheck | None
    assumptions: tuple[str, ...]
    """One short phrase per convention used, in the order they matter."""
    warnings: tuple[str, ...]
    """What a reader of the figures must know: spot replaced, volatility fallen back, roots unknown."""
    intervals: Intervals | None = None
    """How far the figures can be off because positions are estimated; None where they are not, and of merged sources."""

    @cached_property
    def by_contract(self) -> pl.DataFrame:
        """The chain's used rows with what priced them and dealers' exposure in each."""
        return self.make_by_contract()

    @property
    def plot(self) -> Charts:
        """The charts, as a notebook shows them: `analysis.plot.profile()`; `.svg()` and `.png()` give their bytes."""
        from gex.plot.charts import Charts

        return Charts(self)

    def _repr_html_(self) -> str:
        """Show the figures that matter in a notebook."""
        from gex.plot.summary import table

        return table(self)


@dataclass(frozen=True)
class MergedPart:
    """One source of a merged analysis."""

    analysis: Analysis
    """Of the source alone, in its own points; without bands."""
    scale: float
    """Points of the first underlying per point of this one: the ratio of their spots."""
    share_of_gross: float
    minutes_apart: float
    """From the first source's quotes to this one's; negative where this one's are earlier."""


@dataclass(frozen=True, kw_only=True)
class MergedAnalysis(Analysis):
    """Dealer positioning in several underlyings that move together, in points of the first.

    Exposures, flows and the profile are sums in dollars at equal percentage moves; levels come out of those sums.
    Counts in `by_strike` and the walls by open interest are in contracts of the first underlying that are worth as
    much. Prices in `by_expiration` are in points of the first; `by_contract` keeps each contract as it is listed. What
    can't be summed (`spot`, `settings`, `source`, times, `expected_move`, `vendor_check`) is of the first source that
    has it.
    """

    parts: tuple[MergedPart, ...]
