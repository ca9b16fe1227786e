"""Levels in a future's points: the factor against the forwards the chain was made with, and by a basis."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest

from gex.analysis import priced
from gex.futures import futures_points
from gex.settings import Settings

RATE_LESS_DIVIDEND = 0.04 - 0.013
YEARS = (14 * 1440 - 30) / 525_600
"""From Friday 5 September 2025, 10:00, to Friday 19 September, 9:30 New York."""


@pytest.fixture(name="market", scope="module")
def _market(make_chain):
    dates = [dt.date(2025, 9, day) for day in (5, 12, 26)] + [dt.date(2026, 1, 16)]
    return priced(make_chain(dates, np.arange(6000.0, 7001.0, 50.0)), Settings()).market


def test_the_factor_is_forward_over_spot(market) -> None:
    """September's future expires between two listed expirations; their carry a year is the same."""
    points = futures_points(market, "SPX", "ES")
    assert (points.future, points.expiration, points.source) == ("ESU5", dt.date(2025, 9, 19), "parity")
    assert points.factor == pytest.approx(math.exp(RATE_LESS_DIVIDEND * YEARS), rel=1e-6)
    assert points.at(6500.0) == pytest.approx(6506.72, abs=0.01)
    assert points.on_tick(6500.0) == 6506.75
    december = futures_points(market, "SPX", "esz25")
    assert (december.future, december.expiration) == ("ESZ5", dt.date(2025, 12, 19))
    assert december.factor == pytest.approx(math.exp(RATE_LESS_DIVIDEND * (105 * 1440 + 30) / 525_600), rel=1e-5)


def test_a_basis_is_added(market) -> None:
    points = futures_points(market, "SPX", "MES", basis=-3.5)
    assert (points.at(6500.0), points.source, points.text) == (
        6496.5,
        "given",
        "MESU5 points: level -3.5 (basis given)",
    )


def test_a_tenth_of_the_index_is_tenfold(market) -> None:
    assert futures_points(market, "XSP", "ES", basis=5.0).at(650.0) == 6505.0


@pytest.mark.parametrize(
    ("underlying", "code", "says"),
    [
        ("SPX", "NQ", "NQ follows NDX, and these options are on SPX"),
        ("SPY", "ES", "ES follows SPX, and these options are on SPY"),
        ("SPX", "ESF5", "no future is known by 'ESF5'"),
        ("SPX", "ESM5", "the future of June 2025 has expired"),
    ],
)
def test_what_cannot_be_converted_says_why(market, underlying: str, code: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        futures_points(market, underlying, code)
