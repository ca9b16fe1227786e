"""Histories side by side: nothing before it was published, nothing after it has gone stale."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from daily_series import history
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.signals.panel import LASTS, Panel, aligned, release_lag

DAY = np.datetime64("2024-01-01")
DAYS = DAY + np.arange(100)


def gappy(most: int = 30) -> st.SearchStrategy[np.ndarray]:
    return st.lists(st.integers(0, 300), unique=True, max_size=most).map(
        lambda days: DAY + np.array(sorted(days), dtype=int)
    )


def test_a_value_is_taken_from_the_day_it_was_published() -> None:
    months = np.array(["2023-10-01", "2023-11-01", "2023-12-01", "2024-01-01", "2024-02-01"], dtype="datetime64[D]")
    rate = history(months, np.array([3.6, 3.7, 3.8, 3.9, 4.0]), "UNRATE")
    found = Panel(history(DAYS, np.ones(100)), {"UNRATE": rate}).column("UNRATE")
    changes = np.flatnonzero(np.diff(found)) + 1
    # Forty days after the months' first: 10 January, 10 February and 12 March.
    assert found[0] == 3.7
    assert DAYS[changes].astype(str).tolist() == ["2024-01-10", "2024-02-10", "2024-03-12"]
    own = Panel(history(DAYS, np.ones(100)), {"UNRATE": rate}, lags={"UNRATE": 0}).column("UNRATE")
    assert own[0] == 3.9


def test_a_figure_dated_by_its_period_is_not_known_on_its_first_day() -> None:
    months = np.arange("2023-08", "2024-04", dtype="datetime64[M]").astype("datetime64[D]")
    prices = history(months, np.arange(8.0), "CPIAUCSL")
    main = history(DAYS, np.ones(100))
    # November's is out 62 days after 1 November, December's 62 after its own first.
    found = Panel(main, {"CPIAUCSL": prices}).column("CPIAUCSL")
    changes = np.flatnonzero(np.diff(found)) + 1
    assert found[0] == 2.0
    assert DAYS[changes].astype(str).tolist() == ["2024-01-02", "2024-02-01", "2024-03-03", "2024-04-03"]
    given = Panel(main, {"CPIAUCSL": prices}, lags={"CPIAUCSL": 0}).column("CPIAUCSL")
    assert given[0] == 5.0


@pytest.mark.parametrize(
    ("name", "dates", "lag"),
    [
        ("GDP", ["2023-07-01", "2023-10-01", "2024-01-01"], 124),
        ("UNRATE", ["2023-10-01", "2023-11-01"], 40),
        ("ISM", ["2023-10-02", "2023-11-01"], 0),
        ("VVIX", ["2023-10-01", "2023-10-02"], 0),
        ("ONE", ["2023-10-01"], 0),
        ("NONE", [], 0),
    ],
)
def test_the_lag_of_a_series_that_gives_none(name: str, dates: list[str], lag: int) -> None:
    assert release_lag(name, np.array(dates, dtype="datetime64[D]")) == lag


@settings(max_examples=25)
@given(gappy(), gappy(), st.integers(0, 60), st.none() | st.integers(0, 60))
def test_each_day_has_the_last_value_published_by_then(days, dated, lag, lasts) -> None:
    values = np.arange(len(dated), dtype=float)
    main = history(days, np.ones(len(days)), "SPX")
    panel = Panel(main, {"X": history(dated, values, "X")}, {"X": lag}, {} if lasts is None else {"X": lasts})
    for day, found in zip(days.astype(int), panel.column("X"), strict=True):
        past = [
            (int(each) + lag, value) for each, value in zip(dated.astype(int), values, strict=True) if each + lag <= day
        ]
        if np.isnan(found):
            assert not past or day - past[-1][0] > (LASTS if lasts is None else lasts)
        else:
            assert found == past[-1][1]


@settings(max_examples=25)
@given(gappy(), gappy(), st.integers(0, 300))
def test_values_to_come_change_no_day_before(days, dated, end) -> None:
    values = np.arange(len(dated), dtype=float)
    known = dated <= DAY + end
    before = days <= DAY + end
    found = aligned(days[before], dated[known], values[known])
    np.testing.assert_array_equal(found, aligned(days, dated, values)[before])


def test_a_daily_series_goes_stale_and_a_monthly_one_lasts_to_the_next() -> None:
    daily = history(DAYS[:20], np.arange(20.0), "VIX")
    monthly = history(DAY + 30 * np.arange(4), np.arange(4.0), "M")
    panel = Panel(history(DAYS, np.ones(100)), {"VIX": daily, "M": monthly})
    np.testing.assert_array_equal(np.isnan(panel.column("VIX")), np.arange(100) >= 20 + LASTS)
    # The first of a series has no gap before it, by which it would be known for rare.
    np.testing.assert_array_equal(np.isnan(panel.column("M")), (np.arange(100) > LASTS) & (np.arange(100) < 30))


def test_histories_are_read_when_asked_for() -> None:
    class Files(dict):
        def __missing__(self, name):
            raise AssertionError(f"{name} was read")

        def __iter__(self):
            return iter(("VIX", "VVIX"))

        def __contains__(self, name):
            return name in {"VIX", "VVIX"}

    panel = Panel(history(DAYS, np.ones(100)), Files(), {"VIX": 0})
    assert panel.names == ("SPX", "VIX", "VVIX")
    assert panel.column("SPX").sum() == 100


def test_the_panel_of_an_evening_knows_no_later_day() -> None:
    panel = Panel(history(DAYS, np.arange(100.0))).until(dt.date(2024, 1, 10))
    assert len(panel) == 10
    assert panel.column("SPX")[-1] == 9.0


def test_what_is_wrong_is_named() -> None:
    main, vix = history(DAYS, np.ones(100)), history(DAYS, np.ones(100), "VIX")
    with pytest.raises(ValueError, match="lags: no series is called 'VVIX'"):
        Panel(main, {"VIX": vix}, {"VVIX": 1})
    with pytest.raises(ValueError, match="VIX must be 0 or more, got -1"):
        Panel(main, {"VIX": vix}, {"VIX": -1})
    with pytest.raises(TypeError, match="whole number, got"):
        Panel(main, {"VIX": vix}, lasts={"VIX": 1.5})
    with pytest.raises(ValueError, match="VIX has no volume"):
        Panel(main, {"VIX": vix}).column("VIX", "volume")
    with pytest.raises(ValueError, match="column must be one of"):
        Panel(main).column("SPX", "adjusted")
    with pytest.raises(KeyError, match="VVIX"):
        Panel(main).column("VVIX")
