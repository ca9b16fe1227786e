"""Plain twins of characters: one for one, for any encoding, and only where it lacks them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.render.bars import AXIS, BEHIND, CROSSED, CUT, EIGHTHS, FAINTEST, GLYPHS
from gex.cli.render.marks import RIBBON
from gex.cli.render.plain import HANDLER, TWINS, readable

if TYPE_CHECKING:
    from pathlib import Path

DRAWN = (*"".join(map("".join, GLYPHS)), *EIGHTHS, FAINTEST, AXIS, CROSSED, BEHIND, *CUT, RIBBON, *"─╌┈◄⋮−–±→")


def test_whatever_is_drawn_has_a_twin_of_its_own_width() -> None:
    assert set(DRAWN) <= set(TWINS)
    assert all(len(twin) == 1 and twin.isascii() and twin.isprintable() for twin in TWINS.values())


def test_patterns_stay_apart() -> None:
    """Side, pattern and place tell above from below zero, today from later, spot from the flip."""
    assert len({TWINS[glyph] for glyph in (*"█▓▒░", AXIS, CROSSED)} | {TWINS[each] for each in "─╌"}) == 8


@given(st.text(), st.sampled_from(["ascii", "latin-1", "cp437", "cp1252", "utf-8"]))
def test_text_keeps_its_length_and_what_can_be_shown(text: str, encoding: str) -> None:
    shown = readable(text, encoding)
    assert len(shown) == len(text)
    for was, now in zip(text, shown, strict=True):
        try:
            was.encode(encoding)
        except UnicodeEncodeError:
            assert now == TWINS.get(was, "?")
        else:
            assert now == was


@pytest.mark.parametrize("encoding", [None, "utf-8", "no-such-encoding"])
def test_an_output_that_takes_all_gets_all(encoding: str | None) -> None:
    assert readable("◄ spot ─ −½%", encoding) == "◄ spot ─ −½%"


def test_bytes_that_are_no_text_are_no_business_of_it() -> None:
    with pytest.raises(UnicodeDecodeError):
        b"\xff".decode("ascii", HANDLER)


@pytest.mark.parametrize("encoding", ["ascii", "latin-1"])
def test_a_process_whose_output_is_narrow(spx_csv: Path, encoding: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gex.cli.main", "report", spx_csv],
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": encoding, "COLUMNS": "80"},
    )
    text = done.stdout.decode(encoding)
    assert "< spot ---" in text
    assert "-½%" in text if encoding == "latin-1" else "-0.5%" in text
    assert "?" not in text.replace("?|", "").replace("|?", "")
