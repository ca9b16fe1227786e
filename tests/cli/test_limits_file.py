"""The file of limits: every form of rule, and every mistake told with its line and the nearest names."""

from __future__ import annotations

import re
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, get_args

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.limits_file import KEYS, read_limits
from gex.cli.monitor.config import read_monitor_file
from gex.cli.monitor.secrets import Secrets
from gex.limit_states import STATES
from gex.limits import Beyond, Crosses, Distance, Is, Moves, Percentile, Span, Test, Within

if TYPE_CHECKING:
    from gex.limits import Rule


def read(folder: Path, *lines: str) -> tuple[Rule, ...]:
    path = folder / "limits.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    return read_limits(path)


def one(folder: Path, *lines: str) -> Rule:
    (rule,) = read(folder, "[rules.r]", 'severity = "warn"', *lines)
    return rule


@pytest.mark.parametrize(
    ("lines", "test"),
    [
        (['field = "net_gamma_usd_per_1pct"', "below = -5e9", "clear = 0"], Beyond("below", -5e9, 0.0)),
        (['field = "spot"', "above = 7000"], Beyond("above", 7000.0)),
        (['field = "zero_dte_share_of_gross"', 'above = "40%"', 'clear = "30%"'], Beyond("above", 0.4, 0.3)),
        (['field = "gamma_flip_pct"', 'below = "-2%"'], Beyond("below", -2.0)),
        (
            ['field = "spot"', 'within = "0.5%"', 'of = "gamma_flip"', 'clear = "0.75%"'],
            Within("gamma_flip", Distance(0.5, "pct"), Distance(0.75, "pct")),
        ),
        (['field = "spot"', "within = 25", 'of = "put_wall"'], Within("put_wall", Distance(25.0))),
        (['field = "spot"', 'crosses = "gamma_flip"'], Crosses("gamma_flip", Span(1, "sessions"))),
        (
            ['field = "spot"', 'crosses = "gamma_flip"', 'over = "1 snapshot"', "clear = 5"],
            Crosses("gamma_flip", Span(1), Distance(5.0)),
        ),
        (
            ['field = "call_wall"', 'moves = "1%"', 'over = "5 sessions"'],
            Moves(Distance(1.0, "pct"), Span(5, "sessions")),
        ),
        (
            ['field = "net_gamma_usd_per_1pct"', "percentile_below = 5", 'over = "60 sessions"', "at_least = 30"],
            Percentile("below", 5.0, None, Span(60, "sessions"), 30),
        ),
        (['field = "net_gamma_usd_per_1pct"', "percentile_above = 95", "clear = 90"], Percentile("above", 95.0, 90.0)),
        (['field = "regime"', 'is = "short_gamma"'], Is(("short_gamma",))),
        (['field = "regime"', 'is = ["short_gamma", "near_zero"]'], Is(("short_gamma", "near_zero"))),
        (['field = "age_minutes"', "above = 30"], Beyond("above", 30.0)),
    ],
)
def test_every_test_can_be_written(tmp_path: Path, lines: list[str], test: object) -> None:
    assert one(tmp_path, *lines).test == test


def test_what_all_rules_share(tmp_path: Path) -> None:
    rule = one(
        tmp_path,
        *('field = "spot"', "above = 1", 'for = "2 sessions"', 'symbols = ["^spx", "QQQ"]', 'message = "Look."'),
    )
    assert (rule.lasting, rule.symbols, rule.message) == (Span(2, "sessions"), ("SPX", "QQQ"), "Look.")
    assert (rule.severity, rule.name) == ("warn", "r")
    assert rule.holds_for("SPX")
    assert not rule.holds_for("NDX")
    assert one(tmp_path, 'field = "spot"', "above = 1", "for = 3").lasting == Span(3)


@pytest.mark.parametrize(
    ("lines", "line", "message"),
    [
        (['field = "net_gama_usd_per_1pct"', "below = 0"], 3, "nearest: net_gamma_usd_per_1pct"),
        (['field = "spot"', "belw = 0"], 4, "no key is called 'belw'; nearest: below"),
        (['field = "spot"', "below = 0", "above = 1"], 1, "a rule tests one thing"),
        (['field = "spot"'], 1, "got none"),
        (['field = "spot"', "below = 0", 'of = "gamma_flip"'], 5, "of does not go with below"),
        (['field = "spot"', "below = true"], 4, "below must be a finite number, got True"),
        (['field = "spot"', "below = nan"], 4, "below must be a finite number"),
        (['field = "spot"', 'below = "5%"'], 4, "below must be a finite number"),
        (['field = "spot"', "below = 5", "clear = 4"], 5, "clear must lie at or above 5"),
        (['field = "spot"', 'within = "1 point"', 'of = "gamma_flip"'], 4, "a number or a percentage"),
        (['field = "spot"', "within = 5", 'of = "regime"'], 5, "both fields must be prices"),
        (['field = "spot"', "within = 5"], 1, "of is missing"),
        (['field = "spot"', 'crosses = "gamma_flp"'], 4, "nearest: gamma_flip"),
        (['field = "regime"', 'is = "short"'], 4, "one of long_gamma, short_gamma, near_zero"),
        (['field = "spot"', 'is = "short_gamma"'], 4, "use below or above"),
        (['field = "regime"', "below = 1"], 4, "the field is a word"),
        (['field = "spot"', "below = 1", 'for = "2 days"'], 5, "for must be a whole number of snapshots"),
        (['field = "spot"', "below = 1", "for = 0"], 5, "for must be a whole number"),
        (['field = "spot"', "below = 1", "symbols = []"], 5, "symbols must be a list of texts"),
        (['field = "spot"', "below = 1", 'message = ""'], 5, "message must be a text"),
        (['field = "age_minutes"', "above = 1", "for = 2"], 3, "known of the last snapshot alone"),
        (['field = "age_minutes"', "moves = 1"], 3, "known of the last snapshot alone"),
        (["below = 0"], 1, "field is missing"),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, lines: list[str], line: int, message: str) -> None:
    with pytest.raises(click.UsageError) as caught:
        one(tmp_path, *lines)
    assert f"limits.toml, line {line}: [rules.r]: " in caught.value.message
    assert message in caught.value.message


def test_severity_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="severity is missing"):
        read(tmp_path, "[rules.r]", 'field = "spot"', "below = 1")
    with pytest.raises(click.UsageError, match=r"line 4.*info, warn, breach; got 'high'"):
        read(tmp_path, "[rules.r]", 'field = "spot"', "below = 1", 'severity = "high"')


def test_a_file_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(click.UsageError, match="line 2"):
        read(tmp_path, "[rules.r]", "field = ", "below = 1")
    with pytest.raises(click.UsageError, match="it has no rule"):
        read(tmp_path, "")
    with pytest.raises(click.UsageError, match="no key is called 'rule'; nearest: rules"):
        read(tmp_path, "[rule.r]")
    with pytest.raises(click.UsageError, match=r"write \[rules.NAME\]"):
        read(tmp_path, "[rules]", "below = 1")
    with pytest.raises(click.UsageError, match="No such file"):
        read_limits(tmp_path / "other.toml")
    (tmp_path / "limits.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(click.UsageError, match="decode"):
        read_limits(tmp_path / "limits.toml")


def test_lines_are_those_of_the_right_table(tmp_path: Path) -> None:
    lines = ["# below = 1", "[rules.a]", 'field = "spot"', "below = 1", 'severity = "warn"', "", '[rules."b.c"]']
    with pytest.raises(click.UsageError, match="line 9"):
        read(tmp_path, *lines, 'field = "spot"', "below = []", 'severity = "warn"')


@pytest.mark.parametrize(
    ("lines", "line"),
    [
        (['rules.a.field = "spot"', "rules.a.below = []", 'rules.a.severity = "warn"'], 2),
        (["[rules]", 'a = { field = "spot", below = [], severity = "warn" }'], 2),
        (['[rules."a"]', 'field = "spot"', '"below" = []', 'severity = "warn"'], 3),
        (["[rules]", 'a.field = "spot"', "a.below = []", 'a.severity = "warn"'], 3),
    ],
)
def test_lines_are_found_however_keys_are_written(tmp_path: Path, lines: list[str], line: int) -> None:
    with pytest.raises(click.UsageError, match=f"limits.toml, line {line}: .rules.a.: below must be a finite number"):
        read(tmp_path, *lines)


PAGE = (Path(__file__).resolve().parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")


def test_the_documented_file_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every rule of docs/limits.md, its feed and its deliveries can be read as they stand."""
    for name in re.findall(r"env:(\w+)\"", PAGE):
        monkeypatch.setenv(name, "https://hooks.example/T0")
    path = tmp_path / "limits.toml"
    path.write_text(PAGE.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    found = read_monitor_file(path, Secrets())
    assert read_limits(path) == found.rules
    assert {type(each.test) for each in found.rules} == set(get_args(Test))
    assert found.feed is not None
    assert {each.way for each in found.deliveries} == {"command", "file", "webhook"}


def test_every_test_key_and_state_is_documented() -> None:
    assert all(f"\n{name} = " in PAGE or f"`{name} = " in PAGE for name in KEYS)
    assert all(f"| `{state}` |" in PAGE for state in STATES)


EXAMPLE = PAGE.partition("```toml\n")[2].partition("```")[0]


@given(
    st.integers(0, len(EXAMPLE)),
    st.integers(0, 30),
    st.sampled_from(["", "]", '"', "\n", "nan", "-1", "[[x]]", "é=", "{"]),
)
def test_a_damaged_file_is_a_usage_error_or_a_file(start: int, cut: int, put: str) -> None:
    """Whatever is cut out or put in: rules, or one line about what is wrong."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "limits.toml"
        path.write_text(EXAMPLE[:start] + put + EXAMPLE[start + cut :], encoding="utf-8")
        rules, message = (), ""
        try:
            rules = read_limits(path)
        except click.UsageError as error:
            message = error.message
        assert rules or str(path) in message
