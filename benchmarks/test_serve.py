"""The live site: from a snapshot's arrival to fifty open pages, what watching costs, and memory after a day's replay."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from http.client import HTTPConnection
from statistics import median
from typing import TYPE_CHECKING

import psutil
from raw_server import Client

from benchmarks.race import local_lane
from gex import read_chain
from gex.cli.serve.catalog import moment_of
from gex.cli.watch import Watcher
from gex.ingest.sample import generate
from gex.ingest.store import save, snapshots

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.race import Race

MOMENTS, ARRIVALS, STREAMS = 80, 8, 50
WHOLE = b"PAR1" + b"footer.." + (8).to_bytes(4, "little") + b"PAR1"
MOST_MB = 600


def test_watching(tmp_path: Path, free_race: Race) -> None:
    """A look at 5,000 snapshots of 500 days, beside listing them."""
    symbols = ("SPX", "SPY", "QQQ", "NDX")
    for symbol in symbols:
        for day in range(125):
            folder = tmp_path / f"symbol={symbol}" / f"date={dt.date(2025, 1, 2) + dt.timedelta(days=day)}"
            folder.mkdir(parents=True)
            for minute in range(10):
                (folder / f"15{minute:02d}00-cboe_csv-1f3a9c02.parquet").write_bytes(WHOLE)
            os.utime(folder, (0, 0))
    clock = iter(range(0, 10**9, 10))
    watcher = Watcher(tmp_path, clock=lambda: float(next(clock)))
    watcher.news()
    assert watcher.news() == []
    lanes = [local_lane("listing them", 5000, lambda: [snapshots(tmp_path, each) for each in symbols])]
    free_race.run(watcher.news, lanes, rows=5000, rounds=9, topic="Watching a store", unit="snapshot")


def test_fifty_pages(tmp_path: Path) -> None:
    """Arrivals are moved into place; each page asks for the figures it was told of."""
    chain = read_chain(generate("SPX", seed=1).chain)
    for n in range(MOMENTS):
        save(replace(chain, quote_time=chain.quote_time + dt.timedelta(minutes=4 * n)), tmp_path)
    there = snapshots(tmp_path, "SPX")
    held = [each.path.rename(tmp_path / each.path.name) for each in there[-ARRIVALS:]]
    program = [sys.executable, "-m", "gex.cli.main", "serve", "--store", str(tmp_path), "--port", "0"]
    with subprocess.Popen(program, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr
        port, server = int(process.stderr.readline().split(":")[3].split("/")[0]), psutil.Process(process.pid)
        clients = [_streaming(port) for _ in range(STREAMS)]
        took = [_arrival(path, each.path, clients) for path, each in zip(held, there[-ARRIVALS:], strict=True)]
        print(
            f"\n{chain.frame.height:,} contracts, {STREAMS} pages: told {median(took):.2f} s after an arrival", end=""
        )
        print(f" (least {min(took):.2f}), its figures {_get(port, moment_of(there[-1])):.3f} s after that")
        before = _cpu(server)
        time.sleep(5)
        print(f"waiting takes {(_cpu(server) - before) / 5:.1%} of a core")
        for each in there:
            _get(port, moment_of(each))
        memory = server.memory_info().rss / 1e6
        print(f"memory after {MOMENTS} moments: {memory:.0f} MB")
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 130
        print(f"Ctrl-C with {STREAMS} streams open: {time.perf_counter() - began:.2f} s")
        for client in clients:
            client.socket.close()
    assert memory < MOST_MB


def _streaming(port: int) -> Client:
    client = Client(port)
    client.get("/events?symbol=SPX")
    client.until(b'"latest":true}\n\n')
    return client


def _arrival(held: Path, place: Path, clients: list[Client]) -> float:
    """Return the seconds from a snapshot's arrival to the last page that is told of it."""
    began = time.perf_counter()
    held.rename(place)
    for client in clients:
        client.until(b"event: snapshot")
    return time.perf_counter() - began


def _get(port: int, moment: str) -> float:
    """Return the seconds that a snapshot's figures take."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    began = time.perf_counter()
    connection.request("GET", f"/api/v1/snapshots/SPX/{moment}")
    assert connection.getresponse().read().startswith(b"{")
    connection.close()
    return time.perf_counter() - began


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
