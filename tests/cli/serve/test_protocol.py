"""Connections over real sockets: slow, idle, many, and left open."""

from __future__ import annotations

import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from plain_site import BIG, Site, is_guarded, run
from raw_server import LONG, Client

from gex.cli.serve.protocol import LEAST_TAKEN, Patience, protocol_of

if TYPE_CHECKING:
    from collections.abc import Callable

SHORT = 0.05


def eventually(found: Callable[[], bool]) -> bool:
    """Wait for what another thread is about to do."""
    pause = threading.Event()
    return any(found() or pause.wait(0.005) for _ in range(int(LONG / 0.005)))


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
