"""The market of the synthetic chains: free of arbitrage, recoverable from its quotes, and like the real one."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm

from gex.ingest.sample import Sample, generate
from gex.ingest.sample_market import PRODUCTS, at_the_money_variance, total_deviation

SYMBOLS = ("SPX", "QQQ")
SEEDS = (1, 2, 3, 4, 5, 6)


@cache
def sample(symbol: str, seed: int = 1, *, rounded: bool = True, size: str = "full") -> Sample:
    return generate(symbol, seed=seed, rounded=rounded, size=size)


def exact(drawn: Sample) -> pl.DataFrame:
    """Return the chain with `years`, `forward`, `discount`, `w` and `mid` beside it."""
    terms = drawn.truth.forwards.select("root", "expiration", "years", "forward", "discount")
    chain = drawn.chain.join(terms, on=["root", "expiration"], how="left", maintain_order="left")
    return chain.with_columns(drawn.truth.by_contract["w"], mid=(pl.col("bid") + pl.col("ask")) / 2)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_unrounded_mids_keep_put_call_parity(symbol: str) -> None:
    """C - P = D (F - K) at the true forward and discount, to 1e-12 of the forward."""
    drawn = exact(sample(symbol, rounded=False))
    calls, puts = drawn[::2], drawn[1::2]
    gap = calls["mid"] - puts["mid"] - calls["discount"] * (calls["forward"] - calls["strike"])

    assert (gap.abs() / calls["forward"]).max() < 1e-12


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_unrounded_quotes_leave_no_strike_without_a_bid(symbol: str) -> None:
    """Every bid is positive where the price is above 1e-300, and every mid is the exact price."""
    drawn = sample(symbol, rounded=False)
    priced = exact(drawn).with_columns(drawn.truth.by_contract["price"]).filter(pl.col("price") > 1e-300)

    assert (priced["bid"] > 0).all()
    assert ((priced["mid"] - priced["price"]).abs() <= 4e-16 * priced["price"]).all()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_volatility_can_be_implied_from_out_of_the_money_mids(symbol: str) -> None:
    """Solving Black's formula for w, written here once more, returns the true w to 1e-8."""
    drawn = exact(sample(symbol, rounded=False, size="small"))
    out = drawn.filter((pl.col("strike") >= pl.col("forward")) == (pl.col("option_type") == "C"), pl.col("mid") > 1e-4)

    def black(w: float, forward: float, strike: float, sign: float) -> float:
        d1 = math.log(forward / strike) / w + w / 2
        return float(sign * (forward * norm.cdf(sign * d1) - strike * norm.cdf(sign * (d1 - w))))

    for row in out[::9].iter_rows(named=True):
        sign = 1.0 if row["option_type"] == "C" else -1.0
        target = row["mid"] / row["discount"]
        terms = row["forward"], row["strike"], sign
        w = brentq(lambda w, terms=terms, target=target: black(w, *terms) - target, 1e-5, 3.0, xtol=1e-14)
        assert w == pytest.approx(row["w"], rel=1e-8)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_prices_leave_no_arbitrage_across_strikes(symbol: str) -> None:
    """Undiscounted calls fall with strike by at most one for one, and are convex, to 1e-9 of slope."""
    drawn = sample(symbol, rounded=False)
    calls = exact(drawn).with_columns(drawn.truth.by_contract["price"]).filter(pl.col("option_type") == "C")
    for _, each in calls.group_by("root", "expiration", maintain_order=True):
        value = (each["price"] / each["discount"]).to_numpy()
        slope = np.diff(value) / np.diff(each["strike"].to_numpy())

        assert np.all(slope <= 1e-9)
        assert np.all(slope >= -1.0 - 1e-9)
        assert np.all(np.diff(slope) >= -1e-9)


@given(
    symbol=st.sampled_from(SYMBOLS),
    k=st.floats(-2.0, 1.0),
    years=st.tuples(st.floats(1e-6, 6.0), st.floats(1e-6, 6.0)).map(sorted),
    level=st.floats(0.5, 3.0),
)
def test_total_variance_never_falls_with_time(symbol: str, k: float, years: list[float], level: float) -> None:
    """At fixed moneyness a later expiration has at least the variance of an earlier one: no calendar arbitrage."""
    variance = at_the_money_variance(symbol, np.array(years), level)
    near, far = total_deviation(symbol, np.array([k, k]), variance)

    assert far >= near * (1.0 - 1e-12)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_surface_meets_the_published_condition(symbol: str) -> None:
    """Gatheral and Jacquier (2014): power-law SSVI has no butterfly arbitrage if eta^2 (1 + |rho|) <= 4."""
    product = PRODUCTS[symbol]

    assert product.eta**2 * (1.0 + abs(product.rho)) <= 4.0


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_volatility_looks_like_an_index(symbol: str) -> None:
    """Puts cost more volatility than calls, most so near expiry, and the term structure slopes up."""
    drawn = (
        exact(sample(symbol))
        .filter(pl.col("option_type") == "C")
        .with_columns(k=(pl.col("strike") / pl.col("forward")).log(), sigma=pl.col("w") / pl.col("years").sqrt())
    )

    def smile(days: int, k: float) -> float:
        distance = (pl.col("expiration") - pl.col("quote_date")).dt.total_days() - days
        one = drawn.filter(distance.abs() == distance.abs().min()).sort("k")
        return float(np.interp(k, one["k"], one["sigma"]))

    assert (
        smile(0, -0.02) - smile(0, 0.02) > smile(30, -0.02) - smile(30, 0.02) > smile(365, -0.02) - smile(365, 0.02) > 0
    )
    assert smile(30, 0.0) < smile(180, 0.0) < smile(700, 0.0)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_carry_follows_the_curve_and_the_dividends(symbol: str) -> None:
    """D = exp(-r T) on the curve, and F D / S falls from 1 by the yield, in quarterly steps for QQQ."""
    drawn = sample(symbol)
    terms = drawn.truth.forwards.sort("years")
    rate = np.interp(terms["years"], drawn.curve.years, drawn.curve.rates)
    kept = (terms["forward"] * terms["discount"] / drawn.spot).to_numpy()
    annual = -np.log(kept[-1]) / terms["years"][-1]

    np.testing.assert_allclose(terms["discount"], np.exp(-rate * terms["years"].to_numpy()), rtol=1e-15)
    assert np.all(np.diff(kept) <= 1e-15)
    assert annual == pytest.approx({"SPX": 0.013, "QQQ": 0.006}[symbol], abs=0.0006)
    assert (len(np.unique(kept.round(9))) < 14) == (symbol == "QQQ")


@pytest.mark.parametrize(
    ("symbol", "rows", "expirations", "contracts"),
    [("SPX", (15_000, 25_000), (45, 56), (12e6, 24e6)), ("QQQ", (6_000, 8_500), (30, 40), (10e6, 20e6))],
)
def test_size_is_that_of_the_real_chain(
    symbol: str, rows: tuple[int, int], expirations: tuple[int, int], contracts: tuple[float, float]
) -> None:
    """Rows, expirations and open interest are in the range of the real chains."""
    for seed in SEEDS:
        chain = sample(symbol, seed).chain
        assert rows[0] <= chain.height <= rows[1]
        assert expirations[0] <= chain.select("root", "expiration").n_unique() <= expirations[1]
        assert contracts[0] <= chain["open_interest"].sum() <= contracts[1]


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_holdings_look_like_a_market(symbol: str) -> None:
    """Round strikes hold more, puts are held below spot and calls above, and today's expiration trades most."""
    drawn = sample(symbol)
    chain = drawn.chain
    monthly = chain.filter(pl.col("expiration") == chain["expiration"].filter(chain["open_interest"] > 0).mode()[0])
    near = monthly.filter((pl.col("strike") / drawn.spot - 1).abs() < 0.05)
    round_multiple = 50 if symbol == "SPX" else 10
    is_round = pl.col("strike") % round_multiple == 0
    held = {
        side: float(np.average(rows["strike"], weights=rows["open_interest"]))
        for (side,), rows in chain.group_by("option_type")
    }
    today = chain.filter(pl.col("expiration") == pl.col("quote_date"))

    assert near.filter(is_round)["open_interest"].mean() > 2.5 * near.filter(~is_round)["open_interest"].mean()
    assert held["P"] < drawn.spot < held["C"]
    assert today["volume"].sum() > 0.4 * chain["volume"].sum()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_rounded_quotes_are_in_ticks(symbol: str) -> None:
    """Quotes are uncrossed multiples of the tick around the price, and far strikes have no bid."""
    drawn = sample(symbol)
    chain = drawn.chain.with_columns(drawn.truth.by_contract["price"])
    above, below = {"SPX": (0.10, 0.05), "QQQ": (0.01, 0.01)}[symbol]
    for name in ("bid", "ask"):
        ticks = chain[name].to_numpy() / np.where(chain[name] > 3.3, above, below)
        np.testing.assert_allclose(ticks, np.round(ticks), atol=1e-6)

    assert (chain["bid"] < chain["ask"]).all()
    assert ((chain["bid"] <= chain["price"] + 1.0) & (chain["price"] <= chain["ask"] + 1.0)).all()
    assert 50 < (chain["bid"] == 0).sum() < 0.2 * chain.height
    assert (chain.filter(pl.col("bid") == 0)["price"] < 1.0).all()
    assert (chain.filter(pl.col("volume") > 0)["last"].is_not_null()).all()


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_vendor_columns_are_the_true_ones_in_four_decimals(symbol: str) -> None:
    """Vendor volatility is w / sqrt(T) and vendor gamma the true one, within half a unit of the fourth decimal."""
    drawn = sample(symbol)
    chain = exact(drawn).with_columns(drawn.truth.by_contract["gamma"])
    sigma = chain["w"] / chain["years"].sqrt()

    assert ((chain["implied_volatility"] - sigma).abs().drop_nulls() <= 0.50001e-4).all()
    assert ((chain["vendor_gamma"] - chain["gamma"]).abs() <= 0.50001e-4).all()
    assert chain["implied_volatility"].null_count() < 0.2 * chain.height
    assert chain["vendor_delta"].is_between(-1.0, 1.0).all()
