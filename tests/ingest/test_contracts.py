"""Roots and option symbols."""

import datetime as dt

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.ingest.contracts import ROOTS, contract, normalize_underlying, terms, with_symbol_fields


def parse(*symbols: str) -> list[tuple[object, ...]]:
    table = with_symbol_fields(pl.DataFrame({"symbol": symbols}, schema={"symbol": pl.String}))
    return table.select("root", "expiration", "option_type", "strike").rows()


@pytest.mark.parametrize(
    ("root", "underlying", "settlement", "exercise", "kind", "hours"),
    [
        ("SPX", "SPX", "AM", "E", "index", "late"),
        ("SPXW", "SPX", "PM", "E", "index", "late"),
        ("NDX", "NDX", "AM", "E", "index", "late"),
        ("NDXP", "NDX", "PM", "E", "index", "late"),
        ("RUT", "RUT", "AM", "E", "index", "late"),
        ("RUTW", "RUT", "PM", "E", "index", "late"),
        ("XSP", "XSP", "PM", "E", "index", "late"),
        ("VIX", "VIX", "AM", "E", "index", "late"),
        ("OEX", "OEX", "PM", "A", "index", "late"),
        ("QQQ", "QQQ", "PM", "A", "etf", "late"),
        ("SPY", "SPY", "PM", "A", "etf", "late"),
        ("IWM", "IWM", "PM", "A", "etf", "late"),
        ("AAPL", "AAPL", "PM", "A", "stock", "regular"),
    ],
)
def test_terms_of_a_root(root, underlying, settlement, exercise, kind, hours):
    of = contract(root)
    assert (of.underlying, of.settlement, of.exercise, of.asset_class, of.hours) == (
        underlying, settlement, exercise, kind, hours,
    )  # fmt: skip
    assert of.multiplier == 100


def test_an_unknown_root_is_marked_and_taken_as_a_stock():
    assert not contract("ZZZZ").known
    assert all(each.known for each in ROOTS.values())
    assert terms(["SPXW", "ZZZZ"])["known_root"].to_list() == [True, False]


@pytest.mark.parametrize("name", ["SPX", "^SPX", "_SPX", "$SPX", "I:SPX", ".SPX", " spx ", "SPXW"])
def test_spellings_of_an_underlying(name):
    assert normalize_underlying(name) == "SPX"


def test_symbols_padded_prefixed_and_with_digits_in_the_root():
    expected = ("SPXW", dt.date(2025, 11, 21), "C", 6600.0)
    assert parse("SPXW251121C06600000", "SPXW  251121C06600000", "O:SPXW251121C06600000", ".SPXW251121C06600000") == (
        [expected] * 4
    )
    assert parse("spy251121p00660500", "AAPL1 250117C00012340") == [
        ("SPY", dt.date(2025, 11, 21), "P", 660.5),
        ("AAPL1", dt.date(2025, 1, 17), "C", 12.34),
    ]


@pytest.mark.parametrize(
    "symbol",
    ["", "SPXW", "SPXW251121X06600000", "SPXW251121C0660000", "251121C06600000", "TOOLONGX251121C06600000", "Calls"],
)
def test_what_is_no_symbol_has_no_fields(symbol):
    assert parse(symbol) == [(None, None, None, None)]


def test_an_impossible_date_leaves_the_expiration_out():
    assert parse("SPXW251331C06600000") == [("SPXW", None, "C", 6600.0)]


@given(
    st.from_regex(r"[A-Z]{1,5}[0-9]?", fullmatch=True),
    st.dates(dt.date(2010, 1, 1), dt.date(2099, 12, 31)),
    st.sampled_from("CP"),
    st.integers(1, 99_999_999),
    st.booleans(),
)
def test_every_symbol_comes_back_as_it_was_built(root, expiration, side, thousandths, padded):
    symbol = f"{root:6}" if padded else root
    symbol += f"{expiration:%y%m%d}{side}{thousandths:08d}"
    assert parse(symbol) == [(root, expiration, side, thousandths / 1000)]


@pytest.mark.parametrize("strike", [0.7, 5.6, 1.1, 3.3, 0.001, 99999.999])
def test_strikes_are_the_nearest_numbers_to_their_decimals(strike):
    """And not a last digit off, so that the same contract is the same key from every source."""
    assert parse(f"F260116C{round(strike * 1000):08d}")[0][3] == strike
