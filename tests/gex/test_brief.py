"""Sections of a brief by hand, what an evening may know, and what is said where it knows too little."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from daily import history

from gex.brief import brief
from gex.brief_confluence import confluences
from gex.brief_sections import averages, extremes, leveraged_funds, months, volatility_control
from gex.brief_trend import trend_followers
from gex.flows.funds import Fund
from gex.flows.trend_report import trend_report

START = "2019-01-01"


def walk(count, seed=1):
    """Return an index of so many weekdays."""
    random = np.random.default_rng(seed)
    return history("SPX", 3000.0 * np.exp(np.cumsum(0.01 * random.standard_normal(count))), start=START)


def by_name(section):
    return {figure.name: figure for figure in section.figures}


def test_an_average_tells_the_side_the_run_and_what_it_ended():
    """29 closes going up, then two far below."""
    found = by_name(averages(history("SPX", [*range(100, 129), 50.0, 51.0])))
    assert found["sma_20"].value == pytest.approx((sum(range(111, 129)) + 101) / 20)
    assert found["sma_20"].says == "close 54.7% below for 2 sessions, after 10 above"
    assert set(found) == {"sma_20"}, "31 closes make no average of 50"
    assert averages(history("SPX", [1.0] * 5)).reason == "5 closes make no average of 20"


def test_extremes_and_round_numbers():
    found = by_name(extremes(history("SPX", [6000.0, 6890.0, 6538.0])))
    assert found["highest_close"].value == 6890.0
    assert found["highest_close"].says == "on 2020-01-02; +5.4% from the close"
    assert [found[name].value for name in ("round_above", "round_below")] == [6600.0, 6500.0]
    assert "lowest_close_of_a_year" not in found
    assert by_name(extremes(walk(300)))["lowest_close_of_a_year"].value == walk(300).column()[-252:].min()


def test_funds_trade_with_the_move_and_assets_of_tomorrow_are_unknown():
    """3 x 2 x $1bn on +1% is $60mm; an inverse fund of -1 times is 2 x $0.5bn, $10mm."""
    day = dt.date(2020, 1, 2)
    funds = (
        Fund("BULL", "SPX", 3.0, 1e9, day),
        Fund("BEAR", "SPX", -1.0, 0.5e9, dt.date(2019, 12, 1)),
        Fund("LATER", "SPX", 3.0, 9e9, dt.date(2020, 1, 3)),
        Fund("OLD", "SPX", 3.0, 9e9, dt.date(2018, 12, 1)),
        Fund("OTHER", "NDX", 3.0, 9e9, day),
    )
    section = leveraged_funds(history("SPX", [100.0, 98.0]), funds, day)
    found = by_name(section)
    assert found["per_1pct"].value == pytest.approx(70e6)
    assert found["traded_at_the_close"].value == pytest.approx(-140e6)
    assert found["assets"].value == 1.5e9
    assert found["per_1pct"].says.endswith("BULL BEAR; unknown assets: LATER OLD")
    assert "no fund on SPX" in (leveraged_funds(history("SPX", [100.0, 98.0]), funds[2:], day).reason or "")


def test_volatility_control_tells_the_trade_decided_tonight():
    """Sixty days of 1% moves, then 2%: from 10% / 15.9% to less; a fall of 3% makes it less still."""
    steady = 100.0 * np.exp(np.cumsum([0.0, *([0.01, -0.01] * 31), 0.02]))
    found = by_name(volatility_control(history("SPX", steady)))
    assert found["exposure"].value == pytest.approx(0.10 / (0.01 * 252**0.5))
    rv20 = ((19 * 0.01**2 + 0.02**2) / 20 * 252) ** 0.5
    assert found["next_trade"].value == pytest.approx(100 * (0.10 / rv20 - found["exposure"].value))
    assert found["after_minus_3pct"].value < 0
    assert volatility_control(history("SPX", steady[:60])).reason == "60 closes, 62 needed"


def test_months_need_ten_of_them():
    assert months(walk(700), dt.date(2021, 5, 3)).reason == "fewer than 10 such months"
    found = months(walk(3300), dt.date(2030, 12, 3))
    assert [figure.name for figure in found.figures] == ["december", "january"]


def test_a_brief_knows_nothing_later():
    whole = walk(1300)
    day = whole.dates[1200].astype(dt.date)
    short = replace(whole, frame=whole.frame.head(1201))
    full, then = (brief({"SPX": each}, day) for each in (whole, short))
    assert full.sections == then.sections
    assert (full.close, full.return_pct, full.date) == (then.close, then.return_pct, day)


@pytest.mark.parametrize(
    ("histories", "day", "reason"),
    [
        ({}, "2020-01-01", "no history of SPX"),
        ({"SPX": walk(5)}, "2018-01-01", "SPX has no value by then"),
        ({"SPX": walk(5)}, "2019-01-14", "the last close of SPX is of 2019-01-07, 5 weekdays before"),
    ],
)
def test_without_prices_every_section_says_why(histories, day, reason):
    found = brief(histories, dt.date.fromisoformat(day))
    assert {section.reason for section in found.sections} == {reason, "no chain: give --chain SOURCE"}
    assert (found.close, found.says_something) == (None, False)


def test_levels_of_two_kinds_that_lie_together():
    """A close of 105 for a year, then 101 and 103: the averages lie at 105, and the year's high with them."""
    section = confluences(history("SPX", [*[105.0] * 260, 101.0, 103.0]), None)
    first = section.figures[0]
    assert first.value == pytest.approx(105.0, abs=0.2)
    assert {"sma_200", "high_252", "peak"} <= set(first.says.split())
    assert first.says.startswith("+1.9%: ")
    alone = confluences(history("SPX", [3000.0, 3350.0]), None)
    assert alone.reason == "no levels of two kinds within 0.25% of each other and 5% of the close"


def test_trend_followers_by_their_own_report():
    prices = walk(1300)
    found = by_name(trend_followers(prices))
    report = trend_report("SPX", prices.dates, prices.column())
    assert found["pivot_long"].value == report.pivots["long"]
    assert found["position"].value == report.position
    assert found["month_down"].value == report.flows["month"]["down"]
    near = [each.next_close for each in report.triggers if each.in_reach and each.state > 0]
    assert found["turns_short"].value == max(price for price in near if price <= report.close)
    others = by_name(trend_followers(replace(prices, name="NDX")))
    assert "month_down" not in others, "sizes are fitted to SPX alone"
    assert trend_followers(walk(50)).reason == "not enough data: 50 closes, 1035 needed"
