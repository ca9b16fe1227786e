"""Verdicts: what the record has, what its interval leaves room for, and no certainty from a few cases."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from gex.signals.claims import Claim, Claimed, Event, Sign
from gex.signals.proportions import clopper_pearson
from gex.signals.verdicts import VERDICTS, Figure, Finding, of_cases, of_hits, of_record, said, spoken
from gex.signals.wording import CERTAIN, ENOUGH

EVERY = Claimed(1.0, 1.0, 0.01)


def hits(claimed: Claimed, count: int, n: int, effective: float | None = None) -> Figure:
    worth = n if effective is None else effective
    return of_hits(claimed, count, n, worth, clopper_pearson(count / n, worth), 0.65)


def test_four_of_four_is_not_every_time() -> None:
    found = hits(EVERY, 4, 4)
    assert found.verdict == "cannot_be_told"
    assert found.words == "not enough data: n = 4; 4 of 4 rose, which says 39.8% or more; any day 65%"
    assert found.interval == pytest.approx(tuple(binomtest(4, 4).proportion_ci(method="exact")), rel=1e-9)


@given(st.integers(1, 200), st.floats(0.05, 1.0))
def test_every_time_is_said_only_where_the_lower_bound_is_high(n: int, worth: float) -> None:
    found = hits(EVERY, n, n, max(n * worth, 0.5))
    low = found.interval[0]  # type: ignore[index]
    assert (found.verdict == "holds") == (low >= CERTAIN)
    assert "100%" not in found.words
    assert "always" not in found.words


@given(st.integers(2, 200), st.data())
def test_one_case_to_the_contrary_is_enough_against_every_time(n: int, data) -> None:
    found = hits(EVERY, data.draw(st.integers(0, n - 1)), n)
    assert found.verdict == "wrong"


@given(st.integers(1, 200), st.floats(0.05, 1.0), st.data())
def test_never_is_every_time_turned_around(n: int, worth: float, data) -> None:
    count = data.draw(st.integers(0, n))
    never = hits(Claimed(0.0, 0.0), count, n, max(n * worth, 0.5))
    every = hits(Claimed(1.0, 1.0), n - count, n, max(n * worth, 0.5))
    assert never.verdict == every.verdict


def test_a_share_of_all_cases_is_counted_out() -> None:
    found = hits(Claimed(0.95, 1.0), 12, 12)
    assert (found.verdict, found.words.partition(",")[0]) == ("holds", "found 12 of 12")


def test_the_upper_end_of_an_interval_does_not_say_every_time() -> None:
    found = hits(Claimed(0.6, math.inf), 4, 4)
    assert found.words == "not enough data: n = 4; found 4 of 4, 95% interval 39.8% or more; any day 65%"


@pytest.mark.parametrize(
    ("claimed", "count", "n", "verdict"),
    [
        (Claimed(0.7, 0.7, 0.01), 70, 100, "holds"),
        (Claimed(0.75, 0.75, 0.01), 70, 100, "not_supported"),
        (Claimed(0.9, 0.9, 0.01), 70, 100, "wrong"),
        (Claimed(0.5, math.inf), 70, 100, "holds"),
        (Claimed(0.75, 0.75, 0.01), 3, 4, "cannot_be_told"),
        (Claimed(0.1, 0.1), 4, 4, "wrong"),
    ],
)
def test_a_share_is_held_against_its_interval(claimed: Claimed, count: int, n: int, verdict: str) -> None:
    assert hits(claimed, count, n).verdict == verdict


@given(
    st.floats(-1, 1), st.floats(0, 0.5), st.floats(-1, 1), st.floats(0, 0.5), st.integers(1, 100), st.floats(0.05, 1.0)
)
def test_a_figure_over_cases_follows_its_rules(middle, half, wanted, room, n, worth) -> None:
    claimed, interval = Claimed(wanted, wanted, room), (middle - half, middle + half)
    found = of_cases("median", claimed, middle, interval, n, n * worth, 0.0)
    excluded = wanted + room < interval[0] or interval[1] < wanted - room
    assert (found.verdict == "wrong") == excluded
    if found.verdict == "holds":
        assert claimed.holds(middle)
        assert n * worth >= ENOUGH
    if not excluded and n < ENOUGH:
        assert found.verdict == "cannot_be_told"
        assert f"not enough data: n = {n}" in found.words


def test_without_an_interval_nothing_is_ruled_out() -> None:
    assert of_cases("drawdown", Claimed(-0.2, -0.2), -0.1, None, 50, 50, None).verdict == "not_supported"
    assert of_cases("drawdown", Claimed(-0.2, -0.2), -0.2, None, 50, 50, None).verdict == "holds"


def test_a_figure_of_record_is_the_one_claimed_or_not() -> None:
    claimed = Claimed(5950.0, 5950.0, 29.75)
    assert of_record("level", "points", claimed, 5979.75).verdict == "holds"
    wrong = of_record("level", "points", claimed, 6547.68)
    assert (wrong.verdict, wrong.words) == ("wrong", "found 6,547.68, 10.0% above the 5,950 claimed")
    below = of_record("level", "points", Claimed(6180.0, 6200.0), 6000.0)
    assert below.words == "found 6,000, 2.9% below the 6,180 claimed"
    assert of_record("streak", "sessions", Claimed(142.0, 142.0), 0.0).words == "found 0, not 142"
    unknown = of_record("level", "points", claimed, math.nan)
    assert (unknown.verdict, unknown.found) == ("cannot_be_told", None)


def test_a_claim_is_as_good_as_its_worst_figure() -> None:
    figures = tuple(Figure("x", "word", "a", "b", verdict, "") for verdict in reversed(VERDICTS))
    claim = Claim("c", "text", "source", Sign("negative", "down", "buy"))
    for end in range(1, len(figures) + 1):
        assert Finding(claim, figures[:end], "").verdict == figures[end - 1].verdict


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        *[(6547.677, "points", "6,547.68"), (5950.0, "points", "5,950"), (-3.5, "bp", "−3.50 bp")],
        *[(0.0143, "return", "+1.43%"), (0.2, "return", "+20%"), (-0.0578, "return", "−5.78%"), (1e-9, "return", "0%")],
        *[(0.698, "share", "69.8%"), (1.0, "share", "100%"), (39e9, "usd", "$39bn"), (-4.737e12, "usd", "−$4.74tn")],
        *[(12.0, "usd", "$12"), (138.0, "sessions", "138"), (3.2, "percent", "3.20%"), ("sell", "word", "sell")],
    ],
)
def test_figures_in_words(value, unit, text: str) -> None:
    assert said(value, unit) == text


def test_claims_in_words() -> None:
    assert spoken(Claimed(0.2, 0.35), "return") == "+20% to +35%"
    assert spoken(Claimed(138.0, math.inf), "sessions") == "at least 138"
    assert spoken(Claimed(-math.inf, 6200.0), "points") == "at most 6,200"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Claimed(2.0, 1.0), "from its least to its most"),
        (lambda: Claimed(math.nan, 1.0), "from its least to its most"),
        (lambda: Claimed(-math.inf, math.inf), "needs a figure"),
        (lambda: Claimed(1.0, 1.0, -0.1), "tolerance must not be negative"),
        (lambda: Claimed(1.0, 1.0, math.nan), "tolerance must not be negative"),
        (lambda: Event("SPX", "close > 1", 5), "an event needs a figure"),
    ],
)
def test_a_claim_that_claims_nothing_is_refused(make, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
