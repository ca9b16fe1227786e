"""A request to a site behind its guard, in process, byte by byte as a server hands it on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from gex.cli.serve.security import HEADERS, Guard, hosts_of

if TYPE_CHECKING:
    from gex.cli.serve.tokens import Lock

HOST = "127.0.0.1:8439"
TOKEN = "correct-horse-battery-staple"  # noqa: S105 (of these tests)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def __getitem__(self, name: str) -> str | None:
        found = [value for key, value in self.headers if key == name]
        assert len(found) < 2
        return found[0] if found else None


async def site(scope: Any, _receive: Any, send: Any) -> None:
    """Answers with the path it was asked for, with headers of its own."""
    headers = [(b"content-type", b"text/plain"), (b"X-Frame-Options", b"ALLOWALL")]
    if scope["path"] == "/kept":
        headers.append((b"Cache-Control", b"private, max-age=60"))
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    if scope["path"] == "/cut":
        raise RuntimeError("in the middle")
    await send({"type": "http.response.body", "body": scope["path"].encode()})


async def broken(*_: Any) -> None:
    raise ValueError("of no one's business: /home/someone")


def ask(
    target: str | bytes = "/",
    method: str = "GET",
    *,
    version: str = "1.1",
    app: Any = site,
    lock: Lock | None = None,
    hosts: frozenset[str] | None = None,
    server: tuple[str, int] = ("127.0.0.1", 8439),
    host: str | None = HOST,
    headers: tuple[tuple[str, str], ...] = (),
) -> Answer:
    raw, _, query = (target.encode() if isinstance(target, str) else target).partition(b"?")
    given = [("host", host)] if host is not None else []
    scope = {
        "type": "http",
        "http_version": version,
        "method": method,
        "path": unquote(raw.decode("latin-1")),
        "raw_path": raw,
        "query_string": query,
        "server": server,
        "headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in (*given, *headers)],
    }
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    guard = Guard(app, hosts_of(8439) if hosts is None else hosts, lock)
    asyncio.run(guard(scope, None, send))  # type: ignore[arg-type]
    first, *rest = sent
    pairs = [(name.decode(), value.decode("latin-1")) for name, value in first["headers"]]
    return Answer(first["status"], pairs, b"".join(each["body"] for each in rest))


def is_guarded(answer: Answer) -> bool:
    return all(answer[name] == value for name, value in HEADERS.items())
