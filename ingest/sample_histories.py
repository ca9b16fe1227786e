"""Made-up daily histories in the layouts of Cboe and FRED: an index, its volatility indices and a credit spread.

Volatility's logarithm reverts to its mean and moves against the price; the volatility indices are what that model
expects over their horizons, with a premium on top. Nothing in them is copied from a market.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest.calendar import FIRST, is_session

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]

YEAR = 252
STEPS = 78
"""Of a session, five minutes each: what highs and lows are taken from."""
DRIFT = 0.08
"""Of the price, a year."""
USUAL, REVERSION, WILDNESS, LEVERAGE = 0.13, 0.03, 0.08, -0.75
"""Of volatility: its median, a year; how far it returns to it in a session; its own; its correlation with the price."""
NIGHT = 0.2
"""Share of a session's variance between the close before and the open."""
UP, DOWN = 1.5, 0.75
"""How far volatility goes from its median on either side, for the same news."""
PREMIUM = 1.15
"""Of volatility indices over what is expected."""
HORIZONS = {"VIX9D": 6, "VIX": 21, "VIX3M": 63}
"""Sessions that each looks ahead."""
CALM_SPREAD, SPREAD_RISE = 3.0, 2.0
"""High-yield spread in calm, %, and its rise for each unit of volatility's logarithm above the median."""


def generate_histories(
    symbol: str, *, until: dt.date, close: float, years: int = 10, seed: int = 1
) -> dict[str, pl.DataFrame]:
    """Draw daily histories that end at a session.

    Args:
        symbol: What the prices are of.
        until: The last session.
        close: The price at its close, points.
        years: How long they are.
        seed: Not negative; the same seed, the same figures.

    Returns:
        By name: the symbol, `VIX9D`, `VIX`, `VIX3M` with `DATE`, `OPEN`, `HIGH`, `LOW`, `CLOSE` as Cboe has them; `VVIX`
        with `DATE` and its own column; `BAMLH0A0HYM2` (%) with `observation_date` and its own.

    Raises:
        ValueError: `until` is no session, or the price or the years are not positive.

    """
    if not is_session(until):
        raise ValueError(f"{until} is no session")
    if not close > 0 or years < 1:
        raise ValueError(f"close and years must be positive, got {close} and {years}")
    days = _sessions(until, years * YEAR)
    draw = np.random.default_rng([seed, 2])
    shocks = draw.standard_normal((3, len(days)))
    level = _log_volatility(LEVERAGE * shocks[0] + np.sqrt(1.0 - LEVERAGE**2) * shocks[1])
    prices = _prices(shocks[0], np.exp(level[:-1]), close, draw)
    after = level[1:]
    found = {symbol: _cboe(days, *prices)}
    for name, horizon in HORIZONS.items():
        found[name] = _cboe(days, *_index(after, horizon, draw))
    stress = after - np.log(USUAL)
    vvix = 88.0 * np.exp(0.35 * stress + 0.05 * shocks[2])
    spread = CALM_SPREAD + SPREAD_RISE * np.maximum(_smooth(stress, 15), -0.3)
    found["VVIX"] = pl.DataFrame({"DATE": _cboe_dates(days), "VVIX": _fixed(vvix, 2)})
    found["BAMLH0A0HYM2"] = pl.DataFrame({"observation_date": days, "BAMLH0A0HYM2": _fixed(spread, 2)})
    return found


def file_of(name: str) -> str:
    """Return what the file of a history is called where it comes from."""
    return f"fred_{name}.csv" if name == "BAMLH0A0HYM2" else f"{name}_History.csv"


def _sessions(until: dt.date, count: int) -> list[dt.date]:
    """Return the last so many sessions, fewer where the calendar begins."""
    first = max(until - dt.timedelta(days=int(count * 1.5) + 10), FIRST)
    days = (first + dt.timedelta(days=each) for each in range((until - first).days + 1))
    return [day for day in days if is_session(day)][-count:]


def _log_volatility(shocks: Floats) -> Floats:
    """Return the logarithm of volatility, a year, before each session and after the last; it begins at its median."""
    news = np.zeros(len(shocks) + 1)
    for place, shock in enumerate(shocks.tolist()):
        news[place + 1] = (1.0 - REVERSION) * news[place] + WILDNESS * shock
    level: Floats = np.log(USUAL) + np.where(news > 0, UP, DOWN) * news
    return level


def _prices(shocks: Floats, volatility: Floats, close: float, draw: np.random.Generator) -> tuple[Floats, ...]:
    """Return open, high, low and close of each session, the last close as given."""
    sigma = volatility / np.sqrt(YEAR)
    moves = DRIFT / YEAR - 0.5 * sigma**2 + sigma * shocks
    nights = np.sqrt(NIGHT) * sigma * draw.standard_normal(len(sigma))
    closes = np.log(close) + np.cumsum(moves) - np.sum(moves)
    opens = np.concatenate([closes[:1] - moves[:1], closes[:-1]]) + nights
    path = (
        np.cumsum(draw.standard_normal((len(sigma), STEPS)), axis=1) * (sigma * np.sqrt((1 - NIGHT) / STEPS))[:, None]
    )
    passed = np.arange(1, STEPS + 1) / STEPS
    bridge = opens[:, None] + path - passed * (path[:, -1] - (closes - opens))[:, None]
    high = np.maximum(bridge.max(axis=1), opens)
    low = np.minimum(bridge.min(axis=1), opens)
    return tuple(np.exp(each) for each in (opens, high, low, closes))


def _index(level: Floats, horizon: int, draw: np.random.Generator) -> tuple[Floats, ...]:
    """Return open, high, low and close of the volatility expected over so many sessions, %."""
    middle, fading = np.log(USUAL), -np.expm1(-REVERSION * horizon) / (REVERSION * horizon)
    close = 100.0 * PREMIUM * np.exp(middle + (level - middle) * fading)
    opens = np.concatenate([close[:1], close[:-1]])
    up, down = np.exp(0.02 * np.abs(draw.standard_normal((2, len(level)))))
    return opens, np.maximum(opens, close) * up, np.minimum(opens, close) / down, close


def _smooth(values: Floats, span: int) -> Floats:
    return pl.Series(values).ewm_mean(span=span, adjust=False).to_numpy()


def _cboe(days: list[dt.date], *prices: Floats) -> pl.DataFrame:
    names = ("OPEN", "HIGH", "LOW", "CLOSE")
    return pl.DataFrame(
        {"DATE": _cboe_dates(days), **{name: _fixed(each, 6) for name, each in zip(names, prices, strict=True)}}
    )


def _cboe_dates(days: list[dt.date]) -> list[str]:
    return [f"{day:%m/%d/%Y}" for day in days]


def _fixed(values: Floats, decimals: int) -> list[str]:
    return [f"{value:.{decimals}f}" for value in values.tolist()]
