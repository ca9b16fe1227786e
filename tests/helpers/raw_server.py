"""A site served on a real socket in a thread, and a client that sends what it is told, byte by byte."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any, Self

from gex.cli.serve.protocol import Patience
from gex.cli.serve.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG = 30.0
"""Seconds until a test gives up: none of them waits for it."""


class Client:
    """One connection."""

    def __init__(self, port: int, receive_buffer: int | None = None) -> None:
        self.socket = socket.socket()
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.settimeout(LONG)
        self.socket.connect(("127.0.0.1", port))
        self.port = port

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def get(self, target: str, *lines: str, method: str = "GET") -> None:
        """Send a whole request."""
        head = [f"{method} {target} HTTP/1.1", f"Host: 127.0.0.1:{self.port}", *lines, "", ""]
        self.send("\r\n".join(head).encode("latin-1"))

    def until(self, mark: bytes) -> bytes:
        """Return what comes up to a mark, and with it all that came at once."""
        found = b""
        while mark not in found:
            data = self.socket.recv(65536)
            assert data, f"it ended before {mark!r}: {found!r}"
            found += data
        return found

    def rest(self) -> bytes:
        """Return all that comes until the server ends the connection."""
        found = b""
        with contextlib.suppress(ConnectionResetError):
            while data := self.socket.recv(65536):
                found += data
        return found

    def status(self) -> int:
        """Return the status of the next answer; 0 where there is none."""
        with contextlib.suppress(ConnectionResetError, AssertionError):
            return int(self.until(b"\r\n").split()[1])
        return 0


@contextlib.contextmanager
def served(
    app: Any,
    patience: Patience | None = None,
    end: Callable[[], None] = lambda: None,
    early: Callable[[int], None] = lambda _: None,
) -> Iterator[Any]:
    """Serve a site while the test runs; gives the server, its port as `port`.

    `early` is called with the port before the server runs: what it connects and sends lies there when the server looks,
    so that no deadline, however short, can pass before.
    """
    listening = socket.create_server(("127.0.0.1", 0))
    server: Any = Server(app, end, patience or Patience())
    server.port = listening.getsockname()[1]
    early(server.port)
    thread = threading.Thread(target=server.run, args=([listening],))
    thread.start()
    try:
        yield server
    finally:
        server.should_exit = True
        thread.join(LONG)
        listening.close()
        assert not thread.is_alive()
