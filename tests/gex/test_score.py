"""Grades of levels: nothing where a level does nothing, something where it does, no conclusion from a few days."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.score import effective, placebos, score

STEPS = 200
SIGMA = 0.01


def simulated(seed: int, sessions: int, *, turned: float = 0.0) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Draw sessions of Brownian prices and a level in each, up to two sigmas away on either side.

    Args:
        seed: Of the draws.
        sessions: How many.
        turned: With this probability, a session that touches its level and would close beyond is turned back there.

    """
    rng = np.random.default_rng(seed)
    paths = np.cumsum(rng.normal(0.0, SIGMA / np.sqrt(STEPS), (sessions, STEPS)), axis=1)
    paths = np.concatenate([np.zeros((sessions, 1)), paths], axis=1)
    away = rng.uniform(0.1, 2.0, sessions) * rng.choice([-1.0, 1.0], sessions) * SIGMA
    side = np.sign(away)
    touched = (paths * side[:, None] >= np.abs(away)[:, None]).cumsum(axis=1) > 0
    beyond = (paths[:, -1] - away) * side > 0
    turn = beyond & (rng.uniform(size=sessions) < turned)
    paths = np.where(touched & turn[:, None], 2 * away[:, None] - paths, paths)
    days = [dt.date(2000, 1, 1) + dt.timedelta(days=2 * n) for n in range(sessions)]
    prices = 6000.0 * np.exp(paths)
    levels = pl.DataFrame(
        {"date": days, "source": "ours", "name": "wall", "level": 6000.0 * np.exp(away), "spot": 6000.0, "sigma": 60.0}
    )
    told = {"high": prices.max(axis=1), "low": prices.min(axis=1), "close": prices[:, -1]}
    return levels, pl.DataFrame({"date": [day + dt.timedelta(days=1) for day in days], **told})


def test_a_level_without_effect_is_graded_as_its_placebos() -> None:
    """Of 95% intervals around nothing, about 95% hold zero, and their middles lie on both sides of it."""
    grades = [grade for seed in range(60) for grade in score(*simulated(seed, 400)).grades]
    for outcome in ("touched", "held", "closed_beyond"):
        found = [grade for grade in grades if grade.outcome == outcome]
        around = [grade.adjusted_interval for grade in found]
        assert np.mean([low <= 0 <= high for low, high in around]) >= 0.9
        middles = np.array([grade.adjusted for grade in found])
        assert abs(middles.mean()) < 3 * middles.std() / np.sqrt(len(middles))
    silent = [grade.verdict for grade in grades if "no effect seen" in grade.verdict]
    assert len(silent) > 0.9 * len(grades)


def test_a_level_that_turns_prices_is_found() -> None:
    touched, held, beyond = score(*simulated(1, 800, turned=0.6)).grades
    assert touched.adjusted_interval[0] <= 0 <= touched.adjusted_interval[1]
    assert held.adjusted_interval[0] > 0.1
    assert beyond.adjusted_interval[1] < 0
    assert held.verdict.startswith("held more often than placebo levels, by ")
    assert beyond.verdict.startswith("closed beyond less often than placebo levels, by ")


def test_a_high_rate_alone_is_no_effect() -> None:
    """Levels two sigmas away are hardly ever closed beyond, with or without a wall there."""
    levels, prices = simulated(5, 1200)
    far = levels.filter((pl.col("level") / pl.col("spot") - 1).abs() > 1.6 * SIGMA)
    _, _, beyond = score(far, prices).grades
    assert 1 - beyond.rate > 0.9
    assert beyond.verdict == "closed beyond as often as placebo levels: no effect seen"
    _, _, rare = score(far.head(100), prices).grades
    assert rare.verdict.startswith("too rare to say anything: ")


def test_a_few_sessions_are_refused_in_words() -> None:
    for grade in score(*simulated(0, 12)).grades:
        assert grade.verdict.startswith(("too few to say anything: ", "nothing to say: "))


def test_outcomes_by_hand() -> None:
    """Reached to the point is touched; a close on the level is not beyond it."""
    days = [dt.date(2025, 9, day) for day in range(1, 7)]
    own = {"level": [110.0, 110.0, 90.0, 110.0, 90.0, 110.0], "spot": 100.0, "sigma": 5.0}
    levels = pl.DataFrame({"date": days, "source": "ours", "name": "wall"} | own)
    prices = pl.DataFrame(
        {
            "date": [day + dt.timedelta(days=1) for day in days[:5]],
            "high": [110.0, 112.0, 101.0, 111.0, 100.0],
            "low": [99.0, 98.0, 89.0, 100.0, 90.0],
            "close": [105.0, 111.0, 89.5, 110.0, 90.0],
        }
    )
    found = score(levels, prices)
    assert found.events["touched"].to_list() == [True] * 5
    assert found.events["closed_beyond"].to_list() == [False, True, True, False, False]
    assert found.events["close_distance"].to_list() == pytest.approx([-1.0, 0.2, 0.1, 0.0, 0.0])
    assert found.events["graded_on"].to_list() == prices["date"].to_list()
    assert found.left_out == {"no prices of the session after": 1}
    assert [(grade.count, grade.of) for grade in found.grades] == [(5, 5), (3, 5), (2, 5)]


def test_what_cannot_be_graded_is_counted() -> None:
    day = dt.date(2025, 9, 1)
    known = {"date": [day] * 6 + [day + dt.timedelta(days=20)], "source": "ours", "name": "wall", "spot": 100.0}
    levels = pl.DataFrame(
        known | {"level": [None, 110.0, 100.0, -1.0, np.nan, 90.0, 90.0], "sigma": [5.0, None, *[5.0] * 5]}
    )
    prices = pl.DataFrame({"date": [day, day + dt.timedelta(days=9)], "high": 101.0, "low": 99.0, "close": 100.0})
    found = score(levels, prices)
    assert found.events.is_empty()
    assert found.grades == ()
    assert found.left_out == {
        "no such level that day": 1,
        "no volatility to measure its distance by": 1,
        "at spot: it has no side": 1,
        "no price": 2,
        "no prices of the session after": 2,
    }


@given(st.floats(0.9, 1.1), st.floats(1.0, 200.0))
def test_placebos_weigh_one_and_stand_as_far_on_both_sides(ratio: float, sigma: float) -> None:
    found = placebos(6000.0 * ratio, 6000.0, sigma)
    assert sum(weight for _, weight in found) == pytest.approx(1.0)
    aways = np.array([np.log(level / 6000.0) for level, _ in found])
    assert aways[0] == pytest.approx(-np.log(ratio), abs=1e-12)
    weights = np.array([weight for _, weight in found])
    assert float(weights @ np.abs(aways)) == pytest.approx(abs(np.log(ratio)), abs=1e-12)
    assert np.sort(aways[1:]) == pytest.approx(np.sort(-aways[1:]), abs=1e-12)


def test_repeated_sessions_are_worth_less() -> None:
    rng = np.random.default_rng(0)
    alone = rng.normal(size=600)
    assert effective(alone) > 0.7 * 600
    assert effective(np.repeat(alone[:120], 5)) < 0.4 * 600
    assert effective(np.zeros(50)) == 50
    assert effective(np.tile([1.0, -1.0], 50)) == 100


def test_on_their_own_session() -> None:
    levels, prices = simulated(0, 5)
    own = prices.with_columns(pl.col("date") - dt.timedelta(days=1))
    assert score(levels, own, on="same").grades == score(levels, prices).grades
    assert score(levels, prices, on="same").left_out == {"no prices of the session": 5}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({"enough": 1}, "enough must be"), ({"confidence": 1.0}, "within 0 and 1"), ({"on": "now"}, "on must be")],
)
def test_arguments_out_of_range(arguments: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        score(*simulated(0, 5), **arguments)


def test_two_prices_of_one_date() -> None:
    levels, prices = simulated(0, 5)
    with pytest.raises(ValueError, match="two rows of prices"):
        score(levels, pl.concat([prices, prices]))
