"""What pages and the API show, computed once and kept within bounds: nothing here blocks the event loop.

`Shelf` is asked with a symbol and a moment of its `catalog`; each method is a coroutine that computes in a worker
thread, once at a time for a key, and keeps what it made in a cache bounded in bytes. A request that is cancelled leaves
the work to those who still wait; what fails is not kept, so the next request tries again.

    view = await shelf.view("SPX", "latest")
    day = await shelf.aside(shelf.catalog.day, "SPX", date)  # reads the disk: off the loop, nothing kept
    html = await shelf.kept(("page", snapshot.place), lambda: body(view))

Errors: MissingError (404), StoreError and BusyError (503), ChainError (422); `gex.cli.serve.problems` tells them so.
"""

from __future__ import annotations

import asyncio
import re
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from gex.cli.batch.spec import spec_of
from gex.cli.serve.cache import MISSING, Cache
from gex.cli.serve.catalog import Catalog, StoreError, moment_of
from gex.ingest.errors import ChainError, MissingError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from gex.analysis import Priced
    from gex.change import Change, Order
    from gex.cli.histories import Histories
    from gex.cli.page.view import View
    from gex.cli.serve.site import Site
    from gex.history import Standing
    from gex.ingest.schema import Chain
    from gex.ingest.store import Snapshot
    from gex.intraday_results import ZeroDte
    from gex.level_book import LevelBook
    from gex.results import Analysis

    Answer = TypeVar("Answer")

LIMIT_BYTES = 256 << 20
BRIEF_BYTES = 8 << 20
"""Of what is kept of many snapshots, beside: a few figures each, that large things would push out."""
WORKERS = 2
QUEUE = 64
"""Computations that may wait; more are refused."""


class Around(NamedTuple):
    """What a snapshot is shown with: the one before it, and where it stands among results."""

    before: Snapshot | None
    past: Hashable
    """Changes with the results; None without."""
    key: Hashable
    """Changes with both."""


class BusyError(Exception):
    """More is waiting to be computed than can be had soon."""


class Shelf:
    """The figures of a site's snapshots. `catalog` tells which there are; `close` ends the worker threads."""

    def __init__(self, site: Site, *, limit_bytes: int = LIMIT_BYTES, workers: int = WORKERS) -> None:
        """Keep up to `limit_bytes`, and compute so many things at once."""
        self.site = _absolute(site)
        self.catalog = Catalog(self.site.store)
        self.cache = Cache(limit_bytes)
        self.briefs = Cache(BRIEF_BYTES)
        spec = spec_of(self.site.settings, self.site.read)
        self.fingerprint = f"{spec.fingerprint}-{spec.selection}"
        self._histories = self.site.histories
        self._pool = ThreadPoolExecutor(workers, "gex-shelf")
        self._pending: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Stop: what has not begun is given up. Asked again, it starts again."""
        ended, self._pool = self._pool, ThreadPoolExecutor(WORKERS, "gex-shelf")  # without threads until then
        ended.shutdown(wait=False, cancel_futures=True)

    async def aside(self, function: Callable[..., Answer], *arguments: Any) -> Answer:
        """Return what a quick function that reads the disk answers, from a thread; nothing is kept."""
        return await asyncio.to_thread(function, *arguments)

    async def kept(self, key: Hashable, make: Callable[[], Answer], *, brief: bool = False) -> Answer:
        """Return a value of the cache, made in a worker thread if it is not there.

        Args:
            key: What the value depends on; begin it with a name of your own.
            make: Makes it; may call the `…_now` methods, which block.
            brief: It is a few figures, kept beside.

        Raises:
            BusyError: Too much is waiting.
            Exception: What `make` raises.

        """
        cache = self.briefs if brief else self.cache
        value = cache.peek(key)
        if value is MISSING:
            value = await asyncio.shield(asyncio.wrap_future(self._submitted(key, make, cache)))
        return value  # type: ignore[no-any-return]  # as it was made

    def _submitted(self, key: Hashable, make: Callable[[], Any], cache: Cache) -> Future[Any]:
        """Return the work on a key: what is about to be done already, or new."""
        with self._lock:
            if (there := self._pending.get(key)) is not None:
                return there
            if len(self._pending) >= QUEUE:
                raise BusyError(f"{QUEUE} computations are waiting; try again in a few seconds")
            future = self._pending[key] = self._pool.submit(cache.get, key, make)
        future.add_done_callback(lambda _: self._done(key))
        return future

    def _done(self, key: Hashable) -> None:
        with self._lock:
            self._pending.pop(key, None)

    async def snapshot(self, symbol: str, moment: str) -> Snapshot:
        """Return the snapshot of a moment, or of `latest`; errors as `Catalog.snapshot`."""
        return await self.aside(self.catalog.snapshot, symbol, moment)

    async def view(self, symbol: str, moment: str) -> View:
        """Return all that a page shows of a moment; as `view_of`."""
        return await self.view_of(await self.snapshot(symbol, moment))

    async def analysis(self, symbol: str, moment: str) -> Analysis:
        """Return the analysis of a moment, the one of `gex report`."""
        return await self.analysis_of(await self.snapshot(symbol, moment))

    async def view_of(self, snapshot: Snapshot) -> View:
        """Return all that a page shows of a snapshot, with what changed since the one before it in the store."""
        around = await self.around(snapshot)
        return await self.kept(("view", snapshot.place, around.key), partial(self._view, snapshot, around))

    async def around(self, snapshot: Snapshot) -> Around:
        """Return what a snapshot is shown with."""
        return await self.aside(self._around, snapshot)

    async def analysis_of(self, snapshot: Snapshot) -> Analysis:
        """Return the analysis of a snapshot."""
        return await self.kept(("analysis", snapshot.place), partial(self._analyse, snapshot))

    async def priced_of(self, snapshot: Snapshot) -> Priced:
        """Return a snapshot's chain, priced."""
        return await self.kept(("priced", snapshot.place), partial(self._price, snapshot))

    async def levels_of(self, snapshot: Snapshot) -> LevelBook:
        """Return the levels of a snapshot under every definition."""
        return await self.kept(("levels", snapshot.place), partial(self._levels, snapshot))

    async def zero_dte_of(self, snapshot: Snapshot, every_minutes: float = 15.0) -> ZeroDte:
        """Return what expires on a snapshot's date, the hedging path in steps of so many minutes."""
        key = ("zero-dte", snapshot.place, every_minutes)
        return await self.kept(key, partial(self._zero_dte, snapshot, every_minutes))

    async def change_of(self, before: Snapshot, after: Snapshot, order: Order = "price-first") -> Change:
        """Return what moved the figures from one snapshot to a later one."""
        key = ("change", before.place, after.place, order)
        return await self.kept(key, partial(self._change, before, after, order))

    async def standing_of(self, snapshot: Snapshot) -> Standing | None:
        """Return where a snapshot's figures stand among the results of earlier sessions; None where there are none."""
        past = await self.aside(self.results_stamp, snapshot.symbol)
        if past is None:
            return None
        return await self.kept(("standing", snapshot.place, past), partial(self._standing, snapshot, past))

    def results_stamp(self, symbol: str) -> Hashable:
        """Return what changes with the results of a symbol, from the times of their folders; None without results."""
        folder = self.site.results and self.site.results / "summary" / f"symbol={symbol}"
        try:
            return folder and tuple(sorted((each.name, each.stat().st_mtime_ns) for each in folder.iterdir()))
        except OSError:
            return ()

    def histories(self) -> Histories | None:
        """Return the daily histories as they are now; None for a server without.

        Raises:
            StoreError: Their folder is gone.

        """
        if self._histories is not None:
            try:
                self._histories = self._histories.current()
            except MissingError as error:
                raise StoreError(f"the daily histories cannot be had: {error.message}") from None
        return self._histories

    def priced_now(self, snapshot: Snapshot) -> Priced:
        """Return a snapshot's chain, priced; blocks."""
        return self.cache.get(("priced", snapshot.place), partial(self._price, snapshot))  # type: ignore[no-any-return]

    def analysis_now(self, snapshot: Snapshot) -> Analysis:
        """Return the analysis of a snapshot; blocks."""
        return self.cache.get(("analysis", snapshot.place), partial(self._analyse, snapshot))  # type: ignore[no-any-return]

    def analysis_once(self, snapshot: Snapshot) -> Analysis:
        """Return the analysis of a snapshot without keeping what it takes, for those of a whole day; blocks."""
        from gex.analysis import analysis_of

        there = self.cache.peek(("analysis", snapshot.place))
        return analysis_of(self._price(snapshot)) if there is MISSING else there

    def _price(self, snapshot: Snapshot) -> Priced:
        from gex.analysis import priced
        from gex.cli.sources import answered

        name, chain = address_of(snapshot), self._read(snapshot)
        # Where the input once lay is nobody's business but the server's.
        chain = replace(chain, source=replace(chain.source, path=re.split(r"[\\/]", chain.source.path)[-1]))
        return answered(chain, self.site.settings, name, priced)

    def _read(self, snapshot: Snapshot) -> Chain:
        """Return a snapshot's chain, from where it is now: files that are merged go.

        Raises:
            MissingError: It is gone.
            ChainError: It cannot be read.

        """
        from gex.cli.sources import chain_at
        from gex.ingest.address import opened

        try:
            with opened(snapshot) as path:
                return chain_at(str(path), address_of(snapshot), self.site.read, self.site.settings.spot)
        except UnreadableError:
            now = self.catalog.snapshot(snapshot.symbol, moment_of(snapshot))
            if now == snapshot:
                raise
            return self._read(now)

    def _analyse(self, snapshot: Snapshot) -> Analysis:
        from gex.analysis import analysis_of

        return analysis_of(self.priced_now(snapshot))

    def _around(self, snapshot: Snapshot) -> Around:
        before, past = self.catalog.before(snapshot), self.results_stamp(snapshot.symbol)
        try:
            # With its time: one that cannot be read may be mended.
            key = (before.place, before.path.stat().st_mtime_ns, past) if before else (past,)
        except OSError:  # gone meanwhile
            before, key = None, (past,)
        return Around(before, past, key)

    def _view(self, snapshot: Snapshot, around: Around) -> View:
        from gex.cli.page.view import view_of

        base, analysis = self.priced_now(snapshot), self.analysis_now(snapshot)
        standing = None if around.past is None else self._standing(snapshot, around.past)
        before = self._earlier(around.before) if around.before else None
        return view_of(base, analysis, before=before, standing=standing)

    def _earlier(self, before: Snapshot) -> Priced | str:
        """Return the snapshot that another is compared with, or why it cannot be had: that costs no more than this."""
        from gex.cli.serve.problems import problem_of

        try:
            return self.priced_now(before)
        except ChainError as error:
            return f"the snapshot before cannot be compared with: {problem_of(error, self.site).detail}"

    def _levels(self, snapshot: Snapshot) -> LevelBook:
        from gex.level_book import level_book
        from gex.scopes import SIDE_BY_SIDE

        return level_book(self.priced_now(snapshot), SIDE_BY_SIDE)

    def _zero_dte(self, snapshot: Snapshot, every_minutes: float) -> ZeroDte:
        from gex.cli.sources import answered
        from gex.cli.zero_dte import plan_of
        from gex.intraday import zero_dte

        plan = plan_of(every_minutes, 1.0, 0.001)
        chain = self.priced_now(snapshot).chain
        return answered(
            chain, self.site.settings, address_of(snapshot), lambda chain, settings: zero_dte(chain, settings, plan)
        )

    def _change(self, before: Snapshot, after: Snapshot, order: Order) -> Change:
        from gex.cli.diff import change_of_priced

        names = f"{address_of(before)}, {address_of(after)}"
        return change_of_priced(self.priced_now(before), self.priced_now(after), order, names)

    def _standing(self, snapshot: Snapshot, past: Hashable) -> Standing | None:
        from gex.cli.past import Past

        site = self.site
        if site.results is None:
            return None
        known = self.cache.get(("past", snapshot.symbol, past), partial(Past, site.results, site.settings, site.read))
        return known.standing(self.analysis_now(snapshot))  # type: ignore[no-any-return]  # a `Past`


def address_of(snapshot: Snapshot) -> str:
    """Return a snapshot's name in messages: SPX@2025-09-05T1016."""
    return f"{snapshot.symbol}@{moment_of(snapshot)}"


def _absolute(site: Site) -> Site:
    """Return a site whose folders are known whole, so that messages can be kept free of them."""
    results, limits = (path and path.absolute() for path in (site.results, site.limits))
    return replace(site, store=site.store.absolute(), results=results, limits=limits)
