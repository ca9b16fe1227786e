"""`gex tape`: the same figures in every form, from files, pipes and files that grow, and what is said of bad input."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest
from hedge_tapes import TODAY, at, random_tape, tape_of, trade
from market import simulate
from market.writers import datashop

from gex.ingest.schema import QualityReport, Source
from gex.ingest.trade_schema import Trades
from gex.ingest.trades.canonical import parquet_bytes
from gex.microstructure.sides import classify
from gex.microstructure.tape import Tape, TapeSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GEX = [sys.executable, "-m", "gex.cli.main", "tape"]


def trades_of(frame: pl.DataFrame) -> Trades:
    count = len(frame)
    return Trades(frame, Source("tape", "0" * 64, "test", "0"), QualityReport(count, count))


@pytest.fixture(scope="module", name="frame")
def _frame() -> pl.DataFrame:
    return random_tape(300, seed=9)[0].with_columns(line=pl.int_range(1, 301, dtype=pl.Int64))


@pytest.fixture(name="tape")
def _tape(frame: pl.DataFrame, tmp_path: Path) -> Path:
    path = tmp_path / "tape.parquet"
    path.write_bytes(parquet_bytes(trades_of(frame)))
    return path


@pytest.fixture(name="csv")
def _csv(frame: pl.DataFrame, tmp_path: Path) -> Path:
    """Return the table as text, without an account of how it was read."""
    path = tmp_path / "tape.csv"
    frame.write_csv(path)
    return path


@pytest.fixture(name="expected")
def _expected(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows as the library gives them."""
    tape = Tape(TapeSettings())
    return pl.concat([tape.add(frame, classify(frame)), tape.close()])


def test_parquet_holds_the_rows_of_the_library(gex: Callable[..., Any], tape: Path, expected: pl.DataFrame) -> None:
    assert gex("tape", tape, "-o", "rows.parquet").code == 0
    assert pl.read_parquet("rows.parquet").equals(expected)


def test_csv_and_json_lines_have_the_same_rows(gex: Callable[..., Any], tape: Path, expected: pl.DataFrame) -> None:
    read = pl.read_csv(io.StringIO(gex("tape", tape, "--format", "csv").out))
    assert read.columns == expected.columns
    assert read["cumulated_flow_usd"].to_list() == expected["cumulated_flow_usd"].to_list()
    told = [json.loads(line) for line in gex("tape", tape, "--format", "jsonl").out.splitlines()]
    assert [row["flow_usd"] for row in told] == expected["flow_usd"].to_list()
    assert [row["start"] for row in told] == expected["start"].dt.strftime("%Y-%m-%dT%H:%M:%SZ").to_list()
    assert all(row["reasons"] == {} for row in told)


def test_json_says_what_the_figures_rest_on(gex: Callable[..., Any], tape: Path, expected: pl.DataFrame) -> None:
    found = json.loads(gex("tape", tape, "--format", "json", "--stack", "quote_nbbo,tick_all").out)
    assert found["stack"] == ["quote_nbbo", "tick_all"]
    assert (found["underlying"], found["bars"], found["chain"]) == ("SPX", "5m", None)
    assert found["totals"]["trades"] == found["quality"]["rows_in"] == 300
    assert isinstance(found["totals"]["contracts"], int)
    assert sum(found["volatility_from"].values()) + sum(found["unpriced"].values()) == 300
    assert len(found["rows"]) == len(expected)


def test_the_accuracies_can_be_ones_own(gex: Callable[..., Any], tape: Path, tmp_path: Path) -> None:
    """Rules that are always right leave no doubt where one told, and make the expected flow the raw one."""
    path = tmp_path / "own.toml"
    path.write_text('name = "mine"\n[shares]\nquote_nbbo = { all = 1.0, complex = 1.0, late = 1.0 }\n')
    found = json.loads(gex("tape", tape, "--stack", "quote_nbbo", "--accuracies", path, "--format", "json").out)
    assert found["accuracies"] == "mine"
    assert found["totals"]["flow_usd"] == pytest.approx(found["totals"]["flow_raw_usd"], rel=1e-12)
    path.write_text("shares = 3")
    assert gex("tape", tape, "--accuracies", path).code == 3


def test_the_table_shows_a_line_a_bar(gex: Callable[..., Any], tape: Path, expected: pl.DataFrame) -> None:
    shown = gex("tape", tape)
    lines = shown.out.splitlines()
    assert re.match(r"SPX: dealers' hedging has no sure direction, |SPX: dealers (bought|sold) ", lines[0])
    assert "300 trades, Fri 2025-09-05 09:32 to 15:58 ET" in lines[1]
    table = lines[lines.index("") + 2 :]
    table = table[: table.index("")]
    clocks = expected["start"].dt.convert_time_zone("America/New_York").dt.strftime("%H:%M").to_list()
    assert [line[:5] for line in table] == clocks
    assert max(map(len, lines)) <= 80
    assert "\x1b" not in shown.out


@pytest.mark.parametrize("width", [80, 100, 120])
def test_the_table_fits(gex: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch, width: int) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    wide = gex("tape", tape, "--by", "expiration").out.splitlines() + gex("tape", tape, "--bars", "1h").out.splitlines()
    assert max(map(len, wide)) <= width
    assert any("cumulated" in line for line in wide) == (width > 80)


@pytest.mark.parametrize("by", ["type", "term", "size", "side", "expiration"])
def test_rows_by_group(gex: Callable[..., Any], tape: Path, by: str) -> None:
    rows = pl.read_csv(io.StringIO(gex("tape", tape, "--by", by, "--bars", "1d", "--format", "csv").out))
    assert rows["trades"].sum() == 300
    assert len(rows) > 1
    assert gex("tape", tape, "--by", by).code == 0


def test_colours_only_where_wanted(gex: Callable[..., Any], tape: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b[" in gex("tape", tape, "--color", "always").out
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in gex("tape", tape).out


@pytest.mark.parametrize("form", ["svg", "png"])
def test_a_picture(gex: Callable[..., Any], tape: Path, form: str) -> None:
    assert gex("tape", tape, "-o", f"tape.{form}").code == 0
    content = Path(f"tape.{form}").read_bytes()
    if form == "png":
        assert content.startswith(b"\x89PNG")
        return
    text = content.decode()
    title = re.search(r"<title>(.*?)</title>", text)
    assert title is not None
    assert title[1].replace("&#x27;", "'") == gex("tape", tape).out.splitlines()[0]
    for label in ("all", "calls", "puts", "0DTE", "spot, points"):
        assert f">{label}" in text


def test_a_picture_of_one_bar_without_spot_or_of_two_dates(gex: Callable[..., Any], tmp_path: Path) -> None:
    other = TODAY.replace(day=8)
    path = tmp_path / "few.parquet"
    rows = [trade(underlying_bid=None), trade(trade_time=at("10:00", other), expiration=other)]
    for count in (1, 2):
        path.write_bytes(parquet_bytes(trades_of(tape_of(rows[:count]))))
        assert gex("tape", path, "-o", f"few{count}.svg").code == 0
    assert "no trade had a quote of the underlying" in Path("few1.svg").read_text()
    assert "nan" not in Path("few2.svg").read_text()


def test_a_chain_prices_what_the_tape_cannot(gex: Callable[..., Any], tmp_path: Path, spx_csv: Path) -> None:
    """Without a quote of the underlying nothing has a hedge, but by the chain's spot."""
    from gex import read_chain

    chain = read_chain(spx_csv)
    row = chain.frame.filter((pl.col("bid") > 1) & (pl.col("expiration") > chain.quote_date)).row(200, named=True)
    given = {name: row[name] for name in ("root", "expiration", "expires_at", "option_type", "strike", "bid", "ask")}
    made = trade(**given, trade_time=chain.quote_time, underlying_bid=None, price=row["ask"])
    path = tmp_path / "one.parquet"
    path.write_bytes(parquet_bytes(trades_of(tape_of([made]))))
    without = gex("tape", path, "--format", "json")
    assert json.loads(without.out)["unpriced"] == {"no_underlying": 1}
    assert "trades without a hedge: 1 no_underlying (" in without.err
    priced = gex("tape", path, "--format", "json", "--chain", spx_csv)
    found = json.loads(priced.out)
    assert (found["unpriced"], found["spot_from"], found["chain"]) == ({}, {"chain": 1}, str(spx_csv))
    assert "trades at the chain's spot, for want of a quote of the underlying: 1" in priced.err
    assert "the chain is of" not in priced.err
    made |= {"trade_time": made["trade_time"] - dt.timedelta(1), "trade_date": made["trade_date"] - dt.timedelta(1)}
    path.write_bytes(parquet_bytes(trades_of(tape_of([made]))))
    day = chain.quote_date
    message = f"the chain is of {day}, the trades begin on {day - dt.timedelta(1)}"
    assert message in gex("tape", path, "--chain", spx_csv).err
    assert gex("tape", path, "--chain", "nothing.csv").code == 3


def test_what_is_set_aside_is_told_with_its_reasons(
    gex: Callable[..., Any], frame: pl.DataFrame, tmp_path: Path
) -> None:
    bad = frame.with_columns(price=pl.when(pl.int_range(300) < 7).then(-1.0).otherwise(pl.col("price")))
    bad.write_csv(tmp_path / "bad.csv")
    shown = gex("tape", tmp_path / "bad.csv", "--format", "json")
    quality = json.loads(shown.out)["quality"]
    assert (shown.code, quality["rows_in"], sum(quality["quarantined"].values())) == (0, 300, 7)
    assert "7 of 300 rows set aside: 7 " in shown.err


def test_a_bad_tape_does_not_take_the_others_with_it(gex: Callable[..., Any], tape: Path, csv: Path) -> None:
    both = gex("tape", "missing.csv", tape, "--format", "json")
    assert both.code == 4
    assert "missing.csv: cannot be read" in both.err
    assert json.loads(both.out)["totals"]["trades"] == 300
    assert json.loads(gex("tape", tape, csv, "--format", "json").out)["totals"]["trades"] == 600


@pytest.mark.parametrize("form", ["table", "json", "jsonl", "csv", "parquet", "svg"])
def test_where_nothing_can_be_read_nothing_is_written(gex: Callable[..., Any], form: str) -> None:
    shown = gex("tape", "missing.csv", "--format", form)
    assert (shown.code, shown.out.strip()) == (3, "") if form != "csv" else shown.code == 3


def test_a_tape_without_a_trade_is_no_tape(gex: Callable[..., Any], frame: pl.DataFrame, tmp_path: Path) -> None:
    frame.head(3).with_columns(price=-1.0).write_csv(tmp_path / "bad.csv")
    shown = gex("tape", tmp_path / "bad.csv")
    assert (shown.code, shown.out) == (3, "")
    assert "the tape has no trade" in shown.err
    assert "3 of 3 rows set aside" in shown.err


def test_two_underlyings_are_told_apart(gex: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "two.parquet"
    path.write_bytes(parquet_bytes(trades_of(tape_of([trade(), trade(underlying="QQQ", root="QQQ")]))))
    shown = gex("tape", path)
    assert shown.code == 3
    assert "SPX here, then trades of QQQ; --underlying picks one" in shown.err
    assert json.loads(gex("tape", path, "--underlying", "SPX", "--format", "json").out)["totals"]["trades"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bars", "5x"], "a bar's width is a number with s, m, h or d"),
        (["--bars", "2d"], "a bar is from one second to one day wide"),
        (["--stack", "guess"], "no rule or stack 'guess'"),
        (["--maker-share", "120%"], "must lie between 0 and 100%"),
        (["--follow", "--format", "svg"], "written when the tape has ended"),
        (["--by", "size", "-o", "x.svg"], "drop --by"),
        (["--follow", "other.csv"], "--follow takes one tape"),
    ],
)
def test_what_cannot_be_meant_is_refused(
    gex: Callable[..., Any], csv: Path, arguments: list[str], message: str
) -> None:
    shown = gex("tape", csv, *arguments)
    assert (shown.code, shown.out) == (2, "")
    assert message in shown.err


def test_a_pipe_is_told_as_it_comes_and_to_its_end(csv: Path, expected: pl.DataFrame) -> None:
    """Each bar is told when a trade shows that it is over, before the pipe is closed."""
    lines = csv.read_text().splitlines(keepends=True)
    with subprocess.Popen(
        [*GEX, "-", "--follow", "--format", "jsonl"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write("".join(lines[:150]))
        running.stdin.flush()
        first = json.loads(running.stdout.readline())
        running.stdin.write("".join(lines[150:]))
        running.stdin.close()
        rows = [first, *map(json.loads, running.stdout)]
    assert running.returncode == 0
    assert [row["trades"] for row in rows] == expected["trades"].to_list()


@pytest.fixture(name="following")
def _following(csv: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], Path, list[str]]]:
    """Return a run that follows a file with half of the tape, the file, and the lines to come."""
    lines = csv.read_text().splitlines(keepends=True)
    path = tmp_path / "growing.csv"
    path.write_text("".join(lines[:150]))
    with subprocess.Popen([*GEX, path, "--follow", "--format", "jsonl"], stdout=subprocess.PIPE, text=True) as running:
        yield running, path, lines[150:]
        running.kill()


def test_a_growing_file_is_followed_until_interrupted(
    following: tuple[subprocess.Popen[str], Path, list[str]], expected: pl.DataFrame
) -> None:
    """Ctrl-C ends it with the bars still open, and with code 0."""
    running, path, lines = following
    assert running.stdout is not None
    rows = [json.loads(running.stdout.readline())]
    with path.open("a") as file:
        file.write("".join(lines))
    while len(rows) < len(expected) - 1:
        rows.append(json.loads(running.stdout.readline()))
    time.sleep(0.1)
    running.send_signal(signal.SIGINT)
    rows += map(json.loads, running.stdout)
    assert (running.wait(), [row["trades"] for row in rows]) == (0, expected["trades"].to_list())


def test_a_silent_pipe_can_be_left(csv: Path, expected: pl.DataFrame) -> None:
    environment = os.environ | {"COLUMNS": "80", "NO_COLOR": "1"}
    with subprocess.Popen(
        [*GEX, "-", "--follow"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as running:
        assert running.stdin is not None
        assert running.stdout is not None
        running.stdin.write(csv.read_text())
        running.stdin.flush()
        shown = [running.stdout.readline() for _ in range(len(expected))]
        assert (shown[0].split()[0], shown[1][:5]) == ("TIME", "09:30")
        running.send_signal(signal.SIGINT)
        rest = running.stdout.read()
    assert running.returncode == 0
    assert "300 trades, Fri 2025-09-05 09:32 to 15:58 ET" in rest


def test_a_vendors_file_of_a_simulated_day_gives_what_the_day_holds(gex: Callable[..., Any], tmp_path: Path) -> None:
    """Written as DataShop sells it, told, priced and added up, a tape gives the bits of the frame in memory.

    It has no sizes of the best quotes of all exchanges: rules that need them are not asked.
    """
    day = simulate(10_000, trades=1500)
    tape = Tape(TapeSettings())
    rows = pl.concat([tape.add(day.trades, classify(day.trades, "gsu_small")), tape.close()])
    datashop(day, tmp_path / "trades.csv")
    shown = gex("tape", tmp_path / "trades.csv", "--stack", "gsu_small", "-o", "rows.parquet")
    assert shown.code == 0
    assert "8 of 1508 rows set aside: 4 cancelled, 4 cancel" in shown.err
    assert pl.read_parquet("rows.parquet").equals(rows)


def test_late_trades_are_told(gex: Callable[..., Any], tmp_path: Path) -> None:
    path = tmp_path / "late.parquet"
    path.write_bytes(parquet_bytes(trades_of(tape_of([trade("10:00"), trade("10:07"), trade("10:04")]))))
    shown = gex("tape", path, "--format", "jsonl", "--late", "5")
    assert [json.loads(line)["late"] for line in shown.out.splitlines()] == [0, 1]
    assert "trades told after their bar: 1;" in shown.err
    patient = gex("tape", path, "--format", "jsonl")
    assert [json.loads(line)["trades"] for line in patient.out.splitlines()] == [2, 1]
