"""`gex inventory`: a tape in, what dealers hold out, and a report on it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest
from market import simulate

from gex.ingest.positions_file import read_positions
from gex.ingest.schema import KEY, QualityReport
from gex.ingest.snapshot_file import file_bytes
from gex.microstructure.inventory import from_trades
from gex.microstructure.sides import classify

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran
    from market import Day

ACCOUNTS = """quantity,underlying,symbol,actype,porc,exchange,actdate
90,SPX,SPXW,C,C,CBOE,09/05/2025
40,SPX,SPXW,F,C,CBOE,09/05/2025
70,SPX,SPXW,M,C,CBOE,09/05/2025
"""


@pytest.fixture(name="day", scope="module")
def _day() -> Day:
    return simulate(10_321, trades=1500)


@pytest.fixture(name="tape")
def _tape(day: Day, tmp_path: Path) -> Path:
    day.trades.write_parquet(tmp_path / "tape.parquet")
    return tmp_path / "tape.parquet"


@pytest.fixture(name="chain")
def _chain(day: Day, tmp_path: Path) -> Path:
    (tmp_path / "chain.parquet").write_bytes(file_bytes(day.chain))
    return tmp_path / "chain.parquet"


@pytest.fixture(name="next_chain")
def _next_chain(day: Day, tmp_path: Path) -> Path:
    """The chain after the close, with the open interest that the day left, one contract's impossible."""
    frame = day.chain.frame.drop("open_interest").join(day.next_open_interest, on=KEY, how="inner")
    odd = pl.when(pl.int_range(pl.len()) == 0).then(10**6).otherwise(pl.col("open_interest"))
    table = frame.with_columns(odd.alias("open_interest")).select(day.chain.frame.columns)
    quality = QualityReport(rows_in=len(table), rows_kept=len(table))
    (tmp_path / "next.parquet").write_bytes(file_bytes(replace(day.chain, frame=table, quality=quality)))
    return tmp_path / "next.parquet"


def test_the_position_file_is_what_the_library_says(
    gex: Callable[..., Ran], day: Day, tape: Path, tmp_path: Path
) -> None:
    truth = from_trades(day.trades, classify(day.trades)).table
    for name in ("out.csv", "out.parquet"):
        ran = gex("inventory", tape, "-o", tmp_path / name)
        assert ran.code == 0
        table, _ = read_positions(str(tmp_path / name))
        both = truth.with_columns(pl.col("option_type").cast(pl.String)).join(
            table.with_columns(pl.col("option_type").cast(pl.String)), on=KEY, suffix="_read"
        )
        assert both.height == truth.height
        assert both["contracts_read"].to_list() == pytest.approx(both["contracts"].to_list())
        assert both["variance_read"].to_list() == pytest.approx(both["variance"].to_list())


def test_a_report_takes_the_file_and_shows_intervals(
    gex: Callable[..., Ran], tape: Path, chain: Path, tmp_path: Path
) -> None:
    gex("inventory", tape, "-o", tmp_path / "out.csv")
    report = json.loads(gex("report", chain, "--positions", tmp_path / "out.csv", "--format", "json").out)
    direct = json.loads(gex("inventory", tape, "--chain", chain, "--format", "json").out)
    assert report["intervals"]["net"]["net_usd_per_1pct"] == pytest.approx(
        direct["intervals"]["net"]["net_usd_per_1pct"]
    )
    assert report["levels"]["gamma_flip"] == pytest.approx(direct["levels"]["gamma_flip"])
    assert report["intervals"]["net"]["standard_error"] > 0
    assert direct["reasons"] == {
        "reconciliation": "no --reconcile with the next morning's open interest",
        "settings.confidence": "of --opening naive alone",
    }


def test_the_table_adds_up_and_fits_the_screen(gex: Callable[..., Ran], tape: Path, chain: Path) -> None:
    ran = gex("inventory", tape, "--chain", chain, "--opening", "naive", "--accounts", accounts(tape))
    assert ran.code == 0
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert lines[2].split() == ["DEALERS", "net", "±", "95%", "volume", "bought", "unknown", "trades"]
    assert any(line.startswith("95% BY POSITIONS") for line in lines)
    assert "a dealer opposite 70% of customers" in ran.out
    assert "naive opening trusted 25%" in ran.out
    found = json.loads(gex("inventory", tape, "--format", "json").out)
    rows, total = found["by_expiration"], found["total"]
    for name in ("contracts", "volume", "trades", "bought", "unknown"):
        assert sum(row[name] for row in rows) == pytest.approx(total[name])
    assert total["trades"] == 1500
    assert found["levels"] is None
    assert found["reasons"]["levels"] == "no --chain to price what is held with"


def accounts(tape: Path) -> Path:
    path = tape.parent / "accounts.csv"
    path.write_text(ACCOUNTS)
    return path


def test_a_position_file_opens_the_day(gex: Callable[..., Ran], day: Day, tape: Path, tmp_path: Path) -> None:
    first = day.trades.row(0, named=True)
    symbol = f"SPXW{first['expiration']:%y%m%d}{first['option_type']}{int(first['strike'] * 1000):08d}"
    (tmp_path / "own.csv").write_text(f"contract,contracts\n{symbol},1000\nSPXW250904C06500000,77\n")
    own = gex("inventory", tape, "--opening", tmp_path / "own.csv", "-o", tmp_path / "with.csv")
    gex("inventory", tape, "-o", tmp_path / "without.csv")
    assert own.code == 0
    one, other = (read_positions(str(tmp_path / f"{name}.csv"))[0]["contracts"].sum() for name in ("with", "without"))
    assert one - other == pytest.approx(1000.0)


def test_the_next_morning_bounds_what_is_held(
    gex: Callable[..., Ran], tape: Path, chain: Path, next_chain: Path
) -> None:
    ran = gex("inventory", tape, "--chain", chain, "--reconcile", next_chain, "--opening", "naive", "--format", "json")
    assert ran.code == 0
    found = json.loads(ran.out)["reconciliation"]
    assert len(found["impossible"]) == 1
    assert "1 contracts not reconciled, the first SPXW 2025-09-08" in ran.err
    assert "open interest changed by more than was traded" in ran.err
    assert found["contracts"] > 100
    shown = gex("inventory", tape, "--chain", chain, "--reconcile", next_chain, "--opening", "naive").out
    assert "1 impossible" in shown


def test_trades_on_several_underlyings_are_refused_until_one_is_picked(
    gex: Callable[..., Ran], day: Day, tape: Path, tmp_path: Path
) -> None:
    other = day.trades.head(5).with_columns(underlying=pl.lit("XSP"), root=pl.lit("XSP"))
    pl.concat([day.trades, other]).write_parquet(tmp_path / "both.parquet")
    ran = gex("inventory", tmp_path / "both.parquet")
    assert ran.code == 3
    assert "the trades are on SPX, XSP; pick one with --underlying" in ran.err
    one = gex("inventory", tmp_path / "both.parquet", "--underlying", "SPX", "--format", "csv")
    assert one.out == gex("inventory", tape, "--format", "csv").out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--opening", "naive"], "--opening naive needs the open interest of a --chain"),
        (["--reconcile", "x"], "--reconcile compares the open interest of two chains: give the day's with --chain"),
        (["--chain", "x", "--reconcile", "y"], "--reconcile bounds what dealers hold, not what they traded"),
        (["--stack", "guess"], "guess"),
        (["--maker-share", "150%"], "150%"),
        (["--opening", "nowhere.csv"], "no such file; --opening takes none, naive or a position file"),
    ],
)
def test_what_cannot_be_is_refused(gex: Callable[..., Ran], tape: Path, arguments: list[str], message: str) -> None:
    ran = gex("inventory", tape, *arguments)
    assert ran.code in {2, 3}
    assert message in ran.err
    assert ran.out == ""


def test_makers_are_counted_once(gex: Callable[..., Ran], tape: Path) -> None:
    ran = gex("inventory", tape, "--maker-share", "70%", "--accounts", accounts(tape))
    assert ran.code == 2
    assert "--accounts gives the share of makers: leave out --maker-share" in ran.err
    given = gex("inventory", tape, "--maker-share", "70%", "--format", "csv").out
    assert given == gex("inventory", tape, "--accounts", accounts(tape), "--format", "csv").out


def test_a_tape_without_a_trade_is_refused(gex: Callable[..., Ran], day: Day, tmp_path: Path) -> None:
    day.trades.head(0).write_parquet(tmp_path / "none.parquet")
    ran = gex("inventory", tmp_path / "none.parquet")
    assert ran.code == 3
    assert "has no trade" in ran.err


def test_the_bytes_do_not_depend_on_threads(tape: Path, tmp_path: Path) -> None:
    import os
    import subprocess
    import sys

    made = []
    for threads in ("1", "4"):
        out = tmp_path / f"{threads}.csv"
        command = [sys.executable, "-m", "gex.cli.main", "inventory", str(tape), "-o", str(out)]
        subprocess.run(command, env=os.environ | {"POLARS_MAX_THREADS": threads}, check=True, capture_output=True)
        made.append(out.read_bytes())
    assert made[0] == made[1]


def test_own_accuracies_count_as_far_as_they_say(gex: Callable[..., Ran], tape: Path, tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('name = "coins"\n[shares.quote_nbbo]\nall = 0.5\n')
    arguments = ("inventory", tape, "--stack", "quote_nbbo", "--accuracies", own)
    total = json.loads(gex(*arguments, "--format", "json").out)["total"]
    assert total["contracts"] == 0.0
    assert total["bought"] != 0
    assert "(coins accuracies)" in gex(*arguments).out
    own.write_text("shares = 5")
    assert gex(*arguments).code == 3
