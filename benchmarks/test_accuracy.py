"""Accuracy beside speed: the largest error of every figure over its whole domain, for a section of the report."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import mpmath as mp
import numpy as np

from benchmarks.inputs import american_reference, from_tests, reference
from benchmarks.truth import d1_of
from gex.pricing import (
    Greeks,
    HigherGreeks,
    Status,
    american,
    american_gamma_profile,
    american_implied_vol,
    finite_move_gamma,
    greeks,
    higher_greeks,
    implied_total_volatility,
    log_ladder,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_benchmark.fixture import BenchmarkFixture

CONTRACTS, AMERICANS, TREES, STEPS = 3_000, 480, 48, 2001
DIGITS = "50 digits"
ITSELF, TERM = "of itself", "of its largest term"
MEASURES = {
    "price": "of the largest of spot and the two present values",
    "delta": ITSELF,
    "gamma": ITSELF,
    "vega": ITSELF,
}
QDFP, TREE = "QuantLib QdFp, high precision", f"binomial tree, {STEPS} steps"
LARGER, PEAK = "of the larger of spot and strike", "of European gamma at the money, at the lesser"
AMERICAN = {"price": (LARGER, 1e-6), "delta": ("absolute", 1e-5), "gamma": (PEAK, 7e-4)}
OF_THE_TREE = {"price": 5e-6, "delta": 2e-4, "gamma": 2e-3}
"""As in tests/pricing/test_american_truth.py."""


@dataclass(frozen=True)
class Finding:
    """The largest of the errors of one figure: NaN where it is not defined."""

    figure: str
    truth: str
    contracts: int
    d1: float
    error: float
    measure: str
    tolerance: float


def _finding(figure: str, truth: str, errors: np.ndarray, d1: np.ndarray, measure: str, tolerance: float) -> Finding:
    known = np.isfinite(errors)
    reach = float(np.abs(d1[known]).max())
    return Finding(figure, truth, int(known.sum()), reach, float(errors[known].max()), measure, tolerance)


def _report(benchmark: BenchmarkFixture, measure: Callable[[], list[Finding]]) -> None:
    findings = benchmark.pedantic(measure, rounds=1)
    benchmark.extra_info["accuracy"] = [asdict(finding) for finding in findings]
    print("", *(f"{it.figure} {it.error:.1e}" for it in findings), sep="\n  ", flush=True)


def _against_digits(exact: Callable[..., Any], contracts: Any, computed: Any) -> dict[str, np.ndarray]:
    """Return the errors of every figure, in units of the size that comes with its exact value."""
    errors = {name: np.empty(CONTRACTS) for name in computed._fields}
    for i, row in enumerate(zip(*contracts, strict=True)):
        values, scales = exact(*row)
        for name, column in errors.items():
            column[i] = abs(mp.mpf(float(getattr(computed, name)[i])) - values[name]) / scales[name]
    return errors


def test_european(benchmark: BenchmarkFixture) -> None:
    contracts = reference().wide_contracts(CONTRACTS, seed=2)
    d1 = d1_of(contracts._asdict())
    tolerances = from_tests("test_greeks").TOLERANCES

    def measure() -> list[Finding]:
        first = _against_digits(reference().exact_greeks, contracts, greeks(*contracts))
        higher = _against_digits(reference().exact_higher_greeks, contracts[:6], higher_greeks(*contracts))
        return [
            *(_finding(name, DIGITS, first[name], d1, MEASURES.get(name, TERM), tolerances[name]) for name in first),
            *(_finding(name, DIGITS, higher[name], d1, TERM, 1e-12) for name in HigherGreeks._fields),
        ]

    assert set(tolerances) == set(Greeks._fields)
    _report(benchmark, measure)


def test_finite_move(benchmark: BenchmarkFixture) -> None:
    contracts = reference().wide_contracts(CONTRACTS, seed=3)
    move = np.exp(np.random.default_rng(3).uniform(np.log(1e-9), np.log(0.5), CONTRACTS))
    exact = from_tests("test_higher").exact_finite_move_gamma
    d1 = d1_of(contracts._asdict())

    def measure() -> list[Finding]:
        ours = finite_move_gamma(*contracts[:4], move, *contracts[4:6]).tolist()
        rows = zip(*contracts[:6], strict=True)
        with mp.workdps(110):  # the two deltas are subtracted
            errors = [
                float(abs(value / exact(tuple(map(float, row)), m) - 1))
                for value, row, m in zip(ours, rows, move.tolist(), strict=True)
            ]
        return [_finding("gamma over a move", DIGITS, np.array(errors), d1, ITSELF, 1e-12)]

    _report(benchmark, measure)


def test_implied(benchmark: BenchmarkFixture) -> None:
    """Where the last digit of the price does not decide: there no one can tell sigma to 1e-12."""
    of_tests = from_tests("test_implied")
    value, forward, strike, _, discount, is_call = quotes = of_tests.sample(CONTRACTS, 41)

    def measure() -> list[Finding]:
        w, status = implied_total_volatility(value, forward, strike, discount, is_call)
        errors = np.full(CONTRACTS, np.nan)
        for i in np.flatnonzero(status == Status.CONVERGED).tolist():
            row = (column[i].item() for column in (value, forward, strike, discount, is_call))
            exact, vega = of_tests.exact_inverse(*row, w[i])
            if 2 * np.spacing(quotes[0][i]) <= 1e-12 * exact * vega:
                errors[i] = abs(mp.mpf(float(w[i])) / exact - 1)
        d1 = np.log(forward / strike) / w + 0.5 * w
        return [_finding("sigma", DIGITS, errors, d1, ITSELF, 1e-12)]

    _report(benchmark, measure)


def test_american(benchmark: BenchmarkFixture) -> None:
    rows = american_reference().sample(AMERICANS, seed=2)
    columns = dict(zip(("spot", "strike", "years", "sigma", "rate", "dividend"), np.array(rows).T[:6], strict=True))
    d1 = d1_of(columns)
    scales = np.array([american_reference().scales(row) for row in rows])

    def measure() -> list[Finding]:
        ours = np.array([american(*row) for row in rows])
        exact = np.array([_quantlib(row) for row in rows])
        tree = np.array([american_reference().tree(row, STEPS) for row in rows[:TREES]])
        errors, rough = np.abs(ours - exact) / scales, np.abs(ours[:TREES] - tree) / scales[:TREES]
        profile = np.array([_from_a_ladder(row) for row in rows])
        again = np.array([_priced_again(row, price) for row, price in zip(rows, exact[:, 0].tolist(), strict=True)])
        every, few = list(enumerate(AMERICAN.items())), list(enumerate(OF_THE_TREE.items()))
        return [
            *(_finding(f"American {name}", QDFP, errors[:, k], d1, *how) for k, (name, how) in every),
            *(
                _finding(f"American {name}", TREE, rough[:, k], d1[:TREES], AMERICAN[name][0], tolerance)
                for k, (name, tolerance) in few
            ),
            _finding("American gamma of a ladder", QDFP, np.abs(profile - exact[:, 2]) / scales[:, 2], d1, PEAK, 7e-4),
            _finding(
                "American sigma",
                QDFP,
                np.abs(again - exact[:, 0]) / scales[:, 0],
                d1,
                f"the price at it, {LARGER}",
                1e-6,
            ),
        ]

    _report(benchmark, measure)


def _quantlib(row: tuple[Any, ...]) -> tuple[float, float, float]:
    return american_reference().QuantLibOption(row).figures() or (np.nan, np.nan, np.nan)


def _from_a_ladder(row: tuple[Any, ...]) -> float:
    """Return the profile's gamma at the contract's spot, one of 121."""
    ladder = log_ladder(row[0], 0.15, 121)
    ladder[60] = row[0]
    return float(american_gamma_profile(ladder, *row[1:4], 1.0, *row[4:])[60])


def _priced_again(row: tuple[Any, ...], price: float) -> float:
    """Return QuantLib's price at the volatility that its price implies; NaN where that is its payoff, or all but."""
    spot, strike, years, _, *rest = row
    payoff = max(spot - strike if rest[2] else strike - spot, 0.0)
    if not price > payoff + 1e-5 * max(spot, strike):
        return np.nan
    sigma, _ = american_implied_vol(price, spot, strike, years, *rest)
    return float(american_reference().QuantLibOption((spot, strike, years, sigma, *rest)).price(spot))
