"""Claims on histories made by hand: each kind's figure as it can be counted on paper, and beside pandas."""

from __future__ import annotations

import datetime as dt
import math

import numpy as np
import pandas as pd
import pytest
from daily_series import history

from gex.signals.audit import audit
from gex.signals.claim_inputs import AbsentError, Record
from gex.signals.claims import (
    Claim,
    Claimed,
    Event,
    FlowOfPosition,
    Level,
    Persistence,
    Seasonality,
    ShareOfWhole,
    Sign,
    Streak,
    Touched,
)

DAYS = np.arange(np.datetime64("2024-01-01"), np.datetime64("2024-01-15"))
#                         1  2  3  4  5  6  7  8  9 10 11 12 13 14
CLOSES = np.array([10.0, 12, 13, 12, 8, 7, 12, 13, 9, 11, 12, 13, 14, 9])
PAPER = {
    "X": history(DAYS, CLOSES, "X", low=CLOSES - 1, high=CLOSES + 1),
    "ONLY": history(DAYS, CLOSES, "ONLY"),
}


def day(number: int) -> dt.date:
    return dt.date(2024, 1, number)


def found(test, histories=PAPER):
    return audit(Claim("c", "words", "source", test), Record(histories))


def walk(seed: int = 1, days: int = 4000) -> dict:
    rng = np.random.default_rng(seed)
    dates = np.busday_offset("2005-01-03", np.arange(days), roll="forward")
    return {"X": history(dates, 100 * np.exp(np.cumsum(rng.normal(3e-4, 0.01, days))), "X")}


def test_a_level_is_that_of_its_day() -> None:
    right = found(Level("X", "sma(close, 3)", day(3), Claimed(11.6, 11.6, 0.1)))
    assert right.verdict == "holds"
    assert right.figures[0].found == pytest.approx((10 + 12 + 13) / 3)
    assert found(Level("X", "sma(close, 3)", day(3), Claimed(12.0, 12.0))).verdict == "wrong"
    early = found(Level("X", "sma(close, 3)", day(2), Claimed(12.0, 12.0)))
    assert early.verdict == "cannot_be_told"
    assert "too little history" in early.figures[0].words


@pytest.mark.parametrize(
    "test",
    [
        *(Level("X", text, day(8), Claimed(0.0, 1.0)) for text in ("ema(close, 4)", "highest(close, 5)")),
        Touched("X", day(8), (5.0, 9.0)),
        Streak("X", "close > 9", day(8), Claimed(2.0, 2.0), longest_since=day(5)),
    ],
)
def test_a_later_day_changes_nothing_of_a_day(test) -> None:
    cut = {"X": history(DAYS[:8], CLOSES[:8], "X", low=CLOSES[:8] - 1, high=CLOSES[:8] + 1)}
    assert found(test) == found(test, cut)


@pytest.mark.parametrize(
    ("price", "verdict", "words"),
    [
        ((7.5, 7.5), "holds", "touched 7.50: the day went from 7 to 9"),
        ((8.5, 20.0), "holds", "touched 8.50"),
        ("lag(close, 1) - 4", "holds", "touched 8"),
        ((12.0, 13.0), "wrong", "stayed 25.0% below 12; it was last there on 2024-01-04"),
        ((5.0, 6.0), "wrong", "stayed 16.7% above 6"),
    ],
)
def test_a_price_is_touched_or_not(price, verdict: str, words: str) -> None:
    told = found(Touched("X", day(5), price))
    assert told.verdict == verdict
    assert words in told.figures[0].words


def test_without_a_range_nothing_is_touched() -> None:
    with pytest.raises(ValueError, match="ONLY has no low"):
        found(Touched("ONLY", day(5), (7.5, 7.5)))


def test_a_price_of_zero_is_no_distance_to_divide_by() -> None:
    (figure,) = found(Touched("X", day(5), (0.0, 0.0))).figures
    assert (figure.verdict, figure.words.partition(";")[0]) == ("wrong", "the day went from 7 to 9, and stayed above 0")


def test_a_streak_is_counted_and_placed() -> None:
    test = Streak("X", "close > 9", day(13), Claimed(4.0, 4.0), longest_since=day(5))
    told = found(test)
    assert [each.verdict for each in told.figures] == ["holds", "holds"]
    assert told.figures[0].words == "found 4: still running, the longest since 4 broken on 2024-01-05"
    assert told.details["rank"] == 1
    over = found(Streak("X", "close > 9", day(14), Claimed(5.0, 5.0)))
    assert over.figures[0].found == 0
    assert (
        "the last run was of 4, broken on 2024-01-14, the longest since 4 broken on 2024-01-05" in over.figures[0].words
    )
    second = found(Streak("X", "close > 9", day(8), Claimed(2.0, math.inf)))
    assert second.verdict == "holds"
    assert "2nd longest since 2024-01-01" in second.figures[0].words
    assert second.details["as_long_before"]["broken"] == day(5)


def test_a_streak_is_ranked_from_its_first_day_on() -> None:
    told = found(Streak("X", "close > 9", day(8), Claimed(2.0, 2.0), longest_since=day(5), start=day(6)))
    assert told.details["rank"] == 1
    assert [each.verdict for each in told.figures] == ["holds", "wrong"]
    assert told.figures[1].words == "no earlier run was as long"


@pytest.mark.parametrize(("closes", "verdict"), [(1, "holds"), (4, "holds"), (5, "wrong")])
def test_persistence_needs_its_closes(closes: int, verdict: str) -> None:
    told = found(Persistence("X", "close > 9", closes, day(13)))
    assert told.verdict == verdict
    assert told.figures[0].words == "found 4, from 2024-01-10 on, over on 2024-01-14"
    assert told.details["reset"] == day(14)


def test_a_month_is_held_against_its_years() -> None:
    walked = walk()
    closes = pd.Series(walked["X"].column(), index=pd.DatetimeIndex(walked["X"].dates))
    returns = closes.resample("ME").last().pct_change().iloc[1:-1]
    by_month = returns.groupby(returns.index.month).mean()
    best = int(by_month.idxmax())
    told = found(Seasonality("X", best, Claimed(by_month[best], by_month[best], 1e-9), 1), walked)
    assert told.verdict == "holds"
    mean, rank = told.figures
    assert mean.found == pytest.approx(by_month[best], rel=1e-12)
    assert mean.base_rate == pytest.approx(returns.mean(), rel=1e-12)
    assert mean.n == rank.n == (returns.index.month == best).sum()
    worst = found(Seasonality("X", int(by_month.idxmin()), None, 1), walked)
    assert (worst.verdict, worst.figures[0].found) == ("wrong", 12)


def test_a_month_that_never_ended_has_no_figure() -> None:
    with pytest.raises(AbsentError, match="no whole month"):
        found(Seasonality("X", 1, None, 1))


def test_an_event_is_held_against_its_cases_and_any_day() -> None:
    walked = walk()
    closes = walked["X"].column()
    events = pd.Series(closes).pct_change().to_numpy() < -0.02
    ahead = closes[21:] / closes[:-21] - 1
    cases = ahead[events[:-21]]
    told = found(
        Event(
            *("X", "pct(close, 1) < -2", 21),
            hit=Claimed(np.mean(cases > 0), np.mean(cases > 0), 1e-9),
            median=Claimed(np.median(cases), np.median(cases), 1e-9),
            mean=Claimed(cases.mean(), cases.mean(), 1e-9),
        ),
        walked,
    )
    assert [each.verdict for each in told.figures] == ["holds"] * 3
    assert {each.n for each in told.figures} == {len(cases)}
    hit, median, mean = told.figures
    # The first day has no return: whether it was an event is not known, and it is no day of the sample.
    assert hit.base_rate == pytest.approx(np.mean(ahead[1:] > 0), rel=1e-12)
    assert median.base_rate == pytest.approx(np.median(ahead[1:]), rel=1e-12)
    assert mean.base_rate == pytest.approx(ahead[1:].mean(), rel=1e-12)


def test_neither_an_edge_nor_any_day_is_every_time_in_words() -> None:
    days = np.busday_offset("2020-01-06", np.arange(40))
    rising = {"X": history(days, 100.0 + np.arange(40), "X")}
    every = Claimed(1.0, 1.0)
    given = Event("X", (dt.date(2020, 1, 14), dt.date(2020, 1, 15)), 20, hit=every, mean=every, edge="higher")
    hit, _, edge = found(given, rising).figures
    assert hit.base_words == "20 of 20"
    assert hit.words.endswith("any day 20 of 20")
    assert "rose in 2 of 2, any day 20 of 20" in edge.words
    assert "100%" not in hit.words + edge.words


def test_an_edge_must_be_there_and_on_the_right_side() -> None:
    walked = walk()
    dates, closes = walked["X"].dates, walked["X"].column().copy()
    drawn = np.zeros(len(closes), dtype=bool)
    drawn[60:-60:40] = True
    lifted = closes * np.exp(np.cumsum(np.where(np.roll(drawn, 1) | np.roll(drawn, 2), 0.02, 0.0)))
    mark = history(dates, drawn.astype(float), "MARK")
    made = {"X": history(dates, lifted, "X"), "MARK": mark}
    for claimed, verdict in (("higher", "holds"), ("lower", "wrong")):
        assert found(Event("X", "MARK == 1", 5, edge=claimed), made).verdict == verdict
    idle = {"X": history(dates, closes, "X"), "MARK": mark}
    told = found(Event("X", "MARK == 1", 5, edge="higher"), idle)
    assert told.verdict == "not_supported"
    assert "no difference seen" in told.figures[0].words


def test_a_few_days_given_are_too_few() -> None:
    walked = walk()
    dates = [each.astype(object) for each in walked["X"].dates[[100, 900, 2000]]]
    told = found(Event("X", tuple(dates), 21, mean=Claimed(0.0, math.inf), edge="higher"), walked)
    assert told.verdict == "cannot_be_told"
    assert all("not enough data: n = 3" in each.words for each in told.figures)
    assert told.details["dates"] == dates


def test_an_event_that_never_came_or_is_not_over_tells_nothing() -> None:
    walked = walk()
    last = (walked["X"].dates[-1].astype(object),)
    for when in ("close < 0", last):
        told = found(Event("X", when, 5, hit=Claimed(1.0, 1.0)), walked)
        assert told.verdict == "cannot_be_told"
        assert told.figures[0].n == 0
        assert told.figures[0].words == "not enough data: no case whose 5 sessions are over"


def test_the_sample_is_what_the_claim_says() -> None:
    walked = walk()
    start, end = dt.date(2010, 1, 1), dt.date(2012, 12, 31)
    told = found(Event("X", "pct(close, 1) < 0", 5, hit=Claimed(0.5, 0.5), start=start, end=end), walked)
    assert all(start <= each <= end for each in told.details["dates"])
    inside = (walked["X"].dates >= np.datetime64(start)) & (walked["X"].dates <= np.datetime64(end))
    assert told.details["base"]["n"] == inside.sum()


@pytest.mark.parametrize(
    ("gamma", "move", "side"),
    [("negative", "down", "sell"), ("negative", "up", "buy"), ("positive", "down", "buy"), ("positive", "up", "sell")],
)
def test_dealers_trade_against_the_change_of_their_delta(gamma, move, side: str) -> None:
    assert found(Sign(gamma, move, side)).verdict == "holds"  # type: ignore[arg-type]
    other = {"buy": "sell", "sell": "buy"}[side]
    told = found(Sign(gamma, move, other))  # type: ignore[arg-type]
    assert (told.verdict, told.figures[0].found) == ("wrong", side)


def test_units_that_do_not_fit() -> None:
    flow = found(FlowOfPosition(-390e9, 165e9, "week"))
    assert flow.verdict == "inconsistent_units"
    assert flow.figures[0].words == (
        "$390bn in a week is 236% of a position of $165bn, beyond 50%; "
        "a tenth, $39bn, would be 24%, as where 亿 (1e8) is read as billions"
    )
    share = found(ShareOfWhole(180e9, 0.038, (55e12, 60e12), "about"))
    assert share.verdict == "inconsistent_units"
    assert share.figures[0].words == (
        "$180bn as 3.8% implies a whole of $4.74tn, 12 times too small: of $55tn to $60tn it would be 0.3%"
    )
    assert found(ShareOfWhole(180e9, 0.003, (55e12, 60e12), "about")).verdict == "consistent_units"
    assert found(FlowOfPosition(-28e9, 172e9, "week")).verdict == "consistent_units"


@pytest.mark.parametrize(
    ("test", "error", "message"),
    [
        (Level("SPY", "close", day(3), Claimed(1.0, 1.0)), AbsentError, "no history is called 'SPY'"),
        (
            Level("X", "close", dt.date(2023, 1, 1), Claimed(1.0, 1.0)),
            AbsentError,
            "goes from 2024-01-01 to 2024-01-14",
        ),
        (Level("X", "close", dt.date(2025, 1, 1), Claimed(1.0, 1.0)), AbsentError, "is outside X"),
        (Level("X", "clos", day(3), Claimed(1.0, 1.0)), ValueError, "close"),
        (Level("X", "close > 110", day(3), Claimed(1.0, 1.0)), ValueError, "is true or false a day"),
        (Level("X", "VVIX > 110", day(3), Claimed(1.0, 1.0)), ValueError, "VVIX"),
        (Streak("X", "close", day(3), Claimed(1.0, 1.0)), ValueError, "gives a number a day; compare it"),
        (Persistence("X", "close >", 3, day(3)), ValueError, "."),
        (Event("X", "close", 5, edge="higher"), ValueError, "gives a number a day; compare it"),
        (Event("X", (dt.date(2024, 2, 1),), 5, edge="higher"), AbsentError, "2024-02-01 is no day of X"),
        (Event("X", "close > 1", 5, edge="higher", start=dt.date(2025, 1, 1)), AbsentError, "no day from 2025-01-01"),
        (Event("X", "sma(close, 99) > 1", 5, edge="higher"), AbsentError, "is known on no day of the sample"),
    ],
)
def test_what_is_not_there_is_named(test, error, message: str) -> None:
    with pytest.raises(error, match=message):
        found(test)


def test_a_day_between_two_sessions_is_named_with_both() -> None:
    gap = {"X": history(np.delete(DAYS, 5), np.delete(CLOSES, 5), "X")}
    with pytest.raises(AbsentError, match="2024-01-06 is no day of X; the nearest are 2024-01-05 and 2024-01-07"):
        found(Level("X", "close", day(6), Claimed(1.0, 1.0)), gap)
