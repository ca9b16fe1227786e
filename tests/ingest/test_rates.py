"""Rates by date: the Treasury's and FRED's layouts, the row that counts, and par yields against bonds."""

import datetime as dt
import math

import numpy as np
import pytest
import QuantLib as ql  # noqa: N813
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.ingest.curve import read_curve, read_rates
from gex.ingest.errors import ChainError, FormatError, MissingError, UnreadableError
from gex.ingest.rates import parse_rates

NAMES = [
    "1 Mo",
    "1.5 Month",
    "2 Mo",
    "3 Mo",
    "4 Mo",
    "6 Mo",
    "1 Yr",
    "2 Yr",
    "3 Yr",
    "5 Yr",
    "7 Yr",
    "10 Yr",
    "20 Yr",
    "30 Yr",
]
YEARS = [1 / 12, 0.125, 1 / 6, 0.25, 1 / 3, 0.5, 1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 20.0, 30.0]
HEADER = "Date," + ",".join(f'"{name}"' for name in NAMES)
# Made up, in the shape of the Treasury's file: the newest first, and a tenor without a value.
ROWS = [
    "09/05/2025,4.21,4.2,4.15,4.05,4.0,3.85,3.65,3.5,3.45,3.55,3.8,4.1,4.7,4.75",
    "09/04/2025,4.31,,4.25,4.15,4.1,3.95,3.75,3.6,3.55,3.65,3.9,4.2,4.8,4.85",
    "09/02/2025,5.31,,4.25,4.15,4.1,3.95,3.75,3.6,3.55,3.65,3.9,4.2,4.8,4.85",
]
TREASURY = "\n".join([HEADER, *ROWS]) + "\n"


def day(text):
    return dt.date.fromisoformat(text)


def zero_rates(text, date="2025-09-05"):
    return parse_rates(text.splitlines(), "rates.csv").curve_on(day(date))


def at(curve, years):
    return dict(zip(*curve, strict=True))[years]


@pytest.mark.parametrize(
    ("date", "one_month"),
    [("2025-09-05", 4.21), ("2025-09-07", 4.21), ("2025-09-15", 4.21), ("2025-09-04", 4.31), ("2025-09-03", 5.31)],
)
def test_the_row_on_or_before_the_day_counts(date, one_month):
    years, rates = zero_rates(TREASURY, date)
    assert years[0] == pytest.approx(1 / 12)
    # Simple interest for a month, compounded continuously.
    assert math.exp(rates[0] / 12) == pytest.approx(1 + one_month / 1200, rel=1e-15)


def test_a_tenor_without_a_value_is_left_out():
    assert 0.125 in zero_rates(TREASURY)[0]
    assert 0.125 not in zero_rates(TREASURY, "2025-09-04")[0]


def test_a_day_without_values_gives_way_to_the_one_before():
    text = "observation_date,DGS1MO,DGS3MO\n2025-08-29,4.41,4.23\n2025-09-01,.,.\n2025-09-02,,\n"
    assert zero_rates(text, "2025-09-02") == zero_rates(text, "2025-08-29")


@pytest.mark.parametrize("date", ["2025-09-16", "2027-01-01"])
def test_old_rates_are_not_taken(date):
    with pytest.raises(
        MissingError, match=r"rates\.csv, line 2: the last rates on or before .* are of 2025-09-05; save"
    ):
        zero_rates(TREASURY, date)


def test_rates_that_begin_later_are_not_taken():
    with pytest.raises(MissingError, match="no rates on or before 2025-09-01; save a file that reaches back"):
        zero_rates(TREASURY, "2025-09-01")


def test_bonds_that_pay_the_par_yield_are_worth_their_face():
    years, rates = zero_rates(TREASURY)
    discount = {time: math.exp(-rate * time) for time, rate in zip(years, rates, strict=True)}
    for tenor, text in zip(YEARS, ROWS[0].split(",")[1:], strict=True):
        paid = float(text) / 100
        if tenor < 0.5:
            worth = discount[tenor] * (1 + paid * tenor)
        else:
            coupons = [discount[time] for time in np.arange(0.5, tenor + 0.25, 0.5)]
            worth = paid / 2 * sum(coupons) + coupons[-1]
        assert worth == pytest.approx(1.0, abs=1e-13)


def test_quantlib_finds_the_same_discounts():
    """Bonds on every half-year, bootstrapped by an engine of its own."""
    years, rates = zero_rates(TREASURY)
    today = ql.Date(5, 9, 2025)
    ql.Settings.instance().evaluationDate = today
    par = dict(zip(YEARS, map(float, ROWS[0].split(",")[1:]), strict=True))
    months = ql.Thirty360(ql.Thirty360.BondBasis)
    helpers = []
    for half in range(1, 21):
        yield_now = float(np.interp(half / 2, list(par), list(par.values()))) / 100
        plan = ql.Schedule(
            today, today + ql.Period(6 * half, ql.Months), ql.Period(ql.Semiannual), ql.NullCalendar(),
            ql.Unadjusted, ql.Unadjusted, ql.DateGeneration.Backward, False,
        )  # fmt: skip
        price = ql.QuoteHandle(ql.SimpleQuote(100.0))
        helpers.append(ql.FixedRateBondHelper(price, 0, 100.0, plan, [yield_now], months))
    theirs = ql.PiecewiseLogLinearDiscount(today, helpers, months)
    for half in range(1, 21):
        ours = math.exp(-at((years, rates), half / 2) * half / 2)
        assert ours == pytest.approx(theirs.discount(today + ql.Period(6 * half, ql.Months)), rel=1e-9)


@given(st.floats(-1.0, 15.0))
def test_a_flat_par_curve_is_a_flat_zero_curve(percent):
    text = f"observation_date,DGS6MO,DGS2,DGS10\n2025-09-05,{percent!r},{percent!r},{percent!r}\n"
    years, rates = zero_rates(text)
    assert years == tuple(np.arange(0.5, 10.25, 0.5))
    assert rates == pytest.approx([2 * math.log1p(percent / 200)] * 20, abs=1e-13)


@pytest.mark.parametrize("name", ["DFF", "dff", "EFFR", "SOFR"])
def test_an_overnight_rate_is_actual_360(name):
    years, rates = zero_rates(f"observation_date,{name}\n2025-09-05,4.33\n")
    assert years == (1 / 365,)
    assert math.exp(rates[0] / 365) == pytest.approx(1 + 0.0433 / 360, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "years"),
    [
        ("DGS1MO", 1 / 12),
        ("DGS3MO", 0.25),
        ("DGS6MO", 0.5),
        ("DGS1", 1.0),
        ("DGS10", 10.0),
        ("dgs2", 2.0),
        ("30 yr", 30.0),
    ],
)
def test_a_column_says_its_tenor(name, years):
    assert zero_rates(f"DATE,{name}\n2025-09-05,4.0\n")[0][-1] == pytest.approx(years)


def test_overnight_and_par_together():
    years, _ = zero_rates("observation_date,DGS3MO,SOFR,DGS1\n2025-09-05,4.1,4.3,3.7\n")
    assert years == (1 / 365, 0.25, 0.5, 1.0)


@pytest.mark.parametrize("date", ["2025-09-05", "09/05/2025", "09/05/25"])
def test_dates_in_each_publishers_layout(date):
    assert zero_rates(f"Date,1 Yr\n{date},4\n")[0] == (0.5, 1.0)


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("Date\n2025-09-05\n", "line 1: expected columns of rates"),
        ("Date,1 Mo,DGS1MO\n2025-09-05,4,4\n", "line 1: expected columns of rates, each tenor once"),
        (
            "Date,1 Mo,BAMLH0A0HYM2\n2025-09-05,4,3\n",
            "line 1: column 'BAMLH0A0HYM2' is no rate that can be read; known",
        ),
        ("Date,4 WEEKS BANK DISCOUNT\n2025-09-05,4\n", "line 1: column '4 WEEKS BANK DISCOUNT' is no rate"),
        ("Date,1 Mo\n05.09.2025,4\n", "line 2: expected a date such as 2025-09-05 or 09/05/2025, got '05.09.2025'"),
        ("Date,1 Mo\n2025-09-05,4\n2025-09-06\n", "line 3: expected 2 cells, got 1"),
        ("Date,1 Mo\n2025-09-05,4\n09/05/2025,5\n", "line 3: 2025-09-05 is there twice"),
        ("Date,1 Mo\n2025-09-05,4.3%\n", "line 2: expected a rate in percent such as 4.33, got '4.3%'"),
        ("Date,1 Mo\n2025-09-05,nan\n", "line 2: expected a rate in percent"),
        ("Date,1 Mo\n2025-09-05,433\n", "line 2: expected a rate in percent"),
        ("Date,6 Mo,20 Yr,30 Yr\n2025-09-05,0.1,0.1,49\n", "line 2: these par yields leave nothing"),
    ],
)
def test_what_is_wrong_is_named(text, match):
    with pytest.raises(FormatError, match=match):
        zero_rates(text)


@given(
    st.text(max_size=60).map(lambda tail: TREASURY + tail) | st.integers(0, len(TREASURY)).map(lambda n: TREASURY[:n])
)
def test_any_text_gives_a_curve_or_an_error(text):
    lines = text.splitlines()
    assume(lines)
    try:
        years, rates = parse_rates(lines, "x").curve_on(day("2025-09-05"))
    except ChainError:
        return
    assert all(map(math.isfinite, rates))
    assert list(years) == sorted(set(years))


def test_a_file_of_rates_by_date_is_a_curve_of_a_day(save):
    path = str(save(TREASURY))
    assert read_curve(path, on=day("2025-09-04")) == zero_rates(TREASURY, "2025-09-04")
    history = read_rates(path)
    assert history is not None
    assert history.curve_on(day("2025-09-04")) == zero_rates(TREASURY, "2025-09-04")
    with pytest.raises(FormatError, match="say which day"):
        read_curve(path)


def test_what_has_no_dates_has_no_history(save):
    assert read_rates("4.33%") is None
    assert read_rates(str(save("years,rate\n1,0.04\n"))) is None
    with pytest.raises(UnreadableError, match="neither a rate such as"):
        read_rates("nowhere.csv")


@pytest.mark.real
def test_real_federal_funds(data_path):
    path = str(data_path("history", "fred_DFF.csv"))
    years, rates = read_curve(path, on=day("2026-03-26"))
    assert (years, rates) == ((1 / 365,), pytest.approx((365 * math.log1p(0.0364 / 360),), rel=1e-14))


@pytest.mark.real
@pytest.mark.parametrize("series", ["BAMLH0A0HYM2", "UNRATE"])
def test_a_real_series_that_is_no_rate_is_refused(series, data_path):
    with pytest.raises(FormatError, match=f"column '{series.lower()}' is no rate that can be read"):
        read_curve(str(data_path("history", f"fred_{series}.csv")), on=day("2026-03-02"))
