"""American options with cash dividends against QuantLib's grids, a tree, a closed form and what must hold."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gex.pricing import (
    Status,
    american,
    american_gamma_profile,
    american_implied_vol,
    early_exercise_premium,
    may_exercise_before_dividend,
    price,
)

if TYPE_CHECKING:
    from types import ModuleType

STRIKE = 100.0
BOOK = {
    "strike": np.array([85.0, 95.0, 100.0, 105.0, 120.0, 100.0]),
    "years": np.array([0.05, 0.3, 0.3, 0.7, 0.7, 0.7]),
    "sigma": np.array([0.25, 0.25, 0.22, 0.2, 0.3, 0.2]),
    "rate": 0.04,
    "dividend": np.array([0.0, 0.0, 0.01, 0.0, 0.02, 0.0]),
    "is_call": np.array([True, False, True, False, False, True]),
}
SCHEDULE = ([0.1, 0.4], [1.0, 1.1])


def test_price_delta_and_gamma_agree_with_quantlib(committed: dict[str, Any], cash_reference: ModuleType) -> None:
    """Price within 2e-5 of the strike, delta 1.5e-4, gamma 1e-3 of the European peak, most of it QuantLib's; no yield."""
    for values, expected in committed["cash_quantlib"]:
        contract = cash_reference.CashContract(*values)
        got = american(*contract.arguments, cash_dividends=contract.cash_dividends)
        error = np.abs(np.subtract(got, expected))
        assert (error <= [2e-5 * contract.strike, 1.5e-4, 1e-3 * contract.peak]).all(), contract


def test_gamma_agrees_where_many_dividends_go_ex_in_the_last_days(
    committed: dict[str, Any], cash_reference: ModuleType
) -> None:
    """Within 1e-4 of the peak."""
    ((values, expected),) = committed["cash_quantlib_fine"]
    contract = cash_reference.CashContract(*values)
    got = american(*contract.arguments, cash_dividends=contract.cash_dividends).gamma
    assert got == pytest.approx(expected[2], abs=1e-4 * contract.peak)


def test_prices_agree_with_a_tree_with_a_yield_besides(committed: dict[str, Any], cash_reference: ModuleType) -> None:
    """Within 4e-5 of the strike, of which the tree's own error is the half."""
    for values, expected in committed["cash_tree"]:
        contract = cash_reference.CashContract(*values)
        got = american(*contract.arguments, cash_dividends=contract.cash_dividends).price
        assert got == pytest.approx(expected, abs=4e-5 * contract.strike), contract


def test_calls_with_one_dividend_are_whaleys(cash_reference: ModuleType) -> None:
    """Whaley's closed form: within 1e-6 of the strike."""
    rng = np.random.default_rng(1)
    found = 0
    for _ in range(200):
        years, spot, sigma = rng.uniform(0.05, 2.0), rng.uniform(80.0, 130.0), rng.uniform(0.1, 0.6)
        ex, amount, rate = years * rng.uniform(0.1, 0.95), rng.uniform(0.5, 4.0), rng.uniform(0.0, 0.06)
        if may_exercise_before_dividend(amount, STRIKE, years - ex, rate):
            found += 1
            expected = cash_reference.roll_geske_whaley(spot, STRIKE, years, sigma, rate, ex, amount)
            got = american(spot, STRIKE, years, sigma, rate, cash_dividends=([ex], [amount])).price
            assert got == pytest.approx(expected, abs=1e-6 * STRIKE)
    assert found > 100


def test_a_call_whose_dividends_never_pay_is_european_on_spot_less_their_value() -> None:
    """The interest on the strike until expiry is more than the dividend."""
    got = american(100.0, STRIKE, 1.0, 0.2, 0.05, cash_dividends=([0.3], [1.0]))
    bare = 100.0 - math.exp(-0.05 * 0.3)
    assert got.price == pytest.approx(price(bare, STRIKE, 1.0, 0.2, 0.05), rel=1e-13)
    assert early_exercise_premium(100.0, STRIKE, 1.0, 0.2, 0.05, cash_dividends=([0.3], [1.0])) < 1e-10


@pytest.mark.parametrize("schedule", [([], []), ([0.6], [2.0]), ([0.1, 0.2], [0.0, 0.0])])
def test_without_a_dividend_before_expiry_nothing_changes(schedule: Any) -> None:
    contract = (np.array([90.0, 110.0]), STRIKE, 0.5, 0.2, 0.05, 0.01, np.array([True, False]))
    plain = american(*contract)
    for got, expected in zip(american(*contract, cash_dividends=schedule), plain, strict=True):
        np.testing.assert_array_equal(got, expected)


def test_dividends_of_one_day_are_one() -> None:
    contract = (100.0, STRIKE, 0.5, 0.2, 0.05, 0.01, False)
    twice = american(*contract, cash_dividends=([0.2, 0.2, 0.3], [0.5, 0.75, 0.0]))
    assert twice == american(*contract, cash_dividends=([0.2], [1.25]))


@given(
    st.floats(75.0, 130.0),
    st.floats(0.05, 2.0),
    st.floats(0.08, 0.8),
    st.floats(0.0, 0.08),
    st.floats(0.0, 3.0),
    st.booleans(),
)
@example(120.0, 0.25, 0.0859375, 0.0, 5e-324, True)
def test_an_american_option_is_worth_payoff_and_european_at_least(
    spot: float, years: float, sigma: float, rate: float, amount: float, is_call: bool
) -> None:
    contract = (spot, STRIKE, years, sigma, rate, 0.0, is_call)
    schedule = ([0.4 * years], [amount])
    got = american(*contract, cash_dividends=schedule)
    payoff = max(spot - STRIKE if is_call else STRIKE - spot, 0.0)
    star = spot - amount * math.exp(-rate * 0.4 * years)
    european = price(star, STRIKE, years, sigma, rate, 0.0, is_call)
    assert got.price >= max(payoff, european) - 1e-10
    assert -1.0 - 1e-4 <= got.delta <= 1.0 + 1e-4


@given(st.floats(75.0, 130.0), st.floats(0.05, 2.0), st.floats(0.1, 0.6), st.floats(0.001, 0.08), st.booleans())
def test_slopes_agree_with_finite_differences(
    spot: float, years: float, sigma: float, rate: float, is_call: bool
) -> None:
    """Delta within 2e-4, where gamma does not jump: away from the exercise boundary."""
    step = 1e-2
    spots = spot + step * np.array([-1.0, 0.0, 1.0])
    got = american(spots, STRIKE, years, sigma, rate, 0.0, is_call, cash_dividends=([0.4 * years], [1.0]))
    if (got.gamma > 0.0).all():
        assert (got.price[2] - got.price[0]) / (2.0 * step) == pytest.approx(got.delta[1], abs=2e-4)


def test_implied_volatility_gives_the_volatility_back() -> None:
    contract = {name: BOOK[name] for name in ("strike", "years", "rate", "dividend", "is_call")}
    quote = american(98.0, sigma=BOOK["sigma"], **contract, cash_dividends=SCHEDULE).price
    sigma, status = american_implied_vol(quote, 98.0, **contract, cash_dividends=SCHEDULE)
    back = american(98.0, sigma=sigma, **contract, cash_dividends=SCHEDULE).price
    assert (status == Status.CONVERGED).all()
    np.testing.assert_allclose(sigma, BOOK["sigma"], rtol=0.0, atol=1e-6)
    np.testing.assert_allclose(back, quote, rtol=0.0, atol=1e-7 * STRIKE)


@pytest.mark.parametrize(
    ("quote", "is_call", "status"),
    [
        (20.0, False, Status.BELOW_INTRINSIC),
        (19.0, False, Status.BELOW_INTRINSIC),
        (100.5, False, Status.ABOVE_BOUND),
        (np.nan, True, Status.NOT_FINITE),
    ],
)
def test_quotes_without_a_volatility_say_why(quote: float, is_call: bool, status: Status) -> None:
    sigma, found = american_implied_vol(quote, 80.0, STRIKE, 0.5, 0.05, 0.0, is_call, cash_dividends=([0.2], [1.0]))
    assert math.isnan(sigma)
    assert found == status


def test_ladders_are_sums_of_contracts() -> None:
    """Spots in any order; within 1e-3 of the peak of gamma."""
    weight = np.array([1.0, -2.0, 3.0, 4.0, 0.0, 1.0])
    spots = np.linspace(80.0, 120.0, 41)[np.random.default_rng(0).permutation(41)]
    got = american_gamma_profile(spots, weight=weight, cash_dividends=SCHEDULE, **BOOK)
    each = american(spots[:, None], cash_dividends=SCHEDULE, **BOOK).gamma
    np.testing.assert_allclose(got, (weight * each).sum(axis=1), rtol=0.0, atol=1e-3 * np.abs(each).max())


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_and_neighbours_change_no_bit(threads: int) -> None:
    rng = np.random.default_rng(4)
    n = 1500
    book = {
        "strike": rng.uniform(80.0, 120.0, n),
        "years": rng.choice([0.05, 0.2, 0.4, 0.8], n),
        "sigma": 0.25,
        "rate": 0.04,
        "dividend": 0.01,
        "is_call": rng.random(n) < 0.5,
    }
    one = american(100.0, **book, cash_dividends=SCHEDULE)
    many = american(100.0, **book, cash_dividends=SCHEDULE, threads=threads)
    assert [figures.tobytes() for figures in one] == [figures.tobytes() for figures in many]
    rows = np.arange(3, n, 7)
    alone = american(
        100.0,
        **{name: column[rows] if np.ndim(column) else column for name, column in book.items()},
        cash_dividends=SCHEDULE,
    )
    assert [figures[rows].tobytes() for figures in one] == [figures.tobytes() for figures in alone]
    sigma = american_implied_vol(
        one.price, 100.0, **{k: v for k, v in book.items() if k != "sigma"}, cash_dividends=SCHEDULE
    )
    shared = american_implied_vol(
        one.price, 100.0, **{k: v for k, v in book.items() if k != "sigma"}, cash_dividends=SCHEDULE, threads=threads
    )
    assert [figures.tobytes() for figures in sigma] == [figures.tobytes() for figures in shared]
    ladder = np.linspace(80.0, 120.0, 31)
    sums = [
        american_gamma_profile(ladder, weight=1.0, **book, cash_dividends=SCHEDULE, threads=count)
        for count in (1, threads)
    ]
    assert sums[0].tobytes() == sums[1].tobytes()


@pytest.mark.parametrize(
    ("dividends", "error", "message"),
    [
        (([0.1], [1.0, 2.0]), ValueError, r"one length, got shapes \(1,\) and \(2,\)"),
        (([0.2, 0.1], [1.0, 2.0]), ValueError, "must ascend, got 0.1 at index 1"),
        (([0.0], [1.0]), ValueError, "must be positive and finite, got 0.0 at index 0"),
        (([0.1, 0.2], [1.0, -1.0]), ValueError, "not negative, got -1.0 at index 1"),
        (([np.nan], [1.0]), ValueError, "must be positive and finite, got nan at index 0"),
        (([0.1], [np.inf]), ValueError, "must be finite and not negative, got inf"),
        ((["a"], [1.0]), TypeError, "years of cash_dividends must hold real numbers"),
        (0.5, TypeError, "must be a pair"),
        (([0.1],), TypeError, "must be a pair"),
    ],
)
def test_bad_dividends_are_named(dividends: Any, error: type[Exception], message: str) -> None:
    for call in (american, early_exercise_premium):
        with pytest.raises(error, match=message):
            call(100.0, 100.0, 0.5, 0.2, 0.05, 0.0, True, cash_dividends=dividends)
    with pytest.raises(error, match=message):
        american_gamma_profile([100.0], 100.0, 0.5, 0.2, 1.0, cash_dividends=dividends)
    with pytest.raises(error, match=message):
        american_implied_vol(5.0, 100.0, 100.0, 0.5, cash_dividends=dividends)


@pytest.mark.parametrize("name", ["spot", "strike", "years", "sigma", "rate", "dividend"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 0.0, -1.0])
def test_bad_entries_are_nan_and_leave_the_others_alone(name: str, bad: float) -> None:
    contract = {"spot": 100.0, "strike": 100.0, "years": 0.5, "sigma": 0.2, "rate": 0.05, "dividend": 0.01}
    columns = {key: np.full(9, value) for key, value in contract.items()}
    columns[name][4] = bad
    got = american(**columns, is_call=False, cash_dividends=SCHEDULE)
    whole = american(**contract, is_call=False, cash_dividends=SCHEDULE)
    if not (bad <= 0.0 and np.isfinite(bad) and name in ("rate", "dividend")):
        assert all(math.isnan(figures[4]) for figures in got)
    others = np.delete(np.arange(9), 4)
    assert all((figures[others] == figure).all() for figures, figure in zip(got, whole, strict=True))


def test_more_dividends_than_spot_is_no_price() -> None:
    assert math.isnan(american(3.0, 100.0, 0.5, 0.2, 0.05, cash_dividends=([0.2], [4.0])).price)
    with pytest.raises(ValueError, match=r"contract at index 1 cannot be priced: .* above the present value of cash"):
        american_gamma_profile([3.0], [100.0, 100.0], [0.1, 0.5], 0.2, 1.0, cash_dividends=([0.2], [4.0]))


@pytest.mark.parametrize("amount", [1e-12, 1e-6, 1e-5, 0.5])
def test_a_ladder_holds_what_a_price_holds_where_waiting_costs_nothing(amount: float) -> None:
    """Calls without interest: deep in the money they wait as long as the dividend is less than their put."""
    spots, schedule = np.linspace(110.0, 140.0, 61), ([0.1], [amount])
    gamma = american(spots, STRIKE, 0.25, 0.0859375, 0.0, 0.0, True, cash_dividends=schedule).gamma
    ladder = american_gamma_profile(spots, STRIKE, 0.25, 0.0859375, 1.0, 0.0, 0.0, True, cash_dividends=schedule)
    np.testing.assert_allclose(ladder, gamma, rtol=1e-9, atol=1e-15)
    assert gamma[:20].all()
