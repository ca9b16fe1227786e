"""Bands, ratios, premium and spreads by hand, and what an evening may know."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from daily import history, weekdays

from gex.signals.bands import bands
from gex.signals.credit import credit_speed
from gex.signals.regime import Rules, regime
from gex.signals.term_structure import term_structure
from gex.signals.variance_premium import variance_premium


def series(count=80, seed=3):
    """Return a history of each kind, 80 weekdays long."""
    random = np.random.default_rng(seed)
    spx = 6000.0 * np.exp(np.cumsum(0.012 * random.standard_normal(count)))
    opens = np.concatenate([[6000.0], spx[:-1]])
    ranges = {"open": opens, "high": np.fmax(opens, spx) * 1.004, "low": np.fmin(opens, spx) * 0.995}
    vix = 20.0 + 4.0 * random.standard_normal(count)
    return {
        "SPX": history("SPX", spx, **ranges),
        "VIX": history("VIX", vix),
        "VIX9D": history("VIX9D", vix + random.standard_normal(count)),
        "VIX3M": history("VIX3M", vix + random.standard_normal(count)),
        "VVIX": history("VVIX", 110.0 + 5.0 * random.standard_normal(count)),
        "BAMLH0A0HYM2": history("BAMLH0A0HYM2", 3.0 + 0.3 * np.cumsum(random.standard_normal(count)) / 5),
    }


def later(changed, value):
    """Return a history with one more weekday."""
    last = np.busday_offset(changed.dates[-1], 1).astype(dt.date)
    row = changed.frame.tail(1).with_columns(pl.lit(last).alias("date"), pl.lit(value).alias("close"))
    row = row.with_columns(
        pl.max_horizontal("high", "close").alias("high"), pl.min_horizontal("low", "close").alias("low")
    )
    return replace(changed, frame=pl.concat([changed.frame, row]))


def last_day(histories):
    return histories["VIX"].dates[-1].astype(dt.date)


@pytest.mark.parametrize(
    ("value", "band", "ends"),
    [
        (12.0, "normal", [("raised", "at_or_above", 20.0)]),
        (19.99, "normal", [("raised", "at_or_above", 20.0)]),
        (20.0, "raised", [("stress", "at_or_above", 24.0), ("normal", "below", 20.0)]),
        (24.0, "stress", [("extreme", "at_or_above", 45.0), ("raised", "below", 24.0)]),
        (45.0, "extreme", [("stress", "below", 45.0)]),
    ],
)
def test_a_value_on_an_edge_is_in_the_band_above(value, band, ends):
    found = bands("VIX", weekdays(2), np.array([np.nan, value]))
    assert found.labels() == [None, band]
    assert [(change.to, change.comparison, change.level) for change in found.changes] == ends


@pytest.mark.parametrize(("edges", "names"), [((24.0, 20.0), "abc"), ((20.0, np.nan), "abc"), ((), "a")])
def test_edges_that_do_not_ascend_are_refused(edges, names):
    with pytest.raises(ValueError, match="edges must be finite and ascending"):
        bands("VIX", weekdays(1), np.ones(1), edges, names)


def test_bands_need_a_name_each():
    with pytest.raises(ValueError, match="2 edges make 3 bands, got 2 names"):
        bands("VIX", weekdays(1), np.ones(1), (1.0, 2.0), "ab")


def test_the_term_structure_is_of_the_days_both_have():
    near, far = history("VIX9D", [18.0, 22.0, 20.0]), history("VIX", [20.0, 20.0], start="2020-01-02")
    found = term_structure(near, far)
    assert found.signal.values.tolist() == [1.1, 1.0]
    assert found.labels() == ["backwardation", "contango"], "an even ratio is no backwardation"
    assert [(change.series, change.level, change.given) for change in found.changes] == [
        ("VIX9D", 20.0, "VIX as it is")
    ]


def test_the_premium_is_by_hand():
    """VIX 20 and returns of +-1% and 2% over four days: 400 - 252 (1 + 1 + 4 + 1) / 4 = -41."""
    closes = 100.0 * np.exp(np.cumsum([0.0, 0.01, -0.01, 0.02, 0.01]))
    found = variance_premium(history("VIX", [20.0] * 5), history("SPX", closes), window=4)
    assert np.isnan(found.signal.values[:4]).all()
    assert found.signal.values[4] == pytest.approx(400.0 - 252.0 * 7.0 / 4.0)
    assert found.state == "negative"
    assert found.changes[0].level == pytest.approx((252.0 * 6.0 / 4.0) ** 0.5), "the first return drops out"


def test_credit_speed_is_in_basis_points_and_50_are_not_more_than_50():
    found = credit_speed(history("BAMLH0A0HYM2", [3.0, 3.1, 3.5, 3.61]), over=2)
    assert found.signal.values[2:].tolist() == [50.0, 51.0]
    assert found.labels() == [None, None, "calm", "stress"]
    assert (found.changes[0].comparison, found.changes[0].level) == ("at_or_below", 4.0)


@pytest.mark.parametrize("seed", range(4))
def test_what_would_change_a_state_changes_it(seed):
    """Each level, a little beyond and a little short of it, as the next close."""
    histories = series(seed=seed)
    day = np.busday_offset(np.datetime64(last_day(histories)), 1).astype(dt.date)
    late = np.busday_offset(np.datetime64(day), 1).astype(dt.date)
    told = regime(histories, late)
    checked = 0
    for reading in told.readings:
        for change in reading.changes:
            up = change.comparison in {"above", "at_or_above"}
            for beyond in (True, False):
                value = change.level * (1 + (1e-6 if up is beyond else -1e-6))
                others = {name: later(each, float(each.column()[-1])) for name, each in histories.items()}
                others[change.series] = later(histories[change.series], value)
                after = next(each for each in regime(others, late).readings if each.name == reading.name)
                label = f"{after.state} {after.count} of {after.of}" if after.of else after.state
                assert (change.to in {after.state, label}) is beyond, (reading.name, change, after)
                checked += 1
    assert checked >= 10


@pytest.mark.parametrize(("cut", "seed"), [(25, 0), (40, 1), (57, 2), (70, 3), (78, 4), (79, 5)])
def test_an_evening_knows_nothing_later(cut, seed):
    histories = series(seed=seed)
    day = histories["VIX"].dates[cut].astype(dt.date)
    short = {name: replace(each, frame=each.frame.head(cut + 1)) for name, each in histories.items()}
    full, then = regime(histories, day), regime(short, day)
    assert full.readings == then.readings
    assert full.realized == then.realized
    assert full.series.equals(then.series)


def test_a_spread_is_known_a_weekday_late():
    histories = series()
    found = {each.name: each for each in regime(histories, last_day(histories)).readings}
    assert found["vix_band"].date == last_day(histories)
    assert found["credit_speed"].date == histories["BAMLH0A0HYM2"].dates[-2].astype(dt.date)
    assert not found["credit_speed"].stale


def test_what_is_missing_or_late_is_said():
    histories = series()
    stale = np.busday_offset(np.datetime64(last_day(histories)), 4).astype(dt.date)
    del histories["VIX3M"]
    found = {each.name: each for each in regime(histories, stale).readings}
    assert found["vix_over_vix3m"].reason == "no history of VIX3M"
    assert found["vix_band"].stale
    assert found["vix_band"].reason == f"its last value is of {last_day(histories)}, 4 weekdays before"
    assert not any(each.current for each in found.values())
    before = regime(histories, dt.date(2019, 1, 1))
    assert {each.reason for each in before.readings} >= {"VIX has no value by then", "no history of VIX3M"}
    assert before.series.is_empty()
    few = regime({"SPX": history("SPX", [1.0, 2.0])}, dt.date(2020, 1, 2)).readings
    assert [each.reason for each in few if each.name == "realized_volatility"] == ["2 days of SPX together are too few"]


def test_percentiles_are_of_the_days_before():
    found = regime({"VIX": history("VIX", [*range(1, 31), 15.5])}, weekdays(31)[-1].astype(dt.date))
    band = found.readings[0]
    assert (band.percentile, band.ranked, band.since, band.sessions) == (50.0, 30, band.date, 1)
    few = regime({"VIX": history("VIX", [*range(1, 31)])}, weekdays(30)[-1].astype(dt.date), Rules(at_least=40))
    assert few.readings[0].percentile is None


def test_the_estimators_are_given_where_there_are_ranges():
    histories = series()
    found = regime(histories, last_day(histories)).realized
    assert set(found) == {"close_close", "parkinson", "garman_klass", "rogers_satchell", "yang_zhang"}
    closes = {"SPX": history("SPX", histories["SPX"].column())}
    assert set(regime(closes, last_day(histories)).realized) == {"close_close"}
