"""What the right to exercise early is worth in a book of contracts: one boundary each, for any spot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from gex.pricing import _american
from gex.pricing._arrays import Float64Array, as_floats, as_rows
from gex.pricing._ladder import as_ladder, log_ratios
from gex.pricing._threads import check_threads, over_chunks, parts_of
from gex.pricing.american import American

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.pricing._arrays import BoolArray
    from gex.pricing._ladder import Ladder

    IntArray = npt.NDArray[np.int64]

EVERYWHERE = (1e-149, 1e149)
"""All prices there are."""

BUMP = 0.001
"""Relative change of volatility whose effect on delta is vanna."""

CONTRACTS = 256
"""Contracts in a chunk of work: about a millisecond of solving."""


class EarlyExercise:
    """What early exercise adds to European options, at any spot and later in time.

    American figures are the European ones plus these. Each contract's boundary is solved once, when this is made, as in
    `american`; it depends on the time left alone, so that `after` needs no new one.

    Attributes:
        solved: Marks the contracts whose boundary was found or which are never exercised early. The others (see
            `american`) count as European: nothing is added.

    """

    def __init__(
        self,
        strike: npt.ArrayLike,
        years: npt.ArrayLike,
        sigma: npt.ArrayLike,
        rate: npt.ArrayLike = 0.0,
        dividend: npt.ArrayLike = 0.0,
        is_call: npt.ArrayLike = True,
        *,
        between: tuple[float, float] = EVERYWHERE,
        threads: int = 1,
    ) -> None:
        """Find the boundaries.

        Args:
            strike: Strike of each contract; like the arguments below, one-dimensional or one number for all.
            years: Time to expiry in years of 365 days of 24 hours.
            sigma: Volatility per square-root year.
            rate: Continuously compounded interest rate per year.
            dividend: Continuous dividend yield per year.
            is_call: True for calls, False for puts.
            between: The spots that figures will be asked for. Boundaries that are out of reach from there, where exercise is
                worth less than 1e-12 of the strike, are not looked for.
            threads: Number of threads that share the contracts, here and below. The figures are the same bits for any
                number.

        Raises:
            TypeError: If an argument does not hold real numbers (or, for `is_call`, booleans), or `threads` is no integer.
            ValueError: If shapes do not broadcast to one dimension, `between` is no range of prices, or `threads` is below one.

        """
        low, high = as_ladder(between, "between").spots
        if not low <= high:
            raise ValueError(f"between must go up, got {low} and {high}")
        contracts = as_rows(is_call, strike=strike, years=years, sigma=sigma, rate=rate, dividend=dividend)
        if len(contracts.shape) > 1:
            raise ValueError(f"contracts must be one-dimensional, got shape {contracts.shape}")
        self._threads, self._between = check_threads(threads), (float(low), float(high))
        self._years = np.broadcast_to(contracts.columns[1], math.prod(contracts.shape))
        self._store = _american.EarlyStore(len(self))

        def solve(_number: int, chunk: slice) -> None:
            first, end = chunk.start, min(chunk.stop, len(self))
            flags = parts_of([contracts.is_call], chunk)[0]
            self._store.solve(parts_of(contracts.columns, chunk), flags, first, end, *self._between)

        over_chunks(solve, len(self), CONTRACTS, self._threads)
        self.solved = self._solved()

    def __len__(self) -> int:
        """Return the number of contracts."""
        return self._years.size

    def _solved(self) -> BoolArray:
        unsolved = np.empty(len(self), np.uint8)
        self._store.unsolved(unsolved)
        return ~unsolved.view(np.bool_)

    def after(self, elapsed: float) -> EarlyExercise:
        """Return the same contracts `elapsed` years later.

        Raises:
            ValueError: If `elapsed` is negative or not finite, or a contract has expired by then.

        """
        if not 0.0 <= elapsed < np.inf:
            raise ValueError(f"elapsed must be a number of years from 0 on, got {elapsed!r}")
        if elapsed == 0.0:
            return self
        if np.any(self._years <= elapsed):
            raise ValueError(
                f"elapsed must leave every contract some time, got {elapsed!r} of {self._years.min()!r} years"
            )
        later = object.__new__(EarlyExercise)
        later._threads, later._between = self._threads, self._between
        later._years = self._years - elapsed
        later._store = _american.EarlyStore(len(self))
        later._store.age(self._store, elapsed)
        later.solved = self.solved
        return later

    def values(self, spot: float, rows: IntArray | None = None) -> American[Float64Array]:
        """Return what early exercise adds to price, delta and gamma of some contracts at one spot.

        Args:
            spot: Price of the underlying.
            rows: Numbers of the contracts, in any order; all of them where None.

        Raises:
            TypeError: If spot is not a real number.
            ValueError: If spot is not a positive price, or not in `between`.
            IndexError: If there is no contract of a number.

        """
        price = float(self._within("spot", [spot]).spots[0])
        chosen = self._rows(rows)
        added = np.empty((3, chosen.size))

        def work(_number: int, chunk: slice) -> None:
            self._store.values(price, chosen[chunk], *(figures[chunk] for figures in added))

        over_chunks(work, chosen.size, CONTRACTS, self._threads)
        return American._make(added)

    def vanna(self, spot: float) -> Float64Array:
        """Return what early exercise adds to d delta / d sigma of each contract at one spot, per 1.00 of sigma.

        The central difference over a change of sigma by 0.1% either way, each with a boundary of its own.

        Raises:
            TypeError: If spot is not a real number.
            ValueError: If spot is not a positive price, or not in `between`.

        """
        at = float(self._within("spot", [spot]).spots[0])
        vanna = np.empty(len(self))

        def work(_number: int, chunk: slice) -> None:
            self._store.vannas(at, BUMP, chunk.start, vanna[chunk])

        over_chunks(work, len(self), CONTRACTS, self._threads)
        return vanna

    def gamma_sum(self, spot: float, weight: npt.ArrayLike, rows: IntArray | None = None) -> float:
        """Return the sum over contracts of weight * what early exercise adds to gamma, at one spot.

        Arguments and errors are those of `gamma_profile`.
        """
        at = float(self._within("spot", [spot]).spots[0])
        chosen = self._rows(rows)
        weights = _weights(weight, chosen)
        sums = np.zeros(-(-chosen.size // CONTRACTS))

        def work(number: int, chunk: slice) -> None:
            sums[number] = self._store.gamma_sum(at, chosen[chunk], weights[chunk])

        over_chunks(work, chosen.size, CONTRACTS, self._threads)
        return float(np.sum(sums))

    def gamma_profile(self, spots: npt.ArrayLike, weight: npt.ArrayLike, rows: IntArray | None = None) -> Float64Array:
        """Return the sum over contracts of weight * what early exercise adds to gamma, at each spot.

        Args:
            spots: Spots, one-dimensional, going up.
            weight: What each contract's gamma is multiplied by; of the length of `rows`, or one number.
            rows: As in `values`.

        Raises:
            TypeError: If spots or weights are not real numbers.
            ValueError: If spots are not positive prices in `between` that go up, or weights do not fit or are not finite.
            IndexError: As `values`.

        """
        ladder = self._within("spots", spots)
        if np.any(np.diff(ladder.spots) < 0.0):
            raise ValueError("spots must go up")
        chosen = self._rows(rows)
        weights = _weights(weight, chosen)
        reference = float(ladder.spots[ladder.spots.size // 2])
        logs = log_ratios(ladder.spots, reference)
        sums = np.zeros((-(-chosen.size // CONTRACTS), logs.size))

        def work(number: int, chunk: slice) -> None:
            self._store.profile(reference, logs, chosen[chunk], weights[chunk], sums[number])

        over_chunks(work, chosen.size, CONTRACTS, self._threads)
        total: Float64Array = np.add.reduce(sums)
        return total / ladder.spots

    def _within(self, name: str, values: npt.ArrayLike) -> Ladder:
        ladder, (low, high) = as_ladder(values, name), self._between
        first, last = ladder.spots.min(), ladder.spots.max()
        if not (low <= first and last <= high):
            raise ValueError(f"{name} must lie between {low} and {high}, got {first} to {last}")
        return ladder

    def _rows(self, rows: IntArray | None) -> IntArray:
        if rows is None:
            return np.arange(len(self))
        chosen = np.ascontiguousarray(rows, dtype=np.int64)
        if chosen.size and not (chosen.min() >= 0 and chosen.max() < len(self)):
            raise IndexError(f"rows must lie between 0 and {len(self) - 1}, got {chosen.min()} to {chosen.max()}")
        return chosen


def _weights(weight: npt.ArrayLike, rows: IntArray) -> Float64Array:
    weights = as_floats("weight", weight)
    if weights.shape not in {(), rows.shape}:
        raise ValueError(f"weight must be one number or {rows.size}, got shape {weights.shape}")
    if not np.isfinite(weights).all():
        raise ValueError("weight must be finite")
    return np.ascontiguousarray(np.broadcast_to(weights, rows.shape))
