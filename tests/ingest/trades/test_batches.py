"""Tapes in batches and as they come: together they are the whole."""

from __future__ import annotations

import itertools
import os
import threading
from collections import Counter

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tapes import DATASHOP_HEAD, datashop, datashop_line

from gex.ingest.errors import ContentError, FormatError, UnreadableError
from gex.ingest.readers import csv_pieces
from gex.ingest.trades.canonical import csv_bytes, parquet_bytes
from gex.ingest.trades.read import joined, read_trades, trade_batches

# A reading takes some hundredths of a second; tests/fuzz goes on for as long as you like.
fewer = settings(max_examples=settings().max_examples // 8)
LINES = [
    datashop_line(),
    datashop_line(trade_size=4),
    datashop_line(quote_datetime="2024-06-03 11:11:04.000"),
    datashop_line("5", root="?"),
    datashop_line(quote_datetime="2024-06-03 11:11:04.000"),
    datashop_line(strike="5350.000", quote_datetime="2024-06-03 11:11:05.000"),
    datashop_line(trade_condition_id=41),
    datashop_line(root="ABCD", option_type="P"),
    datashop_line(trade_size=0),
    datashop_line(trade_condition_id=41, trade_price="1"),
]


def same(batches, whole):
    assert pl.concat([each.frame for each in batches]).equals(whole.frame)
    assert pl.concat([each.quarantine for each in batches]).equals(whole.quarantine)
    assert sum(each.quality.rows_in for each in batches) == whole.quality.rows_in
    for name in ("quarantined", "warnings"):
        counts = Counter()
        for each in batches:
            counts.update(getattr(each.quality, name))
        assert counts == getattr(whole.quality, name)
    for each in batches:
        assert each.quality.rows_in == each.frame.height + each.quarantine.height
        assert each.source == whole.source


@pytest.mark.parametrize("rows", [1, 2, 3, 7, 10, 11])
def test_batches_are_the_whole(save, rows):
    path = save(datashop(*LINES))
    batches = list(trade_batches(path, rows=rows))
    assert [each.quality.rows_in for each in batches[:-1]] == [rows] * (len(batches) - 1)
    same(batches, read_trades(path))
    assert joined(batches).quality == read_trades(path).quality


def test_reports_and_trades_in_pieces_that_are_read_in_different_ways(save, monkeypatch):
    """A line that does not fit has those around it taken apart one by one."""
    report = datashop_line(trade_condition_id=41)
    lines = [datashop_line(), datashop_line().replace("SPXW", '"SPXW"'), "x", report, report.replace("SPXW", '"SPXW"')]
    path = save(datashop(*lines))
    monkeypatch.setattr(csv_pieces, "SIZE", 400)
    tape = read_trades(path)
    assert tape.quarantine["reason"].to_list() == ["cancelled", "cancelled", "field_count", "cancel", "cancel"]


@fewer
@given(size=st.integers(100, 3000), rows=st.integers(1, 12), order=st.permutations(range(len(LINES))))
def test_wherever_the_file_is_divided(tmp_path_factory, size, rows, order):
    path = tmp_path_factory.getbasetemp() / "divided.csv"
    path.write_text(datashop(*(LINES[place] for place in order)))
    whole = read_trades(path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(csv_pieces, "SIZE", max(size, 400))
        same(list(trade_batches(path, rows=rows)), whole)


def test_no_rows_in_a_batch(save):
    with pytest.raises(ValueError, match="rows must be at least 1"):
        next(trade_batches(save(datashop()), rows=0))
    with pytest.raises(ValueError, match="no batch"):
        joined([])


class Writer:
    """Writes a file bit by bit: whenever nothing more has come, it is asked to go on."""

    def __init__(self, path, parts):
        self.path, self.parts = path, list(parts)
        path.write_bytes(self.parts.pop(0))

    def __call__(self):
        if not self.parts:
            return False
        with self.path.open("ab") as file:
            file.write(self.parts.pop(0))
        return True


def cut(text, *places):
    data = text.encode()
    ends = [0, *places, len(data)]
    return [data[start:end] for start, end in itertools.pairwise(ends)]


def test_following_a_file(tmp_path):
    """Whole lines are given as they come, and a cut one is kept until its end has come."""
    text = datashop(*(datashop_line(trade_size=size) for size in range(1, 6)))
    width = len(datashop_line()) + 1
    head = len(DATASHOP_HEAD) + 1
    writer = Writer(tmp_path / "tape.csv", cut(text, 10, head + 5, head + width, head + 3 * width - 1))
    batches = list(trade_batches(writer.path, follow=writer))
    assert [each.frame["size"].to_list() for each in batches] == [[1], [2], [3, 4, 5]]
    assert [each.frame["line"].to_list() for each in batches] == [[2], [3], [4, 5, 6]]
    assert batches[0].source.sha256 == ""


def test_following_a_file_of_ours(save, tmp_path):
    tape = read_trades(save(datashop(*LINES)))
    data = csv_bytes(tape)
    head = data.index(b"\n") + 1
    writer = Writer(tmp_path / "ours.csv", [data[:20], data[20:head], data[head : head + 30], data[head + 30 :]])
    found = joined(list(trade_batches(writer.path, follow=writer)))
    assert found.frame.equals(tape.frame)
    assert found.quality == tape.quality


def test_following_a_file_that_stops_in_mid_row(tmp_path):
    text = datashop(datashop_line(), datashop_line(trade_size=2))
    writer = Writer(tmp_path / "tape.csv", cut(text[:-30], 200))
    batches = list(trade_batches(writer.path, follow=writer))
    assert [each.frame.height for each in batches] == [1, 0]
    assert batches[-1].quality.quarantined == {"cut_row": 1}


@fewer
@given(places=st.lists(st.integers(1, len(datashop(*LINES)) - 1), max_size=8))
def test_wherever_a_growing_file_is_cut(tmp_path_factory, places):
    """Only reports that take back a trade are too late for it."""
    lines = [line for line in LINES if ",41,0," not in line]
    path = tmp_path_factory.getbasetemp() / "growing.csv"
    path.write_text(datashop(*lines))
    whole = read_trades(path)
    places = sorted({place for place in places if place < path.stat().st_size})
    writer = Writer(path, cut(datashop(*lines), *places))
    batches = list(trade_batches(path, follow=writer, rows=3))
    found = joined(batches)
    assert found.frame.equals(whole.frame)
    assert found.quarantine.equals(whole.quarantine)
    assert found.quality == whole.quality


def test_a_trade_that_was_given_is_not_taken_back(tmp_path):
    writer = Writer(tmp_path / "tape.csv", [datashop(datashop_line(), datashop_line(trade_condition_id=41)).encode()])
    (batch,) = trade_batches(writer.path, follow=writer)
    assert batch.quality.quarantined == {"cancel_unmatched": 1}


def test_following_ends_after_a_while(save):
    path = save(datashop(datashop_line()))
    assert [each.frame.height for each in trade_batches(path, follow=0.05)] == [1]


def test_a_pipe_ends_with_its_writer(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writing = threading.Thread(target=lambda: path.write_text(datashop(*LINES)))
    writing.start()
    batches = list(trade_batches(path, follow=lambda: pytest.fail("asked of a pipe")))
    writing.join()
    assert sum(each.quality.rows_in for each in batches) == len(LINES)


def test_what_cannot_be_followed(save, tmp_path):
    import gzip

    tape = read_trades(save(datashop(datashop_line())))
    with pytest.raises(ContentError, match="only tapes that are lines of text"):
        next(trade_batches(save(parquet_bytes(tape)), follow=0.0))
    with pytest.raises(FormatError, match="cannot be followed"):
        next(trade_batches(save(gzip.compress(datashop(datashop_line()).encode())), follow=0.0))
    with pytest.raises(UnreadableError, match="empty"):
        next(trade_batches(save(""), follow=0.0))
    with pytest.raises(UnreadableError, match="cannot be read"):
        next(trade_batches(tmp_path / "none", follow=0.0))


def test_archives(save):
    import gzip
    import io
    import zipfile

    text = datashop(*LINES).encode()
    whole = read_trades(save(text)).frame
    assert read_trades(save(gzip.compress(text))).frame.equals(whole)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.csv", text)
    assert read_trades(save(packed.getvalue())).frame.equals(whole)
    with zipfile.ZipFile(packed, "a") as archive:
        archive.writestr("b.csv", text)
    with pytest.raises(ContentError, match="2 files"):
        read_trades(save(packed.getvalue()))
    assert read_trades(io.BytesIO(text)).frame.equals(whole)
