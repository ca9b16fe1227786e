"""American chains, quoted at QuantLib's prices: what was put in must come out, and sums must be QuantLib's."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from gex import Settings, analyze
from gex.settings import Curve

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.results import Analysis

SPOT, RATE, DIVIDEND = 6500.0, 0.045, 0.012
STRIKES = np.arange(5000.0, 8001.0, 150.0)
DATES = (dt.date(2025, 9, 8), dt.date(2025, 9, 19), dt.date(2025, 12, 19), dt.date(2026, 9, 18), dt.date(2027, 3, 19))


def sigma_of(strike: float) -> float:
    return 0.2 - 0.25 * math.log(strike / SPOT)


class Option(NamedTuple):
    """One contract, and QuantLib to price it."""

    strike: float
    years: float
    is_call: bool
    by: Callable[..., float]

    def price(self, spot: float) -> float:
        return self.by(spot, self.strike, self.years, sigma_of(self.strike), (RATE, DIVIDEND), self.is_call)

    def differences(self, spot: float) -> tuple[float, float]:
        """Return delta and gamma by central differences."""
        h = 0.002 * spot
        low, middle, high = (self.price(spot + k * h) for k in (-1, 0, 1))
        return self.delta(spot), (high - 2 * middle + low) / (h * h)

    def delta(self, spot: float) -> float:
        """Return delta by a central difference."""
        h = 0.002 * spot
        return (self.price(spot + h) - self.price(spot - h)) / (2 * h)


def option_of(row: dict[str, Any], by: Callable[..., float]) -> Option:
    return Option(row["strike"], row["years"], row["option_type"] == "C", by)


@pytest.fixture(scope="module", name="analyses")
def _analyses(make_chain: Callable[..., Any], american_price: Callable[..., float]) -> dict[str, Analysis]:
    """Return the chain of American contracts, quoted around QuantLib's prices, under either setting."""

    def quoted(frame: pl.DataFrame) -> pl.DataFrame:
        years = (frame["expires_at"] - frame["quote_time"]).dt.total_seconds() / 31_536_000
        rows = zip(frame["strike"], years, frame["option_type"], strict=True)
        price = pl.Series([Option(k, t, side == "C", american_price).price(SPOT) for k, t, side in rows])
        american = (pl.lit("A").alias("exercise"), pl.lit("QQQ").alias("root"))
        return frame.with_columns((price * 0.999).alias("bid"), (price * 1.001).alias("ask"), *american)

    chain = make_chain(DATES, STRIKES, edit=quoted, asset_class="etf")
    curve = Curve((1.0,), (RATE,))
    return {exercise: analyze(chain, Settings(curve=curve, exercise=exercise)) for exercise in ("auto", "european")}


def test_forwards_and_volatilities_come_out_as_they_were_put_in(analyses: dict[str, Analysis]) -> None:
    """Forwards within 0.5 basis points and volatilities within 2e-4; read as European, they are 70 times further off."""
    worst = {}
    for exercise, analysis in analyses.items():
        table = analysis.by_expiration.filter(pl.col("years") > 7 / 365)
        forward = SPOT * np.exp((RATE - DIVIDEND) * table["years"].to_numpy())
        worst[exercise] = np.abs(table["forward"].to_numpy() / forward - 1.0).max()
    assert worst["auto"] < 0.5e-4
    assert worst["european"] > 70 * worst["auto"]
    contracts = analyses["auto"].by_contract.filter(pl.col("years") > 7 / 365)
    expected = [sigma_of(strike) for strike in contracts["strike"]]
    assert contracts["sigma"].to_list() == pytest.approx(expected, abs=2e-4)


def test_exposures_are_those_of_the_american_contracts(
    analyses: dict[str, Analysis], american_price: Callable[..., float]
) -> None:
    """Gamma and delta of each contract by differences of QuantLib's prices; contracts at the boundary apart."""
    contracts = analyses["auto"].by_contract.filter(pl.col("years") > 7 / 365).sample(40, seed=1)
    for row in contracts.iter_rows(named=True):
        option = option_of(row, american_price)
        if abs(option.price(SPOT * 1.01) - abs(SPOT * 1.01 - row["strike"])) < 1e-6:
            continue
        delta, gamma = option.differences(SPOT)
        dollars = SPOT * row["position"] * row["multiplier"]
        peak = 1 / (math.sqrt(2 * math.pi * row["years"]) * SPOT * row["sigma"])
        assert row["delta_usd"] == pytest.approx(dollars * delta, abs=5e-4 * abs(dollars))
        assert row["gamma_usd_per_1pct"] == pytest.approx(
            0.01 * SPOT * dollars * gamma, abs=0.01 * SPOT * abs(dollars) * 5e-3 * peak
        )


def test_flows_and_profile_reprice_early_exercise(
    analyses: dict[str, Analysis], american_price: Callable[..., float]
) -> None:
    """The flow of +2% is minus the change of the contracts' own deltas; the profile at spot is the net."""
    analysis = analyses["auto"]
    contracts = analysis.by_contract
    change, moved = 0.0, 1.02 * SPOT
    for row in contracts.filter(pl.col("years") > 7 / 365).iter_rows(named=True):
        option = option_of(row, american_price)
        change += row["position"] * row["multiplier"] * (option.delta(moved) - option.delta(SPOT))
    near = analyze_without(analysis, contracts)
    flow = next(f.flow_usd for f in analysis.hedge_flow if f.spot_move_pct == 2.0)
    assert flow - near == pytest.approx(-change * moved, rel=5e-3)
    profile = analysis.profile
    at_spot = np.interp(SPOT, profile.spots, profile.gamma_usd_per_1pct)
    assert at_spot == pytest.approx(analysis.exposure.gamma_usd_per_1pct.net, rel=1e-3)


def analyze_without(analysis: Analysis, contracts: pl.DataFrame) -> float:
    """Return the flow of +2% of the contracts that are priced as European, by Black's delta."""
    from scipy.special import ndtr

    near = contracts.filter(pl.col("years") <= 7 / 365)
    strike, years, sigma = (near[name].to_numpy() for name in ("strike", "years", "sigma"))
    carry, w = np.log(near["forward"].to_numpy() / analysis.spot.used), sigma * np.sqrt(years)
    growth = np.exp(carry) * near["discount"].to_numpy()

    def delta(spot: float) -> np.ndarray[Any, Any]:
        d1 = (np.log(spot / strike) + carry) / w + w / 2
        return growth * np.where(near["option_type"].to_numpy() == "C", ndtr(d1), ndtr(d1) - 1.0)

    moved = 1.02 * analysis.spot.used
    units = near["position"].to_numpy() * near["multiplier"].to_numpy()
    return float(-moved * np.sum(units * (delta(moved) - delta(analysis.spot.used))))


def test_the_assumption_is_stated(analyses: dict[str, Analysis], chain) -> None:
    assert "American beyond 7 days" in analyses["auto"].assumptions
    assert "European" in analyses["european"].assumptions
    assert "European" in analyze(chain).assumptions


def test_contracts_without_a_boundary_are_counted(make_chain: Callable[..., Any]) -> None:
    """Rates and yields below zero with two boundaries between: priced as European, and said so."""

    def american(frame: pl.DataFrame) -> pl.DataFrame:
        return frame.with_columns(pl.lit("A").alias("exercise"))

    settings = Settings(rate=-0.02, dividend=-0.04, vol="vendor")
    analysis = analyze(make_chain(edit=american), settings)
    assert any("without an exercise boundary: priced as European" in text for text in analysis.warnings)
    assert analysis.exposure.gamma_usd_per_1pct.gross > 0
