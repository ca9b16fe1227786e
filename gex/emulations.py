"""What well-known open-source programs print for a chain, their faults included.

Not estimates: a reader who meets two flips for one file can have the other program's, to the digits it prints, and see
why it differs. The conventions were read in the programs' public sources (docs/methods.md, "Emulations").
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.exposure import PER_PCT, Book

if TYPE_CHECKING:
    from gex.ingest.schema import Chain
    from gex.quotes import Floats
    from gex.settings import EmulationName

TEN_YEAR = 0.04
"""The ten-year yield that is taken where none is given."""
MULTIPLIER = 100.0
"""What both programs multiply by, whatever the contract says."""


@dataclass(frozen=True)
class Program:
    """How a program goes about it."""

    title: str
    address: str
    days_per_year: int
    half_width: float
    """Of its grid of spots, as a fraction of spot."""
    points: int
    """Of its grid."""
    takes_yield: bool
    """Whether it prices at the ten-year yield; else at no rate."""
    delay: dt.timedelta
    """What it takes off the file's time."""
    drops_first: bool
    """Whether it leaves the first expiration out once that has closed; else it counts as a day."""
    without_crossing: str


PROGRAMS: dict[EmulationName, Program] = {
    "perfiliev": Program(
        title="Perfiliev's script",
        address="https://perfiliev.com/blog/how-to-calculate-gamma-exposure-and-zero-gamma-level/",
        days_per_year=262,
        half_width=0.20,
        points=60,
        takes_yield=False,
        delay=dt.timedelta(0),
        drops_first=False,
        without_crossing="stops with an error",
    ),
    "gflows": Program(
        title="gflows",
        address="https://github.com/aaguiar10/gflows",
        days_per_year=252,
        half_width=0.50,
        points=300,
        takes_yield=True,
        delay=dt.timedelta(minutes=15),
        drops_first=True,
        without_crossing="prints 0",
    ),
}


@dataclass(frozen=True)
class Emulation:
    """What a program gives for a chain.

    Attributes:
        name: The emulation's name.
        title: The program's.
        address: Where it is published.
        spot: The source's price of the underlying, which the program prices at, points.
        today: The date it counts days from: New York's, of the source's time.
        rate: The interest rate it prices with, per year; the yield is none.
        gamma_flip: The lowest crossing, which is the one it prints, points; None where `reasons` says why.
        crossings: All sign changes on its grid, points, going up.
        net_gamma_usd_per_1pct: Its profile at spot: a straight line between two points of its grid, $ per +1%.
        vendor_gamma_usd_per_1pct: The sum over the vendor's own gamma, which it prints as the total, $ per +1%.
        spots: Its grid, points.
        profile: Net gamma there, $ per +1%.
        book: The contracts as it prices them, calls held and puts sold; re-priced anywhere by `gex.exposure`.
        contracts: Those with an open interest and a volatility, which make the profile.
        settled: How many of these had their payoff fixed when the quotes were made.
        one_day: How many of these are priced with one day left.
        assumptions: What it takes for granted, a sentence each.
        reasons: Why a figure is None, by its name.

    """

    name: EmulationName
    title: str
    address: str
    spot: float
    today: dt.date
    rate: float
    gamma_flip: float | None
    crossings: tuple[float, ...]
    net_gamma_usd_per_1pct: float
    vendor_gamma_usd_per_1pct: float
    spots: Floats
    profile: Floats
    book: Book
    contracts: int
    settled: int
    one_day: int
    assumptions: tuple[str, ...]
    reasons: dict[str, str] = field(default_factory=dict)


def emulate(chain: Chain, name: EmulationName, *, ten_year: float = TEN_YEAR) -> Emulation:
    """Return what a program gives for a chain.

    Args:
        chain: As read from a source; `chain.expired` counts where the program counts it.
        name: Which program.
        ten_year: The ten-year yield per year that gflows would find for the date; the other program takes none.

    Raises:
        ValueError: There is no such program, the chain has no spot, the yield is no rate, or no contract has both an
            open interest and the vendor's volatility.

    """
    if name not in PROGRAMS:
        raise ValueError(f"name must be one of {', '.join(PROGRAMS)}; got {name!r}")
    if not -0.5 < ten_year < 0.5:
        raise ValueError(f"ten_year must be a rate per year such as 0.04, got {ten_year!r}")
    if chain.spot is None:
        raise ValueError("the source has no spot: give --spot")
    program = PROGRAMS[name]
    today, listed = _listed(chain, program)
    rows = listed.filter((pl.col("days") >= 0) & (pl.col("implied_volatility") > 0) & (pl.col("open_interest") > 0))
    if rows.is_empty():
        raise ValueError(f"no contract has an open interest and the vendor's volatility: {program.title} needs both")
    rate = ten_year if program.takes_yield else 0.0
    spots = np.linspace(
        (1.0 - program.half_width) * chain.spot, (1.0 + program.half_width) * chain.spot, program.points
    )
    book = _book(rows, rate, program)
    profile = book.gamma_usd_profile(spots)
    crossings = _crossings(spots, profile)
    settled = int((rows["expires_at"] <= chain.quote_time).sum())
    return Emulation(
        name=name,
        title=program.title,
        address=program.address,
        spot=chain.spot,
        today=today,
        rate=rate,
        gamma_flip=crossings[0] if crossings else None,
        crossings=crossings,
        net_gamma_usd_per_1pct=float(np.interp(chain.spot, spots, profile)),
        vendor_gamma_usd_per_1pct=_vendor_total(listed, chain.spot),
        spots=spots,
        profile=profile,
        book=book,
        contracts=rows.height,
        settled=settled,
        one_day=int((rows["days"] <= 1).sum()),
        assumptions=_assumptions(program, rate, spots, settled, _lost(chain)),
        reasons={} if crossings else {"gamma_flip": f"no sign change on its grid: it {program.without_crossing}"},
    )


def _listed(chain: Chain, program: Program) -> tuple[dt.date, pl.DataFrame]:
    """Return the date it counts from, and the contracts that it keeps with their weekdays left in `days`."""
    from zoneinfo import ZoneInfo

    now = (chain.stamp or chain.quote_time).astimezone(ZoneInfo("America/New_York")) - program.delay
    listed = pl.concat([chain.frame, chain.expired])
    expirations = listed["expiration"]
    if program.drops_first:
        first = expirations.min()
        closed = isinstance(first, dt.date) and now.replace(tzinfo=None) > dt.datetime.combine(first, dt.time(16))
        listed = listed.filter(expirations != first) if closed else listed
    days = np.busday_count(np.datetime64(now.date()), listed["expiration"].to_numpy())
    return now.date(), listed.with_columns(pl.Series("days", days))


def _book(rows: pl.DataFrame, rate: float, program: Program) -> Book:
    """Return the contracts as it prices them: by whole days, and forwards from spot at one rate."""
    days = np.maximum(rows["days"].to_numpy(), 1)
    return Book(
        strike=rows["strike"].to_numpy(),
        is_call=(rows["option_type"] == "C").to_numpy(),
        years=days / program.days_per_year,
        sigma=rows["implied_volatility"].to_numpy(),
        rate=np.full(rows.height, rate),
        dividend=np.zeros(rows.height),
        units=_signed_units(rows),
    )


def _signed_units(rows: pl.DataFrame) -> Floats:
    """Return calls' open interest less puts', in units of the underlying; a missing count is none."""
    side = pl.when(pl.col("option_type") == "C").then(MULTIPLIER).otherwise(-MULTIPLIER)
    return rows.select(side * pl.col("open_interest").cast(pl.Float64).fill_null(0.0)).to_series().to_numpy()


def _vendor_total(listed: pl.DataFrame, spot: float) -> float:
    gamma = listed["vendor_gamma"].fill_null(0.0).to_numpy()
    return PER_PCT * spot**2 * float(np.sum(gamma * _signed_units(listed)))


def _crossings(spots: Floats, profile: Floats) -> tuple[float, ...]:
    """Return where straight lines between neighbouring points of the grid change sign, going up."""
    below = np.flatnonzero(np.diff(np.sign(profile)))
    step, rise = spots[below + 1] - spots[below], profile[below + 1] - profile[below]
    return tuple((spots[below] - profile[below] * step / rise).tolist())


def _lost(chain: Chain) -> int:
    """Return how many of the source's settled contracts the chain no longer holds, as when it comes from a store."""
    return chain.quality.quarantined.get("expired", 0) - chain.expired.height


def _assumptions(program: Program, rate: float, spots: Floats, settled: int, lost: int) -> tuple[str, ...]:
    growth = f"grown at {rate:.4g} a year, the ten-year yield" if program.takes_yield else "at no rate"
    step = spots[1] - spots[0]
    sentences = [
        f"forwards are spot, {spots.mean():.2f}, {growth}",
        "no dividend",
        f"time is weekdays to the date / {program.days_per_year}, holidays counted, AM-settled contracts as PM-settled",
        "what expires today has a whole day left",
        "each contract keeps the vendor's volatility",
        f"{program.points} spots over ±{program.half_width:.0%}, {step:.3g} points apart, joined by straight lines",
        "the flip is the lowest sign change",
    ]
    if settled:
        sentences.append(f"{settled} contracts that had settled when the quotes were made have a whole day left")
    if lost:
        sentences.append(f"{lost} contracts that had settled are not in the chain, as in a store: without them")
    return tuple(sentences)
