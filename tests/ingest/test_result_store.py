"""The result store: parts, their revisions, and series of them."""

import datetime as dt
import json
import os
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import gex
from gex.ingest.errors import ContentError, MissingError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.result_manifest import Run, lines, recorded, run_files, running
from gex.ingest.result_parts import Part, check_part, part_at, part_bytes, part_of, parts, read_part, write_parts
from gex.ingest.result_store import damaged_parts, revisions, scan_results, scan_series

SPEC = {"settings": {"vol": "reimplied"}}
NOON = dt.datetime(2025, 9, 5, 16, 0, tzinfo=dt.UTC)


def part(results, when=NOON, **other) -> Part:
    known = {"symbol": "SPX", "quote_date": when.date(), "input": "1f3a9c02", "spec": "5b77aa10", "version": "0.1.0"}
    return Part(results, "summary", quote_time=when, **known | other)


def frames(flip=None, when=NOON):
    key = {"underlying": "SPX", "quote_time": when}
    summary = pl.DataFrame([key | {"gamma_flip": flip, "warnings": []}], schema_overrides={"gamma_flip": pl.Float64})
    rows = pl.DataFrame({"strike": [6400.0, 6450.0], "net": [1.0, None]}).with_columns(
        pl.lit("SPX").alias("underlying")
    )
    return {"summary": summary, "by_expiration": rows.rename({"strike": "forward"}), "by_strike": rows}


@pytest.fixture(name="results")
def _results(tmp_path):
    return tmp_path / "results"


def put(run, own, number=0, flip=None, source="a.csv"):
    """Write a part and the line about it."""
    sums = write_parts(frames(flip, own.quote_time), own, SPEC)
    run.append({"event": "job", "number": number, "input": source, "part": own.place, "part_sha256": sums})


def test_where_the_parts_of_a_chain_lie(table, save, results):
    chain = read_chain(save(table.text()))
    own = part_of(chain, "5b77aa10deadbeef", "0.1.0", results)
    assert own.place == f"symbol=SPX/date=2025-09-05/140100-{own.input}-5b77aa10-0.1.0.parquet"
    assert own.path == results / "summary" / own.place
    assert own.of("by_strike").path == results / "by_strike" / own.place
    assert part_at(own.path, results) == own


def test_a_chain_from_the_store_has_the_same_place(table, save, results, tmp_path):
    from gex.ingest.store import save as store

    chain = read_chain(save(table.text()))
    again = read_chain(store(chain, tmp_path / "store"))
    assert part_of(again, "ab" * 8, "1", results) == part_of(chain, "ab" * 8, "1", results)


def test_an_input_read_in_another_way_has_another_place(table, save, results):
    path = save(table.text())
    one, two = (part_of(read_chain(path, spot=spot), "ab" * 8, "1", results) for spot in (100.0, 101.0))
    assert one.input != two.input


def test_evenings_when_utc_is_a_day_ahead(results):
    own = part(results, dt.datetime(2025, 9, 6, 1, 30, tzinfo=dt.UTC), quote_date=dt.date(2025, 9, 5))
    assert part_at(own.path, results) == own


@pytest.mark.parametrize("symbol", ["../../x", "A/B", "xyz", ""])
def test_a_foreign_symbol_chooses_no_path(table, save, results, symbol):
    chain = replace(read_chain(save(table.text())), underlying=symbol)
    with pytest.raises(ContentError, match="cannot be stored as a symbol"):
        part_of(chain, "ab" * 8, "1", results)


def test_what_is_written_reads_back(results):
    own, tables = part(results), frames(6450.5)
    write_parts(tables, own, SPEC)
    for name, frame in tables.items():
        again, spec = read_part(own.of(name))
        assert_frame_equal(again, frame)
        assert spec == SPEC
        assert pl.read_parquet(own.of(name).path).columns == frame.columns
    assert not list((results / ".staging").iterdir())


def test_types_do_not_depend_on_what_is_null(results):
    write_parts(frames(None), part(results), SPEC)
    assert pl.read_parquet_schema(part(results).path)["gamma_flip"] == pl.Float64


def test_the_same_content_gives_the_same_bytes():
    assert part_bytes(frames(1.0)["summary"], SPEC) == part_bytes(frames(1.0)["summary"], dict(reversed(SPEC.items())))


def test_a_part_without_its_summary_is_none(results):
    own = part(results)
    write_parts(frames(), own, SPEC)
    own.path.unlink()
    assert parts(results, "by_strike") == []


@pytest.mark.parametrize(
    "name", ["x.parquet", "141600-1f3a9c02-5b77aa10.parquet", "999999-1f3a9c02-5b77aa10-1.parquet"]
)
def test_what_is_not_ours_is_no_part(results, name):
    folder = part(results).path.parent
    folder.mkdir(parents=True)
    (folder / name).write_bytes(b"PAR1")
    assert parts(results) == []


@pytest.mark.parametrize("table", ["by_strike", "by_expiration", "summary"])
def test_a_full_disk_is_told_and_leaves_no_piece(results, monkeypatch, table):
    write_bytes = Path.write_bytes
    wrote = []

    def full(self, data):
        wrote.append(self)
        if len(wrote) > ["by_strike", "by_expiration", "summary"].index(table):
            write_bytes(self, data[:10])
            raise OSError(28, "No space left on device")
        return write_bytes(self, data)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(UnreadableError, match="cannot write to the results: No space left on device"):
        write_parts(frames(), part(results), SPEC)
    assert parts(results) == []
    assert not list((results / ".staging").iterdir())
    assert not (results / table / part(results).place).exists()


@pytest.mark.parametrize("at", [0.05, 0.3, 0.6, 0.9])
def test_a_flipped_byte_is_found_by_the_recorded_hash(results, at):
    own = part(results)
    sums = write_parts(frames(6450.5), own, SPEC)
    data = bytearray(own.path.read_bytes())
    data[int(at * len(data))] ^= 1
    own.path.write_bytes(data)
    with pytest.raises(UnreadableError, match="not what was written"):
        check_part(own, sums["summary"])


def test_a_flipped_byte_of_a_value_is_found_by_the_pages_sums(results):
    """Where the manifest's line was lost as well."""
    own = part(results).of("by_strike")
    write_parts(frames(), own, SPEC)
    data = bytearray(own.path.read_bytes())
    at = data.find(b"\x28\xb5\x2f\xfd") + 12  # Within the first zstd frame.
    data[at] ^= 0x10
    own.path.write_bytes(data)
    with pytest.raises(UnreadableError, match="no whole part"):
        check_part(own, None)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1" * 50])
def test_a_part_cut_off_is_named(results, content):
    own = part(results)
    own.path.parent.mkdir(parents=True)
    own.path.write_bytes(content)
    with pytest.raises(UnreadableError, match=str(own.path)):
        read_part(own)


def test_revisions_are_in_the_order_recorded_with_their_reasons(results):
    run = Run(results, {"spec": SPEC})
    given = [
        part(results, input="ffffffff"), part(results, input="00000000"), part(results, input="00000000", spec="99999999"),
        part(results, input="00000000", spec="99999999", version="0.0.9"), part(results, NOON + dt.timedelta(minutes=1)),
    ]  # fmt: skip
    for number, own in enumerate(given):
        put(run, own, number, flip=float(number))
    run.close()
    found = scan_results(results).collect()
    assert found["gamma_flip"].to_list() == [0, 1, 2, 3, 4]
    assert found["revision"].to_list() == [1, 2, 3, 4, 1]
    assert found["revision_reason"].to_list() == [
        "first", "input reissued", "settings changed", "version changed", "first",
    ]  # fmt: skip
    assert found["source"].to_list() == ["a.csv"] * 5
    assert found["part"].to_list() == [each.place for each in given]


def test_the_order_is_that_of_the_plan_whoever_was_done_first(results):
    run = Run(results, {})
    put(run, part(results, input="00000000"), 7)
    put(run, part(results, input="ffffffff"), 3)
    run.close()
    assert [each.part.input for each in revisions(results)] == ["ffffffff", "00000000"]


def test_a_later_run_comes_later_though_the_clock_was_set_back(results):
    first = Run(results, {})
    put(first, part(results, input="ffffffff"))
    first.close()
    future = first.path.with_name("20991231T235959Z-00.jsonl")
    first.path.rename(future)
    second = Run(results, {})
    put(second, part(results, input="00000000"))
    second.close()
    assert [path.name[:15] for path in run_files(results)] == ["20991231T235959", "21000101T000000"]
    assert [each.part.input for each in revisions(results)] == ["ffffffff", "00000000"]


def test_a_part_whose_line_was_lost_counts_by_its_files_time(results):
    write_parts(frames(), part(results, input="ffffffff"), SPEC)
    os.utime(part(results, input="ffffffff").path, (0, 0))
    run = Run(results, {})
    put(run, part(results, input="00000000"))
    run.close()
    first, second = revisions(results)
    assert (first.part.input, first.sha256, first.recorded_at.year) == ("ffffffff", None, 1970)
    assert (second.part.input, second.reason) == ("00000000", "input reissued")


@pytest.fixture(name="series")
def _series(results):
    """Three days; the first was reissued, the second has a variant under another spec."""
    run = Run(results, {})
    days = [NOON - dt.timedelta(days=left) for left in (2, 1, 0)]
    for number, own in enumerate(
        [part(results, days[2]), part(results, days[0]), part(results, days[1]), part(results, days[0], input="ffffffff"),
         part(results, days[1], spec="99999999"), part(results, symbol="NDX")]
    ):  # fmt: skip
        put(run, own, number, flip=float(number))
    run.close()
    return results


@pytest.mark.parametrize(
    ("options", "flips"),
    [
        ({}, [3, 4, 0]),
        ({"which": "as_reported"}, [1, 2, 0]),
        ({"spec": "5b77aa10deadbeef"}, [3, 2, 0]),
        ({"start": "2025-09-04"}, [4, 0]),
        ({"end": dt.date(2025, 9, 4)}, [3, 4]),
        ({"start": "2025-09-06"}, []),
    ],
)
def test_a_series_has_each_quote_time_once(series, options, flips):
    found = gex.scan_series(series, "spx", **options).collect()
    assert found["gamma_flip"].to_list() == flips
    assert found["quote_time"].is_sorted()
    assert found.columns == scan_results(series).collect_schema().names()


def test_the_tables_beside_the_summary(series):
    found = scan_series(series, "SPX", table="by_strike").collect()
    assert found["strike"].to_list() == [6400.0, 6450.0] * 3


def test_what_is_not_there(series, tmp_path):
    with pytest.raises(MissingError, match="no result of QQQ; it has NDX, SPX"):
        scan_series(series, "QQQ")
    with pytest.raises(MissingError, match="under the spec abc"):
        scan_series(series, "SPX", spec="abc")
    with pytest.raises(MissingError, match="it has nothing"):
        scan_results(tmp_path / "none")
    with pytest.raises(ValueError, match="lies before start"):
        scan_series(series, "SPX", start="2025-09-05", end="2025-09-04")
    with pytest.raises(ValueError, match="restated or as_reported"):
        scan_series(series, "SPX", which="latest")
    with pytest.raises(ValueError, match="error, skip or unchecked, got 'raise'"):
        scan_series(series, "SPX", damaged="raise")
    with pytest.raises(ValueError, match="by_strike, by_expiration or summary, got 'strikes'"):
        scan_results(series, "strikes")


def test_a_damaged_part_is_named_or_left_out_never_counted(series):
    bad = part(series, NOON - dt.timedelta(days=2), input="ffffffff")
    bad.path.write_bytes(bad.path.read_bytes()[:-50])
    with pytest.raises(UnreadableError, match=bad.path.name):
        scan_series(series, "SPX")
    assert scan_series(series, "SPX", damaged="skip").collect()["gamma_flip"].to_list() == [4, 0]
    assert list(damaged_parts(revisions(series))) == [bad]
    unchecked = scan_series(series, "SPX", damaged="unchecked")
    with pytest.raises(pl.exceptions.PolarsError):
        unchecked.collect()
    assert scan_series(series, "SPX", start="2025-09-04").collect().height == 2


def test_versions_with_other_columns_are_one_table(results):
    run = Run(results, {})
    put(run, part(results))
    later = part(results, NOON + dt.timedelta(days=1), version="0.2.0")
    more = frames(2.0)
    write_parts(more | {"summary": more["summary"].with_columns(new=pl.lit(1.0))}, later, SPEC)
    run.close()
    assert scan_results(results).collect()["new"].to_list() == [None, 1.0]


def test_a_line_cut_off_is_no_line_and_spoils_no_other(results):
    run = Run(results, {"spec": SPEC})
    put(run, part(results))
    with run.path.open("ab") as file:
        file.write(b'{"event": "job", "part": "sym')
    run.close()
    assert [line["event"] for line in lines(run.path)] == ["run", "job"]
    assert list(recorded(results)) == [part(results).place]


def test_a_full_disk_cuts_a_line_off_and_the_next_begins_anew(results, monkeypatch):
    run = Run(results, {})
    write = run._file.write  # noqa: SLF001

    class Full:
        def write(self, data):
            write(data[:5])
            raise OSError(28, "No space left on device")

    file = run._file  # noqa: SLF001
    monkeypatch.setattr(run, "_file", Full())
    with pytest.raises(UnreadableError, match="cannot write to the results: No space left"):
        run.append({"event": "job"})
    monkeypatch.setattr(run, "_file", file)
    run.append({"event": "end"})
    run.close()
    assert [line["event"] for line in lines(run.path)] == ["run", "end"]


def test_the_manifest_is_json_lines_with_the_time_of_each(results):
    run = Run(results, {"spec": SPEC})
    run.append({"event": "job", "input": "é.csv"})
    run.close()
    told = [json.loads(line) for line in run.path.read_text(encoding="utf-8").splitlines()]
    assert [each["event"] for each in told] == ["run", "job"]
    assert all(dt.datetime.fromisoformat(each["recorded_at"]).tzinfo for each in told)


def test_who_is_writing_is_seen(results):
    one, two = Run(results, {}), Run(results, {})
    assert running(results, own=one.path) == [two.path]
    two.close()
    assert running(results, own=one.path) == []
    one.close()


def test_an_unwritable_target_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UnreadableError, match="cannot write to the results"):
        Run(tmp_path / "file", {})


def test_of_two_inputs_with_the_same_content_the_first_in_the_plan_is_the_source(results):
    run = Run(results, {})
    put(run, part(results), 7, source="late.csv")
    put(run, part(results), 3, source="early.csv")
    run.close()
    assert scan_results(results).collect()["source"].to_list() == ["early.csv"]
