"""Open pages as a broker knows them: a store that things arrive in, readers of its stream, and a shelf that notes."""

from __future__ import annotations

import asyncio
import json
import os
import re
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from gex.cli.serve.catalog import Catalog
from gex.cli.serve.events import Broker, Rhythm, Stream

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
