"""`/regime` and `/flows`: states with their signs, what is missing in its own place, everyone on one curve."""

from __future__ import annotations

import datetime as dt
import re
import xml.etree.ElementTree as ET
from typing import TYPE_CHECKING

import numpy as np
import pytest
from sites import Client

from gex.cli.histories import HistoryOptions, load
from gex.cli.render.flows_map import draw, rows_of, times_of
from gex.flows.session import Session, SessionFlows, gather, moves
from gex.ingest.calendar import is_session
from gex.plot.theme import DARK, LIGHT, PAGE

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Ground

    from gex.plot.theme import Theme
    from gex.quotes import Floats


def card(text: str, name: str) -> str:
    """Return what a card of the regime says."""
    found = re.search(rf'<article class="card (\w*)" id="{name}">(.*?)</article>', text, re.DOTALL)
    assert found, name
    return f"{found[1]} {found[2]}"


def test_each_figure_has_its_state_its_rank_and_what_would_change_it(client: Client) -> None:
    text = client.get("/regime?as_of=2020-03-20").text
    vix = card(text, "vix_band")
    assert "percentile" in vix
    assert "next close: VIX" in vix
    assert "<svg" in vix
    assert "since 20" in vix
    # There is no credit spread among these histories: its card says so, and the others stand.
    credit = card(text, "credit_speed")
    assert credit.startswith("unknown")
    assert "BAMLH0A0HYM2" in credit
    assert "<svg" not in credit


def test_an_old_figure_is_of_its_own_day(client: Client) -> None:
    vix = card(client.get("/regime?as_of=2020-04-20").text, "vix_band")
    assert vix.startswith("unknown")
    assert "on 2020-03-2" in vix
    assert "next close" not in vix


def closes(folder: Path, spot: float, last: dt.date) -> Path:
    """Write seven years of closes of SPX that end on a day near a price."""
    folder.mkdir()
    days = [day for day in (last - dt.timedelta(days=n) for n in range(2600)) if is_session(day)][::-1]
    values = spot * np.exp(0.01 * np.sin(np.arange(len(days)) - len(days) + 1.0))
    lines = [f"{day:%m/%d/%Y},{value:.2f}" for day, value in zip(days, values, strict=True)]
    (folder / "SPX_History.csv").write_text("\n".join(["DATE,SPX", *lines]) + "\n")
    return folder


def test_everyone_is_on_the_curve_where_there_is_what_they_need(ground: Ground, client: Client, tmp_path: Path) -> None:
    spot = client.get("/api/v1/snapshots/SPX/2026-01-07T1030").json()["spot"]["used"]
    histories = load(HistoryOptions(closes(tmp_path / "histories", spot, dt.date(2026, 1, 6)), {}))
    site = Client(ground.app(histories=histories))
    text = site.get("/flows/SPX?as_of=2026-01-07&vol_control_aum=100000000000").text
    assert text.count(">on the curve<") == 4
    assert ">missing<" not in text
    assert re.search(r"After the close of 2026-01-06, [\d.]+: [+−\d]+% of a full position", text)
    rows = re.findall(r'<th scope="row">((?:ema|sma|momentum):[\d/]+)</th>', text)
    assert len(rows) > 5
    # Without the assets that nobody publishes, the page says where to give them.
    assert "nobody knows its assets: give them above" in site.get("/flows/SPX").text
    site.app.state.shelf.close()


def test_a_history_of_another_time_is_said_to_end(client: Client) -> None:
    text = client.get("/flows/SPX").text
    assert "SPX has no close of 2026-01-06: it ends on 2020-03-2" in text
    assert ">on the curve<" in text


class Linear:
    """Buys a dollar for each point below 100."""

    name = "dealers"

    def __init__(self, size: float) -> None:
        self.size = size

    def usd(self, spots: Floats, elapsed: float) -> Floats:
        """Return what is bought."""
        return self.size * elapsed * (100.0 - spots)


def flows(size: float) -> SessionFlows:
    from gex.flows.session import Part

    opens = dt.datetime(2026, 1, 7, 14, 30, tzinfo=dt.UTC)
    session = Session(dt.date(2026, 1, 7), opens, opens + dt.timedelta(hours=6.5), opens)
    parts = [Part("dealers", Linear(size), None, {})]
    return gather("SPX", session, moves(100.0, 0.03, 24), session.grid(30.0), parts, spot=100.0)


@pytest.mark.parametrize("size", [0.0, 1.0, -1e12])
@pytest.mark.parametrize("theme", [LIGHT, DARK, PAGE])
def test_the_map_names_the_largest_either_way(size: float, theme: Theme) -> None:
    found = flows(size)
    picture = draw(found, theme)
    ET.fromstring(picture.svg())  # noqa: S314 (our own)
    rows, times = rows_of(found), times_of(found)
    assert len(found.curve.spots) // 2 in rows
    assert times[-1] == len(found.curve.elapsed) - 1
    if size == 0.0:
        assert "trade nothing" in picture.title
    elif size > 0:
        assert "buy most at 97.00 by 16:00" in picture.title
        assert "sell most at 103.00 by 16:00" in picture.title
    else:
        assert "buy most at 103.00" in picture.title
