"""`gex reproduce`: the same figures from the same input, or what became of either."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl
import pytest

from gex.cli.batch.reproduction import differing
from gex.ingest.result_parts import parts, read_part, write_parts

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

BOOK = "root,expiration,strike,option_type,contracts\n{root},{expiration},{strike},{option_type},10\n"


@pytest.fixture(name="source")
def _source(qqq_csv: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(qqq_csv, tmp_path / "qqq.csv"))


@pytest.fixture(name="results")
def _results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("GEX_RESULTS", str(tmp_path / "results"))
    return tmp_path / "results"


def rewritten(results: Path, column: str, value: object) -> None:
    """Write a part with another value in its summary, as somebody might who wants another figure."""
    part = parts(results)[0]
    frames = {table: read_part(part.of(table)) for table in ("summary", "by_strike", "by_expiration")}
    spec = frames["summary"][1]
    tables = {table: frame for table, (frame, _) in frames.items()}
    tables["summary"] = tables["summary"].with_columns(pl.lit(value, tables["summary"].schema[column]).alias(column))
    write_parts(tables, part, spec)


@pytest.mark.parametrize("options", [(), ("--vol", "vendor", "--band", "none", "--delay", "3")])
def test_the_same_to_the_last_bit(
    gex: Callable[..., Ran], source: Path, results: Path, options: tuple[str, ...]
) -> None:
    assert gex("batch", source, "--to", results, *options).code == 0
    for result in ("QQQ", parts(results, "by_strike")[0].path):
        ran = gex("reproduce", result)
        assert (ran.code, "the same: 10" in ran.out) == (0, True)
        assert str(source) in ran.out
    told = json.loads(gex("reproduce", "QQQ", "--format", "json").out)
    assert (told["same"], told["differences"]) == (True, [])


def test_a_figure_that_was_changed_is_named_with_its_difference(
    gex: Callable[..., Ran], source: Path, results: Path
) -> None:
    gex("batch", source, "--to", results)
    shutil.rmtree(results / "runs")  # Which would tell that the part is another one.
    flip = read_part(parts(results)[0])[0]["gamma_flip"][0]
    rewritten(results, "gamma_flip", flip * (1 + 1e-12))
    ran = gex("reproduce", "QQQ", "--input", source, "--format", "json")
    told = json.loads(ran.out)
    assert (ran.code, told["same"]) == (1, False)
    (difference,) = told["differences"]
    assert (difference["table"], difference["column"], difference["rows"]) == ("summary", "gamma_flip", 1)
    assert difference["relative"] == pytest.approx(1e-12, rel=1e-3)
    shown = gex("reproduce", "QQQ", "--input", source).out
    assert "differs: 1 of" in shown
    assert "summary  gamma_flip" in shown


def test_columns_rows_and_texts_that_differ() -> None:
    one = pl.DataFrame({"a": [1.0, None], "b": ["x", "y"], "gone": [1, 2], "tool_version": ["1", "1"]})
    two = pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "z"], "new": [1, 2], "tool_version": ["2", "2"]})
    found = {each.column: each for each in differing("by_strike", one, two)}
    assert set(found) == {"a", "b", "gone", "new"}
    assert (found["a"].rows, found["a"].recorded, found["a"].now, found["a"].absolute) == (1, None, 2.0, None)
    assert (found["gone"].recorded, found["gone"].now) == ("gone", None)
    assert next(differing("by_strike", one, one.head(1))).now == "1 rows"
    assert not list(differing("by_strike", one, one))


def test_an_input_that_is_gone_or_another_now(gex: Callable[..., Ran], source: Path, results: Path) -> None:
    gex("batch", source, "--to", results)
    moved = source.rename(source.with_name("moved.csv"))
    ran = gex("reproduce", "QQQ")
    assert (ran.code, "its input is gone" in ran.err, "No such file" in ran.err) == (3, True, True)
    assert gex("reproduce", "QQQ", "--input", moved).code == 0
    source.write_text(moved.read_text().replace("Bid: ", "Bid:  "))
    ran = gex("reproduce", "QQQ")
    assert (ran.code, "holds something else now" in ran.err) == (3, True)


def test_the_input_is_found_in_a_store_by_its_content(
    gex: Callable[..., Ran], source: Path, results: Path, tmp_path: Path
) -> None:
    gex("ingest", source, "--to", tmp_path / "store")
    gex("batch", "QQQ", "--store", tmp_path / "store", "--to", results)
    source.unlink()
    ran = gex("reproduce", "QQQ", "--store", tmp_path / "store")
    assert (ran.code, "/store/symbol=QQQ/" in ran.out) == (0, True)
    assert gex("reproduce", "QQQ").code == 3


def test_another_version_is_told(gex: Callable[..., Ran], source: Path, results: Path) -> None:
    gex("batch", source, "--to", results)
    part = parts(results)[0]
    for table in ("by_strike", "by_expiration", "summary"):
        old = part.of(table).path
        old.rename(old.with_name(old.name.replace(part.version, "0.0.9")))
    ran = gex("reproduce", "QQQ", "--input", source)
    assert ran.code == 0
    assert "version 0.0.9 wrote it, and this is" in ran.out


def test_one_of_several_results_is_chosen_by_its_spec(gex: Callable[..., Ran], source: Path, results: Path) -> None:
    gex("batch", source, "--to", results)
    first = parts(results)[0].spec
    gex("batch", source, "--to", results, "--vol", "vendor")
    assert first in gex("reproduce", "QQQ", "--spec", first).out
    assert first not in gex("reproduce", "QQQ").out


def test_a_book_has_to_be_given_again(gex: Callable[..., Ran], source: Path, results: Path, tmp_path: Path) -> None:
    from gex.ingest.read import read_chain

    row = read_chain(source).frame.row(0, named=True)
    (tmp_path / "own.csv").write_text(BOOK.format(**row))
    assert gex("batch", source, "--to", results, "--positions", tmp_path / "own.csv").code == 0
    ran = gex("reproduce", "QQQ")
    assert (ran.code, "give it with --positions" in ran.err) == (3, True)
    assert gex("reproduce", "QQQ", "--positions", tmp_path / "own.csv").code == 0


def test_what_is_no_result(
    gex: Callable[..., Ran], source: Path, results: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gex("reproduce", "QQQ").code == 6
    gex("batch", source, "--to", results)
    assert gex("reproduce", "QQQ@2001-01-01").code == 6
    assert gex("reproduce", source).code == 3
    victim = parts(results, "by_strike")[0].path
    victim.write_bytes(victim.read_bytes()[:-60])
    ran = gex("reproduce", "QQQ")
    assert (ran.code, str(victim) in ran.err) == (3, True)
    monkeypatch.delenv("GEX_RESULTS")
    assert gex("reproduce", "QQQ").code == 2
