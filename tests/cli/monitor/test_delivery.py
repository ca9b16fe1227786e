"""Deliveries to a command, a file and a webhook: what arrives, what fails, what is never shown."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.log import LOGGER, configure
from gex.cli.monitor import delivery as module
from gex.cli.monitor import postmen
from gex.cli.monitor.alerts import news_of
from gex.cli.monitor.config import Delivery
from gex.cli.monitor.delivery import DeliveryError, deliver
from gex.cli.monitor.outbox import Outbox
from gex.cli.monitor.postmen import Post
from gex.cli.monitor.secrets import HIDDEN, Secrets

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

DOCUMENT = {"key": "k" * 32, "rule": "r", "message": "café"}
ALL = ("info", "warn", "breach")


def to(way: Any, *target: str, timeout: float = 5.0, retries: int = 0, **headers: str) -> Delivery:
    return Delivery("desk", way, target, timeout, retries, ALL, headers)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BACK_OFF", 0.01)


def send(delivery: Delivery, document: dict[str, Any] | None = None) -> None:
    deliver(delivery, document or DOCUMENT, threading.Event())


def test_a_command_reads_the_alert(tmp_path: Path) -> None:
    program = "import sys; open(sys.argv[1], 'w', encoding='utf-8').write(sys.stdin.buffer.read().decode())"
    send(to("command", sys.executable, "-c", program, str(tmp_path / "got")))
    assert json.loads((tmp_path / "got").read_text(encoding="utf-8")) == DOCUMENT


def test_a_command_that_does_not_read_is_no_fault() -> None:
    send(to("command", sys.executable, "-c", "pass"), DOCUMENT | {"long": "x" * 1_000_000})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((sys.executable, "-c", "import sys; sys.exit('no  such\\ndesk')"), "ended with 1: no such desk"),
        (("/no/such/program",), "cannot be started: No such file"),
    ],
)
def test_a_command_that_fails(arguments: tuple[str, ...], message: str) -> None:
    with pytest.raises(DeliveryError, match=message):
        send(to("command", *arguments))


def test_a_command_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    program = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "open(sys.argv[1], 'w').write(str(child.pid))\ntime.sleep(60)"
    )
    with pytest.raises(DeliveryError, match="took longer than 5 s"):
        send(to("command", sys.executable, "-c", program, str(tmp_path / "pid"), timeout=5.0))
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):  # Init has to reap it first.
        state = _state_of(pid)
        if state in {"", "Z"}:
            break
        time.sleep(0.05)
    assert state in {"", "Z"}


def _state_of(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rpartition(")")[2].split()[0]
    except OSError:
        return ""


def test_a_file_gets_one_line_an_alert(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    send(to("file", str(path)))
    send(to("file", str(path)))
    assert [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] == [DOCUMENT] * 2


def test_a_line_that_somebody_left_unfinished_is_ended_first(tmp_path: Path) -> None:
    path = tmp_path / "alerts.jsonl"
    path.write_text('{"key": "cut')
    send(to("file", str(path)))
    assert json.loads(path.read_text(encoding="utf-8").splitlines()[1]) == DOCUMENT


def test_a_full_disk_leaves_no_half_line() -> None:
    with pytest.raises(DeliveryError, match="cannot be written"):
        send(to("file", "/dev/full"))


def test_a_webhook_gets_the_alert_with_its_key(hook: Any) -> None:
    send(to("webhook", hook.url, Authorization="Bearer abc"))
    assert hook.got == [DOCUMENT]
    assert hook.headers[0]["Idempotency-Key"] == DOCUMENT["key"]
    assert hook.headers[0]["Authorization"] == "Bearer abc"
    assert hook.headers[0]["Content-Type"] == "application/json"


def test_a_webhook_is_tried_again_within_the_round(hook: Any) -> None:
    hook.statuses = [500, 503, 200]
    send(to("webhook", hook.url, retries=2))
    assert [each["key"] for each in hook.got] == [DOCUMENT["key"]] * 3


@pytest.mark.parametrize("status", [302, 404, 500])
def test_a_webhook_that_fails_says_so_without_its_address(hook: Any, status: int) -> None:
    hook.statuses = [status]
    with pytest.raises(DeliveryError) as caught:
        send(to("webhook", hook.url, retries=1))
    assert str(caught.value) == f"the webhook answered {status}"
    assert len(hook.got) == 2


def test_a_webhook_that_hangs_is_left(hook: Any) -> None:
    hook.statuses = [None]
    with pytest.raises(DeliveryError, match=r"cannot be reached \(ReadTimeout\)"):
        send(to("webhook", hook.url, timeout=1.0))


def test_a_webhook_that_is_not_there() -> None:
    with pytest.raises(DeliveryError, match=r"cannot be reached \(ConnectError: .*refused"):
        send(to("webhook", "http://127.0.0.1:9/s3cr3t"))


@pytest.fixture(name="alerts")
def _alerts(verdict: Callable[..., Any], checked: Callable[..., Any]) -> Any:
    history = [verdict("ok", 0)]
    _, told = news_of(history, None, checked())
    history += [verdict("breached", 5), verdict("cleared", 10), verdict("breached", 15)]
    return news_of(history, told, checked())[0]


def test_a_failing_webhook_is_said_once_and_loses_nothing(
    hook: Any, alerts: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """500 in three rounds, then 200: every alert arrives, in order, with one line about the fault."""
    said: list[str] = []
    monkeypatch.setattr(postmen, "tell", lambda _event, message, *_, **__: said.append(message))
    hook.statuses = [500, 500, 500, 200]
    outbox = Outbox(tmp_path / "alerts")
    with outbox.owned():
        post = Post(
            outbox,
            [to("webhook", hook.url), Delivery("file", "file", (str(tmp_path / "f"),), 1, 0, ALL)],
            threading.Event(),
        )
        outbox.put(alerts, post.targets())
        for _ in range(3):
            post.send(wait=None)
            assert len(outbox.waiting("desk")) == 3
            assert outbox.waiting("file") == []
        post.send(wait=None)
    assert outbox.waiting() == []
    assert [each["key"] for each in hook.got[3:]] == [each.key for each in alerts]
    faults = [each for each in said if "delivered" not in each]
    assert faults == ["desk: the webhook answered 500; 3 waiting, tried again every round (said once)"]
    assert said.count("desk: delivered again") == 1


def test_a_hanging_webhook_does_not_hold_up_the_round(hook: Any, alerts: Any, tmp_path: Path) -> None:
    hook.statuses = [None]
    outbox, stop = Outbox(tmp_path / "alerts"), threading.Event()
    with outbox.owned():
        post = Post(outbox, [to("webhook", hook.url, timeout=3.0)], stop)
        outbox.put(alerts, post.targets())
        post.send()
        while not hook.got:
            time.sleep(0.01)
        post.send()  # The first round is still at it: no second one beside it.
        assert len(outbox.waiting("desk")) == 3
        stop.set()
        post.postmen[0].wait(None)
    assert len(hook.got) == 1
    assert len(outbox.waiting("desk")) == 3


def test_the_last_wait_is_for_all_places_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    post = Post(Outbox(tmp_path), [to("file", "x") for _ in range(3)], threading.Event())
    waits: list[float | None] = []
    for each in post.postmen:
        monkeypatch.setattr(each, "wait", waits.append)
    clock = iter((100.0, 100.0, 103.0, 107.0))
    monkeypatch.setattr(postmen.time, "monotonic", lambda: next(clock))
    post.finish(5.0)
    post.finish(None)
    assert waits == [5.0, 2.0, 0.0, None, None, None]


def test_secrets_come_from_the_environment_and_show_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    secrets = Secrets()
    monkeypatch.setenv("HOOK", "https://user:pass%40w@hooks.example/T0/äb c?token=x&y")
    monkeypatch.setenv("QUOTED", 'to"k\\en')
    hook, quoted = secrets.resolve("env:HOOK"), secrets.resolve("env:QUOTED")
    assert secrets.resolve("plain") == "plain"
    for text in (hook, f"POST {hook}: refused", "/T0/äb c?token=x&y", json.dumps(quoted), repr([quoted]), "pass%40w"):
        shown = secrets.redact(text)
        assert HIDDEN in shown
        assert not any(part in shown for part in ("token", "pass", "T0", 'to"k', "k\\e"))
    assert "HOOK" not in repr(secrets)
    assert hook not in repr(secrets)


def test_a_secret_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EMPTY", "")
    for name in ("EMPTY", "NO_SUCH_NAME"):
        with pytest.raises(ValueError, match=f"the environment has no {name}"):
            Secrets().resolve(f"env:{name}")


@pytest.mark.parametrize("json_lines", [False, True])
def test_the_log_is_guarded_tracebacks_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], json_lines: bool
) -> None:
    monkeypatch.setenv("TOKEN", 's3cr3t"é')
    configure(2, json_lines=json_lines)
    secrets = Secrets()
    token = secrets.resolve("env:TOKEN")
    secrets.guard(LOGGER)
    try:
        int(token)
    except ValueError as error:
        LOGGER.error("it says %s", token, exc_info=error, extra={"facts": {"token": token}})
    shown = capsys.readouterr().err
    configure()
    assert "s3cr3t" not in shown
    assert "Traceback" in shown
    assert HIDDEN in shown
