"""Least squares with errors that stand heteroskedasticity and autocorrelation (HAC)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Floats

Kernel = Literal["bartlett", "uniform"]
"""How lags are weighted: 1 - j/(lags + 1), which Newey and West (1987) show never to give a negative variance, or 1
each, which is right where autocorrelation ends at `lags`, as that of overlapping returns does (Hansen and Hodrick 1980)."""


@dataclass(frozen=True)
class Fit:
    """A regression.

    Attributes:
        coefficients: The constant, then one a column; shape (k + 1,).
        errors: Standard errors; NaN where the uniform kernel gives a negative variance; shape (k + 1,).
        t: Coefficients over errors; shape (k + 1,).
        r_squared: Of the variance around the mean, what is explained; NaN for a `y` that does not vary.
        covariance: Of the coefficients; shape (k + 1, k + 1).
        lags: Autocorrelations that the errors take in.
        kernel: Their weights.
        n: Observations.

    """

    coefficients: Floats
    errors: Floats
    t: Floats
    r_squared: float
    covariance: Floats
    lags: int
    kernel: Kernel
    n: int


def automatic_lags(n: int) -> int:
    """Return 4 (n/100)^(2/9), whole: the usual short form of the rule of Newey and West (1994)."""
    return int(4 * (n / 100) ** (2 / 9))


def hac(y: npt.ArrayLike, X: npt.ArrayLike, lags: int | None = None, *, kernel: Kernel = "bartlett") -> Fit:
    """Regress `y` on a constant and the columns of `X`.

    Args:
        y: In the order of time, evenly spaced; shape (n,).
        X: Without a constant; shape (n,), (n, k), or (n, 0) for the mean alone.
        lags: 0 (White's errors) to n - 1; for returns over h sessions taken every session, h - 1. None for
            `automatic_lags`, cut to n - 1.
        kernel: Weights of the lags.

    Returns:
        Coefficients and errors, without a factor for small samples.

    Raises:
        TypeError: `y` or `X` does not hold numbers, or `lags` is not whole.
        ValueError: Shapes disagree, a value is not finite, columns depend on each other, there are no more observations
            than coefficients, or `lags` or `kernel` is out of range.

    """
    outcome, design = _arrays(y, X)
    n = len(outcome)
    lags = min(automatic_lags(n), n - 1) if lags is None else _lags(lags, n)
    if kernel not in get_args(Kernel):
        raise ValueError(f"kernel must be bartlett or uniform, got {kernel!r}")
    scale = np.abs(design).max(axis=0)  # Dollars of gamma beside a constant of one would be lost to rounding.
    design = design / scale
    scaled = np.linalg.lstsq(design, outcome, rcond=None)[0]
    residuals = outcome - design @ scaled
    inverse = np.linalg.inv(design.T @ design)
    covariance = inverse @ long_run(design * residuals[:, None], lags, kernel) @ inverse / np.outer(scale, scale)
    coefficients: Floats = scaled / scale
    variances = np.diag(covariance)
    errors = np.sqrt(np.where(variances >= 0, variances, np.nan))
    with np.errstate(divide="ignore", invalid="ignore"):
        t = coefficients / errors
    centred = outcome - outcome.mean()
    total = float(centred @ centred)
    r_squared = 1 - float(residuals @ residuals) / total if total else float("nan")
    return Fit(coefficients, errors, t, r_squared, covariance, lags, kernel, n)


def long_run(scores: Floats, lags: int, kernel: Kernel) -> Floats:
    """Return the weighted sum of the scores' products with themselves and their lags; (n, k) to (k, k)."""
    total: Floats = scores.T @ scores
    for lag in range(1, lags + 1):
        weight = 1 - lag / (lags + 1) if kernel == "bartlett" else 1.0
        product = scores[lag:].T @ scores[:-lag]
        total = total + weight * (product + product.T)
    return total


def _arrays(y: npt.ArrayLike, X: npt.ArrayLike) -> tuple[Floats, Floats]:
    outcome, columns = _numbers("y", y), _numbers("X", X)
    columns = columns[:, None] if columns.ndim == 1 else columns
    if outcome.ndim != 1 or columns.ndim != 2 or len(columns) != len(outcome):
        raise ValueError(f"y must have shape (n,) and X (n,) or (n, k), got {outcome.shape} and {columns.shape}")
    design = np.column_stack([np.ones(len(outcome)), columns])
    if len(outcome) <= design.shape[1]:
        raise ValueError(f"not enough data: n = {len(outcome)} for {design.shape[1]} coefficients")
    if np.linalg.matrix_rank(design / np.maximum(np.abs(design).max(axis=0), 1e-300)) < design.shape[1]:
        raise ValueError("X has a constant column, or columns that depend on each other")
    return outcome, design


def _numbers(name: str, values: npt.ArrayLike) -> Floats:
    array = np.asarray(values)
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{name} must hold numbers, got {array.dtype}")
    floats = array.astype(np.float64)
    if not np.isfinite(floats).all():
        raise ValueError(f"{name} must be finite: leave out the rows that are not")
    return floats


def _lags(lags: int, n: int) -> int:
    if isinstance(lags, bool) or not isinstance(lags, int | np.integer):
        raise TypeError(f"lags must be a whole number, got {lags!r}")
    if not 0 <= lags < n:
        raise ValueError(f"lags must be 0 to {n - 1}, got {lags}")
    return int(lags)
