"""Stored chains into the result store: one core, several workers, growing numbers; beside the loop that scripts share.

`GEX_BENCH_FILES="10,100,1000"` says how many files the batches have; 10 and 100 if it is not set.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import psutil
import pytest

from benchmarks import perfiliev
from benchmarks.race import Lane, local_lane
from gex import Settings, analyze, read_chain
from gex.cli.batch.dask import Dask
from gex.cli.batch.drive import Batch
from gex.cli.batch.executors import Serial, Threads
from gex.cli.batch.plan import planned
from gex.cli.batch.processes import Processes
from gex.cli.batch.progress import Quiet
from gex.cli.batch.spec import spec_of
from gex.cli.options import ReadOptions
from gex.ingest.sample import generate_days
from gex.ingest.store import put

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pytest_benchmark.fixture import BenchmarkFixture

    from benchmarks.race import Race
    from gex.cli.batch.executors import Executor
    from gex.cli.batch.job import Item
    from gex.ingest.schema import Chain

FILES = [int(number) for number in os.environ.get("GEX_BENCH_FILES", "10,100").split(",")]
DAYS = 5
"""Sessions that are drawn; further files are their chains at other seconds."""
READ = ReadOptions(None, None, None, (), {}, None, None, None, strict=False, max_bad=0.2)
BANDS = spec_of(Settings(), READ)
OURS = "processes, 2 workers"
ROW_BY_ROW = 1
"""Spots, of 60, that the slowest loop gets."""


@pytest.fixture(scope="module", name="items")
def _items(tmp_path_factory: pytest.TempPathFactory) -> list[Item]:
    """Return the most files that a batch has, in a store."""
    store = tmp_path_factory.mktemp("store")
    drawn = [read_chain(sample.chain) for sample in generate_days("SPX", DAYS, at=dt.time(10, 16))]
    put((_later(drawn[number % DAYS], number // DAYS) for number in range(max(FILES))), store)
    found = planned([str(store)], READ, store / "none", (None, None))
    assert len(found) == max(FILES)
    return found


def _later(chain: Chain, seconds: int) -> Chain:
    time_ = chain.quote_time + dt.timedelta(seconds=seconds)
    return replace(chain, frame=chain.frame.with_columns(quote_time=pl.lit(time_)), quote_time=time_)


@dataclass
class Run:
    """One batch after another by the same executor, each into a folder of its own, and what its workers held."""

    executor: Executor
    items: list[Item]
    folder: Path
    done: int = 0
    most: int = 0
    """Bytes of the largest worker."""

    def __call__(self) -> None:
        with self._watched():
            batch = Batch(self.items, BANDS, self.folder / f"{self.done}", Quiet())
            assert batch.run(self.executor, resume=False).counts["done"] == len(self.items)
        self.done += 1

    def seconds(self) -> float:
        """Return the time of a whole batch, the start of its workers included."""
        start = time.perf_counter()
        self()
        return time.perf_counter() - start

    @contextmanager
    def _watched(self) -> Iterator[None]:
        ended = threading.Event()
        thread = threading.Thread(target=self._watch, args=(ended,))
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _watch(self, ended: threading.Event) -> None:
        while not ended.wait(0.3):
            with suppress(psutil.Error):  # A worker may end while it is asked.
                for child in psutil.Process().children(recursive=True):
                    self.most = max(self.most, child.memory_info().rss)

    def content(self) -> dict[str, str]:
        """Return the hash of each part of the first batch."""
        root = self.folder / "0"
        paths = (path for path in root.rglob("*.parquet") if ".staging" not in path.parts)
        return {str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.mark.parametrize("files", FILES)
def test_batch(benchmark: BenchmarkFixture, items: list[Item], tmp_path: Path, files: int) -> None:
    executors = {
        "serial": Serial(),
        "threads, 2": Threads(2),
        "processes, 1 worker": Processes(1),
        OURS: Processes(2),
        "Dask, 2 workers": Dask(None, 2),
    }
    runs = {name: Run(executor, items[:files], tmp_path / name) for name, executor in executors.items()}
    lanes = [Lane(name, files, run.seconds) for name, run in runs.items() if name != OURS]

    def others_first() -> None:
        for lane in lanes:
            print(f" {lane.name}", end="", flush=True)
            lane.seconds.append(lane.time())

    benchmark.pedantic(runs[OURS], setup=others_first, rounds=5 if files <= 10 else 1)
    first = runs[OURS].content()
    assert len(first) == 3 * files
    different = {(name, path) for name, run in runs.items() for path, _ in first.items() ^ run.content().items()}
    assert not different
    held = ", ".join(f"{name} {run.most / 1e6:,.0f} MB" for name, run in runs.items() if run.most)
    benchmark.extra_info.update(
        topic=f"A batch of {files:,} stored chains, {OURS}",
        unit="chain",
        rows=files,
        calls=1,
        peers=[lane.facts() for lane in lanes],
        notes=[f"The largest worker held: {held}."],
    )


def test_one_core(free_race: Race, items: list[Item]) -> None:
    """What a worker does with a chain, less writing; the loop has its profile and the flip of one convention."""
    path = items[0].snapshot.path
    analysis = analyze(read_chain(path))
    frame = perfiliev.book(path)
    spots = perfiliev.ladder(frame)
    profile = perfiliev.in_numpy(frame, spots)
    np.testing.assert_allclose(perfiliev.in_pandas(frame, spots), profile, rtol=1e-9, atol=1e-9 * abs(profile).max())
    np.testing.assert_allclose(perfiliev.row_by_row(frame, spots[:1]), profile[:1], rtol=1e-9)
    assert perfiliev.crossing(spots, profile) == pytest.approx(analysis.levels.gamma_flip, rel=0.02)

    def slowly() -> float:
        start = time.perf_counter()
        perfiliev.row_by_row(frame, spots[:ROW_BY_ROW])
        return (time.perf_counter() - start) * len(spots) / ROW_BY_ROW

    def loop(way: Callable[..., np.ndarray]) -> Callable[[], np.ndarray]:
        return lambda: way(perfiliev.book(path), spots)

    lanes = [
        local_lane("the same without bands", 1, lambda: analyze(read_chain(path), Settings(band=()))),
        local_lane("reading alone", 1, lambda: read_chain(path)),
        local_lane("Perfiliev-type loop, numpy", 1, loop(perfiliev.in_numpy)),
        local_lane("Perfiliev-type loop, pandas columns", 1, loop(perfiliev.in_pandas)),
        Lane("Perfiliev-type loop, pandas row by row", 1, slowly, f"{ROW_BY_ROW} of 60 spots, times 60"),
    ]
    free_race.run(
        lambda: analyze(read_chain(path)),
        lanes,
        rows=1,
        rounds=5,
        topic="A stored chain, read and analysed with bands",
        unit="chain",
        notes=[
            f"{path.stat().st_size:,} bytes and {analysis.rows_used:,} rows a file.",
            "Wanted of a worker: 30 chains a second with bands, 45 without, written.",
        ],
    )
