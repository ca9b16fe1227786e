"""What a store holds, by address: every moment found under its own, nothing else; what is new is seen at once."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.cli.serve import catalog as module
from gex.cli.serve.catalog import Catalog, StoreError, moment_of, time_of
from gex.ingest.compact import compact
from gex.ingest.errors import MissingError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.store import put, save

if TYPE_CHECKING:
    from pathlib import Path

    from sites import Ground

    from gex.ingest.schema import Chain

NOON = dt.datetime(2026, 1, 6, 17, 0, tzinfo=dt.UTC)


@pytest.fixture(name="chain", scope="module")
def _chain(ground: Ground) -> Chain:
    return read_chain(next(iter(ground.files.values())))


def stored(chain: Chain, store: Path, *times: dt.datetime) -> Catalog:
    """Return the catalog of a store with one chain at several times."""
    put((replace(chain, quote_time=time, quote_date=time.date()) for time in times), store)
    return Catalog(store)


def test_symbols_dates_and_moments_are_those_of_the_store(ground: Ground) -> None:
    catalog = Catalog(ground.store)
    assert catalog.symbols() == ["QQQ", "SPX"]
    assert [f"{each}" for each in catalog.dates("SPX")] == ["2026-01-05", "2026-01-06", "2026-01-07"]
    assert [moment_of(each) for each in catalog.day("SPX", dt.date(2026, 1, 6))] == [
        "2026-01-06T1030",
        "2026-01-06T1100",
    ]
    assert moment_of(catalog.snapshot("SPX", "latest")) == "2026-01-07T1030"


def test_each_moment_means_its_snapshot_and_the_one_before_it_is_before_it(ground: Ground) -> None:
    catalog = Catalog(ground.store)
    there = catalog.listed("SPX").snapshots
    assert [catalog.snapshot("SPX", moment_of(each)) for each in there] == list(there)
    assert [catalog.before(each) for each in there] == [None, *there[:-1]]


@pytest.mark.parametrize(
    "moment",
    [
        "",
        "latest ",
        "Latest",
        "2026-01-05",
        "2026-01-05T10:30",
        "2026-01-05T1030Z",
        "2026-01-05T10",
        "0000-00-00T0000",
        "2026-01-05T2460",
        "9999-12-31T2359",
        "0001-01-01T0000",
        "٢٠٢٦-01-05T1030",
        "../../etc",
        "2026-01-05T1030\n",
    ],
)
def test_what_is_no_moment_of_the_store_is_missing(ground: Ground, moment: str) -> None:
    with pytest.raises(MissingError, match="no snapshot of SPX at"):
        Catalog(ground.store).snapshot("SPX", moment)


@pytest.mark.parametrize("symbol", ["", ".", "..", "spx", "SPX/", "../store/symbol=SPX", "S*", "SPX\0", "QQQ\n"])
def test_what_is_no_symbol_of_the_store_is_missing(ground: Ground, symbol: str) -> None:
    with pytest.raises(MissingError, match="it has QQQ, SPX"):
        Catalog(ground.store).listed(symbol)


@given(st.text(max_size=20))
def test_no_text_makes_a_moment_fail_otherwise(text: str) -> None:
    found = time_of(text)
    assert found is None or found.tzinfo is dt.UTC


def test_seconds_are_told_where_there_are_any(chain: Chain, tmp_path: Path) -> None:
    half = NOON + dt.timedelta(seconds=30)
    catalog = stored(chain, tmp_path, NOON, half, NOON + dt.timedelta(seconds=75))
    assert [moment_of(each) for each in catalog.listed("SPX").snapshots] == [
        "2026-01-06T1200",
        "2026-01-06T120030",
        "2026-01-06T120115",
    ]
    assert catalog.snapshot("SPX", "2026-01-06T1200").quote_time == NOON, "its own before a later one's"
    assert catalog.snapshot("SPX", "2026-01-06T120000").quote_time == NOON
    assert catalog.snapshot("SPX", "2026-01-06T120030").quote_time == half
    assert catalog.snapshot("SPX", "2026-01-06T1201").quote_time.second == 15, "the last within the minute"
    for moment in ("2026-01-06T120031", "2026-01-06T1202", "2026-01-06T1159"):
        with pytest.raises(MissingError):
            catalog.snapshot("SPX", moment)


def test_of_a_reissue_the_last_counts(chain: Chain, tmp_path: Path) -> None:
    catalog = stored(chain, tmp_path, NOON)
    save(replace(chain, quote_time=NOON, quote_date=NOON.date(), delay_minutes=1.0), tmp_path)
    assert [each.revision for each in catalog.listed("SPX").snapshots] == [2]


def test_what_is_merged_is_found_as_before(chain: Chain, tmp_path: Path) -> None:
    catalog = stored(chain, tmp_path, NOON, NOON + dt.timedelta(hours=1))
    before = [each.quote_time for each in catalog.listed("SPX").snapshots]
    assert list(compact(tmp_path, "SPX", dt.date(2026, 3, 1)))
    assert [each.quote_time for each in catalog.listed("SPX").snapshots] == before
    assert {each.member is None for each in catalog.listed("SPX").snapshots} == {False}


def test_what_is_new_is_seen_at_once_and_what_is_not_is_not_listed_again(
    chain: Chain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, asked = stored(chain, tmp_path, NOON), []
    listed = module.snapshots_in
    monkeypatch.setattr(module, "snapshots_in", lambda *given: asked.append(given) or listed(*given))
    old = tmp_path / "symbol=SPX" / "date=2026-01-06"
    os.utime(old, (1, 1))
    assert [len(catalog.listed("SPX").snapshots) for _ in range(3)] == [1, 1, 1]
    assert len(asked) == 1
    for minutes in (1, 2, 3):  # within one tick of the folder's clock, for all we know
        stored(chain, tmp_path, NOON + dt.timedelta(minutes=minutes))
        assert len(catalog.listed("SPX").snapshots) == 1 + minutes


def test_what_is_not_ours_is_passed_over(chain: Chain, tmp_path: Path) -> None:
    catalog = stored(chain, tmp_path, NOON)
    for name in ("symbol=..", "symbol=spx", "symbol=", "notes", "symbol=NONE"):
        (tmp_path / name).mkdir(exist_ok=True)
    day = tmp_path / "symbol=SPX" / "date=2026-01-06"
    (day / "half.parquet.tmp").write_text("x")
    (day / "notes.parquet").write_text("x")
    (tmp_path / "symbol=SPX" / "date=someday").mkdir()
    assert catalog.symbols() == ["SPX"]
    assert len(catalog.listed("SPX").snapshots) == 1


def test_a_damaged_bundle_names_itself_and_leaves_other_symbols_alone(chain: Chain, tmp_path: Path) -> None:
    catalog = stored(chain, tmp_path, NOON)
    (tmp_path / "symbol=QQQ" / "date=2026-01-06").mkdir(parents=True)
    (tmp_path / "symbol=QQQ" / "date=2026-01-06" / "bundle-0123abcd.parquet").write_text("cut off")
    assert catalog.symbols() == ["QQQ", "SPX"]
    assert catalog.dates("SPX")
    with pytest.raises(UnreadableError, match="not a whole bundle"):
        catalog.dates("QQQ")


def test_a_store_that_goes_and_comes_back(chain: Chain, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with pytest.raises(StoreError, match="the store store cannot be read: No such file or directory"):
        Catalog(store).symbols()
    catalog = stored(chain, store, NOON)
    assert catalog.symbols() == ["SPX"]
    shutil.move(store, tmp_path / "away")
    with pytest.raises(StoreError, match="bring its folder back"):
        catalog.dates("SPX")
    shutil.move(tmp_path / "away", store)
    assert catalog.symbols() == ["SPX"]


def test_an_empty_store_says_how_to_fill_it(tmp_path: Path) -> None:
    assert Catalog(tmp_path).symbols() == []
    with pytest.raises(MissingError, match="it has nothing yet: gex ingest fills it"):
        Catalog(tmp_path).listed("SPX")
