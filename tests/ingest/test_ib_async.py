"""Interactive Brokers' tickers: the frame of `util.df(tickers)`, and contracts' and tickers' fields side by side."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

from gex.ingest.errors import ContentError, FormatError, SpotError, TimeError
from gex.ingest.read import read_chain

SHAPES = Path(__file__).parent / "shapes"
TICKERS = SHAPES / "ib_async-tickers.csv"
FLAT = SHAPES / "ib_async-contracts_and_tickers.csv"

each_shape = pytest.mark.parametrize("shape", [TICKERS, FLAT], ids=lambda path: path.stem)


def edited(shape: Path, old: str, new: str, count: int = 1) -> str:
    text = shape.read_text()
    assert old in text
    return text.replace(old, new, count)


def without(shape: Path, *names: str) -> str:
    return pl.read_csv(shape, infer_schema=False).drop(names).write_csv()


@each_shape
def test_what_each_column_becomes(shape, accounted):
    chain = read_chain(shape)
    accounted(chain)
    assert (chain.underlying, chain.spot, chain.quality.rows_in, chain.quality.rows_kept) == ("SPX", 5283.4, 16, 16)
    assert chain.quote_time == dt.datetime(2024, 6, 3, 15, 30, 16, 123456, dt.UTC)
    expected = {
        "root": "SPXW", "expiration": dt.date(2024, 6, 7), "strike": 5200.0, "option_type": "C", "bid": 20.1, "ask": 20.7,
        "bid_size": 11, "ask_size": 9, "last": 20.2, "volume": 1, "open_interest": 101, "implied_volatility": 0.121,
        "vendor_delta": 0.5, "vendor_gamma": 0.0031, "vendor_theta": -0.94, "vendor_vega": 2.75, "settlement": "PM",
        "multiplier": 100.0, "source": "ib_async",
    }  # fmt: skip
    first = chain.frame.row(0, named=True)
    assert {name: first[name] for name in expected} == expected


def test_both_shapes_are_read_alike(save):
    flat = read_chain(FLAT).frame
    assert read_chain(TICKERS).frame.equals(flat)
    tickers, contracts = pd.read_csv(TICKERS, index_col=0), pd.read_csv(FLAT).iloc[:, :7]
    both = pd.concat([contracts, tickers], axis=1)
    assert read_chain(save(both.to_csv())).frame.equals(flat)


@each_shape
def test_the_expiration_of_am_settled_options_is_the_day_after_their_last_of_trading(shape):
    """The file says 2024-06-20."""
    rows = read_chain(shape).frame.filter(root="SPX")
    assert set(rows["expiration"]) == {dt.date(2024, 6, 21)}
    assert set(rows["settlement"]) == {"AM"}


@each_shape
def test_open_interest_is_of_the_contracts_own_side(shape):
    assert read_chain(shape).frame["open_interest"].to_list() == list(range(101, 117))


@each_shape
def test_sentinels_mean_none(shape):
    """A price of -1, empty cells, no greeks at all, and greeks of None."""
    unsolved, unquoted = read_chain(shape).frame.tail(2).iter_rows(named=True)
    names = ("bid", "ask", "last", "volume", "implied_volatility", "vendor_delta")
    assert [unquoted[name] for name in names] == [None] * 6
    assert (unsolved["bid"], unsolved["implied_volatility"], unsolved["vendor_delta"]) == (21.5, None, None)


@pytest.mark.parametrize(
    ("old", "new", "name"),
    [
        (",-0.94,", ",-2.0,", "vendor_theta"),
        (",0.121,", ",-1.0,", "implied_volatility"),
        (",2.75,", ",1.7976931348623157e+308,", "vendor_vega"),
        (",2.75,", ",nan,", "vendor_vega"),
        (",20.2,", ",-1.0,", "last"),
        (",20.2,", ",0.0,", "last"),
    ],
)
def test_numbers_that_mean_none(save, old, new, name):
    row = read_chain(save(edited(FLAT, old, new))).frame.row(0, named=True)
    assert row[name] is None


def test_the_volatility_of_the_underlying_is_not_the_contracts(save):
    assert ",impliedVolatility," in TICKERS.read_text()
    chain = read_chain(save(without(TICKERS, "modelGreeks")), spot=5283.0)
    assert chain.frame["implied_volatility"].null_count() == 16


def test_spot_is_the_median_of_the_models_prices(save):
    chain = read_chain(save(edited(FLAT, "5283.4", "5200.0")))
    assert chain.spot == 5283.4
    note = "modelGreeks.undPrice is from 5200.00 to 5283.40: its median is the spot, unless one is given"
    assert note in chain.quality.notes


def test_without_the_models_prices_one_is_asked_for(save):
    path = save(without(FLAT, "modelGreeks.undPrice"))
    with pytest.raises(SpotError, match="--spot"):
        read_chain(path)
    assert read_chain(path, spot=5283.0).spot == 5283.0


@pytest.mark.parametrize("time", ["", "2024-06-03 15:30:01", "soon"])
def test_without_a_time_with_its_offset_one_is_asked_for(save, time):
    table = pl.read_csv(FLAT, infer_schema=False).with_columns(time=pl.lit(time))
    path = save(table.write_csv())
    with pytest.raises(TimeError, match=r"no ticker has a time with its offset.*--quote-time"):
        read_chain(path)
    with pytest.raises(TimeError, match="no ticker has a time"):
        read_chain(save(without(FLAT, "time"), "timeless"))
    assert read_chain(path, quote_time="2024-06-03T11:30").quality.rows_kept == 16


def test_times_of_another_zone(save):
    text = edited(FLAT, "2024-06-03 15:30:16.123456+00:00", "2024-06-03 11:45:00-04:00")
    assert read_chain(save(text)).quote_time == dt.datetime(2024, 6, 3, 15, 45, tzinfo=dt.UTC)


def test_tickers_of_an_earlier_day_are_counted_in_a_note(save):
    chain = read_chain(save(edited(FLAT, "2024-06-03", "2024-05-31", 2)))
    assert any("2 of 16 tickers were last updated on an earlier day" in note for note in chain.quality.notes)
    assert chain.quote_date == dt.date(2024, 6, 3)


@pytest.mark.parametrize(("kind", "delay"), [(1, 0.0), (2, 0.0), (3, 15.0), (4, 15.0)])
def test_delayed_data_is_told_by_its_type(save, kind, delay):
    table = pl.read_csv(TICKERS, infer_schema=False).with_columns(marketDataType=pl.lit(str(kind)))
    chain = read_chain(save(table.write_csv()))
    assert chain.delay_minutes == delay
    assert any("marked as delayed" in note for note in chain.quality.notes) == bool(delay)


class Shown:
    """What has a text, as a contract and its greeks have in the frame of `util.df`."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __str__(self) -> str:
        return self.text


def test_frames_in_memory_with_objects_in_their_cells():
    table = pd.read_csv(TICKERS, index_col=0)
    for name in ("contract", "modelGreeks"):
        table[name] = [Shown(text) if isinstance(text, str) else None for text in table[name]]
    chain = read_chain(table)
    assert chain.frame.equals(read_chain(TICKERS).frame)
    assert (chain.source.path, chain.source.format) == ("<table>", "ib_async")


def test_columns_may_be_left_out(save):
    """As by the labels of `util.df`; the contract, bid and ask may not."""
    table = pl.read_csv(TICKERS, infer_schema=False).select("contract", "time", "bid", "ask", "modelGreeks")
    chain = read_chain(save(table.write_csv()))
    assert (chain.quality.rows_kept, chain.frame["open_interest"].null_count()) == (16, 16)
    with pytest.raises(FormatError, match="lacks ask, bid"):
        read_chain(save(table.drop("bid", "ask").write_csv(), "other"))


@pytest.mark.parametrize(
    ("shape", "old", "new", "problem"),
    [
        (TICKERS, ",bidSize,", ",bidSizes,", "tickers .*unknown columns 'bidSizes'"),
        (FLAT, ",modelGreeks.impliedVol,", ",iv,", "contracts and tickers .*unknown columns 'iv'"),
        (FLAT, ",localSymbol,", ",local,", "lacks localSymbol and has unknown columns 'local'"),
        (FLAT, ",ask,", ",bid,", "lacks ask and repeats a column"),
    ],
)
def test_any_other_header_is_refused(save, shape, old, new, problem):
    with pytest.raises(FormatError, match=f"nearly a file of Interactive Brokers' .*{problem}"):
        read_chain(save(edited(shape, old, new)))


@pytest.mark.parametrize(
    ("shape", "old", "new", "reason"),
    [
        (FLAT, "SPXW  240607C05200000", "SPXW 4Q24 C5200", "bad_symbol"),
        (FLAT, "SPXW  240607C05200000", "", "bad_symbol"),
        (FLAT, "SPX,SPXW", "SPX,SPX", "contradiction"),
        (FLAT, "20240607", "20240606", "contradiction"),
        (FLAT, "20240607", "202406", "contradiction"),
        (FLAT, ",5200.0,", ",5205.0,", "contradiction"),
        (FLAT, ",C,", ",P,", "contradiction"),
        (FLAT, ",C,", ",X,", "contradiction"),
        (FLAT, ",100,", ",10,", "adjusted"),
        (FLAT, ",100,", ",ten,", "adjusted"),
        (FLAT, ",20.1,", ",x,", "bad_number"),
        (FLAT, ",20.1,", ",-20.1,", "negative"),
        (FLAT, ",101.0,", ",101.5,", "bad_number"),
        (FLAT, ",5283.4", "", "field_count"),
        (TICKERS, "SPXW  240607C05200000", "SPXW  240607X05200000", "bad_symbol"),
        (TICKERS, ", localSymbol='SPXW  240607C05200000'", "", "bad_symbol"),
        (TICKERS, "strike=5200.0", "strike=5205.0", "contradiction"),
        (TICKERS, "right='C'", "right='P'", "contradiction"),
        (TICKERS, "tradingClass='SPXW'", "tradingClass='SPX'", "contradiction"),
        (TICKERS, "OrContractMonth='20240607'", "OrContractMonth='20240606'", "contradiction"),
        (TICKERS, "multiplier='100'", "multiplier='10'", "adjusted"),
        (TICKERS, "impliedVol=0.121", "impliedVol=high", "bad_number"),
        (TICKERS, "OptionComputation(tickAttrib=0, impliedVol=0.121", "Greeks(impliedVol=0.121", "bad_number"),
    ],
)
def test_quarantined_with_a_reason(save, accounted, shape, old, new, reason):
    text = edited(shape, old, new)
    chain = read_chain(save(text))
    accounted(chain)
    assert chain.quality.quarantined == {reason: 1}
    assert chain.quarantine.row(0, named=True) == {"line": 2, "reason": reason, "row": text.split("\n")[1]}


@pytest.mark.parametrize("right", ["CALL", ""])
def test_a_side_may_be_a_word_or_not_said(save, right):
    assert read_chain(save(edited(FLAT, ",C,", f",{right},"))).quality.rows_kept == 16


def test_several_underlyings_have_no_one_price(save):
    path = save(edited(FLAT, "SPX,SPXW,", "QQQ,QQQ,", 8).replace("SPXW  ", "QQQ   "))
    with pytest.raises(ContentError, match="options on several underlyings"):
        read_chain(path)
    with pytest.raises(SpotError):
        read_chain(path, underlying="QQQ")
    assert read_chain(path, underlying="QQQ", spot=5283.0).quality.rows_kept == 8


def test_options_on_futures_are_refused(save):
    table = pl.read_csv(FLAT, infer_schema=False).with_columns(localSymbol=pl.lit("E1AM4 C5200"))
    with pytest.raises(ContentError, match="no row holds an option symbol"):
        read_chain(save(table.write_csv()))
