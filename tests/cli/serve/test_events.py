"""What arrives in a store, as the pages hear it: who, what, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from listeners import FakeShelf, Reader, put, ready, run

from gex.cli.serve import events

if TYPE_CHECKING:
    from pathlib import Path

    from gex.cli.serve.events import Broker


def test_an_arrival_is_told_with_symbol_moment_and_number(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        put(tmp_path)
        await reader.until("\n\n", 2)
        assert reader.head["status"] == 200
        assert (b"content-type", b"text/event-stream; charset=utf-8") in reader.head["headers"]
        data = '{"symbol":"SPX","moment":"2025-09-05T1016","revision":1,"latest":true}'
        assert reader.got.decode() == f"retry: 2000\n\nid: {broker.run}-1\nevent: snapshot\ndata: {data}\n\n"
        put(tmp_path, "1017")
        await reader.until("event:", 2)
        assert reader.told[-1] == {"symbol": "SPX", "moment": "2025-09-05T1017", "revision": 1, "latest": True}
        assert reader.ids[-1] == f"{broker.run}-2"

    run(test, tmp_path)


def test_figures_are_there_once_before_fifty_pages_are_told(tmp_path: Path) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        shelf.pause = 0.02
        readers = [Reader(broker, "SPX" if n % 2 else None) for n in range(50)]
        await ready(broker, *readers)
        put(tmp_path)
        for reader in readers:
            await reader.until("event: snapshot")
            assert shelf.viewed == ["SPX 2025-09-05T1016"]

    run(test, tmp_path)


def test_each_page_hears_of_its_symbol_alone(tmp_path: Path) -> None:
    async def test(broker: Broker, shelf: FakeShelf) -> None:
        spx, ndx = Reader(broker, "SPX"), Reader(broker, "NDX")
        await ready(broker, spx, ndx)
        put(tmp_path, symbol="SPX")
        await spx.until("event:")
        put(tmp_path, symbol="NDX")
        await ndx.until("event:")
        put(tmp_path, symbol="QQQ")
        put(tmp_path, "1017")
        await spx.until("event:", 2)
        assert {each["symbol"] for each in spx.told} == {"SPX"}
        assert {each["symbol"] for each in ndx.told} == {"NDX"}
        # Nobody looks at QQQ.
        assert {each[:3] for each in shelf.viewed} == {"SPX", "NDX"}

    run(test, tmp_path)


def test_a_stream_begins_with_what_arrived_while_its_page_was_on_its_way(tmp_path: Path) -> None:
    put(tmp_path, "1000")
    put(tmp_path, "1016")
    put(tmp_path, "0931", "NDX")

    async def test(broker: Broker, shelf: FakeShelf) -> None:
        one = await Reader(broker, "SPX").until("event:")
        all_ = await Reader(broker).until("event:", 2)
        assert one.told == [{"symbol": "SPX", "moment": "2025-09-05T1016", "revision": 1, "latest": True}]
        assert {each["symbol"]: each["moment"][-4:] for each in all_.told} == {"SPX": "1016", "NDX": "0931"}
        assert one.ids == [f"{broker.run}-0"]
        assert not shelf.viewed

    run(test, tmp_path)


def test_who_comes_back_is_told_what_it_missed_and_no_more(tmp_path: Path) -> None:
    async def test(broker: Broker, _: FakeShelf) -> None:
        reader, other = Reader(broker, "SPX"), Reader(broker)
        await ready(broker, reader, other)
        put(tmp_path, "1000")
        await reader.until("event:")
        await reader.leave()
        for n, minute in enumerate(("1001", "1002", "1003"), 2):
            put(tmp_path, minute)
            await other.until("event:", n)
        back = await Reader(broker, "SPX", reader.ids[-1]).until("event:", 3)
        assert [each["moment"][-4:] for each in back.told] == ["1001", "1002", "1003"]
        nothing = Reader(broker, "SPX", back.ids[-1])
        put(tmp_path, "1004")
        await nothing.until("event:")
        assert [each["moment"][-4:] for each in nothing.told] == ["1004"]

    run(test, tmp_path)


@pytest.mark.parametrize(
    "last",
    [
        "0badc0de-1",
        "{run}-999",
        "{run}--1",
        "{run}-",
        "{run}-x",
        "{run}-\u00b2",
        "{run}-" + "9" * 5000,
        "1",
        "-",
        "\u0660",
    ],
)
def test_an_id_that_says_nothing_here_is_answered_with_the_last_moment(tmp_path: Path, last: str) -> None:
    put(tmp_path, "1000")

    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = await Reader(broker, "SPX", last.replace("{run}", broker.run)).until("event:")
        assert [each["moment"][-4:] for each in reader.told] == ["1000"]

    run(test, tmp_path)


def test_what_was_told_too_long_ago_is_known_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "KEPT", 2)

    async def test(broker: Broker, _: FakeShelf) -> None:
        reader = Reader(broker, "SPX")
        await ready(broker, reader)
        for n, minute in enumerate(("1000", "1001", "1002", "1003"), 1):
            put(tmp_path, minute)
            await reader.until("event:", n)
        back = await Reader(broker, "SPX", f"{broker.run}-2").until("event:", 2)
        assert [each["moment"][-4:] for each in back.told] == ["1002", "1003"]
        late = await Reader(broker, "SPX", f"{broker.run}-1").until("event:")
        assert [each["moment"][-4:] for each in late.told] == ["1003"]

    run(test, tmp_path)
