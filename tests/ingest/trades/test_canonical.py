"""Our own tapes: what is written comes back exactly."""

from __future__ import annotations

import json

import polars as pl
import pytest
from tapes import MASSIVE_HEAD, SIP, datashop, datashop_line, lines_of, massive_line

from gex.ingest.errors import ChainError, ContentError, FormatError
from gex.ingest.trades.canonical import csv_bytes, parquet_bytes
from gex.ingest.trades.read import read_trades, trade_batches

WRITERS = {"parquet": parquet_bytes, "csv": csv_bytes}
each_form = pytest.mark.parametrize("form", WRITERS)


@pytest.fixture(name="tape")
def _tape(save):
    """Return a tape with warnings, rows set aside and nulls."""
    lines = [
        datashop_line(),
        datashop_line("5", quote_datetime="2024-06-03 09:29:59.001", strike="5300.125"),
        datashop_line(trade_condition_id=130, best_bid="", option_type="P"),
        datashop_line(trade_size=0),
        datashop_line(trade_condition_id=13, trade_price="0.0500", root="ABCD"),
    ]
    return read_trades(save(datashop(*lines), "tape.csv"))


@each_form
def test_round_trip(save, tape, form):
    again = read_trades(save(WRITERS[form](tape)))
    assert again.frame.equals(tape.frame)
    assert again.frame.schema == tape.frame.schema
    assert (again.quality, again.source) == (tape.quality, tape.source)
    assert WRITERS[form](again) == WRITERS[form](tape)


@each_form
def test_an_empty_tape(save, form):
    tape = read_trades(save(datashop()))
    again = read_trades(save(WRITERS[form](tape)))
    assert again.frame.equals(tape.frame)
    assert again.quality == tape.quality


@each_form
def test_batches_of_ours(save, tape, form):
    batches = list(trade_batches(save(WRITERS[form](tape)), rows=2))
    assert [each.frame.height for each in batches] == [2, 2]
    assert pl.concat([each.frame for each in batches]).equals(tape.frame)
    assert sum(each.quality.rows_in for each in batches) == tape.quality.rows_in


@each_form
def test_conditions_with_a_comma(save, form):
    text = lines_of(MASSIVE_HEAD, massive_line(conditions='"209,202"'), massive_line())
    tape = read_trades(save(text, "tape.csv"))
    again = read_trades(save(WRITERS[form](tape)))
    assert again.frame["condition"].to_list() == ["209,202", "209"]
    assert again.frame.equals(tape.frame)


def _bare(tape, form, **changes):
    """Return a table with the needed columns only, as anybody may make it."""
    needed = ["root", "expiration", "strike", "option_type", "trade_time", "price", "size"]
    table = tape.frame.select(needed).with_columns(pl.col("option_type").cast(pl.String)).with_columns(**changes)
    path = f"bare.{form}"
    return path, table


@each_form
def test_a_table_of_somebody_elses(tmp_path, tape, form):
    name, table = _bare(tape, form, remark=pl.lit("x"))
    path = tmp_path / name
    getattr(table, f"write_{form}")(path)
    found = read_trades(path)
    assert found.source.format == form
    assert found.frame.select(table.columns[:-1]).equals(
        table.select(pl.all().exclude("remark")).cast({"option_type": found.frame.schema["option_type"]})
    )
    assert found.frame["line"].to_list() == [1 + (form == "csv") + place for place in range(4)]
    assert found.quality.warnings["no_quote"] == 4


def test_times_without_zone(tmp_path, tape):
    name, table = _bare(tape, "parquet", trade_time=pl.col("trade_time").dt.replace_time_zone(None))
    table.write_parquet(tmp_path / name)
    with pytest.raises(FormatError, match="no time zone"):
        read_trades(tmp_path / name)
    table.write_csv(tmp_path / "bare.csv")
    assert read_trades(tmp_path / "bare.csv").quality.quarantined == {"bad_time": 4}


@pytest.mark.parametrize(
    "text", ["2024-06-03T15:11:05.375Z", "2024-06-03 11:11:05.375-04:00", "2024-06-03T15:11:05.375000001+0000"]
)
def test_times_with_any_zone(save, text):
    tape = read_trades(
        save(f"root,expiration,strike,option_type,trade_time,price,size\nSPXW,2024-06-07,5300,C,{text},20.5,3\n")
    )
    assert tape.frame["trade_time"].to_physical().to_list() == [SIP + text.count("000001")]


@each_form
def test_rows_of_a_table_are_judged(tmp_path, tape, form):
    name, table = _bare(tape, form, price=pl.Series([1.0, -1.0, 2.0, None]), size=pl.Series([1, 2, 0, 4]))
    getattr(table, f"write_{form}")(tmp_path / name)
    found = read_trades(tmp_path / name)
    assert found.quarantine["reason"].to_list() == ["bad_price", "zero_size", "bad_price"]
    if form == "parquet":
        assert json.loads(found.quarantine["row"][0])["price"] == -1.0


@each_form
def test_columns_that_are_missing_or_twice(tmp_path, tape, form):
    name, table = _bare(tape, form)
    getattr(table.drop("price"), f"write_{form}")(tmp_path / name)
    with pytest.raises(FormatError, match="columns missing: price" if form == "parquet" else "not a tape"):
        read_trades(tmp_path / name)


@pytest.mark.parametrize("column", ["price", "trade_time", "expiration", "option_type"])
def test_columns_of_other_types(tmp_path, tape, column):
    name, table = _bare(tape, "parquet", **{column: pl.Series([[1]] * 4)})
    table.write_parquet(tmp_path / name)
    with pytest.raises(FormatError, match="not of the type"):
        read_trades(tmp_path / name)


def test_a_parquet_file_of_other_rows(tmp_path, tape):
    import pyarrow.parquet as pq

    path = tmp_path / "tape.parquet"
    path.write_bytes(parquet_bytes(tape))
    pq.write_table(pq.read_table(path).slice(0, 2), path)
    with pytest.raises(ContentError, match="2 rows, but it was written with 4"):
        read_trades(path)


@each_form
@pytest.mark.parametrize("old", [b'"version": 1', b'"rows_in": 5', b'"sha256"'])
def test_a_damaged_account(save, tape, form, old):
    new = old.replace(b"1", b"9").replace(b"5", b"6").replace(b"sha", b"SHA")
    with pytest.raises(ChainError):
        read_trades(save(WRITERS[form](tape).replace(old, new)))
