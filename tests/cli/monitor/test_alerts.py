"""What is news, and what is not."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.checking import Checked
from gex.cli.monitor.alerts import Told, key_of, news_of
from gex.limit_states import verdicts
from gex.limits import Beyond, Rule, Span

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.limit_states import Verdict


def told(verdicts: list[Verdict], before: Told | None, checked: Checked) -> tuple[list[str], Told]:
    alerts, after = news_of(verdicts, before, checked)
    return [each.document["state"] for each in alerts], after


def test_at_first_only_the_last_state_is_news(verdict: Callable[..., Verdict], checked: Callable[..., Any]) -> None:
    past = [verdict("breached", 0), verdict("cleared", 5), verdict("ok", 10)]
    assert told(past, None, checked())[0] == []
    assert told([*past, verdict("breached", 15)], None, checked())[0] == ["breached"]


def test_a_breach_is_told_once_and_its_end_once(verdict: Callable[..., Verdict], checked: Callable[..., Any]) -> None:
    history = [verdict("ok", 0)]
    _, before = told(history, None, checked())
    for state, since, expected in (
        ("breached", 5, ["breached"]),
        ("breached", 5, []),
        ("cleared", 15, ["cleared"]),
        ("ok", 20, []),
        ("pending", 25, []),
        ("breached", 30, ["breached"]),
    ):
        history.append(verdict(state, 5 * len(history), since))
        states, before = told(history, before, checked())
        assert states == expected
        assert told(history, before, checked())[0] == []


def test_what_happened_between_two_rounds_is_told_in_order(
    verdict: Callable[..., Verdict], checked: Callable[..., Any]
) -> None:
    history = [verdict("ok", 0)]
    _, before = told(history, None, checked())
    history += [verdict("breached", 5), verdict("cleared", 10), verdict("ok", 15), verdict("breached", 20)]
    states, _ = told(history, before, checked())
    assert states == ["breached", "cleared", "breached"]


def test_an_unknown_snapshot_inside_a_breach_is_no_news(
    verdict: Callable[..., Verdict], checked: Callable[..., Any]
) -> None:
    history = [verdict("breached", 0)]
    _, before = told(history, None, checked())
    history += [verdict("unknown", 5), verdict("breached", 10, since=0), verdict("unknown", 15)]
    assert told(history, before, checked())[0] == []
    assert told([*history, verdict("ok", 20)], before, checked())[0] == ["cleared"]


def test_unknown_is_told_once_and_its_end(verdict: Callable[..., Verdict], checked: Callable[..., Any]) -> None:
    states, before = told([verdict("unknown", 0)], None, checked())
    assert states == ["unknown"]
    history = [verdict("unknown", 0), verdict("unknown", 5, since=0), verdict("ok", 10)]
    assert told(history, before, checked())[0] == ["cleared"]


def test_a_key_is_of_rule_symbol_state_and_since(verdict: Callable[..., Verdict], checked: Callable[..., Any]) -> None:
    (first,), _ = news_of([verdict("breached", 5)], None, checked())
    (later,), _ = news_of([verdict("breached", 5), verdict("breached", 10, since=5)], None, checked(at=500))
    assert first.key == later.key == first.document["key"]
    assert first.key == key_of("r", "SPX", "breached", "2025-09-05T14:05:00+00:00")
    others = {key_of(*each) for each in (("s", "SPX", "b", "t"), ("r", "SPX", "b", "t"), ("r", "NDX", "b", None))}
    assert len(others) == 3


def test_an_alert_carries_figure_limit_and_age(verdict: Callable[..., Verdict], checked: Callable[..., Any]) -> None:
    (alert,), _ = news_of([verdict("breached", 0)], None, checked(at=20, quoted=0))
    document = alert.document
    assert (document["figure"], document["threshold"], document["limit"]) == (6499.0, 6500.0, "below 6500")
    assert (document["age_minutes"], document["live"]) == (20.0, True)
    assert document["quote_time"] == "2025-09-05T14:00:00Z"
    (old,), _ = news_of([verdict("breached", 0)], None, checked(at=31, quoted=0))
    assert old.document["live"] is False


FIRST = dt.datetime(2025, 9, 5, 14, 0, tzinfo=dt.UTC)
FIGURES = st.lists(st.none() | st.sampled_from([6400.0, 6505.0, 6600.0]), min_size=1, max_size=25)


def keys_of(values: list[float | None], cuts: list[int]) -> list[str]:
    """Return the keys of all alerts where rounds end after so many snapshots, and after the last one."""
    rule = Rule(name="r", field="spot", test=Beyond("below", 6500.0, 6550.0), severity="warn", lasting=Span(2))
    times = [FIRST + dt.timedelta(minutes=5 * n) for n in range(len(values))]
    dates = [time.date() for time in times]
    series = pl.DataFrame(
        {"quote_time": times, "quote_date": dates, "spot": values}, schema_overrides={"spot": pl.Float64}
    )
    checked = Checked("SPX", FIRST, None, None, None, 0, ())
    keys, told = [], None
    for end in sorted({1, *(cut for cut in cuts if cut < len(values)), len(values)} - {0}):
        alerts, told = news_of(verdicts(rule, "SPX", series[:end]), told, checked)
        keys += [each.key for each in alerts]
    return keys


@given(FIGURES, st.lists(st.integers(1, 25), max_size=5))
def test_how_the_snapshots_fall_into_rounds_changes_no_alert(values: list[float | None], cuts: list[int]) -> None:
    assert keys_of(values, cuts) == keys_of(values, list(range(1, len(values) + 1)))


@given(FIGURES)
def test_no_alert_is_told_twice_and_every_breach_is(values: list[float | None]) -> None:
    keys = keys_of(values, [])
    assert len(set(keys)) == len(keys)
