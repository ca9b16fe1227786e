"""Shared fixtures, and the count of tests that ran on the real data."""

from __future__ import annotations

import os
import signal
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Derandomised: the same examples on every machine, and no deadline on busy ones.
EXAMPLES = int(os.environ.get("GEX_EXAMPLES", "60"))
settings.register_profile("gex", derandomize=True, deadline=None, max_examples=EXAMPLES)
settings.load_profile("gex")

# A shell ignores Ctrl-C in what it runs in the background, and so would the programs that tests start and interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session", name="data_path")
def _data_path() -> Callable[..., Path]:
    """Return a function from path parts to a file of the real-data folder, which skips where there is none."""

    def find(*parts: str) -> Path:
        root = os.environ.get("GEX_TEST_DATA")
        if not root:
            pytest.skip("GEX_TEST_DATA is not set: no real chain files")
        path = Path(root).joinpath(*parts)
        if not path.exists():
            pytest.skip(f"{path} is not there")
        return path

    return find


@dataclass
class Answer:
    """What the server says to one request."""

    body: bytes = b""
    status: int = 200
    type: str | None = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    announced: int | None = None
    """A Content-Length other than the body's."""
    pauses: tuple[float, ...] = ()
    """Seconds of silence before each byte of the body, the last for all that follow."""


class FeedServer(ThreadingHTTPServer):
    """A server on this machine that answers each path with what it was given, the last answer over and over."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answers: dict[str, list[Answer]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def give(self, path: str, *answers: Answer) -> str:
        """Set the answers of a path and return its address."""
        self.answers[path] = list(answers)
        return self.url + path


class _Handler(BaseHTTPRequestHandler):
    server: FeedServer

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        queue = self.server.answers.get(self.path) or [Answer(status=404)]
        answer = queue.pop(0) if len(queue) > 1 else queue[0]
        self.send_response(answer.status)
        length = len(answer.body) if answer.announced is None else answer.announced
        typed = {"Content-Type": answer.type} if answer.type else {}
        for name, value in (typed | {"Content-Length": str(length)} | answer.headers).items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self._send(answer)
        except ConnectionError:  # The client has had enough.
            self.close_connection = True

    def _send(self, answer: Answer) -> None:
        if not answer.pauses:
            self.wfile.write(answer.body)
            return
        for place in range(len(answer.body)):
            self.server.closing.wait(answer.pauses[min(place, len(answer.pauses) - 1)])
            self.wfile.write(answer.body[place : place + 1])

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(name="answer", scope="session")
def _answer() -> type[Answer]:
    return Answer


@pytest.fixture(name="server")
def _server(monkeypatch: pytest.MonkeyPatch) -> Iterator[FeedServer]:
    """Run a local server, and stop it at the end of the test."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with FeedServer() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.closing.set()
        server.shutdown()
        thread.join()


@pytest.hookimpl(trylast=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests ran on the real data: a green run without them proves less."""
    ran = [
        report
        for report in terminalreporter.stats.get("passed", []) + terminalreporter.stats.get("failed", [])
        if report.when == "call" and "real" in report.keywords
    ]
    skipped = [
        report for report in terminalreporter.stats.get("skipped", []) if "real" in getattr(report, "keywords", ())
    ]
    terminalreporter.write_line(f"real data: {len(ran)} tests ran, {len(skipped)} skipped")
