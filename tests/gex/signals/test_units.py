"""Amounts in words, and alarms where two of them do not fit."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.signals.units import MOST_OF_POSITION, TIMES_APART, dollars, flow_against_position, share_against_whole


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *[("$390bn", 390e9), ("3900亿美元", 390e9), ("$3900亿", 390e9), ("约1,650亿".removeprefix("约"), 165e9)],
        *[("−$28.03bn", -28.03e9), ("-28.03 billion", -28.03e9), ("1.5万亿", 1.5e12), ("US$ 40 mm", 40e6)],
        *[("12万", 120e3), ("4.7tn", 4.7e12), ("250k", 250e3), ("1,234,567.5 USD", 1234567.5), ("17", 17.0)],
    ],
)
def test_amounts_as_notes_write_them(text: str, value: float) -> None:
    assert dollars(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.parametrize("text", ["", "€3bn", "39bb", "12,34bn", "3900亿元", "1e9", "nan", "$", "12 34", "$5bn $6bn"])
def test_what_is_no_amount_of_dollars_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="expected an amount of dollars"):
        dollars(text)


def test_a_week_that_sells_more_than_the_position_is_ten_times_too_much() -> None:
    week = flow_against_position(-390e9, 165e9, "week")
    assert (week.ratio, week.alarm, week.tenfold) == (pytest.approx(2.3636, abs=1e-4), True, True)
    month = flow_against_position(-650e9, 165e9, "month")
    assert (month.ratio, month.alarm, month.tenfold) == (pytest.approx(3.9394, abs=1e-4), True, True)


@pytest.mark.parametrize(("flow", "period", "ratio"), [(-28.03e9, "week", 0.163), (-214.61e9, "month", 1.2477)])
def test_a_published_table_raises_no_alarm(flow: float, period, ratio: float) -> None:
    found = flow_against_position(flow, 172e9, period)
    assert found.ratio == pytest.approx(ratio, abs=5e-4)
    assert not found.alarm
    assert not found.tenfold


@given(st.floats(1e6, 1e12), st.floats(1e6, 1e12), st.sampled_from(["week", "month"]))
def test_a_flow_alarms_by_its_size_alone(flow: float, position: float, period) -> None:
    found = flow_against_position(flow, position, period)
    assert found == flow_against_position(-flow, position, period) == flow_against_position(flow, -position, period)
    assert found.alarm == (flow / position > MOST_OF_POSITION[period])
    if found.tenfold:
        assert not flow_against_position(flow / 10, position, period).alarm


def test_a_share_gives_its_whole_away() -> None:
    found = share_against_whole(180e9, 0.038, (55e12, 60e12))
    assert 1 / found.ratio == pytest.approx(11.6, abs=0.05)
    assert found.alarm
    assert found.tenfold
    assert not share_against_whole(180e9, 0.0031, (55e12, 60e12)).alarm


@given(st.floats(1e6, 1e12), st.floats(0.001, 1.0), st.floats(1e9, 1e14))
def test_a_whole_alarms_on_either_side_alike(part: float, share: float, whole: float) -> None:
    found = share_against_whole(part, share, (whole, whole))
    assert found.ratio == pytest.approx(part / share / whole, rel=1e-12)
    if not math.isclose(found.ratio, TIMES_APART, rel_tol=1e-9) and not math.isclose(
        1 / found.ratio, TIMES_APART, rel_tol=1e-9
    ):
        assert found.alarm == (max(found.ratio, 1 / found.ratio) > TIMES_APART)
    if found.tenfold:
        fixed = [share_against_whole(part * by, share, (whole, whole)) for by in (0.1, 10.0)]
        assert not all(each.alarm for each in fixed)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: flow_against_position(1.0, 0.0, "week"), "position not zero"),
        (lambda: flow_against_position(math.nan, 1.0, "week"), "must be finite"),
        (lambda: flow_against_position(1.0, math.inf, "week"), "must be finite"),
        (lambda: flow_against_position(1.0, 1.0, "day"), "week or month"),
        (lambda: share_against_whole(1.0, 0.0, (1.0, 1.0)), "share must be above 0%"),
        (lambda: share_against_whole(1.0, 1.5, (1.0, 1.0)), "share must be above 0%"),
        (lambda: share_against_whole(1.0, math.nan, (1.0, 1.0)), "share must be above 0%"),
        (lambda: share_against_whole(-1.0, 0.5, (1.0, 1.0)), "amounts must be positive"),
        (lambda: share_against_whole(1.0, 0.5, (2.0, 1.0)), "in order"),
        (lambda: share_against_whole(1.0, 0.5, (0.0, 1.0)), "amounts must be positive"),
    ],
)
def test_what_means_nothing_is_refused(call, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        call()
