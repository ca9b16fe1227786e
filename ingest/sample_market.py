"""The market a sample is drawn from: what is listed, where it is struck, carry and the volatility surface.

The surface is an SSVI surface with power-law curvature, free of static arbitrage by construction: J. Gatheral,
A. Jacquier, "Arbitrage-free SVI volatility surfaces", Quantitative Finance 14 (2014), theorems 4.1 and 4.2.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Literal

import numpy as np

from gex.ingest import calendar
from gex.ingest.contracts import contract

if TYPE_CHECKING:
    from gex.ingest.sample_truth import Floats

Symbol = Literal["SPX", "QQQ"]
Size = Literal["full", "small"]
Kind = Literal["daily", "weekly", "month_end", "monthly"]
Bands = tuple[tuple[float, float, float], ...]
"""(step, lowest, highest): strikes at every multiple of the step between two multiples of spot."""

MINUTES_PER_YEAR = 525_600
SESSIONS_PER_YEAR = 252
OVERNIGHT = 0.25
"""The part of a day's variance that falls between two sessions."""
QUARTER_MONTHS = (3, 6, 9, 12)


@dataclass(frozen=True)
class ZeroCurve:
    """Continuously compounded zero rates per year, linear in time between tenors, flat outside."""

    years: tuple[float, ...] = (0.0, 0.25, 1.0, 2.0, 5.0)
    rates: tuple[float, ...] = (0.0415, 0.0408, 0.0385, 0.0372, 0.0385)

    def discount(self, years: Floats) -> Floats:
        """Return the value today of 1 paid in `years`."""
        return np.exp(-np.interp(years, self.years, self.rates) * years)


@dataclass(frozen=True)
class Rule:
    """Expirations of one kind that a root lists out to a number of days."""

    root: str
    days: int
    kind: Kind | None = None
    """None lists every session."""
    months: tuple[int, ...] = tuple(range(1, 13))


@dataclass(frozen=True)
class Product:
    """An underlying: its contracts, carry and volatility.

    Attributes:
        name: As the exchange's quote table prints it.
        spot: Typical price, points.
        rules: What is listed.
        small_rules: What a small sample lists.
        grids: Strikes by (kind, days up to which the entry holds), first match.
        small_grid: Strikes of a small sample.
        dividend_yield: Continuous, per year.
        quarterly_dividend: As a fraction of spot, paid on discrete dates.
        variances: Short, medium and long variance per year: a term structure that slopes up.
        reversion: Speeds from short to medium and from medium to long, per year.
        rho: Skew of the surface.
        eta: Curvature of the surface; eta^2 (1 + |rho|) <= 4 excludes butterfly arbitrage.

    """

    name: str
    spot: float
    rules: tuple[Rule, ...]
    small_rules: tuple[Rule, ...]
    grids: tuple[tuple[Kind, int, Bands], ...]
    small_grid: Bands
    dividend_yield: float
    quarterly_dividend: float
    variances: tuple[float, float, float]
    reversion: tuple[float, float]
    rho: float
    eta: float


PRODUCTS: dict[Symbol, Product] = {
    "SPX": Product(
        name="S&P 500 INDEX",
        spot=6600.0,
        rules=(
            Rule("SPXW", 32),
            Rule("SPXW", 44, "weekly"),
            Rule("SPXW", 150, "monthly"),
            Rule("SPXW", 200, "month_end"),
            Rule("SPXW", 310, "month_end", QUARTER_MONTHS),
            Rule("SPX", 370, "monthly"),
            Rule("SPX", 830, "monthly", (6, 12)),
            Rule("SPX", 1830, "monthly", (12,)),
        ),
        small_rules=(
            Rule("SPXW", 2),
            Rule("SPXW", 9, "weekly"),
            Rule("SPX", 40, "monthly"),
            Rule("SPX", 300, "monthly", (12,)),
        ),
        grids=(
            ("daily", 7, ((5, 0.935, 1.035), (10, 0.90, 1.04), (25, 0.80, 1.08), (100, 0.70, 1.14), (200, 0.40, 1.29))),
            ("daily", 21, ((5, 0.955, 1.025), (25, 0.86, 1.07), (100, 0.72, 1.13), (200, 0.40, 1.29))),
            ("daily", 60, ((5, 0.98, 1.015), (25, 0.90, 1.05), (100, 0.75, 1.12), (200, 0.40, 1.27))),
            (
                "weekly",
                60,
                ((5, 0.945, 1.03), (10, 0.90, 1.04), (25, 0.78, 1.10), (100, 0.62, 1.17), (200, 0.32, 1.29)),
            ),
            (
                "month_end",
                60,
                ((5, 0.90, 1.04), (10, 0.84, 1.06), (25, 0.62, 1.13), (100, 0.40, 1.22), (200, 0.20, 1.28)),
            ),
            ("month_end", 400, ((25, 0.66, 1.12), (100, 0.40, 1.22), (200, 0.20, 1.28))),
            (
                "monthly",
                45,
                (
                    (5, 0.88, 1.05),
                    (10, 0.80, 1.07),
                    (25, 0.58, 1.17),
                    (50, 0.50, 1.24),
                    (100, 0.34, 1.4),
                    (200, 0.03, 1.7),
                ),
            ),
            (
                "monthly",
                100,
                (
                    (5, 0.93, 1.035),
                    (10, 0.88, 1.05),
                    (25, 0.58, 1.17),
                    (50, 0.50, 1.24),
                    (100, 0.34, 1.4),
                    (200, 0.03, 1.7),
                ),
            ),
            ("monthly", 190, ((5, 0.95, 1.03), (25, 0.60, 1.16), (50, 0.52, 1.24), (100, 0.36, 1.4), (200, 0.03, 1.7))),
            ("monthly", 500, ((25, 0.62, 1.14), (50, 0.52, 1.22), (100, 0.36, 1.32), (200, 0.03, 1.7))),
            ("monthly", 830, ((50, 0.60, 1.2), (100, 0.46, 1.34), (200, 0.06, 1.7))),
            ("monthly", 9999, ((100, 0.50, 1.4), (200, 0.06, 1.85))),
        ),
        small_grid=((10, 0.98, 1.02), (25, 0.94, 1.04), (100, 0.75, 1.12)),
        dividend_yield=0.013,
        quarterly_dividend=0.0,
        variances=(0.088**2, 0.150**2, 0.210**2),
        reversion=(7.0, 0.35),
        rho=-0.50,
        eta=1.3,
    ),
    "QQQ": Product(
        name="Invesco QQQ Trust, Series 1 (ETF)",
        spot=585.0,
        rules=(
            Rule("QQQ", 14),
            Rule("QQQ", 44, "weekly"),
            Rule("QQQ", 75, "month_end"),
            Rule("QQQ", 330, "month_end", QUARTER_MONTHS),
            Rule("QQQ", 200, "monthly"),
            Rule("QQQ", 430, "monthly", QUARTER_MONTHS),
            Rule("QQQ", 950, "monthly", (1, 6, 12)),
        ),
        small_rules=(
            Rule("QQQ", 2),
            Rule("QQQ", 9, "weekly"),
            Rule("QQQ", 40, "monthly"),
            Rule("QQQ", 400, "monthly", (12,)),
        ),
        grids=(
            ("daily", 60, ((1, 0.935, 1.04), (5, 0.84, 1.09))),
            ("weekly", 60, ((1, 0.92, 1.05), (5, 0.70, 1.18))),
            ("month_end", 400, ((1, 0.94, 1.04), (5, 0.60, 1.24))),
            ("monthly", 100, ((1, 0.89, 1.07), (5, 0.50, 1.35))),
            ("monthly", 450, ((5, 0.45, 1.40),)),
            ("monthly", 9999, ((5, 0.50, 1.5), (10, 0.3, 1.6))),
        ),
        small_grid=((1, 0.97, 1.025), (5, 0.85, 1.1)),
        dividend_yield=0.0,
        quarterly_dividend=0.0015,
        variances=(0.130**2, 0.195**2, 0.245**2),
        reversion=(7.0, 0.35),
        rho=-0.45,
        eta=1.3,
    ),
}


@dataclass(frozen=True)
class Listing:
    """One root and expiration that is listed at a quote time."""

    root: str
    expiration: dt.date
    expires_at: dt.datetime
    kind: Kind
    days: int
    """Calendar days from the quote date."""
    sessions: int
    """Sessions from the quote date, 0 for today."""


def listings(symbol: Symbol, quote_time: dt.datetime, size: Size) -> list[Listing]:
    """Return what is listed and not yet expired, sorted by expiration and root.

    Raises:
        ValueError: `quote_time` has no zone or lies outside a trading session.

    """
    if quote_time.tzinfo is None or not calendar.in_session(quote_time, "late"):
        raise ValueError(f"quote_time must fall in a session of New York and carry a time zone, got {quote_time}")
    today = quote_time.astimezone(calendar.NEW_YORK).date()
    product = PRODUCTS[symbol]
    rules = product.rules if size == "full" else product.small_rules
    found = {}
    for count, (day, kind) in enumerate(_sessions(today, max(rule.days for rule in rules))):
        for rule in rules:
            if (day - today).days <= rule.days and rule.kind in {None, kind} and day.month in rule.months:
                expires_at = calendar.expires_at(day, contract(rule.root).settlement)
                if expires_at > quote_time:
                    found[day, rule.root] = Listing(rule.root, day, expires_at, kind, (day - today).days, count)
    return [found[key] for key in sorted(found)]


@lru_cache(maxsize=64)
def _sessions(first: dt.date, days: int) -> tuple[tuple[dt.date, Kind], ...]:
    """Return each session from `first` for a number of days, with the kind of expiration it is."""
    sessions = [first]
    while (sessions[-1] - first).days <= days:
        sessions.append(calendar.next_session(sessions[-1]))
    return tuple((day, _kind(day, following)) for day, following in pairwise(sessions))


def _kind(day: dt.date, following: dt.date) -> Kind:
    """Name an expiration by its date and the session after it; holidays move Friday's to Thursday."""
    ends_week = following.weekday() < day.weekday()
    friday = day + dt.timedelta(days=4 - day.weekday())
    if ends_week and 15 <= friday.day <= 21:
        return "monthly"
    if following.month != day.month:
        return "month_end"
    return "weekly" if ends_week else "daily"


def strikes(symbol: Symbol, listing: Listing, spot: float, size: Size) -> Floats:
    """Return the strikes an expiration lists with the underlying at `spot`, going up."""
    product = PRODUCTS[symbol]
    bands = product.small_grid
    if size == "full":
        bands = next(bands for kind, days, bands in product.grids if kind == listing.kind and listing.days <= days)
    steps = (step * np.arange(np.ceil(spot * low / step), spot * high / step) for step, low, high in bands)
    return np.unique(np.concatenate(list(steps)))


def years_to(expirations: list[Listing], quote_time: dt.datetime) -> Floats:
    """Return calendar minutes to each expiry / 525,600."""
    minute = dt.timedelta(minutes=1)
    return np.array([(each.expires_at - quote_time) / minute / MINUTES_PER_YEAR for each in expirations])


def dividend_factor(symbol: Symbol, expirations: list[Listing], years: Floats, today: dt.date) -> Floats:
    """Return forward times discount over spot: what dividends leave of spot by each expiration."""
    product = PRODUCTS[symbol]
    paid = np.array([len(_ex_dates(today, each.expiration)) for each in expirations])
    return np.exp(-product.dividend_yield * years) * (1.0 - product.quarterly_dividend) ** paid


def _ex_dates(today: dt.date, last: dt.date) -> list[dt.date]:
    """Return the quarterly ex-dates after today: the session after each third Friday of a quarter's last month."""
    days = (last - today).days + 5
    thirds = (day for day, kind in _sessions(today, days) if kind == "monthly" and day.month in QUARTER_MONTHS)
    return [ex_date for ex_date in map(calendar.next_session, thirds) if today < ex_date <= last]


def business_years(expirations: list[Listing], quote_time: dt.datetime) -> Floats:
    """Return the time in which variance accrues: sessions and the nights before them, no weekends, / 252."""
    today = quote_time.astimezone(calendar.NEW_YORK).date()
    opened, closed = calendar.session_open(today), calendar.session_close(today)
    left = max((closed - max(quote_time, opened)) / (closed - opened), 0.0)
    count = np.array([each.sessions for each in expirations])
    at_open = np.array([contract(each.root).settlement == "AM" for each in expirations])
    later = OVERNIGHT + (1.0 - OVERNIGHT) * ~at_open + np.maximum(count - 1, 0)
    return ((1.0 - OVERNIGHT) * left + np.where(count > 0, later, 0.0)) / SESSIONS_PER_YEAR


def at_the_money_variance(symbol: Symbol, years: Floats, level: float) -> Floats:
    """Return total variance at the forward: the integral of a variance that reverts to a slower one that reverts.

    Args:
        symbol: Whose term structure.
        years: In business time.
        level: Multiplies every volatility.

    """
    product = PRODUCTS[symbol]
    total = product.variances[0] * years
    for (below, above), speed in zip(pairwise(product.variances), product.reversion, strict=True):
        total += (above - below) * (years + np.expm1(-speed * years) / speed)
    return level**2 * total


def total_deviation(symbol: Symbol, log_moneyness: Floats, variance: Floats) -> Floats:
    """Return w = sigma sqrt(T) on the surface.

    Args:
        symbol: Whose surface.
        log_moneyness: ln(K/F).
        variance: Total variance at the forward of the same expiration.

    """
    rho = PRODUCTS[symbol].rho
    x = PRODUCTS[symbol].eta * log_moneyness / np.sqrt(variance)
    return np.sqrt(0.5 * variance * (1.0 + rho * x + np.sqrt((x + rho) ** 2 + 1.0 - rho**2)))
