"""What `gex selftest` checks: each figure, what it must be, where that comes from, and by how much it may be off."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import exp
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    import polars as pl

    from gex.results import Analysis


@dataclass(frozen=True)
class Check:
    """One figure held against what it must be."""

    name: str
    value: float | None
    expected: float | None
    tolerance: float
    relative: bool = True
    """Whether the error is a fraction of `expected`."""

    @property
    def error(self) -> float | None:
        """How far off the figure is; None where there is none."""
        if self.value is None or self.expected is None:
            return None
        error = abs(self.value - self.expected)
        return error / abs(self.expected) if self.relative and self.expected else error

    @property
    def ok(self) -> bool:
        """Whether the error is within the tolerance; NaN is not."""
        return self.error is not None and self.error <= self.tolerance


# (name, spot, strike, years, sigma, rate, dividend, is_call) and greeks to 30 digits by mpmath, rounded to 13.
CONTRACTS = (
    (
        "1-year call",
        (100.0, 100.0, 1.0, 0.2, 0.05, 0.02, True),
        {
            "price": 9.227005508154,
            "delta": 0.58685114613476,
            "gamma": 0.018950578755009,
            "vega": 37.901157510017,
            "theta": -5.0893189139983,
            "vanna": -0.094752893775044,
            "charm": -0.035639423964827,
        },
    ),
    (
        "1-year put",
        (100.0, 100.0, 1.0, 0.2, 0.05, 0.02, False),
        {"price": 6.3300806275499, "charm": -0.055243397430962},
    ),
    (
        "6.5-day call",
        (6600.0, 6650.0, 6.5 / 365, 0.18, 0.04, 0.013, True),
        {
            "price": 42.784316898519,
            "delta": 0.38881631629136,
            "gamma": 0.0024176504891181,
            "vanna": 0.65198912745821,
            "charm": -3.7208234492032,
        },
    ),
    ("6.5-day put", (6600.0, 6650.0, 6.5 / 365, 0.18, 0.04, 0.013, False), {"price": 89.576785696662}),
    (
        "6.5-hour call",
        (6600.0, 6600.0, 6.5 / 8760, 0.2, 0.04, 0.0, True),
        {"price": 14.442531951279, "gamma": 0.011094736906452, "charm": -2.1967579074775},
    ),
)
PRINTED = 1e-12
"""The reference figures are printed to 13 or 14 digits."""
MONEYNESS, SIGMAS, TENORS = (0.8, 0.95, 1.0, 1.05, 1.25), (0.08, 0.2, 0.6), (1 / 365, 0.1, 1.0)


def checks() -> Iterator[Check]:
    """Yield every check, the quick ones first."""
    yield from greek_checks()
    yield implied_round_trip()
    yield from parity_checks()
    yield profile_check()
    yield from chain_checks()


def greek_checks() -> Iterator[Check]:
    """Hold the greeks against figures computed with 30 digits."""
    from gex.pricing import greeks

    for name, contract, expected in CONTRACTS:
        found = greeks(*contract)._asdict()
        for greek, figure in expected.items():
            yield Check(f"{name}: {greek}", float(found[greek]), figure, PRINTED)


def implied_round_trip() -> Check:
    """Price options, invert, and return the worst relative error.

    A price is exact to 1e-15 of spot, so only one with that much vega still holds its volatility to 1e-12.
    """
    from gex.pricing import greeks, implied_vol

    worst = 0.0
    for moneyness, sigma, years in product(MONEYNESS, SIGMAS, TENORS):
        quoted = greeks(100.0, 100.0 * moneyness, years, sigma, is_call=moneyness >= 1.0)
        if quoted.vega * sigma > 0.5:
            found, _ = implied_vol(quoted.price, 100.0, 100.0 * moneyness, years, is_call=moneyness >= 1.0)
            worst = max(worst, abs(float(found) / sigma - 1.0))
    return Check("implied volatility: worst round trip", worst, 0.0, 1e-12, relative=False)


def parity_checks() -> Iterator[Check]:
    """Hold call less put against the forward, and the forward found from quotes against the one they were made with."""
    import numpy as np

    from gex.pricing import forward_from_parity, price

    spot, years, rate, dividend = 6600.0, 0.25, 0.04, 0.013
    discount, forward = exp(-rate * years), spot * exp((rate - dividend) * years)
    strike = np.arange(6300.0, 6900.0, 25.0)
    call = price(spot, strike, years, 0.18, rate, dividend, True)
    put = price(spot, strike, years, 0.18, rate, dividend, False)
    gap = float(np.abs(call - put - discount * (forward - strike)).max())
    yield Check("parity: call less put less forward, points", gap, 0.0, 1e-15 * spot, relative=False)
    found = forward_from_parity(strike, call - 0.5, call + 0.5, put - 0.5, put + 0.5, discount)
    yield Check("parity: forward found from quotes", found.forward, forward, 1e-12)


def profile_check() -> Check:
    """Return the worst deviation of the fast profile from contract by contract, over the sum of absolute terms."""
    import numpy as np

    from gex.pricing import gamma, gamma_profile, log_ladder

    strike, years = np.meshgrid(np.arange(6000.0, 7200.0, 50.0), (1 / 365, 0.05, 0.5))
    weight = np.where(strike > 6500.0, 1.0, -1.0)
    spots = log_ladder(6600.0, 0.1, 101)
    fast = gamma_profile(spots, strike.ravel(), years.ravel(), 0.2, weight.ravel())
    each = gamma(spots[:, None], strike.ravel(), years.ravel(), 0.2)
    slow, size = (each * weight.ravel()).sum(axis=1), each.sum(axis=1)
    return Check(
        "profile: worst deviation from one by one",
        float(np.max(np.abs(fast - slow) / size)),
        0.0,
        1e-12,
        relative=False,
    )


def chain_checks() -> Iterator[Check]:
    """Write a made-up chain with exact quotes, read and analyse it, and hold its levels against the truth."""
    from gex.ingest.sample import generate

    sample = generate("SPX", seed=7, rounded=False, size="small")
    truth, found = sample.truth, _analysed(sample.chain, sample.curve.years, sample.curve.rates)
    gamma, levels = found.exposure.gamma_usd_per_1pct, found.levels
    yield Check("chain: net gamma", gamma.net, truth.net, 1e-6)
    yield Check("chain: gross gamma", gamma.gross, truth.gross, 1e-6)
    yield Check("chain: flip", levels.gamma_flip, truth.gamma_flip, 1e-6)
    yield Check("chain: call wall", levels.call_wall, truth.call_wall, 0.0)
    yield Check("chain: put wall", levels.put_wall, truth.put_wall, 0.0)
    yield Check("chain: absolute gamma strike", levels.absolute_gamma_strike, truth.absolute_gamma_strike, 0.0)
    yield Check("chain: high-volatility level", levels.high_vol_level, truth.high_vol_level, 0.0)


def _analysed(chain: pl.DataFrame, years: tuple[float, ...], rates: tuple[float, ...]) -> Analysis:
    """Take a chain table the way a user's takes: to a file, through the reader, into the analysis."""
    from gex.analysis import analyze
    from gex.ingest.read import read_chain
    from gex.settings import Curve, Settings

    with TemporaryDirectory() as directory:
        path = Path(directory) / "chain.parquet"
        chain.write_parquet(path)
        return analyze(read_chain(path), Settings(exercise="european", curve=Curve(years, rates)))
