"""The section of what expires: its figures are the view's, its data can be read back, it says why where there is none."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gex import Settings, read_chain
from gex.analysis import analysis_of, priced
from gex.cli.page.panels.zero_dte import panel
from gex.cli.page.view import View, view_of
from gex.cli.render import figures
from gex.ingest.sample import generate, write_cboe_csv
from gex.intraday_results import ZeroDte

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module", name="view")
def _view(tmp_path_factory: pytest.TempPathFactory) -> View:
    path: Path = tmp_path_factory.mktemp("panel") / "spx.csv"
    write_cboe_csv(generate("SPX", seed=3, size="small"), path)
    base = priced(read_chain(path), Settings())
    return view_of(base, analysis_of(base))


def today(view: View) -> ZeroDte:
    assert isinstance(view.zero_dte, ZeroDte)
    return view.zero_dte


def data_of(html: str, name: str) -> Any:
    """Return what the script of a figure gets."""
    found = re.search(rf'<figure id="{name}".*?<script type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    return json.loads(found[1])


def decoded(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype="<f4")


def rows_of(html: str, caption: str) -> list[list[str]]:
    """Return the texts of a table's rows, the head first."""
    found = re.search(rf"<caption>{re.escape(caption)}.*?</table>", html, re.DOTALL)
    assert found
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in re.findall(r"<tr>(.*?)</tr>", found[0])]


def test_the_maps_are_the_surface(view: View) -> None:
    html, surface = str(panel(view)), today(view).surface
    for name, values in (("gamma", surface.gamma_usd_per_1pct), ("charm", surface.charm_trade_usd[:, :-1])):
        data = data_of(html, f"zero-dte-{name}")
        assert decoded(data["spots"]) == pytest.approx(surface.spots, rel=1e-6)
        assert decoded(data["values"]) == pytest.approx(values.ravel(), rel=1e-6)
        assert len(data["times"]) == len(data["x"]) == len(surface.times)
        assert data["x"] == sorted(data["x"])
        assert data["times"][-1] == "16:00"


def test_tables_have_the_views_figures(view: View) -> None:
    html, shown = str(panel(view)), today(view)
    head, *rows = rows_of(html, "What dealers trade in each interval")
    assert len(rows) == shown.path.height
    for name, column in (("charm_trade_usd", 1), ("cumulative_usd", 2), ("vanna_trade_usd", 4)):
        money = figures.Money.spanning(shown.path[name].to_list())
        assert money.unit in head[column]
        assert [row[column] for row in rows] == [money(value) for value in shown.path[name]]
    odds = {figures.strike(row["strike"]): row for row in shown.odds.to_dicts()}
    _, *rows = rows_of(html, "The odds of each strike")
    assert len(rows) >= 7
    for row in rows:
        assert row[2] == figures.percent(odds[row[0]]["touch_probability"])
        assert row[3] == f"{100 * odds[row[0]]['pin_probability']:.1f}%"
    _, *rows = rows_of(html, "What expires under other ideas")
    assert len(rows) == len(shown.holdings)


def test_the_cards_say_how_long_how_far_and_what_time_asks_for(view: View) -> None:
    html, shown = str(panel(view)), today(view)
    sigma, total = shown.moves.one_sigma, shown.holdings[0].charm_trade_usd
    assert sigma is not None
    assert f"{figures.duration(shown.clock.minutes_left)} left" in html
    assert f"±{figures.three_digits(sigma)} points" in html
    assert f"{'buy' if total > 0 else 'sell'} {figures.dollars(abs(total))[1:]}" in html


def test_every_bar_has_its_lines(view: View) -> None:
    html, shown = str(panel(view)), today(view)
    path, odds = data_of(html, "zero-dte-path"), data_of(html, "zero-dte-pin")
    assert len(path["lines"]) == shown.path.height == len(path["edges"]) - 1
    assert len(odds["lines"]) == len(odds["edges"]) - 1
    for data in (path, odds):
        assert data["edges"] == sorted(data["edges"])
    strikes = [float(lines[0].removeprefix("strike ")) for lines in odds["lines"]]
    assert strikes == sorted(strikes, reverse=True)  # The highest stands on top.


def test_it_is_small(view: View) -> None:
    assert len(panel(view)) < 150_000


def test_where_there_is_none_it_says_why(view: View) -> None:
    html = panel(replace(view, zero_dte="nothing <expires> here"))
    assert "nothing &lt;expires&gt; here" in html
    assert "<svg" not in html


def test_the_next_expiration_is_named_as_such(view: View) -> None:
    shown = today(view)
    clock = replace(shown.clock, is_today=False, reason="nothing expires on 2025-09-04")
    html = panel(replace(view, zero_dte=replace(shown, clock=clock)))
    assert f"What expires on {shown.clock.expiration:%a %Y-%m-%d}" in html
    assert '<p class="warning">Nothing expires today: nothing expires on 2025-09-04.' in html


def test_without_a_smile_odds_and_move_say_why(view: View) -> None:
    shown = today(view)
    moves = replace(shown.moves, straddle=None, w=None, one_sigma=None, reason="no <smile>")
    html = panel(replace(view, zero_dte=replace(shown, moves=moves, odds=shown.odds.clear())))
    assert "No odds: no &lt;smile&gt;." in html
    assert "<li>no &lt;smile&gt;</li>" in html


def test_an_unknown_sign_is_said_first(view: View) -> None:
    shown = today(view)
    first = shown.holdings[0]
    net = replace(first.gamma_usd_per_1pct, net=0.0)
    html = panel(
        replace(view, zero_dte=replace(shown, holdings=(replace(first, gamma_usd_per_1pct=net), *shown.holdings[1:])))
    )
    assert "<p>Sign unknown: net gamma is under 5% of gross.</p>" in html
