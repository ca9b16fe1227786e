"""Dealers' hedging by re-pricing: against SciPy's delta, against gamma's integral, and the figures of a real chain."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.special import ndtr

from gex import Settings, read_chain
from gex.analysis import priced
from gex.exposure import Book, hedge_flows
from gex.flows.curve import flow_curve
from gex.flows.hedging import SECOND, Hedging, hedge_usd, order_book, strike_flows
from gex.intraday_paths import charm_trades

SPOT = 6500.0
DAY = 6.5 / 8760.0


def book_of(n: int = 40, seed: int = 3, years: tuple[float, ...] = (DAY, 0.01, 0.3)) -> Book:
    rng = np.random.default_rng(seed)
    return Book(
        strike=rng.uniform(6200, 6800, n).round(),
        is_call=rng.random(n) < 0.5,
        years=rng.choice(years, n),
        sigma=rng.uniform(0.1, 0.4, n),
        rate=np.full(n, 0.04),
        dividend=np.full(n, 0.013),
        units=rng.integers(-50, 50, n) * 100.0,
    )


def scipy_shares(book: Book, spot: float, elapsed: float = 0.0, points: float = 0.0) -> float:
    years = np.maximum(book.years - elapsed, 1e-300)
    w = (book.sigma + 0.01 * points) * np.sqrt(years)
    d1 = (np.log(spot / book.strike) + (book.rate - book.dividend) * years) / w + 0.5 * w
    sign = np.where(book.is_call, 1.0, -1.0)
    delta = sign * np.exp(-book.dividend * years) * ndtr(sign * d1)
    payoff = np.where(book.is_call, 1.0 * (book.strike < spot), -1.0 * (book.strike > spot))
    return float(np.sum(book.units * np.where(book.years > elapsed, delta, payoff)))


@pytest.mark.parametrize("elapsed", [0.0, 0.4 * DAY, DAY])
@pytest.mark.parametrize("points", [0.0, 3.0, -4.0])
def test_the_trade_is_the_opposite_of_the_change_of_delta(elapsed: float, points: float) -> None:
    book, spots = book_of(), SPOT * np.array([0.97, 0.99, 1.0, 1.004, 1.03])
    before = scipy_shares(book, SPOT)
    expected = [-spot * (scipy_shares(book, spot, elapsed, points) - before) for spot in spots]
    assert hedge_usd(book, SPOT, spots, elapsed, points) == pytest.approx(expected, rel=1e-9, abs=1e-2)


def test_it_is_the_report_s_hedge_flow_where_only_the_price_moves() -> None:
    book = book_of()
    flows = hedge_flows(book, SPOT)
    spots = SPOT * (1.0 + 0.01 * np.array([flow.spot_move_pct for flow in flows]))
    assert hedge_usd(book, SPOT, spots) == pytest.approx([flow.flow_usd for flow in flows], rel=1e-12)


def test_at_fixed_price_it_is_the_sum_of_charm_s_trades() -> None:
    book, times = book_of(), [0.0, 0.3 * DAY, 0.9 * DAY]
    total = np.cumsum(charm_trades(book, SPOT, times))
    for elapsed, expected in zip(times[1:], total, strict=True):
        assert hedge_usd(book, SPOT, np.array([SPOT]), elapsed)[0] == pytest.approx(expected, rel=1e-12)


@given(st.integers(0, 200), st.floats(0.9, 1.1), st.floats(0.0, 2 * DAY), st.floats(-5.0, 5.0))
def test_strikes_add_up_to_the_whole(seed: int, ratio: float, elapsed: float, points: float) -> None:
    book, moved = book_of(seed=seed), SPOT * ratio
    rows = strike_flows(book, SPOT, moved, elapsed, points)
    assert rows["strike"].is_sorted()
    assert rows["usd"].to_list() == pytest.approx((rows["calls_usd"] + rows["puts_usd"]).to_list())
    whole = hedge_usd(book, SPOT, np.array([moved]), elapsed, points)[0]
    assert rows["usd"].sum() == pytest.approx(whole, rel=1e-9, abs=1e-9 * moved * np.sum(np.abs(book.units)))


def test_the_order_book_is_the_integral_of_gamma() -> None:
    """Between two prices -S_mid times the integral of gamma, by quadrature."""
    book = replace(book_of(years=(0.02, 0.1)), units=np.full(40, 100.0))
    prices = np.array([6400.0, 6450.0, 6500.0, 6510.0])
    rows = order_book(book, prices)
    for low, high, usd, per_point in rows.select("low", "high", "rising_usd", "usd_per_point").iter_rows():
        gamma = quad(lambda s: float(np.sum(book.units * book.gamma(s))), low, high, epsabs=1e-10)[0]
        assert usd == pytest.approx(-0.5 * (low + high) * gamma, rel=1e-8)
        assert per_point == pytest.approx(usd / (high - low), rel=1e-12)
    assert set(rows["kind"]) == {"limit"}
    short = order_book(replace(book, units=-book.units), prices)
    assert set(short["kind"]) == {"stop"}
    assert short["rising_usd"].to_list() == pytest.approx((-rows["rising_usd"]).to_list())


def test_nobody_holds_anything_there_is_no_order() -> None:
    rows = order_book(replace(book_of(), units=np.zeros(40)), np.array([6400.0, 6500.0]))
    assert (rows["kind"].to_list(), rows["rising_usd"].to_list()) == (["none"], [0.0])


def test_time_runs_from_the_evaluation_to_the_close() -> None:
    """Evaluated a quarter into the session: until then nothing, at the close what expires then has its payoff."""
    book, spots = book_of(years=(0.75 * DAY, 0.05)), np.array([6450.0, 6500.0, 6510.0])
    flow = Hedging(book, SPOT, opens=-0.25 * DAY, closes=0.75 * DAY)
    assert flow.begun == pytest.approx(0.25)
    curve = flow_curve([flow], spots, np.array([0.0, 0.25, 0.5, 1.0]))
    usd = curve.usd["dealers"]
    assert usd[0] == pytest.approx(usd[1])
    assert usd[1] == pytest.approx(hedge_usd(book, SPOT, spots))
    assert usd[2] == pytest.approx(hedge_usd(book, SPOT, spots, 0.25 * DAY))
    before = scipy_shares(book, SPOT)
    assert usd[3] == pytest.approx([-s * (scipy_shares(book, s, 0.75 * DAY + SECOND) - before) for s in spots])


def test_before_the_open_the_night_counts() -> None:
    book = book_of(years=(5 * DAY, 0.05))
    flow = Hedging(book, SPOT, opens=2 * DAY, closes=3 * DAY)
    assert flow.begun == 0.0
    assert flow.usd(np.array([SPOT]), 0.0)[0] == pytest.approx(hedge_usd(book, SPOT, np.array([SPOT]), 2 * DAY)[0])


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda book: hedge_usd(book, SPOT, np.array([6500.0, 0.0])), "positive"),
        (lambda book: hedge_usd(book, np.nan, np.array([6500.0])), "positive"),
        (lambda book: hedge_usd(book, SPOT, np.array([6500.0]), -1.0), "elapsed"),
        (lambda book: hedge_usd(book, SPOT, np.array([6500.0]), np.nan), "elapsed"),
        (lambda book: hedge_usd(book, SPOT, np.array([6500.0]), 0.0, -90.0), "volatility cannot move"),
        (lambda book: order_book(book, np.array([6500.0])), "two or more"),
        (lambda book: order_book(book, np.array([6500.0, 6400.0])), "ascending"),
        (lambda book: strike_flows(book, SPOT, -1.0), "positive"),
        (lambda book: Hedging(book, SPOT, 0.0, 0.0), "session"),
        (lambda book: Hedging(book, SPOT, -2.0, -1.0), "session"),
    ],
)
def test_what_makes_no_sense_is_refused(call, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        call(book_of())


@pytest.mark.real
def test_spx_of_2025_09_05_re_priced(data_path) -> None:
    """-1% +33, -0.5% +34, +0.5% -73, +1% -149 $bn against +-115 by the derivative, and strikes that add up."""
    chain = read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv"))
    base = priced(chain, Settings())
    book, spot = base.book.held(), base.market.level
    spots = spot * np.array([0.99, 0.995, 1.005, 1.01])
    flow = hedge_usd(book, spot, spots) / 1e9
    assert flow == pytest.approx([32.7, 34.2, -73.1, -148.2], abs=0.2)
    assert book.net_gamma_usd(spot) / 1e9 == pytest.approx(114.0, abs=0.3)
    assert strike_flows(book, spot, spots[0])["usd"].sum() / 1e9 == pytest.approx(flow[0], rel=1e-9)
