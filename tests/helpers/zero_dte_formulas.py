"""Today's contracts of a generated chain, and the delta of each written out with SciPy."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
from scipy.special import ndtr

from gex import analyze

TODAY = dt.date(2025, 9, 5)
CLOSE = dt.datetime(2025, 9, 5, 20, 0, tzinfo=dt.UTC)
MINUTES = 525_600.0


def contracts(chain, settings=None, date=TODAY) -> pl.DataFrame:
    """Return the rows of one date with what priced them."""
    return analyze(chain, settings).by_contract.filter(pl.col("expiration") == date)


def delta(rows: pl.DataFrame, spot: float, minutes_left: float, vol: float = 0.0) -> np.ndarray:
    """Return each contract's delta by the textbook formula; at the expiry the slope of its payoff."""
    strike, is_call = rows["strike"].to_numpy(), (rows["option_type"] == "C").to_numpy()
    if minutes_left <= 0:
        above = np.heaviside(spot - strike, 0.5)
        return np.where(is_call, above, above - 1.0)
    rate = -np.log(rows["discount"].to_numpy()) / rows["years"].to_numpy()
    carry = np.log(rows["forward"].to_numpy() / rows["spot"].to_numpy()) / rows["years"].to_numpy()
    years = minutes_left / MINUTES
    w = (rows["sigma"].to_numpy() + vol) * np.sqrt(years)
    d1 = (np.log(spot / strike) + carry * years) / w + 0.5 * w
    return np.exp((carry - rate) * years) * np.where(is_call, ndtr(d1), ndtr(d1) - 1.0)


def units(rows: pl.DataFrame) -> np.ndarray:
    return rows["position"].to_numpy() * rows["multiplier"].to_numpy()
