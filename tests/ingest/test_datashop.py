"""DataShop's EOD summary and interval quotes, in files of their shape with made-up numbers."""

from __future__ import annotations

import datetime as dt
import gzip

import polars as pl
import pytest

from gex.ingest.calendar import NEW_YORK
from gex.ingest.errors import ChainError, ContentError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain, read_chains
from gex.ingest.readers import datashop
from gex.ingest.readers.registry import FORMATS
from gex.ingest.sample import generate
from gex.ingest.sample_csv import write_cboe_csv

TIMES = ("2024-06-03 10:15:00", "2024-06-03 10:30:00")

CALCS = [
    "implied_underlying_price",
    "active_underlying_price",
    "implied_volatility",
    "delta",
    "gamma",
    "theta",
    "vega",
    "rho",
]
SIX = ["bid_size", "bid", "ask_size", "ask", "underlying_bid", "underlying_ask"]
CONTRACT = ["root", "expiration", "strike", "option_type", "open", "high", "low", "close", "trade_volume"]
ROW = {
    "underlying_symbol": "^SPX", "root": "SPXW", "expiration": "2024-06-21", "strike": "5000.000", "option_type": "C",
    "open": "0.00", "high": "0.00", "low": "0.00", "close": "12.50", "trade_volume": "7", "bid_size": "11",
    "bid": "12.10", "ask_size": "9", "ask": "12.60", "underlying_bid": "5000.10", "underlying_ask": "5001.10",
    "implied_underlying_price": "5000.9", "active_underlying_price": "5000.8", "implied_volatility": "0.1234",
    "delta": "0.51", "gamma": "0.0021", "theta": "-1.5", "vega": "4.25", "rho": "0.7", "vwap": "12.4",
    "open_interest": "150", "delivery_code": "",
}  # fmt: skip


def eod_names(*, calcs: bool = False) -> list[str]:
    """Return the header of an EOD summary."""
    first, last = ([f"{name}_{moment}" for name in SIX] for moment in ("1545", "eod"))
    middle = [f"{name}_1545" for name in CALCS] if calcs else []
    tail = ["vwap", "open_interest", "delivery_code"]
    return ["underlying_symbol", "quote_date", *CONTRACT, *first, *middle, *last, *tail]


def interval_names(*, calcs: bool = False, open_interest: bool = True) -> list[str]:
    """Return the header of interval quotes."""
    tail = ["open_interest"] if open_interest else []
    return ["underlying_symbol", "quote_datetime", *CONTRACT, *SIX, *(CALCS if calcs else []), *tail]


def row(names: list[str], **changes: str) -> str:
    """Return a line with these cells changed; a name without its moment stands for both moments."""
    cells = []
    for name in names:
        bare = name.removesuffix("_1545").removesuffix("_eod")
        cells.append(changes.get(name, changes.get(bare, ROW.get(bare, ""))))
    return ",".join(cells)


def chain_rows(names: list[str], strikes: int = 5, **changes: str) -> list[str]:
    """Return the lines of one snapshot: calls and puts of two roots on the same date."""
    return [
        row(names, **{"root": root, "strike": f"{4900 + 50 * place}.000", "option_type": side} | changes)
        for root in ("SPX", "SPXW")
        for place in range(strikes)
        for side in "CP"
    ]


def eod(*, calcs: bool = False, dates: tuple[str, ...] = ("2024-06-03",), **changes: str) -> str:
    """Return an EOD summary."""
    names = eod_names(calcs=calcs)
    lines = [line for date in dates for line in chain_rows(names, quote_date=date, **changes)]
    return "\n".join([",".join(names), *lines, ""])


def intervals(
    *,
    calcs: bool = False,
    open_interest: bool = True,
    times: tuple[str, ...] = ("2024-06-03 10:15:00",),
    **changes: str,
) -> str:
    """Return interval quotes."""
    names = interval_names(calcs=calcs, open_interest=open_interest)
    lines = [line for time in times for line in chain_rows(names, quote_datetime=time, **changes)]
    return "\n".join([",".join(names), *lines, ""])


def clock(chain) -> str:
    return chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%dT%H:%M")


@pytest.mark.parametrize("calcs", [False, True])
def test_the_eod_summary_holds_two_snapshots(save, accounted, calcs):
    path = save(eod(calcs=calcs, bid_eod="1.5", ask_eod="2.5", underlying_bid_eod="4990", underlying_ask_eod="4991"))
    early, late = read_chain(path), read_chain(path, snapshot="eod")
    for chain in (early, late):
        accounted(chain)
        assert (chain.underlying, chain.source.format, chain.quality.rows_in) == ("SPX", "datashop", 20)
        assert chain.open_interest_date == dt.date(2024, 5, 31)
        assert chain.delay_minutes == 0
    assert (clock(early), clock(late)) == ("2024-06-03T15:45", "2024-06-03T16:15")
    assert (early.spot, late.spot) == (5000.6, 4990.5)
    assert early.frame["bid"].unique().to_list() == [12.1]
    assert late.frame["bid"].unique().to_list() == [1.5]
    assert early.frame["implied_volatility"].null_count() == (0 if calcs else 20)
    assert late.frame["implied_volatility"].null_count() == 20
    assert read_chain(path, snapshot="1545").frame.equals(early.frame)


@pytest.mark.parametrize("calcs", [False, True])
@pytest.mark.parametrize("open_interest", [False, True])
def test_every_column_of_interval_quotes(save, accounted, calcs, open_interest):
    chain = read_chain(save(intervals(calcs=calcs, open_interest=open_interest)))
    accounted(chain)
    assert clock(chain) == "2024-06-03T10:15"
    first = chain.frame.row(0, named=True)
    expected = {
        "root": "SPX", "expiration": dt.date(2024, 6, 21), "strike": 4900.0, "option_type": "C", "settlement": "AM",
        "bid": 12.1, "ask": 12.6, "last": 12.5, "bid_size": 11, "ask_size": 9, "volume": 7, "spot": 5000.6,
        "open_interest": 150 if open_interest else None, "implied_volatility": 0.1234 if calcs else None,
        "vendor_delta": 0.51 if calcs else None, "vendor_gamma": 0.0021 if calcs else None,
        "vendor_theta": -1.5 if calcs else None, "vendor_vega": 4.25 if calcs else None,
    }  # fmt: skip
    assert {name: first[name] for name in expected} == expected


def test_zeros_that_mean_none(save):
    frame = read_chain(save(intervals(calcs=True, implied_volatility="0", close="0", ask="0", bid="0"))).frame
    assert frame.select("implied_volatility", "last", "ask").null_count().row(0) == (20, 20, 20)
    assert frame["bid"].unique().to_list() == [0.0]


@pytest.mark.parametrize(
    ("date", "snapshot", "time"),
    [
        ("2023-07-03", "1545", "2023-07-03T12:45"),
        ("2023-07-03", "eod", "2023-07-03T13:15"),
        ("2019-07-03", "1545", "2019-07-03T13:15"),
        ("2024-03-11", "1545", "2024-03-11T15:45"),
    ],
)
def test_early_closes_and_summer_time(save, date, snapshot, time):
    assert clock(read_chain(save(eod(dates=(date,))), snapshot=snapshot)) == time


def test_options_on_stocks_end_at_the_close(save):
    text = eod(underlying_symbol="AAPL", root="AAPL", underlying_bid="5000", underlying_ask="5001")
    assert clock(read_chain(save(text), snapshot="eod")) == "2024-06-03T16:00"


@pytest.mark.parametrize("text", [eod(dates=("2024-06-01",)), eod(dates=("2024-07-04",)), eod(dates=("2024-13-01",))])
def test_a_date_that_is_no_session(save, text):
    with pytest.raises(TimeError, match="is no session of New York"):
        read_chain(save(text))


@pytest.mark.parametrize(
    "time", ["2024-06-03 09:29:59", "2024-06-03 16:15:01", "2024-06-02 10:15:00", "2024-06-03 25:00:00"]
)
def test_a_time_outside_the_session(save, time):
    with pytest.raises(TimeError, match="is no time within a session of New York"):
        read_chain(save(intervals(times=(time,))))


def test_several_snapshots_are_named_and_picked(save):
    path = save(intervals(times=TIMES))
    with pytest.raises(ContentError, match="several snapshots: SPX 2024-06-03T10:15:00, SPX 2024-06-03T10:30:00; pick"):
        read_chain(path)
    for which in ("2024-06-03T10:30", "2024-06-03 10:30:00"):
        assert clock(read_chain(path, snapshot=which, underlying="^SPX")) == "2024-06-03T10:30"
    with pytest.raises(ContentError, match="no snapshot 2024-06-04; the source has SPX 2024-06-03T10:15:00, SPX"):
        read_chain(path, snapshot="2024-06-04")
    assert [clock(each)[-5:] for each in read_chains(path)] == ["10:15", "10:30"]


def test_dates_and_moments_of_an_eod_summary(save):
    path = save(eod(dates=("2024-06-03", "2024-06-04")))
    with pytest.raises(ContentError, match="several snapshots: SPX 2024-06-03T1545, SPX 2024-06-04T1545"):
        read_chain(path)
    assert clock(read_chain(path, snapshot="2024-06-04")) == "2024-06-04T15:45"
    assert clock(read_chain(path, snapshot="2024-06-04Teod")) == "2024-06-04T16:15"
    assert [clock(each) for each in read_chains(path, snapshot="eod")] == ["2024-06-03T16:15", "2024-06-04T16:15"]
    with pytest.raises(ContentError, match="no snapshot 'noon'; an EOD summary has 1545 and eod"):
        read_chain(path, snapshot="noon")


def test_several_underlyings(save):
    names = eod_names()
    lines = [
        row(names, underlying_symbol=symbol, root=symbol, quote_date="2024-06-03")
        for symbol in ("AAPL", "BRK.B", "QQQ")
    ]
    path = save("\n".join([",".join(names), *lines, ""]))
    with pytest.raises(ContentError, match=r"AAPL 2024-06-03T1545, BRKB 2024-06-03T1545, QQQ"):
        read_chain(path)
    assert read_chain(path, underlying="BRK.B").underlying == "BRKB"
    assert [each.underlying for each in read_chains(path)] == ["AAPL", "BRKB", "QQQ"]


def test_a_bad_snapshot_is_named_and_the_others_are_read(save):
    names = interval_names()
    lines = [
        row(names, quote_datetime=time, underlying_bid=bid) for time, bid in zip(TIMES, ("0", "5000"), strict=True)
    ]
    path = save("\n".join([",".join(names), *lines, ""]))
    errors: list[ChainError] = []
    assert [clock(each)[-5:] for each in read_chains(path, on_error=errors.append)] == ["10:30"]
    assert isinstance(errors[0], SpotError)
    assert f"{path}, SPX 2024-06-03T10:15:00: no price of the underlying" in str(errors[0])


@pytest.mark.parametrize(
    "names", [each(calcs=calcs) for each in (eod_names, interval_names) for calcs in (False, True)]
)
def test_near_misses_are_refused_by_the_columns_that_differ(save, names):
    line = row(names, quote_date="2024-06-03", quote_datetime=TIMES[0])
    for place, name in enumerate(names):
        if name == "open_interest" and "quote_datetime" in names:
            continue
        changed = [*names[:place], "new", *names[place + 1 :]]
        with pytest.raises(
            FormatError, match=f"nearly a file of DataShop's .* lacks {name} and has unknown columns 'new'"
        ):
            read_chain(save(f"{','.join(changed)}\n{line}\n"))
    with pytest.raises(FormatError, match=r"nearly a file of .* repeats a column"):
        read_chain(save(f"{','.join([*names[:-2], names[-3], names[-1]])}\n{line}\n"))
    with pytest.raises(FormatError, match=r"nearly a file of .* has unknown columns 'more'"):
        read_chain(save(f"{','.join(names)},more\n{line},1\n"))


def test_no_other_format_claims_the_files():
    for text in (eod(), eod(calcs=True), intervals(), intervals(calcs=True)):
        assert [each.name for each in FORMATS if each.sniff(text.encode())] == [datashop.NAME]


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"strike": "x"}, "bad_number"),
        ({"bid": "1,5"}, "field_count"),
        ({"bid": '"1,5"'}, "bad_number"),
        ({"expiration": "06/21/2024"}, "bad_number"),
        ({"expiration": ""}, "missing_key"),
        ({"expiration": "-2024-06-21"}, "bad_number"),
        ({"option_type": "X"}, "bad_number"),
        ({"root": "SP X"}, "bad_symbol"),
        ({"root": ""}, "missing_key"),
        ({"root": "AAPL"}, "other_underlying"),
        ({"strike": "-1"}, "bad_strike"),
        ({"expiration": "2024-05-31"}, "expired"),
        ({"bid": "-1"}, "negative"),
        ({"open_interest": "1.5"}, "bad_number"),
        ({"quote_datetime": ""}, "bad_number"),
        ({"quote_datetime": "noon"}, "bad_number"),
        ({"underlying_symbol": ""}, "bad_number"),
    ],
)
@pytest.mark.parametrize("place", [0, 5, 20])
def test_a_row_that_cannot_be_used_is_kept_with_its_line(save, accounted, change, reason, place):
    names = interval_names()
    bad = row(names, **{"quote_datetime": TIMES[0], "strike": "7777"} | change)
    header, *lines = intervals().splitlines()
    lines.insert(place, bad)
    chain = read_chain(save("\n".join([header, *lines, ""])))
    accounted(chain)
    assert chain.quarantine.rows() == [(place + 2, reason, bad)]
    assert chain.quality.rows_kept == 20


def test_line_ends_marks_blank_lines_and_encodings(save):
    expected = read_chain(save(intervals())).frame
    text = intervals()
    variants = [
        text.replace("\n", "\r\n").encode(),
        b"\xef\xbb\xbf" + text.encode(),
        text.replace("\n", "\n\n").encode(),
        text.replace("SPXW", '"SPXW"').encode(),
        gzip.compress(text.encode()),
    ]
    for data in variants:
        assert read_chain(save(data)).frame.equals(expected)
    mixed = text.encode() + row(interval_names(), quote_datetime=TIMES[0], root="Ä").encode("cp1252") + b"\n"
    assert read_chain(save(mixed)).quarantine["row"][0].split(",")[2] == "Ä"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le"])
def test_other_encodings_are_refused(save, encoding):
    with pytest.raises(FormatError):
        read_chain(save(intervals().encode(encoding)))


def test_files_cut_off_anywhere(save):
    data = (intervals(times=TIMES) + "\n").encode()
    whole = {(each.quote_time, line) for each in read_chains(save(data)) for line in each.frame.rows()}
    header = data.index(b"\n")
    for end in range(0, len(data) - 1, 23):
        path = save(data[:end])
        try:
            read = list(read_chains(path))
        except (UnreadableError, FormatError, ContentError):
            continue
        assert end > header
        # What is left is read as what it is; a last line without its end is set aside.
        assert {(each.quote_time, line) for each in read for line in each.frame.rows()} <= whole
        assert sum(each.quality.rows_in for each in read) == data[:end].count(b"\n") - 1 + (data[end - 1] != 10)


def test_a_cut_file_says_so(save):
    text = intervals()
    with pytest.raises(UnreadableError, match="line 21: the file is cut off in the middle of a line; save it again"):
        read_chain(save(text[:-30]))
    with pytest.raises(UnreadableError, match="the file ends after its header"):
        read_chain(save(text.split("\n", 1)[0] + "\n"))
    with pytest.raises(UnreadableError, match="old Macintosh"):
        read_chain(save(text.replace("\n", "\r")))


@pytest.mark.parametrize("value", ["6/3/2024 10:15", "", "10:15"])
def test_a_column_of_times_that_holds_something_else(save, value):
    with pytest.raises(FormatError, match=f"line 2: no line begins a snapshot: .* quote_datetime {value or None!r}"):
        read_chain(save(intervals(times=(value,))))


def test_a_chain_written_in_this_shape_comes_back(save, tmp_path):
    """Thousands of contracts of a generated chain: every column as the Cboe reader has it."""
    write_cboe_csv(generate("SPX", seed=3, size="small"), tmp_path / "cboe.csv")
    chain = read_chain(tmp_path / "cboe.csv")
    named = {new: old for old, new in datashop.COLUMNS.items()}
    table = chain.frame.rename(named, strict=False).with_columns(
        underlying_symbol=pl.lit("^SPX"),
        quote_datetime=pl.lit(chain.quote_time.astimezone(NEW_YORK).strftime("%Y-%m-%d %H:%M:%S")),
        underlying_bid=pl.lit(chain.spot),
        underlying_ask=pl.lit(chain.spot),
    )
    names = interval_names(calcs=True)
    table = table.with_columns(pl.lit(0.0).alias(name) for name in names if name not in table.columns)
    again = read_chain(save(table.select(names).write_csv()))
    assert again.frame.drop("source").equals(chain.frame.drop("source"))
    assert (again.spot, again.quote_time) == (chain.spot, chain.quote_time)
