"""Calls joined with their puts: the same sums from fewer contracts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex import Settings
from gex.analysis import priced
from gex.exposure import Book
from gex.pairs import netted


def book_of(seed: int, strikes: int = 12) -> Book:
    """Return two expirations: most strikes with a call and a put, some with one of them, some priced apart."""
    rng = np.random.default_rng(seed)
    strike = np.repeat(np.linspace(80.0, 120.0, strikes), 2)
    sigma = np.repeat(rng.uniform(0.1, 0.4, strikes), 2) + np.where(rng.random(2 * strikes) < 0.2, 0.01, 0.0)
    parts = [(strike, np.tile([True, False], strikes), np.full(2 * strikes, years), sigma) for years in (0.02, 0.1)]
    listed = rng.random(4 * strikes) < 0.8
    strike, is_call, years, sigma = (np.concatenate(columns)[listed] for columns in zip(*parts, strict=True))
    units = rng.integers(-3, 4, len(strike)).astype(float)
    return Book(strike, is_call, years, sigma, np.full(len(strike), 0.04), np.full(len(strike), 0.01), units)


@given(st.integers(0, 10**6))
def test_sums_are_those_of_the_book_whatever_is_held(seed: int) -> None:
    book = book_of(seed)
    other = np.random.default_rng(seed + 1).integers(-9, 9, len(book)).astype(float)
    joined = netted(book, (book.units != 0) | (other != 0))
    for units in (book.units, other):
        held = joined.holding(units)
        whole = replace(book, units=units)
        size = np.sum(np.abs(units)) * 100.0
        assert held.net_gamma_usd(101.0) == pytest.approx(whole.net_gamma_usd(101.0), rel=1e-12, abs=1e-12 * size)
        assert np.sum(held.units * held.gamma(99.0)) == pytest.approx(
            np.sum(units * book.gamma(99.0)), abs=1e-13 * size
        )
        np.testing.assert_array_equal(held.strike, book.strike[joined.rows])


@given(st.integers(0, 10**6))
def test_only_a_put_priced_as_the_call_before_it_is_joined(seed: int) -> None:
    book = book_of(seed)
    joined = netted(book, np.ones(len(book), dtype=bool))
    for call, put in zip(joined.rows[joined.calls], joined.puts, strict=True):
        assert put == call + 1
        assert book.is_call[call]
        assert not book.is_call[put]
        for column in (book.strike, book.years, book.sigma):
            assert column[call] == column[put]
    alike = [
        i
        for i in range(len(book) - 1)
        if (book.strike[i], book.years[i], book.sigma[i]) == (book.strike[i + 1], book.years[i + 1], book.sigma[i + 1])
    ]
    assert joined.puts.tolist() == [i + 1 for i in alike]
    assert sorted([*joined.rows, *joined.puts]) == list(range(len(book)))


@given(st.integers(0, 10**6))
def test_what_may_be_exercised_early_is_not_joined(seed: int) -> None:
    """Its gamma is another one; the contracts keep their numbers among those."""
    book = book_of(seed)
    early_row = np.where(np.random.default_rng(seed).random(len(book)) < 0.5, np.arange(len(book)), -1)
    joined = netted(replace(book, early_row=early_row), np.ones(len(book), dtype=bool))
    assert (early_row[joined.puts] < 0).all()
    assert (early_row[joined.puts - 1] < 0).all()
    np.testing.assert_array_equal(joined.book.early_row, early_row[joined.rows])


def test_a_put_that_matters_brings_its_call() -> None:
    book = book_of(3)
    every = netted(book, np.ones(len(book), dtype=bool))
    wanted = np.zeros(len(book), dtype=bool)
    wanted[every.puts] = True
    joined = netted(book, wanted)
    assert joined.puts.tolist() == every.puts.tolist()
    assert joined.rows.tolist() == (every.puts - 1).tolist()


def test_nothing_is_joined_where_none_is_asked_for() -> None:
    book = book_of(5)
    alone = netted(book, book.units != 0, pairs=False)
    assert alone.rows.tolist() == np.flatnonzero(book.units).tolist()
    assert not len(alone.puts)


def test_a_chain_with_smiles_joins_most(chain) -> None:
    """By a smile each strike has one volatility; by each contract's own, next to none."""
    base = priced(chain, Settings(positions="naive"))
    every = np.ones(len(base.book), dtype=bool)
    assert len(netted(base.book, every).puts) == len(np.unique(base.market.quotes.rung)) == len(base.book) // 2
