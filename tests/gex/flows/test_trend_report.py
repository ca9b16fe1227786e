"""What trend followers would have said on an evening: put together, with reasons for what nobody knows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from daily_series import closes_of

from gex.flows.flow_table import flow_table
from gex.flows.trend import TrendModel, trend_positions
from gex.flows.trend_report import PAST, trend_report
from gex.flows.trend_systems import NEEDED, SYSTEMS, stances
from gex.flows.triggers import Rule
from gex.signals.averages import ema
from gex.signals.realized import ewma

WALK = 5000 * np.exp(np.cumsum(np.random.default_rng(7).normal(0.0003, 0.011, 1600)))
DAYS = np.busday_offset("2015-01-01", np.arange(1600), roll="forward")
MODEL = TrendModel()


def test_the_report_is_made_of_its_parts():
    found = trend_report("SPX", DAYS, WALK)
    held = trend_positions(WALK, MODEL)
    past = held[MODEL.needed - 1 : -1]
    assert (found.as_of, found.closes, found.past) == (DAYS[-1].item(), 1600, len(past))
    assert found.position == held[-1]
    assert found.position_usd == pytest.approx(held[-1] * MODEL.full_size_usd)
    assert found.percentile == pytest.approx(100 * np.mean(past < held[-1]))
    assert found.pivots == pytest.approx(
        {"short": ema(WALK, 38)[-1], "medium": ema(WALK, 121)[-1], "long": ema(WALK, 345)[-1]}
    )
    assert found.volatility == pytest.approx(ewma(WALK, 20 / 21)[-1])
    assert found.flows == flow_table(found.state, MODEL)
    assert (found.fitted, found.reasons, found.warnings) == (True, {}, ())


def test_dollars_are_of_the_index_that_the_fit_is_of():
    other = trend_report("NDX", DAYS, WALK)
    assert (other.flows, other.position_usd, other.stresses, other.fitted) == (None, None, (), False)
    assert set(other.reasons) == {"flows", "position_usd", "stress"}
    given = trend_report("NDX", DAYS, WALK, model=replace(MODEL, full_size_usd=1e9), priced=True)
    assert given.position_usd == pytest.approx(1e9 * given.position)
    assert (given.fitted, given.reasons) == (False, {})
    assert not trend_report("SPX", DAYS, WALK, model=replace(MODEL, target_volatility=0.2)).fitted


def test_a_past_that_is_too_short_ranks_nothing():
    found = trend_report("SPX", DAYS, WALK, window=PAST - 1)
    assert (found.percentile, found.past) == (None, PAST - 1)
    assert found.reasons["percentile"] == "not enough data: 249 earlier positions, 250 needed"
    assert trend_report("SPX", DAYS, WALK, window=PAST).percentile is not None


def test_a_gap_is_told():
    days = DAYS.copy()
    days[-400:] += 30
    (warning,) = trend_report("SPX", days, WALK).warnings
    assert f"from {days[-401]} to {days[-400]}: averages" in warning
    days[-200:] += 30
    assert "and 1 more such gaps" in trend_report("SPX", days, WALK).warnings[0]


def test_a_file_that_is_filled_up_with_its_last_close_is_told():
    stuck = np.append(WALK[:-4], np.full(4, WALK[-5]))
    assert trend_report("SPX", DAYS, stuck).warnings == (
        "the last 5 closes are equal: see whether the file is filled up",
    )
    assert trend_report("SPX", DAYS, np.append(WALK[:-3], np.full(3, WALK[-4]))).warnings == ()
    with pytest.raises(ValueError, match="never move"):
        trend_report("SPX", DAYS, np.full(1600, 100.0))


def test_what_cannot_be_said_is_refused():
    with pytest.raises(ValueError, match="not enough data: 1034 closes, 1035 needed"):
        trend_report("SPX", DAYS[:1034], WALK[:1034])
    assert trend_report("SPX", DAYS[:1035], WALK[:1035]).percentile is None
    with pytest.raises(ValueError, match="1500 closes, 3000 needed"):
        trend_report("SPX", DAYS[:1500], WALK[:1500], rules=[Rule.read("ema:1000")])
    with pytest.raises(ValueError, match="one length"):
        trend_report("SPX", DAYS[1:], WALK)
    with pytest.raises(ValueError, match="ascend"):
        trend_report("SPX", DAYS[::-1], WALK)
    with pytest.raises(ValueError, match=f"need {NEEDED} closes"):
        stances(WALK[: NEEDED - 1])


def test_every_system_stands_where_its_signal_and_volatility_put_it():
    for each in stances(WALK):
        assert each.signal == each.system.signal(WALK)[-1]
        size = min(1.0, each.system.target_volatility / ewma(WALK, 60 / 61)[-1])
        assert each.position == pytest.approx(each.signal * size)
    rising = stances(100 * 1.002 ** np.arange(NEEDED) * (1 + 0.001 * (np.arange(NEEDED) % 2)))
    assert [each.signal for each in rising] == pytest.approx([1.0] * len(SYSTEMS))


@pytest.mark.real
def test_the_evening_before_20_november_2025(data_path):
    """Short-term signals had turned the day after the close fell below 6725.88; the model was a seller on every path but up."""
    dates, closes = (part[-6000:] for part in closes_of(data_path("history", "SPX_History.csv")))

    def evening(day: str):
        count = int(np.searchsorted(dates, np.datetime64(day))) + 1
        return trend_report("SPX", dates[:count], closes[:count])

    before, turned, eve = evening("2025-11-13"), evening("2025-11-17"), evening("2025-11-19")
    assert round(before.pivots["short"], 2) == 6725.88
    assert before.close > before.pivots["short"]
    assert turned.close < turned.pivots["short"]
    assert [each.state for each in eve.triggers[:3]] == [-1, 1, 1]
    assert eve.position < turned.position < before.position
    assert eve.flows["week"]["down"] < eve.flows["week"]["flat"] < 0 < eve.flows["week"]["up"]
    assert round(100 * before.position) == 59
