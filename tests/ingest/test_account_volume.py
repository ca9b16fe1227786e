"""OCC's volume by account type: every row right, or the file refused."""

from __future__ import annotations

import contextlib
import datetime as dt
import gzip
import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.account_volume import HEADER, SCHEMA, read_account_volume
from gex.ingest.errors import ChainError, ContentError, FormatError, UnreadableError
from gex.ingest.read import read_chain

COLUMNS = ",".join(HEADER)
LINES = (
    "34483,SPX,SPXW,C,C,CBOE,07/02/2026",
    "34483,SPX,SPXW,M,C,CBOE,07/02/2026",
    "1168,SPX,2SPX,F,P,CBOE,07/02/2026",
    "7,BRKB,BRKB,C,P,NYSE ARCA,07/02/2026",
)
DAY = dt.date(2026, 7, 2)
ROWS = [
    (DAY, "SPX", "SPXW", "customer", "C", "CBOE", 34483),
    (DAY, "SPX", "SPXW", "market_maker", "C", "CBOE", 34483),
    (DAY, "SPX", "2SPX", "firm", "P", "CBOE", 1168),
    (DAY, "BRKB", "BRKB", "customer", "P", "NYSE ARCA", 7),
]


def text(*lines: str, header: str = COLUMNS, end: str = "\r\n") -> str:
    return end.join([header, *(lines or LINES), ""])


def zipped(*members: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for number, member in enumerate(members):
            archive.writestr(f"{number}.csv", member)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        text().encode(),
        text(end="\n").encode(),
        text().strip().encode(),
        text(*(f"{line}," for line in LINES)).encode(),
        text(header=COLUMNS + ",").encode(),
        text(*LINES, "", ",,,,,,").encode(),
        b"\xef\xbb\xbf" + text().encode(),
        text().encode("utf-16"),
        gzip.compress(text().encode()),
        zipped(text()),
    ],
)
def test_what_each_column_becomes(save, data):
    for source in (save(data), io.BytesIO(data)):
        frame = read_account_volume(source)
        assert frame.schema == SCHEMA
        assert frame.rows() == ROWS


@pytest.mark.parametrize(
    "header",
    [
        "No record(s) found",
        "Report date cannot be greater than 07/02/2026",
        "<html>",
        COLUMNS.replace("actype", "accttype"),
        COLUMNS.upper(),
        "actdate," + COLUMNS.removesuffix(",actdate"),
        COLUMNS + ",productkind",
        COLUMNS.removesuffix(",actdate"),
    ],
)
def test_other_columns_and_messages_are_refused_by_what_they_say(save, header):
    with pytest.raises(FormatError, match=r"line 1: expected the columns quantity,.*,actdate, got ") as caught:
        read_account_volume(save(text(header=header)))
    assert repr(header[:80])[:40] in str(caught.value)


@pytest.mark.parametrize(
    "bad",
    [
        "x,SPX,SPXW,C,C,CBOE,07/02/2026",
        "-1,SPX,SPXW,C,C,CBOE,07/02/2026",
        "1.5,SPX,SPXW,C,C,CBOE,07/02/2026",
        "1e3,SPX,SPXW,C,C,CBOE,07/02/2026",
        ",SPX,SPXW,C,C,CBOE,07/02/2026",
        "99999999999999999999,SPX,SPXW,C,C,CBOE,07/02/2026",
        "1,,SPXW,C,C,CBOE,07/02/2026",
        "1,SPX,SPXW,Q,C,CBOE,07/02/2026",
        "1,SPX,SPXW,C,X,CBOE,07/02/2026",
        "1,SPX,SPXW,C,C,,07/02/2026",
        "1,SPX,SPXW,C,C,CBOE,2026-07-02",
        "1,SPX,SPXW,C,C,CBOE,02/30/2026",
        "1,SPX,SPXW,C,C,CBOE,07/02/202",
        "1,SPX,SPXW,C,C,CBOE",
        "1,SPX,SPXW,C,C,CBOE,07/02/2026,1",
        "Total",
    ],
)
@pytest.mark.parametrize("place", [0, 2, 4])
def test_one_bad_line_refuses_the_file_and_is_named(save, bad, place):
    lines = [*LINES[:place], bad, *LINES[place:]]
    with pytest.raises(ContentError, match="expected a count, underlying, symbol, C, F or M") as caught:
        read_account_volume(save(text(*lines)))
    assert (caught.value.row, caught.value.value) == (place + 2, bad)


def test_nothing_in_it(save):
    for content in (COLUMNS, COLUMNS + "\r\n", COLUMNS + "\n,,,,,,\n"):
        with pytest.raises(UnreadableError, match="the file ends after its header"):
            read_account_volume(save(content))
    with pytest.raises(UnreadableError, match="the file is empty"):
        read_account_volume(save(""))
    with pytest.raises(UnreadableError, match="cannot be read: No such file"):
        read_account_volume("none.csv")
    with pytest.raises(ContentError, match="2 files in a zip file; take one at a time"):
        read_account_volume(save(zipped(text(), text())))
    with pytest.raises(TypeError, match="open it in binary mode"):
        read_account_volume(io.StringIO(text()))


def test_as_a_chain_it_is_told_what_it_is(save):
    with pytest.raises(FormatError, match=r"OCC's volume by account type, .*read_account_volume.*; take "):
        read_chain(save(text()))


@given(end=st.integers(0, len(text()) - 1))
def test_cut_off_anywhere(end):
    with contextlib.suppress(ChainError):
        assert read_account_volume(io.BytesIO(text().encode()[:end])).rows() == ROWS[: text()[: end + 1].count("2026")]


@given(st.lists(st.tuples(st.integers(0, len(text()) - 1), st.integers(0, 255)), min_size=1, max_size=8))
def test_damaged_bytes_are_an_error_or_a_table_of_the_schema(changes):
    raw = bytearray(text().encode())
    for place, byte in changes:
        raw[place] = byte
    with contextlib.suppress(ChainError):
        frame = read_account_volume(io.BytesIO(bytes(raw)))
        assert frame.schema == SCHEMA
        assert frame.null_count().sum_horizontal().item() == 0
