"""Discount rates as given."""

import pytest

from gex.ingest.curve import read_curve
from gex.ingest.errors import FormatError, UnreadableError
from gex.settings import Curve


@pytest.mark.parametrize(
    ("text", "rate"), [("0.0433", 0.0433), ("4.33%", 0.0433), (" 4.33 % ", 0.0433), ("-0.5%", -0.005), ("0", 0.0)]
)
def test_one_rate(text, rate):
    years, rates = read_curve(text)
    assert years == (1.0,)
    assert rates == pytest.approx((rate,), abs=1e-15)


@pytest.mark.parametrize("text", ["4.33", "433%", "nan", "inf"])
def test_a_rate_that_can_only_be_percent_is_refused(text):
    with pytest.raises(FormatError, match=r"is not a decimal: 4\.33% is 0\.0433"):
        read_curve(text)


def test_a_file_of_tenors(save):
    text = "tenor,rate\novernight,4.35%\n1w,0.0434\n1M,4.33%\n3 months,0.0430\n2Y,0.037\n90d,0.04\n".replace(
        "90d,0.04\n", ""
    )
    years, rates = read_curve(str(save(text)))
    assert years == pytest.approx((1 / 365, 7 / 365, 1 / 12, 0.25, 2.0))
    assert rates == pytest.approx((0.0435, 0.0434, 0.0433, 0.0430, 0.037))
    assert Curve(years, rates).rates == rates


def test_a_file_of_years_in_any_column_order(save):
    assert read_curve(str(save("Rate, Years\n0.04,0.5\n0.03,10\n"))) == ((0.5, 10.0), (0.04, 0.03))


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("maturity,rate\n1,0.04\n", "expected the columns years .* got maturity, rate"),
        ("", "got none"),
        ("years,rate\n", "tenors must be there"),
        ("years,rate\n2,0.04\n1,0.04\n", "increase"),
        ("years,rate\n1,4.33\n", "line 2: rate '4.33' is not a decimal"),
        ("years,rate\n1,0.04\nsoon,0.04\n", "line 3: expected a tenor"),
        ("years,rate\n1\n", "line 2: expected a tenor"),
        ("years,rate\n-1,0.04\n", "line 2: expected a tenor"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(save, text, match):
    with pytest.raises(FormatError, match=match):
        read_curve(str(save(text)))


def test_neither_rate_nor_file():
    with pytest.raises(UnreadableError, match=r"neither a rate such as 0\.0433 or 4\.33% nor a readable file"):
        read_curve("no such thing")
