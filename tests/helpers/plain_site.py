"""A site that answers with the path it was asked for, behind its guard on a real socket."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from raw_server import served

from gex.cli.serve.security import HEADERS, Guard

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.cli.serve.protocol import Patience

BIG = b"x" * 8_000_000
"""More than any socket's buffers hold."""


class Site:
    """Answers with the path; counts what reached it and what is under way."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.open = threading.Event()
        self.left = threading.Event()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.seen.append(f"{scope['method']} {scope['path']}")
        body = BIG if scope["path"] == "/big" else scope["path"].encode()
        headers = [(b"content-type", b"text/plain")]
        if scope["path"] == "/wait":
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": b"begun", "more_body": True})
            self.open.set()
            while (await receive())["type"] != "http.disconnect":
                pass
            self.left.set()
            return
        headers.append((b"content-length", b"%d" % len(body)))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def run(site: Site, patience: Patience | None = None, early: Callable[[int], None] = lambda _: None) -> Any:
    """Serve a site behind its guard, which knows the address that a request comes to."""
    return served(Guard(site, ()), patience, early=early)


def is_guarded(answer: bytes) -> bool:
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return all(f"\r\n{name}: {value}".lower().encode() in head for name, value in HEADERS.items())
