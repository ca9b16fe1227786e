"""`gex serve` as a user starts it: what it says, what it refuses, how it ends, and that it writes nothing."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from raw_server import LONG, Client

from gex.cli.serve.server import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from conftest import Ran
    from sites import Ground

TOKEN = "correct-horse-battery-staple"  # noqa: S105 (of these tests)
ARRIVAL = "203000-cboe_csv-1f3a9c02.parquet"


@pytest.fixture(name="started")
def _started(monkeypatch: pytest.MonkeyPatch) -> list[Server]:
    """Let servers end as soon as they are started, and return them."""
    servers: list[Server] = []
    monkeypatch.setattr(Server, "run", lambda server, _sockets: servers.append(server))
    return servers


def status(server: Server, host: str, **headers: str) -> int:
    """Ask a site that was started, without its socket."""

    async def ask() -> int:
        app: Any = server.config.app
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=f"http://{host}") as client:
            return (await client.get("/api/v1/symbols", headers=headers)).status_code

    return asyncio.run(ask())


def port_of(text: str) -> int:
    return int(re.findall(r"http://[^/]*:(\d+)/", text)[0])


def test_it_says_where_it_is_and_nothing_else(gex: Callable[..., Ran], ground: Ground, started: list[Server]) -> None:
    ran = gex("serve", "--store", ground.store, "--port", "0")
    port = port_of(ran.err)
    assert (ran.code, ran.out) == (0, "")
    assert ran.err == f"gex: {ground.store} is at http://127.0.0.1:{port}/; Ctrl-C ends it\n"
    assert status(started[0], f"localhost:{port}") == 200
    assert status(started[0], f"evil.example:{port}") == 421


def test_quiet_is_quiet_and_json_is_json(gex: Callable[..., Ran], ground: Ground, started: list[Server]) -> None:
    assert gex("serve", "--store", ground.store, "--port", "0", "-q").err == ""
    line = json.loads(gex("serve", "--store", ground.store, "--port", "0", "--log-format", "json").err)
    assert (line["event"], line["store"]) == ("serving", str(ground.store))
    assert line["url"].startswith("http://127.0.0.1:")
    assert len(started) == 2


def test_a_token_made_up_is_said_once_and_opens(gex: Callable[..., Ran], ground: Ground, started: list[Server]) -> None:
    ran = gex("serve", "--store", ground.store, "--port", "0", "--token", "auto")
    first, second = ran.err.splitlines()
    token = second.partition("?token=")[2]
    assert len(token) >= 43
    assert token not in first
    host = f"127.0.0.1:{port_of(first)}"
    assert status(started[0], host) == 401
    assert status(started[0], host, authorization=f"Bearer {token}") == 200


def test_settings_of_a_file_are_heeded(
    gex: Callable[..., Ran], ground: Ground, started: list[Server], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN)
    file.chmod(0o600)
    lines = [f"store = '{ground.store}'", "host = '0.0.0.0'", "port = 0", f"token = '{file}'"]
    Path("gex.toml").write_text("\n".join([*lines, "allow-host = ['desk.example', 'proxy.example:444']"]))
    ran = gex("serve")
    assert ran.code == 0
    assert TOKEN not in ran.err
    for host in ("desk.example", "proxy.example:444", f"{socket.gethostname()}:{port_of(ran.err)}"):
        assert status(started[0], host.lower(), authorization=f"Bearer {TOKEN}") == 200
        assert status(started[0], host.lower()) == 401
    monkeypatch.setenv("GEX_HOST", "127.0.0.1")
    assert "http://127.0.0.1:" in gex("serve").err
    shown = json.loads(gex("config", "show", "--format", "json").out)
    assert shown["host"] == {"value": "127.0.0.1", "origin": "GEX_HOST"}
    assert shown["allow_host"]["value"] == ["desk.example", "proxy.example:444"]


def test_the_browser_is_opened_without_the_token(
    gex: Callable[..., Ran], ground: Ground, started: list[Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other users of a machine can read what its programs were started with."""
    opened: list[str] = []
    done = threading.Event()
    monkeypatch.setattr(webbrowser, "open", lambda address: (opened.append(address), done.set())[0] is None)
    ran = gex("serve", "--store", ground.store, "--port", "0", "--token", "auto", "--open")
    assert done.wait(LONG)
    assert opened == [f"http://127.0.0.1:{port_of(ran.err)}/"]
    assert started


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "no store named"),
        (["--store", "nowhere"], 6, "nowhere: there is no such store"),
        (["--store", "{store}", "--host", "0.0.0.0"], 2, "others can reach --host 0.0.0.0: give --token auto"),  # noqa: S104
        (["--store", "{store}", "--host", "::"], 2, "give --token auto"),
        (["--store", "{store}", "--host", "a b"], 2, "'a b' is no address"),
        (["--store", "{store}", "--host", "203.0.113.9", "--token", "auto"], 1, "--port 0 takes one that is free"),
        (["--store", "{store}", "--port", "65536"], 2, "65536"),
        (
            ["--store", "{store}", "--token", "nowhere"],
            2,
            "No such file or directory; it takes auto, env:NAME or a file",
        ),
        (["--store", "{store}", "--token", "env:NOWHERE"], 2, "holds no token"),
        (["--store", "{store}", "--token", "auto", "--log-format", "json"], 2, "name a file"),
        (["--store", "{store}", "--allow-host", "a/b"], 2, "'a/b' is no name of a host"),
        (["--store", "{store}", "--results", "nowhere"], 6, "nowhere: there is no such folder"),
        (["--store", "{store}", "--histories", "nowhere"], 6, "nowhere: there is no such folder of histories"),
        (["--store", "{store}", "--limits", "nowhere"], 2, "nowhere"),
        *((["--store", "{store}", *flag], 2, "is of one snapshot") for flag in (["--spot", "1"], ["--map", "a=b"])),
    ],
)
def test_what_cannot_be_served_is_one_line_and_a_code(
    gex: Callable[..., Ran], ground: Ground, started: list[Server], arguments: list[str], code: int, words: str
) -> None:
    ran = gex("serve", *[each.replace("{store}", str(ground.store)) for each in arguments])
    assert (ran.code, ran.out, ran.err.count("\n")) == (code, "", 1)
    assert words in ran.err
    assert not started


def test_a_port_that_is_taken(gex: Callable[..., Ran], ground: Ground, started: list[Server]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ran = gex("serve", "--store", ground.store, "--port", port)
    message = f"gex: cannot listen at 127.0.0.1 port {port}: Address already in use; --port 0 takes one that is free\n"
    assert (ran.code, ran.err) == (1, message)
    assert not started


@pytest.mark.parametrize("name", ["starlette", "uvicorn"])
def test_without_the_extra_it_says_what_to_install(
    gex: Callable[..., Ran], ground: Ground, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setitem(sys.modules, name, None)
    ran = gex("serve", "--store", ground.store)
    assert ran.code == 2
    assert ran.err.startswith(f"gex: gex serve needs {name}: pip install 'gexlab[serve]'")


WATCHED = """
import os, sys

def hook(event, given):
    if event == "open":
        path, mode, flags = given
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT) or set(mode or "") & set("wax+")
        told = writes and path != os.devnull
    else:
        told = event in TOLD
    if told:
        print("DID", event, given, file=sys.stderr, flush=True)

TOLD = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
        "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect"}
sys.addaudithook(hook)
from gex.cli.main import main
main()
"""


@pytest.fixture(name="store")
def _store(ground: Ground, tmp_path: Path) -> Path:
    return Path(shutil.copytree(ground.store, tmp_path / "store"))


@pytest.fixture(name="process")
def _process(store: Path) -> Iterator[subprocess.Popen[str]]:
    """The program itself, which says whatever it opens for writing, and whom it calls."""
    program = [sys.executable, "-c", WATCHED, "serve", "--store", str(store), "--port", "0"]
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True, env=environment) as process:
        yield process
        process.kill()


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def streaming(port: int) -> Client:
    client = Client(port)
    client.get("/events?symbol=SPX")
    client.until(b"retry: ")
    return client


@pytest.mark.skipif(os.name == "nt", reason="signals")
def test_the_program_serves_tells_writes_nothing_and_ends_with_fifty_streams_open(
    process: subprocess.Popen[str], store: Path
) -> None:
    assert process.stderr
    port = port_of(process.stderr.readline())
    before = contents(store)
    for address in (
        "/api/v1/symbols",
        "/api/v1/snapshots/SPX/latest",
        "/api/v1/snapshots/SPX/latest/tables/by_strike.csv",
    ):
        answer = httpx.get(f"http://127.0.0.1:{port}{address}", trust_env=False, timeout=LONG)
        assert answer.status_code == 200
    clients = [streaming(port) for _ in range(50)]
    day = max((store / "symbol=SPX").iterdir())
    source = max(day.iterdir())
    shutil.copyfile(source, store / ".arriving")
    os.replace(store / ".arriving", day / ARRIVAL)  # noqa: PTH105 (as a store does)
    for client in clients:
        assert f'"moment":"{day.name[5:]}T'.encode() in client.until(b'"latest":true}\n\n')
    process.send_signal(signal.SIGINT)
    told = process.stderr.read()
    assert process.wait(LONG) == 130
    assert told == ""
    for client in clients:
        assert client.rest().endswith(b"0\r\n\r\n")
        client.socket.close()
    assert contents(store) == before | {f"symbol=SPX/{day.name}/{ARRIVAL}": source.read_bytes()}


@pytest.mark.skipif(os.name == "nt", reason="signals")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_as_the_other_commands_end(
    gex: Callable[..., Ran], ground: Ground, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    main_loop = Server.main_loop

    async def signalled(server: Server) -> None:
        signal.raise_signal(number)
        await main_loop(server)

    before = signal.getsignal(number)
    monkeypatch.setattr(Server, "main_loop", signalled)
    assert gex("serve", "--store", ground.store, "--port", "0").code == code
    assert signal.getsignal(number) == before
