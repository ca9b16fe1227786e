"""Connections over real sockets: slow, idle, many, oversized, cut, and shapes that smuggle a second request."""

from __future__ import annotations

import re
import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from raw_server import LONG, Client, served

from gex.cli.serve.protocol import LEAST_TAKEN, Patience, protocol_of
from gex.cli.serve.security import HEADERS, Guard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BIG = b"x" * 8_000_000
"""More than any socket's buffers hold."""
SHORT = 0.05


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


@pytest.fixture(scope="module", name="shared")
def _shared() -> Iterator[tuple[Site, int]]:
    """One server for all shapes of requests, and its port."""
    with run(site := Site()) as server:
        yield site, server.port


def eventually(found: Callable[[], bool]) -> bool:
    """Wait for what another thread is about to do."""
    pause = threading.Event()
    return any(found() or pause.wait(0.005) for _ in range(int(LONG / 0.005)))


def is_guarded(answer: bytes) -> bool:
    head = answer.partition(b"\r\n\r\n")[0].lower()
    return all(f"\r\n{name}: {value}".lower().encode() in head for name, value in HEADERS.items())


def test_a_sound_request_is_answered_and_the_connection_kept() -> None:
    with run(site := Site()) as server, Client(server.port) as client:
        for path in ("/one", "/two"):
            client.get(path)
            answer = client.until(path.encode())
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert is_guarded(answer)
            assert b"\r\nserver:" not in answer.lower()
    assert site.seen == ["GET /one", "GET /two"]


@pytest.mark.parametrize(
    "sent", [b"", b"GET / HTTP/1.1\r\nHos", b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: y\r\n", b"\r\n"]
)
def test_headers_that_never_end_are_not_waited_for(sent: bytes) -> None:
    clients: list[Client] = []

    def early(port: int) -> None:
        clients.append(Client(port))
        clients[0].send(sent)

    with run(site := Site(), Patience(head=SHORT), early), clients[0] as client:
        answer = client.rest()
    assert answer[:12] in {b"HTTP/1.1 408", b"HTTP/1.1 400"} if sent else not answer
    assert not sent or is_guarded(answer)
    assert not site.seen


def test_a_byte_now_and_then_buys_no_time() -> None:
    """Also on a connection that was kept after a sound request: bytes come faster than the deadline, all the time."""
    with run(site := Site()) as server, Client(server.port) as client:
        client.get("/one")
        client.until(b"/one")
        server.config.http_protocol_class.patience = Patience(head=0.2)
        client.send(b"GET /two HTTP/1.1\r\n")
        client.socket.settimeout(0.02)
        answer, sent = b"", 0
        while sent < 1000:
            try:
                client.send(b"x")
                answer = client.socket.recv(4096)
                break
            except TimeoutError:
                sent += 1
            except (ConnectionResetError, BrokenPipeError):
                break
    assert 1 <= sent < 1000
    assert not answer or answer.startswith(b"HTTP/1.1 408 ")
    assert site.seen == ["GET /one"]


def test_an_idle_connection_is_closed() -> None:
    with run(Site(), Patience(idle=0)) as server, Client(server.port) as client:
        client.get("/one")
        assert client.rest().endswith(b"\r\n\r\n/one")


def test_a_long_answer_is_not_idle_and_a_running_one_has_no_deadline() -> None:
    clients: list[Client] = []

    def early(port: int) -> None:
        clients.append(Client(port))
        clients[0].get("/wait")

    with run(site := Site(), Patience(head=SHORT, idle=0, stall=SHORT), early), clients[0] as client:
        client.until(b"begun")
        threading.Event().wait(4 * SHORT)
        assert not site.left.is_set()


def test_who_does_not_read_is_cut_off() -> None:
    with run(Site(), Patience(stall=SHORT)) as server, Client(server.port, receive_buffer=4096) as client:
        client.get("/big")
        assert eventually(lambda: not server.server_state.connections and not server.server_state.tasks)
        assert len(client.rest()) < len(BIG)


def test_who_reads_slowly_but_reads_gets_it_all() -> None:
    with run(Site()) as server, Client(server.port, receive_buffer=65536) as client:
        client.get("/big", "Connection: close")
        got = 0
        while data := client.socket.recv(400_000):
            got += len(data)
            threading.Event().wait(0.01)
    assert got > len(BIG)


class Waiting:
    """A transport with bytes that wait for its peer, and a loop whose time does not pass."""

    def __init__(self) -> None:
        self.left = 100_000
        self.aborted = False
        self.due: list[Any] = []

    def get_write_buffer_size(self) -> int:
        return self.left

    def abort(self) -> None:
        self.aborted = True

    def call_later(self, _seconds: float, call: Callable[..., None], *given: int) -> Any:
        self.due.append(lambda: call(*given))
        return SimpleNamespace(cancel=lambda: None)


@pytest.mark.parametrize(("taken", "aborted"), [(0, True), (LEAST_TAKEN - 1, True), (LEAST_TAKEN, False)])
def test_so_much_has_to_be_taken_each_time(taken: int, aborted: bool) -> None:
    kind = protocol_of(Patience())
    connection: Any = kind.__new__(kind)
    waiting = connection.transport = connection.loop = Waiting()
    connection._timers = {}  # noqa: SLF001 (no socket tells how much it has taken)
    connection._wait_for_peer()  # noqa: SLF001
    for take in (LEAST_TAKEN, taken):
        assert not waiting.aborted
        waiting.left -= take
        waiting.due.pop()()
    assert (waiting.aborted, len(waiting.due)) == (aborted, not aborted)


def test_a_connection_that_is_left_frees_all() -> None:
    site = Site()
    with run(site) as server:
        with Client(server.port) as client:
            client.get("/wait")
            client.until(b"begun")
            assert len(server.server_state.connections) == 1
        assert site.left.wait(LONG)
        assert eventually(lambda: not server.server_state.connections and not server.server_state.tasks)
        assert not server.config.http_protocol_class.peers


def test_one_peer_may_have_so_many_connections_and_then_again() -> None:
    with run(Site(), Patience(per_peer=2)) as server:
        with Client(server.port) as first, Client(server.port) as second:
            for client in (first, second):
                client.get("/one")
                client.until(b"/one")
            with Client(server.port) as third:
                answer = third.rest()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert is_guarded(answer)
            assert b"\r\nretry-after: 5\r\n" in answer
            first.get("/one")
            assert first.status() == 200
        assert eventually(lambda: not server.server_state.connections)
        with Client(server.port) as client:
            client.get("/one")
            assert client.status() == 200


def test_all_together_may_have_so_many_connections() -> None:
    with run(Site(), Patience(connections=1)) as server, Client(server.port) as first:
        first.get("/one")
        first.until(b"/one")
        with Client(server.port) as second:
            assert second.status() == 503


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


def test_it_ends_with_connections_of_every_kind_open() -> None:
    with run(Site()) as server:
        clients = [Client(server.port) for _ in range(6)]
        clients[1].send(b"GET / HT")
        for client in clients[2:4]:
            client.get("/one")
            client.until(b"/one")
        clients[4].get("/big")
        clients[5].get("/wait")
        clients[5].until(b"begun")
    for client in clients:
        client.rest()
        client.socket.close()
