"""The loops of `gex.pricing` on a seeded chain, each beside NumPy and SciPy doing the same work."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gex.pricing import (
    Status,
    forward_from_parity,
    gamma,
    gamma_profile,
    greeks,
    implied_total_volatility,
    log_ladder,
    price,
)

if TYPE_CHECKING:
    from types import ModuleType

    from pytest_benchmark.fixture import BenchmarkFixture

ROWS, SPOTS = 20_000, 401


@pytest.fixture(scope="module", name="reference")
def _reference() -> ModuleType:
    """Return the tests' NumPy and SciPy twin, loaded by its path."""
    path = Path(__file__).parents[1] / "tests" / "pricing" / "reference.py"
    spec = importlib.util.spec_from_file_location("pricing_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module", name="chain")
def _chain(reference: ModuleType) -> Any:
    return reference.index_chain(ROWS)


@pytest.mark.benchmark(group="gamma")
def test_gamma(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, _ = chain
    result = benchmark(gamma, *contracts[:6])
    np.testing.assert_allclose(result, reference.gamma(*contracts[:6]), rtol=1e-8, atol=1e-14)


@pytest.mark.benchmark(group="gamma")
def test_gamma_numpy(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, _ = chain
    result = benchmark(reference.gamma, *contracts[:6])
    assert np.isfinite(result).all()


@pytest.mark.benchmark(group="greeks")
def test_greeks(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, _ = chain
    result = benchmark(greeks, *contracts)
    theirs = reference.greeks(contracts)
    for name, values in result._asdict().items():
        np.testing.assert_allclose(values, theirs[name], rtol=1e-8, atol=1e-10 * np.abs(theirs[name]).max())


@pytest.mark.benchmark(group="greeks")
def test_greeks_scipy(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, _ = chain
    assert len(benchmark(reference.greeks, contracts)) == 7


@pytest.mark.benchmark(group="profile")
def test_profile(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, weight = chain
    spots = log_ladder(5800.0, 0.15, SPOTS)
    result = benchmark(gamma_profile, spots, *contracts[1:4], weight, *contracts[4:6])
    expected = np.array([np.sum(weight * reference.gamma(s, *contracts[1:6])) for s in spots])
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.benchmark(group="profile")
def test_profile_any_spots(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, weight = chain
    spots = np.linspace(4930.0, 6670.0, SPOTS)
    result = benchmark(gamma_profile, spots, *contracts[1:4], weight, *contracts[4:6])
    expected = np.array([np.sum(weight * reference.gamma(s, *contracts[1:6])) for s in spots])
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-10 * np.abs(expected).max())


@pytest.mark.benchmark(group="profile")
def test_profile_numpy(benchmark: BenchmarkFixture, chain: Any, reference: ModuleType) -> None:
    contracts, weight = chain
    spots = log_ladder(5800.0, 0.15, SPOTS)

    def loop() -> list[float]:
        return [float(np.sum(weight * reference.gamma(s, *contracts[1:6]))) for s in spots]

    assert np.isfinite(benchmark.pedantic(loop, rounds=3)).all()


@pytest.fixture(scope="module", name="quotes")
def _quotes(chain: Any) -> tuple[Any, ...]:
    """Return price, forward, strike and side of the out-of-the-money options worth a tick, and their volatility."""
    contracts, _ = chain
    w = contracts.sigma * np.sqrt(contracts.years)
    is_call = contracts.strike > contracts.spot
    value = price(contracts.spot, contracts.strike, 1.0, w, 0.0, 0.0, is_call)
    traded = value >= 0.05
    return tuple(column[traded] for column in (value, contracts.spot, contracts.strike, is_call, w))


@pytest.mark.benchmark(group="implied volatility")
def test_implied_volatility(benchmark: BenchmarkFixture, quotes: tuple[Any, ...]) -> None:
    value, forward, strike, is_call, w = quotes
    result, status = benchmark(implied_total_volatility, value, forward, strike, is_call=is_call)
    assert (status == Status.CONVERGED).all()
    np.testing.assert_allclose(result, w, rtol=1e-10)


@pytest.mark.benchmark(group="implied volatility")
def test_implied_volatility_scipy_newton(benchmark: BenchmarkFixture, quotes: tuple[Any, ...]) -> None:
    """Plain Newton on whole arrays from the inflection point, a fixed number of steps: the usual recipe."""
    from scipy.special import ndtr

    value, forward, strike, is_call, w = quotes
    sign = np.where(is_call, 1.0, -1.0)

    def newton() -> np.ndarray[Any, Any]:
        x = np.log(forward / strike)
        guess = np.maximum(np.sqrt(2.0 * np.abs(x)), 1e-3)
        for _ in range(12):
            above = x / guess + 0.5 * guess
            below = above - guess
            model = sign * (forward * ndtr(sign * above) - strike * ndtr(sign * below))
            vega = forward * np.exp(-0.5 * above * above) / np.sqrt(2.0 * np.pi)
            guess = guess + (value - model) / vega
        return guess

    np.testing.assert_allclose(benchmark(newton), w, rtol=1e-6)


@pytest.mark.benchmark(group="parity")
def test_forwards_of_sixty_expirations(benchmark: BenchmarkFixture) -> None:
    strike = np.arange(5000.0, 7000.0, 10.0)
    days = np.geomspace(1.0, 1000.0, 60)
    expirations = []
    for t in days / 365.0:
        mids = [price(6000.0, strike, t, 0.2, 0.04, 0.01, is_call) for is_call in (True, False)]
        sides = [np.maximum(mid + side * (0.05 + 0.01 * mid**0.75), 0.0) for mid in mids for side in (-1.0, 1.0)]
        expirations.append((strike, *sides, np.exp(-0.04 * t)))

    found = benchmark(lambda: [forward_from_parity(*expiration) for expiration in expirations])

    np.testing.assert_allclose([one.forward for one in found], 6000.0 * np.exp(0.03 * days / 365.0), rtol=1e-5)
