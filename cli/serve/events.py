"""What has arrived, told to every page that is open, at once: server-sent events (WHATWG HTML, section 9.2).

`GET /events?symbol=SPX` streams, for each look at the store that found something of the symbol,

    id: 5b1d0c42-17
    event: snapshot
    data: {"symbol":"SPX","moment":"2025-09-05T1016","revision":1,"latest":true}

`moment` is the last of what arrived; `revision` counts what was issued of it, so that a correction is told from what it
corrects; `latest` tells whether it is the symbol's last in the store, too, or an older one
that came late. Without `symbol`, of all symbols. A stream begins with the last moment there is: what arrived while its
page was on its way is not lost. A browser that comes back says what it heard last (`Last-Event-ID`), and is told what
it missed instead.

There is one list of what was told, bounded, and each stream has its place in it: a stream that falls behind so far that
its place is gone is ended, as is one that takes nothing; its browser comes back.
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections import deque
from dataclasses import asdict, dataclass
from itertools import islice
from typing import TYPE_CHECKING

from starlette.routing import Route

from gex.cli.failures import one_line
from gex.cli.log import LOGGER
from gex.cli.serve.catalog import StoreError, moment_of
from gex.cli.serve.problems import RequestError
from gex.cli.serve.shelf import BusyError
from gex.cli.watch import Watcher
from gex.ingest.errors import ChainError
from gex.ingest.snapshot_file import SYMBOL

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot

KEPT = 256
"""Events that a stream may be behind, and that a browser which comes back may have missed."""
HEARTBEAT = b": still here\n\n"
RETRY = b"retry: 2000\n\n"
"""Milliseconds after which a browser that lost its stream comes back."""
HEADERS = [(b"content-type", b"text/event-stream; charset=utf-8"), (b"x-accel-buffering", b"no")]


@dataclass(frozen=True)
class Rhythm:
    """How often, in seconds, and for how many.

    Attributes:
        look: From one look at the store to the next, at least.
        share: Of a core's time that looking takes, at most: a store of very many days is looked at less often.
        warm: For the figures that pages will ask for, before they are told all the same.
        heartbeat: Between two signs of life of a stream without news.
        patience: For a client to take an event.
        streams: Open at once.

    """

    look: float = 0.25
    share: float = 0.005
    warm: float = 10.0
    heartbeat: float = 15.0
    patience: float = 20.0
    streams: int = 256


@dataclass(frozen=True)
class Event:
    """Something arrived; `number` counts from 1 within a run of the server."""

    number: int
    symbol: str
    moment: str
    revision: int
    latest: bool

    def text(self, run: str) -> bytes:
        """Return it as a stream says it; JSON has no line ends that a name could bring in."""
        told = {name: value for name, value in asdict(self).items() if name != "number"}
        data = json.dumps(told, separators=(",", ":"))
        return f"id: {run}-{self.number}\nevent: snapshot\ndata: {data}\n\n".encode()


class Broker:
    """Looks at the store while anybody listens, and keeps what is to be told.

    Args:
        shelf: Whose store; the figures of what arrives are computed there, once, before anybody is told.
        rhythm: How often.

    """

    def __init__(self, shelf: Shelf, rhythm: Rhythm = Rhythm()) -> None:
        self.rhythm = rhythm
        self.run = secrets.token_hex(4)
        """Of this run of the server: numbers of another say nothing here."""
        self.streams: set[Stream] = set()
        self.ended = False
        self.ready = asyncio.Event()
        """The store has been looked at: what arrives from now on is told."""
        self.news = asyncio.Event()
        """Set, and another put in its place, when there is more to tell."""
        self._shelf = shelf
        self._told: deque[Event] = deque(maxlen=KEPT)
        self._number = 0
        self._watcher: Watcher | None = None
        self._took = 0.0
        """Seconds of a core that the last look took."""
        self._watching: asyncio.Task[None] | None = None

    def open(self, stream: Stream) -> None:
        """Count a stream in, and look at the store from now on."""
        self.streams.add(stream)
        if self._watching is None:
            self._watching = asyncio.create_task(self._watch())

    def close(self, stream: Stream) -> None:
        """Count a stream out; after the last one, the look under way is the last."""
        self.streams.discard(stream)

    def end(self) -> None:
        """End all streams, and look no more."""
        self.ended = True
        if self._watching is not None:
            self._watching.cancel()
        self.ready.set()
        self._wake()

    @property
    def place(self) -> int:
        """After what was told last."""
        return self._number

    def place_of(self, last: str) -> int | None:
        """Return the place after an event's id; None if it is of another run, or too long ago."""
        run, _, number = last.rpartition("-")
        place = int(number) if run == self.run and number.isascii() and number.isdecimal() else -1
        return place if self._number - len(self._told) <= place <= self._number else None

    def since(self, place: int, symbol: str | None) -> tuple[int, list[Event]] | None:
        """Return what was told after a place, and the place after that; None if some of it is known no more."""
        first = self._number - len(self._told)
        if place < first:
            return None
        return self._number, [each for each in islice(self._told, place - first, None) if symbol in {None, each.symbol}]

    async def latest(self, symbol: str | None) -> list[Event]:
        """Return the last moment of a symbol, or of each, as if it had just arrived."""
        names = await self._shelf.aside(self._symbols) if symbol is None else [symbol]
        found = [await self._shelf.aside(self._last, name) for name in names]
        return [_event(self._number, last, latest=True) for last in found if last]

    def _symbols(self) -> list[str]:
        try:
            return self._shelf.catalog.symbols()
        except StoreError:
            return []

    def _last(self, symbol: str) -> Snapshot | None:
        """Return the last snapshot of a symbol; None where there is none, or none can be listed."""
        try:
            return self._shelf.catalog.snapshot(symbol, "latest")
        except (ChainError, StoreError):
            return None

    async def _watch(self) -> None:
        """Look at the store, again and again, while anybody listens; what comes in between is found by the next."""
        trouble = ""
        while self.streams:
            try:
                await self._look()
                trouble = ""
            except Exception as error:  # noqa: BLE001 (the store may come back: somebody has to be there then)
                if one_line(error) != trouble:
                    trouble = one_line(error)
                    LOGGER.error("the store cannot be watched: %s", trouble, exc_info=error)
            self.ready.set()
            await asyncio.sleep(max(self.rhythm.look, self._took / self.rhythm.share))
        self._watching = None

    async def _look(self) -> None:
        found = await asyncio.to_thread(self._found)
        by_symbol = {each.symbol: each for each in found if SYMBOL.fullmatch(each.symbol)}  # The last one of each.
        await asyncio.gather(*map(self._announce, by_symbol.values()))

    def _found(self) -> list[Snapshot]:
        """Return what has arrived; the first look finds what is there, and nothing new."""
        if self._watcher is None:
            self._watcher = Watcher(self._shelf.site.store)
        began = time.thread_time()
        try:
            return self._watcher.news()
        finally:
            self._took = time.thread_time() - began

    async def _announce(self, snapshot: Snapshot) -> None:
        """Tell of a snapshot, once its figures are there if a page is about to ask for them."""
        symbol = snapshot.symbol
        last = await self._shelf.aside(self._last, symbol)
        latest = last is not None and last.place == snapshot.place
        if latest and any(stream.symbol in {None, symbol} for stream in self.streams):
            await self._warm(symbol, moment_of(snapshot))
        self._number += 1
        self._told.append(_event(self._number, snapshot, latest=latest))
        self._wake()

    async def _warm(self, symbol: str, moment: str) -> None:
        try:
            async with asyncio.timeout(self.rhythm.warm):
                await self._shelf.view(symbol, moment)
        except Exception as error:  # noqa: BLE001 (the pages that ask for it say what is wrong)
            LOGGER.info("%s %s: %s", symbol, moment, one_line(error))

    def _wake(self) -> None:
        self.news.set()
        self.news = asyncio.Event()


class Stream:
    """One answer that goes on until its reader leaves.

    Args:
        broker: Tells what arrives.
        symbol: Of which; None for all.
        last: What its reader heard last, an event's id; empty for nothing.

    """

    def __init__(self, broker: Broker, symbol: str | None, last: str) -> None:
        self.symbol = symbol
        self._broker = broker
        self._last = last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and do not stop."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        if scope["method"] != "HEAD":
            gone = asyncio.create_task(_gone(receive))
            self._broker.open(self)
            try:
                await self._tell(send, gone)
            except TimeoutError:  # Who takes nothing is left, without a last word that it would not take either.
                return
            finally:
                self._broker.close(self)
                gone.cancel()
        await send({"type": "http.response.body", "body": b""})

    async def _tell(self, send: Send, gone: asyncio.Task[None]) -> None:
        broker, events = self._broker, []
        place = broker.place_of(self._last)
        if place is None:
            await broker.ready.wait()
            place = broker.place
            events = await broker.latest(self.symbol)
        await self._send(send, RETRY + b"".join(each.text(broker.run) for each in events))
        while not gone.done() and not broker.ended:
            news = broker.news
            if (found := broker.since(place, self.symbol)) is None:
                return
            place, events = found
            await self._send(send, b"".join(each.text(broker.run) for each in events))
            if not await _either(gone, news, broker.rhythm.heartbeat):
                await self._send(send, HEARTBEAT)

    async def _send(self, send: Send, text: bytes) -> None:
        if text:
            async with asyncio.timeout(self._broker.rhythm.patience):
                await send({"type": "http.response.body", "body": text, "more_body": True})


def _event(number: int, snapshot: Snapshot, *, latest: bool) -> Event:
    return Event(number, snapshot.symbol, moment_of(snapshot), snapshot.revision, latest)


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _either(gone: asyncio.Task[None], news: asyncio.Event, seconds: float) -> bool:
    """Wait for one of two things, and tell whether it happened in time."""
    waiting = asyncio.create_task(news.wait())
    try:
        done, _ = await asyncio.wait({gone, waiting}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        waiting.cancel()
    return bool(done)


async def stream(request: Request) -> Stream:
    """Answer with what arrives from now on."""
    broker: Broker = request.app.state.broker
    symbol = request.query_params.get("symbol")
    if symbol is not None and not SYMBOL.fullmatch(symbol):
        raise RequestError("symbol must be one such as SPX")
    if len(broker.streams) >= broker.rhythm.streams:
        raise BusyError(f"{len(broker.streams)} pages listen already; close some")
    return Stream(broker, symbol, request.headers.get("last-event-id", ""))


ROUTES = [Route("/events", stream)]
