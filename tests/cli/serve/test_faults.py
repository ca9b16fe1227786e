"""What is wrong with the data or the server: the right status, one sentence, no folder of the server's, no traceback."""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import click
import polars as pl
import pytest
from sites import Client
from starlette.exceptions import HTTPException

from gex.cli.serve.problems import RequestError, problem_of, public
from gex.cli.serve.shelf import Shelf
from gex.ingest.compact import compact
from gex.ingest.errors import ContentError, MissingError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.store import save

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Ground

HERE = "/api/v1/snapshots/SPX/latest"
EVERYWHERE = ("", "/levels", "/zero-dte", "/tables/by_strike.csv", "/charts/profile.svg")


@pytest.fixture(name="store")
def _store(ground: Ground, tmp_path: Path) -> Path:
    """A store with one snapshot, in a folder with a space in its name."""
    store = tmp_path / "my data" / "store"
    save(read_chain(next(iter(ground.files.values()))), store)
    return store


def asks(ground: Ground, store: Path) -> Client:
    return Client(ground.app(store=store, results=None, histories=None, limits=None))


def told(client: Client, address: str, status: int) -> str:
    """Return the sentence of a problem, which names no folder."""
    answer = client.get(address)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    sentence: str = answer.json()["detail"]
    for hidden in ("/tmp", "my data", "pytest", "Traceback", 'File "'):  # noqa: S108
        assert hidden not in answer.text
    return sentence


@pytest.mark.parametrize("address", ["/api/v1/symbols", "/api/v1/health", "/api/v1/symbols/SPX/dates", HERE])
def test_a_missing_store_can_come_back(ground: Ground, store: Path, tmp_path: Path, address: str) -> None:
    client = asks(ground, store)
    shutil.move(store, tmp_path / "away")
    assert told(client, address, 503) == (
        "the store store cannot be read: No such file or directory; bring its folder back"
    )
    assert client.get(address).headers["retry-after"] == "5"
    shutil.move(tmp_path / "away", store)
    assert client.get(address).status_code == 200


def test_an_empty_store_has_no_symbols(ground: Ground, tmp_path: Path) -> None:
    client = asks(ground, tmp_path)
    assert client.get("/api/v1/symbols").json()["symbols"] == []
    assert told(client, HERE, 404) == "no snapshot of SPX in the store; it has nothing yet: gex ingest fills it"


@pytest.mark.parametrize(
    ("below", "damage"),
    [*((below, b"no parquet at all") for below in EVERYWHERE), ("", b""), ("", b"PAR1"), ("", b"PAR1" * 100)],
)
def test_a_damaged_snapshot_is_named(ground: Ground, store: Path, below: str, damage: bytes) -> None:
    path = next(store.rglob("*.parquet"))
    path.write_bytes(damage)
    sentence = told(asks(ground, store), HERE + below, 422)
    assert sentence.startswith(f"{path.name}: "), sentence


def test_a_damaged_bundle_takes_no_other_symbol_with_it(ground: Ground, store: Path) -> None:
    bundle = store / "symbol=NDX" / "month=2026-01" / "bundle-deadbeef.parquet"
    bundle.parent.mkdir(parents=True)
    bundle.write_bytes(b"no parquet at all")
    doc = asks(ground, store).get("/api/v1/symbols").json()
    assert [each["symbol"] for each in doc["symbols"]] == ["SPX"]
    assert [each["symbol"] for each in doc["damaged"]] == ["NDX"]
    assert doc["damaged"][0]["reason"].startswith("bundle-deadbeef.parquet: not a whole bundle")


def test_a_snapshot_is_shown_once_it_is_whole(ground: Ground, store: Path) -> None:
    client, path = asks(ground, store), next(store.rglob("*.parquet"))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1000])
    told(client, HERE, 422)
    path.write_bytes(whole)
    assert client.get(HERE).status_code == 200


def test_a_snapshot_that_goes_while_it_is_asked_for(
    ground: Ground, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, path = asks(ground, store), next(store.rglob("*.parquet"))
    analyse = Shelf.analysis_of

    async def gone_before(shelf: Shelf, *given: object) -> object:
        path.unlink()
        return await analyse(shelf, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Shelf, "analysis_of", gone_before)
    assert told(client, HERE, 404) == "no snapshot of SPX in the store; it has nothing yet: gex ingest fills it"


def test_a_snapshot_that_is_merged_while_it_is_asked_for(
    ground: Ground, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(read_chain(list(ground.files.values())[1]), store)
    client, analyse = asks(ground, store), Shelf.analysis_of

    async def merged_before(shelf: Shelf, *given: object) -> object:
        list(compact(store, "SPX", dt.date(2026, 3, 1)))
        return await analyse(shelf, *given)  # type: ignore[arg-type]

    monkeypatch.setattr(Shelf, "analysis_of", merged_before)
    assert client.get(HERE).status_code == 200
    assert [path.name[:7] for path in store.rglob("*.parquet")] == ["bundle-"]


@pytest.mark.parametrize("below", EVERYWHERE)
def test_a_chain_that_cannot_be_priced(ground: Ground, tmp_path: Path, below: str) -> None:
    chain = read_chain(next(iter(ground.files.values())))
    none = pl.lit(None, pl.Float64)
    bare = chain.frame.with_columns(bid=none, ask=none, implied_volatility=none, vendor_gamma=none)
    save(replace(chain, frame=bare, spot=None), tmp_path)
    sentence = told(asks(ground, tmp_path), HERE + below, 422)
    assert sentence.startswith("SPX@2026-01-05T1030: "), sentence


def test_a_server_without_the_rest_says_how_to_have_it(ground: Ground, store: Path) -> None:
    client = asks(ground, store)
    for address, option in (
        ("series/SPX", "--results DIR"),
        ("limits/SPX", "--limits FILE"),
        ("regime", "--histories DIR"),
    ):
        assert f"start gex serve with {option}" in told(client, f"/api/v1/{address}", 404)
    flows = client.get("/api/v1/flows/SPX/latest").json()
    assert [part["present"] for part in flows["parts"]] == [True, False, False, False]
    assert client.get("/api/v1/health").json()["has"] == {"results": False, "histories": False, "limits": False}


def test_what_stands_beside_the_store_may_go_too(ground: Ground, tmp_path: Path) -> None:
    results, histories, limits = tmp_path / "results", tmp_path / "histories", tmp_path / "limits.toml"
    shutil.copytree(ground.results, results)
    shutil.copytree(ground.histories, histories)
    shutil.copy(ground.limits, limits)
    beside = replace(ground, histories=histories)
    client = Client(beside.app(results=results, limits=limits))
    limits.write_text("[rules.x]\nfeld = 1\n")
    assert told(client, "/api/v1/limits/SPX", 422).startswith("limits.toml")
    shutil.rmtree(results)
    shutil.rmtree(histories)
    limits.unlink()
    assert told(client, "/api/v1/series/SPX", 503) == "the results results are not there; bring their folder back"
    assert told(client, "/api/v1/regime", 503).startswith("the daily histories cannot be had")
    assert told(client, "/api/v1/limits/SPX", 422).startswith("limits.toml")
    assert client.get("/api/v1/snapshots/SPX/latest/levels").status_code == 200


def test_histories_are_read_again_when_they_change(ground: Ground, tmp_path: Path) -> None:
    histories = tmp_path / "histories"
    shutil.copytree(ground.histories, histories)
    client = Client(replace(ground, histories=histories).app())
    before = client.get("/api/v1/regime")
    with (histories / "VIX_History.csv").open("a") as file:
        file.write("03/25/2020,50\n")
    after = client.get("/api/v1/regime")
    assert (before.json()["as_of"], after.json()["as_of"]) == ("2020-03-24", "2020-03-25")
    assert before.headers["etag"] != after.headers["etag"]


def test_a_fault_of_ours_is_logged_and_not_told(
    ground: Ground, store: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise KeyError("/secret/place")

    monkeypatch.setattr(Shelf, "levels_of", fail)
    sentence = told(asks(ground, store), f"{HERE}/levels", 500)
    assert "a fault of gex" in sentence
    assert "/secret/place" in caplog.text


@pytest.mark.parametrize(
    ("error", "status", "detail"),
    [
        (RequestError("x is given twice"), 400, "x is given twice"),
        (click.UsageError("no column 'x'"), 400, "no column 'x'"),
        (HTTPException(413, "too large"), 413, "too large"),
        (MissingError("no result", source="/data/my results"), 404, "my results: no result"),
        (UnreadableError("cannot be read", source="C:\\my data\\a.parquet"), 422, "a.parquet: cannot be read"),
        (ContentError("its curve /etc/x/rates.csv ends", row=3), 422, "line 3: its curve rates.csv ends"),
        (ZeroDivisionError("1/0"), 500, "this is a fault of gex: the server's log says more; please report it"),
    ],
)
def test_errors_are_problems(error: Exception, status: int, detail: str) -> None:
    problem = problem_of(error)
    assert (problem.status, problem.detail) == (status, detail)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("/a/b c.csv: damaged", "b c.csv: damaged"),
        ("see '/a/b/c.csv'", "see 'c.csv'"),
        ("../a/c.csv and ~/d/e.csv", "c.csv and e.csv"),
        ("C:\\data\\c.csv, line 3", "c.csv, line 3"),
        ("price/volume, 1 / 2 and docs/limits.md", "price/volume, 1 / 2 and docs/limits.md"),
        ("net gamma is $/1%", "net gamma is $/1%"),
    ],
)
def test_only_folders_are_taken_out_of_a_message(text: str, shown: str) -> None:
    assert public(text) == shown
