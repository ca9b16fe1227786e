"""Bulk volume classification: against closed forms, an integral, and bars worked by hand."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from side_rules import START, drawn, tape

from gex.microstructure.bulk import bought_share, bulk

if TYPE_CHECKING:
    from collections.abc import Callable

Z = [-30.0, -2.0, -0.5, 0.0, 0.1, 1.0, 7.0]


@pytest.mark.parametrize(
    ("degrees", "distribution"),
    [
        (None, lambda z: 0.5 * math.erfc(-z / math.sqrt(2))),
        (1.0, lambda z: 0.5 + math.atan(z) / math.pi),
        (2.0, lambda z: 0.5 + z / (2 * math.sqrt(2 + z * z))),
    ],
)
def test_the_share_is_a_distribution_function(degrees: float | None, distribution: Callable[[float], float]) -> None:
    share = bought_share(0.05 * np.array(Z), 0.05, degrees)
    np.testing.assert_allclose(share, [distribution(z) for z in Z], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("z", [-2.0, 0.5, 3.0])
def test_students_t_of_a_quarter_degree(z: float) -> None:
    """Integrated from its density, with 30 digits."""
    with mp.workdps(30):
        v = mp.mpf("0.25")
        scale = mp.gamma((v + 1) / 2) / (mp.sqrt(v * mp.pi) * mp.gamma(v / 2))
        exact = mp.mpf("0.5") + mp.quad(lambda t: scale * (1 + t * t / v) ** (-(v + 1) / 2), [0, z])
    assert bought_share(z, 1.0) == pytest.approx(float(exact), rel=1e-9)


def test_what_is_not_known_is_half() -> None:
    np.testing.assert_array_equal(bought_share([np.nan, 1.0, 1.0, np.inf], [1.0, 0.0, np.nan, 1.0]), 0.5)


def row(seconds: float, price: float, size: int = 10, **other: Any) -> dict[str, Any]:
    return {"trade_time": START + dt.timedelta(seconds=seconds), "price": price, "size": size, **other}


def test_bars_of_time_of_two_contracts() -> None:
    put = {"option_type": "P"}
    rows = [row(0, 5.0), row(1, 9.0, **put), row(30, 5.2), row(60, 5.3, 30), row(61, 9.5, **put), row(200, 5.1)]
    found = bulk(tape(rows), every=dt.timedelta(minutes=1), degrees=None)
    assert found.first.tolist() == [0, 3, 5, 1, 4]
    assert found.trades.tolist() == [2, 1, 1, 1, 1]
    assert found.volume.tolist() == [20, 30, 10, 10, 10]
    np.testing.assert_allclose(found.change, [np.nan, 0.1, -0.2, np.nan, 0.5], atol=1e-12)
    # Of the call: the changes 0.1 and -0.2, weighted 3 to 1, have mean 0.025 and variance 0.75 x 0.25 x 0.3^2.
    deviation = 0.3 * math.sqrt(0.75 * 0.25)
    expected = [0.5, *(0.5 * math.erfc(-x / deviation / math.sqrt(2)) for x in (0.1, -0.2)), 0.5, 0.5]
    np.testing.assert_allclose(found.bought, expected, rtol=1e-12)
    np.testing.assert_allclose(found.signed_volume, found.volume * (2 * np.array(expected) - 1))


def test_bars_of_volume_end_with_the_trade_that_fills_them() -> None:
    rows = [row(i, 5.0 + 0.1 * i, size) for i, size in enumerate([4, 6, 25, 1, 9, 3])]
    found = bulk(tape(rows), volume=10)
    assert found.first.tolist() == [0, 2, 3, 5]
    assert found.volume.tolist() == [10, 25, 10, 3]


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 99), volume=st.integers(1, 60), degrees=st.sampled_from([None, 0.25, 3.0]))
def test_no_volume_is_lost_and_a_mirror_swaps_buying_and_selling(seed: int, volume: int, degrees: float | None) -> None:
    trades = drawn(seed, 200)
    found = bulk(trades, volume=volume, degrees=degrees)
    assert found.volume.sum() == trades["size"].sum()
    assert found.trades.sum() == len(trades)
    mirrored = bulk(trades.with_columns(price=10.0 - pl.col("price")), volume=volume, degrees=degrees)
    np.testing.assert_allclose(mirrored.bought, 1.0 - found.bought, atol=1e-9)


def test_prices_that_rise_were_bought() -> None:
    rows = [row(60 * i, 5.0 + 0.01 * i * i) for i in range(30)]
    assert (bulk(tape(rows), every=dt.timedelta(minutes=1)).bought[1:] > 0.5).all()


def test_a_tape_without_trades_has_no_bars() -> None:
    assert bulk(tape([]), volume=10).volume.shape == (0,)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({}, "either every, a time, or volume"),
        ({"volume": 1, "every": dt.timedelta(1)}, "either every, a time, or volume"),
        ({"volume": 0}, "volume must be"),
        ({"volume": float("nan")}, "volume must be"),
        ({"every": dt.timedelta(0)}, "every must be"),
        ({"volume": 1, "degrees": 0.0}, "degrees of freedom"),
        ({"volume": 1, "degrees": float("nan")}, "degrees of freedom"),
    ],
)
def test_bars_that_make_no_sense_are_refused(asked: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bulk(tape([row(0, 5.0)]), **asked)
