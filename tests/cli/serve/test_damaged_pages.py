"""Pages of a store in which a snapshot is damaged: what is whole is shown, with a sentence on what is not."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

import pytest
from sites import Client

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sites import Ground

# In New York; names of files have UTC.
FIRST, SECOND, LAST = "2026-01-06T1030", "2026-01-06T1100", "2026-01-07T1030"
PAGE = "text/html"


@pytest.fixture(name="store")
def _store(ground: Ground, tmp_path: Path) -> Path:
    return shutil.copytree(ground.store, tmp_path / "my data" / "store")


@pytest.fixture(name="show")
def _show(ground: Ground, store: Path) -> Iterator[Callable[..., str]]:
    client = Client(ground.app(store=store))

    def show(address: str, status: int = 200) -> str:
        answer = client.get(address, accept=PAGE)
        assert answer.status_code == status
        assert "my data" not in answer.text
        return answer.text

    yield show
    client.app.state.shelf.close()


def file_of(store: Path, moment: str) -> Path:
    time = dt.datetime.fromisoformat(moment) + dt.timedelta(hours=5)
    return next(store.glob(f"symbol=SPX/date={time:%Y-%m-%d}/{time:%H%M}*.parquet"))


def damage(store: Path, *moments: str) -> None:
    for moment in moments:
        file_of(store, moment).write_bytes(b"PAR1 and no more")


def test_the_live_page_shows_the_last_whole_one_and_says_so(store: Path, show: Callable[..., str]) -> None:
    damage(store, LAST)
    text = show("/s/SPX")
    assert "! The snapshot of Wed 2026-01-07 10:30 ET cannot be shown: " in text
    assert f'data-moment="{SECOND}"' in text
    assert 'id="live"' in text


def test_a_mended_one_is_shown_again(store: Path, show: Callable[..., str]) -> None:
    whole = file_of(store, LAST).read_bytes()
    damage(store, LAST)
    show("/s/SPX")
    file_of(store, LAST).write_bytes(whole)
    text = show("/s/SPX")
    assert f'data-moment="{LAST}"' in text
    assert "cannot be shown" not in text


def test_where_none_of_the_last_can_be_shown_the_page_says_why_the_last_cannot(
    store: Path, show: Callable[..., str]
) -> None:
    for path in store.glob("symbol=SPX/**/*.parquet"):
        path.write_bytes(b"PAR1 and no more")
    assert file_of(store, LAST).name in show("/s/SPX", 422)


@pytest.mark.parametrize("address", [f"/s/SPX/{LAST}", "/s/SPX"])
def test_the_one_after_a_damaged_one_is_shown_without_what_changed(
    store: Path, show: Callable[..., str], address: str
) -> None:
    whole = file_of(store, SECOND).read_bytes()
    damage(store, SECOND)
    text = show(address)
    assert f'data-moment="{LAST}"' in text
    assert "The snapshot before cannot be compared with: " in text
    file_of(store, SECOND).write_bytes(whole)
    assert "cannot be compared with" not in show(address)


def test_one_that_is_asked_for_by_name_is_refused(store: Path, show: Callable[..., str]) -> None:
    damage(store, SECOND)
    assert file_of(store, SECOND).name in show(f"/s/SPX/{SECOND}", 422)


@pytest.mark.parametrize(("query", "refused"), [("", True), (f"?at={FIRST}", False)])
def test_a_replay_shows_the_rest_of_its_day(store: Path, show: Callable[..., str], query: str, refused: bool) -> None:
    damage(store, SECOND)
    text = show(f"/replay/SPX/2026-01-06{query}")
    assert ("! The snapshot of Tue 2026-01-06 11:00 ET cannot be shown: " in text) == refused
    assert ('id="definitions"' in text) != refused
    assert f"<td>{file_of(store, SECOND).name}: " in text  # Its row of the day's table.
    assert "/strikes.js" in text  # What the sections of the others need.


def test_the_first_page_names_it_and_shows_the_other_symbols(store: Path, show: Callable[..., str]) -> None:
    damage(store, LAST)
    text = show("/")
    assert text.count('class="ruler"') == 1
    assert file_of(store, LAST).name in text


def test_one_that_vanishes_takes_no_other_with_it(store: Path, show: Callable[..., str]) -> None:
    file_of(store, SECOND).unlink()
    assert show(f"/s/SPX/{FIRST}")
    assert "cannot be compared with" not in show(f"/s/SPX/{LAST}")
