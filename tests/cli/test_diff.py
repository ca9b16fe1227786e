"""`gex diff`: the screen, the document and the tables say the same, and what cannot be compared is one line."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.ingest.sample import generate, generate_days, write_cboe_csv

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran

STEPS = ["rolled_off", "price", "time", "volatility", "carry", "quantity", "new"]
NET = "net_gamma_usd_per_1pct"


@pytest.fixture(scope="module", name="days")
def _days(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two mornings of one series: some contracts expire between them, some are listed."""
    folder = tmp_path_factory.mktemp("days")
    paths = folder / "first.csv", folder / "second.csv"
    for path, sample in zip(paths, generate_days("SPX", 2, seed=5, at=dt.time(10, 30), size="small"), strict=True):
        write_cboe_csv(sample, path)
    return paths


def test_the_screen_fits_and_tells_the_steps_in_order(gex: Callable[..., Ran], days: tuple[Path, Path]) -> None:
    ran = gex("diff", *days)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    starts = [lines.index(next(line for line in lines if line.startswith(name.replace("_", " ")))) for name in STEPS]
    assert starts == list(range(starts[0], starts[0] + 7))
    assert "ORDER  rolled off → price → time → volatility → carry → quantity → new" in ran.out
    assert "CHECK" in ran.out
    assert "expired" in ran.out
    reverse = gex("diff", *days, "--order", "quantity-first").out
    assert "ORDER  rolled off → quantity → carry → volatility → time → price → new" in reverse


def test_the_document_adds_up_and_is_the_reports(gex: Callable[..., Ran], days: tuple[Path, Path]) -> None:
    ran = gex("diff", *days, "--format", "json", "--detail")
    document = json.loads(ran.out)
    assert document["order"] == STEPS == [step["step"] for step in document["steps"]]
    for name, path in zip(("before", "after"), days, strict=True):
        report = json.loads(gex("report", path, "--format", "json").out)
        gamma = report["exposure"]["gamma_usd_per_1pct"]
        told = document[name]["figures"]
        assert told[NET] == pytest.approx(gamma["net"], rel=1e-10)
        assert told["gross_gamma_usd_per_1pct"] == pytest.approx(gamma["gross"], rel=1e-12)
        assert told["gamma_flip"] == pytest.approx(report["levels"]["gamma_flip"], rel=1e-10)
        assert (told["call_wall"], told["put_wall"]) == (report["levels"]["call_wall"], report["levels"]["put_wall"])
        assert document[name]["source"] == report["source"]
        assert document["settings"] == report["settings"]
    parts = sum(step["part"][NET] for step in document["steps"])
    scale = document["after"]["figures"]["gross_gamma_usd_per_1pct"]
    assert parts == pytest.approx(document["total"][NET], abs=1e-12 * scale)
    for table in ("by_strike", "by_expiration"):
        assert sum(row["change"] for row in document[table]) == pytest.approx(document["total"][NET], abs=1e-12 * scale)
    assert "by_strike" not in json.loads(gex("diff", *days, "--format", "jsonl").out)


def test_tables_hold_what_the_document_holds(gex: Callable[..., Ran], days: tuple[Path, Path], tmp_path: Path) -> None:
    document = json.loads(gex("diff", *days, "--format", "json", "--detail").out)
    rows = list(csv.DictReader(io.StringIO(gex("diff", *days, "--format", "csv").out)))
    assert [row["step"] for row in rows] == ["before", *STEPS, "after"]
    for row, step in zip(rows[1:-1], document["steps"], strict=True):
        assert float(row[NET]) == step["part"][NET]
        assert float(row[f"reversed_{NET}"]) == step[f"reversed_{NET}"]
    contracts = list(csv.DictReader(io.StringIO(gex("diff", *days, "--format", "csv", "--table", "by_contract").out)))
    total = document["total"][NET]
    assert sum(float(each["change"]) for each in contracts) == pytest.approx(total, rel=1e-9)
    assert {"root", "expiration", "strike", "option_type", *STEPS} <= set(contracts[0])
    for table in ("by_strike", "by_expiration"):
        path = tmp_path / f"{table}.parquet"
        assert gex("diff", *days, "--output", path, "--table", table).code == 0
        frame = pl.read_parquet(path)
        assert frame["change"].to_list() == [row["change"] for row in document[table]]
        assert frame.columns[:3] == ["underlying", "before", "after"]


def test_the_screen_says_where_and_when_it_is_re_priced(gex: Callable[..., Ran], days: tuple[Path, Path]) -> None:
    at = generate_days("SPX", 2, seed=5, at=dt.time(10, 30), size="small")
    noon = max(sample.quote_time for sample in at) + dt.timedelta(hours=2)
    out = gex("diff", *days, "--at", noon.isoformat(), "--move-to", "6000", "--expirations", "90d").out
    told = " ".join(out.split())
    assert "6000.00 → 6000.00 (0.00, 0.00%)" in told
    assert "EVALUATED at " in told
    assert "RE-PRICED at 6000.00" in told
    assert "EXPIRATIONS 90d" in told
    price, time = (next(line for line in out.splitlines() if line.startswith(name)) for name in ("price", "time"))
    assert set("123456789").isdisjoint(price)
    assert set("123456789").isdisjoint(time)


def test_a_level_that_is_not_there_is_null_with_a_reason(gex: Callable[..., Ran], days: tuple[Path, Path]) -> None:
    ran = gex("diff", *days, "--positions", "short-all")
    assert "FLIP none in the first: net gamma is negative everywhere within 15% of spot" in " ".join(ran.out.split())
    document = json.loads(gex("diff", *days, "--positions", "short-all", "--format", "json").out)
    assert document["total"]["gamma_flip"] is None
    assert "net gamma is negative everywhere" in document["total"]["reasons"]["gamma_flip"]


def test_addresses_of_the_store_are_compared(gex: Callable[..., Ran], days: tuple[Path, Path], tmp_path: Path) -> None:
    gex("ingest", *days, "--to", tmp_path)
    stored, files = (
        json.loads(gex("diff", *sources, "--format", "json").out)
        for sources in (("SPX@prev", "SPX", "--store", tmp_path), days)
    )
    assert stored["steps"] == files["steps"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("second", "first"), 3, "is later than the second"),
        (("first", "first"), 3, "both are the same snapshot"),
        (("first", "qqq"), 3, "two underlyings: SPX and QQQ"),
        (("first", "far"), 3, "no contract is in both snapshots"),
        (("first", "none"), 3, "cannot be read"),
        (("first", "second", "--expirations", "0dte"), 3, "no contract is in both snapshots with --expirations 0dte"),
        (("first", "second", "--spot", "6000"), 2, "--spot and --quote-time are of one snapshot, not of two"),
        (("first",), 2, "Missing argument 'B'"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    gex: Callable[..., Ran],
    days: tuple[Path, Path],
    qqq_csv: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
    message: str,
) -> None:
    far = tmp_path / "far.csv"
    write_cboe_csv(generate("SPX", dt.datetime(2031, 3, 3, 17, tzinfo=dt.UTC), size="small"), far)
    paths = {"first": days[0], "second": days[1], "qqq": qqq_csv, "far": far, "none": tmp_path / "none.csv"}
    ran = gex("diff", *(paths.get(argument, argument) for argument in arguments))
    assert (ran.code, ran.out) == (code, "")
    assert message in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.real
def test_a_real_week_fits_the_screen(gex: Callable[..., Ran], data_path: Callable[..., Path]) -> None:
    names = ("spx_2025-08-27_2130", "spx_2025-08-29_1629", "spx_2025-09-02_1937", "spx_2025-09-05_1016")
    paths = [data_path("chains", "cboe_csv", f"{name}.csv") for name in names]
    for first, second in pairwise(paths):
        ran = gex("diff", first, second)
        assert (ran.code, ran.err) == (0, "")
        assert max(map(len, ran.out.splitlines())) <= 80
        assert len(ran.out.splitlines()) <= 48
