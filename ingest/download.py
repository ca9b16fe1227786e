"""One file over HTTP: politely, whole or not at all, and only from the host it was asked of."""

from __future__ import annotations

import datetime as dt
import math
import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Self

import gex
from gex.ingest.errors import ChainError, FeedError, UnreadableError
from gex.ingest.reply import REDIRECTS, Expected, MayPassError, check_head, failures_named, moved_to, too_large

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path
    from types import TracebackType

    import httpx

MOVES = 3
CONNECT_SECONDS, SILENCE_SECONDS = 10.0, 20.0
LONGEST_WAIT = 120.0
"""Seconds; a server that asks for more is left alone, and the user told when to come back."""


@dataclass(frozen=True)
class Limits:
    """How long, how often and how much.

    Attributes:
        timeout: Seconds for one reply, from the request to its last byte.
        pause: Seconds from one request to the next, at least.
        retries: Further tries after a failure that may pass: no connection, a reply cut off or late, 429, 5xx.
        max_bytes: The largest reply taken, its compression undone.

    """

    timeout: float = 60.0
    pause: float = 2.0
    retries: int = 3
    max_bytes: int = 128 << 20


@dataclass(frozen=True)
class Version:
    """What a server says to tell one version of a file from the next."""

    etag: str | None = None
    last_modified: str | None = None

    def conditions(self) -> dict[str, str]:
        """Return the headers that ask for the file only if it is another version, where they can be sent."""
        headers = {"If-None-Match": self.etag, "If-Modified-Since": self.last_modified}
        return {name: value for name, value in headers.items() if value and value.isascii() and value.isprintable()}


@dataclass(frozen=True)
class Reply:
    """A whole reply; without content where the file is still the version known."""

    content: bytes
    version: Version
    received_at: dt.datetime
    unchanged: bool = False


def utc_now() -> dt.datetime:
    """Return the present instant."""
    return dt.datetime.now(dt.UTC)


def _untold(_: str) -> None:
    """Leave a message unsaid."""


@dataclass
class Downloader:
    """Makes requests one after another, never two at a time.

    Attributes:
        limits: How long, how often and how much.
        tell: Is told in one line of each wait for another try.
        sleep: Waits for so many seconds.
        clock: Counts seconds.
        now: Tells the time, UTC.
        turn: A file, its time of change that of the last request: pauses then hold from one run to the next, too.

    """

    limits: Limits = field(default_factory=Limits)
    tell: Callable[[str], None] = _untold
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], dt.datetime] = utc_now
    turn: Path | None = None
    _client: httpx.Client | None = field(default=None, init=False)
    _asked_at: float | None = field(default=None, init=False)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection, if there is one."""
        if self._client is not None:
            self._client.close()

    def get(self, url: str, expected: Expected, known: Version | None = None) -> Reply:
        """Return a file.

        Args:
            url: Where it is; http or https.
            expected: What it must be.
            known: The version that is already here, if any.

        Raises:
            MissingError: The server has no such file.
            FeedError: It cannot be reached, refuses, or sends something else, too much or too slowly.

        """
        retry = 0
        while True:
            try:
                return self._once(url, expected, known or Version())
            except MayPassError as failure:
                if retry == self.limits.retries:
                    tries = "once" if retry == 0 else f"{retry + 1} times"
                    raise FeedError(f"{failure}; tried {tries}, try again later", source=url) from None
                self._back_off(url, failure, retry)
            retry += 1

    def _back_off(self, url: str, failure: MayPassError, retry: int) -> None:
        """Wait for as long as the server asks, else twice as long each time."""
        pause, asked = self.limits.pause, failure.after
        if asked is not None and asked > LONGEST_WAIT:
            when = f"{self.now() + dt.timedelta(seconds=asked):%Y-%m-%d %H:%M} UTC"
            raise FeedError(f"{failure} and asks to be left alone until {when}; try again then", source=url)
        wait = max(pause, min(pause * 2**retry, LONGEST_WAIT) if asked is None else asked)
        self.tell(f"{url}: {failure}; next try in {wait:g} s")
        self.sleep(wait)

    def _once(self, url: str, expected: Expected, known: Version) -> Reply:
        """Ask once, and again where the same host says that the file has moved."""
        self._wait_for_turn()
        address, deadline = url, self.clock() + self.limits.timeout
        for _ in range(MOVES + 1):
            with failures_named(address), self._stream(address, known, deadline) as response:
                if response.status_code not in REDIRECTS:
                    return self._read(response, expected, known, deadline)
                address = moved_to(response, address)
        raise FeedError(f"redirected more than {MOVES} times; check --base-url", source=url)

    def _wait_for_turn(self) -> None:
        """Wait until the pause since the last request is over."""
        rest = self._last_turn() + self.limits.pause - self.clock()
        if rest > 0:
            self.sleep(rest)
        self._asked_at = self.clock()
        with suppress(OSError):  # Where nothing can be remembered, only this run keeps its pauses.
            if self.turn is not None:
                self.turn.parent.mkdir(parents=True, exist_ok=True)
                self.turn.touch()
                os.utime(self.turn, (self.now().timestamp(),) * 2)

    def _last_turn(self) -> float:
        """Return when the last request was made, by `clock`."""
        if self._asked_at is not None:
            return self._asked_at
        with suppress(OSError):
            if self.turn is not None:
                ago = self.now().timestamp() - self.turn.stat().st_mtime
                return self.clock() - max(ago, 0.0)
        return -math.inf

    def _stream(self, url: str, known: Version, deadline: float) -> AbstractContextManager[httpx.Response]:
        import httpx

        if self._client is None:
            headers = {"User-Agent": f"gexlab/{gex.__version__}", "Accept-Encoding": "gzip, deflate"}
            self._client = httpx.Client(headers=headers, follow_redirects=False, verify=_trusted())
        rest = max(deadline - self.clock(), 0.001)
        timeout = httpx.Timeout(min(SILENCE_SECONDS, rest), connect=min(CONNECT_SECONDS, rest))
        return self._client.stream("GET", url, headers=known.conditions(), timeout=timeout)

    def _read(self, response: httpx.Response, expected: Expected, known: Version, deadline: float) -> Reply:
        """Return what a response holds once its head, its body and its content have passed."""
        if response.status_code == 304 and known.conditions():
            return Reply(b"", known, self.now(), unchanged=True)
        check_head(response, expected, self.now(), self.limits.max_bytes)
        content = self._body(response, deadline)
        try:
            expected.check(content)
        except UnreadableError as error:
            raise MayPassError(f"the reply is no whole {expected.what} ({error.message})") from None
        except ChainError as error:
            message = f"expected {expected.what}, got something else ({error.message}); check --base-url"
            raise FeedError(message, source=str(response.url)) from None
        version = Version(response.headers.get("ETag"), response.headers.get("Last-Modified"))
        return Reply(content, version, self.now())

    def _body(self, response: httpx.Response, deadline: float) -> bytes:
        """Return the body, its compression undone, within the limits of size and time."""
        content = bytearray()
        for chunk in response.iter_bytes():
            content += chunk
            if len(content) > self.limits.max_bytes:
                raise too_large(str(response.url), self.limits.max_bytes)
            if self.clock() > deadline:
                raise MayPassError(f"the reply is not complete after {self.limits.timeout:g} s")
        return bytes(content)


@cache
def _trusted() -> ssl.SSLContext:
    """Return whose certificates are believed, read once: that takes longer than most answers."""
    import httpx

    return httpx.create_ssl_context()
