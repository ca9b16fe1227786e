"""`gex claims` on histories made by hand: the table, the documents, and what one bad claim does to the rest."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.render.claims_screen import cells, wrapped

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.cli.conftest import Ran

GOOD = """
[claims.level]
text = "收于约100点
  以上"
source = "note"
note = "Said in passing."
kind = "level"
history = "ABC"
expression = "close"
on = 2024-01-02
claimed = 100
unit = "points"

[claims.few]
text = "100% of cases"
source = "note"
kind = "event"
history = "ABC"
dates = [2024-01-02, 2024-02-01, 2024-03-01]
horizon = 5
hit = "100%"
edge = "higher"

[claims.units]
text = "390bn of 165bn"
source = "note"
kind = "flow"
flow = "$390bn"
position = "$165bn"
period = "week"
""".replace('"收于约100点\n  以上"', '"""收于约100点\n  以上"""')
BAD = """
[claims.misspelt]
text = "x"
source = "note"
kind = "sign"
gama = "negative"
"""
ABSENT = """
[claims.absent]
text = "x"
source = "note"
kind = "level"
history = "ABD"
expression = "close"
on = 2024-01-02
claimed = 100
unit = "points"
"""


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    """A folder with one history that rises by a point a session from 100 on."""
    days = np.busday_offset("2024-01-02", np.arange(120), roll="forward")
    lines = [f"{day},{100 + number}" for number, day in enumerate(days)]
    (tmp_path / "abc.csv").write_text("date,value\n" + "\n".join(lines) + "\n")
    return tmp_path


@pytest.fixture(name="audit")
def _audit(gex: Callable[..., Ran], folder: Path) -> Callable[..., Ran]:
    """Return a function that audits the text of a file of claims."""

    def audit(text: str, *arguments: str) -> Ran:
        (folder / "claims.toml").write_text(text, encoding="utf-8")
        return gex("claims", folder / "claims.toml", "--series", f"ABC={folder / 'abc.csv'}", *arguments)

    return audit


def test_the_table(audit: Callable[..., Ran]) -> None:
    ran = audit(GOOD)
    assert ran.code == 0, ran.err
    lines = ran.out.splitlines()
    assert lines[0] == "claims.toml · 3 claims: 1 inconsistent units, 1 cannot be told, 1 holds"
    assert "HOLDS  level: “收于约100点 以上”, note" in lines
    assert "    Said in passing." in lines
    assert "CANNOT BE TOLD  few: “100% of cases”, note" in lines
    assert "INCONSISTENT UNITS  units: “390bn of 165bn”, note" in lines
    (row,) = (line for line in lines if line.startswith("  hit rate"))
    assert row.split()[:7] == ["hit", "rate", "100%", "3", "of", "3", "3"]
    assert "    3 days given" not in ran.out
    assert "not enough data: n = 3; 3 of 3 rose" in " ".join(ran.out.split())


def test_the_document(audit: Callable[..., Ran]) -> None:
    document = json.loads(audit(GOOD, "--format", "json").out)
    assert document["schema_version"] == 1
    assert document["histories"] == {"ABC": "2024-06-17"}
    assert document["verdicts"] == {
        "wrong": 0,
        "inconsistent_units": 1,
        "not_supported": 0,
        "cannot_be_told": 1,
        "consistent_units": 0,
        "holds": 1,
    }
    level, few, units = document["claims"]
    assert level["figures"][0] == {
        "name": "level",
        "unit": "points",
        "claimed": {"low": 100.0, "high": 100.0, "tolerance": 0.5},
        "found": 100.0,
        "verdict": "holds",
        "words": "found 100",
        "n": None,
        "interval": None,
        "base_rate": None,
        "base_words": None,
    }
    assert few["details"]["dates"] == ["2024-01-02", "2024-02-01", "2024-03-01"]
    assert units["details"]["tenfold"] is True
    rows = [json.loads(line) for line in audit(GOOD, "--format", "jsonl").out.splitlines()]
    assert rows == document["claims"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_a_row_a_figure(audit: Callable[..., Ran], folder: Path, form: str) -> None:
    ran = audit(GOOD + ABSENT, "--format", form, "--output", str(folder / f"out.{form}"))
    assert ran.code == 4
    data = io.BytesIO((folder / f"out.{form}").read_bytes())
    frame = pl.read_csv(data) if form == "csv" else pl.read_parquet(data)
    assert frame["claim"].to_list() == ["level", "few", "few", "units", "absent"]
    assert frame["figure"].to_list() == ["level", "hit rate", "edge", "of position", None]
    assert frame["found"].to_list()[:2] == ["100", "3 of 3"]
    assert frame["found_value"].to_list()[3] == pytest.approx(390 / 165)
    assert frame["verdict"].to_list()[-1] is None
    assert "no history is called 'ABD'; nearest: ABC" in frame["reason"].to_list()[-1]


def test_a_bad_claim_is_shown_and_the_others_are_audited(audit: Callable[..., Ran]) -> None:
    ran = audit(BAD + GOOD)
    assert ran.code == 4
    said = " ".join(ran.out.split())
    assert "4 claims: 1 inconsistent units, 1 cannot be told, 1 holds, 1 not audited" in said
    assert "NOT AUDITED misspelt:" in said
    assert "line 6: [claims.misspelt]: no key is called 'gama'; nearest: gamma" in said
    document = json.loads(audit(BAD + GOOD, "--format", "json").out)
    assert document["not_audited"] == 1
    assert document["claims"][0]["verdict"] is None
    assert "nearest: gamma" in document["claims"][0]["reason"]


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (BAD, 2, "no key is called 'gama'"),
        (ABSENT, 6, "no history is called 'ABD'; nearest: ABC"),
        (ABSENT.replace("ABD", "ABC").replace("01-02", "01-06"), 6, "no day of ABC; the nearest are 2024-01-05"),
        (ABSENT.replace("ABD", "ABC").replace("2024", "2034"), 6, "outside ABC, which goes from 2024-01-02 to"),
        (ABSENT.replace("ABD", "ABC").replace('"close"', '"clse"'), 2, "nothing is called 'clse'"),
        (BAD + ABSENT, 3, "no history is called 'ABD'"),
    ],
)
def test_where_nothing_could_be_audited_the_code_says_why(audit: Callable[..., Ran], text, code: int, message) -> None:
    ran = audit(text)
    assert ran.code == code
    assert message in " ".join(ran.out.split())


def test_a_file_that_is_none_is_one_line(audit: Callable[..., Ran], gex: Callable[..., Ran], folder: Path) -> None:
    ran = audit("[claims.x\n")
    assert (ran.code, ran.out) == (2, "")
    assert "line 1" in ran.err
    assert gex("claims", folder / "none.toml").code == 2
    assert audit(GOOD, "--histories", str(folder / "nowhere")).code in {2, 6}


def test_signals_of_ones_own_may_be_named(audit: Callable[..., Ran], folder: Path) -> None:
    signals = '[signals.twice]\nexpression = "2 * close"\nunit = "points"\ndefinition = "Twice the close."\n'
    (folder / "signals.toml").write_text(signals + "[series.ABC]\nlag_days = 0\n", encoding="utf-8")
    text = ABSENT.replace("ABD", "ABC").replace('"close"', '"twice"').replace("claimed = 100", "claimed = 200")
    assert audit(text).code == 2
    ran = audit(text, "--signals", str(folder / "signals.toml"))
    assert (ran.code, ran.out.splitlines()[0]) == (0, "claims.toml · 1 claim: 1 holds · ABC to 2024-06-17")


def test_names_in_small_letters_and_texts_that_would_steer_the_terminal(audit: Callable[..., Ran]) -> None:
    text = GOOD.replace('"ABC"', '"abc"').replace('text = "100% of cases"', 'text = "\\u001b[31m100%"')
    ran = audit(text)
    assert ran.code == 0
    assert "\x1b" not in ran.out
    assert "few: “�[31m100%”, note" in ran.out


def test_without_histories_only_arithmetic_is_audited(gex: Callable[..., Ran], folder: Path) -> None:
    (folder / "claims.toml").write_text(GOOD, encoding="utf-8")
    ran = gex("claims", folder / "claims.toml")
    assert ran.code == 4
    assert "give --histories DIR" in ran.err
    assert "1 inconsistent units, 2 not audited" in " ".join(ran.out.split())


def test_a_damaged_history_stops_its_claims_alone(audit: Callable[..., Ran], folder: Path) -> None:
    (folder / "bad.csv").write_text("date,value\n2024-01-02,x\n")
    ran = audit(GOOD + ABSENT.replace("ABD", "BAD"), "--series", f"BAD={folder / 'bad.csv'}")
    assert ran.code == 4
    assert "NOT AUDITED absent:" in " ".join(ran.out.split())
    assert "none of its 1 rows can be used" in " ".join(ran.out.split())


PIECES = ["ab ", "abcdef ", "b) ", "约", "点点", "约，", "点点）"]


@given(st.lists(st.sampled_from(PIECES), max_size=80).map("".join), st.integers(20, 80))
def test_lines_fit_and_lose_nothing(text: str, width: int) -> None:
    lines = wrapped(text, width, "    ")
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line.rstrip()) <= width for line in lines)
    assert not any(line.strip().startswith(("，", "）", ")")) for line in lines)
