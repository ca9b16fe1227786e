"""Intervals of net gamma, flip and walls: against their definition, drawn positions and brute force."""

from __future__ import annotations

from dataclasses import replace
from math import sqrt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from scipy.stats import norm

from gex import Settings, analyze
from gex.ingest.schema import KEY
from gex.microstructure.errors import TWO_SIDED_95, Errors, errors_of
from gex.microstructure.intervals import Interval
from gex.position_book import PositionBook

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.ingest.schema import Chain
    from gex.results import Analysis

NO_BAND = Settings(band=())
SIGN = pl.when(pl.col("option_type") == "C").then(1.0).otherwise(-1.0)


def estimate(chain: Chain, share: float = 0.2, factors: pl.DataFrame | None = None) -> PositionBook:
    """Return the naive positions with an error of a share of open interest each."""
    table = chain.frame.select(
        *KEY,
        (pl.col("open_interest") * SIGN).alias("contracts"),
        ((pl.col("open_interest") * share) ** 2).alias("variance"),
    )
    return PositionBook("estimate.csv", table, "0" * 64, factors)


def drawn(book: PositionBook, number: int, seed: int = 3) -> np.ndarray:
    """Return positions that a book's errors allow, one a row; errors are independent."""
    mean, spread = (book.table[name].to_numpy() for name in ("contracts", "variance"))
    return np.asarray(mean + np.random.default_rng(seed).normal(size=(number, len(mean))) * np.sqrt(spread))


def unit_gamma(analysis: Analysis) -> np.ndarray:
    """Return $ per +1% of one contract of each row."""
    dollars = pl.col("gamma_usd_per_1pct") / pl.col("position")
    return np.asarray(analysis.by_contract.select(dollars).to_series().to_numpy())


@pytest.fixture(name="found", scope="module")
def _found(chain: Chain) -> Analysis:
    return analyze(chain, NO_BAND, positions=estimate(chain))


def test_net_gamma_is_normal_about_what_is_estimated(chain: Chain, found: Analysis) -> None:
    assert found.intervals is not None
    gamma, variance = unit_gamma(found), estimate(chain).table["variance"].to_numpy()
    for interval, part, keep in (
        (found.intervals.net, found, np.full(len(gamma), fill_value=True)),
        (found.intervals.zero_dte, found.zero_dte, (found.by_contract["expiration"] == chain.quote_date).to_numpy()),
        (
            found.intervals.ex_zero_dte,
            found.ex_zero_dte,
            (found.by_contract["expiration"] != chain.quote_date).to_numpy(),
        ),
    ):
        assert interval is not None
        assert part is not None
        net = part.exposure.gamma_usd_per_1pct.net
        error = sqrt(float(gamma[keep] ** 2 @ variance[keep]))
        assert interval.net == pytest.approx(net, rel=1e-12)
        assert interval.standard_error == pytest.approx(error, rel=1e-9)
        assert (interval.low, interval.high) == (
            pytest.approx(net - TWO_SIDED_95 * error),
            pytest.approx(net + TWO_SIDED_95 * error),
        )
        assert interval.negative_probability == pytest.approx(norm.cdf(0, net, error), rel=1e-9)
    dates = found.intervals.by_expiration
    assert sum(each.net for each in dates.values()) == pytest.approx(found.intervals.net.net)
    assert sqrt(sum(each.standard_error**2 for each in dates.values())) == pytest.approx(
        found.intervals.net.standard_error
    )


def test_the_interval_holds_the_net_gamma_of_drawn_positions(chain: Chain, found: Analysis) -> None:
    assert found.intervals is not None
    nets = drawn(estimate(chain), 4000) @ unit_gamma(found)
    inside = np.mean((nets >= found.intervals.net.low) & (nets <= found.intervals.net.high))
    assert 0.94 <= inside <= 0.96
    assert np.mean(nets < 0) == pytest.approx(found.intervals.net.negative_probability, abs=0.02)


def test_the_flips_range_ends_where_the_interval_of_net_gamma_touches_zero(chain: Chain, found: Analysis) -> None:
    assert found.intervals is not None
    flip = found.intervals.flip
    assert flip.low is not None
    assert flip.high is not None
    assert flip.low < found.levels.gamma_flip < flip.high  # type: ignore[operator]
    for end in (flip.low, flip.high):
        moved = analyze(chain, replace(NO_BAND, move_to=end), positions=estimate(chain)).intervals
        assert moved is not None
        nearest = min(abs(moved.net.low), abs(moved.net.high))
        assert nearest < 1e-6 * moved.net.standard_error


def test_the_set_of_flips_holds_the_flips_of_drawn_positions(chain: Chain, found: Analysis) -> None:
    assert found.intervals is not None
    table, ranges = estimate(chain).table, found.intervals.flip.ranges
    held = []
    for positions in drawn(estimate(chain), 80):
        own = PositionBook("drawn", table.select(KEY).with_columns(contracts=positions), "0")
        flip = analyze(chain, NO_BAND, positions=own).levels.gamma_flip
        held.append(flip is None or any(low <= flip <= high for low, high in ranges))
    assert np.mean(held) >= 0.9


def test_the_walls_strikes_are_those_that_drawn_positions_have(chain: Chain) -> None:
    book = estimate(chain, share=0.05)
    found = analyze(chain, NO_BAND, positions=book)
    assert found.intervals is not None
    strikes, at = np.unique(found.by_contract["strike"].to_numpy(), return_inverse=True)
    gammas = drawn(book, 4000) * unit_gamma(found)
    nets = np.stack([gammas[:, at == place].sum(axis=1) for place in range(len(strikes))], axis=1)
    for wall, first, level in (
        (found.intervals.call_wall, nets.argmax(axis=1), found.levels.call_wall),
        (found.intervals.put_wall, nets.argmin(axis=1), found.levels.put_wall),
    ):
        assert wall.none_probability == 0.0
        assert sum(share.probability for share in wall.strikes) >= 0.95
        assert level in [share.strike for share in wall.strikes]
        for share in wall.strikes:
            assert share.probability == pytest.approx(np.mean(strikes[first] == share.strike), abs=0.03)
        assert [share.probability for share in wall.strikes] == sorted(
            (share.probability for share in wall.strikes), reverse=True
        )


def test_twice_is_the_same(chain: Chain, found: Analysis) -> None:
    assert analyze(chain, NO_BAND, positions=estimate(chain)).intervals == found.intervals


def test_without_error_every_interval_is_a_point(chain: Chain) -> None:
    found = analyze(chain, NO_BAND, positions=estimate(chain, share=0.0))
    intervals, net = found.intervals, found.exposure.gamma_usd_per_1pct.net
    assert intervals is not None
    assert intervals.net == Interval(net, 0.0, net, net, float(net < 0))
    flip = found.levels.gamma_flip
    assert (intervals.flip.low, intervals.flip.high, intervals.flip.ranges) == (flip, flip, ((flip, flip),))
    assert [(wall.strike, wall.probability) for wall in intervals.call_wall.strikes] == [(found.levels.call_wall, 1.0)]


def test_models_and_plain_books_have_no_intervals(chain: Chain) -> None:
    assert analyze(chain, NO_BAND).intervals is None
    plain = replace(estimate(chain), table=estimate(chain).table.drop("variance"))
    assert analyze(chain, NO_BAND, positions=plain).intervals is None


def test_a_range_that_goes_on_to_the_ladders_end_is_open(chain: Chain) -> None:
    flip = analyze(chain, NO_BAND, positions=estimate(chain, share=50.0)).intervals.flip  # type: ignore[union-attr]
    assert (flip.low, flip.high) == (None, None)
    assert flip.reasons == {"low": "not known up to 15% from spot", "high": "not known up to 15% from spot"}
    assert len(flip.ranges) == 1


def test_without_a_flip_the_set_tells_where_there_may_be_one(chain: Chain) -> None:
    long = estimate(chain)
    table = long.table.with_columns(pl.col("contracts").abs())
    flip = analyze(chain, NO_BAND, positions=replace(long, table=table)).intervals.flip  # type: ignore[union-attr]
    assert (flip.flip, flip.low, flip.high) == (None, None, None)
    assert set(flip.reasons) == {"flip", "low", "high"}


def test_scale_and_signed_volume_carry_their_errors(chain: Chain) -> None:
    book = estimate(chain)
    twice = analyze(chain, replace(NO_BAND, scale=2.0), positions=book).intervals
    once = analyze(chain, NO_BAND, positions=book).intervals
    both = analyze(chain, replace(NO_BAND, signed_volume=book, signed_share=0.5), positions=book).intervals
    assert twice is not None
    assert once is not None
    assert both is not None
    assert twice.net.standard_error == pytest.approx(2.0 * once.net.standard_error)
    assert both.net.standard_error == pytest.approx(sqrt(1.25) * once.net.standard_error)
    assert both.net.net == pytest.approx(1.5 * once.net.net)


def test_what_contracts_share_counts_once(chain: Chain) -> None:
    """All errors in one factor: the standard error is the sum of loadings, not the root of the sum of squares."""
    book = estimate(chain)
    loading = book.table.select(*KEY, factor=pl.lit(0), loading=pl.col("variance").sqrt())
    found = analyze(chain, NO_BAND, positions=replace(book, factors=loading))
    assert found.intervals is not None
    gammas = unit_gamma(found) * np.sqrt(book.table["variance"].to_numpy())
    assert found.intervals.net.standard_error == pytest.approx(gammas.sum(), rel=1e-9)


def test_a_book_by_the_contract_may_be_in_any_order(chain: Chain) -> None:
    book = estimate(chain)
    mixed = replace(book, table=book.table.sample(fraction=1.0, shuffle=True, seed=5).cast({"option_type": pl.String}))
    assert analyze(chain, NO_BAND, positions=mixed).intervals == analyze(chain, NO_BAND, positions=book).intervals


@pytest.fixture(name="errors")
def _errors() -> tuple[Errors, np.ndarray]:
    """Errors of six rows with five factors, and their covariance written out."""
    rng = np.random.default_rng(11)
    loads = rng.normal(size=(5, 6)) * (rng.random((5, 6)) < 0.6)
    own = rng.random(6)
    factor, row = np.nonzero(loads)
    mixed = rng.permutation(len(row))
    errors = Errors(own, row[mixed], factor[mixed], loads[factor, row][mixed])
    return errors, np.diag(own) + loads.T @ loads


def test_variances_are_those_of_the_matrix(errors: tuple[Errors, np.ndarray], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gex.microstructure.errors.SLAB", 2)
    parts, matrix = errors
    weights = np.array([1.0, -2.0, 0.5, 0.0, 3.0, 1.5])
    assert parts.variance(weights) == pytest.approx(weights @ matrix @ weights)
    group = np.array([0, 1, 1, 2, 0, 2])
    sums = np.eye(3)[group].T * weights
    truth = sums @ matrix @ sums.T
    assert parts.covariance(weights, group, 3) == pytest.approx(truth)
    assert parts.variances(weights, group, 3) == pytest.approx(np.diag(truth))
    kept = np.array([4, 1, 2])
    assert parts.take(kept).variance(weights[kept]) == pytest.approx(
        weights[kept] @ matrix[np.ix_(kept, kept)] @ weights[kept]
    )
    assert parts.times(weights).variance(np.ones(6)) == pytest.approx(weights @ matrix @ weights)
    assert parts.plus(parts).variance(weights) == pytest.approx(2.0 * (weights @ matrix @ weights))
    assert parts.covariance(weights, np.array([0, -1, -1, 1, 0, 1]), 2) == pytest.approx(truth_of(matrix, weights))


def truth_of(matrix: np.ndarray, weights: np.ndarray) -> np.ndarray:
    sums = np.zeros((2, 6))
    sums[0, [0, 4]], sums[1, [3, 5]] = weights[[0, 4]], weights[[3, 5]]
    return np.asarray(sums @ matrix @ sums.T)


def test_a_model_has_no_errors(chain: Chain) -> None:
    assert errors_of(chain.frame, Settings(positions="naive")) is None


def test_american_contracts_have_intervals_too(make_chain: Callable[..., Chain]) -> None:
    chain = make_chain(asset_class="etf", edit=lambda frame: frame.with_columns(exercise=pl.lit("A")))
    found = analyze(chain, NO_BAND, positions=estimate(chain)).intervals
    assert found is not None
    assert found.flip.low is not None
    moved = analyze(chain, replace(NO_BAND, move_to=found.flip.low), positions=estimate(chain)).intervals
    assert moved is not None
    assert min(abs(moved.net.low), abs(moved.net.high)) < 1e-4 * moved.net.standard_error
