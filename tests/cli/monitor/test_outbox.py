"""Alerts on disk: what a kill between any two steps leaves behind is found again."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any

import pytest

from gex.cli.monitor import outbox as module
from gex.cli.monitor.alerts import Alert, Told, news_of
from gex.cli.monitor.config import Delivery
from gex.cli.monitor.outbox import Outbox
from gex.cli.monitor.postmen import Post
from gex.ingest.errors import UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TARGETS = {"breach": ("a", "b")}


@pytest.fixture(name="outbox")
def _outbox(tmp_path: Path) -> Any:
    outbox = Outbox(tmp_path / "alerts")
    with outbox.owned():
        yield outbox


@pytest.fixture(name="alert")
def _alert(verdict: Callable[..., Any], checked: Callable[..., Any]) -> Alert:
    (alert,), _ = news_of([verdict("breached")], None, checked())
    return alert


def test_an_alert_waits_for_each_until_all_have_it(outbox: Outbox, alert: Alert) -> None:
    assert outbox.put([alert], TARGETS) == 1
    (one,) = outbox.waiting("a")
    assert one.document == alert.document
    outbox.mark(one, "a")
    outbox.tidy()
    assert outbox.waiting("a") == []
    assert len(outbox.waiting("b")) == 1
    outbox.mark(one, "b")
    outbox.tidy()
    assert outbox.waiting() == []
    assert [path.suffix for path in outbox.folder.glob("outbox/*")] == []
    assert len(list(outbox.folder.glob("delivered/*.json"))) == 1


def test_the_same_key_is_put_once_before_and_after_delivery(outbox: Outbox, alert: Alert) -> None:
    assert outbox.put([alert], TARGETS) == 1
    assert outbox.put([alert], TARGETS) == 0
    for target in TARGETS["breach"]:
        outbox.mark(outbox.waiting(target)[0], target)
    outbox.tidy()
    assert outbox.put([alert], TARGETS) == 0


def test_what_nobody_gets_is_not_kept(outbox: Outbox, alert: Alert) -> None:
    assert outbox.put([alert], {"warn": ("a",)}) == 0


def test_a_second_monitor_is_refused(outbox: Outbox) -> None:
    with pytest.raises(UnreadableError, match="another gex monitor"), Outbox(outbox.folder).owned():
        pass


def test_what_a_killed_writer_left_unfinished_goes_when_the_next_takes_over(tmp_path: Path) -> None:
    for folder in (tmp_path / "alerts", tmp_path / "alerts" / "outbox"):
        (folder / ".half.tmp").mkdir(parents=True)
        (folder / ".half.tmp" / "told.json").write_bytes(b"[{")
        (folder / ".half.tmp.json").write_bytes(b"not ours")
    with Outbox(tmp_path / "alerts").owned():
        assert not list((tmp_path / "alerts").rglob(".half.tmp"))
    assert len(list((tmp_path / "alerts").rglob(".half.tmp.json"))) == 2


def test_what_was_told_comes_back(outbox: Outbox) -> None:
    assert outbox.told() == {}
    told = {("r", "SPX"): Told("breached", "2025-09-05T14:00:00+00:00", "2025-09-05T14:05:00+00:00")}
    outbox.remember(told)
    assert Outbox(outbox.folder).told() == told
    (outbox.folder / "told.json").write_text("{")
    assert outbox.told() == {}


def test_an_alert_that_was_not_remembered_tells_what_was_told(outbox: Outbox, alert: Alert) -> None:
    """The disk was full after the alert was written: its end is told one day, and it is not told again."""
    now = "2025-09-05T14:00:00+00:00"
    outbox.put([alert], TARGETS)
    assert outbox.told() == {("r", "SPX"): Told("breached", now, now)}
    for each in TARGETS["breach"]:
        outbox.mark(outbox.waiting(each)[0], each)
    outbox.tidy()
    assert outbox.told() == {("r", "SPX"): Told("breached", now, now)}
    earlier, later = (Told("ok", None, f"2025-09-05T{clock}:00+00:00") for clock in ("13:59", "14:05"))
    outbox.remember({("r", "SPX"): earlier})
    assert outbox.told()["r", "SPX"].state == "breached"
    outbox.remember({("r", "SPX"): later})
    assert outbox.told()["r", "SPX"] == later


def test_targets_that_are_gone_keep_nothing_back(outbox: Outbox, alert: Alert) -> None:
    outbox.put([alert], TARGETS)
    assert outbox.drop(["a"]) == ["b"]
    outbox.mark(outbox.waiting("a")[0], "a")
    outbox.tidy()
    assert outbox.waiting() == []


class Killed(BaseException):
    """The end of the process."""


@pytest.mark.parametrize("step", range(8))
def test_killed_at_any_write_nothing_is_lost(
    tmp_path: Path, alert: Alert, step: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Die before the nth write or move to disk, start again: the alert is delivered, always under the same key."""
    sent: list[str] = []
    left = [step]

    def dying(do: Any) -> Any:
        def wrapper(*arguments: Any, **keywords: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return do(*arguments, **keywords)

        return wrapper

    def work() -> None:
        box = Outbox(tmp_path / "alerts")
        with box.owned():
            before = box.told().get(("r", "SPX"))
            if before is None:
                box.put([alert], {"breach": ("a",)})
                box.remember({("r", "SPX"): Told("breached", "t", "t")})
            for each in box.waiting("a"):
                sent.append(each.document["key"])
                box.mark(each, "a")
            box.tidy()

    with monkeypatch.context() as patched:
        patched.setattr(module, "write_whole", dying(module.write_whole))
        patched.setattr("pathlib.Path.replace", dying(type(tmp_path).replace))
        patched.setattr("pathlib.Path.unlink", dying(type(tmp_path).unlink))
        with contextlib.suppress(Killed):
            work()
    work()
    work()
    assert sent
    assert set(sent) == {alert.key}
    assert len(sent) <= 2
    assert Outbox(tmp_path / "alerts").waiting() == []
    assert len(list((tmp_path / "alerts" / "delivered").glob("*.json"))) == 1


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"for": ["a"], "alert": {}}', '{"for": ["a"], "alert": {"since": "never"}}']
)
def test_a_damaged_alert_is_named_and_keeps_nobody_from_work(outbox: Outbox, alert: Alert, text: str) -> None:
    outbox.put([alert], TARGETS)
    assert outbox.damaged() == []
    (path,) = outbox.folder.glob("outbox/*.json")
    path.write_text(text)
    assert (outbox.waiting(), outbox.told(), outbox.damaged()) == ([], {}, [path])


def test_a_post_sends_what_waits(outbox: Outbox, alert: Alert, tmp_path: Path) -> None:
    delivery = Delivery("a", "file", (str(tmp_path / "alerts.jsonl"),), 1.0, 0, ("breach",))
    post = Post(outbox, [delivery], threading.Event())
    outbox.put([alert], post.targets())
    post.send(wait=None)
    assert alert.key in (tmp_path / "alerts.jsonl").read_text()
    post.send(wait=None)
    assert len((tmp_path / "alerts.jsonl").read_text().splitlines()) == 1
