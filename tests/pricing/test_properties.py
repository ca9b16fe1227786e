"""Identities and bounds of European options, over generated contracts."""

from __future__ import annotations

import math
from typing import NamedTuple

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gex.pricing import gamma, greeks, price


class Contract(NamedTuple):
    spot: float
    strike: float
    years: float
    sigma: float
    rate: float
    dividend: float


def contracts() -> st.SearchStrategy[Contract]:
    """Generate contracts from a minute to five years, up to eight deviations from the money."""

    def build(spot: float, log_years: float, sigma: float, rate: float, dividend: float, depth: float) -> Contract:
        years = math.exp(log_years)
        strike = spot * math.exp((rate - dividend) * years + depth * sigma * math.sqrt(years))
        return Contract(spot, strike, years, sigma, rate, dividend)

    return st.builds(
        build,
        st.floats(1.0, 50_000.0),
        st.floats(math.log(1 / 525_600), math.log(5.0)),
        st.floats(0.03, 3.0),
        st.floats(-0.02, 0.10),
        st.floats(-0.02, 0.10),
        st.floats(-8.0, 8.0),
    )


@given(contracts())
def test_call_less_put_is_the_forward_less_the_strike(contract: Contract) -> None:
    call, put = greeks(*contract), greeks(*contract, is_call=False)
    asset = contract.spot * math.exp(-contract.dividend * contract.years)
    cash = contract.strike * math.exp(-contract.rate * contract.years)

    assert call.price - put.price == pytest.approx(asset - cash, abs=4e-15 * max(asset, cash))
    assert call.delta - put.delta == pytest.approx(math.exp(-contract.dividend * contract.years), abs=1e-14)
    scale = abs(contract.rate) * cash + abs(contract.dividend) * asset
    carry = contract.dividend * asset - contract.rate * cash
    assert call.theta - put.theta == pytest.approx(carry, abs=1e-13 * (scale + abs(call.theta)))


@given(contracts())
def test_calls_and_puts_share_gamma_vega_and_vanna(contract: Contract) -> None:
    call, put = greeks(*contract), greeks(*contract, is_call=False)

    assert call.gamma == put.gamma == pytest.approx(gamma(*contract), rel=1e-12)
    assert call.vega == put.vega
    assert call.vanna == put.vanna


@given(contracts(), st.integers(-20, 20), st.booleans())
def test_doubling_spot_and_strike_doubles_the_price(contract: Contract, power: int, is_call: bool) -> None:
    """Homogeneity of degree one: exact in binary, since a power of two rounds nothing."""
    factor = 2.0**power
    scaled = contract._replace(spot=contract.spot * factor, strike=contract.strike * factor)
    base, other = greeks(*contract, is_call=is_call), greeks(*scaled, is_call=is_call)

    assert other.price == base.price * factor
    assert other.delta == base.delta
    assert other.gamma == base.gamma / factor
    assert other.vega == base.vega * factor
    assert other.theta == base.theta * factor
    assert (other.vanna, other.charm) == (base.vanna, base.charm)


@given(contracts(), st.booleans())
def test_prices_stay_within_the_bounds_of_arbitrage(contract: Contract, is_call: bool) -> None:
    g = greeks(*contract, is_call=is_call)
    asset = contract.spot * math.exp(-contract.dividend * contract.years)
    cash = contract.strike * math.exp(-contract.rate * contract.years)
    sign = 1.0 if is_call else -1.0
    slack = 4e-15 * max(asset, cash)

    assert max(sign * (asset - cash), 0.0) - slack <= g.price <= (asset if is_call else cash) + slack
    assert 0.0 <= sign * g.delta <= math.exp(-contract.dividend * contract.years) * (1 + 1e-15)
    assert g.gamma >= 0.0
    assert g.vega >= 0.0


@given(contracts(), st.floats(1e-4, 0.5))
def test_a_call_is_worth_more_at_a_higher_spot_or_volatility(contract: Contract, bump: float) -> None:
    here = price(*contract)
    slack = 4e-15 * max(contract.spot, contract.strike) * (1 + bump)

    assert price(*contract._replace(spot=contract.spot * (1 + bump))) >= here - slack
    assert price(*contract._replace(sigma=contract.sigma * (1 + bump))) >= here - slack
    assert price(*contract._replace(strike=contract.strike * (1 + bump))) <= here + slack


@given(contracts())
def test_gamma_is_vega_over_spot_squared_sigma_and_time(contract: Contract) -> None:
    g = greeks(*contract)
    assume(g.vega > 0.0)

    assert g.gamma * contract.spot**2 * contract.sigma * contract.years == pytest.approx(g.vega, rel=1e-13)


@given(contracts(), st.booleans())
def test_value_decays_as_the_black_scholes_equation_says(contract: Contract, is_call: bool) -> None:
    """Theta + sigma^2 S^2 gamma / 2 + (r - q) S delta - r V = 0."""
    g = greeks(*contract, is_call=is_call)
    diffusion = 0.5 * (contract.sigma * contract.spot) ** 2 * g.gamma
    drift = (contract.rate - contract.dividend) * contract.spot * g.delta
    funding = contract.rate * g.price
    cash = contract.strike * math.exp(-contract.rate * contract.years)
    scale = diffusion + (abs(contract.rate) + abs(contract.dividend)) * max(contract.spot, cash)

    assert g.theta + diffusion + drift - funding == pytest.approx(0.0, abs=1e-13 * scale)
