"""The state machine of a level that has to hold, step by step, by its table, and on any path."""

from __future__ import annotations

import re

import numpy as np
import pytest
from daily import weekdays
from hypothesis import given
from hypothesis import strategies as st

from gex.signals import persistence as module
from gex.signals.persistence import fired, persistence

NOVEMBER = [103.60, 98.91, 99.60, 103.47, 111.25, 107.95, 117.86, 124.32, 119.57, 128.65, 118.34, 103.96, 96.85]


def told(values, *, needed=5, cooldown=5):
    """Return `state count` a day."""
    states = persistence(
        "VVIX", weekdays(len(values)), np.array(values, float), 110.0, needed=needed, cooldown=cooldown
    )
    return [f"{name} {count}" for name, count in zip(states.labels(), states.counts.tolist(), strict=True)]


def test_november_2025_is_confirmed_by_the_fifth_close_and_reset_by_the_next():
    assert told(NOVEMBER) == [
        *["off 0"] * 4,
        "testing 1",
        "off 0",
        *(f"testing {count}" for count in (1, 2, 3, 4)),
        "confirmed 5",
        "cooling 1",
        "cooling 2",
    ]
    dates = weekdays(len(NOVEMBER))
    assert fired(persistence("VVIX", dates, np.array(NOVEMBER), 110.0)).nonzero()[0].tolist() == [10]
    assert not fired(persistence("VVIX", dates, np.array(NOVEMBER), 110.0, needed=6)).any()


def test_every_transition_of_the_table():
    up, down = 111.0, 110.0
    assert told([down, up, up, up, up], needed=3) == ["off 0", "testing 1", "testing 2", "confirmed 3", "confirmed 4"]
    assert told([up, up, down, up], needed=3) == ["testing 1", "testing 2", "off 0", "testing 1"]
    cooled = told([up, up, down, down, down, down], needed=2, cooldown=2)
    assert cooled == ["testing 1", "confirmed 2", "cooling 1", "cooling 2", "off 0", "off 0"]
    assert told([up, up, down, up, up], needed=2) == [
        "testing 1",
        "confirmed 2",
        "cooling 1",
        "testing 1",
        "confirmed 2",
    ]
    assert told([up, down, up], needed=1, cooldown=0) == ["confirmed 1", "off 0", "confirmed 1"]


def test_a_day_without_a_value_is_passed_over():
    assert told([np.nan, 111, np.nan, 112, np.nan], needed=2) == [
        "None 0",
        "testing 1",
        "testing 1",
        "confirmed 2",
        "confirmed 2",
    ]


@pytest.mark.parametrize(
    ("values", "wanted"),
    [
        ([100], [("testing 1 of 3", "above")]),
        ([111], [("testing 2 of 3", "above"), ("off", "at_or_below")]),
        ([111, 111], [("confirmed", "above"), ("off", "at_or_below")]),
        ([111] * 3, [("cooling", "at_or_below")]),
        ([111] * 3 + [100], [("testing 1 of 3", "above")]),
        ([111] * 3 + [100] * 2, [("testing 1 of 3", "above"), ("off", "at_or_below")]),
    ],
)
def test_what_would_change_it_is_what_the_next_close_does(values, wanted):
    states = persistence("VVIX", weekdays(len(values)), np.array(values, float), 110.0, needed=3, cooldown=2)
    assert [(change.to, change.comparison) for change in states.changes] == wanted
    for change in states.changes:
        after = told([*values, 110.5 if change.comparison == "above" else 110.0], needed=3, cooldown=2)[-1]
        state, count = after.split()
        assert change.to in {state, f"{state} {count} of 3"}


@given(above=st.lists(st.booleans(), min_size=1, max_size=60), needed=st.integers(1, 6), cooldown=st.integers(0, 6))
def test_confirmed_is_n_in_a_row_and_no_day_knows_the_next(above, needed, cooldown):
    values = [111.0 if each else 109.0 for each in above]
    found = told(values, needed=needed, cooldown=cooldown)
    marks = "".join("x" if each else "." for each in above)
    for day, state in enumerate(found):
        run = len(re.search(r"x*$", marks[: day + 1])[0])
        assert state.startswith("confirmed") == (run >= needed)
        assert state.startswith("testing") == (0 < run < needed)
        quiet = re.search(rf"x{{{needed},}}(\.+)$", marks[: day + 1])
        assert state.startswith("cooling") == bool(quiet and len(quiet[1]) <= cooldown)
    assert found[: len(found) // 2] == told(values[: len(values) // 2], needed=needed, cooldown=cooldown)


def test_the_documented_states_are_all_there_are():
    assert module.NAMES == ("off", "testing", "confirmed", "cooling")
    assert persistence("VVIX", weekdays(0), np.array([]), 110.0).state is None


@pytest.mark.parametrize("threshold", [np.nan, np.inf])
def test_a_threshold_that_is_no_number_is_refused(threshold):
    with pytest.raises(ValueError, match="threshold must be a number"):
        persistence("VVIX", weekdays(1), np.array([120.0]), threshold)


@pytest.mark.parametrize(("needed", "cooldown"), [(0, 5), (5, -1)])
def test_counts_out_of_range_are_refused(needed, cooldown):
    with pytest.raises(ValueError, match="needed must be 1 or more and cooldown 0 or more"):
        persistence("VVIX", weekdays(1), np.ones(1), 110.0, needed=needed, cooldown=cooldown)


def test_shapes_that_differ_are_refused():
    with pytest.raises(ValueError, match=r"values has shape \(2,\), dates \(3,\)"):
        persistence("VVIX", weekdays(3), np.ones(2), 110.0)
