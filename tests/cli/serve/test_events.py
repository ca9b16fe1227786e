"""What arrives in a store, as the pages hear it: who, what, once, and nothing kept of those who left."""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.log import LOGGER
from gex.cli.serve import events
from gex.cli.serve.catalog import Catalog
from gex.cli.serve.events import Broker, Rhythm, Stream
from gex.cli.serve.problems import RequestError
from gex.cli.serve.shelf import BusyError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

FAST = Rhythm(look=0.005, share=1.0, warm=5.0, heartbeat=30.0, patience=5.0)
LONG = 20.0
"""Seconds until a test gives up: none of them waits for it."""
WHOLE = b"PAR1" + b"footer.." + (8).to_bytes(4, "little") + b"PAR1"
"""What a Parquet file looks like from outside."""


def put(
    store: Path, moment: str = "1016", symbol: str = "SPX", date: str = "2025-09-05", content: bytes = WHOLE
) -> Path:
    """Let a snapshot arrive, of a New York time in summer, as the store writes it: aside, then in one step."""
    folder = store / f"symbol={symbol}" / f"date={date}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{int(moment[:2]) + 4:02d}{moment[2:]}00-cboe_csv-1f3a9c02.parquet"
    aside = store / "aside"
    aside.write_bytes(content)
    os.replace(aside, path)  # noqa: PTH105 (as a store does)
    return path


@dataclass
class FakeShelf:
    """A shelf that notes what is asked of it."""

    store: Path
    viewed: list[str] = field(default_factory=list)
    fails: bool = False
    pause: float = 0.0

    def __post_init__(self) -> None:
        self.site = SimpleNamespace(store=self.store)
        self.catalog = Catalog(self.store)

    async def aside(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await asyncio.to_thread(function, *arguments)

    async def view(self, symbol: str, moment: str) -> None:
        await asyncio.sleep(self.pause)
        if self.fails:
            raise ValueError("cannot be analysed")
        self.viewed.append(f"{symbol} {moment}")


class Reader:
    """One browser: what it got, and a way to leave."""

    def __init__(self, broker: Broker, symbol: str | None = None, last: str = "", *, method: str = "GET") -> None:
        self.got = b""
        self.stuck = False
        self.freed = asyncio.Event()
        self.ended = False
        self._news = asyncio.Event()
        self._left = asyncio.Event()
        stream = Stream(broker, symbol, last)
        self.task = asyncio.create_task(stream({"method": method}, self._receive, self._send))

    async def _receive(self) -> dict[str, Any]:
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        if self.stuck:
            await self.freed.wait()
        if message["type"] == "http.response.start":
            self.head = message
        self.got += message.get("body", b"")
        self.ended = message["type"] == "http.response.body" and not message.get("more_body")
        self._news.set()

    async def until(self, mark: str, times: int = 1) -> Reader:
        while self.got.decode().count(mark) < times:
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), LONG)
        return self

    async def listens(self) -> Reader:
        """Wait until what arrives from now on is told."""
        return await self.until("retry")

    @property
    def told(self) -> list[dict[str, Any]]:
        return [json.loads(each) for each in re.findall(r"^data: (.*)$", self.got.decode(), re.MULTILINE)]

    @property
    def ids(self) -> list[str]:
        return re.findall(r"^id: (.*)$", self.got.decode(), re.MULTILINE)

    async def leave(self) -> None:
        self._left.set()
        await asyncio.wait_for(self.task, LONG)


def run(test: Callable[[Broker, FakeShelf], Awaitable[None]], store: Path, rhythm: Rhythm = FAST) -> None:
    """Run a test with a broker over a store, and see that nothing of it is left running."""

    async def whole() -> None:
        shelf = FakeShelf(store)
        broker = Broker(shelf, rhythm)  # type: ignore[arg-type]
        await asyncio.wait_for(test(broker, shelf), LONG)
        broker.end()
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        if rest:
            await asyncio.wait(rest, timeout=LONG)
        assert not broker.streams

    asyncio.run(whole())


async def until(found: Callable[[], bool]) -> None:
    """Wait for what is about to be so."""
    while not found():  # noqa: ASYNC110 (there is no event to wait for)
        await asyncio.sleep(0.001)


async def ready(broker: Broker, *readers: Reader) -> None:
    """Wait until all of them would hear of what arrives."""
    await broker.ready.wait()
    for reader in readers:
        await reader.listens()


def test_an_arrival_is_told_with_symbol_moment_and_number(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        put(tmp_path)
        await reader.until("\n\n", 2)
        assert reader.head["status"] == 200
        assert (b"content-type", b"text/event-stream; charset=utf-8") in reader.head["headers"]
        data = '{"symbol":"SPX","moment":"2025-09-05T1016","revision":1,"latest":true}'
        assert reader.got.decode() == f"retry: 2000\n\nid: {broker.run}-1\nevent: snapshot\ndata: {data}\n\n"
        put(tmp_path, "1017")
        await reader.until("event:", 2)
        assert reader.told[-1] == {"symbol": "SPX", "moment": "2025-09-05T1017", "revision": 1, "latest": True}
        assert reader.ids[-1] == f"{broker.run}-2"

    run(test, tmp_path)


def test_figures_are_there_once_before_fifty_pages_are_told(tmp_path: Path) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        shelf.pause = 0.02
        readers = [Reader(broker, "SPX" if n % 2 else None) for n in range(50)]
        await ready(broker, *readers)
        put(tmp_path)
        for reader in readers:
            await reader.until("event: snapshot")
            assert shelf.viewed == ["SPX 2025-09-05T1016"]

    run(test, tmp_path)


def test_each_page_hears_of_its_symbol_alone(tmp_path: Path) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        spx, ndx = Reader(broker, "SPX"), Reader(broker, "NDX")
        await ready(broker, spx, ndx)
        put(tmp_path, symbol="SPX")
        await spx.until("event:")
        put(tmp_path, symbol="NDX")
        await ndx.until("event:")
        put(tmp_path, symbol="QQQ")
        put(tmp_path, "1017")
        await spx.until("event:", 2)
        assert {each["symbol"] for each in spx.told} == {"SPX"}
        assert {each["symbol"] for each in ndx.told} == {"NDX"}
        # Nobody looks at QQQ.
        assert {each[:3] for each in shelf.viewed} == {"SPX", "NDX"}

    run(test, tmp_path)


def test_a_stream_begins_with_what_arrived_while_its_page_was_on_its_way(tmp_path: Path) -> None:
    put(tmp_path, "1000")
    put(tmp_path, "1016")
    put(tmp_path, "0931", "NDX")

    async def test(broker: Broker, shelf: FakeShelf) -> None:
        one = await Reader(broker, "SPX").until("event:")
        all_ = await Reader(broker).until("event:", 2)
        assert one.told == [{"symbol": "SPX", "moment": "2025-09-05T1016", "revision": 1, "latest": True}]
        assert {each["symbol"]: each["moment"][-4:] for each in all_.told} == {"SPX": "1016", "NDX": "0931"}
        assert one.ids == [f"{broker.run}-0"]
        assert not shelf.viewed

    run(test, tmp_path)


def test_who_comes_back_is_told_what_it_missed_and_no_more(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader, other = Reader(broker, "SPX"), Reader(broker)
        await ready(broker, reader, other)
        put(tmp_path, "1000")
        await reader.until("event:")
        await reader.leave()
        for n, minute in enumerate(("1001", "1002", "1003"), 2):
            put(tmp_path, minute)
            await other.until("event:", n)
        back = await Reader(broker, "SPX", reader.ids[-1]).until("event:", 3)
        assert [each["moment"][-4:] for each in back.told] == ["1001", "1002", "1003"]
        nothing = Reader(broker, "SPX", back.ids[-1])
        put(tmp_path, "1004")
        await nothing.until("event:")
        assert [each["moment"][-4:] for each in nothing.told] == ["1004"]

    run(test, tmp_path)


@pytest.mark.parametrize(
    "last", ["0badc0de-1", "{run}-999", "{run}--1", "{run}-", "{run}-x", "{run}-\u00b2", "1", "-", "\u0660"]
)
def test_an_id_that_says_nothing_here_is_answered_with_the_last_moment(tmp_path: Path, last: str) -> None:
    put(tmp_path, "1000")

    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = await Reader(broker, "SPX", last.replace("{run}", broker.run)).until("event:")
        assert [each["moment"][-4:] for each in reader.told] == ["1000"]

    run(test, tmp_path)


def test_what_was_told_too_long_ago_is_known_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 2)

    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        for n, minute in enumerate(("1000", "1001", "1002", "1003"), 1):
            put(tmp_path, minute)
            await reader.until("event:", n)
        back = await Reader(broker, "SPX", f"{broker.run}-2").until("event:", 2)
        assert [each["moment"][-4:] for each in back.told] == ["1002", "1003"]
        late = await Reader(broker, "SPX", f"{broker.run}-1").until("event:")
        assert [each["moment"][-4:] for each in late.told] == ["1003"]

    run(test, tmp_path)


def test_a_stream_without_news_shows_signs_of_life(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = await Reader(broker).until(": still here\n\n", 3)
        assert not reader.told

    run(test, tmp_path, Rhythm(look=0.005, heartbeat=0.01))


def test_who_takes_nothing_is_left_and_the_others_do_not_wait(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        slow, quick = Reader(broker), Reader(broker)
        await ready(broker, slow, quick)
        slow.stuck = True
        put(tmp_path)
        await quick.until("event:")
        await asyncio.wait_for(slow.task, LONG)
        assert not slow.ended  # The connection is cut: a last word would not be taken either.
        assert len(broker.streams) == 1

    run(test, tmp_path, Rhythm(look=0.005, patience=0.05))


def test_who_falls_behind_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 2)

    async def test(broker: Broker, _: FakeShelf) -> None:
        slow, quick = Reader(broker), Reader(broker)
        await ready(broker, slow, quick)
        slow.stuck = True
        for n, minute in enumerate(("1000", "1001", "1002", "1003"), 1):
            put(tmp_path, minute)
            await quick.until("event:", n)
        slow.freed.set()
        await asyncio.wait_for(slow.task, LONG)
        assert slow.ended
        assert [each["moment"][-4:] for each in slow.told] == ["1000"]

    run(test, tmp_path)


def test_a_look_that_takes_long_is_taken_less_often(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where each takes a second of a core, a hundredth of its time is one in a hundred seconds."""
    looks: list[int] = []
    seconds = itertools.count()
    monkeypatch.setattr(events.time, "thread_time", lambda: float(next(seconds)))
    news = events.Watcher.news
    monkeypatch.setattr(events.Watcher, "news", lambda watcher: (looks.append(1), news(watcher))[1])

    async def test(broker: Broker, _: FakeShelf) -> None:
        await ready(broker, Reader(broker))
        await asyncio.sleep(0.05)
        # The first look, taken as the watcher is made, and one after it.
        assert len(looks) == 2

    run(test, tmp_path, Rhythm(look=0.001))


def test_who_leaves_leaves_nothing(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        before = asyncio.all_tasks()
        readers = [Reader(broker) for _ in range(20)]
        await ready(broker, *readers)
        for reader in readers[:10]:
            await reader.leave()
        for reader in readers[10:]:  # As a server does that ends a request.
            reader.task.cancel()
        await asyncio.wait({reader.task for reader in readers}, timeout=LONG)
        assert not broker.streams
        await until(lambda: asyncio.all_tasks() <= before)

    run(test, tmp_path)


def test_nobody_looks_while_nobody_listens_and_nothing_is_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[int] = []
    news = events.Watcher.news
    monkeypatch.setattr(events.Watcher, "news", lambda watcher: (looks.append(1), news(watcher))[1])

    async def test(broker: Broker, shelf: FakeShelf) -> None:
        await asyncio.sleep(0.02)
        assert not looks
        before = asyncio.all_tasks()
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        put(tmp_path, "1000")
        await reader.until("event:")
        await reader.leave()
        await until(lambda: asyncio.all_tasks() <= before)
        looks.clear()
        put(tmp_path, "1001")
        await asyncio.sleep(0.02)
        assert not looks
        back = await Reader(broker, "SPX", reader.ids[-1]).until("event:")
        assert [each["moment"][-4:] for each in back.told] == ["1001"]
        assert shelf.viewed == ["SPX 2025-09-05T1000", "SPX 2025-09-05T1001"]

    run(test, tmp_path)


def test_the_end_ends_all_streams(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        readers = [Reader(broker) for _ in range(50)]
        await ready(broker, *readers)
        broker.end()
        for reader in readers:
            await asyncio.wait_for(reader.task, LONG)
            assert reader.ended
        late = Reader(broker)
        await asyncio.wait_for(late.task, LONG)
        assert late.ended

    run(test, tmp_path)


def test_what_is_half_written_is_told_once_it_is_whole(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker)
        await ready(broker, reader)
        path = put(tmp_path, "1000", content=WHOLE[:-3])
        put(tmp_path, "0931", "NDX")
        await reader.until("event:")
        assert [each["symbol"] for each in reader.told] == ["NDX"]
        path.write_bytes(WHOLE)
        await reader.until("event:", 2)
        assert [each["symbol"] for each in reader.told] == ["NDX", "SPX"]

    run(test, tmp_path)


def test_what_comes_late_is_told_but_not_as_the_latest(tmp_path: Path) -> None:
    put(tmp_path, "1016")

    async def test(broker: Broker, shelf: FakeShelf) -> None:
        reader = await Reader(broker, "SPX").until("event:")
        put(tmp_path, "0945")
        await reader.until("event:", 2)
        assert reader.told[-1] == {"symbol": "SPX", "moment": "2025-09-05T0945", "revision": 1, "latest": False}
        assert not shelf.viewed

    run(test, tmp_path)


def test_a_snapshot_issued_again_is_told_as_the_next_revision_of_its_moment(tmp_path: Path) -> None:
    path = put(tmp_path)

    async def test(broker: Broker, shelf: FakeShelf) -> None:
        reader = await Reader(broker, "SPX").until("event:")
        path.with_name("141600-cboe_csv-0badc0de-r2.parquet").write_bytes(WHOLE)
        await reader.until("event:", 2)
        assert [(each["moment"][-4:], each["revision"], each["latest"]) for each in reader.told] == [
            ("1016", 1, True),
            ("1016", 2, True),
        ]
        assert shelf.viewed == ["SPX 2025-09-05T1016"]
        back = await Reader(broker, "SPX").until("event:")
        assert back.told[0]["revision"] == 2

    run(test, tmp_path)


def test_of_many_at_once_the_last_is_told(tmp_path: Path) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        before = asyncio.all_tasks()
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        await reader.leave()
        await until(lambda: asyncio.all_tasks() <= before)
        for minute in range(30):
            put(tmp_path, f"10{minute:02d}")
        back = await Reader(broker, "SPX", f"{broker.run}-0").until("event:")
        assert [each["moment"][-4:] for each in back.told] == ["1029"]
        assert shelf.viewed == ["SPX 2025-09-05T1029"]

    run(test, tmp_path)


@pytest.mark.parametrize("shape", [{"fails": True}, {"pause": 60.0}])
def test_figures_that_cannot_be_had_hold_nothing_up(tmp_path: Path, shape: dict[str, Any]) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        vars(shelf).update(shape)
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        put(tmp_path)
        await reader.until("event: snapshot")

    run(test, tmp_path, Rhythm(look=0.005, warm=0.02))


def test_names_that_are_no_symbols_are_not_told(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker)
        await ready(broker, reader)
        for name in ("<script>", 'x"\ndata: y', "..", "spx", ""):
            put(tmp_path, symbol=name)
        put(tmp_path, symbol="SPX")
        await reader.until("event:")
        assert {each["symbol"] for each in reader.told} == {"SPX"}
        assert b"script" not in reader.got

    run(test, tmp_path)


def test_a_store_that_cannot_be_read_is_said_once_and_watched_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(LOGGER, "handlers", [])
    monkeypatch.setattr(LOGGER, "propagate", True)
    away: list[int] = []
    news = events.Watcher.news

    def looked(watcher: Any) -> Any:
        if len(away) < 5:
            away.append(1)
            raise PermissionError(13, "Permission denied", str(tmp_path))
        return news(watcher)

    monkeypatch.setattr(events.Watcher, "news", looked)

    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, "SPX")
        await until(lambda: len(away) == 5)
        await ready(broker, reader)
        await asyncio.sleep(0.02)
        put(tmp_path)
        await reader.until("event:")

    run(test, tmp_path)
    assert caplog.text.count("cannot be watched") == 1


def test_a_store_that_is_not_there_yet_may_come(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker)
        await ready(broker, reader)
        (tmp_path / "store").mkdir()
        put(tmp_path / "store")
        await reader.until("event:")

    run(test, tmp_path / "store")


def test_a_head_alone_ends(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, method="HEAD")
        await asyncio.wait_for(reader.task, LONG)
        assert (reader.got, reader.ended, broker.streams) == (b"", True, set())

    run(test, tmp_path)


def asked(broker: Broker, **query: str) -> Any:
    app = SimpleNamespace(state=SimpleNamespace(broker=broker))
    request = SimpleNamespace(app=app, query_params=query, headers={})
    return asyncio.run(events.stream(request))  # type: ignore[arg-type]


@pytest.mark.parametrize("symbol", ["", "spx", "<script>", "..", "SPX\n", "A" * 40])
def test_a_symbol_that_is_none_is_refused(tmp_path: Path, symbol: str) -> None:
    broker = Broker(FakeShelf(tmp_path))  # type: ignore[arg-type]
    assert asked(broker).symbol is None
    assert asked(broker, symbol="SPX").symbol == "SPX"
    with pytest.raises(RequestError, match="symbol"):
        asked(broker, symbol=symbol)


def test_more_streams_than_are_allowed_are_refused(tmp_path: Path) -> None:
    broker = Broker(FakeShelf(tmp_path), Rhythm(streams=0))  # type: ignore[arg-type]
    with pytest.raises(BusyError, match="0 pages listen already"):
        asked(broker)
