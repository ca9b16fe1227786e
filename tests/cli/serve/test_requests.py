"""Shapes of requests over real sockets: oversized, malformed, cut, and such as smuggle in a second one."""

from __future__ import annotations

import re
import socket
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plain_site import Site, is_guarded, run
from raw_server import Client

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[tuple[Site, int]]:
    """One server for all shapes of requests, and its port."""
    with run(site := Site()) as server:
        yield site, server.port


LINE = "\r\nHost: 127.0.0.1:{port}\r\n"


@pytest.mark.parametrize(
    ("request_", "statuses"),
    [
        ("GET / HTTP/1.1{host}\r\n", {200}),
        ("HEAD / HTTP/1.1{host}\r\n", {200}),
        ("GET / HTTP/1.0{host}\r\n", {200}),
        ("GET / HTTP/1.0\r\n\r\n", {421}),
        ("GET / HTTP/1.1\r\n\r\n", {400}),
        ("GET / HTTP/1.1{host}Host: evil.example\r\n\r\n", {400}),
        ("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", {421}),
        ("GET / HTTP/2.0{host}\r\n", {505}),
        ("GET /\r\n\r\n", {400}),
        ("GET  / HTTP/1.1{host}\r\n", {400}),
        ("GET / HTTP/1.1 {host}\r\n", {400}),
        ("GET /a b HTTP/1.1{host}\r\n", {400}),
        ("GET /\x00 HTTP/1.1{host}\r\n", {400}),
        ("GET /\xe9 HTTP/1.1{host}\r\n", {400}),
        ("G\x00T / HTTP/1.1{host}\r\n", {400}),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", {400}),  # TLS
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", {505}),
        ("GET / HTTP/1.1{host}X y: z\r\n\r\n", {400}),
        ("GET / HTTP/1.1{host}X : z\r\n\r\n", {400}),
        ("GET / HTTP/1.1{host}: z\r\n\r\n", {400}),
        ("GET / HTTP/1.1{host}X: a\x00b\r\n\r\n", {400}),
        ("GET / HTTP/1.1{host}X: a\rb\r\n\r\n", {400}),
        ("GET http://evil.example/ HTTP/1.1{host}\r\n", {400}),
        ("GET http://127.0.0.1:{port}/ HTTP/1.1{host}\r\n", {400}),
        ("GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1{host}\r\n", {404}),
        ("GET /..\\..\\x HTTP/1.1{host}\r\n", {404}),
        ("OPTIONS * HTTP/1.1{host}\r\n", {405}),
        ("CONNECT 127.0.0.1:22 HTTP/1.1{host}\r\n", {405}),
        ("TRACE / HTTP/1.1{host}X: secret\r\n\r\n", {405}),
        ("POST / HTTP/1.1{host}Content-Length: 2\r\n\r\nab", {405}),
        ("PUT / HTTP/1.1{host}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", {405}),
        ("GET /{long} HTTP/1.1{host}\r\n", {414, 431}),
        ("GET / HTTP/1.1{host}X: {long}\r\n\r\n", {431}),
        ("GET / HTTP/1.1{host}{many}\r\n", {431}),
        ("GET / HTTP/1.1{host}Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", {200}),
        ("GET / HTTP/1.1{host}Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", {200}),
    ],
)
def test_each_shape_of_a_request_gets_its_answer(shared: tuple[Site, int], request_: str, statuses: set[int]) -> None:
    many = "".join(f"x-{n}: 1\r\n" for n in range(200))
    with Client(shared[1]) as client:
        text = request_.replace("{host}", LINE).replace("{port}", str(shared[1]))
        client.send(text.replace("{long}", "x" * 30_000).replace("{many}", many).encode("latin-1"))
        answer = client.until(b"\r\n\r\n")
    assert int(answer.split()[1]) in statuses
    assert is_guarded(answer)
    assert b"secret" not in answer


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"


@pytest.mark.parametrize(
    "head",
    [
        "Content-Length: {length}\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding: chunked\r\nContent-Length: 0",
        "Content-Length: 0\r\nContent-Length: {length}",
        "Content-Length: {length}\r\nContent-Length: {length}",
        "Content-Length: +{length}",
        "Content-Length: 0x10",
        "Content-Length: -1",
        "Content-Length : {length}",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\x0bchunked",
        "X: y\nTransfer-Encoding: chunked",
        " Content-Length: {length}",
        "Content-Length: {length}",
        "Transfer-Encoding: chunked",
    ],
)
def test_what_follows_a_doubtful_length_is_never_a_request(shared: tuple[Site, int], head: str) -> None:
    site, port = shared
    site.seen.clear()
    with Client(port) as client:
        tail = SMUGGLED.replace("{port}", str(port))
        text = f"GET /first HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n{head}\r\n\r\n"
        text = text.replace("{length}", str(len(tail)))
        client.send((text + "0\r\n\r\n" * ("chunked" in head) + tail).encode("latin-1"))
        answer = client.rest()
    assert answer.split()[1] in {b"400", b"413", b"421", b"501"}
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not site.seen


def test_nothing_bad_within_a_body_reaches_a_running_answer(shared: tuple[Site, int]) -> None:
    """Its chunks are no chunks: one answer, a refusal."""
    site, port = shared
    site.seen.clear()
    with Client(port) as client:
        client.get("/wait", "Transfer-Encoding: chunked")
        client.send(b"zz\r\n")
        answer = client.rest()
    assert answer.count(b"HTTP/1.1 ") == 1
    assert answer.split()[1] in {b"400", b"413"}
    assert not site.seen


PIECES = (
    b"GET ",
    b"/",
    b" HTTP/1.1",
    b"\r\n",
    b"\n",
    b"\r",
    b"Host: 127.0.0.1",
    b": ",
    b"Content-Length: 5",
    b"\x00",
    b" ",
    b"%",
)
PIECES += (
    b"Transfer-Encoding: chunked",
    b"Connection: close",
    b"POST ",
    b"0\r\n\r\n",
    b"5\r\nabcde",
    b"Expect: 100-continue",
    b"a" * 9000,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(sent=st.lists(st.sampled_from(PIECES) | st.binary(max_size=6), max_size=14).map(b"".join))
def test_no_bytes_at_all_break_the_server(
    shared: tuple[Site, int], caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    with Client(shared[1]) as client:
        client.send(b"GET /one HTTP/1.1\r\nHost: 127.0.0.1:%d\r\n\r\n" % shared[1] + sent)
        client.socket.shutdown(socket.SHUT_WR)
        answers = re.findall(rb"HTTP/1\.1 (\d+) ", client.rest())
    assert answers[:1] in ([], [b"200"])  # None where the rest was refused before it was begun.
    assert {each[:1] for each in answers} <= {b"1", b"2", b"4", b"5"}
    assert b"500" not in answers
    assert not caplog.records


def test_requests_sent_at_once_are_answered_in_their_order() -> None:
    with run(site := Site()) as server, Client(server.port) as client:
        line = f" HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n\r\n"
        client.send("".join(f"GET /{n}{line}" for n in range(5)).encode() + b"GET /cut HT")
        answer = client.until(b"/4")
    assert answer.count(b"HTTP/1.1 200 ") == 5
    assert site.seen == [f"GET /{n}" for n in range(5)]
