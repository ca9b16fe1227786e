"""The report on a terminal: what it must say, and that it fits."""

from __future__ import annotations

import json
import re
from itertools import pairwise
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


@pytest.mark.parametrize("columns", [60, 72, 80, 100, 140, 160, 200])
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


@pytest.mark.parametrize("columns", [60, 100, 200])
def test_no_line_of_the_profile_is_longer_than_the_terminal(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    for arguments in ([], ["--positions", "short-all"]):
        assert max(map(len, gex("profile", spx_csv, *arguments).out.splitlines())) <= columns


def strikes(out: str) -> list[str]:
    """Return the lines of the chart of strikes, without rules."""
    chart = out[out.index("strike   net") : out.index("CHECK")].splitlines()[1:]
    return [line for line in chart if "│" in line]


def test_a_taller_terminal_has_more_strikes_and_holds_the_whole_report(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = {None: len(strikes(gex("report", spx_csv).out))}
    for lines in (20, 45, 60):
        monkeypatch.setenv("LINES", str(lines))
        out = gex("report", spx_csv).out
        counts[lines] = len(strikes(out))
        assert lines == 20 or len(out.splitlines()) < lines
    assert (counts[None], counts[20]) == (12, 7)
    assert counts[20] < counts[45] < counts[60]


def test_calls_and_puts_stand_beside_net_where_there_is_room(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "calls, puts" not in gex("report", spx_csv).out
    monkeypatch.setenv("COLUMNS", "100")
    out = gex("report", spx_csv).out
    assert re.search(r"^strike .* ·· calls, puts +net +0DTE +calls +puts$", out, re.MULTILINE)
    frame = json.loads(gex("report", spx_csv, "--format", "json", "--detail").out)["by_strike"]
    rows = {f"{row['strike']:g}": row for row in frame} if isinstance(frame, list) else {}
    for line in strikes(out):
        label = line.replace("⋮", " ").split()[0]
        calls, puts = (float(text.replace("−", "-").replace(",", "")) for text in line.split()[-2:])
        assert calls >= 0 >= puts
        if rows:
            assert calls == pytest.approx(rows[label]["calls"] / 1e9, abs=0.06)
            assert puts == pytest.approx(rows[label]["puts"] / 1e9, abs=0.06)


def test_the_profile_stands_beside_the_strikes_on_a_wide_terminal(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "180")
    out = gex("report", spx_csv).out
    assert "all strikes, were spot here, $bn per +1%" in out
    document = json.loads(gex("profile", spx_csv, "--format", "json").out)
    pairs = zip(document["spots"], document["gamma_usd_per_1pct"], strict=True)
    signs = dict(pairs)
    for line in strikes(out):
        strike = float(line.replace("⋮", " ").split()[0])
        near = min(signs, key=lambda spot: abs(spot - strike))
        told = float(line.split()[-1].replace("−", "-").replace(",", ""))
        assert line.count("│") == 2
        if abs(signs[near]) > 2e9:
            assert told * signs[near] > 0


def test_the_profile_has_round_prices_and_names_spot_flip_and_walls(gex: Callable[..., Ran], spx_csv: Path) -> None:
    levels = json.loads(gex("levels", spx_csv, "--format", "json").out)
    lines = gex("profile", spx_csv).out.splitlines()
    prices = [float(line.split()[0]) for line in lines if "│" in line]
    steps = {round(high - low, 9) for high, low in pairwise(prices)}
    assert (len(prices), len(steps)) == (24, 1)
    (step,) = steps
    assert all(price % step == 0 for price in prices)
    assert max(prices) > levels["gamma_flip"] > min(prices)
    text = "\n".join(lines)
    for tag in ("◄ spot ", "flip ", rf"{levels['call_wall']:g} CW", rf"{levels['put_wall']:g} PW"):
        assert re.search(tag, text), tag


def test_the_sign_is_unknown_about_the_flip_alone(gex: Callable[..., Ran], spx_csv: Path) -> None:
    out = gex("profile", spx_csv).out
    gross = json.loads(gex("report", spx_csv, "--format", "json").out)["exposure"]["gamma_usd_per_1pct"]["gross"]
    marked = [line for line in out.splitlines() if "│" in line and "?" in line]
    assert ("? sign unknown: net under 5% of gross" in out) == bool(marked)
    for line in marked:
        assert abs(float(line.split()[-1].replace("−", "-"))) * 1e9 <= 0.05 * gross + 5e7


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "cp437"])
@pytest.mark.parametrize("command", ["report", "profile"])
def test_an_output_without_blocks_gets_their_plain_twins(
    gex: Callable[..., Ran], spx_csv: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, command: str
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    blocks = gex(command, spx_csv).out.splitlines()
    monkeypatch.setattr("gex.cli.render.terminal.encoding_of", lambda _: encoding)
    lines = gex(command, spx_csv).out.splitlines()
    assert "\n".join(lines).encode(encoding).decode(encoding) == "\n".join(lines)
    assert not any("?" in plain and "?" not in block for plain, block in zip(lines, blocks, strict=True))
    for plain, block in zip(lines, blocks, strict=True):  # Half a percent takes a character more.
        assert len(plain) == len(block) or block.startswith(("spot moves", "dealers trade"))
    chart = "\n".join(lines)
    assert all(mark in chart for mark in (" CW ", " PW ", "< spot -" if encoding != "cp437" else "< spot ─"))


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
