"""`gex fetch` against a server on this machine."""

from __future__ import annotations

import datetime as dt
import functools
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from gex.ingest.download import Downloader

if TYPE_CHECKING:
    from collections.abc import Callable

    from conftest import Ran

STAMP = dt.datetime(2025, 9, 5, 14, 16, tzinfo=dt.UTC)
HISTORY = b"DATE,OPEN,HIGH,LOW,CLOSE\n09/04/2025,16.1,16.5,15.2,15.3\n09/05/2025,15.4,15.9,14.8,15.18\n"


def quotes(stamp: dt.datetime = STAMP) -> bytes:
    """Return delayed quotes of four made-up SPX options."""
    values = {
        "bid": 9.5, "bid_size": 7.0, "ask": 10.5, "ask_size": 3.0, "iv": 0.2, "open_interest": 12.0, "volume": 4.0,
        "delta": 0.5, "gamma": 0.01, "theta": -0.1, "vega": 0.2, "last_trade_price": 10.0,
    }  # fmt: skip
    options = [{"option": f"SPXW250919{side}00{strike}000"} | values for side in "CP" for strike in (100, 105)]
    body = {"timestamp": f"{stamp:%Y-%m-%d %H:%M:%S}", "data": {"options": options, "current_price": 100.5}}
    return json.dumps(body).encode()


@pytest.fixture(name="slept", autouse=True)
def _slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Stop the clock two minutes after the quotes' stamp, and return the waits that were asked for."""
    slept: list[float] = []
    timeless = functools.partial(
        Downloader, sleep=slept.append, clock=lambda: sum(slept), now=lambda: STAMP + dt.timedelta(minutes=2)
    )
    monkeypatch.setattr("gex.cli.fetch.Downloader", timeless)
    return slept


@pytest.fixture(name="fetch")
def _fetch(gex: Callable[..., Ran], server: Any, tmp_path: Path) -> Callable[..., Ran]:
    """Return a function that fetches from the local server into a store of its own."""
    (Path(os.environ["XDG_STATE_HOME"]) / "gex").mkdir()
    (Path(os.environ["XDG_STATE_HOME"]) / "gex" / "cboe-terms-told").touch()
    return functools.partial(gex, "fetch", "--base-url", server.url, "--store", tmp_path / "store")


def give(server: Any, symbol: str, *answers: Any) -> None:
    server.give(f"/delayed_quotes/options/{symbol}.json", *answers)


def test_quotes_become_a_snapshot_once(
    fetch: Callable[..., Ran], gex: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path
) -> None:
    give(server, "_SPX", answer(quotes(), headers={"ETag": '"v1"'}), answer(status=304))
    ran = fetch("SPX")
    assert (ran.code, ran.err) == (0, "")
    snapshot = next((tmp_path / "store" / "symbol=SPX" / "date=2025-09-05").glob("140100-cboe_json-*.parquet"))
    assert ran.out.splitlines()[1:] == [
        f"stored  SPX        4  2025-09-05T14:01:00Z  {snapshot}",
        f"1 stored, 0 unchanged, 0 stale, 0 failed; store {tmp_path / 'store'}",
    ]
    again = fetch("SPX", "--format", "json")
    (found,) = json.loads(again.out)
    assert (again.code, found["status"], found["snapshot"], found["rows"]) == (0, "unchanged", str(snapshot), None)
    assert Path(found["raw"]).read_bytes() == quotes()
    assert "1 known" in gex("ingest", found["raw"], "--to", tmp_path / "store").out


def test_histories_become_parquet(fetch: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path) -> None:
    import polars as pl

    server.give("/us_indices/daily_prices/VIX_History.csv", answer(HISTORY, type="text/csv"))
    ran = fetch("--history", "VIX", "--format", "json")
    (found,) = json.loads(ran.out)
    assert (ran.code, found["status"], found["rows"], found["of"]) == (0, "stored", 2, "2025-09-05")
    assert pl.read_parquet(found["snapshot"])["close"].to_list() == [15.3, 15.18]
    assert Path(found["snapshot"]).parent == tmp_path / "store" / "history" / "symbol=VIX"


def test_one_failure_does_not_stop_the_others(fetch: Callable[..., Ran], server: Any, answer: Any) -> None:
    give(server, "_SPX", answer(quotes()))
    ran = fetch("NOSUCH", "SPX", "--format", "json")
    missing, stored = json.loads(ran.out)
    assert (ran.code, missing["status"], missing["code"], stored["status"]) == (4, "failed", 6, "stored")
    assert ran.err == f"gex: {missing['error']}\n"
    assert missing["error"].endswith("the server has no such file (404 Not Found); check the symbol")


@pytest.mark.parametrize(
    ("kind", "code", "message"),
    [
        ({"status": 404}, 6, "no such file (404 Not Found); check the symbol"),
        ({"status": 403}, 3, "refuses (403 Forbidden); check the symbol, or save the file with a browser"),
        ({"status": 500}, 3, "tried 4 times, try again later"),
        ({"status": 429, "headers": {"Retry-After": "900"}}, 3, "left alone until 2025-09-05 14:33 UTC"),
        ({"status": 302, "headers": {"Location": "https://example.org/"}}, 3, "not the host asked"),
        ({"body": b"<html>", "type": "text/html"}, 3, "got text/html, a web page; check --base-url"),
        ({"body": b"<html>"}, 3, "a web page or XML"),
        ({"body": quotes()[:300]}, 3, "no whole delayed quotes (JSON)"),
        ({"body": quotes()[:300], "announced": 999, "headers": {"Connection": "close"}}, 3, "cut off"),
    ],
)
def test_each_failure_is_one_line_with_a_remedy(
    fetch: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path, kind: dict[str, Any], code: int, message: str
) -> None:
    give(server, "_SPX", answer(**kind))
    ran = fetch("SPX")
    assert ran.code == code
    assert message in ran.err.splitlines()[-1]
    assert ran.err.splitlines()[-1].startswith(f"gex: {server.url}/delayed_quotes/options/_SPX.json: ")
    assert "1 failed" in ran.out
    assert not (tmp_path / "store").exists()


def test_waits_are_told_and_waited(fetch: Callable[..., Ran], server: Any, answer: Any, slept: list[float]) -> None:
    give(server, "_SPX", answer(status=500), answer(quotes()))
    give(server, "QQQ", answer(status=404))
    ran = fetch("SPX", "QQQ", "--pause", "3")
    assert ran.err.count("500 Internal Server Error; next try in 3 s") == 1
    assert slept == [3.0, 3.0]


def test_no_retries_means_one_request(fetch: Callable[..., Ran], server: Any, answer: Any) -> None:
    give(server, "_SPX", answer(status=500))
    assert "tried once" in fetch("SPX", "--retries", "0").err
    assert len(server.asked) == 1


def test_quotes_that_stand_still_are_kept_and_called_stale(fetch: Callable[..., Ran], server: Any, answer: Any) -> None:
    give(server, "_SPX", answer(quotes(STAMP - dt.timedelta(hours=1))))
    ran = fetch("SPX", "--format", "json")
    (found,) = json.loads(ran.out)
    assert (ran.code, found["status"], Path(found["snapshot"]).exists()) == (6, "stale", True)
    assert "the market is open, and the feed older than 30 minutes" in ran.err


def test_a_chain_that_cannot_be_used_is_kept_raw_and_asked_for_again(
    fetch: Callable[..., Ran], server: Any, answer: Any
) -> None:
    give(server, "_SPX", answer(b'{"timestamp": "2025-09-05 14:16:00", "data": {"options": []}}'))
    for _ in range(2):
        ran = fetch("SPX", "--format", "json")
        (found,) = json.loads(ran.out)
        assert (ran.code, found["status"], Path(found["raw"]).exists()) == (3, "failed", True)
        assert ran.err.startswith(f"gex: {found['raw']}: ")


def test_terms_are_told_once(gex: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path) -> None:
    give(server, "_SPX", answer(quotes()))
    ask = ("fetch", "SPX", "--base-url", server.url, "--store", tmp_path)
    assert gex(*ask, "--quiet").err == ""  # Unsaid is not told.
    first, second = gex(*ask), gex(*ask)
    assert (first.code, first.err.count("\n")) == (0, 1)
    assert "personal, non-commercial use" in first.err
    assert second.err == ""


def test_terms_that_cannot_be_remembered_stop_nothing(
    gex: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path
) -> None:
    give(server, "_SPX", answer(quotes()))
    (Path(os.environ["XDG_STATE_HOME"]) / "gex").write_text("a file where a folder belongs")
    for _ in range(2):
        ran = gex("fetch", "SPX", "--base-url", server.url, "--store", tmp_path)
        assert (ran.code, "personal" in ran.err) == (0, True)


def test_the_address_is_a_setting(
    gex: Callable[..., Ran], server: Any, answer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(server, "_SPX", answer(quotes()))
    monkeypatch.setenv("GEX_BASE_URL", server.url)
    Path("gex.toml").write_text(f'store = "{tmp_path}"\nbase-url = "http://127.0.0.1:1"')
    assert gex("fetch", "SPX").code == 0


def test_a_symbol_is_asked_for_once(fetch: Callable[..., Ran], server: Any, answer: Any) -> None:
    give(server, "_SPX", answer(quotes()))
    assert "1 stored" in fetch("SPX", "^SPX", "SPXW").out
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument"),
        (["../x"], "'../x' is no symbol"),
        (["SPX", "--pause", "0"], "--pause"),
        (["SPX", "--timeout", "0"], "--timeout"),
        (["SPX", "--retries", "99"], "--retries"),
    ],
)
def test_usage(fetch: Callable[..., Ran], server: Any, arguments: list[str], message: str) -> None:
    ran = fetch(*arguments)
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert message in ran.err
    assert server.asked == []


def test_a_store_must_be_named(gex: Callable[..., Ran]) -> None:
    ran = gex("fetch", "SPX")
    assert (ran.code, ran.err.startswith("gex: no store named; give --store DIR, or set GEX_STORE")) == (2, True)


@pytest.mark.real
def test_real_bytes_become_a_snapshot(
    fetch: Callable[..., Ran], gex: Callable[..., Ran], server: Any, answer: Any, data_path: Callable[..., Path],
    tmp_path: Path,
) -> None:  # fmt: skip
    give(server, "_RUT", answer(data_path("chains", "cboe_json", "rut_2023-09-20.json").read_bytes()))
    ran = fetch("RUT", "--format", "json")
    (found,) = json.loads(ran.out)
    assert (ran.code, found["of"]) == (6, "2023-09-20T20:15:00Z")  # Two years before this test's clock.
    report = gex("report", "RUT@latest", "--store", tmp_path / "store", "--format", "json")
    assert json.loads(report.out)["quality"]["rows_in"] >= found["rows"] > 5_000
