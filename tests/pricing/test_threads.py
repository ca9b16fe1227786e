"""The same bytes for any number of threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from gex.pricing import (
    charm_profile,
    delta_profile,
    finite_move_gamma,
    gamma,
    gamma_profile,
    greeks,
    higher_greeks,
    implied_total_volatility,
    implied_vol,
    log_ladder,
    price,
    vanna_profile,
)
from gex.pricing._kernel import CONTRACTS
from gex.pricing._threads import ROWS, check_threads, over_chunks

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType


def by_row(reference: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return the functions that work row by row, bound to more rows than three chunks hold."""
    contracts = reference.wide_contracts(3 * ROWS + 77, seed=41)
    value = price(*contracts)
    value[::97] = -1.0
    quote, years, is_call = (value, contracts.spot, contracts.strike), contracts.years, contracts.is_call
    return {
        "gamma": lambda **k: gamma(*contracts[:6], **k),
        "price": lambda **k: price(*contracts, **k),
        "greeks": lambda **k: greeks(*contracts, **k),
        "higher_greeks": lambda **k: higher_greeks(*contracts, **k),
        "finite_move_gamma": lambda **k: finite_move_gamma(*contracts[:4], 1e-3, *contracts[4:6], **k),
        "implied_total_volatility": lambda **k: np.array(implied_total_volatility(*quote, 1.0, is_call, **k)),
        "implied_vol": lambda **k: np.array(implied_vol(*quote, years, 0.99, is_call, **k)),
        "one spot": lambda **k: greeks(5800.0, *contracts[1:6], True, **k),
        "in two dimensions": lambda **k: gamma(contracts.spot[:3, None], contracts.strike[:ROWS], 0.1, 0.2, **k),
    }


def by_book(reference: ModuleType) -> dict[str, Callable[..., Any]]:
    """Return the functions that sum over contracts, bound to more of them than three chunks hold."""
    contracts, weight = reference.index_chain(3 * CONTRACTS + 77, seed=42)
    book = (*contracts[1:4], weight, *contracts[4:6])
    spots, uneven, many = log_ladder(5800.0, 0.15, 151), np.linspace(5000.0, 6600.0, 9), np.linspace(5000.0, 6600.0, 99)
    return {
        "gamma_profile": lambda **k: gamma_profile(spots, *book, **k),
        "gamma_profile, long": lambda **k: gamma_profile(log_ladder(5800.0, 0.15, 2001), *book, **k),
        "vanna_profile": lambda **k: vanna_profile(spots, *book, **k),
        "charm_profile": lambda **k: charm_profile(spots, *book, contracts.is_call, **k),
        "delta_profile": lambda **k: delta_profile(spots, *book, contracts.is_call, **k),
        "gamma at any spots": lambda **k: gamma_profile(uneven, *book, **k),
        "gamma at many spots": lambda **k: gamma_profile(many, *book, **k),
        "charm at many spots": lambda **k: charm_profile(many, *book, contracts.is_call, **k),
        "vanna at any spots": lambda **k: vanna_profile(uneven, *book, **k),
        "delta at any spots": lambda **k: delta_profile(uneven, *book, contracts.is_call, **k),
    }


def test_every_function_gives_the_same_bytes_for_any_number_of_threads(reference: ModuleType) -> None:
    for name, function in {**by_row(reference), **by_book(reference)}.items():
        alone = np.asarray(function()).tobytes()
        for threads in (1, 2, 3, 7, np.int64(2)):
            assert np.asarray(function(threads=threads)).tobytes() == alone, (name, threads)


def test_threads_fill_the_array_that_was_handed_in() -> None:
    strikes = np.linspace(4000.0, 8000.0, 2 * ROWS)
    out = np.full(strikes.size, -1.0)

    assert gamma(6000.0, strikes, 0.1, 0.2, out=out, threads=2) is out
    np.testing.assert_array_equal(out, gamma(6000.0, strikes, 0.1, 0.2))


def test_callers_in_threads_of_their_own_may_ask_for_threads(reference: ModuleType) -> None:
    """More of them than there are helpers: a caller does what no helper takes up."""
    function = by_row(reference)["gamma"]
    alone = function()
    with ThreadPoolExecutor(16) as pool:
        for future in [pool.submit(function, threads=9) for _ in range(32)]:
            np.testing.assert_array_equal(future.result(), alone)


@pytest.mark.parametrize("threads", [2, 5, 1000])
def test_every_chunk_is_worked_on_once(threads: int) -> None:
    seen: list[tuple[int, int, int]] = []
    over_chunks(lambda number, rows: seen.append((number, rows.start, rows.stop)), 1003, 10, threads)

    assert sorted(seen) == [(i, 10 * i, 10 * i + 10) for i in range(101)]


def test_an_error_in_a_chunk_reaches_the_caller() -> None:
    def work(number: int, _rows: slice) -> None:
        if number == 3:
            raise ArithmeticError("chunk 3")

    with pytest.raises(ArithmeticError, match="chunk 3"):
        over_chunks(work, 100, 10, 3)
    over_chunks(lambda _number, _rows: None, 100, 10, 3)


@pytest.mark.parametrize(("threads", "error"), [(0, ValueError), (-3, ValueError), (1.5, TypeError), ("2", TypeError)])
def test_a_number_of_threads_that_is_none_is_refused(threads: Any, error: type[Exception]) -> None:
    functions: list[Callable[..., Any]] = [gamma, price, greeks, higher_greeks]
    for function in functions:
        for strike in (100.0, [100.0, 101.0]):
            with pytest.raises(error, match=r"^threads must be "):
                function(100.0, strike, 0.1, 0.2, threads=threads)
    for function in (implied_total_volatility, implied_vol):
        for strike in (100.0, [100.0, 101.0]):
            with pytest.raises(error, match=r"^threads must be "):
                function(5.0, 100.0, strike, 0.9, threads=threads)
    for function in (gamma_profile, vanna_profile, charm_profile, delta_profile):
        with pytest.raises(error, match=r"^threads must be "):
            function([99.0, 100.0], [100.0, 101.0], 0.1, 0.2, 1.0, threads=threads)
    assert check_threads(4) == 4
