"""Prices that hedging confirms: ln(S/S0) = e + I(Q(S)), with what is traded on the way to S priced in full.

Read from right to left it has one answer: the shock e(S) = ln(S/S0) - I(Q(S)) that ends at S. Where it rises with S
the price is stable, where it falls it is not, and where it turns, a fold, the price must leap to another branch: a
cascade. Every branch is found first, then every answer on each, so that none is missed.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from gex.profile import root_between

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.flows.impact import Impact
    from gex.quotes import Floats, Ints

    Usd = Callable[[Floats], Floats]
    """What is traded, $, if the price goes to each of some spots, ascending."""

CLOSEST = 1e-6
"""Moves smaller than this are not told apart: a hundredth of a basis point."""
RESOLVED = 1e-15
"""Of a shock: the rounding of ln(S)."""
NEAR = 32
"""Prices on either side that lie closer to spot than the ladder's next: the square root is steepest there."""
GOLDEN = 0.5 * (np.sqrt(5.0) - 1.0)
SLOPE_STEP = 1e-6
"""Of ln(S), for differences."""


@dataclass(frozen=True)
class Equilibrium:
    """A price that a shock leads to."""

    spot: float
    stable: bool
    """Whether the price comes back after a small disturbance."""


@dataclass(frozen=True)
class Fold:
    """Where a branch of stable prices ends.

    Attributes:
        spot: The last price of the branch, points.
        shock: That leads there, as ln(S/S0) without any flow.
        upward: Whether the branch is left upward, by a shock that is higher; else downward, by a lower one.
        lands: The stable price where it comes to rest, points; None if that is beyond the ladder.

    """

    spot: float
    shock: float
    upward: bool
    lands: float | None

    @property
    def cascade(self) -> float | None:
        """How far the price leaps, ln(S'/S): the distance between the branches; None beyond the ladder."""
        return None if self.lands is None else float(np.log(self.lands / self.spot))


@dataclass(frozen=True)
class Critical:
    """The linear impact from which on prices fold.

    Attributes:
        impact: 1 / max dQ/dlnS, return per $; None where flows resist every move on the ladder.
        spot: Where it happens first, points.

    """

    impact: float | None
    spot: float | None


@dataclass(frozen=True)
class Trades:
    """What is traded on the way to each price, $; made by `trades_of`.

    Attributes:
        usd: At spots, ascending.
        spot: S0, points, where nothing is.
        ladder: Prices around it, ascending; shape (n,).
        on_ladder: `usd` there; shape (n,).

    """

    usd: Usd
    spot: float
    ladder: Floats
    on_ladder: Floats


@dataclass(frozen=True)
class Response:
    """The shock that leads to each price, on a ladder of them.

    Attributes:
        trades: What is traded on the way to each.
        impact: What that does to the price.
        spots: Points, ascending, the folds among them; shape (n,).
        shocks: ln(S/S0) - I(Q(S)) there; shape (n,).
        turns: Where in `spots` branches begin; the last entry ends the last.

    """

    trades: Trades
    impact: Impact
    spots: Floats
    shocks: Floats
    turns: Ints

    def equilibria(self, shock: float) -> tuple[Equilibrium, ...]:
        """Return every price on the ladder that a shock leads to, ascending; stable and unstable ones alternate.

        None: the shock leads beyond the ladder.

        Args:
            shock: ln(S/S0) without any flow.

        Raises:
            ValueError: The shock is not finite.

        """
        if not np.isfinite(shock):
            raise ValueError(f"shock must be finite, as ln(S/S0), got {shock!r}")
        found = [(self._on_branch(shock, *ends), self._rises(*ends)) for ends in pairwise(self.turns.tolist())]
        return tuple(Equilibrium(spot, stable) for spot, stable in found if spot is not None)

    @property
    def stable(self) -> bool:
        """Whether S0 itself is a stable price without a shock."""
        return self._rises(*self._here())

    @property
    def folds(self) -> tuple[Fold, ...]:
        """Every end of a branch of stable prices, ascending."""
        turns = self.turns.tolist()
        return tuple(self._fold(at, upward=self._rises(before, at)) for before, at in pairwise(turns[:-1]))

    @property
    def next_folds(self) -> tuple[Fold | None, Fold | None]:
        """Where the branch that holds S0 ends below and above it; None where it does not, or S0 is not stable."""
        begin, end = self._here()
        if not self._rises(begin, end):
            return None, None
        below = None if begin == 0 else self._fold(begin, upward=False)
        return below, None if end == len(self.spots) - 1 else self._fold(end, upward=True)

    def _here(self) -> tuple[int, int]:
        """Return the ends of the branch that holds S0; at a fold, the one that is not stable."""
        place = int(np.searchsorted(self.spots, self.trades.spot))
        holding = [ends for ends in pairwise(self.turns.tolist()) if ends[0] <= place <= ends[1]]
        return min(holding, key=lambda ends: self._rises(*ends))

    def _rises(self, begin: int, end: int) -> bool:
        return bool(self.shocks[end] > self.shocks[begin])

    def _on_branch(self, shock: float, begin: int, end: int) -> float | None:
        """Return where a branch answers a shock; a fold belongs to the branch that begins with it."""
        ahead = (self.shocks[begin : end + 1] - shock) * (1.0 if self._rises(begin, end) else -1.0)
        last = end == len(self.spots) - 1
        if ahead[0] > 0 or ahead[-1] < 0 or (ahead[-1] == 0 and not last):
            return None
        place = begin + max(int(np.argmax(ahead >= 0)), 1)
        low, high = ((float(self.spots[at]), float(self.shocks[at]) - shock) for at in (place - 1, place))
        nearest = min(low, high, key=lambda each: abs(each[1]))
        if abs(nearest[1]) < RESOLVED:
            return nearest[0]
        return root_between(lambda spot: _shock(self.trades, self.impact, spot) - shock, low, high)

    def _fold(self, at: int, *, upward: bool) -> Fold:
        spot, shock = float(self.spots[at]), float(self.shocks[at])
        stable = [each.spot for each in self.equilibria(shock) if each.stable]
        lands = [each for each in stable if (each > spot * (1 + CLOSEST) if upward else each < spot * (1 - CLOSEST))]
        return Fold(spot, shock, upward, (min(lands) if upward else max(lands)) if lands else None)


def dealers_usd(shares: Callable[[Floats], Floats], spot: float) -> Usd:
    """Return what dealers trade as the price leaves `spot`: -S0 (D(S) - D(S0)), re-priced in full.

    Args:
        shares: Dealers' option delta D at spots, ascending, in shares or index units.
        spot: S0, points.

    """
    held = shares(np.array([spot]))
    return lambda spots: -spot * (shares(spots) - held)


def trades_of(usd: Usd, spot: float, ladder: Floats) -> Trades:
    """Price what is traded on a ladder.

    Args:
        usd: What is traded on the way to each price, $: `dealers_usd`, or the total of a `FlowCurve` at a time.
        spot: S0, points.
        ladder: Prices around it, ascending; a fold narrower than two steps of it goes unseen. `gex.profile.ladder_of`
            has steps that no strike's gamma falls through.

    Raises:
        ValueError: The ladder does not go up on both sides of spot, or what is traded is not finite.

    """
    check_ladder(spot, ladder)
    return Trades(usd, spot, ladder, _finite(usd(ladder)))


def response(trades: Trades, impact: Impact) -> Response:
    """Find the shock that leads to each price, and every fold.

    Args:
        trades: What is traded on the way to each price.
        impact: What that does to the price.

    Raises:
        ValueError: What is traded is not finite.

    """
    spots, traded = _with_near(trades)
    shocks = np.log(spots / trades.spot) - impact.log_return(traded)
    rises = np.diff(shocks) >= 0
    turns = np.flatnonzero(rises[1:] != rises[:-1]) + 1
    found = [_turn(trades, impact, spots[at - 1 : at + 2], peak=bool(rises[at - 1])) for at in turns.tolist()]
    turned = np.array(found).reshape(-1, 2)
    every, first = np.unique(np.concatenate([spots, turned[:, 0]]), return_index=True)
    both = np.concatenate([shocks, turned[:, 1]])[first]
    ends = np.concatenate([[0], np.searchsorted(every, turned[:, 0]), [len(every) - 1]])
    return Response(trades, impact, every, both, ends)


def critical_impact(trades: Trades) -> Critical:
    """Return the linear impact below which every shock leads to one price: lambda* = 1 / max dQ/dlnS.

    Of dealers, with Q = -S0 (D(S) - D(S0)), that is -1 / min(S0 S D'(S)): prices are unique where
    1 + lambda S0 S D'(S) > 0 on all of the ladder.
    """
    ladder = trades.ladder
    slopes = np.diff(trades.on_ladder) / np.diff(np.log(ladder))
    at = int(np.argmax(slopes))
    around = ladder[max(at - 1, 0)], ladder[min(at + 2, len(ladder) - 1)]
    where = _highest(lambda each: _slope(trades.usd, each), float(around[0]), float(around[1]))
    steepest = max(_slope(trades.usd, where), float(slopes[at]))
    return Critical(1.0 / steepest, where) if steepest > 0 else Critical(None, None)


def check_ladder(spot: float, ladder: Floats) -> None:
    """Refuse a ladder that does not go up on both sides of spot.

    Raises:
        ValueError: Says so.

    """
    ladder = np.asarray(ladder)
    if ladder.ndim != 1 or len(ladder) < 3 or not (ladder[0] > 0 and np.all(np.diff(ladder) > 0)):
        raise ValueError("ladder must be three or more prices, positive and ascending")
    if not ladder[0] < spot < ladder[-1]:
        raise ValueError(f"ladder must reach to both sides of spot {spot!r}, got {ladder[0]:g} to {ladder[-1]:g}")


def _finite(usd: Floats) -> Floats:
    if not np.all(np.isfinite(usd)):
        raise ValueError("what is traded must be finite $ at every price of the ladder")
    return usd


def _with_near(trades: Trades) -> tuple[Floats, Floats]:
    """Add spot, and prices that close in on it, to a ladder and what is traded there."""
    away = np.abs(np.log(trades.ladder / trades.spot))
    apart = away > CLOSEST  # the ladder's own rounding of spot is spot
    near = np.geomspace(CLOSEST, max(float(np.min(away[apart])), 2.0 * CLOSEST), NEAR, endpoint=False)
    added = trades.spot * np.exp(np.concatenate([-near[::-1], [0.0], near]))
    spots = np.concatenate([trades.ladder[apart], added])
    traded = np.concatenate([trades.on_ladder[apart], _finite(trades.usd(added))])
    ordered = np.argsort(spots)
    return spots[ordered], traded[ordered]


def _shock(trades: Trades, impact: Impact, spot: float) -> float:
    moved = impact.log_return(trades.usd(np.array([spot])))
    return float(np.log(spot / trades.spot) - moved[0])


def _turn(trades: Trades, impact: Impact, around: Floats, *, peak: bool) -> tuple[float, float]:
    """Return the price and the shock of the fold between three prices."""
    side = 1.0 if peak else -1.0
    spot = _highest(lambda each: side * _shock(trades, impact, each), float(around[0]), float(around[2]))
    best = max((spot, float(around[1])), key=lambda each: side * _shock(trades, impact, each))
    return best, _shock(trades, impact, best)


def _slope(usd: Usd, spot: float) -> float:
    """Return dQ/dlnS by a central difference."""
    down, up = usd(spot * np.exp(np.array([-SLOPE_STEP, SLOPE_STEP])))
    return float(up - down) / (2.0 * SLOPE_STEP)


def _highest(function: Callable[[float], float], low: float, high: float) -> float:
    """Return where a function with one maximum has it, by golden section, to the square root of rounding."""
    left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    f_left, f_right = function(left), function(right)
    while high - low > 1e-10 * high:
        if f_left > f_right:
            high, right, f_right = right, left, f_left
            left = high - GOLDEN * (high - low)
            f_left = function(left)
        else:
            low, left, f_left = left, right, f_right
            right = low + GOLDEN * (high - low)
            f_right = function(right)
    return float(0.5 * (low + high))
