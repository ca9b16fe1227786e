"""The page on trades names every format, reason, warning and column, and says what the code says."""

from __future__ import annotations

import re
from pathlib import Path

from gex.ingest.trade_schema import TRADE_SCHEMA, TRADE_WARNINGS
from gex.ingest.trades.judge import ERRORS
from gex.ingest.trades.registry import FORMATS

PAGE = (Path(__file__).parents[3] / "docs" / "trades.md").read_text(encoding="utf-8")


def test_formats_and_columns():
    table = re.search(r"^\| format \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert table
    assert re.findall(r"^\| `([^`]+)` \|", table[0], re.MULTILINE) == [each.name for each in FORMATS]
    columns = re.search(r"^\| column \|.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
    assert columns
    first = "".join(row.split("|")[1] for row in columns[0].strip().splitlines())
    assert re.findall(r"`(\w+)`", first) == list(TRADE_SCHEMA)


def test_reasons_and_warnings_word_for_word():
    for heading, known in (("reason", ERRORS), ("warning", TRADE_WARNINGS)):
        table = re.search(rf"^\| {heading} \| meaning \|\n.*?\n\n", PAGE, re.MULTILINE | re.DOTALL)
        assert table
        assert dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", table[0], re.MULTILINE)) == known
