"""What every request must pass and what every answer carries: pure ASGI, around the whole site.

The site reads files of this machine, so whoever can make a browser here ask for a page must not get one: a page of
another origin, or one whose name was made to point at this machine (DNS rebinding: the Host header tells). What is
refused is refused before the site sees it, in RFC 9457's form.
"""

from __future__ import annotations

import json
import re
from http import HTTPStatus
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote_to_bytes

from gex.cli.failures import one_line
from gex.cli.log import LOGGER

if TYPE_CHECKING:
    from collections.abc import Iterable, MutableMapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from gex.cli.serve.tokens import Lock

    Pairs = list[tuple[bytes, bytes]]

METHODS = ("GET", "HEAD")
VERSIONS = ("1.0", "1.1")
MOST_TARGET = 4096
"""Bytes of path and query."""
MOST_HEADERS, MOST_HEADER_BYTES = 64, 16_384
MOST_INSTANCE = 200
"""Bytes of a path that a refusal repeats."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
}
"""On every answer, whatever the site says of them."""
DEFAULTS = {"cache-control": "no-store"}
"""On every answer of which the site says nothing else."""
DOUBTFUL = {400, 403, 404, 405, 413, 414, 421, 431, 505}
"""Refusals that end the connection: whoever sent this is no page of ours, and what follows may be no request."""
NO_PATH = re.compile(rb"%|\\|[\x00-\x1f\x7f]|//|(^|/)\.{1,2}(/|$)")
"""In a path once decoded: what would mean another path to somebody who decodes, splits or joins it once more."""
LOGIN = b"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark"><title>gex: token</title></head>
<body><main><h1>This site asks for a token</h1>
<p>Whoever started <code>gex serve</code> has it.</p>
<form method="get"><label>Token <input type="password" name="token" autocomplete="current-password" required></label>
<button>Open</button></form></main></body></html>
"""


class RefusedError(Exception):
    """A request that is not answered, with the status and the reason it gets."""

    def __init__(self, status: int, detail: str, **headers: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}

    def body(self, scope: Scope) -> bytes:
        """Return the problem as JSON (RFC 9457); the address in it is escaped."""
        problem = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "instance": quote(_raw_path(scope)[:MOST_INSTANCE], safe="/%"),
        }
        return json.dumps(problem).encode()


class Guard:
    """The site behind all checks.

    Args:
        app: The site.
        hosts: Host headers that are answered, `name:port` in small letters; see `hosts_of`. The address that a request
            came to is answered too, by its number: no name can be made to point elsewhere where there is none.
        lock: Whom it opens to; None for everybody who can connect.

    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str], lock: Lock | None = None) -> None:
        self._app = app
        self._hosts = frozenset(hosts)
        self._lock = lock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            raise RuntimeError(f"no {scope['type']} here")
        answer = _Answer(send)
        try:
            self._check(scope)
            await self._app(scope, receive, answer)
        except RefusedError as error:
            await answer.refuse(scope, error)
        except Exception as error:
            LOGGER.error("%s", one_line(error), exc_info=error)
            if answer.begun:  # It cannot be taken back: the connection is closed, and the reader sees it cut off.
                raise
            await answer.refuse(scope, RefusedError(500, "a fault of gex; its log says more"))

    def _check(self, scope: Scope) -> None:
        check_size(scope)
        check_method(scope)
        check_body(scope)
        check_path(scope)
        hosts = self._hosts | _own_address(scope)
        check_host(scope, hosts)
        check_page(scope, hosts)
        if self._lock is not None:
            self._lock.check(scope)


class _Answer:
    """Sends an answer with the headers that every one has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            message = _with_headers(message)
        await self._send(message)

    async def refuse(self, scope: Scope, error: RefusedError) -> None:
        body, kind = error.body(scope), b"application/problem+json"
        if error.status == 401 and any(b"text/html" in each for each in values(scope, b"accept")):
            body, kind = LOGIN, b"text/html; charset=utf-8"
        pairs = [(b"content-type", kind), (b"content-length", b"%d" % len(body))]
        if error.status in DOUBTFUL:
            pairs.append((b"connection", b"close"))
        pairs += [(name.encode(), value.encode("latin-1")) for name, value in error.headers.items()]
        await self({"type": "http.response.start", "status": error.status, "headers": pairs})
        await self({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _with_headers(message: MutableMapping[str, Any]) -> Message:
    given: Pairs = [(name.lower(), value) for name, value in message.get("headers", ())]
    names = {name for name, _ in given}
    kept = [pair for pair in given if pair[0].decode() not in HEADERS]
    kept += [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    kept += [(name.encode(), value.encode()) for name, value in DEFAULTS.items() if name.encode() not in names]
    return {**message, "headers": kept}


def values(scope: Scope, name: bytes) -> list[bytes]:
    """Return all values that a request has of a header, whose name is in small letters."""
    return [value for key, value in scope["headers"] if key.lower() == name]


def check_size(scope: Scope) -> None:
    """Refuse what no browser asks of this site.

    Raises:
        RefusedError: The address, one header or all are too long.

    """
    if len(_raw_path(scope)) + len(scope["query_string"]) > MOST_TARGET:
        raise RefusedError(414, f"at most {MOST_TARGET} bytes")
    headers = scope["headers"]
    length = sum(len(name) + len(value) + 4 for name, value in headers)
    if len(headers) > MOST_HEADERS or length > MOST_HEADER_BYTES:
        detail = f"at most {MOST_HEADERS} headers of {MOST_HEADER_BYTES} bytes in all"
        raise RefusedError(431, detail)


def check_method(scope: Scope) -> None:
    """Refuse what does anything but read, and what is another protocol.

    Raises:
        RefusedError: It is neither GET nor HEAD, or not HTTP/1.

    """
    if scope["http_version"] not in VERSIONS:
        raise RefusedError(505, "HTTP/1.1 is spoken here")
    if scope["method"] not in METHODS:
        raise RefusedError(405, "GET and HEAD alone", allow=", ".join(METHODS))


def check_body(scope: Scope) -> None:
    """Refuse a body, which no reading needs; the connection ends, so that it is never taken for a request.

    Raises:
        RefusedError: There is one, or two ways to tell its length.

    """
    lengths, coded = values(scope, b"content-length"), values(scope, b"transfer-encoding")
    if coded and lengths:
        detail = "Content-Length and Transfer-Encoding at once"
        raise RefusedError(400, detail)
    if coded or any(each.strip(b"0") for each in lengths):
        raise RefusedError(413, "a request here has none")


def check_path(scope: Scope) -> None:
    """Refuse paths that can be read in two ways, before anybody reads them in either.

    Raises:
        RefusedError: It does not begin at the root (400); it goes up, has an escaped slash, escapes within escapes,
            backslashes, control characters or bytes that are no UTF-8 (404: nothing here has such an address).

    """
    raw = _raw_path(scope)
    if not raw.startswith(b"/"):
        raise RefusedError(400, "an address here begins with /")
    path = unquote_to_bytes(raw)
    if NO_PATH.search(path) or b"%2f" in raw.lower() or "\N{REPLACEMENT CHARACTER}" in path.decode(errors="replace"):
        raise RefusedError(404, "there is nothing under this address")


def check_host(scope: Scope, hosts: frozenset[str]) -> None:
    """Refuse a name that is not ours: a page of it would read this site as its own.

    Raises:
        RefusedError: The Host header is missing, repeated or not one of `hosts`.

    """
    found = [value.decode("latin-1").lower() for value in values(scope, b"host")]
    if len(found) != 1 or found[0] not in hosts:
        raise RefusedError(421, "not a name of this site; gex serve --allow-host NAME adds one")


def check_page(scope: Scope, hosts: frozenset[str]) -> None:
    """Refuse what a page of another site asks for; a link there may be followed.

    Raises:
        RefusedError: Sec-Fetch-Site or Origin tells that such a page asks.

    """
    sites = set(values(scope, b"sec-fetch-site"))
    link = values(scope, b"sec-fetch-mode") == [b"navigate"] and values(scope, b"sec-fetch-dest") == [b"document"]
    origins = [value.decode("latin-1").lower() for value in values(scope, b"origin")]
    ours = {f"{scheme}://{host}" for host in hosts for scheme in ("http", "https")}
    if (sites - {b"same-origin", b"none"} and not link) or not ours.issuperset(origins):
        raise RefusedError(403, "another site's page asks for this; open the address itself")


def hosts_of(port: int, *names: str) -> frozenset[str]:
    """Return the Host headers of a server on this machine.

    Args:
        port: Where it listens.
        names: More names: one without a port is taken with the server's, and without, as behind a proxy.

    Raises:
        ValueError: One is no name.

    """
    found = {f"{name}:{port}" for name in ("127.0.0.1", "localhost", "[::1]")}
    for each in names:
        name = each.strip().lower()
        match = re.fullmatch(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?", name)
        if not match:
            raise ValueError(f"{each!r} is no name of a host, such as desk.example or desk.example:8080")
        found |= {name} if match[2] else {name, f"{name}:{port}"}
    if port == 80:
        found |= {each.removesuffix(":80") for each in found}
    return frozenset(found)


def _own_address(scope: Scope) -> set[str]:
    """Return the number of the address that a request came to, as a Host header names it."""
    host, port = scope.get("server") or ("", None)
    try:
        address = ip_address(host)
    except ValueError:
        return set()
    return {f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"}


def _raw_path(scope: Scope) -> bytes:
    """Return the path as it was sent; some servers keep it only decoded."""
    raw: bytes | None = scope.get("raw_path")
    return scope["path"].encode() if raw is None else raw
