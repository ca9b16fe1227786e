"""The language of signals: its figures against the functions behind it, its errors, and that nothing else is understood."""

from __future__ import annotations

import numpy as np
import pytest
from daily_series import history, history_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.signals import averages, runs
from gex.signals.expression import evaluate, truth
from gex.signals.functions import FUNCTIONS
from gex.signals.named import Named
from gex.signals.panel import Panel
from gex.signals.syntax import ExpressionError

NAN = float("nan")
DAYS = np.arange("2024-01-01", "2024-07-01", dtype="datetime64[D]")
DAYS = DAYS[(DAYS.astype(int) + 3) % 7 < 5]
RNG = np.random.default_rng(8)


def walk(start: float, step: float) -> np.ndarray:
    values = np.round(start + np.cumsum(RNG.normal(0, step, len(DAYS))), 2)
    values[RNG.integers(1, len(DAYS), 3)] = NAN
    return values


CLOSE, VIX = walk(100.0, 2.0), walk(20.0, 1.0)
MONTHS = np.arange("2023-06", "2024-06", dtype="datetime64[M]").astype("datetime64[D]")
PANEL = Panel(
    history(DAYS, CLOSE, open=CLOSE + 0.5, high=CLOSE + 1, low=CLOSE - 1, volume=np.arange(1.0, 1 + len(DAYS))),
    {
        "VIX": history(DAYS, VIX, "VIX", high=VIX + 1.0),
        "UNRATE": history(MONTHS, np.linspace(3.5, 4.6, len(MONTHS)), "UNRATE"),
        "BRK.B": history(DAYS, 3.0 * CLOSE, "BRK.B"),
    },
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("close", CLOSE),
        ("  close", CLOSE),
        ("SPX.high - SPX.low", CLOSE + 1 - (CLOSE - 1)),
        ("-VIX + 2 * VIX.high", -VIX + 2 * (VIX + 1)),
        ("close / (close - close)", CLOSE * NAN),
        ("1 / 0", np.full(len(DAYS), NAN)),
        ("10 - 2 * 3", np.full(len(DAYS), 4.0)),
        ("sma(close, 5)", averages.sma(CLOSE, 5)),
        ("sma(close, 2 + 3)", averages.sma(CLOSE, 5)),
        ("ema(VIX, 38)", averages.ema(VIX, 38)),
        ("change(close, 3)", CLOSE - runs.lag(CLOSE, 3)),
        ("pct(close, 3)", 100 * (CLOSE / runs.lag(CLOSE, 3) - 1)),
        ("max(close, 100)", np.maximum(CLOSE, 100)),
        ('series("BRK.B") / close', 3.0 * CLOSE / CLOSE),
        ('series("VIX", "high")', VIX + 1),
        ("streak(close > 100)", np.where(np.isnan(CLOSE), NAN, runs.streak(CLOSE > 100))),
        ("close > 100", CLOSE > 100),
        ("not close > 100", CLOSE <= 100),
        ("95 < close <= 105", (CLOSE > 95) & (CLOSE <= 105)),
        ("close > 100 and VIX < 20 or VIX >= 25", (CLOSE > 100) & (VIX < 20) | (VIX >= 25)),
        ("month(2, 3)", np.isin(DAYS.astype("datetime64[M]").astype(str), ["2024-02", "2024-03"])),
        ("weekday(1)", np.array([day.weekday() == 0 for day in DAYS.tolist()])),
        ('since("2024-02-01") and until("2024-02-29")', DAYS.astype("datetime64[M]") == np.datetime64("2024-02")),
        ("touched(round_below(close, 10))", (CLOSE - 1 <= CLOSE // 10 * 10) & (CLOSE // 10 * 10 <= CLOSE + 1)),
        ("1 < 2", np.full(len(DAYS), fill_value=True)),
    ],
)
def test_figures(text, expected) -> None:
    found = evaluate(text, PANEL)
    assert found.dtype == np.asarray(expected).dtype
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_the_truth_of_a_condition_tells_what_is_not_known() -> None:
    np.testing.assert_array_equal(truth("close > 100", PANEL), np.where(np.isnan(CLOSE), NAN, CLOSE > 100))
    np.testing.assert_array_equal(truth("not close > 100", PANEL), 1.0 - truth("close > 100", PANEL))
    with pytest.raises(ExpressionError, match="expected a condition, got numbers"):
        truth("close", PANEL)


def test_a_result_is_the_callers_own() -> None:
    found = evaluate("close", PANEL)
    found[:] = 0.0
    np.testing.assert_array_equal(evaluate("close", PANEL), CLOSE)


def test_a_monthly_rule_works_on_months_and_waits_for_their_publication() -> None:
    own = averages.sma(np.linspace(3.5, 4.6, len(MONTHS)), 3)
    expected = PANEL.align("UNRATE", MONTHS, own)
    np.testing.assert_array_equal(evaluate("native(sma(UNRATE, 3))", PANEL), expected)
    np.testing.assert_array_equal(evaluate("sma(UNRATE, 3)", PANEL.alone("UNRATE")), own)
    np.testing.assert_array_equal(evaluate("native(sma(SPX, 3))", PANEL), averages.sma(CLOSE, 3))


def test_named_signals() -> None:
    calm = Named("calm", "VIX < 18", "condition", "")
    late = Named("late", "close", "points", "", lag_days=7)
    both = {"calm": calm, "late": late, "both": Named("both", "calm and late > 100", "condition", "")}
    np.testing.assert_array_equal(evaluate("calm", PANEL, both), VIX < 18)
    known = {day + np.timedelta64(7, "D"): close for day, close in zip(DAYS, CLOSE, strict=True)}
    np.testing.assert_array_equal(evaluate("late", PANEL, both), [known.get(day, NAN) for day in DAYS])
    np.testing.assert_array_equal(evaluate("both", PANEL, both), (VIX < 18) & (evaluate("late", PANEL, both) > 100))


def test_signals_that_use_one_another_twice_are_worked_out_once() -> None:
    chain = {"s0": Named("s0", "close", "", "")}
    chain |= {f"s{n}": Named(f"s{n}", f"s{n - 1} + s{n - 1}", "", "") for n in range(1, 41)}
    np.testing.assert_allclose(evaluate("s40", PANEL, chain), CLOSE * 2.0**40)


def test_signals_too_far_within_one_another_are_refused() -> None:
    chain = {"s0": Named("s0", "close", "", "")} | {
        f"s{n}": Named(f"s{n}", f"s{n - 1} + 1", "", "") for n in range(1, 600)
    }
    with pytest.raises(ExpressionError, match="too many signals within signals"):
        evaluate("s599", PANEL, chain)


# Expressions that hold every function, and every form of the language.
TEXTS = [
    "sma(close, 5) + ema(VIX, 9.5) - std(close, 4)",
    "highest(high, 5) - lowest(low, 5) + total(volume, 3)",
    "lag(close, 2) + change(VIX, 1) * pct(close, 3)",
    "zscore(VIX, 10) + percentile(VIX, 10)",
    "drawdown(close) + peak(close) + abs(close - 100) + sqrt(VIX) + log(close) + min(close, VIX) + max(close, 3)",
    "round_below(close, 5) + round_above(close, 5) - round_to(close, 5)",
    "weekly(close) + weekly_sma(close, 3) + realized(5)",
    'anchored_vwap("2024-01-15") + vwap(close, volume, "2024-02-01")',
    "streak(close > 100) + count(VIX > 20, 4) + days_since(VIX > 21)",
    "crosses_above(close, sma(close, 5)) or crosses_below(VIX, 20)",
    "started(VIX > 20) or ended(VIX > 20) or persist(VIX > 20, 3)",
    "within(VIX > 21, 3) and not touched(100)",
    'month(2) or weekday(5) or since("2024-05-01") and until("2024-05-30")',
    'native(sma(UNRATE, 3) - lowest(lag(UNRATE, 1), 2)) + series("BRK.B")',
]


def test_the_texts_hold_every_function() -> None:
    assert [name for name in FUNCTIONS if not any(f"{name}(" in text for text in TEXTS)] == []


def cut(each, last):
    """Return a history up to a day."""
    known = each.dates <= last
    columns = {name: each.column(name)[known] for name in ("open", "high", "low", "volume")}
    return history(each.dates[known], each.column()[known], each.name, **columns)


@given(st.integers(12, len(DAYS)))
@settings(max_examples=8)
def test_days_to_come_change_no_bit(end) -> None:
    """Neither the history's own later days nor those of the series beside it."""
    last = DAYS[end - 1]
    shorter = Panel(cut(PANEL.main, last), {name: cut(each, last) for name, each in PANEL.others.items()})
    for text in TEXTS:
        whole = evaluate(text, PANEL)
        assert evaluate(text, shorter).tobytes() == whole[:end].tobytes(), text
        assert evaluate(text, PANEL.until(last.tolist())).tobytes() == whole[:end].tobytes(), text


@pytest.mark.parametrize(
    ("text", "column", "says"),
    [
        ("", 1, "it is empty"),
        ("   ", 1, "it is empty"),
        ("clse > 5", 1, "nothing is called 'clse'; nearest: close"),
        ("close > VVX", 9, "nothing is called 'VVX'; nearest: VIX"),
        ("vix > 20", 1, "nothing is called 'vix'; nearest: VIX"),
        ("  close > VVX", 11, "nothing is called 'VVX'"),
        ('"é" == close', 1, "expected numbers, got a text"),
        ("close * äöü", 9, "nothing is called 'äöü'"),
        ("smaa(close, 5)", 1, "no function is called 'smaa'; nearest: sma"),
        ("sma(close)", 1, "sma(x, n) got 1 arguments"),
        ("close + sma", 9, "sma is a function: write sma(x, n)"),
        ("VIX.volume > 0", 1, "VIX has no volume"),
        ("VIX.adjusted", 1, "column must be one of"),
        ("VX.high", 1, "no series is called 'VX'; nearest: VIX"),
        ("close and VIX > 20", 1, "expected a condition (true or false a day), got numbers; compare them"),
        ("(close > 5) + 1", 2, "expected numbers, got a condition"),
        ("sma(close > 5, 3)", 5, "expected numbers, got a condition"),
        ("streak(close)", 8, "expected a condition"),
        ("sma(close, 0)", 1, "sma: n must be from 1 to 10000 days, got 0"),
        ("sma(close, 2.5)", 12, "n must be a whole number, got 2.5"),
        ("sma(close, 1 / 0)", 12, "n must be a whole number, got nan"),
        ("sma(close, VIX)", 12, "n must be one number, not a figure a day"),
        ("lag(close, -1)", 1, "n must be from 0"),
        ("change(close, -5)", 1, "n must be from 0"),
        ("sma(close, n=5)", 1, "arguments are given by their place"),
        ("sma(*close)", 1, "arguments are given by their place"),
        ("month(13)", 1, "a month must be from 1 to 12, got 13"),
        ("month()", 1, "month(m...) got 0 arguments"),
        ("since(2024)", 7, 'date must be a text in quotes, as in "2025-11-21"'),
        ('since("1/2/2024")', 1, "a date must be written"),
        ('anchored_vwap("2024-02-31")', 1, "a date must be written"),
        ("round_below(close, 0)", 1, "step must be positive"),
        ("native(close)", 8, "close is no series of its own"),
        ("native(UNRATE + VIX)", 8, "native works on one series: got UNRATE, VIX"),
        ("native(5)", 8, "native works on one series"),
        ('series("BRKB")', 1, "no series is called 'BRKB'; nearest: BRK.B"),
        ("series()", 1, "series("),
        ('"close"', 1, "a text is no signal"),
        ("close ** 2", 1, "+ - * / alone: write x * x"),
        ("close > 5 & VIX > 5", 9, "write and"),
        ("close % 5", 1, "+ - * / alone"),
        ("~(close > 5)", 1, "write not"),
        ("close is VIX", 1, "comparisons are"),
        ("close in VIX", 1, "comparisons are"),
        ("close = 5", 7, "not understood"),
        ("close >", 8, "not understood"),
        ("(close", 1, "not understood"),
        ("close) > (5", 6, "not understood"),
        ("close # 5", 7, "has no place"),
        ("close\n> 5", 6, "has no place"),
        ("clo\x00se", 4, "has no place"),
        ("1e999 < close", 1, "a number must be within"),
        ("9" * 900 + " < close", 1, "a number must be within"),
        ("True", 1, "True is not part of the language"),
        ("1j", 1, "1j is not part of the language"),
        ("b'close'", 1, "is not part of the language"),
        ("...", 1, "is not part of the language"),
        ("[close]", 1, "List is not part of the language"),
        ("close if VIX > 5 else 0", 1, "IfExp is not part of the language"),
        ("lambda: 0", 1, "Lambda is not part"),
        ("close[0]", 1, "Subscript is not part"),
        ("f'{close}'", 1, "JoinedStr is not part"),
        ("[x for x in close]", 1, "ListComp is not part"),
        ("(x := close)", 2, "NamedExpr is not part"),
        ("close.__class__", 1, "no series is called 'close'"),
        ("VIX.__class__", 1, "column must be one of"),
        ("VIX.close.real", 1, "a dot stands between a series and its column"),
        ("__import__('os')", 1, "no function is called '__import__'"),
        ("sma.__globals__", 1, "no series is called 'sma'"),
        ("(sma)(close, 5)(1)", 1, "only a function's name may stand before ("),
        ("VIX.high(5)", 1, "only a function's name may stand before ("),
        ("close + " * 200 + "1", 1, "has more than 1000 characters"),
        ("-" * 60 + "close", 1, "parts"),
        ("1+" * 450 + "1", 1, "parts"),
        ("(" * 300 + "1" + ")" * 300, 1, ""),
    ],
)
def test_errors_say_what_is_wrong_and_where(text, column, says) -> None:
    with pytest.raises(ExpressionError) as caught:
        evaluate(text, PANEL)
    if says:
        assert says in caught.value.reason
        assert caught.value.column == column
        assert f"column {column} of " in str(caught.value)


def test_parentheses_do_no_harm() -> None:
    np.testing.assert_array_equal(evaluate("(" * 50 + "close" + ")" * 50, PANEL), CLOSE)


def test_signals_that_go_round_are_refused() -> None:
    round_ = {"a": Named("a", "b + 1", "", ""), "b": Named("b", "a + 1", "", "")}
    with pytest.raises(ExpressionError, match="a is defined by itself: a -> b -> a"):
        evaluate("a", PANEL, round_)


def test_a_signal_says_which_series_it_lacks() -> None:
    breadth = {"breadth": Named("breadth", "ADVANCES - DECLINES", "issues", "")}
    with pytest.raises(ExpressionError, match=r"column 7 of .*breadth: column 1 of .*nothing is called 'ADVANCES'"):
        evaluate("0 +   breadth", PANEL, breadth)


@pytest.mark.parametrize("text", [None, 5, b"close", ["close"]])
def test_what_is_no_text_is_refused(text) -> None:
    with pytest.raises(TypeError, match="an expression must be a text"):
        evaluate(text, PANEL)


NAMES = st.sampled_from(
    ["close", "high", "volume", "VIX", "VIX.high", "UNRATE", "SPX", "clse", "1", "0", "2.5", "-3", '"x"']
)
PIECES = st.recursive(
    NAMES,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "<", "==", "and", "or", "**", "in"]), inner).map(
            " ".join
        ),
        inner.map(lambda text: f"not ({text})"),
        st.tuples(st.sampled_from([*FUNCTIONS, "native", "series", "eval"]), st.lists(inner, max_size=3)).map(
            lambda call: f"{call[0]}({', '.join(call[1])})"
        ),
    ),
    max_leaves=8,
)


@given(PIECES | st.text(max_size=40) | st.text("()+-*/<>=., closeVIX0123456789\"'andortsm[]{}:", max_size=40))
def test_every_text_gives_figures_or_an_error_of_its_own(text) -> None:
    try:
        found = evaluate(text, PANEL)
    except ExpressionError as error:
        assert 1 <= error.column <= max(len(text), 1) + 1  # noqa: PT017 - either is right
    else:
        assert found.shape == DAYS.shape
        assert found.dtype in {np.dtype(bool), np.dtype(float)}
        assert not np.isinf(found).any()


@pytest.mark.real
def test_what_the_notes_of_november_2025_speak_of(data_path) -> None:
    folder = data_path("history")
    vvix = history_of(folder / "VVIX_History.csv", "VVIX")
    panel = Panel(history_of(folder / "SPX_History.csv", "SPX"), {"VVIX": vvix})

    def fired(text: str) -> list[str]:
        return (
            panel.dates[evaluate(f'({text}) and since("1950-01-01") and until("2025-11-28")', panel)]
            .astype(str)
            .tolist()
        )

    assert len(fired('crosses_below(close, sma(close, 50)) and until("2025-11-17")')) == 584
    streaks = fired("ended(close > sma(close, 50)) and lag(streak(close > sma(close, 50)), 1) >= 120")
    assert len(streaks) == 10
    assert streaks[-1] == "2025-11-17"
    assert fired('persist(VVIX > 110, 5) and since("2025-11-01")') == ["2025-11-21"]
    assert fired('persist(VVIX > 110, 6) and since("2025-11-01")') == []
    week = evaluate("weekly_sma(close, 20)", panel)[panel.dates == np.datetime64("2025-11-21")]
    assert round(float(week[0]), 2) == 6547.68
