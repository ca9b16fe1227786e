"""What the orders of a contract say together: against the linear estimate written out as matrices, and drawn flows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_tapes import tape, told, trade

from gex.microstructure.flow import Flow, flow_of
from gex.microstructure.inventory import from_flow, from_trades

ORDER = st.tuples(st.integers(1, 200), st.sampled_from([-1, 0, 1]), st.sampled_from([0.5, 0.55, 0.7, 0.95, 1.0]))


def orders_of(orders: list[tuple[int, int, float]], share: float = 1.0) -> Flow:
    trades = tape([trade(size=q, second=i) for i, (q, _, _) in enumerate(orders)])
    return flow_of(trades, told([s for _, s, _ in orders], [p for _, _, p in orders]), maker_share=share)


@given(orders=st.lists(ORDER, min_size=1, max_size=12), lean=st.floats(0.0, 0.9), share=st.floats(0.05, 1.0))
def test_the_estimate_is_the_best_linear_one(orders: list[tuple[int, int, float]], lean: float, share: float) -> None:
    """Truth: covariance of the sides told and the true ones, and the projection, by matrices."""
    known = [(q, s, 2 * p - 1) for q, s, p in orders if s and p > 0.5]
    size = np.array([q for q, _, _ in orders], dtype=float)
    found = from_flow(orders_of(orders, share), lean=lean).table.row(0, named=True)
    n, at = len(orders), [i for i, (_, s, p) in enumerate(orders) if s and p > 0.5]
    true = np.full((n, n), lean) + (1.0 - lean) * np.eye(n)
    a, signs = np.array([x for _, _, x in known]), np.array([s for _, s, _ in known], dtype=float)
    seen = np.outer(a, a) * lean
    np.fill_diagonal(seen, 1.0)
    between = lean * np.tile(a, (n, 1))
    between[at, range(len(at))] = a
    weights = between @ np.linalg.pinv(seen) if at else np.zeros((n, 0))
    expected, spread = weights @ signs, true - weights @ between.T
    assert found["contracts"] == pytest.approx(-share * float(size @ expected), rel=1e-6, abs=1e-6 * size.sum())
    variance = share**2 * float(size @ spread @ size) + share * (1.0 - share) * float(size @ size)
    assert found["variance"] == pytest.approx(variance, rel=1e-6, abs=1e-6 * float(size @ size))


def drawn(lean: float, contracts: int, orders: int, seed: int = 2) -> tuple[pl.DataFrame, np.ndarray, np.ndarray]:
    """Return a tape of contracts whose flows lean, its true sides and those told, right in three of four cases."""
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(contracts), orders)
    mean = np.clip(np.sqrt(lean) * rng.standard_normal(contracts), -0.99, 0.99)
    true = np.where(rng.random(len(place)) < 0.5 * (1.0 + mean[place]), 1, -1)
    seen = np.where(rng.random(len(place)) < 0.75, true, -true)
    table = tape([trade(line=0)])[np.zeros(len(place), dtype=np.int64)].with_columns(
        strike=pl.Series(6000.0 + 5 * place),
        size=pl.Series(rng.geometric(0.1, len(place))),
        trade_time=pl.col("trade_time") + pl.duration(milliseconds=pl.int_range(pl.len())),
    )
    return table, true, seen


@pytest.mark.parametrize("lean", [0.0, 0.02, 0.1])
def test_the_lean_is_what_the_sides_were_drawn_with(lean: float) -> None:
    table, _, seen = drawn(lean, contracts=200, orders=100)
    assert flow_of(table, told(seen.tolist(), 0.75)).lean == pytest.approx(lean, abs=0.002 + 0.25 * lean)


def test_with_the_lean_errors_are_as_large_as_they_say_and_without_it_larger() -> None:
    table, true, seen = drawn(0.05, contracts=400, orders=60)
    sides = told(seen.tolist(), 0.75)
    change = table.with_columns(change=-pl.Series(true) * pl.col("size")).group_by("strike").agg(pl.col("change").sum())
    spreads = []
    for lean in (None, 0.0):
        found = from_trades(table, sides, lean=lean).table.join(change, on="strike")
        spreads.append(float(((found["change"] - found["contracts"]) / found["variance"].sqrt()).std()))  # type: ignore[arg-type]
    assert spreads[0] == pytest.approx(1.0, abs=0.08)
    assert spreads[1] > 1.15


def test_a_tape_too_short_to_tell_its_lean_has_none() -> None:
    assert orders_of([(10, 1, 0.8), (10, 1, 0.8)]).lean < 1e-3
    assert orders_of([(10, 1, 0.8)]).lean == 0.0
    assert orders_of([(10, 0, 0.5)]).lean == 0.0


def test_pieces_add_up_with_the_lean_of_the_whole() -> None:
    table, _, seen = drawn(0.05, contracts=20, orders=40)
    sides = told(seen.tolist(), 0.75)
    whole = from_trades(table, sides).table
    cuts = [(0, 300), (300, 301), (301, 800)]
    pieces = [flow_of(table[a:b], told(seen[a:b].tolist(), 0.75)) for a, b in cuts]
    found = from_flow(pieces[0].plus(pieces[1]).plus(pieces[2])).table
    assert found.drop("contracts", "variance").equals(whole.drop("contracts", "variance"))
    for name in ("contracts", "variance"):
        assert found[name].to_numpy() == pytest.approx(whole[name].to_numpy(), rel=1e-9)


def test_legs_of_complex_orders_do_not_lean() -> None:
    legs = tape([trade(size=10, second=i, is_complex=True) for i in range(4)])
    flow = flow_of(legs, told([1, 1, 1, 1], 0.8))
    assert flow.lean == 0.0
    one, other = (from_flow(flow, lean=lean).table for lean in (0.0, 0.3))
    assert one.equals(other)


def test_what_does_not_fit_is_refused() -> None:
    flow = orders_of([(10, 1, 0.8)])
    with pytest.raises(ValueError, match=r"lean must be from 0 to 1, got 1\.5"):
        from_flow(flow, lean=1.5)
    with pytest.raises(ValueError, match=r"maker_share is 1\.0 of one piece and 0\.5 of the other"):
        flow.plus(orders_of([(10, 1, 0.8)], 0.5))
