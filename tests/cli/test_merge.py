"""`--merge` on the command line: every form, and what is refused."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from importlib.resources import files
from typing import TYPE_CHECKING

import jsonschema
import polars as pl
import pytest

from gex import Settings, read_chain
from gex.cli.render.screen import screen
from gex.cli.render.terminal import Terminal
from gex.merge import merge

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Ran


def test_the_screen_names_the_books(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    ran = gex("report", spx_csv, qqq_csv, "--merge")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("SPX+QQQ ")
    assert ran.out.count("RE-PRICED") == 0
    head, spx, qqq = next(
        lines
        for lines in zip(*(ran.out.splitlines()[n:] for n in range(3)), strict=False)
        if lines[0].startswith("BOOK")
    )
    assert head.split()[:3] == ["BOOK", "spot", "scale"]
    assert spx.split()[0] == "SPX"
    assert spx.split()[2] == "1"
    assert qqq.split()[0] == "QQQ"
    assert "equal percentage moves (QQQ x " in " ".join(ran.out.split())
    assert all(len(line) <= 80 for line in ran.out.splitlines())


def test_a_report_of_one_source_names_no_books(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("report", spx_csv, "--format", "json")
    assert "parts" not in json.loads(ran.out)
    assert "\nBOOK" not in gex("report", spx_csv).out


def test_the_json_is_one_object_with_its_parts(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    schema = json.loads(files("gex.cli").joinpath("report.schema.json").read_text("utf-8"))
    ran = gex("report", spx_csv, qqq_csv, "--merge", "--format", "json", "--detail")
    document = json.loads(ran.out)
    jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker())
    apart = [json.loads(gex("report", each, "--format", "json").out) for each in (spx_csv, qqq_csv)]
    assert document["underlying"] == "SPX+QQQ"
    assert [part["underlying"] for part in document["parts"]] == ["SPX", "QQQ"]
    for part, alone in zip(document["parts"], apart, strict=True):
        assert part["gamma_flip"] == alone["levels"]["gamma_flip"]
        assert part["source"] == alone["source"]
        assert part["scale"] * alone["spot"]["used"] == pytest.approx(apart[0]["spot"]["used"])
    net = sum(alone["exposure"]["gamma_usd_per_1pct"]["net"] for alone in apart)
    assert document["exposure"]["gamma_usd_per_1pct"]["net"] == pytest.approx(net, rel=1e-12)
    assert document["levels"]["bands"]["variants"]


def test_levels_and_profile_take_it_too(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path) -> None:
    lines = gex("levels", spx_csv, qqq_csv, "--merge", "--band", "none").out.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("SPX+QQQ ")
    profile = json.loads(gex("profile", spx_csv, qqq_csv, "--merge", "--band", "none", "--format", "json").out)
    apart = json.loads(gex("profile", spx_csv, qqq_csv, "--band", "none", "--format", "json").out)
    assert profile["underlying"] == "SPX+QQQ"
    assert profile["gamma_usd_per_1pct"][0] == pytest.approx(sum(each["gamma_usd_per_1pct"][0] for each in apart))
    assert "SPX+QQQ" in gex("profile", spx_csv, qqq_csv, "--merge", "--band", "none").out


def test_tables_hold_one_row_of_all(gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path) -> None:
    for table, rows in (("levels", 1), ("by_expiration", None), ("by_strike", None)):
        path = tmp_path / f"{table}.parquet"
        assert gex("report", spx_csv, qqq_csv, "--merge", "--table", table, "-o", path).code == 0
        frame = pl.read_parquet(path)
        assert set(frame["underlying"]) == {"SPX+QQQ"}
        assert rows is None or frame.height == rows


@pytest.mark.parametrize(
    "arguments",
    [
        ["report", "a.csv", "--merge"],
        ["report", "a.csv", "b.csv", "--max-apart", "2"],
        ["levels", "a.csv", "b.csv", "--merge", "--spot", "6500"],
        ["profile", "a.csv", "b.csv", "--merge", "--max-apart", "-1"],
        ["levels", "a.csv", "b.csv", "--merge", "--all"],
        ["levels", "a.csv", "b.csv", "--merge", "--emulate", "gflows"],
        ["levels", "a.csv", "b.csv", "--merge", "--future", "ES"],
    ],
)
def test_usage_is_2_and_one_line(gex: Callable[..., Ran], arguments: list[str]) -> None:
    ran = gex(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.count("\n") == 1


def test_a_bad_source_leaves_nothing_to_report(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    ran = gex("report", spx_csv, tmp_path / "none.csv", "--merge")
    assert ran.code != 0
    assert ran.out == ""
    assert ran.err.count("\n") == 1


def test_the_same_underlying_twice_is_bad_data(gex: Callable[..., Ran], spx_csv: Path) -> None:
    ran = gex("report", spx_csv, spx_csv, "--merge")
    assert (ran.code, ran.out) == (3, "")
    assert "SPX is there twice: its contracts would count twice" in ran.err


def test_two_dates_are_refused_unless_accepted(gex: Callable[..., Ran], spx_csv: Path, tmp_path: Path) -> None:
    from gex.ingest.sample import generate_days, write_cboe_csv

    *_, last = generate_days("QQQ", 2, 4, size="small")
    write_cboe_csv(last, tmp_path / "qqq.csv")
    ran = gex("levels", spx_csv, tmp_path / "qqq.csv", "--merge", "--band", "none")
    assert (ran.code, ran.out) == (3, "")
    assert "of two dates" in ran.err
    assert gex("levels", spx_csv, tmp_path / "qqq.csv", "--merge", "--band", "none", "--max-apart", "2000").code == 0


def test_the_books_fit_eighty_columns_however_far_apart(spx_csv: Path, qqq_csv: Path) -> None:
    spx, qqq = read_chain(spx_csv), read_chain(qqq_csv)
    for minutes, text in ((12, "+12 min"), (-1441, "−24.0 h")):
        late = dataclasses.replace(qqq, quote_time=spx.quote_time + dt.timedelta(minutes=minutes))
        found = merge([spx, late], Settings(band=()), max_apart=dt.timedelta(days=2))
        row = next(line for line in screen(found, Terminal()).splitlines() if line.startswith("QQQ "))
        assert row.endswith(text)
        assert len(row) <= 80


def test_the_horizon_is_the_first_sources(spx_csv: Path, qqq_csv: Path) -> None:
    """Sigma and touch rest on its smile, whatever else expires sooner."""
    spx, qqq = read_chain(spx_csv), read_chain(qqq_csv)
    later = sorted(set(spx.frame["expiration"]))[3]
    kept = dataclasses.replace(spx, frame=spx.frame.filter(pl.col("expiration") >= later))
    found = merge([kept, qqq], Settings(band=()))
    assert min(found.by_expiration["expiration"]) < later
    head = next(line for line in screen(found, Terminal()).splitlines() if line.startswith("LEVEL"))
    assert head.endswith(f"sigma, touch by {later:%m-%d}")


def test_snapshots_in_the_store_are_sources_too(
    gex: Callable[..., Ran], spx_csv: Path, qqq_csv: Path, tmp_path: Path
) -> None:
    assert gex("ingest", spx_csv, qqq_csv, "--to", tmp_path).code == 0
    ran = gex("levels", "SPX", "QQQ", "--store", tmp_path, "--merge", "--band", "none")
    assert ran.code == 0
    assert ran.out.splitlines()[1:] == gex("levels", spx_csv, qqq_csv, "--merge", "--band", "none").out.splitlines()[1:]
