"""The gamma profile of American contracts against each contract's gamma at each spot."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from gex.pricing import american, american_gamma_profile, gamma_profile, log_ladder


def book(n: int, seed: int) -> tuple[np.ndarray[Any, Any], ...]:
    """Return strike, years, sigma, rate, dividend, is_call over the domain whose accuracy is stated."""
    rng = np.random.default_rng(seed)
    years = np.exp(rng.uniform(math.log(1 / 365), math.log(2.0), n))
    sigma = np.exp(rng.uniform(math.log(0.08), math.log(0.8), n))
    dividend = np.where(rng.random(n) < 0.3, 0.0, rng.uniform(0.0, 0.04, n))
    return 100.0 * rng.uniform(0.75, 1.3, n), years, sigma, rng.uniform(0.0, 0.08, n), dividend, rng.random(n) < 0.5


@pytest.mark.parametrize("half_width", [0.03, 0.15, 0.4])
def test_every_contract_is_within_a_ten_thousandth_of_its_peak(half_width: float) -> None:
    ladder = log_ladder(100.0, half_width, 301)
    for strike, years, sigma, rate, dividend, is_call in zip(*book(300, seed=4), strict=True):
        got = american_gamma_profile(ladder, strike, years, sigma, 1.0, rate, dividend, is_call)
        each = american(ladder, strike, years, sigma, rate, dividend, is_call).gamma
        peak = 1.0 / (math.sqrt(2.0 * math.pi) * strike * sigma * math.sqrt(years))
        np.testing.assert_allclose(got, each, rtol=0.0, atol=1e-4 * peak)
        assert not got[each == 0.0].any()


def test_the_book_is_the_weighted_sum_of_its_contracts() -> None:
    contracts = book(200, seed=6)
    weight = np.random.default_rng(1).normal(size=200)
    ladder = np.array([103.0, 80.0, 99.5, 131.0])  # in no order
    got = american_gamma_profile(ladder, *contracts[:3], weight, *contracts[3:])
    terms = np.array([weight * american(spot, *contracts).gamma for spot in ladder])
    assert np.abs(got - terms.sum(axis=1)).max() < 1e-4 * np.abs(terms).sum(axis=1).max()


def test_without_early_exercise_it_is_the_european_profile() -> None:
    strike, years, sigma, _, _, _ = book(100, seed=7)
    ladder = log_ladder(100.0, 0.2, 101)
    ours = american_gamma_profile(ladder, strike, years, sigma, 1.0, 0.04, 0.0, True)
    np.testing.assert_allclose(ours, gamma_profile(ladder, strike, years, sigma, 1.0, 0.04, 0.0), rtol=1e-11)


def test_a_contract_without_weight_does_not_matter_and_others_must_be_priceable() -> None:
    ladder = log_ladder(100.0, 0.1, 11)
    years = np.array([0.5, np.nan])
    alone = american_gamma_profile(ladder, 100.0, 0.5, 0.2, 1.0, 0.04, 0.01, False)
    both = american_gamma_profile(ladder, 100.0, years, 0.2, np.array([1.0, 0.0]), 0.04, 0.01, False)
    np.testing.assert_array_equal(both, alone)
    with pytest.raises(ValueError, match="contract at index 1 cannot be priced"):
        american_gamma_profile(ladder, 100.0, years, 0.2, 1.0, 0.04, 0.01, False)
    with pytest.raises(ValueError, match="contract at index 0 cannot be priced"):
        american_gamma_profile(ladder, 100.0, 0.5, 0.2, 1.0, -0.01, -0.03, False)


def test_spots_and_contracts_that_do_not_fit_are_named() -> None:
    with pytest.raises(ValueError, match=r"spots must be positive prices, got 0\.0 at index 1"):
        american_gamma_profile([1.0, 0.0], 100.0, 0.5, 0.2, 1.0)
    with pytest.raises(ValueError, match="spots must be one-dimensional"):
        american_gamma_profile(100.0, 100.0, 0.5, 0.2, 1.0)
    with pytest.raises(ValueError, match="contracts must be one-dimensional"):
        american_gamma_profile([100.0], np.ones((2, 2)), 0.5, 0.2, 1.0)
    assert american_gamma_profile([100.0], np.ones(0), 0.5, 0.2, 1.0).tolist() == [0.0]
