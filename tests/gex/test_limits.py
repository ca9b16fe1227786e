"""Limits on hand-made series: each state worked out by hand, and what must hold for any series."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.limit_fields import FIELDS, derived
from gex.limit_states import Verdict, verdict, verdicts
from gex.limits import Beyond, Crosses, Distance, Is, Moves, Percentile, Rule, Span, Within

FIRST = dt.datetime(2025, 9, 1, 14, 0, tzinfo=dt.UTC)
NET = "net_gamma_usd_per_1pct"


def series(*values: Any, a_day: int = 1, **columns: list[Any]) -> pl.DataFrame:
    """Return a series with `a_day` snapshots a date, an hour apart; the values are net gamma's."""
    times = [FIRST + dt.timedelta(days=n // a_day, hours=n % a_day) for n in range(len(values))]
    data = {"quote_time": times, "quote_date": [time.date() for time in times], NET: list(values)} | columns
    return pl.DataFrame(data, strict=False)


def rule(test: Any, field: str = NET, **others: Any) -> Rule:
    return Rule(name="r", field=field, test=test, severity="breach", **others)


def states(test: Any, frame: pl.DataFrame, field: str = NET, **others: Any) -> list[str]:
    return [each.state for each in verdicts(rule(test, field, **others), "SPX", frame)]


def last(test: Any, frame: pl.DataFrame, field: str = NET, **others: Any) -> Verdict:
    return verdict(rule(test, field, **others), "SPX", frame)


def test_below_fires_below_and_not_at_the_bound() -> None:
    assert states(Beyond("below", 0.0), series(1, 0, -1, -2, 0, 1)) == [
        *("ok", "ok", "breached", "breached", "cleared", "ok"),
    ]


def test_above_is_its_mirror() -> None:
    assert states(Beyond("above", 5.0), series(5, 6, 5)) == ["ok", "breached", "cleared"]


def test_inside_the_band_nothing_changes() -> None:
    """Below 0, clear at 10: 5 keeps what was, on either side of the breach."""
    test = Beyond("below", 0.0, clear=10.0)
    assert states(test, series(5, -1, 5, 9.9, 10, 5, 5)) == [
        *("ok", "breached", "breached", "breached", "cleared", "ok", "ok"),
    ]


def test_for_two_needs_two_in_a_row() -> None:
    found = states(Beyond("below", 0.0), series(-1, 1, -1, -1, -1, 1), lasting=Span(2))
    assert found == ["pending", "ok", "pending", "breached", "breached", "cleared"]


def test_since_is_the_first_snapshot_of_the_state() -> None:
    frame = series(1, -1, -1, -1)
    found = last(Beyond("below", 0.0), frame, lasting=Span(2))
    assert (found.state, found.held) == ("breached", 3)
    assert found.since == frame["quote_time"][2]
    assert last(Beyond("below", -5.0), frame).since == frame["quote_time"][0]


def test_a_null_figure_is_never_fine() -> None:
    frame = series(1, None, math.nan, 1)
    assert states(Beyond("below", 0.0), frame) == ["ok", "unknown", "unknown", "ok"]
    found = last(Beyond("below", 0.0), frame[:2])
    assert found.figure is None
    assert found.reason == f"{NET}: null in this snapshot"


def test_a_null_neither_counts_nor_interrupts_and_ends_no_breach() -> None:
    frame = series(-1, None, -1, None, -1)
    found = list(verdicts(rule(Beyond("below", 0.0), lasting=Span(2)), "SPX", frame))
    assert [each.state for each in found] == ["pending", "unknown", "breached", "unknown", "breached"]
    assert found[-1].since == frame["quote_time"][2]
    assert found[3].reason is not None
    assert "breached since 2025-09-03T14:00:00+00:00 when last known" in found[3].reason


def test_a_field_that_the_series_lacks_is_unknown() -> None:
    found = last(Beyond("below", 0.0), series(1), "spot")
    assert (found.state, found.reason) == ("unknown", "spot: the series has no such column")


def test_no_snapshot_is_unknown() -> None:
    found = last(Beyond("below", 0.0), series()[:0])
    assert (found.state, found.reason, found.since) == ("unknown", "there is no snapshot", None)


def test_the_reason_given_for_a_null_is_told_of_the_last_snapshot() -> None:
    found = verdict(rule(Beyond("below", 0.0)), "SPX", series(None), {NET: "no quotes"})
    assert found.reason == f"{NET}: no quotes"


def test_sessions_count_by_their_last_snapshot() -> None:
    """Two snapshots a date: a date that ends above the bound starts the count anew, whatever it was in between."""
    frame = series(-1, -1, -1, 1, -1, -1, -1, a_day=2)
    found = states(Beyond("below", 0.0), frame, lasting=Span(2, "sessions"))
    assert found == ["pending", "pending", "breached", "cleared", "pending", "pending", "breached"]


def test_a_day_without_figures_does_not_end_a_row_of_sessions() -> None:
    frame = series(-1, -1, None, None, -1, a_day=2)
    assert states(Beyond("below", 0.0), frame, lasting=Span(2, "sessions"))[-1] == "breached"


def test_within_takes_points_or_percent_of_the_other() -> None:
    frame = series(0, 0, 0, 0, spot=[6500, 6480, 6440, 6433], gamma_flip=[6400.0] * 4)
    # 1.5625%, 1.25%, 0.625% and 0.5156% of 6400; the bound itself counts.
    test = Within("gamma_flip", Distance(0.625, "pct"), clear=Distance(1.25, "pct"))
    assert states(test, frame, "spot") == ["ok", "ok", "breached", "breached"]
    assert last(test, frame, "spot").figure == pytest.approx(100 * 33 / 6400, rel=1e-12)
    assert last(Within("gamma_flip", Distance(32.9)), frame, "spot").state == "ok"
    assert last(Within("gamma_flip", Distance(33.0)), frame, "spot").state == "breached"


def test_within_names_the_field_that_is_missing() -> None:
    frame = series(0, spot=[6500.0], gamma_flip=[None])
    found = last(Within("gamma_flip", Distance(10)), frame, "spot")
    assert (found.state, found.reason) == ("unknown", "gamma_flip: null in this snapshot")


def test_a_crossing_lasts_to_the_end_of_the_session() -> None:
    """Two a date; the flip is crossed within the second date and not crossed back."""
    frame = series(*[0] * 6, a_day=2, spot=[110, 110, 105, 95, 94, 93], gamma_flip=[100.0] * 6)
    found = list(verdicts(rule(Crosses("gamma_flip"), "spot"), "SPX", frame))
    # The third date began on the side where the second ended.
    assert [each.state for each in found] == ["unknown", "unknown", "ok", "breached", "cleared", "ok"]
    assert (found[3].figure, found[3].against) == (-5.0, 10.0)
    assert found[3].against_time == frame["quote_time"][1]
    assert found[0].reason == "no side is known from 1 session before"


def test_crossing_back_the_next_session_is_another_breach() -> None:
    """Above, below, above, above, below: each crossing has its own beginning, though the state stays."""
    frame = series(0, 0, 0, 0, 0, a_day=1, spot=[12.0, 8.0, 12.0, 12.0, 8.0], gamma_flip=[10.0] * 5)
    found = list(verdicts(rule(Crosses("gamma_flip"), "spot"), "SPX", frame))
    assert [each.state for each in found] == ["unknown", "breached", "breached", "cleared", "breached"]
    days = [each.since.day - FIRST.day for each in found if each.since]
    assert days == [0, 1, 2, 3, 4]


def test_a_move_back_is_another_breach() -> None:
    frame = series(*[0] * 4, call_wall=[6500, 6600, 6700, 6500])
    found = list(verdicts(rule(Moves(Distance(1.0, "pct")), "call_wall"), "SPX", frame))
    assert [each.state for each in found] == ["unknown", *["breached"] * 3]
    assert [each.since.day - FIRST.day for each in found if each.since] == [0, 1, 1, 3]


def test_crossing_back_after_a_null_is_another_breach() -> None:
    frame = series(0, 0, 0, 0, a_day=1, spot=[12.0, 8.0, None, 12.0], gamma_flip=[10.0] * 4)
    found = list(verdicts(rule(Crosses("gamma_flip"), "spot"), "SPX", frame))
    assert [each.state for each in found] == ["unknown", "breached", "unknown", "breached"]
    assert found[-1].since == found[-1].quote_time


def test_a_crossing_since_the_last_snapshot() -> None:
    frame = series(*[0] * 4, spot=[110, 95, 94, 101], gamma_flip=[100.0] * 4)
    found = states(Crosses("gamma_flip", Span(1)), frame, "spot")
    assert found == ["unknown", "breached", "cleared", "breached"]


def test_a_crossing_needs_to_leave_the_band() -> None:
    """With a band of 5 points, 97 and 103 are still on the side that spot came from."""
    frame = series(*[0] * 6, spot=[110, 97, 103, 94, 103, 106], gamma_flip=[100.0] * 6)
    test = Crosses("gamma_flip", Span(1), clear=Distance(5.0))
    assert states(test, frame, "spot") == ["unknown", "ok", "ok", "breached", "cleared", "breached"]


def test_a_wall_that_moves() -> None:
    frame = series(*[0] * 4, call_wall=[6500, 6600, 6600, 6560])
    # +1.538%, 0, −0.606% of the date before.
    assert states(Moves(Distance(1.0, "pct")), frame, "call_wall") == ["unknown", "breached", "cleared", "ok"]
    assert states(Moves(Distance(39)), frame, "call_wall") == ["unknown", "breached", "cleared", "breached"]
    found = last(Moves(Distance(39), Span(2)), frame, "call_wall")
    assert (found.state, found.figure, found.against) == ("breached", -40.0, 6600.0)


def test_a_move_is_measured_from_the_end_of_the_session_before() -> None:
    frame = series(*[0] * 4, a_day=2, call_wall=[1.0, 2.0, 10.0, 12.0])
    assert [each.figure for each in verdicts(rule(Moves(Distance(9)), "call_wall"), "SPX", frame)] == [
        *(None, None, 8.0, 10.0),
    ]


def test_a_percentage_of_nothing_is_unknown_and_of_less_than_nothing_keeps_its_sign() -> None:
    assert last(Moves(Distance(50, "pct")), series(0, 5)).reason == "a percentage of zero"
    assert last(Moves(Distance(50, "pct")), series(-10, -4)).figure == pytest.approx(60.0)


def test_a_percentile_counts_the_past_alone() -> None:
    """Of 10, 20, 30, 40: 5 is at 0, 25 at 50, 40 between 75 and 100 at 87.5, 99 at 100."""
    for value, percentile in ((5, 0.0), (25, 50.0), (40, 87.5), (99, 100.0)):
        found = last(Percentile("above", 90, at_least=4), series(10, 20, 30, 40, value))
        assert (found.figure, found.against) == (percentile, 4.0)
        assert found.state == ("breached" if percentile > 90 else "ok")


def test_a_percentile_takes_each_session_once_and_forgets_the_old() -> None:
    frame = series(1, 100, 2, 200, 3, 300, 150, a_day=2)
    # The ends of the dates: 100, 200, 300; of the last two, 150 is below both.
    assert last(Percentile("above", 50, at_least=1), frame).figure == pytest.approx(100 / 3)
    assert last(Percentile("above", 50, over=Span(2, "sessions"), at_least=1), frame).figure == 0.0


def test_too_little_past_is_unknown() -> None:
    found = last(Percentile("above", 50, at_least=3), series(1, 2, 3))
    assert (found.state, found.reason) == ("unknown", "2 earlier sessions, and at_least is 3")


def test_words() -> None:
    frame = series(0, 0, 0, regime=["long_gamma", "short_gamma", None])
    assert states(Is(("short_gamma", "near_zero")), frame, "regime") == ["ok", "breached", "unknown"]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Beyond("below", 0.0, clear=-1.0), "clear must lie at or above 0"),
        (lambda: Beyond("above", 0.0, clear=1.0), "clear must lie at or below 0"),
        (lambda: Beyond("above", math.nan), "finite"),
        (lambda: Within("gamma_flip", Distance(5), clear=Distance(1)), "at or above 5"),
        (lambda: Within("gamma_flip", Distance(5), clear=Distance(6, "pct")), "unit"),
        (lambda: Moves(Distance(5), clear=Distance(6)), "at or below 5"),
        (lambda: Percentile("above", 101), "between 0 and 100"),
        (lambda: Percentile("above", 95, over=Span(5, "sessions")), "at_least"),
        (lambda: Percentile("above", 95, over=Span(50)), "of sessions"),
        (lambda: Distance(-1), "from 0 on"),
        (lambda: Span(0), "at least one"),
        (lambda: rule(Crosses("gamma_flip", Span(1)), lasting=Span(2)), "lasts for one"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_fields_that_follow_from_others() -> None:
    frame = derived(series(5.0, gross_gamma_usd_per_1pct=[20.0], spot=[200.0], call_wall_points=[10.0]))
    assert frame["net_to_gross"][0] == 0.25
    assert frame["call_wall_pct"][0] == 5.0
    assert "put_wall_pct" not in frame.columns


FIGURES = st.lists(st.none() | st.floats(-10, 10), min_size=1, max_size=40)


@given(FIGURES, st.integers(1, 4), st.floats(0, 5))
def test_inside_the_band_the_breach_neither_begins_nor_ends(values: list[Any], needed: int, band: float) -> None:
    found = list(verdicts(rule(Beyond("below", 0.0, clear=band), lasting=Span(needed)), "SPX", series(*values)))
    breached = False
    for value, each in zip(values, found, strict=True):
        if value is None:
            assert each.state == "unknown"
            continue
        if 0 <= value < band:
            assert (each.state == "breached") == breached
        breached = each.state == "breached"


@given(FIGURES, st.integers(1, 4))
def test_a_breach_begins_after_so_many_in_a_row(values: list[Any], needed: int) -> None:
    found = states(Beyond("below", 0.0), series(*values), lasting=Span(needed))
    row = 0
    for value, state in zip(values, found, strict=True):
        if value is not None:
            row = row + 1 if value < 0 else 0
            assert (state == "breached") == (row >= needed)
            assert (state == "pending") == (0 < row < needed)


@given(FIGURES, st.floats(-10, 10), st.floats(0, 10))
def test_a_stricter_bound_is_breached_wherever_a_looser_one_is(values: list[Any], bound: float, more: float) -> None:
    loose, strict = (states(Beyond("below", each), series(*values)) for each in (bound, bound + more))
    assert all(b == "breached" for a, b in zip(loose, strict, strict=True) if a == "breached")


@given(st.lists(st.floats(-10, 10), min_size=2, max_size=30), st.floats(-10, 10), st.floats(0, 5))
def test_percentiles_rise_with_the_value(past: list[float], value: float, more: float) -> None:
    test = Percentile("above", 50, at_least=1)
    low, high = (last(test, series(*past, each)).figure for each in (value, value + more))
    assert isinstance(low, float)
    assert isinstance(high, float)
    assert 0 <= low <= high <= 100


@given(FIGURES)
def test_what_comes_later_changes_no_earlier_state(values: list[Any]) -> None:
    for test in (Beyond("below", 0.0, clear=1.0), Moves(Distance(2)), Percentile("below", 20, at_least=2)):
        whole = states(test, series(*values), lasting=Span(2))
        half = len(values) // 2
        assert states(test, series(*values)[:half], lasting=Span(2)) == whole[:half]


def test_every_field_says_what_it_is() -> None:
    assert all(each.meaning and bool(each.words) == (each.unit == "word") for each in FIELDS.values())
