"""`/series/SPX`: every session with its past, gaps at their places, limits with their states, whatever is missing."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from series import frame_of, row, weekdays
from sites import Client, read_options

from gex.cli.render.history_screen import Shown
from gex.cli.render.series_chart import Curve, Panel, runs, stretches
from gex.cli.render.series_picture import draw
from gex.cli.serve.app import app_of
from gex.cli.serve.pages.series_figure import document
from gex.cli.serve.pages.series_limits import Watched, states, watched_of
from gex.cli.serve.pages.series_panels import LONGEST, chart_of
from gex.cli.serve.site import Site
from gex.history import history_of
from gex.plot.theme import LIGHT, PAGE
from gex.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Ground

NET = "net_gamma_usd_per_1pct"
RULES = """
[rules.short-gamma]
field = "net_gamma_usd_per_1pct"
below = 0
severity = "breach"
message = "Dealers <b>short</b>"

[rules.far]
field = "spot"
above = 90000
severity = "warn"

[rules.sign]
field = "regime"
is = "near_zero"
severity = "info"

[rules.old]
field = "age_minutes"
above = 1
severity = "breach"

[rules.qqq]
field = "spot"
below = 1
severity = "info"
symbols = ["QQQ"]
"""
AT = dt.datetime(2025, 6, 1, tzinfo=dt.UTC)


def shown(rows: list[dict[str, Any]]) -> Shown:
    history = history_of(frame_of(rows))
    return Shown(history, history.frame.to_dicts(), list(history.reasons), "restated", "session", None)


def watched(rows: list[dict[str, Any]], folder: Path, rules: str = RULES) -> Watched:
    (folder / "limits.toml").write_text(rules)
    return watched_of(folder / "limits.toml", "SPX", frame_of(rows), AT)


def test_a_gap_has_its_place_and_a_long_one_is_shortened() -> None:
    days = weekdays(40)
    rows = [row(day) for place, day in enumerate(days) if place not in {5, *range(10, 30)}]
    chart = chart_of(shown(rows), None, None)
    missing = [place.missing for place in chart.places if place.missing]
    # Two of those weekdays, 20 January and 17 February, were holidays of the exchange.
    assert missing == [1, *[1] * (LONGEST - 1), 20 - (LONGEST - 1) - 1]
    spot = next(curve for curve in chart.panels[0].curves if curve.look == "spot")
    assert [value is None for value in spot.values] == [place.missing > 0 for place in chart.places]
    # The line is broken at both gaps: three pieces.
    assert len(list(runs(spot.values))) == 3


def test_limits_are_lines_and_breaches_are_marked_where_they_begin(tmp_path: Path) -> None:
    nets = [5e9, -1e9, -2e9, 3e9, -1e9]
    rows = [
        row(day, **{NET: net, "regime": "near_zero" if net == 3e9 else "long_gamma"})
        for day, net in zip(weekdays(5), nets, strict=True)
    ]
    chart = chart_of(shown(rows), watched(rows, tmp_path), None)
    net = next(panel for panel in chart.panels if panel.name == NET)
    assert [(bound.rule, bound.value, bound.words) for bound in net.bounds] == [("short-gamma", 0.0, "below 0")]
    assert net.curves[0].breaches == (1, 4)
    assert net.curves[0].unsure == (3,)
    lanes = {lane.rule: lane for lane in chart.lanes}
    assert lanes["short-gamma"].states == ("ok", "breached", "breached", "cleared", "breached")
    assert lanes["old"].states == (None, None, None, None, "breached")
    assert "qqq" not in lanes
    # A limit far away flattens nothing: it is named at the edge.
    assert chart.panels[0].ends[1] < 7000
    assert "off the scale" in draw(chart, LIGHT).svg().decode()


def test_a_gap_neither_ends_a_breach_nor_begins_one(tmp_path: Path) -> None:
    days = weekdays(6)
    rows = [row(day, **{NET: -1e9}) for place, day in enumerate(days) if place not in {2, 3}]
    chart = chart_of(shown(rows), watched(rows, tmp_path), None)
    assert next(panel for panel in chart.panels if panel.name == NET).curves[0].breaches == (0,)


def test_states_are_words_and_the_most_urgent_stand_first(tmp_path: Path) -> None:
    rows = [row(day, **{NET: -1e9, "regime": None}) for day in weekdays(3)]
    text = str(states(watched(rows, tmp_path)))
    order = [text.index(f">{name}<") for name in ("short-gamma", "sign", "far")]
    assert order == sorted(order)
    assert "▲ breached" in text
    assert "? unknown" in text
    assert "<b>" not in text
    assert "&lt;b&gt;short" in text
    # Since the first of three sessions, New York time.
    assert "2025-01-06 16:00 ET" in text


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"gamma_flip": None, "gamma_flip_sigma": None, "call_wall": None, "put_wall": None},
        {"zero_dte_net_gamma_usd_per_1pct": None, "zero_dte_share_of_gross": None},
        {NET: 0.0},
        {NET: 1e15, "spot": 1e7},
        {"positions": "<script>alert(1)</script>"},
        {"regime": "near_zero"},
        {"spot": 9.5, "gamma_flip": 9.4, "call_wall": 10.0, "put_wall": 9.0},
        {"gamma_flip": float("nan")},
    ],
)
@pytest.mark.parametrize("count", [1, 3])
def test_whatever_is_missing_the_rest_is_drawn_within_the_picture(
    changes: dict[str, Any], count: int, tmp_path: Path
) -> None:
    rows = [row(day) | changes for day in weekdays(count)]
    chart = chart_of(shown(rows), watched(rows, tmp_path), None)
    for theme in (LIGHT, PAGE):
        picture = draw(chart, theme)
        ET.fromstring(picture.svg())  # noqa: S314 (our own)
        for text in re.findall(r'points="([^"]*)"', picture.inline()):
            for pair in text.split():
                x, y = map(float, pair.split(","))
                assert 0 <= x <= picture.width
                assert 0 <= y <= picture.height
    assert "<script" not in picture.inline()


def test_the_script_gets_what_the_picture_shows(tmp_path: Path) -> None:
    import base64

    rows = [row(day, **{NET: net}) for day, net in zip(weekdays(4), [1e9, 2e9, -3e9, 4e9], strict=True)]
    del rows[1]
    chart = chart_of(shown(rows), watched(rows, tmp_path), None)
    found = json.loads(json.dumps(document(chart)))
    assert found["missing"] == [0, 1, 0, 0]
    net = next(panel for panel in found["panels"] if panel["name"] == NET)
    values = np.frombuffer(base64.b64decode(net["curves"][0]["values"]), "<f4")
    np.testing.assert_allclose(values, [1.0, np.nan, -3.0, 4.0])
    assert next(lane for lane in found["lanes"] if lane["rule"] == "short-gamma")["states"] == "o bc"


def test_runs_and_stretches() -> None:
    assert list(runs([None, 1.0, 2.0, None, 3.0])) == [(1, 2), (4, 4)]
    assert list(runs([])) == []
    assert list(stretches([None, "ok", "ok", "breached", None])) == [(1, 2, "ok"), (3, 3, "breached")]


def test_an_axis_of_equal_values_has_a_width() -> None:
    panel = Panel("x", "x", "price", 0, signed=False, curves=(Curve("x", "line", (5.0, 5.0)),))
    assert panel.ends[0] < 5.0 < panel.ends[1]
    nothing = Panel("x", "x", "price", 0, signed=False, curves=(Curve("x", "line", (None,)),))
    assert nothing.ends[0] < nothing.ends[1]


class Strict(HTMLParser):
    """Collects what a strict content-security policy refuses."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[str] = []
        self.rows = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name: value or "" for name, value in attrs}
        self.rows += tag == "tr"
        self.refused += [f"{tag} {name}" for name in names if name == "style" or name.startswith("on")]
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.refused.append(tag)
        self.refused += [
            value for name, value in names.items() if name in {"href", "src"} and not value.startswith(("/", "#"))
        ]


ADDRESSES = [
    "/series/SPX", "/series/SPX?columns=spot", "/series/SPX?start=2026-01-06&end=&columns=", "/series/SPX?end=2026-01-06",
    "/regime", "/regime?as_of=2020-03-20", "/flows/SPX", "/flows/SPX?as_of=2026-01-06", "/flows/SPX?as_of=2026-01-06T1030",
    "/flows/SPX?vol_control_aum=1e11".replace("1e11", "100000000000"), "/flows/QQQ", "/downloads/SPX", "/downloads/SPX/latest",
    "/downloads/SPX/2026-01-05T1030", "/downloads/QQQ/latest",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_is_whole_and_keeps_to_the_policy(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200, answer.text
    found = Strict()
    found.feed(answer.text)
    assert found.refused == []
    assert answer.text.count("<main") == 1
    assert answer.text.count("<h1") == 1
    ids = re.findall(r' id="([^"]+)"', answer.text)
    assert len(ids) == len(set(ids))
    assert client.get(f"{address}{'&' if '?' in address else '?'}fragment=1").text in answer.text


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/series/SPX?start=yesterday", 400, "start must be"),
        ("/series/SPX?start=2026-01-07&end=2026-01-05", 400, "lies before start"),
        ("/series/SPX?start=2026-02-30", 400, "start must be"),
        ("/series/SPX?columns=nonsense", 400, "nonsense"),
        ("/series/SPX?columns=regime", 400, "numbers"),
        ("/series/SPX?columns=spot,spot", 400, "twice"),
        ("/series/SPX?start=2026-01-05&start=2026-01-06", 400, "twice"),
        ("/series/SPX?stat=1", 400, "start"),
        ("/series/SPX?start=2030-01-01", 404, "no result"),
        ("/series/QQQ", 404, "no result"),
        ("/series/NOSUCH", 404, "NOSUCH"),
        ("/series/%3Cscript%3E", 404, "symbol"),
        ("/series/..%2F..%2Fetc", 404, "nothing under this address"),
        ("/regime?as_of=tomorrow", 400, "as_of must be"),
        ("/regime?when=2020-03-20", 400, "as_of"),
        ("/flows/SPX?as_of=1999-01-04", 404, "nearest"),
        ("/flows/SPX?as_of=2026-02-30", 404, "no date"),
        ("/flows/SPX?as_of=<b>", 400, "as_of must be"),
        ("/flows/SPX?vol_control_aum=nan", 400, "vol_control_aum must be"),
        ("/flows/SPX?vol_control_aum=-1", 400, "vol_control_aum must be"),
        ("/flows/NOSUCH", 404, "NOSUCH"),
        ("/downloads/NOSUCH", 404, "NOSUCH"),
        ("/downloads/SPX/1999-01-04T1030", 404, "nearest"),
        ("/downloads/SPX/now", 404, "moment must be"),
        ("/downloads/SPX/1999-01-04T1030/report.html", 404, "nearest"),
        ("/downloads/SPX?x=1", 400, "unknown parameter"),
    ],
)
def test_what_cannot_be_shown_is_a_sentence(client: Client, address: str, status: int, words: str) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert words.lower() in answer.text.lower()
    assert "<script>" not in answer.text
    assert "Traceback" not in answer.text


def test_the_table_is_complete_and_newest_first(client: Client) -> None:
    text = client.get("/series/SPX?columns=delta_usd").text
    dates = re.findall(r'<th scope="row">(2026-01-0\d)</th>', text)
    assert dates == ["2026-01-07", "2026-01-06", "2026-01-05"]
    assert "delta usd" in text


def test_without_results_histories_or_limits_a_page_says_what_to_give(ground: Ground) -> None:
    bare = Client(app_of(Site(ground.store, Settings(), read_options(ground.store))))
    assert "--results DIR" in bare.get("/series/SPX").text
    assert "--histories DIR" in bare.get("/regime").text
    # Dealers are on the curve without a history; the others say why they are not.
    flows = bare.get("/flows/SPX")
    assert flows.status_code == 200
    assert "--histories DIR" in flows.text
    assert flows.text.count("missing") >= 2
    unlimited = Client(ground.app(limits=None))
    text = unlimited.get("/series/SPX").text
    assert "--limits FILE" in text
    assert "Session by session" in text


def test_limits_that_cannot_be_read_say_why_and_hide_nothing_else(ground: Ground, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[rules.x]\nfield = "spott"\nbelow = 1\nseverity = "info"\n')
    text = Client(ground.app(limits=wrong)).get("/series/SPX").text
    assert "The limits cannot be read" in text
    assert "spott" in text
    assert str(tmp_path) not in text
    assert "Session by session" in text


def test_one_damaged_result_is_left_out_and_named(ground: Ground, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(ground.results, results)
    parts = sorted((results / "summary").rglob("*.parquet"))
    parts[1].write_bytes(parts[1].read_bytes()[:-40])
    answer = Client(ground.app(results=results)).get("/series/SPX")
    assert answer.status_code == 200
    assert "it is left out" in answer.text
    assert parts[1].name in answer.text
    assert str(tmp_path) not in answer.text
    assert "2 sessions from" in answer.text


def test_one_session_is_a_page(ground: Ground) -> None:
    text = Client(ground.app()).get("/series/SPX?end=2026-01-05").text
    assert "1 session from 2026-01-05" in text
    assert "no percentile: 0 earlier sessions" in text


def test_downloads_lead_to_files(client: Client) -> None:
    text = client.get("/downloads/SPX/latest").text
    links = set(re.findall(r'href="(/api/[^"]+|/downloads/[^"]+\.html)"', text))
    assert len(links) > 30
    for address in sorted(links):
        assert client.get(address.replace("&amp;", "&")).status_code == 200, address
    answer = client.get("/downloads/SPX/latest/report.html")
    assert answer.headers["content-disposition"] == 'attachment; filename="SPX_2026-01-07T1030_report.html"'
    assert answer.text.startswith("<!doctype html>")
    sizes = re.findall(r"([\d,]+) rows? of \d+ columns, [\d.]+ [kM]B as CSV", text)
    assert len(sizes) >= 9
