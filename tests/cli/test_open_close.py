"""`gex open-close`: summaries in, a position file out, and a report on it."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import pytest

from gex import read_chain
from gex.ingest.open_close import VOLUMES
from gex.ingest.positions_file import read_positions

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

HEAD = "quote_date,underlying_symbol,option_symbol,expiration_date,strike_price,call_put_flag,series_type"


@pytest.fixture(name="summary")
def _summary(spx_csv: Path, tmp_path: Path) -> Path:
    """A summary of the day before the chain's: customers bought 10 of each of its first contracts."""
    frame = read_chain(spx_csv).frame
    day = frame["quote_date"][0] - dt.timedelta(days=1)
    volumes = dict.fromkeys(VOLUMES, 0) | {"cust_lt_100_open_buy_vol": 10, "mm_sell_vol": 10}
    counts = ",".join(str(volumes[name]) for name in VOLUMES)
    lines = [
        f"{day},SPX,{row['root']},{row['expiration']},{row['strike']},{row['option_type']},S,{counts}"
        for row in frame.head(40).to_dicts()
    ]
    path = tmp_path / "openclose.csv"
    path.write_text("\n".join([f"{HEAD},{','.join(VOLUMES)}", *lines]) + "\n")
    return path


def test_a_summary_becomes_positions_that_a_report_takes(
    gex: Callable[..., Ran], spx_csv: Path, summary: Path, tmp_path: Path
) -> None:
    ran = gex("open-close", summary, "--output", tmp_path / "makers.csv")
    assert ran.code == 0
    assert "40 contracts by trades from" in ran.err
    assert "what was open before is not in it" in ran.err
    table, _ = read_positions(str(tmp_path / "makers.csv"))
    assert table["contracts"].to_list() == [-10.0] * 40
    assert gex("open-close", summary).out == (tmp_path / "makers.csv").read_text()
    gex("open-close", summary, "-o", tmp_path / "makers.parquet")
    reports = [
        json.loads(gex("report", spx_csv, "--positions", tmp_path / name, "--format", "json").out)
        for name in ("makers.csv", "makers.parquet")
    ]
    assert reports[0]["levels"] == reports[1]["levels"]
    assert reports[0]["exposure"]["gamma_usd_per_1pct"]["net"] < 0
    assert reports[0]["settings"]["positions"]["book"] == "makers.csv"


def test_unbalanced_rows_are_refused_until_accepted(gex: Callable[..., Ran], summary: Path) -> None:
    lines = summary.read_text().splitlines()
    lines[3] = lines[3].replace(",S,10", ",S,11").replace(",S,0,10", ",S,0,9")
    summary.write_text("\n".join(lines) + "\n")
    ran = gex("open-close", summary)
    assert (ran.code, ran.out) == (3, "")
    assert f"{summary}, line 4: 1 of 40 rows: buys, sells and total volume differ; --accept-unbalanced" in ran.err
    ran = gex("open-close", summary, "--accept-unbalanced")
    assert ran.code == 0
    assert f"{summary}, line 4: 1 of 40 rows" in ran.err


def test_what_is_no_summary_is_one_line(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("open-close", spx_csv)
    assert (ran.code, ran.out) == (3, "")
    assert ran.err.count("\n") == 1
