"""The rules behind `gex.definitions`, on one set of contracts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.definitions import RANKS
from gex.exposure import gamma_exposure
from gex.levels import strike_totals, sum_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.levels import StrikeTotals
    from gex.quotes import Bools, Floats, Ints
    from gex.results import Crossing

StrengthUnit = Literal["$ per +1%", "$", "contracts", "$ per +1% per point"]

SECONDARY = 5
"""Strikes listed for a wall, itself the first."""
REACH = 0.005
"""The Hedge Wall is where net gamma changes most over this fraction of spot to either side."""
ANTI_CORRELATION = -10.0
"""d ln(volatility) / d ln(spot): 1% of volatility for each 0.10% of spot, the other way."""


@dataclass(frozen=True)
class Ranked:
    """A level and what stands there."""

    level: float
    """Points."""
    strength: float
    """In the unit that `Found.strength_unit` names."""


@dataclass(frozen=True)
class Found:
    """What a definition gives: a value, or why there is none."""

    value: float | None
    """In the definition's unit."""
    ranked: tuple[Ranked, ...] = ()
    """The level and those that come after it, the strongest first; empty where there is nothing to rank."""
    strength_unit: StrengthUnit | None = None
    note: str | None = None
    """What else must be known: of which expiration it is."""
    reason: str | None = None
    """Why there is no value."""

    @property
    def strength(self) -> float | None:
        """What stands at the level."""
        return self.ranked[0].strength if self.ranked else None


@dataclass(frozen=True)
class First:
    """What one expiration says."""

    name: str
    day: float | None
    """Standard deviation of a weekday's move at the money, as a fraction of spot."""
    max_pain: float | None


@dataclass(frozen=True)
class Held:
    """A set of contracts, priced; arrays have one entry per contract."""

    spot: float
    ladder: float
    strikes: Floats
    """Going up, of the whole chain."""
    at: Ints
    """Index into `strikes` of each contract."""
    is_call: Bools
    gamma: Floats
    """Dealers', $ per +1%; `by_open_interest` and `by_volume` likewise, had they taken all of either."""
    by_open_interest: Floats
    by_volume: Floats
    delta: Floats
    """Dealers', $."""
    open_interest: Floats
    naive_shares: float
    """Sum of open interest times gamma, puts negative: shares per point."""
    vanna_by_volatility: float
    """Sum of dealers' units times vanna times volatility: shares per whole of volatility."""
    spots: Floats
    profile: Floats
    """Net gamma at `spots`, $ per +1%."""
    crossings: tuple[Crossing, ...]
    first: First


def found_of(held: Held) -> dict[str, Found]:
    """Return what each definition of `gex.definitions` gives, by key."""
    totals = _totals(held, held.gamma)
    return dict(
        [
            *_net(held, totals),
            *_sides(totals),
            *_by_counts(held),
            *_squeeze(held),
            *_first(held),
            *_open_interest(totals),
        ]
    )


def _totals(held: Held, gamma: Floats) -> StrikeTotals:
    unused = np.zeros(len(gamma))
    return strike_totals(held.strikes, held.at, held.is_call, gamma, held.open_interest, unused)


def _net(held: Held, totals: StrikeTotals) -> Iterator[tuple[str, Found]]:
    """Give the levels of net gamma: walls, ranks, flips, HVL, where it changes fastest."""
    strike, net = totals.strike, totals.net
    flip = _flip(held)
    yield "spotgamma.call_wall", top(strike, net)
    yield "spotgamma.put_wall", top(strike, -net, sign=-1.0)
    yield "spotgamma.zero_gamma", flip
    yield "gexbot.zero_gamma", flip
    yield "spotgamma.absolute_gamma", top(strike, totals.gross)
    yield "spotgamma.hedge_wall", _fastest(held)
    yield "common.net_gex", Found(gamma_exposure(held.gamma, held.is_call).net)
    ranked = _by_size(strike, net)
    for rank in RANKS:
        yield f"menthorq.gex_{rank}", _from(ranked[rank - 1 :][:1], f"fewer than {rank} strikes have gamma")
    yield "menthorq.gamma_wall", _from(ranked[:SECONDARY], "no strike has gamma")
    cumulative = np.cumsum(net)
    yield "menthorq.hvl", _least(strike, cumulative)
    yield "common.cumulative_flip", _cumulative_flip(strike, cumulative, held.spot)


def _sides(totals: StrikeTotals) -> Iterator[tuple[str, Found]]:
    """Give the levels of calls and of puts alone."""
    for key, side in (("call_resistance", totals.calls), ("put_support", totals.puts)):
        sign = 1.0 if np.sum(side) >= 0 else -1.0
        yield f"menthorq.{key}", top(totals.strike, sign * side, sign=sign)


def _by_counts(held: Held) -> Iterator[tuple[str, Found]]:
    """Give the walls and sums by open interest and by volume, and the largest delta."""
    for tag, gamma, none in (("oi", held.by_open_interest, "no open interest"), ("vol", held.by_volume, "no volume")):
        totals = _totals(held, gamma)
        yield f"gexbot.major_pos_{tag}", top(totals.strike, totals.net)
        yield f"gexbot.major_neg_{tag}", top(totals.strike, -totals.net, sign=-1.0)
        traded = bool(gamma.any())
        yield f"gexbot.sum_gex_{tag}", Found(float(np.sum(gamma)) if traded else None, reason=None if traded else none)
    yield "common.absolute_gamma_vol", top(totals.strike, totals.gross)
    delta = sum_by(held.at, np.abs(held.delta), len(held.strikes))
    yield "spotgamma.key_delta", top(held.strikes, delta, unit="$")


def _squeeze(held: Held) -> Iterator[tuple[str, Found]]:
    """Give SqueezeMetrics' figures: 0.01 S^2 sum(N m gamma) is 0.01 S times $ per point."""
    gex = float(np.sum(held.gamma)) / (0.01 * held.spot)
    vex = ANTI_CORRELATION * held.vanna_by_volatility
    yield "squeezemetrics.gex_2017", Found(held.naive_shares)
    yield "squeezemetrics.gex", Found(gex)
    yield "squeezemetrics.vex", Found(vex)
    yield "squeezemetrics.gex_plus", Found(gex + vex)


def _first(held: Held) -> Iterator[tuple[str, Found]]:
    """Give what one expiration says: the day's range and max pain."""
    first = held.first
    none = f"no open interest in {first.name}"
    yield "common.max_pain", Found(first.max_pain, note=first.name, reason=none if first.max_pain is None else None)
    for key, side in (("one_day_min", -1.0), ("one_day_max", 1.0)):
        reason = None if first.day else f"no volatility at the money in {first.name}"
        value = held.spot * (1.0 + side * first.day) if first.day else None
        yield f"menthorq.{key}", Found(value, note=first.name, reason=reason)


def _open_interest(totals: StrikeTotals) -> Iterator[tuple[str, Found]]:
    yield "common.call_wall_oi", top(totals.strike, totals.call_open_interest, unit="contracts")
    yield "common.put_wall_oi", top(totals.strike, totals.put_open_interest, unit="contracts")


def top(strike: Floats, value: Floats, *, sign: float = 1.0, unit: StrengthUnit = "$ per +1%") -> Found:
    """Return the strikes of the largest positive values, the lower first where two are equal.

    Args:
        strike: Going up.
        value: What stands at each.
        sign: What the values were multiplied by to make the sought ones positive; strengths get it back.
        unit: Of the values.

    """
    order = np.argsort(-value, kind="stable")[:SECONDARY]
    ranked = tuple(Ranked(float(strike[i]), float(sign * value[i])) for i in order if value[i] > 0)
    side = "positive" if sign > 0 else "negative"
    return _from(ranked, f"no strike has a {side} value" if unit == "$ per +1%" else "none at any strike", unit)


def _by_size(strike: Floats, net: Floats) -> tuple[Ranked, ...]:
    order = np.argsort(-np.abs(net), kind="stable")[: max(RANKS)]
    return tuple(Ranked(float(strike[i]), float(net[i])) for i in order if net[i] != 0)


def _from(ranked: tuple[Ranked, ...], reason: str, unit: StrengthUnit = "$ per +1%") -> Found:
    """Make the first of some ranked levels the level."""
    return Found(ranked[0].level, ranked, unit) if ranked else Found(None, reason=reason)


def _least(strike: Floats, cumulative: Floats) -> Found:
    if not cumulative.any():
        return Found(None, reason="no gamma at any strike")
    at = int(np.argmin(cumulative))
    return Found(float(strike[at]), (Ranked(float(strike[at]), float(cumulative[at])),), "$ per +1%")


def _flip(held: Held) -> Found:
    """Return the crossing nearest to spot; the others come after it, each with its slope."""
    ordered = sorted(held.crossings, key=lambda crossing: abs(crossing.spot - held.spot))
    ranked = tuple(Ranked(crossing.spot, crossing.slope) for crossing in ordered)
    kept = f"net gamma keeps its sign within {held.ladder:.0%} of spot"
    return _from(ranked, kept if held.profile.any() else "no gamma at any strike", "$ per +1% per point")


def _fastest(held: Held) -> Found:
    """Return the strike nearest to the spot about which the profile changes most, over half a percent to either side.

    A slope would find the jump that an American option's gamma makes where it is exercised.
    """
    above, below = (np.interp(held.spots * (1.0 + reach), held.spots, held.profile) for reach in (REACH, -REACH))
    change = above - below
    if not change.any():
        return Found(None, reason="no gamma at any strike")
    at = int(np.argmax(np.abs(change)))
    listed = held.strikes[np.unique(held.at)]
    nearest = float(listed[np.argmin(np.abs(listed - held.spots[at]))])
    return Found(nearest, (Ranked(nearest, float(change[at])),), "$ per +1%")


def _cumulative_flip(strike: Floats, cumulative: Floats, spot: float) -> Found:
    """Return the strike, between listed ones, at which the cumulative sum is zero; the nearest to spot."""
    below, above = cumulative[:-1], cumulative[1:]
    at = np.flatnonzero(below * above < 0)
    if not len(at):
        return Found(None, reason="net gamma cumulated upwards never changes sign")
    share = below[at] / (below[at] - above[at])
    found = strike[at] + share * (strike[at + 1] - strike[at])
    return Found(float(found[np.argmin(np.abs(found - spot))]))
