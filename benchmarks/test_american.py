"""American options: gamma at a ladder of spots, the figures at one spot, and volatility from prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from benchmarks.inputs import american_chain, american_quotes, cash_chain
from benchmarks.peers.ours import american_profiles
from benchmarks.truth import american_cash_error, american_error, american_implied_error, american_profile_error
from gex.pricing import Status, american, american_gamma_profile, american_implied_vol

if TYPE_CHECKING:
    from benchmarks.race import Race

ROUNDS = 10
TRUTH = "against QuantLib's QdFp engine at high precision (delta and gamma by its fourth-order differences)"
PEAK = "in European gammas at the money, at the lesser of spot and strike"


def test_ladder(race: Race) -> None:
    data = american_chain()
    book = [data[name] for name in ("strike", "years", "sigma", "weight", "rate", "dividend", "is_call")]
    each = american_profiles(data)
    total = american_gamma_profile(data["spots"], *book)
    np.testing.assert_allclose(total, data["weight"] @ each, atol=1e-12 * (np.abs(data["weight"]) @ each).max())
    race(
        "american_profile",
        data,
        lambda: american_gamma_profile(data["spots"], *book),
        american_profile_error,
        answers={"value": each},
        rounds=ROUNDS,
        items=data["spots"].size,
        topic="American gamma ladder",
        unit="contract and spot",
        measure=f"the largest of a contract's gamma, {PEAK}, {TRUTH}",
    )


def test_one_spot(race: Race) -> None:
    data = american_chain()
    contracts = [data[name] for name in ("spot", "strike", "years", "sigma", "rate", "dividend", "is_call")]
    race(
        "american",
        data,
        lambda: american(*contracts),
        american_error,
        topic="American price, delta and gamma, one spot",
        unit="contract",
        measure=f"the largest of price, in the larger of spot and strike, of delta, and of gamma, {PEAK}; {TRUTH}",
    )


def test_cash_dividends(race: Race) -> None:
    data = cash_chain()
    contracts = [data[name] for name in ("spot", "strike", "years", "sigma", "rate", "dividend", "is_call")]
    dividends = data["ex_days"] / 365.0, data["amounts"]
    race(
        "american_cash",
        data,
        lambda: american(*contracts, cash_dividends=dividends),
        american_cash_error,
        rounds=ROUNDS,
        topic="American price, delta and gamma with cash dividends, one spot",
        unit="contract",
        measure=(
            "the largest of price, in the larger of spot and strike, of delta, and of gamma, in European gammas at the "
            "money; against QuantLib's finite differences on 1,600 spots with time steps on all ex-dates"
        ),
    )


def test_implied(race: Race) -> None:
    data = american_quotes()
    quotes = [data[name] for name in ("price", "spot", "strike", "years", "rate", "dividend", "is_call")]
    assert (american_implied_vol(*quotes)[1] == Status.CONVERGED).all()
    race(
        "american_implied",
        data,
        lambda: american_implied_vol(*quotes)[0],
        american_implied_error,
        topic="American implied volatility",
        unit="quote",
        measure="absolute in sigma, against what QuantLib's QdFp engine at high precision implies",
    )
