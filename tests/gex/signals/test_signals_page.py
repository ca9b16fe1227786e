"""docs/signals.md: its tables are those of the language, and what it shows works."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import numpy as np
import pytest
from daily_series import history

from gex.cli.signals_file import read_signals
from gex.signals import averages, dated, evening, expression, panel, runs, seasonality, standing
from gex.signals.functions import FUNCTIONS
from gex.signals.named import LIBRARY
from gex.signals.syntax import DEEPEST, LONGEST_TEXT, MOST_PARTS, ExpressionError

PAGE = (Path(__file__).parents[3] / "docs" / "signals.md").read_text(encoding="utf-8")
ONE = panel.Panel(history(np.array(["2025-01-01"], dtype="datetime64[D]"), np.ones(1)))


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the first table under a heading, without its head."""
    part = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def test_the_table_of_functions_is_the_registry() -> None:
    assert rows("Functions") == [
        [f"`{each.usage(name)}`", each.gives, each.definition] for name, each in FUNCTIONS.items()
    ]


def test_the_library_is_the_registry() -> None:
    expected = [[f"`{e.name}`", f"`{e.expression}`", e.unit, e.definition, e.source] for e in LIBRARY]
    assert rows("The library") == expected


def test_the_lags_are_those_in_use() -> None:
    assert rows("Series and their publication") == [[name, str(days)] for name, days in panel.RELEASE_LAGS.items()]
    assert f"is good\nfor {panel.LASTS} calendar days" in PAGE


def test_forms_and_limits_are_told() -> None:
    for usage, meaning in (form.split(": ", 1) for form in expression.FORMS.values()):
        assert f"`{usage}`: {meaning}" in PAGE
    assert f"at most {LONGEST_TEXT}\ncharacters, {MOST_PARTS} parts, {DEEPEST} deep" in PAGE
    assert f"at most {averages.LONGEST:,} days" in PAGE


@pytest.mark.parametrize("module", [averages, runs, standing, seasonality, panel, expression, dated, evening])
def test_the_functions_it_names_in_python_are_there(module) -> None:
    (listed,) = [line for line in PAGE.splitlines() if line.startswith(f"| `{module.__name__}` |")]
    for name in re.findall(r"`([a-zA-Z_]+)`", listed.split("|")[2]):
        assert hasattr(module, name), name


def test_the_error_it_shows_is_the_error_there_is() -> None:
    with pytest.raises(ExpressionError) as caught:
        expression.evaluate("crosses_below(close, sma(clse, 50))", ONE)
    assert f"```text\n{caught.value}\n```" in PAGE


def test_its_expressions_are_understood() -> None:
    shown = re.findall(r'--when "([^"]+)"|^(ended\(.+)$', PAGE, flags=re.MULTILINE)
    texts = [one or other for one, other in shown]
    assert len(texts) == 2
    days = np.arange("2025-01-01", "2025-01-05", dtype="datetime64[D]")
    other = panel.Panel(history(days, np.ones(4)), {"VIX": history(days, np.ones(4), "VIX")})
    for text in texts:
        assert expression.evaluate(text, other).dtype == bool


def test_its_file_of_signals_can_be_read(tmp_path) -> None:
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "signals.toml").write_text(text)
    found = read_signals(tmp_path / "signals.toml")
    assert list(found.signals) == list(tomllib.loads(text)["signals"])
    assert dated.series_needed("washed_out", found.definitions) == ("POSITIONING",)
