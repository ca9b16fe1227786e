"""Each section's figures are the analysis's own, read back from the page."""

from __future__ import annotations

import json
import re
from base64 import b64decode
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from pages import Element, assert_valid, read

from gex import Settings
from gex.analysis import analysis_of, priced
from gex.change import Change
from gex.cli.page.page import body
from gex.cli.page.panels import change, definitions, expirations, heat, hedging, quality, status, verdict
from gex.cli.page.view import View, merged_view, view_of
from gex.cli.render import figures
from gex.definitions import DEFINITIONS
from gex.ingest.quality import RULES
from gex.ingest.read import read_chain
from gex.ingest.sample import generate_days, write_cboe_csv
from gex.level_book import LevelBook
from gex.merge import merge
from gex.microstructure.intervals import FlipInterval, Interval, Intervals, WallInterval, WallShare
from gex.plot.heat import grid_of

if TYPE_CHECKING:
    from types import ModuleType

    from gex.ingest.schema import Chain

MINUS = "−"


@pytest.fixture(scope="module", name="chains")
def _chains(tmp_path_factory: pytest.TempPathFactory) -> list[Chain]:
    """Two sessions of one chain."""
    folder = tmp_path_factory.mktemp("days")
    for number, sample in enumerate(generate_days("SPX", 2, seed=3, size="small")):
        write_cboe_csv(sample, folder / f"{number}.csv")
    return [read_chain(folder / f"{number}.csv") for number in range(2)]


@pytest.fixture(scope="module", name="view")
def _view(chains: list[Chain]) -> View:
    before, base = (priced(chain, Settings()) for chain in chains)
    return view_of(base, analysis_of(base), before=before)


def shown(module: ModuleType, view: View) -> Element:
    return read(module.panel(view))


def number(text: str) -> float:
    """Return a figure of the page."""
    return float(text.replace(MINUS, "-").replace(",", "").replace("±", ""))


def dollars(text: str) -> float:
    """Return an amount of the page, in dollars."""
    value, unit = text.split()[:2]
    return number(value) * {"$bn": 1e9, "$mm": 1e6}[unit]


def data_of(section: Element, name: str) -> Any:
    """Return what a figure's script is given."""
    return json.loads(next(section.by_id(name).every("script")).text)


def floats(text: str) -> np.ndarray:
    return np.frombuffer(b64decode(text), "<f4")


def facts(section: Element) -> dict[str, str]:
    """Return the pairs of a list of facts."""
    return dict(zip((e.text for e in section.every("dt")), (e.text for e in section.every("dd")), strict=True))


def notes(card: Element) -> dict[str, str]:
    """Return the pairs on a card."""
    pairs = ([part.text for part in item.every("span")][:2] for item in card.every("li"))
    return dict(pairs)


def test_the_page_is_valid(view: View) -> None:
    assert_valid(read(body(view)))


def test_the_bar_says_what_when_in_which_state_and_under_which_assumptions(view: View) -> None:
    bar, analysis = shown(status, view).by_id("status"), view.analysis
    assert bar.by_id("spot").text == f"{analysis.spot.used:.2f}"
    assert next(bar.every("h1")).text.startswith("SPX")
    assert next(bar.every("time")).attributes["datetime"] == analysis.quote_time.isoformat()
    assert [item.text for item in bar.every("li")][: len(analysis.assumptions)] == list(analysis.assumptions)
    assert "; ".join(analysis.assumptions) in next(bar.every("summary")).text
    assert f"{analysis.rows_used:,} contracts" in bar.text


@pytest.mark.parametrize("name", ["gamma_flip", "call_wall", "put_wall"])
def test_a_level_has_its_distance_its_odds_and_its_change(view: View, name: str) -> None:
    card, analysis = shown(verdict, view).by_id(f"card-{name}"), view.analysis
    level, away, said = getattr(analysis.levels, name), analysis.distances[name], notes(card)
    assert number(next(e for e in card.every("p") if e.attributes["class"] == "value").text) == pytest.approx(
        level, abs=0.06
    )
    points, pct = said["from spot"].split(" points, ")
    assert number(points) == pytest.approx(away.points, abs=0.51)
    assert number(pct.rstrip("%")) == pytest.approx(away.pct, abs=0.006)
    assert away.sigma is not None
    assert number(said["in sigma"]) == pytest.approx(abs(away.sigma), abs=0.06)
    assert said["touched"].startswith(figures.percent(away.touch_probability or 0.0))
    assert isinstance(view.change, Change)
    before, after = (getattr(each.figures, name) for each in (view.change.before, view.change.after))
    if before == after:
        assert said["change"] == "none"
    else:
        assert number(said["change"].split()[0]) == pytest.approx(after - before, abs=0.51)


def test_net_gamma_has_its_unit_and_what_it_is_the_difference_of(view: View) -> None:
    card, gamma = shown(verdict, view).by_id("card-net_gamma"), view.analysis.exposure.gamma_usd_per_1pct
    value = next(e for e in card.every("p") if e.attributes["class"] == "value").text
    assert value.endswith("per +1%")
    assert dollars(value) == pytest.approx(gamma.net, rel=0.01)
    assert dollars(notes(card)["gross"].rstrip(",").replace(",", "")) == pytest.approx(gamma.gross, rel=0.01)
    assert isinstance(view.change, Change)
    assert dollars(notes(card)["change"]) == pytest.approx(view.change.total.net, rel=0.01)


def test_a_sign_that_is_not_known_has_no_colour(view: View) -> None:
    unsure = replace(view, analysis=replace(view.analysis, regime="near_zero"))
    section = shown(verdict, unsure)
    assert "sign unknown" in next(section.every("h2")).text
    card = section.by_id("card-net_gamma")
    assert card.attributes["class"] == "card unknown"
    assert "sign unknown" in next(card.every("h3")).text


def test_a_level_that_is_not_there_says_why(view: View) -> None:
    levels = replace(view.analysis.levels, gamma_flip=None, reasons={"gamma_flip": "no change of sign"})
    card = shown(verdict, replace(view, analysis=replace(view.analysis, levels=levels))).by_id("card-gamma_flip")
    assert card.attributes["class"] == "card unknown"
    assert "none" in card.text
    assert "no change of sign" in card.text


def test_bands_and_intervals_are_rows_of_one_table(view: View) -> None:
    net = Interval(net=1e9, standard_error=1e9, low=-2e9, high=4e9, negative_probability=0.25)
    walls = WallInterval((WallShare(6500.0, 0.9), WallShare(6550.0, 0.08)), 0.0)
    flip = FlipInterval(6480.0, 6470.0, 6490.0, ((6470.0, 6490.0),))
    found = Intervals(net, None, None, {}, flip, walls, walls)
    section = shown(verdict, replace(view, analysis=replace(view.analysis, intervals=found)))
    names = [row[0] for row in section.rows()]
    assert names == ["How sure", "Other methods", "Other positions", "95% by positions' errors"]
    last = section.rows()[-1]
    assert last[1:4] == ["6470.0–6490.0", "6500/6550", "6500/6550"]
    assert view.analysis.levels.bands is not None
    low, high = view.analysis.levels.bands.positions.net_usd_per_1pct
    unit = 1e9 if "$bn" in section.rows()[0][4] else 1e6
    for text, ends in ((section.rows()[2][4], (low, high)), (last[4], (-2e9, 4e9))):
        assert [number(each) * unit for each in text.split(" to ")] == pytest.approx(ends, abs=0.51 * unit)


def test_the_map_has_the_figures_of_its_cells(view: View) -> None:
    section, grid = shown(heat, view), grid_of(view.analysis)
    rows, data = section.rows(), data_of(section, "heat-chart")
    columns, strikes = len(rows[0]) - 1, [row[0] for row in rows[1:]]
    assert strikes == data["strikes"] == [f"{s:g}" for s in sorted({row["strike"] for row in grid.rows}, reverse=True)]
    unit = 1e9 if "$bn" in next(section.every("caption")).text else 1e6
    packed = {name: floats(data[name]).reshape(-1, columns) for name in ("net", "calls", "puts")}
    for row in grid.rows:
        at = strikes.index(f"{row['strike']:g}"), row["column"]
        assert number(rows[at[0] + 1][at[1] + 1]) * unit == pytest.approx(row["net"], rel=0.006, abs=6e-4 * unit)
        for name, values in packed.items():
            assert values[at] == pytest.approx(row[name], rel=1e-6)
        assert row["calls"] + row["puts"] == pytest.approx(row["net"], abs=1e-6 * data["gross"])
    first = divmod(data["first"], columns)
    assert abs(packed["net"][first]) == np.abs(packed["net"]).max()
    filled = sum(bool(cell) for row in rows[1:] for cell in row[1:])
    assert filled == len(grid.rows)


def test_the_axis_of_the_map_stands_apart_and_shows_spot(view: View) -> None:
    axis, rest = shown(heat, view).by_id("heat-chart").every("svg")
    left, _, width, _ = map(float, axis.attributes["viewbox"].split())
    assert (left, width) == (0, float(rest.attributes["viewbox"].split()[0]))
    assert f"{view.analysis.spot.used:.2f}" in axis.text


def test_every_expiration_is_in_the_table(view: View) -> None:
    section, table = shown(expirations, view), view.analysis.by_expiration.sort("expires_at", "root")
    head, *rows = section.rows()
    unit = 1e9 if "$bn" in head[1] else 1e6
    assert len(rows) == len(table)
    for cells, row in zip(rows, table.to_dicts(), strict=True):
        assert cells[0].startswith(f"{row['expiration']:%Y-%m-%d}")
        nets = [row[name] for name in ("net", "gross", "calls", "puts")]
        assert [number(cell) * unit for cell in cells[1:5]] == pytest.approx(nets, rel=0.006, abs=6e-4 * unit)
        assert number(cells[5]) == row["open_interest"]
        for cell, name in zip(cells[8:], ("call_wall", "put_wall", "max_pain"), strict=True):
            assert cell == ("–" if row[name] is None else f"{row[name]:g}")
    lines = data_of(section, "expirations-chart")["charts"][0]["lines"]
    assert sum(dollars(line[1].removeprefix("net ")) for line in lines) == pytest.approx(
        table["net"].sum(), abs=0.01 * table["gross"].sum()
    )


def test_trades_are_those_of_the_analysis(view: View) -> None:
    section = shown(hedging, view)
    found = {row[0]: row[2:] for row in section.rows()[1:]}
    for flow in view.analysis.hedge_flow:
        trade, effect = found[f"{flow.spot_move_pct:+g}%".replace("-", MINUS)]
        assert dollars(trade) == pytest.approx(flow.flow_usd, rel=0.006)
        assert effect == ("dampens" if flow.flow_usd * flow.spot_move_pct <= 0 else "amplifies")
    charm = view.analysis.exposure.charm_usd_to_close
    assert charm is not None
    assert dollars(found["time alone, to the close"][0]) == pytest.approx(-charm, rel=0.006)
    lines = data_of(section, "hedging-chart")["charts"][0]["lines"]
    assert len(lines) == len(view.analysis.hedge_flow) + 1


def test_every_definition_has_its_value_and_says_what_it_is(view: View) -> None:
    section, book = shown(definitions, view), view.levels
    assert isinstance(book, LevelBook)
    rows = section.rows()
    for definition in DEFINITIONS:
        found = book.scopes[0].by_key[definition.key]
        if re.fullmatch(r"menthorq\.gex_\d+", definition.key):
            continue
        cells = next(
            row for row in rows if row[-1] == definition.text and row[0].startswith(definition.name) and len(row) > 2
        )
        assert definition.source in cells[0]
        if found.value is None:
            assert cells[1] == "–"
            assert found.reason
            assert found.reason in section.text
        elif definition.is_level:
            assert number(cells[1]) == pytest.approx(found.value, abs=0.06)
    summaries = [each for each in section.every("summary") if each.attributes.get("title")]
    assert len(summaries) == len(list(section.every("details")))


def test_strongest_strikes_are_ranked(view: View) -> None:
    section, book = shown(definitions, view), view.levels
    assert isinstance(book, LevelBook)
    ranked = next(row for row in section.rows() if row[0] == "net, positive")
    strikes = [each.level for each in book.scopes[0].by_key["spotgamma.call_wall"].ranked]
    assert [number(cell.split()[0]) for cell in ranked[1 : len(strikes) + 1]] == strikes


def test_what_changed_adds_up(view: View) -> None:
    section, moved = shown(change, view), view.change
    assert isinstance(moved, Change)
    *_, last = section.every("table")
    _, first, *steps, end = last.rows()
    unit = 1e9 if "$bn" in next(last.every("caption")).text else 1e6
    assert number(first[1]) * unit == pytest.approx(moved.before.figures.net, abs=0.51 * unit)
    assert number(end[1]) * unit == pytest.approx(moved.after.figures.net, abs=0.51 * unit)
    for cells, step in zip(steps, moved.steps, strict=True):
        assert cells[0] == step.name.replace("_", " ")
        assert number(cells[1]) * unit == pytest.approx(step.part.net, abs=0.51 * unit)
    lines = data_of(section, "change-chart")["charts"][0]["lines"]
    assert len(lines) == len(moved.steps) + 2
    assert sum(dollars(line[1]) for line in lines[:-1]) == pytest.approx(dollars(lines[-1][1]), rel=0.02)
    assert f"{moved.common:,} contracts with a position in both" in section.text


def test_where_it_changed_most_is_the_largest_change_by_strike(view: View) -> None:
    section, moved = shown(change, view), view.change
    assert isinstance(moved, Change)
    by_strike = moved.by("strike").sort(pl.col("change").abs(), descending=True).head(8)
    first = next(section.every("table"))
    assert {number(row[0]) for row in first.rows()[1:]} == set(by_strike["strike"].to_list())


def test_rows_are_accounted_for_with_meaning_and_remedy(view: View) -> None:
    counts = {"duplicate": 3, "negative": 1}
    report = replace(view.analysis.quality, quarantined=counts, warnings={"crossed": 7}, notes=("a <b>note</b>",))
    section = shown(quality, replace(view, analysis=replace(view.analysis, quality=report)))
    found = {row[0]: row[1:] for row in next(section.every("table")).rows()[1:]}
    rules = {rule.code: rule for rule in RULES}
    assert {code: int(cells[0]) for code, cells in found.items()} == counts | {"crossed": 7}
    for code, cells in found.items():
        assert cells[2:] == [rules[code].meaning, rules[code].remedy]
    assert "+ 4 set aside" in section.text
    assert "A <b>note</b>." in section.text


def test_provenance_and_settings_are_those_of_the_analysis(view: View) -> None:
    section, analysis = shown(quality, view), view.analysis
    said = facts(section)
    assert said["Source"] == "1.csv"
    assert said["SHA-256"] == analysis.source.sha256
    assert analysis.settings.fingerprint in said["Settings"]
    *_, table = section.every("table")
    assert [row[0].replace(" ", "_") for row in table.rows()[1:]] == list(analysis.settings.as_dict())


def test_a_merged_book_names_its_sources(chains: list[Chain]) -> None:
    frame = chains[1].frame.with_columns(pl.col("strike", "bid", "ask", "spot") / 10)
    small = replace(chains[1], frame=frame, underlying="XSP", spot=(chains[1].spot or 0) / 10)
    book = merge([chains[1], small], Settings(band=()))
    root = read(body(merged_view(book)))
    assert_valid(root)
    *_, sources = root.by_id("verdict").every("table")
    assert [row[0] for row in sources.rows()] == ["Source", "SPX", "XSP"]
    for part, row in zip(book.parts, sources.rows()[1:], strict=True):
        assert row[5] == figures.percent(part.share_of_gross)
    assert "Of a merged book there is none" in root.by_id("definitions").text


def test_the_same_view_gives_the_same_page(view: View) -> None:
    assert body(view) == body(view)
