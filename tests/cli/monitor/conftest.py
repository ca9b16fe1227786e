"""A webhook on this machine, and verdicts made by hand."""

from __future__ import annotations

import datetime as dt
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.checking import Checked
from gex.limit_states import Verdict
from gex.limits import Beyond, Rule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Hook(ThreadingHTTPServer):
    """Answers each POST with the next of its statuses, the last over and over; None never answers."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses: list[int | None] = [200]
        self.got: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Its address, a secret in it."""
        return f"http://127.0.0.1:{self.server_port}/hook/s3cr3t-path?token=t0k3n"


class _Handler(BaseHTTPRequestHandler):
    server: Hook

    def do_POST(self) -> None:
        hook = self.server
        status = hook.statuses.pop(0) if len(hook.statuses) > 1 else hook.statuses[0]
        hook.got.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        hook.headers.append(dict(self.headers))
        if status is None:
            hook.closing.wait(30)
            return
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(name="hook")
def _hook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with Hook() as hook:
        thread = threading.Thread(target=hook.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield hook
        hook.closing.set()
        hook.shutdown()
        thread.join()


FIRST = dt.datetime(2025, 9, 5, 14, 0, tzinfo=dt.UTC)


@pytest.fixture(name="verdict")
def _verdict() -> Callable[..., Verdict]:
    """Return a function that makes the state of a limit at so many minutes after 10:00, since so many."""

    def make(state: Any, minute: int = 0, since: int | None = None, severity: Any = "breach") -> Verdict:
        rule = Rule(name="r", field="spot", test=Beyond("below", 6500.0), severity=severity)
        time = FIRST + dt.timedelta(minutes=minute)
        began = FIRST + dt.timedelta(minutes=minute if since is None else since)
        figure = None if state == "unknown" else 6499.0
        return Verdict(rule, "SPX", state, figure, None, None, began, time, 1, None)

    return make


@pytest.fixture(name="checked")
def _checked() -> Callable[..., Checked]:
    """Return a function that makes what is known at so many minutes after 10:00 of quotes of another minute."""

    def make(at: int = 20, quoted: int = 0) -> Checked:
        times = [FIRST + dt.timedelta(minutes=minute) for minute in (at, quoted)]
        return Checked("SPX", times[0], times[1], float(at - quoted), 0, 1, ())

    return make
