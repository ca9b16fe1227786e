"""The report on a terminal: what it must say, and that it fits."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

ESCAPE = "\x1b["


def plain(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def test_everything_a_trader_asks_for_is_there(gex: Callable[..., Ran], spx_csv: Path) -> None:
    out = gex("report", spx_csv).out
    head = out.splitlines()[0]
    assert re.match(r"SPX \d+\.\d\d  Tue 2026-03-10 10:00 ET \(file 10:15\)   DATA DELAYED 15 min", head)
    for label in (
        "open interest of 03-09", "GAMMA", "if dealers are long calls, short puts", "0DTE alone:",
        "LEVEL", "dist", "sigma", "touch", "margin", "call wall", "put wall", "flip",
        "NET ", "$bn per +1%", "gross/net", "dealers trade $bn", "charm to close", "−½%", "+2%",
        "of gross gamma", "of volume", "of open interest", "expected ±", "(1 sigma)",
        "strike   net $bn per +1%", "of which 0DTE", "◄ spot", " CW ", " PW ", "CHECK", "set aside", "ASSUMES", "naive",
    ):  # fmt: skip
        assert label in out, label
    assert len(out.splitlines()) <= 40


def test_the_screen_says_what_the_json_says(gex: Callable[..., Ran], spx_csv: Path) -> None:
    out = gex("report", spx_csv).out
    document = json.loads(gex("report", spx_csv, "--format", "json").out)
    levels, net = document["levels"], document["exposure"]["gamma_usd_per_1pct"]["net"]
    assert re.search(rf"flip +{levels['gamma_flip']:.1f} ", out)
    assert re.search(rf"call wall +{levels['call_wall']:.0f} ", out)
    assert re.search(rf"put wall +{levels['put_wall']:.0f} ", out)
    shown = re.search(r"NET ([+−])([\d.]+) \$bn", out)
    assert shown
    assert float(shown[2]) * (1 if shown[1] == "+" else -1) == pytest.approx(net / 1e9, rel=5e-3)


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_no_line_is_longer_than_the_terminal(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for arguments in ([], ["--positions", "short-all"], ["--move-to", "400", "--expirations", "next"]):
        for source in (spx_csv, qqq_csv):
            for line in gex("report", source, *arguments).out.splitlines():
                assert len(line) <= columns, line


def test_a_pipe_and_no_color_get_no_escape_codes(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ESCAPE not in gex("report", spx_csv).out
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert ESCAPE in gex("report", spx_csv).out
    monkeypatch.setenv("NO_COLOR", "1")
    assert ESCAPE not in gex("report", spx_csv).out
    assert ESCAPE in gex("report", spx_csv, "--color", "always").out
    monkeypatch.delenv("NO_COLOR")
    assert ESCAPE not in gex("report", spx_csv, "--color", "never").out


@pytest.mark.parametrize(("depth", "mark"), [("truecolor", "38;2;63;182;200"), ("", "38;5;")])
def test_colour_repeats_what_the_text_says(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch, depth: str, mark: str
) -> None:
    monkeypatch.setenv("COLORTERM", depth)
    for command in ("report", "profile"):
        coloured = gex(command, spx_csv, "--color", "always").out
        assert mark in coloured
        assert plain(coloured) == gex(command, spx_csv).out


def test_a_file_gets_no_colour(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    gex("report", spx_csv, "--color", "always", "--output", tmp_path / "report.txt")
    assert ESCAPE not in (tmp_path / "report.txt").read_text()


def test_a_missing_level_says_why(gex: Callable[..., Ran], spx_csv: Path) -> None:
    out = gex("report", spx_csv, "--positions", "short-all").out
    assert "SHORT GAMMA if dealers are short calls and puts" in out
    assert "flip: none; " in out
    assert "call wall: none; " in out


def test_an_unknown_sign_is_a_state_without_colour(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    flip = json.loads(gex("levels", spx_csv, "--format", "json").out)["gamma_flip"]
    out = gex("report", spx_csv, "--move-to", f"{flip:.2f}", "--color", "always").out
    assert "GAMMA NEAR ZERO, SIGN UNKNOWN," in plain(out)
    net = next(line for line in out.splitlines() if line.startswith("NET "))
    assert "38;2;148;161;174" in net
    assert "38;2;63;182;200" not in net


def test_warnings_take_a_line_each(gex: Callable[..., Ran], spx_csv: Path) -> None:
    document = json.loads(gex("report", spx_csv, "--format", "json", "--vol", "vendor").out)
    lines = [line for line in gex("report", spx_csv, "--vol", "vendor").out.splitlines() if line.startswith("! ")]
    assert len(lines) == len(document["warnings"])


def test_several_reports_follow_each_other(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    out = gex("report", spx_csv, qqq_csv).out
    assert out == gex("report", spx_csv).out + "\n" + gex("report", qqq_csv).out


def test_settings_that_move_the_figures_stand_on_top(gex: Callable[..., Ran], spx_csv: Path) -> None:
    arguments = ("--move-to", "6500", "--at", "2026-03-10T15:00", "--expirations", "7d")
    top = " ".join(gex("report", spx_csv, *arguments).out.splitlines()[:3])
    for label in ("RE-PRICED at 6500.00", "EVALUATED at Tue 2026-03-10 15:00 ET", "EXPIRATIONS 7d"):
        assert label in top
