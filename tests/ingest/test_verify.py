"""Every kind of damage, staleness and gap is found, in single files and in bundles, and nothing else is."""

import datetime as dt
import shutil
from dataclasses import replace

import polars as pl
import pyarrow.parquet as pq
import pytest

from gex.ingest import bundle, compact, store, verify
from gex.ingest.errors import MissingError
from gex.ingest.read import read_chain
from gex.ingest.snapshot_file import CONTENT, FACTS

MONDAY, TUESDAY, WEDNESDAY = "2025-09-08T15:00", "2025-09-09T15:00", "2025-09-10T15:00"


@pytest.fixture(name="keep")
def _keep(table, save, tmp_path):
    """Return a function that puts one day into the store, with quotes and open interest of its own."""
    table.series = (("SPXW", "251219", "Fri Dec 19 2025"),)

    def keep(when, number, *, quotes=True, interest=True, stamp=True, **options):
        day = dt.datetime.fromisoformat(when)
        if stamp:
            table.date = f'"Date: {day:%B %d, %Y} at 3:15 PM EDT",Bid: 100.4,Ask: 100.6,Size: 1*1,Volume: 0'
        text = table.text()
        if quotes:
            text = text.replace(",9.5,", f",{number},").replace(",10.5,", f",{number}.5,")
        if interest:
            text = text.replace(",100,", f",{1000 + number},")
        return store.save(read_chain(save(text), quote_time=when, **options), tmp_path / "store")

    return keep


@pytest.fixture(name="place")
def _place(keep, tmp_path):
    for number, when in enumerate((MONDAY, TUESDAY, WEDNESDAY), 1):
        keep(when, number)
    return tmp_path / "store"


def codes(place, *names):
    return [(each.check.code, str(each.quote_date)) for each in verify.verify(place, names)]


def rewrite(path, frame=None, **changes):
    """Write a file of the store anew, with another table or other metadata."""
    metadata = {key: text for key, text in pl.read_parquet_metadata(path).items() if key in (FACTS, CONTENT)}
    (pl.read_parquet(path) if frame is None else frame).write_parquet(path, metadata=metadata | changes)


@pytest.mark.parametrize("by", ["", "month"])
def test_a_sound_store_has_no_finding(place, by):
    if by:
        assert list(compact.compact(place, "SPX", dt.date(2025, 10, 1)))
    assert codes(place) == codes(place, "SPX") == codes(place, "^spx") == []


def paths(place):
    return [each.path for each in store.snapshots(place, "SPX")]


def test_a_cut_file_is_unreadable(place):
    path = paths(place)[1]
    path.write_bytes(path.read_bytes()[:-100])
    assert codes(place) == [("unreadable", "2025-09-09")]


def test_an_empty_file_is_unreadable(place):
    paths(place)[1].write_bytes(b"")
    assert codes(place) == [("unreadable", "2025-09-09")]


def test_another_type_or_a_lost_row_is_a_wrong_schema(place):
    first, second, _ = paths(place)
    rewrite(first, pl.read_parquet(first).with_columns(pl.col("volume").cast(pl.Int32)))
    rewrite(second, pl.read_parquet(second).head(-1))
    assert codes(place) == [("schema", "2025-09-08"), ("schema", "2025-09-09")]


def test_another_layout_is_a_wrong_schema(place):
    path = paths(place)[0]
    facts = pl.read_parquet_metadata(path)[FACTS]
    rewrite(path, **{FACTS: facts.replace('"schema_version": 1', '"schema_version": 0')})
    assert codes(place) == [("schema", "2025-09-08")]


@pytest.mark.parametrize("column", ["bid", "open_interest", "root", "option_type", "quote_time", "quality"])
def test_any_changed_value_is_told_with_its_column(place, column):
    path = paths(place)[2]
    frame = pl.read_parquet(path)
    last = frame[column].reverse() if column in ("bid", "open_interest", "option_type") else None
    if column == "root":
        last = pl.Series(column, ["SPX", *frame[column][1:]])
    if column == "quote_time":
        last = frame[column] + dt.timedelta(microseconds=1)
    if column == "quality":
        last = frame[column] + 1
    rewrite(path, frame.with_columns(last.cast(frame.schema[column]).alias(column)))
    (finding,) = verify.verify(place)
    assert (finding.check.code, str(finding.quote_date)) == ("content", "2025-09-10")
    assert finding.detail == f"other values of {column}"


def test_a_flipped_bit_is_found_or_harmless(place):
    """But for the name of the seal: without it, the values are held against their sums."""
    path = paths(place)[0]
    whole, right = path.read_bytes(), store.snapshots(place, "SPX")[0].read()[0].frame
    seen = set()
    for position in (*range(8, len(whole), 197), whole.rfind(b"gex.seal")):
        path.write_bytes(whole[:position] + bytes([whole[position] ^ 0x10]) + whole[position + 1 :])
        found = {code for code, _ in codes(place)}
        assert found or store.snapshots(place, "SPX")[0].read()[0].frame.equals(right)
        seen |= found
    assert seen == {"unreadable"}


def test_a_file_in_the_wrong_place_has_the_wrong_name(place):
    path = paths(place)[0]
    (place / "symbol=SPX" / "date=2025-09-05").mkdir()
    shutil.move(path, place / "symbol=SPX" / "date=2025-09-05" / path.name)
    (place / "symbol=QQQ" / "date=2025-09-08").mkdir(parents=True)
    shutil.copy(paths(place)[1], place / "symbol=QQQ" / "date=2025-09-08" / "190000-cboe_csv-00000000.parquet")
    assert codes(place) == [("name", "2025-09-08"), ("name", "2025-09-05")]


@pytest.mark.parametrize(
    "stray",
    [
        "date=2025-09-08/notes.txt",
        "date=2025-13-45/100000-x-00000000.parquet",
        "date=2025-09-08/250000-x-00000000.parquet",
    ],
)
def test_a_stray_file_is_told_and_read_by_nobody(place, stray):
    path = place / "symbol=SPX" / stray
    path.parent.mkdir(exist_ok=True)
    path.write_text("mine")
    assert codes(place) == [("stray", "None")]
    assert len(paths(place)) == 3


def test_damage_in_a_bundle_is_told_by_member(place):
    list(compact.compact(place, "SPX", dt.date(2025, 10, 1)))
    path = paths(place)[0]
    key = bundle.MEMBERS
    facts = pl.read_parquet_metadata(path)[key]
    members = bundle.members(path)
    frame = pl.read_parquet(path)
    shifted = pl.when(pl.int_range(pl.len()) == members[1].offset).then(pl.col("ask") + 1).otherwise("ask")
    table = frame.with_columns(shifted.alias("ask")).to_arrow()
    with pq.ParquetWriter(path, table.schema) as writer:
        for member in members:
            writer.write_table(table.slice(member.offset, member.rows), row_group_size=member.rows)
        writer.add_key_value_metadata({key: facts})
    (finding,) = verify.verify(place)
    assert (finding.check.code, str(finding.quote_date)) == ("content", "2025-09-09")
    assert finding.where == f"{path}: {members[1].name}"
    path.write_bytes(path.read_bytes()[:-50])
    assert [code for code, _ in codes(place)] == ["unreadable"]


def test_the_same_bytes_again_are_stale_in_every_way(keep, tmp_path):
    keep(MONDAY, 1)
    keep(TUESDAY, 1, stamp=False)
    assert codes(tmp_path / "store") == [
        (code, "2025-09-09") for code in ("same_bytes", "frozen_time", "frozen_quotes", "same_open_interest")
    ]


def test_two_sessions_of_one_file_are_not_stale(keep, tmp_path):
    keep(MONDAY, 1)
    chain, _ = store.snapshots(tmp_path / "store", "SPX")[0].read()
    other = read_chain(keep(TUESDAY, 2))
    shutil.rmtree(tmp_path / "store")
    store.put([chain, replace(other, source=chain.source)], tmp_path / "store")
    assert codes(tmp_path / "store") == []


@pytest.mark.parametrize(
    ("still", "code"),
    [
        ({"quotes": False}, "frozen_quotes"),
        ({"interest": False}, "same_open_interest"),
        ({"stamp": False}, "frozen_time"),
    ],
)
def test_what_stood_still_is_named_alone(keep, tmp_path, still, code):
    keep(MONDAY, 1, **(still | {"stamp": True}))
    keep(TUESDAY, 2, **still)
    assert codes(tmp_path / "store") == [(code, "2025-09-09")]


def test_snapshots_of_one_session_may_share_their_open_interest(keep, tmp_path):
    keep("2025-09-08T11:00", 1, interest=False)
    keep(MONDAY, 2, interest=False)
    assert codes(tmp_path / "store") == []


def test_a_reissue_cures_staleness(keep, tmp_path):
    keep(MONDAY, 1)
    keep(TUESDAY, 1, stamp=False)
    keep(TUESDAY, 2)
    assert codes(tmp_path / "store") == []


def test_zero_open_interest_everywhere_is_not_called_stale(table, save, tmp_path):
    table.series = (("SPXW", "251219", "Fri Dec 19 2025"),)
    for number, when in enumerate((MONDAY, TUESDAY), 1):
        chain = read_chain(save(table.text().replace(",9.5,", f",{number},")), quote_time=when)
        empty = chain.frame.with_columns(pl.lit(0, pl.Int64).alias("open_interest"))
        source = tmp_path / f"{number}.parquet"
        empty.write_parquet(source)
        store.save(read_chain(source, quote_time=when), tmp_path / "store")
    assert codes(tmp_path / "store") == []


def days(findings):
    return [f"{each.quote_date:%m-%d}" for each in findings]


def test_missing_sessions_follow_the_calendar(place):
    """Labor Day and week-ends are none; both ends count."""
    first, last = dt.date(2025, 8, 28), dt.date(2025, 9, 12)
    found = list(verify.missing_sessions(place, "spx", first, last))
    assert days(found) == ["08-28", "08-29", "09-02", "09-03", "09-04", "09-05", "09-11", "09-12"]
    assert {each.check.kind for each in found} == {"missing"}
    assert days(verify.missing_sessions(place, "SPX", dt.date(2025, 9, 6), dt.date(2025, 9, 10))) == []
    assert days(verify.missing_sessions(place, "SPX", dt.date(2025, 9, 11), dt.date(2025, 9, 11))) == ["09-11"]


def test_nothing_to_verify_is_an_error(place, tmp_path):
    with pytest.raises(MissingError, match="no snapshot of anything"):
        list(verify.verify(tmp_path / "none"))
    with pytest.raises(MissingError, match="no snapshot of QQQ"):
        list(verify.missing_sessions(place, "QQQ", dt.date(2025, 9, 8), dt.date(2025, 9, 9)))
