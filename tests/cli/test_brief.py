"""`gex brief` on small histories, with a chain, and as of the evenings of 19 and 20 November 2025."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from daily import weekdays

from gex.cli.brief import brief_of
from gex.cli.histories import HistoryOptions, load
from gex.cli.render.brief import screen
from gex.cli.render.terminal import Terminal
from gex.flows.fund_table import DEFAULT_FUNDS

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

    from gex.brief import Brief


REPLAY = Path(__file__).parents[2] / "docs" / "replay.md"


@pytest.fixture(name="histories")
def _histories(tmp_path: Path) -> Path:
    """Return a folder of SPX and VIX: 300 weekdays to 24 February 2020."""
    folder = tmp_path / "histories"
    folder.mkdir()
    waves = np.sin(np.arange(300.0) / 7)
    for name, values in {"SPX": 3000 + 100 * waves, "VIX": 20 - 3 * waves}.items():
        rows = zip(weekdays(300, "2019-01-01").astype(dt.date), values, strict=True)
        lines = [f"{day:%m/%d/%Y},{value:.6f}" for day, value in rows]
        (folder / f"{name}_History.csv").write_text("\n".join([f"DATE,{name}", *lines]) + "\n")
    return folder


def told(ran: Ran) -> dict[str, dict[str, Any]]:
    """Return the sections of a document by name, their figures by name."""
    assert ran.code == 0, ran.err
    sections = json.loads(ran.out)["sections"]
    return {each["name"]: each | {"figures": {found["name"]: found for found in each["figures"]}} for each in sections}


def test_a_brief_is_one_page_of_80_columns(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("brief", "--histories", histories)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 66
    assert lines[0].startswith("BRIEF  SPX, the evening of Mon 2020-02-24 · close ")
    assert "  VVIX                   –  no history of VVIX" in lines
    assert "  no chain: give --chain SOURCE" in lines
    assert "  not enough data: 300 closes, 1035 needed" in lines


def test_a_brief_of_another_index_says_whose_regime_it_tells(gex: Callable[..., Ran], histories: Path) -> None:
    own = gex("brief", "--histories", histories).out
    ndx = f"NDX={histories / 'SPX_History.csv'}"
    other = gex("brief", "--series", f"SPX={histories / 'SPX_History.csv'}", "--series", ndx, "--index", "ndx").out
    assert "\nVOLATILITY REGIME (→" in own
    assert "\nVOLATILITY REGIME of SPX (→" in other


def test_the_document_and_the_table_hold_the_same(gex: Callable[..., Ran], histories: Path) -> None:
    ran = gex("brief", "--histories", histories, "--as-of", "2020-02-20", "--format", "json")
    document, sections = json.loads(ran.out), told(ran)
    assert (document["schema_version"], document["as_of"], document["date"]) == (1, "2020-02-20", "2020-02-20")
    assert [each["name"] for each in document["histories"]] == ["SPX", "VIX"]
    assert {each["name"] for each in document["regime"]} >= {"vix_band", "credit_speed"}
    assert sections["dealers"]["reason"] == "no chain: give --chain SOURCE"
    assert "assets dated in the year before" in sections["leveraged_funds"]["reason"]
    ran = gex("brief", "--histories", histories, "--as-of", "2020-02-20", "--format", "csv")
    table = pl.read_csv(io.StringIO(ran.out), try_parse_dates=True)
    sma = table.filter(name="sma_50").row(0, named=True)
    assert sma["value"] == pytest.approx(sections["averages"]["figures"]["sma_50"]["value"])
    assert (sma["section"], sma["unit"], sma["date"]) == ("averages", "points", dt.date(2020, 2, 20))
    assert table.filter(section="dealers")["reason"].to_list() == ["no chain: give --chain SOURCE"]


def test_a_chain_of_the_evening_tells_dealers_gamma_and_one_of_later_does_not(
    gex: Callable[..., Ran], histories: Path, spx_csv: Path
) -> None:
    """The sample's quotes are of 2025: against histories of 2020 everything else is out of date."""
    evening = json.loads(gex("report", spx_csv, "--format", "json").out)
    arguments = ("brief", "--histories", histories, "--chain", spx_csv, "--format", "json")
    sections = told(gex(*arguments, "--as-of", evening["quote_time"][:10]))
    found = sections["dealers"]["figures"]
    assert found["net_gamma_per_1pct"]["value"] == evening["exposure"]["gamma_usd_per_1pct"]["net"]
    assert found["gamma_flip"]["value"] == evening["levels"]["gamma_flip"]
    assert "weekdays before" in sections["averages"]["reason"]
    assert json.loads(gex(*arguments).out)["as_of"] == evening["quote_time"][:10], "the later of both"
    alone = told(gex("brief", "--chain", spx_csv, "--format", "json"))
    assert (alone["dealers"], alone["averages"]["reason"]) == (sections["dealers"], "no history of SPX")
    later = told(gex(*arguments, "--as-of", "2020-02-20"))["dealers"]
    assert later["reason"] == f"the chain is of {evening['quote_time'][:10]}, after the evening"


def test_an_old_chain_tells_nothing_and_another_underlyings_is_named(
    gex: Callable[..., Ran], histories: Path, spx_csv: Path
) -> None:
    day = dt.date.fromisoformat(json.loads(gex("report", spx_csv, "--format", "json").out)["quote_time"][:10])
    arguments = ("brief", "--histories", histories, "--chain", spx_csv, "--format", "json", "--as-of")
    assert told(gex(*arguments, day + dt.timedelta(3)))["dealers"]["figures"], "three weekdays at the most"
    old = gex(*arguments, day + dt.timedelta(8), "--series", f"NDX={histories / 'SPX_History.csv'}")
    assert old.code == 6
    assert json.loads(old.out)["sections"][-1]["reason"] == f"the chain is of {day}, 6 weekdays before"
    other = told(gex(*arguments, day, "--index", "NDX"))["dealers"]["figures"]
    assert other["net_gamma_per_1pct"]["says"].startswith("of SPX: ")


def test_funds_of_ones_own_stand_in_for_the_table(gex: Callable[..., Ran], histories: Path, tmp_path: Path) -> None:
    table = '[funds.BULL]\nindex = "SPX"\nleverage = 3\naum_usd = 1e9\nas_of = 2020-01-31\n'
    (tmp_path / "funds.toml").write_text(table)
    found = told(gex("brief", "--histories", histories, "--funds", tmp_path / "funds.toml", "--format", "json"))
    assert found["leveraged_funds"]["figures"]["per_1pct"]["value"] == pytest.approx(60e6)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ((), 6, "no history 'SPX'"),
        (("--index", "NDX"), 6, "no history 'NDX'"),
        (("--as-of", "2020-02-20"), 6, "nothing is known of 2020-02-20"),
        (("--as-of", "x"), 2, "--as-of"),
        (("--chain", "nowhere.csv"), 3, "nowhere.csv"),
    ],
)
def test_what_cannot_be_told_is_a_line(
    gex: Callable[..., Ran], arguments: tuple[str, ...], code: int, message: str
) -> None:
    ran = gex("brief", *arguments)
    assert ran.code == code, ran.err
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1


@pytest.fixture(name="november", scope="module")
def _november(data_path: Callable[..., Path]) -> dict[str, Brief]:
    """Return the briefs of both evenings, the histories read once."""
    histories = load(HistoryOptions(data_path("history"), {}))
    days = (dt.date(2025, 11, 19), dt.date(2025, 11, 20))
    return {f"{day}": brief_of(histories, day, "SPX", None, DEFAULT_FUNDS) for day in days}


@pytest.mark.real
def test_the_replay_in_the_docs_is_what_is_printed(november: dict[str, Brief]) -> None:
    pages = re.findall(r"^```text\n(.*?)^```", REPLAY.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    assert pages == [screen(found, Terminal()) for found in november.values()]
    assert max(len(page.splitlines()) for page in pages) <= 72


@pytest.mark.real
def test_the_evening_of_20_november_2025(november: dict[str, Brief]) -> None:
    """METHODS 1.4 and 7: below the 50-day average after 138 days above; VVIX above 110 for four closes."""
    found = november["2025-11-20"]
    assert found.close == pytest.approx(6538.76, abs=0.005)
    readings = {each.name: each for each in found.regime.readings}
    assert (readings["vvix_persistence"].state, readings["vvix_persistence"].count) == ("testing", 4)
    assert (readings["vix_band"].state, readings["vix_over_vix3m"].state) == ("stress", "backwardation")
    sections = {each.name: each for each in found.sections}
    figures = {each.name: each for section in found.sections for each in section.figures}
    assert figures["sma_50"].says == "close 2.6% below for 4 sessions, after 138 above"
    assert figures["pivot_short"].value == pytest.approx(6705.20, abs=0.005)
    assert figures["week_down"].value < 0 < figures["position"].value
    assert {"low_21", "sma_100", "week_20"} <= set(figures["cluster_1"].says.split())
    assert figures["traded_at_the_close"].value == pytest.approx(-1.5567 * figures["per_1pct"].value, rel=1e-3)
    assert sections["dealers"].reason == "no chain: give --chain SOURCE"
