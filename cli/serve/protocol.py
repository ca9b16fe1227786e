"""HTTP connections that nobody holds open for nothing: over uvicorn, which waits for ever for the rest of a request.

A connection is closed whose request line and headers are not complete in time, however often it sends a byte, and one
whose peer does not take what it asked for. More connections than are allowed, in all or of one peer, get a 503.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, ClassVar

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

from gex.cli.serve.security import DEFAULTS, HEADERS

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

LEAST_TAKEN = 16_384
"""Bytes that a peer has to take in `Patience.stall` seconds, if so many wait for it."""


@dataclass(frozen=True)
class Patience:
    """How long connections may take, in seconds, and how many there may be.

    Attributes:
        head: From the connection, or a request's first byte, to the end of its headers.
        idle: From an answer to the next request's first byte.
        stall: For a peer to take what waits for it.
        connections: In all.
        per_peer: From one address.

    """

    head: float = 10.0
    idle: int = 15
    stall: float = 20.0
    connections: int = 512
    per_peer: int = 256


def protocol_of(patience: Patience) -> type[PatientProtocol]:
    """Return the protocol of one server, whose connections are counted together."""
    return type("Protocol", (PatientProtocol,), {"patience": patience, "peers": Counter()})


class PatientProtocol(H11Protocol):
    """One connection."""

    patience: ClassVar[Patience]
    peers: ClassVar[Counter[str]]
    """Connections by the address they come from."""

    def __init__(self, *args: Any, **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a connection, unless there are too many."""
        super().connection_made(transport)
        self.peers[self._peer] += 1
        if len(self.connections) > self.patience.connections or self.peers[self._peer] > self.patience.per_peer:
            self._end(_plain(503, b"too many connections", retry_after="5"))
        else:
            self._start("head", self.patience.head, self._give_up)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget a connection."""
        super().connection_lost(exc)
        self.peers[self._peer] -= 1
        if not self.peers[self._peer]:
            del self.peers[self._peer]
        # uvicorn leaves its own timer to a connection that broke.
        self._unset_keepalive_if_required()
        for name in list(self._timers):
            self._stop(name)

    def data_received(self, data: bytes) -> None:
        """Take bytes in; the first of a request start its clock, the last of its headers stop it."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._stop("head")
        elif "head" not in self._timers:
            self._start("head", self.patience.head, self._give_up)

    def pause_writing(self) -> None:
        """Wait for a peer that does not read, but not for long."""
        super().pause_writing()
        self._wait_for_peer()

    def resume_writing(self) -> None:
        """Go on with a peer that has read."""
        super().resume_writing()
        self._wait_for_peer()

    def on_response_complete(self) -> None:
        """Wait for the next request, and for the peer to take what is left of this answer."""
        super().on_response_complete()
        self._wait_for_peer()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP, with the headers of all answers; an answer that has begun is cut off."""
        cycle: RequestResponseCycle | None = self.cycle
        begun = cycle is not None and cycle.response_started and not cycle.response_complete
        status = getattr(sys.exception(), "error_status_hint", 400)
        self._end(b"" if begun else _plain(status, msg.encode()))
        if cycle is not None:  # What is still being made has no reader.
            cycle.disconnected = True
            cycle.message_event.set()

    @property
    def _peer(self) -> str:
        return self.client[0] if self.client else ""

    def _give_up(self) -> None:
        """End a connection that has not made its request; where it has not begun to, nothing is to be said."""
        self._end(_plain(408, b"the request took too long") if self.conn.trailing_data[0] else b"")

    def _end(self, words: bytes) -> None:
        self._stop("head")
        self.transport.write(words)
        self.transport.close()
        self._wait_for_peer()

    def _wait_for_peer(self) -> None:
        """Give the peer time to take some of what is written, from now on."""
        self._stop("stall")
        if left := self.transport.get_write_buffer_size():
            self._start("stall", self.patience.stall, self._judge, left)

    def _judge(self, before: int) -> None:
        """End the connection of a peer that has taken next to nothing of so many bytes."""
        left = self.transport.get_write_buffer_size()
        if left > max(0, before - LEAST_TAKEN):
            self.transport.abort()
        else:
            self._wait_for_peer()

    def _start(self, name: str, seconds: float, call: Callable[..., None], *given: int) -> None:
        self._timers[name] = self.loop.call_later(seconds, call, *given)

    def _stop(self, name: str) -> None:
        if timer := self._timers.pop(name, None):
            timer.cancel()


def _plain(status: int, text: bytes, **more: str) -> bytes:
    """Return a whole answer, after which the connection ends."""
    headers = {**HEADERS, **DEFAULTS, **{name.replace("_", "-"): value for name, value in more.items()}}
    headers |= {"content-type": "text/plain; charset=utf-8", "content-length": str(len(text)), "connection": "close"}
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", *(f"{name}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, "", ""]).encode() + text
