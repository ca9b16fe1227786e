"""docs/history.md: every block of Python and SQL in it runs, and SQL finds what `gex.scan_series` finds."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from results import fill

import gex
from gex.history import DISTANCES, FOLLOWED, RANKED, history_of
from gex.ingest.sample import generate_days, write_cboe_csv
from gex.settings import Settings

if TYPE_CHECKING:
    import polars as pl

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "history.md").read_text(encoding="utf-8")
NET = "net_gamma_usd_per_1pct"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module", name="folder")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with results of four sessions: the second one's again under other settings, and restated back."""
    folder = tmp_path_factory.mktemp("docs")
    paths = []
    for number, sample in enumerate(generate_days("SPX", 4, seed=2, at=dt.time(10, 30), size="small")):
        paths.append(folder / f"{number}.csv")
        write_cboe_csv(sample, paths[-1])
    fill(paths, folder / "results")
    fill(paths[1:2], folder / "results", Settings(positions="short-all", band=()), "0" * 16)
    fill(paths[1:2], folder / "results", Settings(vol="vendor", band=()), "1" * 16)
    return folder


@pytest.fixture(name="answers")
def _answers(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, pl.DataFrame]:
    """What each SELECT of the page answers, by the line in front of it."""
    monkeypatch.chdir(folder)
    found = {}
    with duckdb.connect() as database:
        for said, sql in re.findall(r"([^\n]*)\n\n```sql\n(.*?)```", PAGE, re.DOTALL):
            if sql.startswith("SELECT"):
                found[said] = database.sql(sql).pl()
            else:
                database.execute(sql)
        for name in ("restated", "as_reported"):
            found[name] = database.sql(f"SELECT * FROM {name} ORDER BY quote_time").pl()  # noqa: S608
    return found


def test_python_runs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {}
    for code in blocks("python"):
        exec(code, names)  # noqa: S102
    assert names["recent"].height == len(names["frame"]) == len(names["by_date"]) == names["largest"].height == 4
    assert names["history"].frame.height == 4


@pytest.mark.parametrize("which", ["restated", "as_reported"])
def test_sql_finds_the_revisions(folder: Path, answers: dict[str, pl.DataFrame], which: Any) -> None:
    ours = gex.scan_series(folder / "results", "SPX", which=which).collect()
    theirs = answers[which]
    columns = ["revision", "part", "spec_fingerprint", NET, "gamma_flip"]
    assert theirs.select(columns).rows() == ours.select(columns).rows()


def test_sql_ranks_as_the_library_does(folder: Path, answers: dict[str, pl.DataFrame]) -> None:
    found = answers["Each session's net gamma among its own past, as `gex history --min-sessions 1` has it:"]
    history = history_of(gex.scan_series(folder / "results", "SPX").collect(), at_least=1).frame
    ranked = history.filter(history[f"{NET}_percentile"].is_not_null())
    assert found["quote_date"].to_list() == ranked["quote_date"].to_list()
    assert found["percentile"].to_list() == pytest.approx(ranked[f"{NET}_percentile"].to_list())
    assert found["sessions"].to_list() == ranked[f"{NET}_sessions"].to_list()


def test_the_other_answers(folder: Path, answers: dict[str, pl.DataFrame]) -> None:
    ours = history_of(gex.scan_series(folder / "results", "SPX").collect()).frame
    assert answers["The series of a symbol:"]["spot_above_flip_pct"].to_list() == pytest.approx(
        ours["spot_above_flip_pct"].to_list()
    )
    crossed = (ours["spot_above_flip_pct"] > 0) != (ours["spot_above_flip_pct"] > 0).shift()
    assert answers["Days on which spot crossed the flip:"]["quote_date"].to_list() == (
        ours.filter(crossed.fill_null(value=False))["quote_date"].to_list()
    )
    assert answers["The five strikes with the most gamma at each session's end:"].height == 4 * 5


def test_every_added_column_is_in_the_table() -> None:
    added = (*DISTANCES, *(f"{name}_change" for name in FOLLOWED), *RANKED)
    assert [name for name in added if f"`{name}`" not in PAGE] == []
