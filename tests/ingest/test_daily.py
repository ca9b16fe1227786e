"""Daily histories: every layout, their names, folders and archives, and the real files."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import zipfile
from typing import TYPE_CHECKING

import polars as pl
import pyarrow.parquet as pq
import pytest
from histories import CBOE, TODAY, checked, read
from hypothesis import given, settings
from hypothesis import strategies as st

import gex
from gex.ingest.daily import daily_files, name_of, read_daily, read_daily_folder
from gex.ingest.errors import ChainError, ContentError, FormatError, MissingError, UnreadableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("text", "name", "row"),
    [
        (CBOE, "FILE", (20.6, 23.0, 19.6, 19.83, None)),
        ("DATE,VVIX\r\n11/13/2025,100.5\r\n11/14/2025,98.25\r\n", "VVIX", (None, None, None, 98.25, None)),
        ("observation_date,DFF\n2025-11-13,3.87\n2025-11-14,3.88\n", "DFF", (None, None, None, 3.88, None)),
        ("DATE,T10Y2Y\n2025-11-13,-0.05\n2025-11-14,-0.04\n", "T10Y2Y", (None, None, None, -0.04, None)),
        (
            "Date,Open,High,Low,Close,Adj Close,Volume\n2025-11-13,1,3,1,2,1.5,900\n2025-11-14,2,3,1,2.5,2.4,1000\n",
            "FILE",
            (2.0, 3.0, 1.0, 2.5, 1000.0),
        ),
        (
            "Price,Close,High,Low,Open,Volume\nTicker,^A,^A,^A,^A,^A\nDate,,,,,\n2025-11-13,2,3,1,1,900\n2025-11-14,2.5,3,1,2,1000\n",
            "FILE",
            (2.0, 3.0, 1.0, 2.5, 1000.0),
        ),
        ("date,value\n2025-11-13,7\n2025-11-14,-8\n", "FILE", (None, None, None, -8.0, None)),
        ("Date;Adj Close\n2025-11-13;7\n2025-11-14;8\n", "FILE", (None, None, None, 8.0, None)),
        ("day\tbreadth\n20251113\t7\n20251114\t0\n", "BREADTH", (None, None, None, 0.0, None)),
        ("Index of a vendor\n\nDate,Close\n2025-11-13,7\n2025-11-14,8\n", "FILE", (None, None, None, 8.0, None)),
        (
            "Date,Close\n2025-11-13 00:00:00-05:00,7\n2025-11-14 00:00:00-05:00,8\n",
            "FILE",
            (None, None, None, 8.0, None),
        ),
        (
            'Date,Close,Volume\n2025-11-13,"6,700.5",7\n2025-11-14,"6,734.11","1,000"\n',
            "FILE",
            (None,) * 3 + (6734.11, 1000.0),
        ),
        ("\ufeffdate,close\n2025-11-13,7\n\n2025-11-14,8\n", "FILE", (None, None, None, 8.0, None)),
    ],
)
def test_each_layout_is_read(text: str, name: str, row: tuple[float | None, ...]) -> None:
    history = read(text)
    assert history.name == name
    assert history.quality.rows_in == 2
    assert history.frame.rows()[1] == (dt.date(2025, 11, 14), *row)
    assert history.dates[0].astype(dt.date) == dt.date(2025, 11, 13)
    assert history.quality.quarantined == {}
    assert history.column("volume").dtype == float


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "empty"),
        ("open,high,low,close\n1,2,3,4\n", "line 1: no header with a column of dates, got 'open,high,low,close'"),
        ("date,open,high,low\n2025-11-14,1,2,3\n", "no column of values; there are date, open, high, low; name one"),
        ("date,open,high,low,settle\n2025-11-14,1,2,3,4\n", "no column of values; there are settle; name one"),
        ("date,dix,gex\n2025-11-14,1,2\n", "several columns could hold the values; there are dix, gex; name one"),
        ("date,close,close\n2025-11-14,1,2\n", "two columns are called 'close'; rename one"),
        ("date,DATE,close\n2025-11-14,1,2\n", "two columns are called 'date'"),
        ("date,close\n", "a header and no rows"),
        ("date,close\n13/11/2025,1\n14/11/2025,2\n", "the day before the month, such as 13/11/2025; write them as"),
        ("date,close\n2025-11-14,x\n", r"line 2: none of its 1 rows can be used: '2025-11-14,x' \(bad_number"),
        ("date,close\n2025-11-14,.\n", r"line 2: none of its 1 rows can be used: '2025-11-14,\.' \(no_value"),
        ("\0\0\0,close\n", "not text"),
        (b"PAR1 and no more", "not a whole Parquet file"),
    ],
)
def test_a_file_that_is_none_is_refused(text: str | bytes, match: str) -> None:
    with pytest.raises(ChainError, match=match):
        read(text)


def test_a_column_can_be_named() -> None:
    text = "date,price,dix,gex\n2025-11-13,6700,0.4,1e9\n2025-11-14,6734,0.5,-2e9\n"
    assert (read(text).column()[1], read(text).quality.notes) == (6734.0, ("not read: dix, gex",))
    history = read(text, column="GEX")
    assert (history.name, history.column().tolist()) == ("GEX", [1e9, -2e9])
    assert read(text, column="gex", name="dealers").name == "DEALERS"
    with pytest.raises(FormatError, match="no column 'gax'; there are date, price, dix, gex"):
        read(text, column="gax")


@pytest.mark.parametrize(
    ("path", "label", "name"),
    [
        ("data/VIX_History.csv", None, "VIX"),
        ("VVIX_History.csv.gz", "VVIX", "VVIX"),
        ("fred_dff.csv", "DFF", "DFF"),
        ("fred_hy.csv", "BAMLH0A0HYM2", "HY"),
        ("store/history/symbol=SPX/2025-09-05-1f3a.parquet", None, "SPX"),
        ("mine.csv", "BREADTH", "BREADTH"),
        ("brk.b.csv", None, "BRK.B"),
        ("all.zip:SKEW_History.csv", None, "SKEW"),
        ("_history.csv", None, "_HISTORY"),
        ("-", None, "SERIES"),
    ],
)
def test_names_come_from_the_file_then_the_column(path: str, label: str | None, name: str) -> None:
    assert name_of(path, label) == name


def test_a_file_of_one_series_named_as_another_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "VVIX_History.csv"
    path.write_text("DATE,SKEW\n11/14/2025,140\n")
    with pytest.raises(FormatError, match="the file's name says VVIX, its column SKEW"):
        read_daily(path)
    assert read_daily(path, name="SKEW").name == "SKEW"


def test_archives_tables_and_the_top_level_name(tmp_path: Path) -> None:
    frame = read(CBOE).frame
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CBOE.encode()))
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("VIX_History.csv", CBOE)
    frame.write_parquet(tmp_path / "c.parquet")
    zoned = pl.col("date").cast(pl.Datetime("ns")).dt.replace_time_zone("America/New_York")
    pq.write_table(frame.with_columns(zoned).to_arrow(), tmp_path / "d.parquet")
    for name in ("a.csv.gz", "b.zip", "c.parquet", "d.parquet"):
        history = checked(gex.read_history(tmp_path / name))
        assert history.frame.equals(frame), name
    assert read_daily(tmp_path / "b.zip").name == "VIX"
    with zipfile.ZipFile(tmp_path / "b.zip", "a") as archive:
        archive.writestr("SKEW_History.csv", CBOE)
    with pytest.raises(ContentError, match="2 files in an archive"):
        read_daily(tmp_path / "b.zip")


def test_a_parquet_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pl.DataFrame({"date": [[1], [2]], "close": [1.0, 2.0]}).write_parquet(path)
    with pytest.raises(ChainError):
        read_daily(path)
    # Years that Python has none of: to look at such a date ends the process.
    pl.DataFrame({"date": pl.Series([2**31 - 1] * 2, dtype=pl.Int32).cast(pl.Date), "close": [1.0, 2.0]}).write_parquet(
        path
    )
    with pytest.raises(ContentError, match="bad_date"):
        read_daily(path)
    pl.DataFrame({"a": [1]}).write_parquet(path)
    with pytest.raises(FormatError, match="no column of dates"):
        read_daily(path)


def test_a_folder_is_its_histories_by_name(tmp_path: Path) -> None:
    (tmp_path / "VIX_History.csv").write_text(CBOE)
    (tmp_path / "mine.csv").write_text("date,breadth\n2025-11-14,3\n")
    (tmp_path / "README.md").write_text("no history")
    stored = tmp_path / "symbol=SPX"
    stored.mkdir()
    for day in ("2025-09-04-aa", "2025-09-05-bb"):
        read(CBOE).frame.write_parquet(stored / f"{day}.parquet")
    found = read_daily_folder(tmp_path)
    assert set(found) == {"VIX", "BREADTH", "SPX"}
    assert all(name == history.name for name, history in found.items())
    assert found["SPX"].source.path.endswith("2025-09-05-bb.parquet")
    (tmp_path / "fred_VIX.csv").write_text("date,vix\n2025-11-14,3\n")
    with pytest.raises(ContentError, match=r"VIX is in VIX_History\.csv and fred_VIX\.csv; say which by --series VIX="):
        read_daily_folder(tmp_path)


def test_a_folder_without_histories_is_missing_and_a_bad_file_fails_when_read(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="there is no such folder"):
        read_daily_folder(tmp_path / "none")
    with pytest.raises(MissingError, match="no CSV or Parquet file"):
        read_daily_folder(tmp_path)
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n")
    (tmp_path / "hollow.csv").write_text("")
    (tmp_path / "SKEW_History.csv").write_text("DATE,VVIX\n11/14/2025,3\n")
    assert set(daily_files(tmp_path)) == {"ODD", "HOLLOW", "SKEW"}
    with pytest.raises(ChainError):
        read_daily_folder(tmp_path)


@pytest.mark.parametrize("source", [None, 3, b"date,close\n", io.StringIO("date,close\n2025-11-14,1\n")])
def test_what_is_no_source_is_a_type_error(source: object) -> None:
    with pytest.raises(TypeError):
        read_daily(source)  # type: ignore[arg-type]


def test_a_missing_file_or_a_folder_is_unreadable(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UnreadableError):
            read_daily(path)


PRICES = st.floats(1.0, 4.0)
DAYS = st.lists(st.dates(dt.date(1900, 1, 1), TODAY), min_size=1, max_size=30, unique=True)


@settings(max_examples=settings().max_examples // 2)
@given(DAYS, st.data(), st.sampled_from(["%Y-%m-%d", "%m/%d/%Y", "%Y%m%d"]), st.sampled_from([",", ";", "\t"]))
def test_what_is_written_is_read_in_any_layout_and_order(
    days: list[dt.date], data: st.DataObject, layout: str, separator: str
) -> None:
    closes = data.draw(st.lists(PRICES, min_size=len(days), max_size=len(days)))
    names = data.draw(st.permutations(["date", "close", "open", "extra"]))
    rows = [
        separator.join(
            {"date": day.strftime(layout), "close": repr(close), "open": "", "extra": "x"}[name] for name in names
        )
        for day, close in zip(days, closes, strict=True)
    ]
    # strftime leaves out the zeros of early years on some platforms: none is before 1900.
    history = read(separator.join(names) + "\n" + "\n".join(rows) + "\n")
    expected = sorted(zip(days, closes, strict=True))
    assert history.frame.select("date", "close").rows() == expected
    buffer = io.BytesIO()
    history.frame.write_parquet(buffer)
    assert read(buffer.getvalue()).frame.equals(history.frame)
    assert read(history.frame.write_csv().encode()).frame.equals(history.frame)


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: CBOE.encode() + tail))
def test_any_bytes_are_read_right_or_refused(data: bytes) -> None:
    try:
        read(data)
    except ChainError:
        return


REAL = {
    "NDX_History.csv": ("NDX", 10271, {}, {}),
    "SKEW_History.csv": ("SKEW", 9189, {}, {"gap": 1}),
    "SPX_History.csv": ("SPX", 24746, {}, {"gap": 1}),
    "VIX3M_History.csv": ("VIX3M", 4235, {}, {}),
    "VIX9D_History.csv": ("VIX9D", 3909, {}, {}),
    "VIX_History.csv": ("VIX", 9234, {}, {"wild_range": 1, "outside_range": 46}),
    "VVIX_History.csv": ("VVIX", 5049, {"known_fault": 17}, {"gap": 1}),
    "fred_BAMLH0A0HYM2.csv": ("BAMLH0A0HYM2", 7634, {"no_value": 94}, {}),
    "fred_DFF.csv": ("DFF", 11773, {}, {}),
    "fred_UNRATE.csv": ("UNRATE", 385, {"no_value": 1}, {}),
    "spx_daily_ohlc_2019.csv": ("SPX_DAILY_OHLC_2019", 1909, {}, {}),
    "squeezemetrics_dix_gex.csv": ("SQUEEZEMETRICS_DIX_GEX", 3504, {}, {}),
    "vix_daily_ohlc_2019.csv": ("VIX_DAILY_OHLC_2019", 1911, {}, {}),
}
"""By file: name, rows kept, rows set aside, warnings; counted in the files with other tools."""


@pytest.mark.real
@pytest.mark.parametrize("file", REAL)
def test_real_histories_are_read(file: str, data_path: Callable[..., Path]) -> None:
    path = data_path("history", file)
    history = read_daily(path)
    quality = history.quality
    assert (history.name, quality.rows_kept, quality.quarantined, quality.warnings) == REAL[file]
    with path.open() as lines:
        assert quality.rows_in == sum(1 for _ in lines) - 1


@pytest.mark.real
def test_every_close_of_a_real_file_is_the_one_that_stands_there(data_path: Callable[..., Path]) -> None:
    path = data_path("history", "VVIX_History.csv")
    rows = [line.split(",") for line in path.read_text().splitlines()[18:]]
    history = read_daily(path)
    assert history.column().tolist() == [float(value) for _, value in rows]
    assert [f"{day:%m/%d/%Y}" for day in history.frame["date"]] == [day for day, _ in rows]


@pytest.mark.real
def test_the_real_folder_is_read_by_name(data_path: Callable[..., Path]) -> None:
    assert set(daily_files(data_path("history"))) == {name for name, *_ in REAL.values()}
