"""The cache: bounded in bytes, each value made once, nothing poisoned. The shelf: off the loop, whatever clients do."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import run

from gex.cli.page.view import View
from gex.cli.serve import shelf as module
from gex.cli.serve.cache import MISSING, Cache
from gex.cli.serve.shelf import BusyError, Shelf
from gex.cli.serve.weight import weight
from gex.ingest.errors import MissingError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sites import Ground

SIZE = 100_000


def block(size: int = SIZE) -> np.ndarray[Any, Any]:
    return np.zeros(size, dtype=np.uint8)


@pytest.fixture(name="shelf")
def _shelf(ground: Ground) -> Iterator[Shelf]:
    shelf = Shelf(ground.site())
    yield shelf
    shelf.close()


def test_arrays_and_tables_weigh_their_buffers_once() -> None:
    array = np.zeros(1000)
    frame = pl.DataFrame({"a": array})
    assert weight(array) == weight(array, array[10:20]) == 8000
    assert weight(array[10:20]) == 8000, "a view keeps the whole"
    assert weight(frame) == frame.estimated_size()
    assert 16_000 < weight(partial(len, frame, key={"x": array})) < 17_000


def test_a_value_that_refers_to_itself_is_weighed() -> None:
    ring: list[Any] = [block()]
    ring.append(ring)
    assert SIZE < weight(ring) < SIZE + 500


@given(st.lists(st.integers(0, 7), max_size=40))
def test_the_cache_keeps_the_last_used_within_its_bytes(keys: list[int]) -> None:
    cache, order = Cache(3 * SIZE + 3 * 200), []
    for key in keys:
        assert len(cache.get(key, block)) == SIZE
        order = [*(each for each in order if each != key), key][-3:]
        assert cache.bytes <= cache.limit_bytes
    assert [key for key in range(8) if cache.peek(key) is not MISSING] == sorted(order)


def test_what_is_larger_than_the_cache_is_given_out_and_not_kept() -> None:
    cache = Cache(SIZE)
    assert len(cache.get("large", lambda: block(2 * SIZE))) == 2 * SIZE
    assert (len(cache), cache.bytes) == (0, 0)


def test_what_grows_after_it_was_kept_is_weighed_again() -> None:
    cache, grown = Cache(4 * SIZE), []
    cache.get("grows", lambda: grown)
    cache.peek("grows").append(block(4 * SIZE))
    cache.get("other", block)
    assert cache.peek("grows") is MISSING
    assert cache.bytes <= cache.limit_bytes


def test_a_value_is_made_once_for_all_who_ask_meanwhile() -> None:
    cache, made, begun, go = Cache(1 << 20), [], threading.Event(), threading.Event()

    def make() -> int:
        made.append(1)
        begun.set()
        assert go.wait(10)
        return 7

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(cache.get, "key", make)
        assert begun.wait(10)
        others = [pool.submit(cache.get, "key", make) for _ in range(7)]
        go.set()
        assert [each.result(10) for each in (first, *others)] == [7] * 8
    assert made == [1]


def test_a_failure_reaches_all_who_waited_and_is_forgotten() -> None:
    cache, begun, go = Cache(1 << 20), threading.Event(), threading.Event()

    def fail() -> None:
        begun.set()
        assert go.wait(10)
        raise ValueError("once")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(cache.get, "key", fail)
        assert begun.wait(10)
        second = pool.submit(cache.get, "key", fail)
        go.set()
        for each in (first, second):
            with pytest.raises(ValueError, match="once"):
                each.result(10)
    assert cache.get("key", lambda: 1) == 1


def test_values_may_be_made_of_other_values() -> None:
    cache = Cache(1 << 20)
    assert cache.get("b", lambda: cache.get("a", lambda: 1) + 1) == 2
    assert cache.peek("a") == 1


def test_the_loop_goes_on_while_a_value_is_made(shelf: Shelf) -> None:
    go, made = threading.Event(), []

    def make() -> int:
        assert go.wait(10)
        made.append(1)
        return 7

    async def ask() -> list[int]:
        asked = [asyncio.create_task(shelf.kept("key", make)) for _ in range(50)]
        await asyncio.sleep(0)
        assert await shelf.snapshot("SPX", "latest")  # answered meanwhile
        go.set()
        return await asyncio.gather(*asked)

    assert run(ask()) == [7] * 50
    assert made == [1]


def test_a_client_who_leaves_takes_nothing_from_the_others(shelf: Shelf) -> None:
    begun, go = threading.Event(), threading.Event()

    def make() -> int:
        begun.set()
        assert go.wait(10)
        return 7

    async def ask() -> int:
        leaver, stayer = (asyncio.create_task(shelf.kept("key", make)) for _ in range(2))
        await asyncio.to_thread(begun.wait, 10)
        leaver.cancel()
        await asyncio.gather(leaver, return_exceptions=True)
        assert leaver.cancelled()
        go.set()
        return await stayer

    assert run(ask()) == 7
    assert shelf.cache.peek("key") == 7


def test_what_nobody_waits_for_any_more_is_kept_all_the_same(shelf: Shelf) -> None:
    go = threading.Event()

    async def ask() -> None:
        only = asyncio.create_task(shelf.kept("key", lambda: go.wait(10)))
        await asyncio.sleep(0)
        only.cancel()
        await asyncio.gather(only, return_exceptions=True)
        go.set()
        assert await shelf.kept("key", lambda: False)

    run(ask())


def test_a_failure_is_tried_again(shelf: Shelf) -> None:
    answers = iter([ValueError("once"), 7])

    def make() -> int:
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    with pytest.raises(ValueError, match="once"):
        run(shelf.kept("key", make))
    assert run(shelf.kept("key", make)) == 7


def test_more_work_than_can_be_had_soon_is_refused(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUEUE", 2)
    shelf, go = Shelf(ground.site(), workers=1), threading.Event()

    async def ask() -> list[Any]:
        asked = [asyncio.create_task(shelf.kept(key, lambda: go.wait(10))) for key in range(3)]
        await asyncio.sleep(0)
        with pytest.raises(BusyError, match="2 computations are waiting; try again"):
            await shelf.kept("more", lambda: 0)
        go.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = run(ask())
    assert [type(each) for each in answers] == [bool, bool, BusyError]
    shelf.close()


def test_a_view_is_all_that_a_page_shows(shelf: Shelf) -> None:
    view = run(shelf.view("SPX", "latest"))
    assert isinstance(view, View)
    assert view.analysis is run(shelf.analysis("SPX", "latest"))
    assert view is run(shelf.view("SPX", "2026-01-07T1030"))
    assert not isinstance(view.change, str)
    assert view.change.before.quote_time.day == 6
    assert (view.change.before.quote_time.hour, view.standing and view.standing.sessions) == (16, 2)
    first = run(shelf.view("SPX", "2026-01-05T1030"))
    assert isinstance(first.change, str)


def test_a_view_follows_the_results(ground: Ground, tmp_path: Path) -> None:
    shelf = Shelf(ground.site(results=tmp_path))
    before = run(shelf.view("QQQ", "latest"))
    (tmp_path / "summary" / "symbol=QQQ" / "date=2026-03-09").mkdir(parents=True)
    assert run(shelf.view("QQQ", "latest")) is not before
    shelf.close()


def test_a_replay_stays_within_its_bytes(ground: Ground) -> None:
    shelf = Shelf(ground.site())
    listed = shelf.catalog.listed("SPX").snapshots
    run(shelf.view_of(listed[0]))
    limit = shelf.cache.limit_bytes = 2 * shelf.cache.bytes
    for snapshot in listed:
        run(shelf.view_of(snapshot))
        assert 0 < shelf.cache.bytes <= limit
    assert shelf.cache.peek(("priced", listed[0].place)) is MISSING
    assert shelf.cache.peek(("priced", listed[-1].place)) is not MISSING
    shelf.close()


def test_a_server_without_results_has_no_standing(ground: Ground) -> None:
    shelf = Shelf(ground.site(results=None))
    assert run(shelf.view("SPX", "latest")).standing is None
    with pytest.raises(MissingError):
        run(shelf.view("NDX", "latest"))
    shelf.close()


def test_a_shelf_that_was_closed_starts_again(shelf: Shelf) -> None:
    shelf.close()
    assert run(shelf.kept("key", lambda: 7)) == 7
