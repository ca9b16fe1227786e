"""The series of one underlying: ranks against its own past alone, changes, distances, and why there is none."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from scipy.stats import percentileofscore
from series import frame_of, row, series_of, weekdays

from gex.history import FOLLOWED, RANKED, history_of, ranks_of

if TYPE_CHECKING:
    from collections.abc import Sequence

NET = "net_gamma_usd_per_1pct"
FIGURES = st.lists(st.one_of(st.none(), st.integers(-3, 3).map(lambda n: n * 1e9)), min_size=1, max_size=25)


@given(FIGURES, st.integers(1, 5), st.one_of(st.none(), st.integers(5, 8)))
def test_ranks_are_those_of_scipy_and_pandas_over_the_sessions_before(
    nets: list[float | None], at_least: int, window: int | None
) -> None:
    found = history_of(series_of(nets), window=window, at_least=at_least).frame
    values = np.array([np.nan if net is None else net for net in nets])
    for place, value in enumerate(values):
        past = values[max(0, place - window) if window else 0 : place]
        past = past[~np.isnan(past)]
        assert found[f"{NET}_sessions"][place] == len(past)
        ranked = len(past) >= at_least and not np.isnan(value)
        expected = percentileofscore(past, value, kind="mean") if ranked else None
        assert found[f"{NET}_percentile"][place] == (None if expected is None else pytest.approx(expected, abs=1e-12))
        deviation = pd.Series(past).std()
        if ranked and deviation > 0:
            assert found[f"{NET}_zscore"][place] == pytest.approx((value - past.mean()) / deviation, rel=1e-12)
        else:
            assert found[f"{NET}_zscore"][place] is None


@given(FIGURES, FIGURES)
def test_nothing_said_of_a_session_depends_on_later_ones(nets: list[float | None], later: list[float | None]) -> None:
    alone = history_of(series_of(nets), at_least=2)
    longer = history_of(series_of([*nets, *later]), at_least=2)
    assert_frame_equal(longer.frame.head(len(nets)), alone.frame)
    assert longer.reasons[: len(nets)] == alone.reasons


def test_a_session_is_its_last_snapshot_and_is_held_against_the_last_of_earlier_dates() -> None:
    first, second = weekdays(2)
    rows = [
        *(row(first, 15, net_gamma_usd_per_1pct=1e9), row(first, 21, net_gamma_usd_per_1pct=2e9)),
        *(row(second, 15, net_gamma_usd_per_1pct=3e9), row(second, 21, net_gamma_usd_per_1pct=5e9)),
    ]
    by_session = history_of(frame_of(rows), at_least=1).frame
    assert by_session[NET].to_list() == [2e9, 5e9]
    assert by_session[f"{NET}_change"].to_list() == [None, 3e9]
    every = history_of(frame_of(rows[::-1]), every="snapshot", at_least=1).frame
    assert every[f"{NET}_change"].to_list() == [None, None, 1e9, 3e9]
    assert every[f"{NET}_sessions"].to_list() == [0, 0, 1, 1]


def test_distances_are_of_spot_to_the_flip_positive_above_it() -> None:
    found = history_of(series_of([1e9], spot=6000.0, gamma_flip=5940.0, gamma_flip_sigma=-0.75)).frame
    assert found.select("spot_above_flip_points", "spot_above_flip_pct", "spot_above_flip_sigma").row(0) == (
        60,
        1,
        0.75,
    )


def test_a_rank_needs_twenty_sessions_unless_told_otherwise() -> None:
    history = history_of(series_of([float(n) for n in range(22)]))
    assert history.frame[f"{NET}_percentile"].to_list() == [*[None] * 20, 100.0, 100.0]
    assert history.reasons[19][f"{NET}_percentile"] == "19 earlier sessions with it, 20 needed"
    assert history.reasons[1][f"{NET}_percentile"] == "1 earlier session with it, 20 needed"


def test_every_null_has_its_reason() -> None:
    rows = [row(day) for day in weekdays(4)]
    gone = {"gamma_flip": None, "gamma_flip_sigma": None, "call_wall": None, "put_wall": None}
    rows[1] |= gone | {"zero_dte_net_gamma_usd_per_1pct": None, "zero_dte_share_of_gross": None}
    history = history_of(frame_of(rows), at_least=2)
    for given_row, reasons in zip(history.frame.to_dicts(), history.reasons, strict=True):
        assert {name for name, value in given_row.items() if value is None} == set(reasons)
    assert history.reasons[1]["spot_above_flip_pct_percentile"] == "there is no flip"
    assert history.reasons[2]["gamma_flip_change"] == "none in the session before"
    assert history.reasons[2][f"{NET}_zscore"] == "it never varied before"
    assert history.reasons[1]["zero_dte_share_of_gross"] == "nothing expires on that date"


def test_other_settings_are_no_past() -> None:
    days = weekdays(4)
    rows = [row(day, net_gamma_usd_per_1pct=float(n)) for n, day in enumerate(days)]
    rows[1] |= {"spec_fingerprint": "other", "positions": "short-all"}
    history = history_of(frame_of(rows), at_least=1)
    assert history.frame[f"{NET}_sessions"].to_list() == [0, 0, 1, 2]
    assert history.frame["previous_date"].to_list() == [None, None, days[0], days[2]]
    assert history.frame[f"{NET}_change"].to_list() == [None, None, 2.0, 1.0]
    (warning,) = history.warnings
    assert warning.startswith(
        "2 settings in one series (naive/reimplied, short-all/reimplied): each row is held against"
    )


def test_versions_and_times_of_day_that_differ_are_named() -> None:
    rows = [row(day, hour) for day, hour in zip(weekdays(2), (15, 21), strict=True)]
    rows[1]["tool_version"] = "0.2.0"
    versions, clock = history_of(frame_of(rows)).warnings
    assert versions.startswith("computed by versions 0.1.0, 0.2.0")
    assert clock.startswith("quotes from 10:00 to 16:00 New York time")


def test_a_series_without_rows_has_no_history() -> None:
    found = history_of(series_of([1e9]).clear())
    assert found.frame.is_empty()
    assert {f"{name}_change" for name in FOLLOWED} | {f"{name}_percentile" for name in RANKED} <= {*found.frame.columns}
    assert found.warnings == ()


@pytest.mark.parametrize(
    ("values", "arguments", "message"),
    [
        ({}, {"every": "minute"}, "every must be one of session, snapshot"),
        ({}, {"at_least": 0}, "one session or more, got 0"),
        ({}, {"window": 5, "at_least": 6}, "a window of 5 sessions never holds the 6"),
        ({"quote_time": dt.datetime(2025, 1, 6, tzinfo=dt.UTC)}, {}, "is there twice"),
        ({"underlying": pl.Series(["SPX", "NDX"])}, {}, "two underlyings in one series: NDX and SPX"),
    ],
)
def test_what_makes_no_series_is_refused(values: dict[str, object], arguments: dict[str, object], message: str) -> None:
    frame = series_of([1.0, 2.0]).with_columns(
        **{name: value if isinstance(value, pl.Series) else pl.lit(value) for name, value in values.items()}
    )
    with pytest.raises(ValueError, match=message):
        history_of(frame, **arguments)  # type: ignore[arg-type]


@pytest.mark.parametrize(("value", "past"), [(None, [1.0]), (1.0, []), (1.0, [1.0])])
def test_too_little_to_rank(value: float | None, past: Sequence[float]) -> None:
    assert ranks_of(value, np.array(past), at_least=2) == (None, None)
