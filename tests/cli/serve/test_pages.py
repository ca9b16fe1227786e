"""The pages without a browser: every one answers, its links lead somewhere, its HTML is sound, and nothing in it is run."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import pytest
from sites import Client, Ground

from gex.cli.page import assets
from gex.cli.serve.pages import files, replay

if TYPE_CHECKING:
    from pathlib import Path

HOST = "http://127.0.0.1"
LAST = "2026-01-07T1030"
VOID = {"meta", "link", "input", "br", "path", "img", "rect", "circle", "polygon", "polyline", "line"}
PAGES = [
    "/",
    "/days/SPX",
    "/s/SPX",
    "/s/spx",
    f"/s/SPX/{LAST}",
    "/s/SPX/2026-01-05T1030",
    "/s/QQQ/latest",
    "/replay/SPX",
    "/replay/SPX/2026-01-06",
    "/replay/SPX/2026-01-06?at=2026-01-06T1030",
    "/compare/SPX",
    "/compare/QQQ",
    f"/compare/SPX?before=2026-01-05T1030&after={LAST}",
    f"/compare/SPX?before={LAST}&after=2026-01-05T1030",
    f"/compare/SPX?before={LAST}&after={LAST}",
]
APOLOGIES = [
    ("/s/ABC", 404, "No snapshot of ABC in the store; it has QQQ, SPX."),
    ("/s/SPX/2026-01-05T1031", 404, "the nearest is 2026-01-06T1030"),
    ("/s/SPX/yesterday", 404, "No snapshot of SPX at yesterday"),
    ("/replay/SPX/2026-02-30", 404, "A day is written as 2025-09-05"),
    ("/replay/SPX/2026-01-08", 404, "the nearest date is 2026-01-07"),
    ("/compare/SPX?before=nonsense", 404, "No snapshot of SPX at nonsense"),
    ("/nothing/here", 404, "There is nothing under this address"),
    ("/s/%3Cscript%3Ealert(1)", 404, "No snapshot of &lt;SCRIPT&gt;ALERT(1)"),
    ("/s/%3Cimg%20src=x%20onerror=alert(1)%3E", 404, "No snapshot of &lt;IMG SRC=X ONERROR=ALERT(1)&gt;"),
]


class Sound(HTMLParser):
    """Reads a page, and notes what is wrong with it and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.ids: list[str] = []
        self.links: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.faults += [f"<{tag} {name}>" for name in given if name.startswith("on") or name == "style"]
        self.ids += [str(given["id"])] if "id" in given else []
        self.links |= {str(given[name]) for name in ("href", "src", "action") if name in given}
        if tag == "script" and "src" not in given and given.get("type") != "application/json":
            self.faults.append("<script>")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}>")


def read(text: str) -> Sound:
    page = Sound()
    page.feed(text)
    page.close()
    twice = {name for name in page.ids if page.ids.count(name) > 1}
    page.faults += [f"unclosed <{tag}>" for tag in page.open] + [f"id {name} twice" for name in twice]
    page.faults += ["<style>"] if "<style" in text else []
    return page


@pytest.fixture(scope="module", name="pages")
def _pages(client: Client) -> dict[str, str]:
    answers = {address: client.get(address, accept="text/html") for address in PAGES}
    assert {address: answer.status_code for address, answer in answers.items() if answer.status_code != 200} == {}
    return {address: answer.text for address, answer in answers.items()}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_is_sound_and_runs_nothing_of_its_own(pages: dict[str, str], address: str) -> None:
    text = pages[address]
    page = read(text)
    assert page.faults == []
    assert text.startswith("<!doctype html>")
    assert re.search(r"<title>[^<]+</title>", text)
    assert '<nav class="places"' in text


def test_every_link_leads_somewhere(client: Client, pages: dict[str, str]) -> None:
    """But those of the API, which are tested as such; a symbol without results has no series."""
    found = {urljoin(address, link) for address, text in pages.items() for link in read(text).links}
    outside = {each for each in found if urlsplit(each).netloc}
    assert outside == set()
    asked = {each for each in found if not each.startswith(("#", "/api/"))}
    statuses = {each: client.get(each.partition("#")[0] or "/", accept="text/html").status_code for each in asked}
    assert {each: status for each, status in statuses.items() if status != 200} == {"/series/QQQ": 404}
    assert len(asked) > 20


@pytest.mark.parametrize(("address", "status", "words"), APOLOGIES)
def test_what_is_not_there_is_said_in_a_sentence_below_the_navigation(
    client: Client, address: str, status: int, words: str
) -> None:
    answer = client.get(address, accept="text/html")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "text/html; charset=utf-8")
    assert words in answer.text
    assert read(answer.text).faults == []
    assert 'href="/s/SPX"' in answer.text
    assert "<script>alert" not in answer.text.lower()
    assert "<img" not in answer.text.lower()


def test_a_program_gets_the_same_as_problem_json(client: Client) -> None:
    assert client.get("/nothing/here").headers["content-type"] == "application/problem+json"
    assert client.get("/assets/0/nothing.js", accept="text/html").json()["status"] == 404


def test_titles_tell_tabs_apart(pages: dict[str, str]) -> None:
    titles = {address: re.search(r"<title>(.*?)</title>", text)[1] for address, text in pages.items()}  # type: ignore[index]
    assert re.fullmatch(r"SPX \d+\.\d\d (above|below) flip", titles["/s/SPX"])
    assert titles[f"/s/SPX/{LAST}"] == titles["/s/SPX"] + " · Wed 2026-01-07 10:30 ET"
    assert titles["/replay/SPX/2026-01-06"].endswith("replay of 2026-01-06")


def test_the_latest_is_live_and_an_earlier_one_leads_to_it(pages: dict[str, str]) -> None:
    assert 'id="live" data-symbol="SPX"' in pages["/s/SPX"]
    assert 'id="live"' not in pages["/s/SPX/2026-01-05T1030"]
    assert "To the latest, 2026-01-07 10:30</a>" in pages["/s/SPX/2026-01-05T1030"]
    assert 'rel="next" href="/s/SPX/2026-01-06T1030"' in pages["/s/SPX/2026-01-05T1030"]
    assert 'rel="prev"' not in pages["/s/SPX/2026-01-05T1030"]


def test_the_pages_have_the_sections_of_the_report(pages: dict[str, str]) -> None:
    for address in ("/s/SPX", "/replay/SPX"):
        assert {"status", "verdict", "strikes", "profile", "definitions", "change", "quality"} <= set(
            read(pages[address]).ids
        )


def test_a_fragment_is_the_inside_of_main_alone(client: Client, pages: dict[str, str]) -> None:
    fragment = client.get(f"/s/SPX/{LAST}?fragment=1").text
    assert "<html" not in fragment
    assert fragment in pages[f"/s/SPX/{LAST}"]
    assert read(fragment).faults == []


def test_the_first_page_has_each_symbol_with_its_figures(pages: dict[str, str]) -> None:
    text = pages["/"]
    assert 'data-symbol="SPX" data-moment="2026-01-07T1030"' in text
    assert "3 days, 4 snapshots" in text
    assert "data-waiting" not in text
    assert text.count('class="ruler"') == 2


def test_a_day_is_there_as_a_table_and_as_json(client: Client, pages: dict[str, str]) -> None:
    day = client.get("/replay/SPX/2026-01-06/figures").json()
    assert day["complete"]
    assert [row["moment"] for row in day["rows"]] == ["2026-01-06T1030", "2026-01-06T1100"]
    text = pages["/replay/SPX/2026-01-06"]
    for row in day["rows"]:
        assert all(figure in text for figure in row["written"].values())
        assert f"/replay/SPX/2026-01-06?at={row['moment']}" in text


def test_figures_that_take_too_long_are_left_for_the_next_time(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replay, "SECONDS", -1.0)
    client = Client(ground.app())
    assert "still being computed" in client.get("/replay/SPX/2026-01-06").text
    assert not client.get("/replay/SPX/2026-01-06/figures").json()["complete"]
    monkeypatch.setattr(replay, "SECONDS", 60.0)
    assert client.get("/replay/SPX/2026-01-06/figures").json()["complete"]
    client.app.state.shelf.close()


def test_comparing_says_what_there_is_not(pages: dict[str, str]) -> None:
    assert "There is one snapshot of this symbol so far" in pages["/compare/QQQ"]
    assert "Both are the same snapshot" in pages[f"/compare/SPX?before={LAST}&after={LAST}"]
    first, second = (pages[address] for address in PAGES if "before=" in address and "2026-01-05" in address)
    assert first == second  # the earlier one is before, whichever way they are named
    assert {"sides", "difference", "change"} <= set(read(first).ids)


def test_shipped_files_are_kept_for_good_and_nothing_else_is_served(client: Client) -> None:
    for name in ("page.css", "site.css", "live.js", "vendor/uPlot.iife.min.js", "favicon.svg"):
        answer = client.get(files.address(name))
        assert (answer.status_code, answer.headers["cache-control"]) == (200, files.FOREVER)
        assert answer.text == assets.text(name)
    stale = client.get("/assets/000000000000/live.js")
    assert (stale.status_code, stale.headers["cache-control"]) == (200, "no-store")
    for name in ("%2e%2e/assets.py", "..%2fassets.py", "vendor/SHA256SUMS", "vendor", "page.CSS", "live.js/"):
        assert client.get(f"/assets/0/{name}").status_code == 404


def test_a_store_without_snapshots_says_how_to_fill_it(ground: Ground, tmp_path: Path) -> None:
    client = Client(ground.app(store=tmp_path))
    answer = client.get("/", accept="text/html")
    assert (answer.status_code, "gex ingest" in answer.text) == (200, True)
    client.app.state.shelf.close()


def test_a_store_that_is_away_is_said_and_comes_back(ground: Ground, tmp_path: Path) -> None:
    client = Client(ground.app(store=tmp_path / "store"))
    for address in ("/", "/s/SPX", "/replay/SPX", "/compare/SPX"):
        answer = client.get(address, accept="text/html")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert "cannot be read" in answer.text
        assert read(answer.text).faults == []
    (tmp_path / "store").symlink_to(ground.store)
    assert client.get("/s/SPX").status_code == 200
    client.app.state.shelf.close()
