"""Daily histories: every rule that a row can break, and that no row is ever lost."""

from __future__ import annotations

import datetime as dt
import math

import pytest
from histories import CBOE, daily, read
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.daily_rules import KNOWN_FAULTS
from gex.ingest.errors import ContentError


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("11/17/2025,1,2", "field_count"),
        ("11/17/2025,20,21,19,20,5", "field_count"),
        ("17/11/2025,20,21,19,20", "bad_date"),
        ("02/30/2025,20,21,19,20", "bad_date"),
        ("11/17/1025,20,21,19,20", "bad_date"),
        ("today,20,21,19,20", "bad_date"),
        (",20,21,19,20", "bad_date"),
        ("11/17/2025,20,21,19,2o", "bad_number"),
        ("11/17/2025,20,21,19,inf", "bad_number"),
        ("11/17/2025,20,x,19,20", "bad_number"),
        ("11/17/2025,20,21,19,", "no_value"),
        ("11/17/2025,20,21,19,NaN", "no_value"),
        ("11/17/2025,20,21,19,0", "not_positive"),
        ("11/17/2025,20,21,19,-20", "not_positive"),
        ("11/17/2025,-20,21,19,20", "not_positive"),
        ("11/17/2025,20,19,21,20", "high_below_low"),
        ("11/14/2025,20.6,23.0,19.6,19.83", "duplicate"),
        ("08/02/2026,20,21,19,20", "future"),
    ],
)
def test_a_row_that_cannot_be_used_is_set_aside_as_it_was(row: str, reason: str) -> None:
    history = read(CBOE + row + "\n11/18/2025,20,21,19,20\n")
    assert history.quarantine.rows() == [(4, reason, row)]
    assert history.quality.quarantined == {reason: 1}
    assert history.frame["date"].to_list()[-1] == dt.date(2025, 11, 18)
    assert history.frame.height == 3


def test_a_last_line_without_its_end_may_be_cut() -> None:
    history = read(CBOE + "11/17/2025,20,21,19,2")
    assert history.quarantine.rows() == [(4, "cut_row", "11/17/2025,20,21,19,2")]


def test_a_negative_volume_is_set_aside_and_none_is_none() -> None:
    history = read("date,close,volume\n2025-11-13,1,-5\n2025-11-14,2,\n2025-11-17,2,0\n")
    assert history.quarantine["reason"].to_list() == ["negative_volume"]
    assert history.frame["volume"].to_list() == [None, 0.0]
    assert math.isnan(history.column("volume")[0])


def test_of_one_date_with_two_values_neither_is_kept() -> None:
    history = read("date,close\n2025-11-13,1\n2025-11-14,2\n2025-11-14,3\n2025-11-14,2\n")
    assert history.quarantine.rows() == [
        (3, "conflict", "2025-11-14,2"),
        (4, "conflict", "2025-11-14,3"),
        (5, "conflict", "2025-11-14,2"),
    ]
    assert history.frame["close"].to_list() == [1.0]


def test_rows_are_put_in_order_and_counted() -> None:
    history = read("date,close\n2025-11-14,3\n2025-11-13,2\n2025-11-12,1\n")
    assert history.frame["close"].to_list() == [1.0, 2.0, 3.0]
    assert history.quality.warnings == {"out_of_order": 2}


def test_a_spread_or_rate_may_be_zero_or_negative_and_a_price_may_not() -> None:
    assert read("observation_date,T10Y2Y\n2025-11-13,0\n2025-11-14,-0.04\n").frame.height == 2
    assert read("date,value\n2025-11-13,0\n2025-11-14,-0.04\n").frame.height == 2
    for header in ("date,close", "date,Price"):
        assert read(daily(1, 0, -1, header=header)).quality.quarantined == {"not_positive": 2}
    assert read("DATE,VVIX\n11/13/2025,0\n11/14/2025,90\n").quality.quarantined == {"not_positive": 1}


@pytest.mark.parametrize("place", [0, 5, 11])
@pytest.mark.parametrize("times", [100.0, 10.0, 0.1, 0.01])
def test_one_value_in_another_unit_is_set_aside(place: int, times: float) -> None:
    closes = [6700.0 + 10 * each for each in range(12)]
    closes[place] *= times
    history = read(daily(*closes))
    assert history.quality.quarantined == {"out_of_line": 1}
    assert history.quarantine["line"].to_list() == [place + 2]


def test_what_is_no_price_must_be_further_away() -> None:
    flows = [3.0, 2.5, 3.5, 4.0, 2.0, 3.0, 2.0, 3.0]
    for times, aside in ((10.0, {}), (100.0, {"out_of_line": 1})):
        assert read(daily(*flows, 3.1 * times, *flows, header="date,flow")).quality.quarantined == aside


def test_a_change_that_lasts_is_kept_and_told() -> None:
    history = read(daily(*[100.0] * 8, *[10000.0] * 8))
    assert (history.frame.height, history.quality.warnings) == (16, {"level_shift": 1})
    assert read(daily(*[100.0] * 8, *[10000.0] * 2)).quality.warnings == {"level_shift": 1}
    assert read(daily(1, 100)).frame.height == 2


def test_what_jumps_by_nature_is_no_slip() -> None:
    assert read("date,value\n" + daily(0.05, 0.01, 0.0, -0.02, 0.01, 0.06, -0.1, 0.3)[11:]).frame.height == 8
    assert read(daily(20, 22, 50, 37, 25, 80, 21, 19)).frame.height == 8
    # A rate: 0.04 to 0.1 is usual where a day moves 0.02.
    assert read(daily(0.09, 0.11, 0.02, 0.12, 0.08, 0.1, 0.1, header="date,rate")).frame.height == 7


def test_an_open_high_or_low_out_of_range_is_taken_as_missing() -> None:
    text = "date,open,high,low,close\n2025-11-13,0,0,0,20\n2025-11-14,2.5,21,19,20\n2025-11-17,22,21,19,20\n"
    history = read(text)
    assert history.quality.warnings == {"wild_range": 2, "outside_range": 1}
    assert history.frame["open"].to_list() == [None, None, 22.0]
    assert history.frame["high"].to_list() == [None, 21.0, 21.0]


def test_gaps_are_named_by_sessions_and_by_the_usual_step() -> None:
    days = [dt.date(2025, 11, 3), dt.date(2025, 11, 4), dt.date(2025, 11, 5)]
    after = [dt.date(2025, 11, 14), dt.date(2025, 11, 17)]
    text = "date,close\n" + "".join(f"{day},5\n" for day in days + after)
    history = read(text)
    assert history.quality.warnings == {"gap": 1}
    assert "no rows from 2025-11-05 to 2025-11-14" in history.quality.notes
    assert read(text.replace("2025-11-14", "2025-11-13")).quality.warnings == {}
    months = [f"2024-{month:02d}-01,4\n" for month in range(1, 13)]
    assert read("date,value\n" + "".join(months)).quality.warnings == {}
    assert read("date,value\n" + "".join(months[:5] + months[7:])).quality.warnings == {"gap": 1}


@pytest.mark.parametrize(("after", "found"), [("2025-11-25", {"gap": 1}), ("2025-11-26", {"hole": 1})])
def test_more_than_fifteen_sessions_without_a_row_are_a_hole(after: str, found: dict[str, int]) -> None:
    days = ["2025-10-30", "2025-10-31", "2025-11-03", after]
    history = read("date,close\n" + "".join(f"{day},5\n" for day in days))
    assert history.quality.warnings == found
    assert history.quality.notes == (f"no rows from 2025-11-03 to {after}",)


def test_known_faults_are_set_aside_by_the_name_of_the_series() -> None:
    text = "DATE,VVIX\n03/06/2006,71.73\n03/15/2006,15.71\n06/01/2006,74.08\n"
    assert read(text).quality.quarantined == {"known_fault": 2}
    assert KNOWN_FAULTS[0].why in read(text).quality.notes
    assert read(text, name="other").frame.height == 3


@given(
    st.lists(
        st.one_of(st.sampled_from(["", ".", "x", "0", "-1", "nan", "1e400"]), st.floats(1.0, 4.0).map(repr)),
        max_size=30,
    )
)
def test_every_row_is_kept_or_set_aside(cells: list[str]) -> None:
    text = daily(*cells)
    try:
        history = read(text)
    except ContentError:
        return
    lines = text.splitlines()
    aside = dict(history.quarantine.select("line", "row").iter_rows())
    assert all(lines[line - 1] == row for line, row in aside.items())
    kept = {f"{day},{close!r}" for day, close in history.frame.select("date", "close").iter_rows()}
    good = {line for place, line in enumerate(lines[1:], 2) if place not in aside}
    assert {line.partition(",")[0] for line in kept} == {line.partition(",")[0] for line in good}
