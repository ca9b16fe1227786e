"""The levels of a set of contracts: flip, walls, absolute gamma strike, high-volatility level; max pain, moves."""

from __future__ import annotations

from dataclasses import dataclass
from math import erfc, log, pi, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gex.results import Crossing, ExpectedMove, LevelDistance, Levels, Wall, WallPair, Walls
from gex.segments import first_largest

if TYPE_CHECKING:
    from gex.quotes import Bools, Floats, Ints

SIGMA_PER_STRADDLE = sqrt(0.5 * pi)


@dataclass(frozen=True)
class StrikeTotals:
    """Exposure and open interest summed by strike, strikes going up; one entry per strike."""

    strike: Floats
    calls: Floats
    """Gamma of calls, $ per +1%; `puts` likewise, with the dealers' sign."""
    puts: Floats
    gross: Floats
    call_open_interest: Floats
    put_open_interest: Floats
    volume: Floats

    @property
    def net(self) -> Floats:
        """Calls plus puts, $ per +1%."""
        return self.calls + self.puts


def sum_by(index: Ints, values: Floats, size: int) -> Floats:
    """Sum values by index, in their order; `size` sums, 0 where an index is absent."""
    return np.asarray(np.bincount(index, weights=values, minlength=size), dtype=np.float64)


def sum_sides(index: Ints, is_call: Bools, values: Floats, size: int) -> tuple[Floats, Floats]:
    """Sum the values of calls and those of puts by index, as `sum_by` each."""
    puts, calls = sum_by(2 * index + is_call, values, 2 * size).reshape(size, 2).T
    return calls, puts


def strike_totals(
    strikes: Floats, at: Ints, is_call: Bools, gamma_usd: Floats, open_interest: Floats, volume: Floats
) -> StrikeTotals:
    """Sum contracts by strike, over all expirations and roots given.

    Args:
        strikes: Going up; those without a contract are left out of the result.
        at: Index into `strikes` of each contract.
        is_call: Marks the calls.
        gamma_usd: Dealers' gamma of each contract, $ per +1%.
        open_interest: Contracts.
        volume: Contracts.

    """
    size = len(strikes)
    listed = np.bincount(at, minlength=size) > 0
    calls, puts = sum_sides(at, is_call, gamma_usd, size)
    call_open_interest, put_open_interest = sum_sides(at, is_call, open_interest, size)
    return StrikeTotals(
        strike=strikes[listed],
        calls=calls[listed],
        puts=puts[listed],
        gross=sum_by(at, np.abs(gamma_usd), size)[listed],
        call_open_interest=call_open_interest[listed],
        put_open_interest=put_open_interest[listed],
        volume=sum_by(at, volume, size)[listed],
    )


def levels_of(totals: StrikeTotals, crossings: tuple[Crossing, ...], spot: float, ladder: float) -> Levels:
    """Find every level of a set of contracts.

    Args:
        totals: The contracts by strike.
        crossings: The roots of their re-priced profile.
        spot: Points; the flip is the crossing nearest to it.
        ladder: Half-width of the range searched for crossings, as a fraction of spot.

    """
    walls = walls_of(totals)
    flip = min(crossings, key=lambda crossing: abs(crossing.spot - spot), default=None)
    gross = float(np.sum(totals.gross))
    reasons = {}
    if flip is None:
        reasons["gamma_flip"] = _why_no_flip(float(np.sum(totals.net)), gross, ladder)
    for name, wall, side in (("call_wall", walls.net.call, "positive"), ("put_wall", walls.net.put, "negative")):
        if wall is None:
            reasons[name] = f"no strike has {side} net gamma; see walls.gross"
    if not gross:
        reasons["absolute_gamma_strike"] = reasons["high_vol_level"] = "no gamma at any strike"
    return Levels(
        gamma_flip=flip.spot if flip else None,
        gamma_flip_crossings=crossings,
        points_per_1pct_of_gross=0.01 * gross / abs(flip.slope) if flip and flip.slope else None,
        call_wall=walls.net.call.strike if walls.net.call else None,
        put_wall=walls.net.put.strike if walls.net.put else None,
        absolute_gamma_strike=float(totals.strike[np.argmax(totals.gross)]) if gross else None,
        high_vol_level=float(totals.strike[np.argmin(np.cumsum(totals.net))]) if gross else None,
        walls=walls,
        reasons=reasons,
    )


def walls_of(totals: StrikeTotals) -> Walls:
    """Find the walls by net gamma, by each side's gamma and by each side's open interest."""
    strike, net = totals.strike, totals.net
    return Walls(
        net=WallPair(_largest(strike, net), _negated(_largest(strike, -net))),
        gross=WallPair(_largest_size(strike, totals.calls), _largest_size(strike, totals.puts)),
        open_interest=WallPair(_largest(strike, totals.call_open_interest), _largest(strike, totals.put_open_interest)),
    )


def _largest(strike: Floats, value: Floats) -> Wall | None:
    """Return the strike of the largest positive value and its lead over the second; None if none is positive."""
    if not len(value) or not value[first := int(np.argmax(value))] > 0:
        return None
    rest = value.copy()
    rest[first] = -np.inf
    second = int(np.argmax(rest))
    if not rest[second] > 0:
        return Wall(float(strike[first]), float(value[first]), None, None)
    return Wall(
        float(strike[first]), float(value[first]), float(strike[second]), float(value[first] / value[second] - 1.0)
    )


def _largest_size(strike: Floats, value: Floats) -> Wall | None:
    """Return the strike of the largest size, whatever the sign of the side."""
    return _largest(strike, value) if np.sum(value) > 0 else _negated(_largest(strike, -value))


def _negated(wall: Wall | None) -> Wall | None:
    """Give a wall found among negated values its own sign back."""
    return wall and Wall(wall.strike, -wall.value, wall.runner_up, wall.margin)


def _why_no_flip(net: float, gross: float, ladder: float) -> str:
    """Say why there is no crossing."""
    if not gross:
        return "no gamma: no contract with a position and a volatility"
    sign = "positive" if net > 0 else "negative"
    return f"net gamma is {sign} everywhere within {ladder:.0%} of spot"


def max_pains(strike: Floats, call_open_interest: Floats, put_open_interest: Floats, first: Ints) -> Floats:
    """Return the listed settlement at which the holders of each expiration's options receive least.

    argmin over K of sum OI_c max(K - K_c, 0) + OI_p max(K_p - K, 0), the lowest of equals. From one strike to the next
    the sum changes by the step times (calls up to here - puts beyond), so it is least where calls up to a strike first
    are as many as puts beyond it: in whole numbers, exactly.

    Args:
        strike: Going up within each expiration, one expiration after another, shape (n,).
        call_open_interest: Contracts, shape (n,).
        put_open_interest: Contracts, shape (n,).
        first: Where each expiration's strikes begin, and where the last one's end, shape (m + 1,).

    Returns:
        Points, shape (m,); NaN without open interest.

    """
    start, end = first[:-1], first[1:] - 1
    held = np.cumsum(call_open_interest + put_open_interest)
    before = np.concatenate([[0.0], held])[start]
    at = np.searchsorted(held, before + np.add.reduceat(put_open_interest, start))
    return np.where(held[end] > before, strike[np.clip(at, start, end)], np.nan)


def max_pain(strike: Floats, call_open_interest: Floats, put_open_interest: Floats) -> float | None:
    """Return one expiration's `max_pains`; None without open interest."""
    level = float(max_pains(strike, call_open_interest, put_open_interest, np.array([0, len(strike)]))[0])
    return None if np.isnan(level) else level


def straddles(
    strike: Floats, call_mid: Floats, put_mid: Floats, forward: Floats, first: Ints
) -> tuple[Floats, Floats, Floats]:
    """Return strike, price and one standard deviation of each expiration's straddle nearest to its forward, in points.

    One standard deviation is straddle * sqrt(pi/2), exact for a normal distribution at the money. NaN without a
    two-sided straddle. `first` as for `max_pains`.
    """
    straddle = call_mid + put_mid
    away = np.where(np.isfinite(straddle), np.abs(strike - np.repeat(forward, np.diff(first))), np.inf)
    at = first_largest(-away, first)
    price = np.where(np.isfinite(straddle[at]), straddle[at], np.nan)
    return np.where(np.isfinite(price), strike[at], np.nan), price, price * SIGMA_PER_STRADDLE


def expected_move(strike: Floats, call_mid: Floats, put_mid: Floats, forward: float) -> ExpectedMove | None:
    """Read the move that one expiration's straddle nearest to the forward prices; None without a two-sided one."""
    one = straddles(strike, call_mid, put_mid, np.array([forward]), np.array([0, len(strike)]))
    found = ExpectedMove(*(float(figure[0]) for figure in one))
    return found if np.isfinite(found.straddle) else None


def distance(level: float, spot: float, w_money: float | None, w_level: float | None, forward: float) -> LevelDistance:
    """Measure how far a level is, in points, percent and standard deviations, and the odds of a touch.

    Args:
        level: Points.
        spot: Points.
        w_money: Total standard deviation of the nearest expiration at the forward.
        w_level: The same at the level, from the smile.
        forward: The nearest expiration's forward for `spot`.

    """
    points = level - spot
    return LevelDistance(
        points=points,
        pct=100.0 * points / spot,
        sigma=points / (spot * w_money) if w_money else None,
        touch_probability=touch_probability(level, forward, w_level) if w_level else None,
    )


def touch_probability(level: float, forward: float, w: float) -> float:
    """Return 2 N(-|ln(L/F)| / w): a Brownian path without drift touches L before the expiration."""
    return erfc(abs(log(level / forward)) / (w * sqrt(2.0)))
