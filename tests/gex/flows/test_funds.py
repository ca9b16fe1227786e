"""Leveraged funds: the identity of what they trade, creations, funds that are wiped out, the table."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.flows.closing import LAST_HALF_HOUR, done_by
from gex.flows.curve import flow_curve
from gex.flows.fund_table import DEFAULT_FUNDS
from gex.flows.funds import Fund, Rebalancing, fund_frame, rebalancing_usd

DATE = dt.date(2025, 11, 20)


@given(
    st.sampled_from([-3.0, -2.0, -1.0, 1.25, 2.0, 3.0]),
    st.floats(1e6, 1e12),
    st.floats(-0.3, 0.3),
    st.floats(-0.2, 0.2),
)
def test_after_the_trade_the_fund_has_its_multiple_of_its_assets(leverage, aum, r, created) -> None:
    """L A of the index moves with r, the fund is worth A (1 + L r) + c: the trade makes the position L times that."""
    creations, exposure = created * aum, leverage * aum * (1.0 + r)
    worth = aum * (1.0 + leverage * r) + creations
    trade = float(rebalancing_usd(leverage, aum, r, creations))
    assert exposure + trade == pytest.approx(leverage * worth, rel=1e-9, abs=1e-6 * aum)
    plain = float(rebalancing_usd(leverage, aum, r))
    assert plain == pytest.approx(leverage * (leverage - 1.0) * aum * r, rel=1e-12, abs=1e-9)
    assert trade - plain == pytest.approx(leverage * creations, rel=1e-9, abs=1e-6 * aum)


@pytest.mark.parametrize(
    ("leverage", "factor"), [(3.0, 6.0), (2.0, 2.0), (-1.0, 2.0), (-2.0, 6.0), (-3.0, 12.0), (1.0, 0.0)]
)
def test_a_rise_makes_every_fund_buy(leverage: float, factor: float) -> None:
    """$100bn of 3x on +1% buys $6bn; inverse funds buy too."""
    assert float(rebalancing_usd(leverage, 100e9, 0.01)) == pytest.approx(factor * 1e9, rel=1e-12)
    assert float(rebalancing_usd(leverage, 100e9, -0.01)) == pytest.approx(-factor * 1e9, rel=1e-12)


def test_a_fund_that_lost_everything_closes_its_position() -> None:
    """3x after -40%: nothing is left, and 3 A (1 - 0.4) of the index is sold; -3x after +40% buys back 3 A 1.4."""
    assert rebalancing_usd(3.0, 1e9, np.array([-0.4]), 5e8) == pytest.approx([-1.8e9])
    assert rebalancing_usd(-3.0, 1e9, np.array([0.4])) == pytest.approx([4.2e9])
    edge = rebalancing_usd(3.0, 1e9, np.array([-1 / 3 + 1e-12, -1 / 3 - 1e-12]))
    assert edge[0] == pytest.approx(edge[1], rel=1e-9)


def test_an_unknown_return_stays_unknown() -> None:
    found = rebalancing_usd(3.0, 1e9, np.array([np.nan, 0.01]))
    assert np.isnan(found[0])
    assert found[1] == pytest.approx(6e7)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ((0.0, 1e9, 0.01), "leverage"),
        ((math.nan, 1e9, 0.01), "leverage"),
        ((300.0, 1e9, 0.01), "leverage"),
        ((3.0, -1.0, 0.01), "aum_usd"),
        ((3.0, math.inf, 0.01), "aum_usd"),
        ((3.0, 1e9, -1.5), "returns"),
        ((3.0, 1e9, math.inf), "returns"),
        ((3.0, 1e9, 0.01, math.nan), "creations_usd"),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        rebalancing_usd(*arguments)


FUNDS = (
    Fund("UP", "SPX", 3.0, 10e9, DATE, "a page"),
    Fund("DOWN", "SPX", -1.0, 5e9, DATE, "a page"),
    Fund("UNKNOWN", "SPX", -3.0),
)


def test_they_trade_in_the_last_half_hour_counted_from_the_close_before() -> None:
    spots, times = (
        np.array([5940.0, 6000.0, 6060.0]),
        np.array([0.0, 1.0 - LAST_HALF_HOUR, 1.0 - 0.5 * LAST_HALF_HOUR, 1.0]),
    )
    curve = flow_curve([Rebalancing(FUNDS, 6000.0)], spots, times).usd["leveraged_funds"]
    close = np.array([-0.01, 0.0, 0.01]) * (6 * 10e9 + 2 * 5e9)
    assert curve == pytest.approx(np.outer([0.0, 0.0, 0.5, 1.0], close), abs=1e-3)
    created = Rebalancing(FUNDS, 6000.0, {"DOWN": -1e9, "ABSENT": 5e9}).usd(spots, 1.0)
    assert created == pytest.approx(close + 1e9)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: Rebalancing(FUNDS, 0.0), "previous_close"),
        (lambda: Rebalancing((*FUNDS, Fund("Q", "NDX", 3.0)), 6000.0), "one index"),
        (lambda: Rebalancing(FUNDS[2:], 6000.0), "no fund has its assets"),
        (lambda: Rebalancing((), 6000.0), "no fund has its assets"),
        (lambda: Rebalancing(FUNDS, 6000.0, closing=0.0), "closing"),
        (lambda: Fund("X", "SPX", 0.0), "leverage"),
        (lambda: Fund("X", "SPX", 3.0, 1e9), "as_of"),
        (lambda: Fund("X", "SPX", 3.0, None, DATE), "as_of"),
        (lambda: Fund("X", "SPX", 3.0, -1e9, DATE), "aum_usd"),
        (lambda: done_by(0.5, 2.0), "closing"),
    ],
)
def test_funds_that_are_none_are_refused(make, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()


def test_the_table_says_what_each_buys_and_leaves_unknown_assets_null() -> None:
    rows = {row["ticker"]: row for row in fund_frame(FUNDS).iter_rows(named=True)}
    assert rows["UP"]["usd_per_1pct"] == pytest.approx(6e8)
    assert rows["DOWN"]["usd_per_1pct"] == pytest.approx(1e8)
    assert (rows["UNKNOWN"]["aum_usd"], rows["UNKNOWN"]["usd_per_1pct"]) == (None, None)
    assert np.isnan(FUNDS[2].rebalancing_usd(0.01))


def test_the_default_table_has_a_source_and_a_date_for_all_assets() -> None:
    assert len({fund.ticker for fund in DEFAULT_FUNDS}) == len(DEFAULT_FUNDS)
    for fund in DEFAULT_FUNDS:
        assert fund.index in {"SPX", "NDX", "RUT"}
        assert abs(fund.leverage) in {1.0, 2.0, 3.0}
        assert (fund.aum_usd is None) == (fund.source == "")
        assert fund.aum_usd is None or (fund.source.startswith("https://") and 1e7 < fund.aum_usd < 1e11)
    assert {fund.index for fund in DEFAULT_FUNDS if fund.aum_usd} == {"SPX", "NDX", "RUT"}
