"""HAC errors against the textbook's sums, written out, and closed forms."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.signals.newey_west import automatic_lags, hac


def textbook(y: np.ndarray, X: np.ndarray, lags: int, weight) -> tuple[np.ndarray, np.ndarray]:
    """Return coefficients and variances, with every pair of rows not further apart than `lags` one by one."""
    design = np.column_stack([np.ones(len(y)), X])
    b = np.linalg.solve(design.T @ design, design.T @ y)
    e = y - design @ b
    middle = np.zeros((design.shape[1],) * 2)
    for t in range(len(y)):
        for s in range(max(t - lags, 0), min(t + lags, len(y) - 1) + 1):
            middle += weight(abs(t - s)) * e[t] * e[s] * np.outer(design[t], design[s])
    inverse = np.linalg.inv(design.T @ design)
    return b, np.diag(inverse @ middle @ inverse)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.integers(0, 12), st.sampled_from(["bartlett", "uniform"]))
def test_against_the_textbook(seed: int, lags: int, kernel: str) -> None:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(40, 2))
    y = 0.3 + X @ [1.0, -2.0] + rng.normal(size=40).cumsum() * np.abs(X[:, 0])
    fit = hac(y, X, lags, kernel=kernel)
    weight = (lambda j: 1 - j / (lags + 1)) if kernel == "bartlett" else (lambda _: 1.0)
    b, variances = textbook(y, X, lags, weight)
    assert fit.coefficients == pytest.approx(b, rel=1e-9, abs=1e-9)
    assert np.diag(fit.covariance) == pytest.approx(variances, rel=1e-7, abs=1e-10 * np.abs(variances).max())
    kept = variances > 1e-9
    assert fit.errors[kept] == pytest.approx(np.sqrt(variances[kept]), rel=1e-6)
    assert np.isnan(fit.errors[variances < -1e-9]).all()
    assert fit.t[kept] == pytest.approx((fit.coefficients / fit.errors)[kept])
    fitted = np.column_stack([np.ones(40), X]) @ b
    assert fit.r_squared == pytest.approx(np.corrcoef(y, fitted)[0, 1] ** 2, rel=1e-7)
    assert (fit.n, fit.lags, fit.kernel) == (40, lags, kernel)


def test_without_lags_of_a_mean_it_is_the_textbooks_error() -> None:
    y = np.array([1.0, 2.0, 4.0, 9.0])
    fit = hac(y, np.empty((4, 0)), 0)
    assert fit.coefficients == pytest.approx([4.0])
    assert fit.errors == pytest.approx([y.std() / sqrt(4)])
    assert fit.r_squared == pytest.approx(0.0, abs=1e-12)


def test_overlapping_sums_need_their_lags() -> None:
    """The mean of sums of h steps taken every step has the root of h times the error of independent ones."""
    steps, horizon = np.random.default_rng(5).normal(size=40_000), 20
    sums = np.convolve(steps, np.ones(horizon), "valid")
    blind, seeing, bartlett = (
        hac(sums, np.empty((len(sums), 0)), lags, kernel=kernel).errors[0]
        for lags, kernel in ((0, "uniform"), (horizon - 1, "uniform"), (horizon - 1, "bartlett"))
    )
    true = horizon / sqrt(len(sums))
    assert blind == pytest.approx(true / sqrt(horizon), rel=0.05)
    assert seeing == pytest.approx(true, rel=0.1)
    # Bartlett's weights, at this lag, leave out a third of the variance: the sum of (1 - j/h)^2 is h/3, not h/2.
    assert bartlett == pytest.approx(true * sqrt(2 / 3), rel=0.1)


def test_bartlett_variances_are_never_negative() -> None:
    y = np.tile([1.0, -1.0], 20)
    assert hac(y, np.arange(40.0), 39).errors.min() >= 0
    assert np.isnan(hac([1.0, -1.0, 1.0, -1.0, 2.0], np.empty((5, 0)), 1, kernel="uniform").errors[0])


def test_scale_and_shift() -> None:
    rng = np.random.default_rng(2)
    X, y = rng.normal(size=200), rng.normal(size=200)
    one, other = hac(y, X, 5), hac(1e3 * y + 7, 1e14 * X, 5)
    assert other.t[1] == pytest.approx(one.t[1], rel=1e-9)
    assert other.errors[1] == pytest.approx(1e-11 * one.errors[1], rel=1e-9)
    assert other.r_squared == pytest.approx(one.r_squared, rel=1e-9)


def test_automatic_lags() -> None:
    assert [automatic_lags(n) for n in (2, 100, 500, 20_000)] == [1, 4, 5, 12]
    assert hac([1.0, 2.0, 4.0], np.empty((3, 0))).lags == 1


@pytest.mark.parametrize(
    ("y", "X", "lags", "error", "match"),
    [
        ("abc", [1.0], None, TypeError, "y must hold numbers"),
        ([1.0, 2.0, 3.0], ["a", "b", "c"], None, TypeError, "X must hold numbers"),
        ([1.0, float("nan"), 3.0], [1.0, 2.0, 4.0], None, ValueError, "y must be finite"),
        ([1.0, 2.0, 3.0], [1.0, float("inf"), 4.0], None, ValueError, "X must be finite"),
        ([1.0, 2.0, 3.0], [1.0, 2.0], None, ValueError, "must have shape"),
        ([1.0, 2.0], [1.0, 2.0], None, ValueError, "not enough data: n = 2"),
        ([], [], None, ValueError, "not enough data: n = 0"),
        ([1.0, 2.0, 3.0], [5.0, 5.0, 5.0], None, ValueError, "constant column"),
        ([1.0, 2.0, 3.0], [0.0, 0.0, 0.0], None, ValueError, "constant column"),
        ([1.0, 2.0, 3.0, 4.0], [[1.0, 2.0], [2.0, 4.0], [5.0, 10.0], [6.0, 12.0]], None, ValueError, "depend"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], 3, ValueError, "lags must be 0 to 2"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], -1, ValueError, "lags must be 0 to 2"),
        ([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], 1.5, TypeError, "lags must be a whole number"),
    ],
)
def test_bad_input(y, X, lags, error, match) -> None:
    with pytest.raises(error, match=match):
        hac(y, X, lags)


def test_unknown_kernel() -> None:
    with pytest.raises(ValueError, match="kernel must be"):
        hac([1.0, 2.0, 3.0], [1.0, 2.0, 4.0], kernel="flat")


def test_read_only_and_strided_input() -> None:
    rng = np.random.default_rng(3)
    y, X = rng.normal(size=100)[::2], rng.normal(size=(100, 2))[::2]
    y.flags.writeable = X.flags.writeable = False
    assert hac(y, X).coefficients == pytest.approx(hac(y.copy(), X.copy()).coefficients)
