"""A small store with all that stands beside it, and its site asked without a socket."""

from __future__ import annotations

import asyncio
import datetime as dt
import shutil
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

import httpx
import numpy as np
from daily import weekdays
from results import fill

from gex.cli.histories import HistoryOptions, load
from gex.cli.options import ReadOptions
from gex.cli.serve.app import app_of
from gex.cli.serve.site import Site
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, generate_days, write_cboe_csv
from gex.ingest.store import save
from gex.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from pathlib import Path

    from starlette.applications import Starlette

Result = TypeVar("Result")
LIMITS = """
[rules.crossed]
field = "spot"
crosses = "gamma_flip"
severity = "breach"

[rules.low]
field = "spot"
below = 1
severity = "info"
"""


@dataclass(frozen=True)
class Ground:
    """Folders and files of a site. `files` are what the store's snapshots were read from, by SYMBOL@MOMENT."""

    folder: Path
    store: Path
    results: Path
    histories: Path
    limits: Path
    files: dict[str, Path]

    def beside(self, folder: Path) -> Ground:
        """Return it with a store of its own, a copy in another folder, for what arrives."""
        shutil.copytree(self.store, folder / "store")
        return replace(self, folder=folder, store=folder / "store")

    def site(self, **changes: Any) -> Site:
        """Return the site, `changes` in place of what it has."""
        where = HistoryOptions(self.histories, {})
        given = {"results": self.results, "histories": load(where), "limits": self.limits} | changes
        store = given.pop("store", self.store)
        return Site(store, given.pop("settings", Settings()), read_options(store), **given)

    def app(self, **changes: Any) -> Starlette:
        """Return the application over the site."""
        return app_of(self.site(**changes))


def read_options(store: Path) -> ReadOptions:
    """Return how chains are read without options."""
    return ReadOptions(None, None, None, (), {}, None, None, store, strict=False, max_bad=0.2)


def lay_out(folder: Path) -> Ground:
    """Write three mornings of SPX, the second with two snapshots, one of QQQ, results, histories and limits."""
    ground = Ground(folder, *(folder / name for name in ("store", "results", "histories", "limits.toml")), files={})
    days = list(generate_days("SPX", 3, seed=5, at=dt.time(10, 30), size="small"))
    later = generate("SPX", dt.datetime(2026, 1, 6, 16, 0, tzinfo=dt.UTC), seed=9, size="small")
    for sample in (*days, later, generate("QQQ", seed=4, size="small")):
        path = folder / f"chain_{len(ground.files)}.csv"
        write_cboe_csv(sample, path)
        chain = read_chain(path)
        save(chain, ground.store)
        ground.files[f"{chain.underlying}@{chain.quote_time:%Y-%m-%dT%H%M}"] = path
    fill([path for name, path in ground.files.items() if name.startswith("SPX")][:3], ground.results)
    _write_histories(ground.histories)
    ground.limits.write_text(LIMITS)
    return ground


def _write_histories(folder: Path) -> None:
    """Write sixty weekdays of every index that a regime needs, to 24 March 2020."""
    folder.mkdir()
    days, steps = weekdays(60).astype(dt.date), np.sin(np.arange(60.0))
    closes = {"SPX": 3000 + 20 * steps, "VIX": 20 + steps, "VIX9D": 21 + steps, "VIX3M": 25 + steps, "VVIX": 90 + steps}
    for name, values in closes.items():
        lines = [f"{day:%m/%d/%Y},{value:.6f}" for day, value in zip(days, values, strict=True)]
        (folder / f"{name}_History.csv").write_text("\n".join([f"DATE,{name}", *lines]) + "\n")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Return what a coroutine returns, in a loop of its own; `asyncio.run` would write out a task's result, however long."""
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_default_executor())
        loop.close()


@dataclass(frozen=True)
class Client:
    """Asks an application in this process, a loop of its own for each request."""

    app: Starlette

    def get(self, address: str, **headers: str) -> httpx.Response:
        """Return the answer to GET."""
        return self.ask("GET", address, **headers)

    def ask(self, method: str, address: str, **headers: str) -> httpx.Response:
        """Return the answer to a request; `_` in a header's name stands for `-`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return run(self._ask(method, address, named))

    async def _ask(self, method: str, address: str, headers: dict[str, str]) -> httpx.Response:
        # A fault that is answered with 500 is an answer to look at.
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", trust_env=False) as client:
            return await client.request(method, address, headers=headers)
