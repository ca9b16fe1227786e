"""Exposure in dollars, against mpmath and against differences of SciPy's own prices."""

from __future__ import annotations

from dataclasses import replace

import mpmath as mp
import numpy as np
import pytest
from scipy.special import ndtr

from gex.exposure import MOVES_PCT, Book, contract_exposure, gamma_exposure, hedge_flows

SPOT = 6500.0


@pytest.fixture(name="book")
def _book() -> Book:
    rng = np.random.default_rng(3)
    n = 40
    return Book(
        strike=rng.uniform(6200, 6800, n).round(),
        is_call=rng.random(n) < 0.5,
        years=rng.choice([2e-4, 0.01, 0.3], n),
        sigma=rng.uniform(0.1, 0.4, n),
        rate=np.full(n, 0.04),
        dividend=np.full(n, 0.013),
        units=rng.integers(-50, 50, n) * 100.0,
    )


def scipy_delta(book: Book, spot: float, years) -> np.ndarray:
    w = book.sigma * np.sqrt(years)
    d1 = (np.log(spot / book.strike) + (book.rate - book.dividend) * years) / w + 0.5 * w
    sign = np.where(book.is_call, 1.0, -1.0)
    return sign * np.exp(-book.dividend * years) * ndtr(sign * d1)


def test_gamma_is_the_change_of_dollar_delta_per_percent(book: Book) -> None:
    """0.01 S^2 N m gamma, against mpmath's second derivative of the price."""
    with mp.workdps(40):

        def price(i: int, s):
            w = mp.mpf(book.sigma[i]) * mp.sqrt(book.years[i])
            f = s * mp.exp((book.rate[i] - book.dividend[i]) * mp.mpf(book.years[i]))
            d1 = mp.log(f / book.strike[i]) / w + w / 2
            c = 1 if book.is_call[i] else -1
            discount = mp.exp(-book.rate[i] * mp.mpf(book.years[i]))
            return discount * c * (f * mp.ncdf(c * d1) - book.strike[i] * mp.ncdf(c * (d1 - w)))

        expected = [
            0.01 * SPOT**2 * book.units[i] * float(mp.diff(lambda s, i=i: price(i, s), SPOT, 2)) for i in range(8)
        ]
    assert contract_exposure(book, SPOT, None).gamma[:8] == pytest.approx(expected, rel=1e-9, abs=1e-6)


def test_delta_and_vanna_in_dollars(book: Book) -> None:
    """Vanna is the change of dollar delta when every volatility rises one point, by central difference."""
    dollars = contract_exposure(book, SPOT, None)
    assert dollars.delta == pytest.approx(SPOT * book.units * scipy_delta(book, SPOT, book.years), rel=1e-11, abs=1e-4)
    up, down = (replace(book, sigma=book.sigma + h) for h in (1e-5, -1e-5))
    change = (scipy_delta(up, SPOT, book.years) - scipy_delta(down, SPOT, book.years)) / 2e-5
    assert dollars.vanna == pytest.approx(0.01 * SPOT * book.units * change, rel=1e-6, abs=1.0)


def test_charm_is_the_exact_difference_of_delta(book: Book) -> None:
    """What expires before the close counts at the slope of its payoff."""
    elapsed = 1e-3
    dollars = contract_exposure(book, SPOT, elapsed)
    later = scipy_delta(book, SPOT, np.where(book.years > elapsed, book.years - elapsed, 1.0))
    payoff = np.where(book.is_call, book.strike < SPOT, -1.0 * (book.strike > SPOT))
    after = np.where(book.years > elapsed, later, payoff)
    expected = SPOT * book.units * (after - scipy_delta(book, SPOT, book.years))
    assert dollars.charm == pytest.approx(expected, rel=1e-9, abs=1e-3)
    assert np.any(book.years <= elapsed)


def test_charm_is_absent_without_a_close(book: Book) -> None:
    exposure = contract_exposure(book, SPOT, None).of(np.ones(len(book), dtype=bool))
    assert exposure.charm_usd_to_close is None


def test_at_the_strike_an_expired_call_and_put_share_the_unit() -> None:
    book = Book(*(np.array([v]) for v in (100.0, True, 1e-5, 0.2, 0.0, 0.0, 1.0)))
    put = Book(*(np.array([v]) for v in (100.0, False, 1e-5, 0.2, 0.0, 0.0, 1.0)))
    assert (book.delta(100.0, 1e-3)[0], put.delta(100.0, 1e-3)[0]) == (0.5, -0.5)


def test_hedge_flow_is_the_opposite_of_the_change_of_delta(book: Book) -> None:
    flows = hedge_flows(book, SPOT)
    assert tuple(flow.spot_move_pct for flow in flows) == MOVES_PCT
    before = np.sum(book.units * scipy_delta(book, SPOT, book.years))
    for flow in flows:
        moved = SPOT * (1 + flow.spot_move_pct / 100)
        after = np.sum(book.units * scipy_delta(book, moved, book.years))
        assert flow.flow_usd == pytest.approx(-moved * (after - before), rel=1e-9)


def test_long_gamma_sells_rallies_and_buys_dips() -> None:
    book = Book(*(np.array([v]) for v in (6500.0, True, 0.02, 0.15, 0.04, 0.013, 100.0)))
    flows = {flow.spot_move_pct: flow.flow_usd for flow in hedge_flows(book, SPOT)}
    assert flows[1.0] < 0 < flows[-1.0]
    assert flows[0.5] == pytest.approx(-0.5 * contract_exposure(book, SPOT, None).gamma[0], rel=0.05)


def test_gross_is_the_sum_of_sizes() -> None:
    exposure = gamma_exposure(np.array([3.0, -1.0, 2.0, -5.0]), np.array([True, True, False, False]))
    assert (exposure.net, exposure.gross, exposure.calls, exposure.puts) == (-1.0, 11.0, 2.0, -3.0)


def test_net_gamma_is_the_sum_over_contracts(book: Book) -> None:
    assert book.net_gamma_usd(SPOT) == pytest.approx(np.sum(contract_exposure(book, SPOT, None).gamma), rel=1e-12)
