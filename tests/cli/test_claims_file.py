"""The file of claims: every kind, every mistake told with its line, and none that hides the others."""

from __future__ import annotations

import datetime as dt
import math
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.claims_file import COMMON, KINDS, read_claims
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
    Test,
    Touched,
)
from gex.signals.verdicts import VERDICTS

DOCS = Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = (DOCS / "claims_of_november_2025.toml").read_text(encoding="utf-8")
PAGE = (DOCS / "claims.md").read_text(encoding="utf-8")
ON = dt.date(2025, 11, 21)
HEAD = ["[claims.c]", 'text = "words"', 'source = "note"']
LEVEL = ['kind = "level"', 'history = "SPX"', 'expression = "close"', "on = 2025-11-21", 'unit = "points"']
EVENT = ['kind = "event"', 'history = "SPX"', "horizon = 63"]
MONTH = ['kind = "seasonality"', 'history = "SPX"']
STREAK = ['kind = "streak"', 'history = "SPX"', 'condition = "close > 1"', "on = 2025-11-21"]
FLOW = ['kind = "flow"', 'position = "$165bn"', 'period = "week"']
SHARE = ['kind = "share"', 'part = "$180bn"', 'whole_source = "about"']


def read(folder: Path, *lines: str) -> Claim | click.UsageError:
    path = folder / "claims.toml"
    path.write_text("\n".join([*HEAD, *lines]), encoding="utf-8")
    (entry,) = read_claims(path)
    assert entry.name == "c"
    return entry.claim


@pytest.mark.parametrize(
    ("lines", "test"),
    [
        ([*LEVEL, "claimed = 5950"], Level("SPX", "close", ON, Claimed(5950.0, 5950.0, 29.75))),
        ([*LEVEL, "claimed = 5950", "tolerance = 5"], Level("SPX", "close", ON, Claimed(5950.0, 5950.0, 5.0))),
        ([*LEVEL, "claimed = 5950", 'tolerance = "1%"'], Level("SPX", "close", ON, Claimed(5950.0, 5950.0, 59.5))),
        ([*LEVEL, "claimed = [6180, 6200]", "tolerance = 0"], Level("SPX", "close", ON, Claimed(6180.0, 6200.0))),
        (
            [*LEVEL, 'claimed = "<= 6200"', "tolerance = 0"],
            Level("SPX", "close", ON, Claimed(-math.inf, 6200.0)),
        ),
        (
            ['kind = "touched"', 'history = "SPX"', 'on = "2025-11-21"', "price = 5950"],
            Touched("SPX", ON, (5950.0,) * 2),
        ),
        (['kind = "touched"', 'history = "SPX"', "on = 2025-11-21", "price = [1, 2]"], Touched("SPX", ON, (1.0, 2.0))),
        (
            ['kind = "touched"', 'history = "SPX"', "on = 2025-11-21", 'price = "sma(close, 50)"'],
            Touched("SPX", ON, "sma(close, 50)"),
        ),
        ([*STREAK, 'claimed = ">=138"'], Streak("SPX", "close > 1", ON, Claimed(138.0, math.inf))),
        (
            [*STREAK, "claimed = 138", "longest_since = 2007-02-27", "from = 1950-01-01"],
            Streak("SPX", "close > 1", ON, Claimed(138.0, 138.0), dt.date(2007, 2, 27), dt.date(1950, 1, 1)),
        ),
        (
            ['kind = "persistence"', 'history = "VVIX"', 'condition = "close > 110"', "closes = 5", "on = 2025-11-21"],
            Persistence("VVIX", "close > 110", 5, ON),
        ),
        (
            [*MONTH, 'month = "december"', 'mean = "1.8%"', "rank = 1"],
            Seasonality("SPX", 12, Claimed(0.018, 0.018, 0.001), 1),
        ),
        ([*MONTH, "month = 12", "rank = 1"], Seasonality("SPX", 12, None, 1)),
        (
            [
                *EVENT,
                'when = "close > 1"',
                'hit = "100%"',
                'median = ["20%", "35%"]',
                'edge = "higher"',
                "from = 1950-01-01",
            ],
            Event(
                *("SPX", "close > 1", 63, Claimed(1.0, 1.0, 0.01), Claimed(0.2, 0.35, 0.005)),
                edge="higher",
                start=dt.date(1950, 1, 1),
            ),
        ),
        (
            [*EVENT, "dates = [2022-10-13, 2020-03-23]", 'drawdown = "−18.7%"', 'entry = "next"', 'tolerance = "2%"'],
            Event(
                *("SPX", (dt.date(2020, 3, 23), dt.date(2022, 10, 13)), 63),
                drawdown=Claimed(-0.187, -0.187, 0.02),
                entry="next",
            ),
        ),
        ([*FLOW, 'flow = "-3900亿美元"'], FlowOfPosition(-390e9, 165e9, "week")),
        ([*FLOW, "flow = 39e9"], FlowOfPosition(39e9, 165e9, "week")),
        ([*SHARE, 'share = "3.8%"', 'whole = "$55tn"'], ShareOfWhole(180e9, 0.038, (55e12, 55e12), "about")),
        (
            [*SHARE, 'share = "3.8%"', 'whole = ["$55tn", 60e12]'],
            ShareOfWhole(180e9, 0.038, (55e12, 60e12), "about"),
        ),
        (['kind = "sign"', 'gamma = "negative"', 'move = "down"', 'dealers = "buy"'], Sign("negative", "down", "buy")),
    ],
)
def test_every_kind_can_be_written(tmp_path: Path, lines: list[str], test: Test) -> None:
    found = read(tmp_path, *lines)
    assert isinstance(found, Claim), found.message
    assert found == Claim("c", "words", "note", found.test)
    for name, value in vars(test).items():
        given_ = getattr(found.test, name)
        if isinstance(value, Claimed):
            assert vars(given_) == pytest.approx(vars(value))
        else:
            assert given_ == (pytest.approx(value) if isinstance(value, float) else value)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (["claimed = 1"], 1, "kind is missing"),
        (['kind = "levl"'], 4, "got 'levl'; nearest: level"),
        ([*LEVEL, "claimd = 1"], 9, "no key is called 'claimd'; nearest: claimed"),
        ([*LEVEL, "claimed = 1", "horizon = 5"], 10, "horizon does not go with kind level, which takes history"),
        (LEVEL, 1, "claimed is missing"),
        ([*LEVEL, "claimed = nan"], 9, "claimed must be a number, a range"),
        ([*LEVEL, "claimed = true"], 9, "claimed must be a number"),
        ([*LEVEL, 'claimed = "5950"'], 9, "claimed must be a number"),
        ([*LEVEL, 'claimed = ">=nan"'], 9, "claimed must be a number"),
        ([*LEVEL, "claimed = [1, 2, 3]"], 9, "one figure or a range of two"),
        ([*LEVEL, "claimed = [2, 1]"], 9, "from its least to its most, got 2 to 1"),
        ([*LEVEL, "claimed = 1", "tolerance = -1"], 9, "tolerance must not be negative"),
        ([*LEVEL, "claimed = 1", 'tolerance = "-1%"'], 9, "tolerance must not be negative"),
        ([*LEVEL[:-1], 'unit = "dollars"', "claimed = 1"], 8, "unit must be one of points, percent"),
        (
            [*LEVEL[:-2], 'unit = "points"', "claimed = 1", 'on = "21.11.2025"'],
            9,
            "on must be a day such as 2025-11-21",
        ),
        ([*LEVEL[:-2], 'unit = "points"', "claimed = 1", "on = 2025-11-21T10:00:00"], 9, "on must be a day"),
        ([*LEVEL[:-2], 'unit = "points"', "claimed = 1"], 1, "on is missing"),
        ([*EVENT, 'hit = "70%"'], 1, "say once when it happened"),
        ([*EVENT, 'when = "close > 1"', "dates = [2020-01-02]", 'hit = "70%"'], 1, "say once when it happened"),
        ([*EVENT, 'when = "close > 1"'], 1, "an event needs a figure"),
        ([*EVENT, 'when = "close > 1"', "hit = 70"], 8, 'hit must be a percentage in quotes, as "1.8%"; got 70'),
        ([*EVENT, 'when = "close > 1"', 'hit = "170%"'], 8, "hit is a share of cases"),
        ([*EVENT, 'when = "close > 1"', 'drawdown = "18.7%"'], 8, 'drawdown is a loss: write "-18.7%"'),
        ([*EVENT, 'when = "close > 1"', 'edge = "up"'], 8, "edge must be one of higher, lower"),
        ([*EVENT, "dates = []", 'hit = "70%"'], 7, "dates must be a list of days"),
        ([*EVENT, "dates = [2020-01-02, 2020-01-02]", 'hit = "70%"'], 7, "dates has a day twice"),
        ([*EVENT, 'when = "x"', 'hit = "7%"', "from = 2020-01-02", "to = 2019-01-02"], 10, "to 2019-01-02 lies before"),
        (['kind = "event"', 'history = "SPX"', 'when = "x"', 'hit = "7%"'], 1, "horizon is missing"),
        (['kind = "event"', 'history = "SPX"', 'when = "x"', 'hit = "7%"', "horizon = 2521"], 8, "2,520 at the most"),
        ([*MONTH, 'month = "Dezember"', "rank = 1"], 6, "month must be a month's name or 1 to 12"),
        ([*MONTH, "month = 13", "rank = 1"], 6, "month must be 12 at the most"),
        ([*MONTH, "month = 12"], 1, "needs a figure: give mean, or rank"),
        ([*MONTH, "month = 12", "rank = 0"], 7, "rank must be a whole number from 1 on"),
        ([*FLOW, 'flow = "€39bn"'], 7, "flow: expected an amount of dollars"),
        (['kind = "flow"', 'position = "0"', 'period = "week"', 'flow = "1"'], 5, "position must not be zero"),
        ([*FLOW[:2], 'period = "year"', 'flow = "1"'], 6, "period must be one of week, month"),
        ([*SHARE, "share = 3.8", 'whole = "$55tn"'], 7, 'share must be a percentage in quotes, as "1.8%"'),
        ([*SHARE, 'share = "0%"', 'whole = "$55tn"'], 7, "share must be above 0%"),
        ([*SHARE, 'share = "1%"', 'whole = ["$60tn", "$55tn"]'], 8, "a range from its least to its most"),
        ([*SHARE, 'share = "1%"', "whole = []"], 8, "whole: expected an amount"),
        (
            ['kind = "sign"', 'gamma = "short"', 'move = "down"', 'dealers = "buy"'],
            5,
            "positive, negative; got 'short'",
        ),
        ([*STREAK, "claimed = 1", "longest_since = 2007"], 9, "longest_since must be a day"),
        (['kind = "persistence"', 'history = "X"', 'condition = "c"', "closes = 0", "on = 2025-11-21"], 7, "from 1 on"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, lines: list[str], line: int, message: str) -> None:
    found = read(tmp_path, *lines)
    assert isinstance(found, click.UsageError)
    assert f"claims.toml, line {line}: [claims.c]: " in found.message
    assert message in found.message


def test_text_and_source_are_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text('[claims.a]\nkind = "sign"\n[claims.b]\ntext = "x"\nkind = "sign"\n', encoding="utf-8")
    first, second = (entry.claim for entry in read_claims(path))
    assert isinstance(first, click.UsageError)
    assert "text is missing" in first.message
    assert isinstance(second, click.UsageError)
    assert "source is missing" in second.message


def test_a_bad_claim_does_not_hide_the_others(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    path.write_text(EXAMPLE.replace('kind = "streak"', 'kind = "strike"', 1), encoding="utf-8")
    found = read_claims(path)
    assert [entry.name for entry in found if not isinstance(entry.claim, Claim)] == ["days-above-average"]
    assert len(found) == EXAMPLE.count("[claims.")


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "claims.toml"
    for text, message in (
        ("[claims.c]\ntext = \n", "line 2"),
        ("", "it has no claim"),
        ("[claim.c]", "no key is called 'claim'; nearest: claims"),
        ("[claims]\ntext = 1", r"write \[claims.NAME\]"),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(click.UsageError, match=message):
            read_claims(path)
    with pytest.raises(click.UsageError, match="No such file"):
        read_claims(tmp_path / "other.toml")


def test_the_example_can_be_read() -> None:
    found = read_claims(DOCS / "claims_of_november_2025.toml")
    assert all(isinstance(entry.claim, Claim) for entry in found)
    kinds = {kind for kind in KINDS if f'kind = "{kind}"' in EXAMPLE}
    assert kinds == set(KINDS)


def test_the_page_names_every_kind_key_and_verdict(tmp_path: Path) -> None:
    for kind, keys in KINDS.items():
        section = PAGE.partition(f"\n| `{kind}` |")[2].partition("\n")[0]
        assert [key for key in keys if f"`{key}`" not in section] == [], kind
    assert all(f"`{key}`" in PAGE for key in COMMON)
    assert all(f"| {each.replace('_', ' ')} |" in PAGE for each in VERDICTS)
    for number, block in enumerate(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL)):
        path = tmp_path / f"{number}.toml"
        path.write_text(block, encoding="utf-8")
        assert all(isinstance(entry.claim, Claim) for entry in read_claims(path))


@given(
    st.integers(0, len(EXAMPLE)),
    st.integers(0, 30),
    st.sampled_from(["", "]", '"', "\n", "nan", "-1", "[[x]]", "é=", "{", "9999-99-99", "inf"]),
)
def test_a_damaged_file_is_a_usage_error_or_a_file(start: int, cut: int, put: str) -> None:
    """Whatever is cut out or put in: claims, each one or why it is none, or one line about what is wrong."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "claims.toml"
        path.write_text(EXAMPLE[:start] + put + EXAMPLE[start + cut :], encoding="utf-8")
        found, message = (), ""
        try:
            found = read_claims(path)
        except click.UsageError as error:
            message = error.message
        assert found or str(path) in message
        for entry in found:
            assert isinstance(entry.claim, Claim) or str(path) in entry.claim.message
