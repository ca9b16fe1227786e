"""What a chain says before anyone's positions: spot, forwards, volatilities, and which contracts can be priced."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gex.dynamics import dynamics_of
from gex.early import EARLIEST_YEARS, american_expirations, early_premium
from gex.exposure import MOVES_PCT, Book
from gex.forwards import forwards_of
from gex.pricing import EarlyExercise
from gex.quotes import MINUTES_PER_YEAR, quotes_of
from gex.results import Spot
from gex.settings import MIN_YEARS
from gex.volatility import Pricing, otm_rows, own_w, smile_of, volatility_of

if TYPE_CHECKING:
    import numpy.typing as npt
    import polars as pl

    from gex.forwards import Forwards
    from gex.ingest.schema import Chain
    from gex.quotes import Bools, Floats, Ints, Quotes
    from gex.settings import Settings
    from gex.volatility import Volatility

SPOT_TOLERANCE = 5e-4
"""Where parity's spot is further than this from the source's, the source's is stale."""
ROUNDS = 4
"""Times that forwards are found from quotes freed of early exercise, which takes the forwards found last."""


class AmericanTerms(NamedTuple):
    """What an exercise boundary follows from, one entry a contract, in the order that `EarlyExercise` takes it."""

    strike: Floats
    years: Floats
    sigma: Floats
    rate: Floats
    dividend: Floats
    is_call: Bools

    def where(self, chosen: Bools) -> AmericanTerms:
        """Return the contracts that `chosen` marks."""
        return AmericanTerms(*(column[chosen] for column in self))  # type: ignore[arg-type]  # each keeps its type


@dataclass(frozen=True)
class Market:
    """A chain with its carry and volatility found, at the instant and the spot it is evaluated at."""

    quotes: Quotes
    forwards: Forwards
    """For the spot used, at quote time."""
    volatility: Volatility
    """Total standard deviations at quote time."""
    american: Bools
    """Marks the (root, expiration) pairs that are priced as American."""
    spot: Spot
    level: float
    """The spot everything is priced at: the one used, or where `settings.move_to` puts it."""
    evaluated_at: dt.datetime
    today: dt.date
    """The New York date of `evaluated_at`."""
    years: Floats
    """Per expiration, from `evaluated_at`."""
    used: Ints
    """Rows of the chain that are priced."""
    set_aside: dict[str, int]
    """Rows that are not, by reason."""
    premium: Floats | None
    """What early exercise adds to each contract's quotes, in points, as parity took it off; see `early_premium`."""
    settings: Settings
    """The conventions it was found under."""

    @property
    def pricing(self) -> Pricing:
        """What a mid is inverted with."""
        return Pricing(self.forwards, self.forwards.spot_of_quotes(self.spot.used), self.american)

    @cached_property
    def nodes(self) -> Floats:
        """What re-implied smiles rest on: per rung the w of the out-of-the-money contract's mid, or NaN."""
        if self.settings.vol in {"reimplied", "per-contract"}:
            return self.volatility.nodes
        return own_w(self.quotes, self.pricing, otm_rows(self.quotes, self.forwards))

    @cached_property
    def european_nodes(self) -> Floats:
        """The nodes where no contract may be exercised early."""
        pricing = replace(self.pricing, american=np.zeros_like(self.american))
        return own_w(self.quotes, pricing, otm_rows(self.quotes, self.forwards))

    @cached_property
    def reimplied(self) -> Floats:
        """The smile that rests on the nodes, per rung; NaN for a stale expiration."""
        return smile_of(self.quotes, self.forwards, self.nodes)

    @cached_property
    def strikes(self) -> tuple[Floats, Ints]:
        """The strikes of the used contracts, going up, and the index of each contract's among them."""
        rung, listed = self.quotes.rung[self.used], self.quotes.rungs.strike
        ordered = np.sort(listed[np.flatnonzero(np.bincount(rung))])
        strikes = ordered[np.diff(ordered, prepend=np.nan) != 0]
        return strikes, np.searchsorted(strikes, listed)[rung]

    @cached_property
    def priced(self) -> Ints:
        """The (root, expiration) pairs with a used contract."""
        return np.flatnonzero(np.bincount(self.quotes.expiration[self.used]))

    @property
    def dates(self) -> pl.Series:
        """The expiration date of each (root, expiration)."""
        return self.quotes.expirations.table["expiration"]

    def book(self, units: Floats) -> Book:
        """Return the used contracts with dealers' signed units in each row of the chain."""
        quotes = self.quotes
        quoted = quotes.expirations.years
        rate, dividend = self.forwards.carry(quoted, self.spot.used)
        group = quotes.expiration[self.used]
        early, early_row = self._early()
        return Book(
            strike=quotes.strike[self.used],
            is_call=quotes.is_call[self.used],
            years=self.years[group],
            sigma=self.volatility.w[self.used] / np.sqrt(quoted)[group],
            rate=rate[group],
            dividend=dividend[group],
            units=units[self.used],
            early=early,
            early_row=early_row,
            dynamics=dynamics_of(self, self.settings),
        )

    def _early(self) -> tuple[EarlyExercise | None, Ints | None]:
        """Return the early exercise of the used American contracts, and each used contract's number there or -1."""
        if not self.american.any():
            return None, None
        american, terms = self.american_terms()
        if not american.any():
            return None, None
        early = EarlyExercise(*terms.where(american), between=self.reach())
        return early, np.where(american, np.cumsum(american) - 1, -1)

    def american_terms(self) -> tuple[Bools, AmericanTerms]:
        """Mark the used contracts that may be exercised early, and return what each used one's boundary follows from.

        The yield is the one from the spot the quotes were made at. Where that is not the one used, strikes move along.
        """
        quotes, rows = self.quotes, self.used
        of = quotes.expiration[rows]
        spot = self.forwards.spot_of_quotes(self.spot.used)
        rate, dividend = self.forwards.carry(quotes.expirations.years, spot)
        terms = AmericanTerms(
            strike=quotes.strike[rows] * (self.spot.used / spot),
            years=self.years[of],
            sigma=self.volatility.w[rows] / np.sqrt(quotes.expirations.years)[of],
            rate=rate[of],
            dividend=dividend[of],
            is_call=quotes.is_call[rows],
        )
        return (self.american & (self.years > EARLIEST_YEARS))[of], terms

    def reach(self) -> tuple[float, float]:
        """Return the range of spots that a book is priced at: the ladder and the hedging flows."""
        width = 1.01 * max(self.settings.ladder, 0.01 * max(MOVES_PCT))
        return self.level * (1.0 - min(width, 0.999)), self.level * (1.0 + width)

    def nearest(self) -> int | None:
        """Return the (root, expiration) that expires first among those priced and with a smile; None if none."""
        order = self.priced[np.argsort(self.years[self.priced], kind="stable")]
        return next((int(index) for index in order if self.w(int(index), self.level) is not None), None)

    def w(self, expiration: int, strike: float) -> float | None:
        """Return the total standard deviation left to an expiration at a strike."""
        w = self.volatility.at(self.quotes, self.forwards, expiration, strike)
        left = self.years[expiration] / self.quotes.expirations.years[expiration]
        return None if w is None else w * float(np.sqrt(left))

    def forward(self, expiration: int) -> float:
        """Return an expiration's forward for the spot everything is priced at."""
        return float(self.forwards.forward[expiration]) * self.level / self.spot.used


def market_of(chain: Chain, settings: Settings) -> Market:
    """Find carry, volatility and spot of a chain under the settings' conventions.

    Raises:
        ValueError: There is no spot, `settings.at` lies before the quotes, or no contract can be priced.

    """
    evaluated_at = settings.at or chain.quote_time
    if evaluated_at < chain.quote_time:
        raise ValueError(
            f"--at {evaluated_at.isoformat()} lies before the quotes, {chain.quote_time.isoformat()}: "
            "quotes say nothing about the past"
        )
    quotes = quotes_of(chain.frame, chain.quote_time)
    american = american_expirations(quotes, settings)
    forwards, spot, premium = _carry(quotes, chain.spot, settings, american)
    elapsed = (evaluated_at - chain.quote_time) / dt.timedelta(minutes=MINUTES_PER_YEAR)
    volatility = volatility_of(quotes, Pricing(forwards, forwards.spot_of_quotes(spot.used), american), settings)
    left = quotes.expirations.years - elapsed
    today = new_york_date(evaluated_at) if settings.at else chain.quote_date
    chosen = _chosen_dates(quotes.expirations.table["expiration"], left, today, settings.expirations)
    used, set_aside = _usable(quotes, volatility, left, chosen)
    return Market(
        quotes=quotes,
        forwards=forwards,
        volatility=volatility,
        american=american,
        spot=spot,
        level=settings.move_to or spot.used,
        evaluated_at=evaluated_at,
        today=today,
        years=np.maximum(left, MIN_YEARS),
        used=used,
        set_aside=set_aside,
        premium=premium,
        settings=settings,
    )


def _carry(
    quotes: Quotes, header: float | None, settings: Settings, american: Bools
) -> tuple[Forwards, Spot, Floats | None]:
    """Find forwards and spot; American quotes are freed of early exercise, which needs both, in a few rounds."""
    given = settings.spot or header
    exercised = american if settings.rate is None else np.zeros_like(american)
    forwards = forwards_of(quotes, settings, given, unsettled=exercised)
    spot = _choose_spot(header, settings.spot, forwards.parity_spot)
    found, premium = [forwards.forward], None
    for left in reversed(range(ROUNDS if exercised.any() else 0)):
        premium = early_premium(quotes, forwards, forwards.spot_of_quotes(spot.used), american)
        forwards = forwards_of(quotes, settings, given, premium, exercised if left else None)
        spot = _choose_spot(header, settings.spot, forwards.parity_spot)
        found.append(forwards.forward)
        if len(found) == 3:
            forwards = replace(forwards, forward=_limit(*found))
    return forwards, spot, premium


def _limit(first: Floats, second: Floats, third: Floats) -> Floats:
    """Return where sequences of three lead whose steps shrink evenly (Aitken, 1926); the last value elsewhere."""
    step, last = second - first, third - second
    ratio = np.divide(last, step, out=np.zeros(len(step)), where=step != 0)
    return np.where((ratio > 0.0) & (ratio < 0.6), third + last * ratio / (1.0 - ratio), third)


def _choose_spot(header: float | None, given: float | None, parity: float | None) -> Spot:
    """Use the user's spot, else the source's unless parity shows it to be stale, else parity's."""
    if given is not None:
        return Spot(given, header, parity, "given")
    if header is not None and (parity is None or abs(parity / header - 1.0) <= SPOT_TOLERANCE):
        return Spot(header, header, parity, "header")
    if parity is None:
        raise ValueError("the source has no spot and its quotes imply none: give --spot")
    return Spot(parity, header, parity, "parity")


def _usable(quotes: Quotes, volatility: Volatility, left: Floats, chosen: Bools) -> tuple[Ints, dict[str, int]]:
    """Return the rows that can be priced, and the counts of the others by the first reason that applies."""
    remaining = np.ones(len(quotes.strike), dtype=bool)
    set_aside = {}
    for reason, bad in (
        ("expired", (left <= 0)[quotes.expiration]),
        ("other_expiration", ~chosen[quotes.expiration]),
        ("no_volatility", ~np.isfinite(volatility.w)),
    ):
        hit = remaining & bad
        if hit.any():
            set_aside[reason] = int(hit.sum())
        remaining &= ~bad
    if not remaining.any():
        counts = ", ".join(f"{count} {reason}" for reason, count in set_aside.items())
        raise ValueError(f"no contract can be priced ({counts}); choose other --expirations or another --vol")
    return np.flatnonzero(remaining), set_aside


def _chosen_dates(dates: pl.Series, left: Floats, today: dt.date, wanted: str) -> Bools:
    """Mark the expirations that a setting such as `0dte`, `next`, `7d` or `2025-09-19` asks for."""
    listed: npt.NDArray[np.datetime64] = dates.to_numpy()
    day = np.datetime64(today)
    if wanted == "all":
        return np.ones(len(listed), dtype=bool)
    if wanted == "next":
        later = listed[(left > 0) & (listed > day)]
        return np.isin(listed, later.min() if len(later) else day)
    if days := re.fullmatch(r"(\d+)d", wanted):
        return np.less_equal(listed, day + np.timedelta64(int(days[1]), "D"))
    try:
        return np.isin(listed, day if wanted == "0dte" else np.datetime64(dt.date.fromisoformat(wanted)))
    except ValueError:
        raise ValueError(f"expirations must be all, 0dte, next, 7d or an ISO date; got {wanted!r}") from None


def new_york_date(instant: dt.datetime) -> dt.date:
    """Return the calendar date in New York."""
    from zoneinfo import ZoneInfo

    return instant.astimezone(ZoneInfo("America/New_York")).date()
