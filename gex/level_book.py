"""Every public level definition side by side, for any choice of expirations, from one priced chain."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from gex.definitions import DEFINITIONS
from gex.exposure import PER_PCT, contract_exposure
from gex.level_rules import First, Found, Held, found_of
from gex.levels import max_pain
from gex.positioning import dealer_sign
from gex.profile import crossings_of, ladder_of
from gex.scopes import SIDE_BY_SIDE, chosen_by, dates_in, used_dates

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Sequence

    from gex.analysis import Priced
    from gex.definitions import Definition
    from gex.exposure import ContractExposure
    from gex.quotes import Bools, Floats
    from gex.settings import Settings


@dataclass(frozen=True)
class LevelValue:
    """One definition on one choice of expirations."""

    definition: Definition
    found: Found


@dataclass(frozen=True)
class ScopeLevels:
    """All definitions on one choice of expirations."""

    scope: str
    expirations: tuple[dt.date, ...]
    levels: tuple[LevelValue, ...]
    """In the order of `gex.definitions.DEFINITIONS`; none where the scope holds no expiration."""

    @cached_property
    def by_key(self) -> dict[str, Found]:
        """What was found, by the definition's key."""
        return {level.definition.key: level.found for level in self.levels}


@dataclass(frozen=True)
class LevelBook:
    """All definitions on several choices of expirations."""

    underlying: str
    quote_time: dt.datetime
    evaluated_at: dt.datetime
    spot: float
    """Points."""
    settings: Settings
    scopes: tuple[ScopeLevels, ...]

    def of(self, scope: str) -> ScopeLevels:
        """Return the levels of a scope that was asked for; `KeyError` for another."""
        return {each.scope: each for each in self.scopes}[scope]


def level_book(base: Priced, scopes: Sequence[str] = SIDE_BY_SIDE) -> LevelBook:
    """Find every definition's level on each scope.

    The chain is priced once; each expiration is re-priced once on the ladder of spots, together with those that are in the
    same scopes, and a scope is their sum.

    Args:
        base: A chain priced, with positions: `gex.analysis.priced`.
        scopes: See `gex.scopes`; `each` stands for every expiration.

    Raises:
        ValueError: A scope is no such thing.

    """
    market = base.market
    listed = used_dates(market)
    named = list(dict.fromkeys(name for scope in scopes for name in _spelled_out(scope, listed)))
    chosen = {scope: tuple(dates_in(scope, listed, market.today)) for scope in named}
    work = _Work.of(base, _together(chosen.values()))
    return LevelBook(
        underlying=base.chain.underlying,
        quote_time=base.chain.quote_time,
        evaluated_at=market.evaluated_at,
        spot=market.level,
        settings=base.settings,
        scopes=tuple(ScopeLevels(scope, dates, work.levels(dates)) for scope, dates in chosen.items()),
    )


def _spelled_out(scope: str, listed: Sequence[dt.date]) -> list[str]:
    return [date.isoformat() for date in listed] if scope == "each" else [scope]


def _together(scopes: Iterable[tuple[dt.date, ...]]) -> list[tuple[dt.date, ...]]:
    """Group the dates that are in the same scopes: a scope holds all of a group or none."""
    held: dict[dt.date, list[int]] = {}
    for number, dates in enumerate(scopes):
        for date in dates:
            held.setdefault(date, []).append(number)
    groups: dict[tuple[int, ...], list[dt.date]] = {}
    for date in sorted(held):
        groups.setdefault(tuple(held[date]), []).append(date)
    return [tuple(dates) for dates in groups.values()]


@dataclass(frozen=True)
class _Work:
    """What all scopes share."""

    base: Priced
    dollars: ContractExposure
    by_open_interest: Floats
    """Gamma of each used contract had dealers taken all open interest, $ per +1%."""
    by_volume: Floats
    naive_shares: Floats
    """Open interest times gamma in shares per point, calls positive, puts negative."""
    spots: Floats
    profiles: dict[tuple[dt.date, ...], Floats]
    """Net gamma on `spots` of each group of expiration dates, $ per +1%."""

    @classmethod
    def of(cls, base: Priced, groups: Sequence[tuple[dt.date, ...]]) -> _Work:
        market, book, quotes = base.market, base.book, base.market.quotes
        dollars = contract_exposure(book, market.level, None)
        model = base.settings.positions if isinstance(base.settings.positions, str) else "naive"
        per_contract = PER_PCT * market.level**2 * dollars.unit_gamma * quotes.multiplier[market.used]
        signed = base.settings.scale * dealer_sign(market, model)[market.used] * per_contract
        naive = np.where(book.is_call, 1.0, -1.0) * (quotes.open_interest * quotes.multiplier)[market.used]
        # A profile of moving volatility takes a sum a spot: every eighth will do to find crossings between.
        spots = ladder_of(book, market.level, base.settings.ladder)[:: 1 if book.dynamics is None else 8]
        held = book.units != 0
        return cls(
            base=base,
            dollars=dollars,
            by_open_interest=signed * quotes.open_interest[market.used],
            by_volume=signed * quotes.volume[market.used],
            naive_shares=naive * dollars.unit_gamma,
            spots=spots,
            profiles={dates: book.where(held & chosen_by(dates, market)).gamma_usd_profile(spots) for dates in groups},
        )

    def levels(self, dates: Sequence[dt.date]) -> tuple[LevelValue, ...]:
        """Return every definition on the contracts that expire on these dates."""
        if not dates:
            return ()
        found = found_of(self._held(chosen_by(dates, self.base.market), dates))
        return tuple(LevelValue(definition, found[definition.key]) for definition in DEFINITIONS)

    def _held(self, chosen: Bools, dates: Sequence[dt.date]) -> Held:
        market, book, dollars = self.base.market, self.base.book, self.dollars
        rows = market.used[chosen]
        profile = np.sum([part for group, part in self.profiles.items() if group[0] in dates], axis=0)
        per_vanna = dollars.vanna[chosen] / (PER_PCT * market.level)
        return Held(
            spot=market.level,
            ladder=self.base.settings.ladder,
            strikes=market.strikes[0],
            at=market.strikes[1][chosen],
            is_call=book.is_call[chosen],
            gamma=dollars.gamma[chosen],
            by_open_interest=self.by_open_interest[chosen],
            by_volume=self.by_volume[chosen],
            delta=dollars.delta[chosen],
            open_interest=market.quotes.open_interest[rows],
            naive_shares=float(np.sum(self.naive_shares[chosen])),
            vanna_by_volatility=float(np.sum(per_vanna * book.sigma_at(market.level)[chosen])),
            spots=self.spots,
            profile=profile,
            crossings=crossings_of(book.where((book.units != 0) & chosen), self.spots, profile),
            first=self._first(rows),
        )

    def _first(self, rows: np.ndarray) -> First:
        """Return what the first expiration among these rows says: its name, a day's move and max pain."""
        market = self.base.market
        quotes, groups = market.quotes, np.unique(market.quotes.expiration[rows])
        index = int(groups[np.argmin(market.years[groups])])
        at, rungs = quotes.expirations.rungs(index), quotes.rungs
        calls, puts = (np.where(leg[at] >= 0, quotes.open_interest[leg[at]], 0.0) for leg in (rungs.call, rungs.put))
        w = market.w(index, market.forward(index))
        head = quotes.expirations.table.row(index, named=True)
        days = max(1, int(np.busday_count(market.today, head["expiration"])))
        return First(
            name=f"{head['root']} {head['expiration']:%Y-%m-%d}",
            day=None if w is None else w / float(np.sqrt(days)),
            max_pain=max_pain(rungs.strike[at], calls, puts),
        )
