"""The quote table in its layouts, whole and damaged."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gex.ingest.errors import ChainError, FormatError, SpotError, TimeError, UnreadableError
from gex.ingest.read import read_chain

UTC = dt.UTC


def test_a_table_becomes_a_chain(table, save):
    """Every field of the first contract, and the facts of the snapshot."""
    chain = read_chain(save(table.text()))
    assert chain.frame.row(0, named=True) == {
        "underlying": "SPX",
        "root": "SPXW",
        "expiration": dt.date(2025, 9, 5),
        "expires_at": dt.datetime(2025, 9, 5, 20, tzinfo=UTC),
        "settlement": "PM",
        "exercise": "E",
        "option_type": "C",
        "strike": 90.0,
        "multiplier": 100.0,
        "bid": 9.5,
        "ask": 10.5,
        "last": 10.0,
        "bid_size": None,
        "ask_size": None,
        "volume": 0,
        "open_interest": 100,
        "open_interest_date": dt.date(2025, 9, 4),
        "implied_volatility": 0.2,
        "vendor_delta": 0.5,
        "vendor_gamma": 0.01,
        "vendor_theta": None,
        "vendor_vega": None,
        "quote_time": dt.datetime(2025, 9, 5, 14, 1, tzinfo=UTC),
        "quote_date": dt.date(2025, 9, 5),
        "spot": 100.5,
        "source": "cboe_csv",
        "quality": 0,
    }
    assert (chain.underlying, chain.asset_class, chain.spot) == ("SPX", "index", 100.5)
    assert chain.stamp == dt.datetime(2025, 9, 5, 14, 16, tzinfo=UTC)
    assert (chain.delay_minutes, chain.quote_time_source, chain.market_open) == (15.0, "stamp", True)
    assert chain.next_close == dt.datetime(2025, 9, 5, 20, tzinfo=UTC)
    assert chain.quality.rows_in == chain.quality.rows_kept == chain.frame.height == 30
    assert chain.source.format == "cboe_csv"


def test_settlement_follows_the_root_on_a_third_friday(table, save):
    """SPX and SPXW share strikes and date; SPX is fixed at the open, SPXW at the close."""
    frame = read_chain(save(table.text())).frame.filter(pl.col("expiration") == dt.date(2025, 9, 19))
    got = (
        frame.group_by("root")
        .agg(pl.col("settlement").unique().first(), pl.col("expires_at").unique().first())
        .sort("root")
    )
    assert got.rows() == [
        ("SPX", "AM", dt.datetime(2025, 9, 19, 13, 30, tzinfo=UTC)),
        ("SPXW", "PM", dt.datetime(2025, 9, 19, 20, tzinfo=UTC)),
    ]
    assert frame.height == 20


def same_quotes(path, other) -> bool:
    """Tell whether two sources give the same chain table."""
    return bool(read_chain(path).frame.equals(read_chain(other).frame))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.removeprefix("\n"),
        lambda text: "---Example Data---" + text,
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace("\n", "\r"),
        lambda text: "\ufeff" + text,
        lambda text: text.replace('"', ""),
        lambda text: text.replace("Volume: 0", '"Volume: 28,253,899'),
        lambda text: text.replace("Volume: 0", "Volume: 43,181,291"),
        lambda text: text.replace("S&P 500 INDEX", '"S&P 500, the index"'),
        lambda text: text.replace("Change:  1.25", "Change:  1.25" + "," * 19).replace("Volume: 0", "Volume: 0" + "," * 17),
        lambda text: text.replace("\n", ",,\n"),
        lambda text: text.replace("90.00,", "90,").replace("95.00,", "95.000,"),
        lambda text: text.replace("Fri Sep 05 2025", "05/09/2025"),
        lambda text: text.replace("Fri Sep 05 2025", "2025-09-05"),
        lambda text: text.replace("SPXW250905", "SPXW  250905"),
        lambda text: text + "\n\n",
        lambda text: text.replace(",", "\t").replace("September 5\t", "September 5,"),
        lambda text: text.replace(",100,90.00", ',"100",90.00'),
    ],
    ids=[
        "no blank line",
        "banner",
        "CRLF",
        "CR",
        "byte-order mark",
        "unquoted",
        "unclosed quote",
        "commas in volume",
        "comma in name",
        "padded head",
        "padded rows",
        "other strikes",
        "slashed dates",
        "ISO dates",
        "padded symbols",
        "blank end",
        "tabs",
        "quoted number",
    ],
)  # fmt: skip
def test_a_layout_reads_like_the_plain_one(table, save, change):
    assert same_quotes(save(table.text()), save(change(table.text()), "changed"))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_encodings(table, save, encoding):
    table.date = '"Date: 5 de setembro de 2025 às 10:16 GMT-4",Bid: 100.4,Ask: 100.6,Size: 1*1,Volume: 0'
    chain = read_chain(save(table.text().encode(encoding)))
    assert chain.stamp == dt.datetime(2025, 9, 5, 14, 16, tzinfo=UTC)
    assert chain.frame.height == 30


def test_thousands_in_quotes_are_joined_and_decimal_commas_are_not(table, save):
    """ "1,234" is a thousand; a line with "0,25" in it is of another locale and is set aside."""
    plain = table.lines()
    plain[4] = plain[4].replace(",100,90.00", ',"1,234",90.00')
    plain[5] = plain[5].replace(",101,95.00", ',"1,234",95.00').replace(",0.21,", ',"0,21",')
    chain = read_chain(save("\n".join(plain) + "\n"))
    assert chain.frame["open_interest"][0] == 1234
    assert chain.quality.quarantined == {"bad_number": 1}
    assert chain.quarantine["line"].to_list() == [6]


def test_semicolons_come_with_decimal_commas(table, save):
    lines = table.lines()
    rows = [row.replace(",", ";").replace(".", ",") for row in lines[3:]]
    text = "\n".join([*lines[:3], *rows]) + "\n"
    assert same_quotes(save(table.text()), save(text, "changed"))


def test_the_layout_of_2020(table, save):
    table.first, table.title = (
        "SPY (SPDR S&P 500 ETF Trust),310.68,1.98",
        "Jun 22 2020 @ 20:42 ET,Bid,0,Ask,0,Size,0x0,Vol,7",
    )
    table.date = ""
    table.header = table.header.replace("Volume", "Vol").replace("Open Interest", "Open Int")
    table.series = (("SPY", "200622", "06/22/2020"), ("SPY", "200624", "06/24/2020"))
    table.strikes = (300.0, 310.0)
    chain = read_chain(save(table.text()))
    assert (chain.underlying, chain.spot) == ("SPY", 310.68)
    assert chain.stamp == dt.datetime(2020, 6, 23, 0, 42, tzinfo=UTC)
    assert chain.quote_time == dt.datetime(2020, 6, 22, 20, 15, tzinfo=UTC)
    assert (chain.quality.rows_kept, chain.quality.quarantined) == (4, {"expired": 4})
    assert chain.frame["exercise"].unique().to_list() == ["A"]


def test_a_table_without_volatility_and_greeks(table, save):
    drop = {"IV", "Delta", "Gamma"}
    names = table.header.split(",")
    keep = [place for place, name in enumerate(names) if name not in drop]
    lines = table.lines()
    rows = [",".join(row.split(",")[place] for place in keep) for row in lines[3:]]
    chain = read_chain(save("\n".join([*lines[:3], *rows]) + "\n"))
    assert chain.frame["implied_volatility"].null_count() == 30
    assert chain.frame["open_interest"][0] == 100
    assert chain.quality.warnings == {"no_iv": 30}


def test_zeros_that_mean_none_are_null_and_a_zero_bid_is_not(table, save):
    table.extra = [
        "Fri Sep 05 2025,SPXW250905C00200000,0,0,0,0,0,0,0,0,5,200.00,SPXW250905P00200000,1,0,1,2,0,0.2,0,0,0",
    ]
    row = read_chain(save(table.text())).frame.filter(pl.col("strike") == 200).row(0, named=True)
    assert [row[name] for name in ("last", "ask", "implied_volatility", "bid", "volume")] == [None, None, None, 0.0, 0]


def test_an_extra_column_is_noted(table, save):
    lines = table.lines()
    text = "\n".join([*lines[:3], lines[3] + ",Comment", *(row + ",x" for row in lines[4:])]) + "\n"
    assert read_chain(save(text)).quality.notes == ("column 'comment' is not used",)


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("Strike", "strike"),
        ("Puts", "puts"),
        ("Open Interest", "open interest of the calls"),
        ("Bid", "bid of the puts"),
    ],
)
def test_a_missing_column_is_named(table, save, name, missing):
    table.header = table.header.replace(f",{name}", f",{name}x")
    with pytest.raises(FormatError, match=missing):
        read_chain(save(table.text()))


def test_a_date_without_year_asks_for_the_quote_time_and_takes_it(table, save):
    table.date = '"Date: 4 June 4, 3:15 PM EDT",Bid: 100.4,Ask: 100.6'
    path = save(table.text())
    with pytest.raises(TimeError, match=r"no year in '4 June 4, 3:15 PM EDT'.*--quote-time"):
        read_chain(path)
    chain = read_chain(path, quote_time="2025-09-04T15:15")
    assert chain.quote_time == dt.datetime(2025, 9, 4, 19, 15, tzinfo=UTC)
    assert (chain.quote_time_source, chain.delay_minutes, chain.stamp) == ("given", 0.0, None)


def test_no_date_line(table, save):
    table.date = ""
    with pytest.raises(TimeError, match="no date line"):
        read_chain(save(table.text()))


@pytest.mark.parametrize(
    ("title", "spot"),
    [
        ("S&P 500 INDEX,Last: 6481,Change: 1", 6481.0),
        ('S&P 500 INDEX,"Last: 6,481.39",Change: 1', 6481.39),
        ('"S&P 500 INDEX;Last: 6481.39;Change: 1"', 6481.39),
    ],
)
def test_the_price_of_the_underlying(table, save, title, spot):
    table.title, table.strikes = title, (6400.0, 6500.0)
    assert read_chain(save(table.text())).spot == spot


@pytest.mark.parametrize("title", ["S&P 500 INDEX", "S&P 500 INDEX,Last: 0,Change: 0", "S&P 500 INDEX,Last: n/a"])
def test_no_spot_asks_for_it_and_takes_it(table, save, title):
    table.title = title
    path = save(table.text())
    with pytest.raises(SpotError, match="--spot"):
        read_chain(path)
    assert read_chain(path, spot=101.0).spot == 101.0


def test_cut_in_a_line(table, save):
    with pytest.raises(UnreadableError, match="line 19: the file is cut off"):
        read_chain(save(table.text()[:-30]))


def test_cut_after_the_header(table, save):
    table.series = ()
    with pytest.raises(UnreadableError, match="ends after its header"):
        read_chain(save(table.text()))


def test_a_last_line_without_its_end_is_set_aside(table, save):
    """Its last number may lack digits."""
    chain = read_chain(save(table.text().rstrip("\n")))
    assert chain.quality.quarantined == {"cut_row": 2}
    assert chain.frame.height == 28


def test_a_file_cut_at_any_byte_is_refused_or_smaller(table, tmp_path, accounted):
    """Every third byte: an error of ours, or rows that are all among the whole file's."""
    data = table.text().encode()
    whole = set(read_chain(_written(tmp_path, data)).frame.rows())
    for end in range(0, len(data), 3):
        try:
            chain = read_chain(_written(tmp_path, data[:end]))
        except ChainError:
            continue
        accounted(chain)
        rows = set(chain.frame.with_columns(open_interest_date=pl.lit(dt.date(2025, 9, 4))).rows())
        assert rows <= whole, end


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 10_000), st.binary(min_size=1, max_size=3), st.booleans())
def test_a_damaged_file_is_refused_or_accounted_for(table, tmp_path, accounted, place, junk, over):
    """Bytes put in or over anywhere: no crash, no row lost from the count."""
    data = table.text().encode()
    at = place % len(data)
    damaged = data[:at] + junk + data[at + (len(junk) if over else 0) :]
    try:
        chain = read_chain(_written(tmp_path, damaged))
    except ChainError:
        return
    accounted(chain)


def _written(folder, data):
    path = folder / "damaged"
    path.write_bytes(data)
    return path
