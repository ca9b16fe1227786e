"""The site in a browser: pages on a desk and a phone, a snapshot that arrives, a day's replay, and no scripts at all."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

import pytest
from served import served
from sites import Ground, lay_out

from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.ingest.store import save

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Page

    from .conftest import Tab

MINUTES = itertools.count()
"""After three in the afternoon."""
SEEN = {"/s/SPX/2026-01-05T1030": "main", "/replay/SPX/2026-01-06": "#sections"}
"""What a page has in common with /s/SPX, and is looked at there alone."""
PAGES = ["/", "/days/SPX", "/s/SPX", "/s/SPX/2026-01-05T1030", "/replay/SPX/2026-01-06", "/compare/SPX", "/s/ABC"]


@pytest.fixture(scope="module", name="laid")
def _laid(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    """What all sites of this file start with; nothing is put into it."""
    return lay_out(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module", name="site")
def _site(laid: Ground) -> Iterator[str]:
    """A site that only is read."""
    with served(laid.app()) as address:
        yield address


@pytest.fixture(scope="module", name="growing")
def _growing(laid: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Ground]]:
    """A site whose store gets more."""
    ground = laid.beside(tmp_path_factory.mktemp("growing"))
    with served(ground.app()) as address:
        yield address, ground


def arrive(ground: Ground, spot: float | None = None, minute: int | None = None) -> str:
    """Put a snapshot of SPX into the store, later than all others or at a minute of its own, and return its moment."""
    minute = next(MINUTES) if minute is None else minute
    path = ground.folder / f"late_{minute}_{spot}.csv"
    time = dt.datetime(2026, 1, 7, 20, minute, tzinfo=dt.UTC)
    write_cboe_csv(generate("SPX", time, seed=7, size="small", spot=spot), path)
    save(read_chain(path), ground.store)
    return f"2026-01-07T15{minute:02}"


def follows(page: Page) -> None:
    """Wait until a page hears what arrives: the samples are old."""
    page.locator("#live[data-state=old]").wait_for()


def shows(page: Page, moment: str) -> None:
    """Wait until a page shows a snapshot."""
    page.locator(f'#now[data-moment="{moment}"]').wait_for(state="attached")


# Of a snapshot's sections, the other two of the four are looked at as a report: test_report.py.
@pytest.mark.parametrize(("size", "ground"), [("desk", "dark"), ("phone", "light")])
@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_accessible_and_fits(
    tab: Callable[..., Tab], site: str, address: str, size: str, ground: str
) -> None:
    shown = tab("about:blank", size, ground)
    asked = followed(shown)
    shown.page.goto(site + address)
    if address == "/s/ABC":
        shown.complaints.clear()  # a browser complains of the status
    assert shown.violations(*filter(None, [SEEN.get(address)])) == []
    assert shown.overflow() <= 0
    assert shown.page.evaluate("window.refused") == []
    assert {url for url in asked if not url.startswith(site)} == set()


def followed(shown: Tab) -> list[str]:
    """Return what a tab asks for from now on; faults of the server are complaints, and the policy's refusals kept."""
    asked: list[str] = []
    shown.page.on("response", lambda answer: answer.status >= 500 and shown.complaints.append(answer.url))
    shown.page.on("request", lambda request: asked.append(request.url))
    shown.page.add_init_script(
        "window.refused = []; addEventListener('securitypolicyviolation', (e) => refused.push(e.violatedDirective))"
    )
    return asked


def test_a_snapshot_appears_without_a_reload_and_leaves_the_reader_in_place(
    tab: Callable[..., Tab], growing: tuple[str, Ground]
) -> None:
    address, ground = growing
    page = tab(f"{address}/s/SPX").page
    follows(page)
    page.evaluate("window.mine = true")
    calls = page.locator("#by-strike").get_by_role("button", name="Calls")
    calls.click()
    assert calls.get_attribute("aria-pressed") == "false"
    page.locator("#definitions details.definition summary").first.click()
    page.locator("#definitions").evaluate("each => scrollTo(0, each.offsetTop - 200)")
    page.locator("#definitions details.definition summary").first.focus()
    top = page.locator("#definitions").evaluate("each => each.getBoundingClientRect().top")
    moment = arrive(ground)
    clock = f"{moment[11:13]}:{moment[13:]}"
    shows(page, moment)
    assert page.evaluate("window.mine")
    assert calls.get_attribute("aria-pressed") == "false"
    assert page.locator("#definitions details.definition").first.evaluate("each => each.open")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    assert page.locator("#definitions").evaluate("each => each.getBoundingClientRect().top") == pytest.approx(
        top, abs=2
    )
    assert page.locator("#said").inner_text().startswith(f"{clock} snapshot; net gamma ")
    assert "was" in page.locator("#said").inner_text()
    assert page.locator(".places").get_by_text(clock).count() >= 1
    assert page.locator(".moved").count() == 1


def test_a_reissue_of_the_same_moment_is_shown(tab: Callable[..., Tab], growing: tuple[str, Ground]) -> None:
    address, ground = growing
    moment = arrive(ground, spot=5061.25)
    page, first = tab(f"{address}/s/SPX").page, tab(address).page
    follows(page)
    first.locator(f'#symbol-SPX[data-moment="{moment}"][data-revision="1"]').wait_for()
    assert page.locator("#now").get_attribute("data-moment") == moment
    arrive(ground, spot=5064.75, minute=int(moment[-2:]))
    page.locator('#now[data-revision="2"]').wait_for(state="attached")
    assert page.locator("#spot").inner_text() == "5064.75"
    assert (
        page.locator("#said").inner_text().startswith(f"{moment[11:13]}:{moment[13:]} snapshot, reissued; net gamma ")
    )
    first.locator("#symbol-SPX .price", has_text="5064.75").wait_for()


def test_the_first_page_follows_every_symbol(tab: Callable[..., Tab], growing: tuple[str, Ground]) -> None:
    address, ground = growing
    page = tab(address).page
    page.locator("#live[data-state=live]").wait_for()
    spot = page.locator("#symbol-SPX .price").inner_text()
    moment = arrive(ground, spot=5077.5)
    page.locator(f'#symbol-SPX[data-moment="{moment}"]').wait_for()
    assert page.locator("#symbol-SPX .price").inner_text() == "5077.50" != spot
    assert page.locator("#said").inner_text().startswith("SPX ")


def test_the_tab_tells_symbol_spot_and_side(tab: Callable[..., Tab], growing: tuple[str, Ground]) -> None:
    address, ground = growing
    page = tab(f"{address}/s/SPX").page
    follows(page)
    before = page.title()
    assert before.startswith("(old) SPX ")  # of January
    moment = arrive(ground, spot=5123.25)
    shows(page, moment)
    assert page.title() != before
    assert "SPX 5123.25 " in page.title()


def test_every_tab_hears_of_what_arrives_over_one_stream(tab: Callable[..., Tab], growing: tuple[str, Ground]) -> None:
    """A browser opens six connections to a server and no more; tabs of one window share one."""
    address, ground = growing
    first = tab(f"{address}/s/SPX").page
    follows(first)
    streams: list[str] = []
    first.context.on("request", lambda request: request.url.endswith("/events") and streams.append(request.url))
    others = [first.context.new_page() for _ in range(6)]
    for page in others:
        page.goto(f"{address}/s/SPX")
        follows(page)
    moment = arrive(ground)
    for page in (first, *others):
        shows(page, moment)
    assert streams == []  # that of the first tab was open before


def test_a_server_that_ends_is_told_and_its_return_is_noticed(
    tab: Callable[..., Tab], laid: Ground, tmp_path: Path
) -> None:
    ground = laid.beside(tmp_path)
    with served(ground.app()) as address:
        shown = tab(f"{address}/s/SPX")
        page = shown.page
        follows(page)
    page.locator("#live[data-state=down]").wait_for()
    assert page.locator("#live").inner_text().startswith("Not connected since")
    assert page.locator("#verdict").is_visible()
    moment = arrive(ground)
    with served(ground.app(), int(address.rpartition(":")[2])):
        shows(page, moment)
        assert page.locator("#live").get_attribute("data-state") == "old"
    shown.complaints.clear()  # of the connections that failed


def test_a_replay_follows_its_slider(tab: Callable[..., Tab], site: str) -> None:
    page = tab(f"{site}/replay/SPX/2026-01-06").page
    slider = page.locator("#time")
    shows(page, "2026-01-06T1100")
    slider.focus()
    page.keyboard.press("Home")
    shows(page, "2026-01-06T1030")
    assert slider.get_attribute("aria-valuetext").startswith("10:30 New York, spot ")  # type: ignore[union-attr]
    assert page.locator("#player output").inner_text() == "10:30 ET"
    assert page.url.endswith("?at=2026-01-06T1030")
    assert page.evaluate("document.activeElement.id") == "time"
    page.get_by_role("button", name="Later snapshot").click()
    shows(page, "2026-01-06T1100")
    assert page.locator(".plots canvas").count() == 2


def test_a_replay_plays_to_its_end(tab: Callable[..., Tab], site: str) -> None:
    page = tab(f"{site}/replay/SPX/2026-01-06?at=2026-01-06T1030").page
    page.get_by_label("Speed").select_option("fast")
    play = page.locator("[data-play]")
    play.click()
    assert play.inner_text() == "Pause"
    shows(page, "2026-01-06T1100")
    page.locator("[data-play]", has_text="Play").wait_for()


def test_two_snapshots_are_chosen_by_their_lists(tab: Callable[..., Tab], site: str) -> None:
    page = tab(f"{site}/compare/SPX").page
    page.get_by_label("Before").select_option("2026-01-05T1030")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**before=2026-01-05T1030*")
    assert page.locator("#difference-chart svg").is_visible()
    assert page.locator("#sides .card").count() == 2


def test_menus_lead_to_other_times_and_close(tab: Callable[..., Tab], site: str) -> None:
    page = tab(f"{site}/s/SPX").page
    menu = page.locator("details.menu").nth(1)
    menu.locator("summary").click()
    assert menu.get_by_role("link", name="Tue 2026-01-06").is_visible()
    page.keyboard.press("Escape")
    assert not menu.evaluate("each => each.open")
    menu.locator("summary").click()
    menu.get_by_role("link", name="Tue 2026-01-06").click()
    page.wait_for_url("**/s/SPX/2026-01-06T1100")


@pytest.mark.parametrize("address", PAGES[:-1])
def test_without_scripts_everything_is_there_to_read(tab: Callable[..., Tab], site: str, address: str) -> None:
    page = tab(site + address, java_script_enabled=False).page
    assert page.get_by_role("link", name="gex").is_visible()
    assert any(each.is_visible() for each in page.locator("main h1, main h2").all())
    assert page.get_by_text("being computed").count() == 0
    assert not page.get_by_role("button", name="Dark").is_visible()
    assert page.locator("#player").count() == 0 or not page.locator("#player").is_visible()
    assert page.locator("#day-chart").count() == 0 or page.locator("#day-chart .canvas svg").is_visible()
