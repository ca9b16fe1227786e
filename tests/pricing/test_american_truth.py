"""American figures against two truths that share nothing with the kernel: QuantLib's at high precision, and a dense tree.

On the scales below QuantLib's own error is 1e-8 of the price (beside its finest schemes); the tree's is up to 7e-6 of the
price, 2e-4 of delta and 2e-3 of gamma where the boundary is near, about 1e-8 elsewhere.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import Status, american, american_gamma_profile, american_implied_vol, greeks, log_ladder

if TYPE_CHECKING:
    from types import ModuleType

PRICE, DELTA, GAMMA = 1e-6, 1e-5, 7e-4
"""Of the larger of spot and strike; of 1; of the European gamma at the money, at the lesser of spot and strike."""

Truths = list[tuple[Any, Any]]


@pytest.fixture(scope="module", name="truths")
def _truths(american_reference: ModuleType, committed: dict[str, Any]) -> Truths:
    """Return contracts of every kind with QuantLib's figures, but those within a difference of the boundary."""
    rows = committed["american_quantlib"]
    found = [(row, american_reference.Figures(*exact)) for row, exact in rows if exact is not None]
    assert len(found) > 110
    return found


def test_price_delta_and_gamma_agree_with_quantlib(truths: Truths, american_reference: ModuleType) -> None:
    """And nine in ten are ten times closer."""
    rows, exact = zip(*truths, strict=True)
    ours = np.array(american(*np.array(rows).T[:6], [row[6] for row in rows])).T
    errors = np.abs(ours - exact) / [american_reference.scales(row) for row in rows]
    assert (errors < [PRICE, DELTA, GAMMA]).all()
    assert (np.quantile(errors, 0.9, axis=0) < [0.1 * PRICE, 0.1 * DELTA, 0.1 * GAMMA]).all()


def test_price_delta_and_gamma_agree_with_a_dense_tree(
    committed: dict[str, Any], american_reference: ModuleType
) -> None:
    """Within the tree's own error, and half of them within 1e-7."""
    errors = [
        np.abs(np.subtract(american(*row), tree)) / american_reference.scales(row)
        for row, tree in committed["american_tree"]
    ]
    defined = np.isfinite(errors)  # delta and gamma are not where exercise is due at some of three nodes
    assert defined[:, 0].all()
    assert defined.mean() > 0.95
    assert (np.nanmax(errors, axis=0) < [5e-6, 2e-4, 2e-3]).all()
    assert (np.nanmedian(errors, axis=0) < 1e-7).all()


def test_a_ladder_of_spots_agrees_with_quantlib(truths: Truths, american_reference: ModuleType) -> None:
    """The profile's gamma at the contract's own spot, one of the 121 it is asked for."""
    for row, exact in truths:
        ladder = log_ladder(row[0], 0.15, 121)
        ladder[60] = row[0]
        ours = american_gamma_profile(ladder, *row[1:4], 1.0, *row[4:])[60]
        assert ours == pytest.approx(exact.gamma, abs=GAMMA * american_reference.scales(row)[2])


def test_implied_volatility_agrees_with_quantlib(truths: Truths, american_reference: ModuleType) -> None:
    """QuantLib's price in: the volatility out gives it back in QuantLib, and is the one it was made with."""

    def price(spot: float, strike: float, years: float, sigma: float, *rest: Any) -> float:
        return float(american_reference.QuantLibOption((spot, strike, years, sigma, *rest)).price(spot))

    compared = 0
    for (spot, strike, years, sigma, *rest), exact in truths:
        scale = max(spot, strike)
        payoff = max(spot - strike if rest[2] else strike - spot, 0.0)
        if exact.price < payoff + 1e-5 * scale:
            continue
        got, status = american_implied_vol(exact.price, spot, strike, years, *rest)
        assert status is Status.CONVERGED
        assert price(spot, strike, years, got, *rest) == pytest.approx(exact.price, abs=PRICE * scale)
        slope = (price(spot, strike, years, 1.001 * sigma, *rest) - exact.price) / (0.001 * sigma)
        assert got == pytest.approx(sigma, abs=1e-9 + 2.0 * PRICE * scale / slope)
        compared += 1
    assert compared > 80


@given(
    st.floats(1.0 / 365.0, 2.0),
    st.floats(0.08, 0.8),
    st.floats(-4.0, 4.0),
    st.sampled_from(
        [(0.05, 0.0, True), (0.08, 0.0, True), (0.0, -0.02, True), (0.0, 0.03, False), (-0.01, 0.02, False)]
    ),
)
def test_where_exercise_never_pays_the_figures_are_european(
    years: float, sigma: float, depth: float, carry: tuple[float, float, bool]
) -> None:
    """Calls without a yield above all."""
    spot = 100.0 * math.exp(depth * sigma * math.sqrt(years))
    ours, european = american(spot, 100.0, years, sigma, *carry), greeks(spot, 100.0, years, sigma, *carry)
    assert ours.price == pytest.approx(european.price, rel=1e-12, abs=1e-12)
    assert ours.delta == pytest.approx(european.delta, rel=1e-12)
    assert ours.gamma == pytest.approx(european.gamma, rel=1e-12)
