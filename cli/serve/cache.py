"""Values kept in a bounded number of bytes, the last used longest; each is made once, whoever asks meanwhile waits."""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gex.cli.serve.weight import weight

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

MISSING = object()


@dataclass
class _Entry:
    value: Any
    bytes: int
    touched: bool = False
    """Used since it was weighed: what is computed on first use may have been added."""


class Cache:
    """Values by key, for any number of threads. A value that cannot be made is not kept: the next asker tries again."""

    def __init__(self, limit_bytes: int) -> None:
        """Keep values up to a limit; one that is larger is given out and not kept."""
        self.limit_bytes = limit_bytes
        self.bytes = 0
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._flights: dict[Hashable, Future[Any]] = {}
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """Return how many values are kept."""
        return len(self._entries)

    def peek(self, key: Hashable) -> Any:
        """Return a value that is kept, else `MISSING`; never waits for one being made."""
        with self._lock:
            return self._kept(key)

    def get(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """Return a value, made in this thread unless it is kept or another thread is about it, which is waited for.

        A `make` may get other values, as long as no two wait for each other.

        Raises:
            Exception: What `make` raised, to all who waited.

        """
        with self._lock:
            value, flight = self._kept(key), self._flights.get(key)
            mine: Future[Any] = Future()
            if value is MISSING and flight is None:
                self._flights[key] = mine
        if value is not MISSING:
            return value
        return self._make(key, make, mine) if flight is None else flight.result()

    def _kept(self, key: Hashable) -> Any:
        """Return a value that is kept as the last used, else `MISSING`; the lock is held."""
        entry = self._entries.get(key)
        if entry is None:
            return MISSING
        entry.touched = True
        self._entries.move_to_end(key)
        return entry.value

    def _make(self, key: Hashable, make: Callable[[], Any], flight: Future[Any]) -> Any:
        try:
            value = make()
            self._keep(key, value)
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(value)
        return value

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._flights[key]

    def _keep(self, key: Hashable, value: Any) -> None:
        """Keep a value, and let go of those unused longest until all fit."""
        with self._lock:
            used = [entry for entry in self._entries.values() if entry.touched]
        weights = [weight(entry.value) for entry in used]
        own = weight(value)
        with self._lock:
            for entry, now in zip(used, weights, strict=True):
                entry.bytes, entry.touched = now, False
            self._entries[key] = _Entry(value, own)
            self.bytes = sum(entry.bytes for entry in self._entries.values())
            while self.bytes > self.limit_bytes:
                self.bytes -= self._entries.popitem(last=False)[1].bytes
