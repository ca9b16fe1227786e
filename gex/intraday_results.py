"""What `gex.intraday.zero_dte` returns: frozen, each figure with its unit; signs are the dealers'."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.summary import DECISIVE

if TYPE_CHECKING:
    import datetime as dt

    import polars as pl

    from gex.ingest.schema import Source
    from gex.plot.zero_dte import Charts
    from gex.quotes import Floats
    from gex.results import DataStatus, ExpectedMove, GammaExposure, Levels, Spot
    from gex.settings import Settings


@dataclass(frozen=True)
class RootClock:
    """One root of the expiration date: when its payoff is fixed."""

    root: str
    settlement: str
    """AM or PM."""
    expires_at: dt.datetime
    minutes_left: float
    contracts: int
    """Priced ones."""


@dataclass(frozen=True)
class Clock:
    """The time left to the expiration date that is shown."""

    evaluated_at: dt.datetime
    expiration: dt.date
    is_today: bool
    """Whether that is the New York date of `evaluated_at`."""
    reason: str | None
    """Why it is not today's; None where it is, or where it was asked for."""
    roots: tuple[RootClock, ...]
    expires_at: dt.datetime
    """The last instant of `roots`."""

    @property
    def minutes_left(self) -> float:
        """Minutes to `expires_at`."""
        return max(root.minutes_left for root in self.roots)


@dataclass(frozen=True)
class Moves:
    """What the expiration's options price as its move."""

    straddle: ExpectedMove | None
    """At the quotes' time."""
    forward: float | None
    """Of the last root, for the spot and at the time of the evaluation, points."""
    w: float | None
    """Total standard deviation left at the forward."""
    one_sigma: float | None
    """forward * w: what is left of the move at the time of the evaluation, points."""
    reason: str | None
    """Why there is no `straddle`, or no volatility."""


@dataclass(frozen=True)
class Holding:
    """The expiration under one idea of what dealers hold."""

    name: str
    volume_share: float | None
    """Share of today's volume in the position, the rest open interest; None for a book of one's own."""
    contracts: float
    """Held on all sides, without sign."""
    gamma_usd_per_1pct: GammaExposure
    """At spot, where gamma of a strike grows without bound towards its expiry."""
    finite_gamma_usd_per_1pct: float
    """Net gamma over the plan's finite move: at most units / 2h, however near the expiry."""
    charm_trade_usd: float
    """What dealers trade from the evaluation to the expiry at fixed spot and volatility, exact; positive is buying."""
    levels: Levels


@dataclass(frozen=True)
class Surface:
    """Dealers' exposure at each spot (rows) and time (columns) to the expiry, re-priced at every point.

    Positions and volatilities are those of the evaluation: forward snapshots of the same book.
    """

    spots: Floats
    """Points, going up at equal steps of ln(spot)."""
    times: tuple[dt.datetime, ...]
    gamma_usd_per_1pct: Floats
    """Over the plan's finite move."""
    delta_usd: Floats
    charm_trade_usd: Floats
    """What dealers trade until the next time at fixed spot; NaN in the last column."""
    hedge_trade_usd: Floats
    """What dealers have to have traded when spot comes to be there then, valued there; 0 where they are now."""

    def frame(self) -> pl.DataFrame:
        """Return one row per spot and time: `time`, `spot` and the four figures."""
        import polars as pl

        columns = ("gamma_usd_per_1pct", "delta_usd", "charm_trade_usd", "hedge_trade_usd")
        times = [time for time in self.times for _ in self.spots]
        return pl.DataFrame(
            {
                "time": times,
                "spot": np.tile(self.spots, len(self.times)),
                **{name: getattr(self, name).T.ravel() for name in columns},
            }
        ).with_columns(pl.col("charm_trade_usd").fill_nan(None))


@dataclass(frozen=True)
class ZeroDte:
    """Today's expiration, or the next one where nothing expires today.

    Attributes:
        holdings: The first is what `settings` asks for; the others stand beside it.
        odds: One row per strike with a smile: `strike`, `half_spacing` (points), `w`, `touch_probability`,
            `pin_probability` (to settle within half a spacing of the strike), `above_probability`, and dealers' gamma
            of that strike under the first holding, `net_gamma_usd_per_1pct`, and by volume, `net_by_volume_usd_per_1pct`.
        path: One row per interval to the expiry: `since`, `until`, `charm_trade_usd` (what dealers trade in it at fixed
            spot and volatility; they add up to the one difference of delta), `cumulative_usd`, `all_expirations_usd` (the
            same for the whole chain; null where American contracts expire on the way), `vanna_trade_usd` (what they trade at `since` if volatility then moves by
            `vol_points`), `charm_after_vol_usd` (in the interval, had it moved so at the start),
            `gamma_usd_per_1pct` (over the finite move, at `since`) and `one_sigma` (points, by `until`).
        sessions: One row per expiration date in the days to come: `expiration`, `since`, `until`, `sessions`, `partial` (a
            session under way, or unknown), `move_pct` and `move_points` (one standard deviation a session, from the
            difference of total variance), `times_typical` (beside the median of the others), `vol_source`, `reason`.

    """

    underlying: str
    quote_time: dt.datetime
    evaluated_at: dt.datetime
    stamp: dt.datetime | None
    status: DataStatus
    delay_minutes: float
    spot: Spot
    level: float
    """The spot everything is priced at, points."""
    settings: Settings
    source: Source
    clock: Clock
    moves: Moves
    every_minutes: float
    vol_points: float
    move: float
    """Of finite gamma, a fraction of spot."""
    holdings: tuple[Holding, ...]
    volume_per_open_interest: float | None
    """Of the expiration; None without open interest."""
    odds: pl.DataFrame
    path: pl.DataFrame
    surface: Surface
    sessions: pl.DataFrame
    assumptions: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def plot(self) -> Charts:
        """The charts, as a notebook shows them: `view.plot.surface()`; `.svg()` and `.png()` give their bytes."""
        from gex.plot.zero_dte import Charts

        return Charts(self)

    @property
    def unsure(self) -> str | None:
        """Why the sign of dealers' net gamma is unknown; None where these positions and today's volume agree on one."""
        gamma = self.holdings[0].gamma_usd_per_1pct
        if abs(gamma.net) <= DECISIVE * gamma.gross:
            return f"net gamma is under {DECISIVE:.0%} of gross"
        volume = self.by_volume(1.0)
        if volume and volume.gamma_usd_per_1pct.net * gamma.net < 0:
            return "volume contradicts the positions asked for"
        return None

    def by_volume(self, share: float) -> Holding | None:
        """Return the holding with that share of volume, under the sign asked for; None if there is none."""
        return next((holding for holding in self.holdings if holding.volume_share == share), None)
