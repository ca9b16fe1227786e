"""The loop that gamma-exposure scripts share (Perfiliev's first): at each of 60 spots, gamma of the whole chain again.

Written anew from its description: the vendor's volatility, 262 days a year, no rates, calls held and puts owed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
from scipy.stats import norm

if TYPE_CHECKING:
    from pathlib import Path

SPOTS = 60
MULTIPLIER = 100.0
DAYS = 262.0
COLUMNS = ("strike", "option_type", "expiration", "implied_volatility", "open_interest", "quote_date", "spot")


def book(path: Path) -> pd.DataFrame:
    """Read what the loop needs of a stored chain."""
    frame = pd.DataFrame(pl.read_parquet(path, columns=list(COLUMNS)).to_dict(as_series=False))
    days = np.busday_count(frame["quote_date"].to_numpy("datetime64[D]"), frame["expiration"].to_numpy("datetime64[D]"))
    frame["years"] = np.maximum(days, 1) / DAYS
    frame["sign"] = np.where(frame["option_type"] == "C", 1.0, -1.0)
    return frame[(frame["implied_volatility"] > 0) & (frame["open_interest"] > 0)]


def ladder(frame: pd.DataFrame, number: int = SPOTS) -> np.ndarray:
    return np.linspace(0.8, 1.2, number) * float(frame["spot"].iloc[0])


def row_by_row(frame: pd.DataFrame, spots: np.ndarray) -> np.ndarray:
    """Return the profile by a function called for each row: `DataFrame.apply`, as the script has it."""
    return np.array([frame.apply(_of_row, axis=1, spot=spot).sum() for spot in spots])


def _of_row(row: pd.Series, spot: float) -> float:
    spread = row["implied_volatility"] * np.sqrt(row["years"])
    d1 = np.log(spot / row["strike"]) / spread + 0.5 * spread
    gamma = norm.pdf(d1) / (spot * spread)
    return row["sign"] * row["open_interest"] * MULTIPLIER * spot * spot * 0.01 * gamma


def in_pandas(frame: pd.DataFrame, spots: np.ndarray) -> np.ndarray:
    """Return the profile by columns of the table."""
    profile = []
    for spot in spots:
        spread = frame["implied_volatility"] * np.sqrt(frame["years"])
        d1 = np.log(spot / frame["strike"]) / spread + 0.5 * spread
        gamma = norm.pdf(d1) / (spot * spread)
        profile.append((frame["sign"] * frame["open_interest"] * MULTIPLIER * spot * spot * 0.01 * gamma).sum())
    return np.array(profile)


def in_numpy(frame: pd.DataFrame, spots: np.ndarray) -> np.ndarray:
    """Return the profile by arrays, what is the same for all spots computed once."""
    names = ("strike", "years", "implied_volatility", "sign", "open_interest")
    strike, years, sigma, sign, held = (frame[name].to_numpy(np.float64) for name in names)
    spread, weight = sigma * np.sqrt(years), sign * held * MULTIPLIER * 0.01 / np.sqrt(2.0 * np.pi)
    profile = []
    for spot in spots:
        d1 = np.log(spot / strike) / spread + 0.5 * spread
        profile.append(spot * np.sum(weight * np.exp(-0.5 * d1 * d1) / spread))
    return np.array(profile)


def crossing(spots: np.ndarray, profile: np.ndarray) -> float:
    """Return the spot at which the profile changes its sign, nearest to the middle."""
    places = np.flatnonzero(np.diff(np.sign(profile)))
    at = spots[places] - profile[places] * np.diff(spots)[places] / np.diff(profile)[places]
    return float(at[np.argmin(np.abs(at - spots.mean()))])
