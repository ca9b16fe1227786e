"""The books of several underlyings that move together, summed in points of the first.

Where the first stands at S, another stands at S / k, k being the ratio of their spots: all move by the same percentage.
Each book is priced in its own points, so its forwards, volatilities and early exercise stay its own, and dollars per
+1% add up as they are. Only strikes must be brought together, for the sums that walls are read off.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from gex.levels import strike_totals
from gex.pricing import log_ladder
from gex.profile import ladder_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.analysis import Priced
    from gex.exposure import Book
    from gex.levels import StrikeTotals
    from gex.quotes import Bools, Floats


@dataclass(frozen=True)
class Member:
    """One underlying's book, and each contract's part in sums by strike."""

    book: Book
    """In the underlying's own points."""
    scale: float
    """Points of the first underlying per point of this one."""
    expiration: npt.NDArray[np.datetime64]
    """The date of each contract."""
    strike: Floats
    """The strike that each contract counts at, points of the first."""
    gamma: Floats
    """Dealers' gamma in each contract, $ per +1%."""
    open_interest: Floats
    """In contracts of the first underlying that are worth as much; `volume` likewise."""
    volume: Floats

    def where(self, chosen: Bools) -> Member:
        """Return the contracts that `chosen` marks."""
        names = ("expiration", "strike", "gamma", "open_interest", "volume")
        return replace(self, book=self.book.where(chosen), **{name: getattr(self, name)[chosen] for name in names})

    def held(self) -> Member:
        """Return the contracts with a position, for sums over the book: a call may stand for the put after it."""
        kept = np.zeros(len(self.book), dtype=bool)
        kept[self.book.joined.rows] = True
        return replace(self.where(kept), book=self.book.joined.holding(self.book.units))

    def alive(self) -> Member:
        """Return the contracts that somebody holds or trades: the others would add empty strikes."""
        return self.where((self.book.units != 0) | (self.open_interest > 0) | (self.volume > 0))


@dataclass(frozen=True)
class MergedBook:
    """Books that are summed at equal percentage moves; spots are the first underlying's."""

    members: tuple[Member, ...]

    def net_gamma_usd(self, spot: float) -> float:
        """Return $ of delta per +1%, summed."""
        return sum(member.book.net_gamma_usd(spot / member.scale) for member in self.members)

    def gamma_usd_profile(self, spots: Floats) -> Floats:
        """Return `net_gamma_usd` at spots that go up."""
        total = np.zeros(len(spots))
        for member in self.members:
            total = total + member.book.gamma_usd_profile(spots / member.scale)
        return total

    def where(self, chosen: Sequence[Bools]) -> MergedBook:
        """Return the contracts that `chosen` marks, one array a member."""
        return MergedBook(tuple(member.where(marks) for member, marks in zip(self.members, chosen, strict=True)))

    def held(self) -> MergedBook:
        """Return the contracts with a position, each member's as `Member.held`."""
        return MergedBook(tuple(member.held() for member in self.members))

    def ladder(self, spot: float, half_width: float) -> Floats:
        """Return spots uniform in log over spot (1 +- half_width), as fine as the member that needs the finest."""
        first, *others = self.members
        needed = [first, *(member for member in others if member.book.units.any())]
        sizes = [len(ladder_of(member.book, spot / member.scale, half_width)) for member in needed]
        return log_ladder(spot, half_width, max(sizes))

    def totals(self) -> StrikeTotals:
        """Sum all contracts by the strikes they count at."""

        def joined(name: str) -> Floats:
            return np.concatenate([getattr(member, name) for member in self.members])

        strike, at = np.unique(joined("strike"), return_inverse=True)
        is_call = np.concatenate([member.book.is_call for member in self.members])
        return strike_totals(strike, at, is_call, joined("gamma"), joined("open_interest"), joined("volume"))


def member_of(base: Priced, gamma: Floats, first: Priced) -> Member:
    """Return a source's contracts as they count among the first's.

    Args:
        base: The source, priced.
        gamma: Dealers' gamma in each used contract, $ per +1%.
        first: The source in whose points sums are made.

    """
    market, quotes, rows = base.market, base.market.quotes, base.market.used
    scale = first.market.level / market.level
    size = quotes.multiplier[rows[0]] / (scale * first.market.quotes.multiplier[first.market.used[0]])
    return Member(
        book=base.book,
        scale=scale,
        expiration=market.dates.to_numpy()[quotes.expiration[rows]],
        strike=base.book.strike if base is first else common_strikes(base.book.strike, scale, first.market.strikes[0]),
        gamma=gamma,
        open_interest=quotes.open_interest[rows] * size,
        volume=quotes.volume[rows] * size,
    )


def common_strikes(strikes: Floats, scale: float, listed: Floats) -> Floats:
    """Return where contracts of another underlying count among the first's strikes.

    A strike times `scale` goes to the nearest strike listed, the lower of two as near. One beyond all that are listed
    stays where it is: the last one listed would pile up what is not near it.

    Args:
        strikes: Of the contracts, points of their own underlying.
        scale: Points of the first underlying per point of it.
        listed: The first's strikes, going up.

    """
    scaled = strikes * scale
    above = np.clip(np.searchsorted(listed, scaled), 1, max(len(listed) - 1, 1))
    low, high = listed[above - 1], listed[np.minimum(above, len(listed) - 1)]
    nearest = np.where(scaled - low <= high - scaled, low, high)
    return np.where((scaled < listed[0]) | (scaled > listed[-1]), scaled, nearest)
