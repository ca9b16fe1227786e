"""Every way an input can be bad: one line that names file and remedy, or a quarantine reason; the documented code."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from gex.ingest.sample import generate

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


def lines_of(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines(keepends=True)


def edited(spx_csv: Path, tmp_path: Path, edit: Callable[[list[str]], list[str]]) -> Path:
    """Write the sample's lines, changed by `edit`; the header is line 4, the first row line 5."""
    path = tmp_path / "chain.csv"
    path.write_text("".join(edit(lines_of(spx_csv))), encoding="utf-8")
    return path


def cells(line: str, change: dict[int, Callable[[str], str]]) -> str:
    parts = line.rstrip("\n").split(",")
    return ",".join(change[at](cell) if at in change else cell for at, cell in enumerate(parts)) + "\n"


def each_row(change: dict[int, Callable[[str], str]]) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:4], *(cells(line, change) for line in lines[4:])]


def one_row(change: dict[int, Callable[[str], str]], at: int = 200) -> Callable[[list[str]], list[str]]:
    return lambda lines: [*lines[:at], cells(lines[at], change), *lines[at + 1 :]]


def replaced(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda lines: [re.sub(old, new, line) if at < 4 else line for at, line in enumerate(lines)]


# Cells of a row: 7 IV, 10 open interest and 4, 5 bid and ask of the call; 11 the strike; 18 and 21 of the put.
CALL_SYMBOL, BID, ASK, VOLUME, IV, OPEN_INTEREST, STRIKE, PUT_SYMBOL, PUT_IV, PUT_OPEN_INTEREST = (
    1, 4, 5, 6, 7, 10, 11, 12, 18, 21,
)  # fmt: skip

FATAL = {
    "not a chain": (lambda _: ["name,age\n", "Ada,36\n"], "not an option chain"),
    "a file cut in the header": (lambda lines: lines[:3], "chain.csv"),
    "a file cut in a line": (
        lambda lines: [*lines[:-1], lines[-1][:40]],
        "cut off in the middle of a line; save it again",
    ),
    "a date nobody can parse": (replaced(r"Date: [^\"]*", "Date: some day"), "--quote-time"),
    "a date without a year": (replaced(r", 2026 at", " at"), "--quote-time"),
    "no spot": (replaced(r"Last: [\d.]+", "Last: "), "--spot"),
    "no open interest": (
        each_row({OPEN_INTEREST: lambda _: "0", PUT_OPEN_INTEREST: lambda _: "0"}),
        "--positions volume",
    ),
    "volatility in percent": (
        each_row({at: lambda cell: f"{100 * float(cell):.2f}" for at in (IV, PUT_IV)}),
        "--iv-unit percent",
    ),
    "expired rows only": (replaced(r"March 10, 2026", "March 10, 2036"), "expired"),
}


@pytest.mark.parametrize("case", FATAL)
def test_an_unusable_file_is_one_line_with_file_and_remedy(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, case: str
) -> None:
    edit, remedy = FATAL[case]
    path = edited(spx_csv, tmp_path, edit)
    ran = gex("report", path)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.startswith(f"gex: {path}")
    assert ran.err.count("\n") == 1
    assert remedy in ran.err


@pytest.mark.parametrize(
    ("edit", "options"),
    [
        (replaced(r"Date: [^\"]*", "Date: some day"), ["--quote-time", "2026-03-10T10:00"]),
        (replaced(r"Last: [\d.]+", "Last: "), ["--spot", "{spot}"]),
        (each_row({at: lambda cell: f"{100 * float(cell):.2f}" for at in (IV, PUT_IV)}), ["--iv-unit", "percent"]),
    ],
    ids=["quote time", "spot", "volatility unit"],
)
def test_the_remedy_named_is_one(
    gex: Callable[..., Ran],
    spx_csv: Path,
    tmp_path: Path,
    edit: Callable[[list[str]], list[str]],
    options: list[str],
) -> None:
    good = json.loads(gex("report", spx_csv, "--format", "json").out)
    options = [option.format(spot=good["spot"]["used"]) for option in options]
    ran = gex("report", edited(spx_csv, tmp_path, edit), "--format", "json", *options)
    assert (ran.code, ran.err) == (0, "")
    found = json.loads(ran.out)
    assert found["levels"]["gamma_flip"] == pytest.approx(good["levels"]["gamma_flip"], rel=1e-9)


def test_strikes_times_a_thousand_are_refused(gex: Callable[..., Ran], tmp_path: Path) -> None:
    import polars as pl

    path = tmp_path / "chain.parquet"
    chain = generate("SPX", seed=3, size="small").chain
    chain.with_columns(pl.col("strike") * 1000).write_parquet(path)
    ran = gex("report", path)
    assert ran.code == 3
    assert ran.err.startswith(f"gex: {path}: ")
    assert "strike" in ran.err


QUARANTINED = {
    "negative open interest": (one_row({OPEN_INTEREST: lambda _: "-100"}), "negative", 1),
    "text for a number": (one_row({BID: lambda _: "abc"}), "bad_number", 1),
    "a symbol that is none": (one_row({CALL_SYMBOL: lambda _: "???"}), "bad_symbol", 1),
    "a strike that is not its symbol's": (one_row({STRIKE: lambda _: "1.00"}), "contradiction", 2),
    "the same line twice": (lambda lines: [*lines[:201], *lines[200:]], "duplicate", 2),
    "the same contract with other values": (
        lambda lines: [*lines[:201], cells(lines[200], {VOLUME: lambda cell: str(int(cell) + 7)}), *lines[201:]],
        "conflict",
        2,
    ),
}


@pytest.mark.parametrize("case", QUARANTINED)
def test_bad_rows_are_set_aside_with_their_reason(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path, case: str
) -> None:
    edit, reason, count = QUARANTINED[case]
    path = edited(spx_csv, tmp_path, edit)
    ran = gex("report", path, "--format", "json")
    quality = json.loads(ran.out)["quality"]
    assert ran.code == 0
    assert quality["quarantined"].get(reason, 0) >= count
    assert quality["rows_in"] == quality["rows_used"] + sum(quality["quarantined"].values())
    assert f"{reason.replace('_', ' ')}" in gex("report", path).out


def test_crossed_quotes_are_kept_and_flagged(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    path = edited(spx_csv, tmp_path, one_row({BID: lambda _: "9.9", ASK: lambda _: "0.1"}))
    quality = json.loads(gex("report", path, "--format", "json").out)["quality"]
    assert quality["warnings"]["crossed"] == 1
    assert quality["quarantined"] == {}


def test_strict_fails_on_a_bad_row_and_names_its_line(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    path = edited(spx_csv, tmp_path, one_row({OPEN_INTEREST: lambda _: "-100"}))
    ran = gex("report", path, "--strict")
    assert ran.code == 3
    assert ran.err.startswith(f"gex: {path}, line 201: 1 of ")
    assert "(1 negative), more than --strict accepts" in ran.err
    assert gex("report", spx_csv, "--strict").code == 0


def test_max_bad_limits_the_share_of_bad_rows(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    half = len(lines_of(spx_csv)) // 2

    def spoil(lines: list[str]) -> list[str]:
        return [cells(line, {BID: lambda _: "abc"}) if 4 <= at < half else line for at, line in enumerate(lines)]

    path = edited(spx_csv, tmp_path, spoil)
    ran = gex("report", path)
    assert ran.code == 3
    assert "more than --max-bad 20% accepts" in ran.err
    assert gex("report", path, "--max-bad", "60%").code == 0


def test_an_empty_file_a_directory_and_a_missing_file(gex: Callable[..., Ran], tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.touch()
    for source, what in ((empty, "empty"), (tmp_path, "directory"), (tmp_path / "no.csv", "No such file")):
        ran = gex("report", source)
        assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
        assert ran.err.startswith(f"gex: {source}: ")
        assert what in ran.err


def test_a_truncated_parquet_is_refused(gex: Callable[..., Ran], tmp_path: Path) -> None:
    path = tmp_path / "chain.parquet"
    generate("SPX", seed=3, size="small").chain.write_parquet(path)
    path.write_bytes(path.read_bytes()[:-100])
    ran = gex("report", path)
    assert (ran.code, ran.err.count("\n")) == (3, 1)
    assert ran.err.startswith(f"gex: {path}: ")


def test_a_symbol_without_a_store_says_how_to_name_one(gex: Callable[..., Ran]) -> None:
    ran = gex("report", "SPX")
    assert ran.code == 3
    assert "--store DIR" in ran.err


def test_without_open_interest_volume_is_left(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    edit, _ = FATAL["no open interest"]
    ran = gex("report", edited(spx_csv, tmp_path, edit), "--positions", "volume", "--format", "json")
    assert ran.code == 0
    found = json.loads(ran.out)
    assert found["exposure"]["gamma_usd_per_1pct"]["gross"] > 0
    assert any("no open interest" in text for text in found["warnings"])


def test_rows_set_aside_are_named_with_line_reason_and_remedy(
    gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path
) -> None:
    path = edited(spx_csv, tmp_path, one_row({OPEN_INTEREST: lambda _: "-5"}, at=200))
    ran = gex("report", path)
    assert ran.code == 0
    assert ran.err == (
        f"gex: {path}, line 201: set aside, negative: a price, size, volume or open interest is below zero; "
        "leave cells without a value empty\n"
    )
    flagged = gex("report", "-v", path).err
    assert "rows flagged, zero_bid: a bid of zero; its mid is not used" in flagged
