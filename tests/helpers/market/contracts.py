"""What is listed, how the underlying moves, and what a contract is worth at any time of the day."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest import calendar
from gex.ingest.schema import KEY, OPTION_TYPE
from gex.pricing import greeks

if TYPE_CHECKING:
    from market.settings import Settings

SECOND = 1_000_000_000
MILLISECOND = 1_000_000
YEAR = 365 * 86_400 * SECOND
MULTIPLIER = 100.0
ROOT = "SPXW"


def nanoseconds(instant: dt.datetime) -> int:
    """Return an instant as nanoseconds of UTC since 1970."""
    return round(instant.timestamp()) * SECOND


@dataclass(frozen=True)
class Contracts:
    """The listing: arrays by contract, ordered by expiration, strike, call before put."""

    expirations: tuple[dt.date, ...]
    place: np.ndarray
    expires: np.ndarray
    strike: np.ndarray
    is_call: np.ndarray
    volatility: np.ndarray

    @property
    def key(self) -> pl.DataFrame:
        """One row a contract: `KEY`."""
        columns = {
            "root": ROOT,
            "expiration": [self.expirations[i] for i in self.place],
            "strike": self.strike,
            "option_type": np.where(self.is_call, "C", "P"),
        }
        return pl.DataFrame(columns, schema_overrides={"option_type": OPTION_TYPE}).select(KEY)


def listing(settings: Settings) -> Contracts:
    """Return strikes about the money for each expiration, with a smile fixed by strike."""
    opened = nanoseconds(calendar.session_open(settings.date))
    expirations = tuple(_session(settings.date + dt.timedelta(days=days)) for days in settings.days_out)
    expires = np.array([nanoseconds(calendar.expires_at(date, "PM")) for date in expirations])
    place, rung, put = (axis.ravel() for axis in np.indices((len(expirations), settings.strikes, 2)))
    step = np.array(settings.steps)[place]
    strike = (np.round(settings.spot / step) + rung - settings.strikes // 2) * step
    at_the_money = np.array(settings.at_the_money)[place]
    deviation = at_the_money * np.sqrt((expires[place] - opened) / YEAR)
    z = np.clip(np.log(strike / settings.spot) / deviation, -4.0, 4.0)
    return Contracts(
        expirations, place, expires[place], strike, put == 0, at_the_money * (1.0 - 0.06 * z + 0.02 * z * z)
    )


def _session(day: dt.date) -> dt.date:
    return day if calendar.is_session(day) else calendar.next_session(day)


@dataclass(frozen=True)
class Path:
    """The day's underlying and the level of volatility, a value a second."""

    start: int
    spot: np.ndarray
    level: np.ndarray

    def at(self, times: np.ndarray) -> np.ndarray:
        """Return spot at some times, in nanoseconds; before the open it is the first."""
        return self.spot[self._places(times)]

    def level_at(self, times: np.ndarray) -> np.ndarray:
        """Return what volatilities of the open are multiplied by."""
        return self.level[self._places(times)]

    def _places(self, times: np.ndarray) -> np.ndarray:
        return np.clip((times - self.start) // SECOND, 0, len(self.spot) - 1)


def path(settings: Settings, rng: np.random.Generator) -> Path:
    """Draw a path, livelier at the open and towards the close; volatility rises when spot falls."""
    start = nanoseconds(calendar.session_open(settings.date))
    seconds = (nanoseconds(calendar.session_close(settings.date)) - start) // SECOND
    clock = np.linspace(-1.0, 1.0, seconds)
    shape = 0.7 + 0.9 * clock**2
    scale = settings.daily_volatility * np.exp(0.25 * rng.standard_normal()) / np.sqrt((shape**2).sum())
    moves = np.cumsum(scale * shape * rng.standard_normal(seconds))
    noise = np.cumsum(rng.standard_normal(seconds)) * 0.03 / np.sqrt(seconds)
    return Path(start, settings.spot * np.exp(moves), np.exp(noise - 4.0 * moves))


def fair(
    settings: Settings, contracts: Contracts, moves: Path, index: np.ndarray, times: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return value in points and delta of contracts at some times."""
    years = np.maximum(contracts.expires[index] - times, SECOND) / YEAR
    volatility = contracts.volatility[index] * moves.level_at(times)
    terms = (contracts.strike[index], years, volatility, settings.rate, settings.dividend, contracts.is_call[index])
    found = greeks(moves.at(times), *terms)
    return np.asarray(found.price), np.asarray(found.delta)
