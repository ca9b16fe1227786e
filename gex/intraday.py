"""Today's expiration to the minute: clock, moves, positions side by side, hedging path and price x time surfaces."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex import summary
from gex.analysis import priced
from gex.exposure import PER_PCT
from gex.intraday_clock import clock_of, instants, of_date, years_after
from gex.intraday_moves import forward_left, odds_of, session_moves, weekdays
from gex.intraday_paths import hedging_path, reach_of, surface_of
from gex.intraday_positions import holding_of, ideas_of
from gex.intraday_results import Moves, ZeroDte
from gex.levels import sum_by
from gex.market import new_york_date
from gex.settings import Settings
from gex.tables import straddle_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.analysis import Priced
    from gex.exposure import Book
    from gex.ingest.schema import Chain
    from gex.intraday_positions import Idea
    from gex.market import Market
    from gex.quotes import Bools, Floats

NET, NET_BY_VOLUME = "net_gamma_usd_per_1pct", "net_by_volume_usd_per_1pct"
NO_STRADDLE = "no strike near the forward has a two-sided call and put"
NO_SMILE = "no volatility could be had for the expiration"


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a 0DTE view looks at.

    Attributes:
        every_minutes: Length of the hedging path's intervals.
        vol_points: Volatility points of the move of which vanna's trades are given.
        move: Half the price range that gamma is averaged over, as a fraction of spot: it stays finite to the end.
        opens_at: When the session of an expiration date opens; the time before is one interval. None: 24 hours
            before the expiry.
        sessions_of: Counts the sessions after one date up to another.

    """

    every_minutes: float = 15.0
    vol_points: float = 1.0
    move: float = 0.001
    opens_at: Callable[[dt.date], dt.datetime] | None = None
    sessions_of: Callable[[dt.date, dt.date], int] = weekdays

    def __post_init__(self) -> None:
        """Refuse values outside their range.

        Raises:
            ValueError: Names the value and what is accepted.

        """
        for name, value, low, high in (
            ("every_minutes", self.every_minutes, 1.0, 1440.0),
            ("vol_points", self.vol_points, -100.0, 100.0),
            ("move", self.move, 1e-5, 0.1),
        ):
            if not low <= value <= high:
                raise ValueError(f"{name} must lie from {low:g} to {high:g}, got {value!r}")


def zero_dte(chain: Chain, settings: Settings | None = None, plan: Plan | None = None) -> ZeroDte:
    """Look at what expires today, or next where nothing does.

    Args:
        chain: A validated chain; see `gex.read_chain`.
        settings: The conventions; `expirations` picks the date: `all` (today's, else the next), `0dte`, `next`, a date.
        plan: Intervals and moves; the defaults where None.

    Returns:
        The view, every figure with its unit in `gex.intraday_results`.

    Raises:
        ValueError: There is no such expiration, or as `gex.analyze`; the message says what to do.

    """
    plan, settings = plan or Plan(), settings or Settings()
    base = priced(chain, replace(settings, expirations="all"))
    market, clock = base.market, clock_of(chain, base.market, settings.expirations)
    chosen = of_date(market, clock.expiration)
    part = replace(market, used=market.used[chosen])
    book = _book_of(part, base, chosen)
    times = instants(clock, plan.every_minutes, plan.opens_at and plan.opens_at(clock.expiration))
    elapsed = years_after(clock, times)
    elapsed[-1] = max(elapsed[-1], float(np.max(book.years)))  # Time left has a floor: at the end it has passed.
    ideas = ideas_of(part, book, base.settings, is_today=clock.is_today)
    last = _last_root(part)
    moves = _moves_of(part, last)
    reach = reach_of(moves.w, settings.ladder, plan.move)
    held = book.held()
    path = hedging_path(
        held, _whole(base.book, elapsed[-1]), market.level, times, elapsed, (plan.vol_points, plan.move)
    )
    quotes, rows = part.quotes, part.used
    open_interest = float(np.sum(quotes.open_interest[rows]))
    return ZeroDte(
        underlying=chain.underlying,
        quote_time=chain.quote_time,
        evaluated_at=market.evaluated_at,
        stamp=chain.stamp,
        status=summary.status_of(chain),
        delay_minutes=chain.delay_minutes,
        spot=market.spot,
        level=market.level,
        settings=replace(base.settings, expirations=settings.expirations),
        source=chain.source,
        clock=clock,
        moves=moves,
        every_minutes=plan.every_minutes,
        vol_points=plan.vol_points,
        move=plan.move,
        holdings=tuple(holding_of(part, book, idea, base.settings, (0.0, elapsed[-1]), plan.move) for idea in ideas),
        volume_per_open_interest=float(np.sum(quotes.volume[rows])) / open_interest if open_interest else None,
        odds=_with_gamma(odds_of(part, last), part, book, _by_volume(ideas)),
        path=path.with_columns(_one_sigma(moves, elapsed)),
        surface=surface_of(held, market.level, reach, times, elapsed, plan.move),
        sessions=session_moves(market, chain.quote_time, _under_way(chain, market, plan.sessions_of), plan.sessions_of),
        assumptions=summary.assumptions_of(market, base.settings),
        warnings=summary.warnings_of(chain, market, base.book, base.settings),
    )


def _book_of(part: Market, base: Priced, chosen: Bools) -> Book:
    """Return the expiration's contracts with their positions; early exercise is solved for these alone."""
    units = np.zeros(len(part.quotes.strike))
    units[part.used] = base.book.units[chosen]
    return part.book(units)


def _whole(book: Book, elapsed: float) -> Book | None:
    """Return the chain's book; None where American contracts expire on the way: `EarlyExercise` ends with the first."""
    if book.early_row is None:
        return book
    return book if np.min(book.years[book.early_row >= 0], initial=np.inf) > elapsed else None


def _last_root(part: Market) -> int:
    """Return the (root, expiration) of a date that expires last: on third Fridays the one settled at the close."""
    return int(part.priced[np.argmax(part.years[part.priced])])


def _moves_of(part: Market, index: int) -> Moves:
    """Return the move that one (root, expiration) prices."""
    straddle, forward = straddle_of(part.quotes, part.forwards, index), forward_left(part, index)
    w = part.w(index, forward)
    reason = NO_SMILE if w is None else None if straddle else NO_STRADDLE
    return Moves(straddle, forward, w, None if w is None else forward * w, reason)


def _one_sigma(moves: Moves, elapsed: list[float]) -> pl.Series:
    """Return the move priced by the end of each interval, variance passing evenly."""
    if moves.one_sigma is None:
        return pl.Series("one_sigma", [None] * (len(elapsed) - 1), dtype=pl.Float64)
    return pl.Series("one_sigma", [moves.one_sigma * (each / elapsed[-1]) ** 0.5 for each in elapsed[1:]])


def _by_volume(ideas: list[Idea]) -> Floats:
    """Return the units of the idea that today's volume is held."""
    return next(idea.units for idea in ideas if idea.volume_share == 1.0)


def _with_gamma(odds: pl.DataFrame, part: Market, book: Book, by_volume: Floats) -> pl.DataFrame:
    """Add dealers' gamma by strike, as asked and by volume, $ per +1%."""
    strikes, at = part.strikes
    gamma = PER_PCT * part.level**2 * book.greeks(part.level).gamma
    places = np.searchsorted(strikes, odds["strike"].to_numpy()).clip(max=len(strikes) - 1)
    listed = strikes[places] == odds["strike"].to_numpy()
    columns = {
        name: np.where(listed, sum_by(at, units * gamma, len(strikes))[places], 0.0).tolist()
        for name, units in ((NET, book.units), (NET_BY_VOLUME, by_volume))
    }
    return odds.with_columns(pl.Series(name, values, dtype=pl.Float64) for name, values in columns.items())


def _under_way(chain: Chain, market: Market, sessions_of: Callable[[dt.date, dt.date], int]) -> bool:
    """Tell whether a session is under way, or may be: the chain knows the close of the quotes' date alone."""
    today = market.today
    if not sessions_of(today - dt.timedelta(days=1), today):
        return False
    closes_today = new_york_date(chain.next_close) == today
    return market.evaluated_at < chain.next_close if closes_today else today != chain.quote_date
