"""The file of one's own signals: what it may say, and every mistake told with its line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
import numpy as np
import pytest
from daily_series import history

from gex.cli.histories import HistoryOptions, load
from gex.cli.signals_file import SignalsFile, read_signals
from gex.signals.expression import evaluate
from gex.signals.named import NAMED, Named

if TYPE_CHECKING:
    from pathlib import Path

DAYS = np.arange("2025-01-01", "2025-02-01", dtype="datetime64[D]")
TEXT = """
[series.survey]
file = "survey.csv"
lag_days = 3
lasts_days = 7

[series.UNRATE]
lag_days = 36

[signals.gloom]
expression = '''SURVEY < 20
and close < sma(close, 3)'''
unit = "condition"
definition = "few bulls, and prices fall"
source = "own survey"
lag_days = 1
"""


def read(folder: Path, text: str) -> SignalsFile:
    path = folder / "signals.toml"
    path.write_text(text, encoding="utf-8")
    return read_signals(path)


def test_all_that_a_file_may_say(tmp_path) -> None:
    found = read(tmp_path, TEXT)
    assert found.files == {"SURVEY": str(tmp_path / "survey.csv")}
    assert found.lags == {"SURVEY": 3, "UNRATE": 36}
    assert found.lasts == {"SURVEY": 7}
    text = "SURVEY < 20 and close < sma(close, 3)"
    assert found.signals["gloom"] == Named("gloom", text, "condition", "few bulls, and prices fall", "own survey", 1)
    assert found.definitions == NAMED | found.signals


def test_a_series_of_ones_own_is_used_from_the_day_it_was_published(tmp_path) -> None:
    (tmp_path / "survey.csv").write_text("date,value\n2025-01-02,30\n2025-01-09,10\n2025-01-16,40\n")
    found = read(tmp_path, TEXT)
    histories = load(found.beside(HistoryOptions(None, {})))
    panel = found.panel(history(DAYS, np.arange(100.0, 100.0 - len(DAYS), -1.0)), histories)
    survey = evaluate("SURVEY", panel)
    np.testing.assert_array_equal(survey[3:12], [np.nan, 30, 30, 30, 30, 30, 30, 30, 10])
    # The last, of the 16th, is out on the 19th and good to the 26th.
    np.testing.assert_array_equal(survey[18:27], [40] * 8 + [np.nan])
    gloomy = panel.dates[evaluate("gloom", panel, found.definitions)].astype(str)
    assert (gloomy[0], gloomy[-1], len(gloomy)) == ("2025-01-13", "2025-01-19", 7)


def test_a_file_on_the_command_line_stands_before_that_of_the_signals(tmp_path) -> None:
    found = read(tmp_path, TEXT).beside(HistoryOptions(None, {"SURVEY": "other.csv"}))
    assert found.series == {"SURVEY": "other.csv"}


def test_lags_of_series_that_are_not_there_do_no_harm(tmp_path) -> None:
    assert read(tmp_path, TEXT).panel(history(DAYS, np.ones(len(DAYS))), {}).lags == {}


def test_no_file_says_nothing() -> None:
    assert read_signals(None) == SignalsFile()


GOOD = '\nunit = "points"\ndefinition = "x"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "it says nothing; write"),
        ("[signal.a]", "no key is called 'signal'; nearest: signals"),
        ('[signals.a]\nexpression = "close"', "line 1: [signals.a]: unit is missing"),
        (
            '[signals.a]\nexpression = "close"\nunits = "x"',
            "line 3: [signals.a]: no key is called 'units'; nearest: unit",
        ),
        ('[signals.a]\nexpression = "close >"' + GOOD, 'line 2: [signals.a]: column 8 of "close >": not understood'),
        ("[signals.a]\nexpression = 5" + GOOD, "line 2: [signals.a]: expression must be a text, got 5"),
        ('[signals.sma]\nexpression = "close"' + GOOD, "line 1: [signals.sma]: the name is a function's"),
        ('[signals.native]\nexpression = "close"' + GOOD, "the name is a function's"),
        ('[signals.close]\nexpression = "open"' + GOOD, "the name is a column's"),
        ('[signals.sahm_rule]\nexpression = "close"' + GOOD, "the name is the library's"),
        ('[signals.A-B]\nexpression = "close"' + GOOD, "a signal's name is of small letters"),
        (
            '[signals.a]\nexpression = "close"\nlag_days = -1' + GOOD,
            "line 3: [signals.a]: lag_days must be a whole number",
        ),
        ("[series.A]\nlag_days = 1.5", "line 2: [series.A]: lag_days must be a whole number from 0 on, got 1.5"),
        ("[series.A]", "it says nothing: give file"),
        ("[series.A]\nfile = 5", "file must be a text"),
        ("signals = 5", "signals must hold tables"),
        ("[signals", "correct the file"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, text, says) -> None:
    with pytest.raises(click.UsageError) as caught:
        read(tmp_path, text)
    assert says in caught.value.message


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(click.UsageError, match="No such file"):
        read_signals(tmp_path / "none.toml")
