"""Gamma of a book of American options against spot."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gex.pricing import _american, _cash
from gex.pricing._arrays import Float64Array, as_rows
from gex.pricing._dividends import CashDividends, as_dividends, chosen_rows, see_dividends
from gex.pricing._ladder import as_ladder, log_ratios
from gex.pricing._threads import check_threads, over_chunks, parts_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.pricing._arrays import Rows

CONTRACTS = 256
"""Contracts in a chunk. Each chunk is summed by itself, and the sums in the order of the chunks."""


def american_gamma_profile(
    spots: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    sigma: npt.ArrayLike,
    weight: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend: npt.ArrayLike = 0.0,
    is_call: npt.ArrayLike = True,
    *,
    cash_dividends: Sequence[npt.ArrayLike] | None = None,
    threads: int = 1,
) -> Float64Array:
    """Return the sum over contracts of weight * gamma at each spot, exercised contracts counting for nothing.

    One boundary per contract (see `american`) serves all spots, and one serves contracts of equal rate, dividend, sigma,
    years and side that follow one another, whatever their strikes. With cash dividends one solution per contract serves
    all spots: what is given is gamma if spot moves and the dividends stay as they are.

    Args:
        spots: Spots, one-dimensional, in any order.
        strike: Strike of each contract; like the arguments below, one-dimensional or one number for all contracts.
        years: Time to expiry in years of 365 days of 24 hours.
        sigma: Volatility per square-root year.
        weight: What gamma is multiplied by: a signed number of contracts, say.
        rate: Continuously compounded interest rate per year.
        dividend: Continuous dividend yield per year.
        is_call: True for calls, False for puts.
        cash_dividends: As in `american`.
        threads: Number of threads that share the contracts. The sums are the same bits for any number.

    Returns:
        One sum per spot, each term within 1e-4 of the peak of the contract's European gamma of what `american` gives.
        With cash dividends the grid's own error comes on top: within 1e-3 of that peak, but next to the exercise boundary.

    Raises:
        TypeError: As in `american`.
        ValueError: If a spot or a contract is not priceable (names the first), if shapes do not fit, or as in `american`.

    """
    ladder = _in_order(spots)
    book = as_rows(is_call, strike=strike, years=years, sigma=sigma, weight=weight, rate=rate, dividend=dividend)
    if len(book.shape) > 1:
        raise ValueError(f"contracts must be one-dimensional, got shape {book.shape}")
    count, dividends = math.prod(book.shape), as_dividends(cash_dividends)
    partial = np.zeros((-(-count // CONTRACTS), ladder.spots.size))
    invalid = [count] * len(partial)

    def work(number: int, chunk: slice) -> None:
        part = book._replace(columns=parts_of(book.columns, chunk), is_call=parts_of([book.is_call], chunk)[0])
        rows = min(CONTRACTS, count - chunk.start)
        first = _add_part(part, rows, dividends, ladder, partial[number])
        invalid[number] = chunk.start + first if first < rows else count

    over_chunks(work, count, CONTRACTS, check_threads(threads))
    _check_contracts(min(invalid, default=count), count)
    profile = np.empty(ladder.spots.size)
    profile[ladder.order] = np.add.reduce(partial)
    return profile


class _Ladder(NamedTuple):
    """Spots in ascending order, with where they were, and as ln(spot / reference)."""

    spots: Float64Array
    order: npt.NDArray[np.intp]
    reference: float
    logs: Float64Array


def _add_part(part: Rows, rows: int, dividends: CashDividends | None, ladder: _Ladder, out: Float64Array) -> int:
    """Add the sums over some contracts; return the first that cannot be priced, or `rows`."""
    strike, years, sigma, weight, rate, dividend = part.columns
    seen = np.broadcast_to(see_dividends(dividends, years), rows) & (weight != 0.0)
    first = rows
    if dividends is not None and seen.any():
        chosen = np.flatnonzero(seen)
        *columns, weights, flags = chosen_rows([strike, years, sigma, rate, dividend, weight, part.is_call], chosen)
        solved = np.zeros((chosen.size, _cash.SOLUTION))
        _cash.solve(columns, flags, *dividends, solved)
        failed = _cash.book_gammas(solved, ladder.spots, weights, out)
        first = int(chosen[failed]) if failed < chosen.size else rows
    if not seen.all():
        chosen, total = np.flatnonzero(~seen), np.zeros_like(out)
        *columns, flags = chosen_rows([*part.columns, part.is_call], chosen)
        failed = _american.american_profile(ladder.reference, ladder.logs, columns, flags, chosen.size, total)
        first = min(first, int(chosen[failed]) if failed < chosen.size else rows)
        out += total / ladder.spots
    return first


def _check_contracts(first: int, count: int) -> None:
    if first < count:
        raise ValueError(
            f"contract at index {first} cannot be priced: strike, years and sigma must be positive, everything finite, "
            "rate and dividend not both negative with early exercise between them, and all spots above the present value "
            "of cash dividends"
        )


def _in_order(values: npt.ArrayLike) -> _Ladder:
    spots = as_ladder(values).spots
    order = np.argsort(spots, kind="stable")
    ascending, reference = spots[order], float(np.median(spots))
    return _Ladder(ascending, order, reference, log_ratios(ascending, reference))
