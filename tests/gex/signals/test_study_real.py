"""Event studies of real histories: figures computed once elsewhere, and the press's where there are any."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from gex.ingest.daily import read_daily
from gex.signals.expression import evaluate
from gex.signals.panel import Panel
from gex.signals.study import study

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.signals.study import Study

pytestmark = pytest.mark.real
LAST = np.datetime64("2025-11-17")


@pytest.fixture(scope="module", name="panel")
def _panel(data_path: Callable[..., Path]) -> Panel:
    """The S&P 500 since 1927, VVIX beside it."""
    spx, vvix = (read_daily(data_path("history", f"{name}_History.csv")) for name in ("SPX", "VVIX"))
    return Panel(spx, {"VVIX": vvix})


def studied(panel: Panel, when: str, since: str, until: np.datetime64 = LAST, **options: object) -> Study:
    inside = (panel.dates >= np.datetime64(since)) & (panel.dates <= until)
    closes, events = panel.main.column("close"), evaluate(when, panel)
    return study(panel.dates, closes, events, sample=inside, resamples=200, **options)


@pytest.mark.parametrize(("entry", "median", "hit"), [("signal", 0.0849, 0.698), ("next", 0.0834, 0.696)])
def test_after_falls_below_the_fifty_day_average(panel: Panel, entry: str, median: float, hit: float) -> None:
    """MarketWatch counted 579 to November 2025 and +8.45%."""
    found = studied(panel, "crosses_below(close, sma(close, 50))", "1950-01-01", entry=entry)
    *_, year = found.horizons
    assert (found.signals, year.dropped) == (584, 1)
    assert year.events.median == pytest.approx(median, abs=5e-5)
    assert year.events.hit_rate == pytest.approx(hit, abs=5e-4)
    assert year.events.effective == pytest.approx(63.6, abs=0.1)
    assert year.base.hit_rate == pytest.approx(0.7456, abs=5e-5)
    # Of five horizons looked at: alone, its p of 0.02 to 0.03 would have passed for a find.
    assert (year.difference.p < 0.03, year.p_holm > 0.1) == (True, True)
    assert year.verdict == "not seen to differ from any day; the bootstrap alone sees a difference"


def test_after_falls_in_a_good_year(panel: Panel) -> None:
    """Close to MarketWatch's half of them and +8.2%: what twelve months are moves the count by a few."""
    when = "crosses_below(close, sma(close, 50)) and pct(close, 252) >= 10"
    (year,) = studied(panel, when, "1950-01-01", entry="signal", horizons=(252,)).horizons
    assert year.signals == pytest.approx(285, abs=2)
    assert year.events.median == pytest.approx(0.085, abs=1e-3)


@pytest.mark.parametrize(("closes", "signals", "cooled"), [(1, 132, 40), (3, 58, 28), (5, 43, 23), (7, 32, 18)])
def test_vvix_stays_above_110(panel: Panel, closes: int, signals: int, cooled: int) -> None:
    when, end = f"streak(VVIX > 110) == {closes}", panel.dates[-1]
    every = studied(panel, when, "2006-06-01", end, entry="signal", horizons=(126, 252))
    half, year = every.horizons
    some = studied(panel, when, "2006-06-01", end, horizons=(63,), overlap="cooldown")
    assert (every.signals, some.horizons[0].signals) == (signals, cooled)
    if closes == 5:
        assert [half.events.median, year.events.median] == pytest.approx([0.0958, 0.1323], abs=5e-5)
        assert (year.events.hits, year.events.n) == (30, 41)
        assert (year.base.median, year.base.hit_rate) == (
            pytest.approx(0.1287, abs=5e-5),
            pytest.approx(0.797, abs=5e-4),
        )
        assert year.verdict == "not enough data: n = 41, worth 7.0 that do not overlap"


def test_after_two_days_of_november_2025(panel: Panel) -> None:
    days = np.isin(panel.dates, np.array(["2025-11-17", "2025-11-21"], "datetime64[D]"))
    found = study(
        panel.dates, panel.main.column("close"), days, horizons=(5, 21, 63, 126), entry="signal", resamples=100
    )
    returns = found.events["return"].to_numpy().reshape(4, 2)
    assert returns[:, 0] == pytest.approx([0.0049, 0.0073, 0.0284, 0.1140], abs=5e-5)
    assert returns[:, 1] == pytest.approx([0.0317, 0.0465, 0.0520, 0.1389], abs=5e-5)


@pytest.mark.parametrize(("start", "hits", "n", "low"), [("1950-01-01", 4, 4, 0.398), ("1927-01-01", 4, 5, 0.284)])
def test_a_hundred_and_thirty_nine_days_above_the_average(
    panel: Panel, start: str, hits: int, n: int, low: float
) -> None:
    """A history cut off at 1950 loses the run that ended in June 1950 and had begun before: the one that fell after."""
    import polars as pl

    frame = panel.main.frame.filter(pl.col("date") >= pl.lit(start).str.to_date())
    days, closes = frame["date"].to_numpy(), frame["close"].to_numpy()
    mean = np.convolve(closes, np.ones(50) / 50, "valid")
    run, events = 0, np.zeros(len(closes), dtype=bool)
    for place, above in enumerate(closes[49:] > mean, 49):
        run = run + 1 if above else 0
        events[place] = run == 139
    sample = days >= np.datetime64("1950-01-01")
    (quarter,) = study(days, closes, events, sample=sample, horizons=(63,), entry="signal", resamples=100).horizons
    assert (quarter.events.hits, quarter.events.n) == (hits, n)
    assert quarter.events.exact[0] == pytest.approx(low, abs=5e-4)
    assert quarter.verdict == f"not enough data: n = {n}"
