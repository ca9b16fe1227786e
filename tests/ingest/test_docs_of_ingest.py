"""The pages on formats and quality name every format, rule and error, and say what the code says."""

import re
from pathlib import Path

import pytest

from gex.ingest import errors
from gex.ingest.quality import RULES
from gex.ingest.readers.canonical import TABLE
from gex.ingest.readers.refused import REFUSED
from gex.ingest.readers.registry import FORMATS

DOCS = Path(__file__).parents[2] / "docs"
FORMATS_PAGE = (DOCS / "formats.md").read_text(encoding="utf-8")
QUALITY_PAGE = (DOCS / "quality.md").read_text(encoding="utf-8")


def first_cells(page: str) -> list[str]:
    """Return the codes in the first column of the page's tables."""
    return re.findall(r"^\| `([^`]+)` \|", page, re.MULTILINE)


def test_every_format_has_its_row_and_no_other_does():
    assert first_cells(FORMATS_PAGE) == [*(each.name for each in FORMATS), TABLE, *(each.name for each in REFUSED)]


def test_every_readable_format_of_files_has_its_section():
    for each in FORMATS:
        assert re.search(rf"^## .*`{each.name}`", FORMATS_PAGE, re.MULTILINE), each.name


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)
def test_every_rule_has_its_row_word_for_word(rule):
    assert f"| `{rule.code}` | {rule.severity} | {rule.meaning} | {rule.remedy} |" in QUALITY_PAGE


def test_no_row_is_of_a_rule_or_error_that_is_gone():
    kinds = {kind.__name__ for kind in errors.ChainError.__subclasses__()}
    assert set(first_cells(QUALITY_PAGE)) == {rule.code for rule in RULES} | kinds
