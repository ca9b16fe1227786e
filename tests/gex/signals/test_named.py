"""The library of named signals: every one can be worked out, and those on public data have their known figures."""

from __future__ import annotations

import numpy as np
import pytest
from daily_series import history, history_of

from gex.signals.dated import series_needed, signal_of
from gex.signals.expression import evaluate
from gex.signals.named import LIBRARY, NAMED, Named
from gex.signals.panel import Panel
from gex.signals.syntax import ExpressionError

DAYS = np.arange("2022-01-01", "2024-01-01", dtype="datetime64[D]")
PUBLIC = {
    "SPX": "SPX_History.csv",
    "VIX": "VIX_History.csv",
    "VIX9D": "VIX9D_History.csv",
    "VIX3M": "VIX3M_History.csv",
    "VVIX": "VVIX_History.csv",
    "UNRATE": "fred_UNRATE.csv",
    "BAMLH0A0HYM2": "fred_BAMLH0A0HYM2.csv",
}


@pytest.mark.parametrize("named", LIBRARY, ids=lambda each: each.name)
def test_every_signal_can_be_worked_out_once_its_series_are_there(named) -> None:
    rng = np.random.default_rng(7)
    prices = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, len(DAYS))))
    series = {name: history(DAYS, prices + rng.uniform(0, 9), name) for name in series_needed(named.expression)}
    panel = Panel(history(DAYS, prices), series)
    signal = signal_of(named, panel)
    assert signal.values.shape == DAYS.shape
    assert not np.isnan(signal.values[-1])
    assert named.expression in signal.definition
    assert (evaluate(named.name, panel).dtype == bool) == (named.unit == "condition")
    for name in series:
        with pytest.raises(ExpressionError, match=f"nothing is called '{name}'"):
            evaluate(named.name, Panel(panel.main, {other: each for other, each in series.items() if other != name}))


def test_names_are_each_given_once() -> None:
    assert len(NAMED) == len(LIBRARY)


def test_series_that_an_expression_needs() -> None:
    assert series_needed("close > 5") == ()
    assert series_needed("VIX.high > VVIX or sahm_recession") == ("VIX", "VVIX", "UNRATE")
    assert series_needed('series("BRK.B", "high") > 5 and VIX > series("BRK.B")') == ("BRK.B", "VIX")
    assert series_needed("a", {"a": Named("a", "a + VIX", "", "")}) == ("VIX",)
    # Each signal is looked into once, however often others use it.
    chain = {"s0": Named("s0", "VIX", "", "")} | {
        f"s{n}": Named(f"s{n}", f"s{n - 1} + s{n - 1}", "", "") for n in range(1, 2000)
    }
    assert series_needed("s1999", chain) == ("VIX",)


@pytest.fixture(scope="module", name="panel")
def _panel(data_path) -> Panel:
    folder = data_path("history")
    found = {name: history_of(folder / file, name) for name, file in PUBLIC.items()}
    return Panel(found.pop("SPX"), found)


def value(panel: Panel, text: str, day: str) -> float:
    return float(evaluate(text, panel)[panel.dates == np.datetime64(day)][0])


@pytest.mark.real
def test_the_sahm_rule_fired_in_three_recessions_and_twice_without(panel) -> None:
    fired = panel.dates[evaluate("started(sahm_recession)", panel)].astype("datetime64[M]").astype(str).tolist()
    assert [month[:4] for month in fired] == ["2001", "2003", "2008", "2020", "2024"]
    own = panel.alone("UNRATE")
    months = dict(zip(own.dates.astype(str), evaluate("sahm_rule", own), strict=True))
    assert months["2024-07-01"] == 0.5
    assert months["2024-08-01"] == pytest.approx(0.57)
    assert months["2020-04-01"] == pytest.approx(4.0)


@pytest.mark.real
def test_what_the_sahm_rule_needed_to_fire(panel) -> None:
    """A note of November 2025 has 4.1% before and 4.55% now."""
    own = panel.alone("UNRATE")
    triggers = dict(zip(own.dates.astype(str), evaluate("sahm_trigger", own), strict=True))
    assert triggers["2024-08-01"] == pytest.approx(4.1)
    assert triggers["2025-07-01"] == pytest.approx(4.567, abs=5e-4)


@pytest.mark.real
def test_no_day_knows_of_a_month_before_its_figure_was_out(panel) -> None:
    """July 2024, 4.3% at first and 4.2% as revised, came on 2 August; by the lag of forty days it is there on the 10th."""
    assert value(panel, "UNRATE", "2024-08-09") == 4.1
    assert value(panel, "UNRATE", "2024-08-12") == 4.2
    assert value(panel, "sahm_rule", "2024-08-12") == 0.5


@pytest.mark.real
def test_figures_of_20_november_2025(panel) -> None:
    assert value(panel, "backwardation", "2025-11-20") == 1
    assert value(panel, "term_ratio", "2025-11-20") == pytest.approx(1.0256, abs=1e-4)
    assert value(panel, "near_term_ratio", "2025-11-20") == pytest.approx(0.9974, abs=1e-4)
    assert value(panel, "streak_50", "2025-11-20") == 0
    assert value(panel, "vvix_above_110", "2025-11-20") == 4
    assert value(panel, "vvix_persistent", "2025-11-21") == 1
    closes = panel.column("SPX")[panel.dates <= np.datetime64("2025-11-20")][-22:]
    realized = 252 * np.var(np.diff(np.log(closes)), ddof=1)
    assert value(panel, "variance_premium", "2025-11-20") == pytest.approx(26.42**2 - 1e4 * realized)


@pytest.mark.real
def test_credit_spreads_did_not_widen_by_55_bp_in_a_month_in_november_2025(panel) -> None:
    """As a note of that month has it. The day's own spread is out the day after."""
    november = panel.dates.astype("datetime64[M]") == np.datetime64("2025-11")
    assert evaluate("credit_speed", panel)[november].max() < 40
    fired = panel.dates[evaluate("started(credit_stress)", panel)].astype(str)
    assert "2025-04-04" in fired
    assert {"2022-06", "2023-03"} <= {day[:7] for day in fired}
