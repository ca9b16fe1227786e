"""Our own files and tables in memory: exact round trips, and tables that others make."""

import dataclasses
import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, ContentError, FormatError, TimeError, UnreadableError
from gex.ingest.read import read_chain
from gex.ingest.readers.canonical import csv_bytes
from gex.ingest.snapshot_file import CONTENT, FACTS, file_bytes
from gex.ingest.store import save as save_chain

FORMS = {"parquet": file_bytes, "csv": csv_bytes}
every_form = pytest.mark.parametrize("form", FORMS)


@pytest.fixture(name="chain")
def _chain(table, line, save):
    table.extra = [line("SPXW", "250905", "Fri Sep 05 2025", 200.0).replace(",9.5,", ",0,"), "Fri Sep 05 2025,junk"]
    return read_chain(save(table.text(), "original.csv"))


def same(one, other) -> None:
    """Two chains are equal in every field but the rows set aside, which a file of ours only counts."""
    for field in dataclasses.fields(one):
        if field.name not in {"frame", "quarantine", "expired"}:
            assert getattr(one, field.name) == getattr(other, field.name), field.name
    assert one.frame.schema == other.frame.schema
    assert one.frame.equals(other.frame, null_equal=True)


@every_form
def test_a_chain_comes_back_as_it_was(chain, save, form):
    """Table, facts, provenance, counts and notes."""
    assert chain.quality.quarantined
    assert chain.quality.warnings
    same(read_chain(save(FORMS[form](chain))), chain)


@every_form
def test_a_second_trip_gives_the_same_bytes(chain, save, form):
    once = FORMS[form](chain)
    assert FORMS[form](read_chain(save(once))) == once


FLOATS = st.none() | st.floats(0.01, 1e6)
COUNTS = st.none() | st.integers(0, 2**40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(FLOATS, FLOATS, COUNTS, COUNTS, st.none() | st.floats(0.02, 2.5)), min_size=1, max_size=8),
    st.floats(10.0, 1e5),
    st.datetimes(
        dt.datetime.fromisoformat("2000-01-03"), dt.datetime.fromisoformat("2039-01-01"), timezones=st.just(dt.UTC)
    ),
)
def test_any_values_come_back_bit_for_bit(save, rows, spot, when):
    frame = pl.DataFrame(
        {
            "root": ["SPXW"] * len(rows),
            "expiration": [dt.date(2039, 12, 16)] * len(rows),
            "strike": [spot + n / 3 for n in range(len(rows))],
            "option_type": ["C"] * len(rows),
            "bid": [row[0] for row in rows],
            "ask": [row[1] for row in rows],
            "volume": [row[2] for row in rows],
            "open_interest": [1, *(row[3] for row in rows[1:])],
            "implied_volatility": [row[4] for row in rows],
            "quote_time": [when] * len(rows),
            "spot": [spot] * len(rows),
        },
        schema_overrides={"bid": pl.Float64, "ask": pl.Float64, "volume": pl.Int64, "implied_volatility": pl.Float64},
    )
    chain = read_chain(frame)
    for form in FORMS.values():
        same(read_chain(save(form(chain))), chain)


@every_form
def test_a_given_spot_or_time_is_applied_to_a_stored_chain(chain, save, form):
    path = save(FORMS[form](chain))
    moved = read_chain(path, spot=99.0, quote_time="2025-09-05T16:00")
    assert (moved.spot, moved.quote_time_source) == (99.0, "given")
    assert moved.quality.rows_in == chain.quality.rows_in
    assert moved.quality.quarantined == {**chain.quality.quarantined, "expired": 12}
    assert moved.quality.rows_in == moved.quality.rows_kept + sum(moved.quality.quarantined.values())
    assert moved.source == chain.source


@every_form
def test_a_cut_file_is_refused(chain, save, form):
    data = FORMS[form](chain)
    for end in range(5, len(data), 211):
        with pytest.raises(ChainError):
            read_chain(save(data[:end]))


def test_an_edited_csv_is_judged_again(chain, save):
    text = csv_bytes(chain).decode().replace(",9.5,10.5,", ",-9.5,10.5,")
    again = read_chain(save(text))
    assert again.quality.quarantined == {**chain.quality.quarantined, "negative": 3}
    lines = text.splitlines()
    assert [lines[number - 1] for number in again.quarantine["line"]] == again.quarantine["row"].to_list()


def test_rows_taken_out_of_a_file_of_ours_are_missed(chain, save):
    lines = csv_bytes(chain).decode().splitlines(keepends=True)
    with pytest.raises(ContentError, match="31 rows, but it was written with 32"):
        read_chain(save("".join(lines[:-1])))


def test_another_version_of_the_layout_is_refused(chain, save):
    text = csv_bytes(chain).decode().replace('"schema_version": 1', '"schema_version": 99')
    with pytest.raises(FormatError, match="written with layout 99"):
        read_chain(save(text))


def test_damaged_facts_are_refused(chain, save):
    text = csv_bytes(chain).decode()
    for old, new in (('"spot": ', '"spit": '), ("# gex.chain {", "# gex.chain [")):
        with pytest.raises(FormatError, match="facts in the metadata are damaged"):
            read_chain(save(text.replace(old, new, 1)))


@pytest.mark.parametrize(
    "convert", [lambda chain: chain.frame, lambda c: c.to_pandas(), lambda c: c.to_arrow()], ids=str
)
def test_tables_in_memory(chain, convert):
    """Polars, pandas and PyArrow."""
    again = read_chain(convert(chain))
    assert again.frame.equals(chain.frame, null_equal=True)
    assert (again.source.path, again.source.format, len(again.source.sha256)) == ("<table>", "table", 64)


MINIMAL = (
    "root,expiration,strike,right,open_interest,bid,ask\nSPXW,2025-09-05,100,call,5,1,2\nSPXW,2025-09-05,100,p,7,,3\n"
)


def test_a_minimal_table_takes_the_rest_from_the_root_and_the_user(save, accounted):
    chain = read_chain(save(MINIMAL), quote_time="2025-09-05T10:00", spot=100.0)
    accounted(chain)
    assert chain.frame.select("underlying", "settlement", "exercise", "multiplier").unique().rows() == [
        ("SPX", "PM", "E", 100.0)
    ]
    assert chain.frame["option_type"].to_list() == ["C", "P"]
    assert chain.frame["open_interest_date"].unique().to_list() == [dt.date(2025, 9, 4)]


def test_a_table_without_time_asks_for_it(save):
    with pytest.raises(TimeError, match=r"no quote_time column.*--quote-time"):
        read_chain(save(MINIMAL), spot=100.0)


def test_columns_of_the_table_hold_over_the_roots_terms(save):
    text = (
        MINIMAL.replace("ask\n", "ask,settlement,exercise,multiplier\n")
        .replace("1,2\n", "1,2,AM,A,10\n")
        .replace(",3\n", ",3,AM,A,10\n")
    )
    chain = read_chain(save(text), quote_time="2025-09-04T10:00", spot=100.0)
    assert chain.frame.select("settlement", "exercise", "multiplier").unique().rows() == [("AM", "A", 10.0)]
    assert chain.frame["expires_at"][0] == dt.datetime(2025, 9, 5, 13, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2025-09-05,100,call", "05.09.2025,100,call"),
        ("call", "straddle"),
        (",5,1,2", ",five,1,2"),
        ("call,5", "call,5.5"),
    ],
)
def test_cells_that_cannot_be_read_are_set_aside(save, accounted, old, new):
    chain = read_chain(save(MINIMAL.replace(old, new)), quote_time="2025-09-05T10:00", spot=100.0)
    accounted(chain)
    assert chain.quality.quarantined == {"bad_number": 1}
    assert chain.quarantine["line"].to_list() == [2]


def test_a_missing_column_is_named(save):
    with pytest.raises(FormatError, match="columns missing: option_type; got root"):
        read_chain(save(MINIMAL.replace("right", "side")), spot=1.0, quote_time="2025-09-05T10:00")


def test_two_snapshots_in_one_table_are_refused(chain):
    later = chain.frame.with_columns(pl.col("quote_time") + pl.duration(minutes=5))
    with pytest.raises(ContentError, match="2 values of quote_time"):
        read_chain(pl.concat([chain.frame, later]))


def test_a_time_without_zone_is_refused(chain):
    naive = chain.frame.with_columns(pl.col("quote_time").dt.replace_time_zone(None))
    with pytest.raises(TimeError, match="has no time zone"):
        read_chain(naive)


def test_repeated_column_names_are_refused(save):
    with pytest.raises(FormatError, match="two columns of one name"):
        read_chain(save(MINIMAL.replace("ask", "bid")), format="csv")


def test_a_parquet_file_that_is_none(save):
    with pytest.raises(UnreadableError, match="not a whole Parquet file"):
        read_chain(save(b"PAR1" + bytes(100) + b"PAR1"))


def test_a_stored_file_with_other_values_than_were_written_is_refused(save, table, tmp_path):
    """Saved by another program, so that there is no seal, but what was written is still told."""
    stored = save_chain(read_chain(save(table.text())), tmp_path / "store")
    metadata = {name: text for name, text in pl.read_parquet_metadata(stored).items() if name in {FACTS, CONTENT}}
    frame = pl.read_parquet(stored)
    for name, changed in (
        ("bid", pl.col("bid") + 0.01),
        ("root", pl.lit("SPX")),
        ("open_interest", pl.lit(None, pl.Int64)),
    ):
        frame.with_columns(changed.alias(name)).write_parquet(stored, metadata=metadata)
        with pytest.raises(
            UnreadableError, match=f"damaged: not the {name} that were written; ingest its source again"
        ):
            read_chain(stored)


@pytest.mark.parametrize("column", ["expiration", "open_interest_date", "expires_at"])
def test_a_date_that_python_has_not_sets_its_row_aside(save, table, tmp_path, column):
    """Found by damaging files: to look at such a date ends in an error of Python's or of Polars'."""
    frame = read_chain(save(table.text())).frame
    beyond = pl.Series([2**31 - 1 if column != "expires_at" else 2**60]).cast(frame.schema[column])[0:1]
    path = tmp_path / "theirs.parquet"
    frame.with_columns(pl.concat([beyond.alias(column), frame[column][1:]])).write_parquet(path)
    chain = read_chain(path)
    aside = 0 if column == "expires_at" else 1  # Ours to know: theirs is not looked at.
    assert chain.quality.rows_kept == frame.height - aside
    assert sum(chain.quality.quarantined.values()) == chain.quarantine.height == aside
    assert all(str(2**31 - 1) in row for row in chain.quarantine["row"])


def test_a_quote_time_that_python_has_not_is_refused(save, table, tmp_path):
    frame = read_chain(save(table.text())).frame
    path = tmp_path / "theirs.parquet"
    beyond = pl.lit(2**60).cast(frame.schema["quote_time"]).alias("quote_time")
    frame.with_columns(beyond).write_parquet(path)
    with pytest.raises(TimeError, match="1152921504606846976"):
        read_chain(path)


def test_facts_without_a_seal_or_sums_prove_nothing(save, table, tmp_path):
    """Saved by another program in another order, with our facts kept: judged like anybody's rows."""
    chain = read_chain(save(table.text()))
    told = pl.read_parquet_metadata(save_chain(chain, tmp_path / "store"))
    path = tmp_path / "theirs.parquet"
    chain.frame.reverse().write_parquet(path, metadata={FACTS: told[FACTS]})
    again = read_chain(path)
    assert again.frame.equals(chain.frame)
    assert again.quote_time == chain.quote_time
