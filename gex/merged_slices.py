"""The levels of a merged book, whole and by expiration date: today's, all others, the next."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.levels import levels_of
from gex.profile import crossings_of
from gex.results import ExpectedMove, Exposure, GammaExposure, Slice
from gex.slices import sign_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gex.levels import StrikeTotals
    from gex.merged_book import MergedBook
    from gex.quotes import Bools, Floats
    from gex.results import Analysis, Levels

SliceName = Literal["zero_dte", "ex_zero_dte", "next_expiration"]


def sum_exposures(exposures: Sequence[Exposure]) -> Exposure:
    """Add exposures up; charm is None where one of them has none."""
    gammas = [each.gamma_usd_per_1pct for each in exposures]
    gamma = GammaExposure(
        net=sum(each.net for each in gammas),
        gross=sum(each.gross for each in gammas),
        calls=sum(each.calls for each in gammas),
        puts=sum(each.puts for each in gammas),
    )
    charms = [each.charm_usd_to_close for each in exposures if each.charm_usd_to_close is not None]
    return Exposure(
        gamma_usd_per_1pct=gamma,
        condition_number=gamma.gross / abs(gamma.net) if gamma.net else None,
        delta_usd=sum(each.delta_usd for each in exposures),
        vanna_usd_per_vol_point=sum(each.vanna_usd_per_vol_point for each in exposures),
        charm_usd_to_close=sum(charms) if len(charms) == len(exposures) else None,
    )


@dataclass(frozen=True)
class MergedSlices:
    """A merged book on a ladder of spots, divided by expiration date."""

    analyses: Sequence[Analysis]
    """Of each member alone."""
    book: MergedBook
    level: float
    """The first underlying's price, points."""
    half_width: float
    """Of the ladder, as a fraction of it."""

    @cached_property
    def spots(self) -> Floats:
        """The ladder, points of the first."""
        return self.book.ladder(self.level, self.half_width)

    @cached_property
    def zero_dte_profile(self) -> Floats:
        """Net gamma of what expires on the quote date, $ per +1%."""
        return self._profile(self._marks("zero_dte"))

    @cached_property
    def profile(self) -> Floats:
        """Net gamma of everything, $ per +1%: each contract is priced once."""
        return self.zero_dte_profile + self._next_profile + self._later_profile

    @cached_property
    def _next_profile(self) -> Floats:
        return self._profile(self._marks("next_expiration"))

    @cached_property
    def _later_profile(self) -> Floats:
        others = zip(self._marks("ex_zero_dte"), self._marks("next_expiration"), strict=True)
        return self._profile([other & ~following for other, following in others])

    def whole(self) -> tuple[StrikeTotals, Levels]:
        """Return everything by strike, and its levels."""
        return self._levels(self.book, self.profile)

    def zero_dte_totals(self) -> StrikeTotals:
        """Return what expires on the quote date by strike."""
        return self.book.where(self._marks("zero_dte")).totals()

    def slice(self, name: SliceName) -> Slice | None:
        """Return a subset's figures; None if it holds no contract."""
        found = [(member, part) for member, part in zip(self.book.members, self._parts(name), strict=True) if part]
        if not found:
            return None
        part = self.book.where(self._marks(name))
        profile = {
            "zero_dte": self.zero_dte_profile,
            "ex_zero_dte": self._next_profile + self._later_profile,
            "next_expiration": self._next_profile,
        }[name]
        exposure = sum_exposures([each.exposure for _, each in found])
        gamma = exposure.gamma_usd_per_1pct
        gross = sum(each.exposure.gamma_usd_per_1pct.gross for each in self.analyses)
        traded = [each.net_by_volume for _, each in found if each.net_by_volume is not None]
        by_volume = sum(traded) if traded else None
        move = next((_scaled(each.expected_move, member.scale) for member, each in found if each.expected_move), None)
        reasons = {name: reason for _, each in reversed(found) for name, reason in each.reasons.items()}
        present = {"expected_move": move, "net_by_volume": by_volume}
        return Slice(
            expirations=tuple(sorted({date for _, each in found for date in each.expirations})),
            exposure=exposure,
            levels=self._levels(part, profile)[1],
            net_by_volume=by_volume,
            sign=sign_of(gamma.net, gamma.gross, by_volume),
            share_of_gross=gamma.gross / gross if gross else 0.0,
            share_of_volume=_share(part, self.book, "volume"),
            share_of_open_interest=_share(part, self.book, "open_interest"),
            expected_move=move,
            reasons={name: reason for name, reason in reasons.items() if present.get(name) is None},
        )

    def _parts(self, name: SliceName) -> list[Slice | None]:
        """Return each member's own subset, None for an empty book; of the next expirations only the earliest date's."""
        books = zip(self.analyses, self.book.members, strict=True)
        parts: list[Slice | None] = [getattr(each, name) if len(member.book) else None for each, member in books]
        if name != "next_expiration":
            return parts
        earliest = min((part.expirations for part in parts if part), default=None)
        return [part if part and part.expirations == earliest else None for part in parts]

    def _marks(self, name: SliceName) -> list[Bools]:
        """Mark a subset's contracts in each member."""
        members = zip(self.book.members, self._parts(name), strict=True)
        return [
            np.isin(member.expiration, np.array(part.expirations if part else (), "M8[D]")) for member, part in members
        ]

    def _profile(self, marks: Sequence[Bools]) -> Floats:
        return self.book.where(marks).held().gamma_usd_profile(self.spots)

    def _levels(self, part: MergedBook, profile: Floats) -> tuple[StrikeTotals, Levels]:
        totals = part.totals()
        crossings = crossings_of(part.held(), self.spots, profile)
        return totals, levels_of(totals, crossings, self.level, self.half_width)


def _scaled(move: ExpectedMove, scale: float) -> ExpectedMove:
    """Return a move in points of the first underlying."""
    return ExpectedMove(move.strike * scale, move.straddle * scale, move.one_sigma * scale)


def _share(part: MergedBook, of: MergedBook, name: Literal["volume", "open_interest"]) -> float | None:
    """Return a subset's share of a count; None where there is none."""
    counted, total = (sum(float(np.sum(getattr(each, name))) for each in book.members) for book in (part, of))
    return counted / total if total else None
