"""Index histories: Cboe's two layouts, and every way a line can be wrong."""

import datetime as dt
import json

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, FormatError, UnreadableError
from gex.ingest.history import SCHEMA, read_download, save_history

FULL = "DATE,OPEN,HIGH,LOW,CLOSE\n"
DAYS = ["09/04/2025,16.1,16.5,15.2,15.3\n", "09/05/2025,15.4,15.9,14.8,15.18\n"]


def read(text, symbol="VIX"):
    return read_download(text if isinstance(text, bytes) else text.encode(), symbol, "VIX_History.csv")


def test_four_prices_a_day():
    frame = read(FULL + "".join(DAYS))
    assert frame.schema == SCHEMA
    assert frame.rows() == [
        (dt.date(2025, 9, 4), 16.1, 16.5, 15.2, 15.3),
        (dt.date(2025, 9, 5), 15.4, 15.9, 14.8, 15.18),
    ]


def test_one_value_a_day_is_the_close():
    frame = read("DATE,VVIX\r\n03/06/2006,71.73\r\n03/15/2006,15.71\r\n", "VVIX")
    assert frame.schema == SCHEMA
    assert frame["close"].to_list() == [71.73, 15.71]
    assert frame.select("open", "high", "low").null_count().row(0) == (2, 2, 2)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("DATE,OPEN,HIGH,LOW\n01/02/2025,1,2,3\n", "line 1: expected the columns"),
        ("DATE,VVIX\n01/02/2025,1\n", "or DATE,VIX, got 'DATE,VVIX'"),
        ("date,open,high,low,close\n" + DAYS[0], "line 1: expected the columns"),
        ("DATE,OPEN,HIGH,LOW,CLOSE,VOLUME\n", "line 1: expected the columns"),
        (FULL + DAYS[0] + DAYS[0], "line 3: expected a day after the one above, got '09/04/2025"),
        (FULL + DAYS[1] + DAYS[0], "line 3: expected a day after"),
        (FULL + DAYS[0] + "2025-09-05,1,2,3,4\n", "line 3: expected a date such as 09/05/2025"),
        (FULL + DAYS[0] + "13/05/2025,1,2,3,4\n", "line 3: expected a date"),
        (FULL + DAYS[0] + "9/5/2025,1,2,3,4\n", "line 3: expected a date"),
        (FULL + DAYS[0] + "09/05/2025,1,,3,4\n", "line 3: expected prices, got '09/05/2025,1,,3,4'"),
        (FULL + DAYS[0] + "09/05/2025,1,nan,3,4\n", "line 3: expected prices"),
        (FULL + DAYS[0] + "09/05/2025,1,inf,3,4\n", "line 3: expected prices"),
        (FULL + DAYS[0] + "09/05/2025,1,-2,3,4\n", "line 3: expected prices"),
        (FULL + DAYS[0] + "09/05/2025,1,n/a,3,4\n", "line 3: expected prices"),
        (FULL + DAYS[0] + "09/05/2025,1,2,3\n", "line 3: expected 5 cells"),
        (FULL + DAYS[0] + "09/05/2025,1,2,3,4,5\n", "line 3: expected 5 cells"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(text, match):
    with pytest.raises(FormatError, match=match):
        read(text)


@pytest.mark.parametrize("text", [FULL, FULL.rstrip(), FULL + DAYS[0] + DAYS[1].rstrip(), FULL + DAYS[0] + "09/05"])
def test_a_cut_off_file_is_unreadable(text):
    with pytest.raises(UnreadableError, match="cut off"):
        read(text)


@given(st.integers(0, len(FULL + "".join(DAYS)) - 1))
def test_no_part_of_a_file_passes_for_the_whole(length):
    text = (FULL + "".join(DAYS))[:length]
    if length == len(FULL + DAYS[0]):  # A whole file of the day before.
        assert read(text).height == 1
        return
    with pytest.raises(ChainError):
        read(text)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: (FULL + DAYS[0]).encode() + tail + b"\n"))
def test_any_bytes_are_read_right_or_refused(data):
    try:
        frame = read(data)
    except ChainError:
        return
    assert frame.schema == SCHEMA
    assert frame["date"].is_sorted()
    assert frame["date"].is_unique().all()
    assert (frame["close"] >= 0).all()


def test_a_saved_history_comes_back(tmp_path):
    frame = read(FULL + "".join(DAYS))
    path = save_history(frame, "VIX", tmp_path, {"sha256": "1f3a9c02" * 8, "url": "http://x"})
    assert path == tmp_path / "history" / "symbol=VIX" / "2025-09-05-1f3a9c02.parquet"
    assert pl.read_parquet(path).equals(frame)
    facts = json.loads(pl.read_parquet_metadata(path)["gex.history"])
    assert facts == {"symbol": "VIX", "sha256": "1f3a9c02" * 8, "url": "http://x"}
    before = path.stat().st_mtime_ns
    assert save_history(frame, "VIX", tmp_path, {"sha256": "1f3a9c02" * 8}).stat().st_mtime_ns == before


def test_a_store_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "history").write_text("a file where a folder belongs")
    with pytest.raises(UnreadableError, match="cannot write to the store"):
        save_history(read(FULL + DAYS[0]), "VIX", tmp_path, {"sha256": "0" * 64})


@pytest.mark.real
@pytest.mark.parametrize("symbol", ["NDX", "SKEW", "SPX", "VIX", "VIX3M", "VIX9D", "VVIX"])
def test_real_histories_are_read_row_by_row(symbol, data_path):
    data = data_path("history", f"{symbol}_History.csv").read_bytes()
    frame = read_download(data, symbol, symbol)
    lines = data.decode().splitlines()[1:]
    assert frame.height == len(lines)
    assert [f"{day:%m/%d/%Y}" for day in frame["date"]] == [line[:10] for line in lines]
    assert frame["close"].to_list() == [float(line.rpartition(",")[2]) for line in lines]
