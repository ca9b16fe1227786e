"""The store: one immutable file a snapshot, and addresses."""

import datetime as dt
import json
import os
from dataclasses import replace

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gex.ingest import store
from gex.ingest.address import resolve
from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ContentError, MissingError, UnreadableError
from gex.ingest.read import read_chain


@pytest.fixture(name="at")
def _at(table, save):
    """Return a function from a New York time to a chain with that quote time."""
    table.series = (("SPXW", "251219", "Fri Dec 19 2025"),)

    def make(when: str, **options):
        return read_chain(save(table.text()), quote_time=when, **options)

    return make


TIMES = ("2025-09-04T10:00", "2025-09-04T15:45", "2025-09-05T10:16")


@pytest.fixture(name="filled")
def _filled(at, tmp_path):
    place = tmp_path / "store"
    return place, {when: store.save(at(when), place) for when in TIMES}


def test_a_snapshot_is_one_file_named_by_date_and_time(at, tmp_path):
    path = store.save(at("2025-09-05T10:16"), tmp_path)
    folder, name = path.parent, path.name
    assert folder == tmp_path / "symbol=SPX" / "date=2025-09-05"
    assert name.startswith("141600-cboe_csv-")
    assert [each.name for each in folder.iterdir()] == [name]


def test_a_stored_chain_reads_back_as_it_was(at, tmp_path):
    chain = at("2025-09-05T10:16")
    again = read_chain(store.save(chain, tmp_path))
    assert again.frame.equals(chain.frame, null_equal=True)
    assert (again.quality, again.source, again.quote_time_source) == (chain.quality, chain.source, "given")


def test_the_file_carries_its_facts(at, tmp_path):
    chain = at("2025-09-05T10:16")
    facts = json.loads(pl.read_parquet_metadata(store.save(chain, tmp_path))["gex.chain"])
    assert facts["schema_version"] == 1
    assert facts["source"] == {
        "path": chain.source.path, "sha256": chain.source.sha256, "format": "cboe_csv", "tool_version": chain.source.tool_version,
    }  # fmt: skip


def test_saving_twice_changes_nothing(at, tmp_path):
    first = store.save(at("2025-09-05T10:16"), tmp_path)
    before = first.stat()
    assert store.save(at("2025-09-05T10:16"), tmp_path) == first
    assert (first.stat().st_mtime_ns, first.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


def test_a_reissued_input_is_a_revision_beside_the_first(at, tmp_path):
    """The later one is what the address means."""
    first = store.save(at("2025-09-05T10:16"), tmp_path)
    os.utime(first, ns=(1, 1))
    second = store.save(at("2025-09-05T10:16", spot=101.0), tmp_path)
    assert first != second
    assert first.exists()
    assert resolve("SPX", tmp_path).path == second


def test_rows_set_aside_lie_under_quarantine(table, line, save, tmp_path):
    table.extra = [line("SPXW", "250905", "Fri Sep 05 2025", 200.0).replace(",9.5,", ",-9.5,")]
    chain = read_chain(save(table.text()))
    path = store.save(chain, tmp_path / "store")
    beside = tmp_path / "store" / "quarantine" / path.relative_to(tmp_path / "store")
    assert pl.read_parquet(beside).equals(chain.quarantine)
    assert [each.path for each in store.snapshots(tmp_path / "store", "SPX")] == [path]


@pytest.mark.parametrize(
    ("address", "which"),
    [
        ("SPX", 2),
        ("spx", 2),
        ("^SPX", 2),
        ("SPX@latest", 2),
        ("SPX@prev", 1),
        ("SPX@2025-09-05", 2),
        ("SPX@2025-09-04", 1),
        ("SPX@2025-09-07", 2),
        ("SPX@2025-09-05T10:16", 2),
        ("SPX@2025-09-05T10:15", 1),
        ("SPX@2025-09-04T10:00", 0),
        ("SPX@2025-09-04T14:00Z", 0),
    ],
)
def test_an_address_means_the_last_snapshot_at_or_before(filled, address, which):
    place, paths = filled
    assert resolve(address, place).path == paths[TIMES[which]]


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("SPX@2025-09-03", "that early; the store has 3 from 2025-09-04T10:00 to 2025-09-05T10:16"),
        ("QQQ", "no snapshot of QQQ in .*; it has SPX"),
        ("SPX@soon", "'soon' is not a date"),
        ("not an address", "not an address: write SPX"),
    ],
)
def test_what_does_not_match_is_told_what_is_there(filled, address, match):
    with pytest.raises((MissingError, UnreadableError), match=match):
        resolve(address, filled[0])


def test_no_earlier_date(at, tmp_path):
    store.save(at("2025-09-05T10:16"), tmp_path)
    with pytest.raises(MissingError, match="that early; the store has 1"):
        resolve("SPX@prev", tmp_path)


def test_an_empty_store(tmp_path):
    with pytest.raises(MissingError, match="it has nothing"):
        resolve("SPX", tmp_path)


def test_an_unwritable_store(at, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableError, match="cannot write to the store"):
        store.save(at("2025-09-05T10:16"), tmp_path / "file")


@pytest.mark.parametrize("symbol", ["../../x", "A/B", "xyz", "^SPX", "SPXW", "", "A" * 11, "S\x00X"])
def test_what_makes_no_address_and_no_path_is_refused(at, tmp_path, symbol):
    chain = replace(at("2025-09-05T10:16"), underlying=symbol)
    with pytest.raises(ContentError, match="cannot be stored as a symbol"):
        store.save(chain, tmp_path / "store")
    assert not list((tmp_path / "store").glob("symbol=*"))


def test_a_foreign_file_cannot_choose_its_path(at, tmp_path):
    chain = at("2025-09-05T10:16")
    with pytest.raises(ContentError, match="is no format of ours"):
        store.save(replace(chain, source=replace(chain.source, format="../../../x")), tmp_path / "store")


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.datetimes(dt.datetime.fromisoformat("2025-06-01"), dt.datetime.fromisoformat("2025-12-18")))
def test_any_quote_time_is_told_from_the_path(at, tmp_path, local):
    """Evenings too, when UTC is a day ahead."""
    local = local.replace(microsecond=0)
    path = store.save(at(local.isoformat()), tmp_path / "any")
    found = {each.path: each for each in store.snapshots(tmp_path / "any", "SPX")}
    assert found[path].quote_time == local.replace(tzinfo=NEW_YORK)
    assert found[path].quote_date == local.date()
