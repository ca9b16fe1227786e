"""Forwards of many expirations at once: the ones that each gets alone, and those of the rules written out in NumPy."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.pricing import ParityForwards, forward_from_parity, forwards_from_parity

FORWARD, DISCOUNT = 100.0, 0.97
FIGURES = ("forward", "half_width", "inliers", "candidates", "discount", "fitted_discount", "status")


def quotes(n: int, seed: int) -> np.ndarray:
    """Return strike, call bid and ask, put bid and ask, all in ticks: wrong, missing, crossed and locked ones too."""
    rng = np.random.default_rng(seed)
    strike = rng.permutation(np.arange(60.0, 140.0, 0.5))[:n]
    half = rng.choice([0.0, 0.05, 0.25, 1.0], (2, n), p=[0.05, 0.45, 0.4, 0.1])
    worth = DISCOUNT * np.maximum([FORWARD - strike, strike - FORWARD], 0.0) + 3 * np.exp(-np.abs(strike - 100) / 6)
    worth += rng.choice([0.0, 0.02, 4.0], p=[0.2, 0.6, 0.2]) * rng.normal(size=(2, n)) * (rng.random((2, n)) < 0.4)
    bid, ask = np.maximum(np.round(worth - half, 2), 0.0), np.round(worth + half, 2)
    table = np.array([strike, bid[0], ask[0], bid[1], ask[1]])
    spoiled = rng.random(table.shape) < 0.02
    return np.where(spoiled, rng.choice([np.nan, np.inf, -1.0, 0.0], table.shape), table)


def biweight(x: np.ndarray, y: np.ndarray, half: np.ndarray, level: float, slope: float, free: bool) -> Any:
    """Return level, slope, scatter and inliers of Tukey's biweight, by NumPy's own least squares."""
    for _ in range(30):
        z = (y - level - slope * x) / half
        scatter = 1.4826 * np.median(np.abs(z))
        u = z / (4.685 * max(scatter, 0.05))
        root = np.where(np.abs(u) < 1.0, (1.0 - u * u) / half, 0.0)
        design = np.stack([np.ones_like(x), x] if free else [np.ones_like(x)], axis=1)
        step = np.linalg.lstsq(root[:, None] * design, root * half * z, rcond=None)[0]
        level, slope = level + step[0], slope + (step[1] if free else 0.0)
        sw = np.sum(root**2)
        if abs(step[0]) + (abs(step[1]) * math.sqrt(np.sum((root * x) ** 2) / sw) if free else 0.0) <= 1e-3 / sw**0.5:
            break
    return level, slope, scatter, int(np.count_nonzero(root))


def twin(table: np.ndarray, discount: float) -> tuple[float, float, int, int, float]:
    """Return forward, scatter, inliers, candidates and fitted discount, rule by rule."""
    strike, call_bid, call_ask, put_bid, put_ask = table[:, np.isfinite(table).all(axis=0)]
    kept = (strike > 0) & (call_bid >= 0) & (put_bid >= 0) & (call_bid + put_bid > 0)
    kept &= (call_ask >= call_bid) & (put_ask >= put_bid) & (call_ask > 0) & (put_ask > 0)
    value = 0.5 * (call_bid + call_ask) - 0.5 * (put_bid + put_ask)
    if kept.any():
        middle = np.median((strike + value / discount)[kept])
        kept &= ((call_bid > 0) | (strike >= middle)) & ((put_bid > 0) | (strike <= middle))
    if not kept.any():
        return math.nan, math.nan, 0, 0, math.nan
    strike, value, half = strike[kept], value[kept], 0.5 * (call_ask - call_bid + put_ask - put_bid)[kept]
    implied = strike + value / discount
    center = float(np.median(implied))
    half = np.maximum(half, max(0.05 * np.median(half), 1e-10 * center))
    near = np.argsort(np.abs(strike - center), kind="stable")[:20]
    x = np.zeros(near.size)
    level, _, scatter, inliers = biweight(
        x, implied[near], half[near] / discount, float(np.median(implied[near])), 0.0, free=False
    )
    fitted = math.nan
    if strike.size >= 4:
        fitted = -biweight(strike - level, value, half, 0.0, -discount, free=True)[1]
    return level, scatter, inliers, near.size, fitted


def joined(tables: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Return the quotes one after another, and where each begins."""
    return np.concatenate(tables, axis=1), np.cumsum([0, *(table.shape[1] for table in tables)])


def check_each(found: ParityForwards, tables: list[np.ndarray], discounts: np.ndarray) -> None:
    """Compare with the expirations alone, to the last bit."""
    for i, (table, discount) in enumerate(zip(tables, discounts, strict=True)):
        alone = forward_from_parity(*table, discount)
        for name in FIGURES:
            np.testing.assert_array_equal(getattr(found, name)[i], getattr(alone, name), err_msg=f"{name} of {i}")


def ascending(table: np.ndarray) -> np.ndarray:
    return table[:, np.argsort(table[0], kind="stable")]


@pytest.mark.parametrize("arranged", [np.array, ascending])
def test_the_rules_written_out_in_numpy_give_the_same_forwards(arranged: Any) -> None:
    sizes = np.random.default_rng(3).integers(0, 161, 300)
    tables = [arranged(quotes(int(n), seed)) for seed, n in enumerate(sizes)]
    table, first = joined(tables)
    found = forwards_from_parity(*table, first, DISCOUNT)
    forward, scatter, inliers, candidates, fitted = np.array([twin(one, DISCOUNT) for one in tables]).T

    np.testing.assert_array_equal(found.candidates, candidates)
    np.testing.assert_array_equal(found.inliers, inliers)
    np.testing.assert_allclose(found.forward, forward, rtol=1e-11)
    np.testing.assert_allclose(found.scatter, scatter, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(found.fitted_discount, fitted, rtol=1e-9)
    assert set(found.status) == {"ok", "too_few", "inconsistent"}
    np.testing.assert_allclose(found.forward[found.status == "ok"], FORWARD, rtol=0.01)


@given(st.integers(120, 160), st.integers(0, 10**6), st.floats(60.0, 110.0), st.booleans())
def test_ascending_strikes_are_found_as_those_in_any_order(n: int, seed: int, cut: float, below: bool) -> None:
    """One from far away, moved to the other end, hides that the others ascend and changes no bit.

    The money is anywhere among the strikes, or beyond them all.
    """
    table = ascending(quotes(n, seed))
    table = table[:, table[0] <= 200.0 - cut] if below else table[:, ~(table[0] < cut)]
    moved = np.roll(table, -1 if below else 1, axis=1)
    one, other = (forward_from_parity(*each, DISCOUNT) for each in (table, moved))
    for name in ("forward", "half_width", "inliers", "candidates", "status"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@given(st.lists(st.tuples(st.sampled_from([0, 0, 1, 2, 3, 4, 19, 20, 21, 70]), st.integers(0, 10**6)), max_size=8))
def test_an_expiration_has_the_same_bits_in_any_company(drawn: list[tuple[int, int]]) -> None:
    tables = [quotes(n, seed) for n, seed in drawn]
    discounts = np.linspace(0.9, 1.0, len(tables))
    if not tables:
        return
    table, first = joined(tables)
    check_each(forwards_from_parity(*table, first, discounts), tables, discounts)

    back, first = joined(tables[::-1])
    check_each(forwards_from_parity(*back, first, discounts[::-1]), tables[::-1], discounts[::-1])


def test_the_free_discount_is_left_out_where_it_is_not_wanted() -> None:
    """Every other figure keeps its bits."""
    table, first = joined([quotes(60, seed) for seed in range(9)])
    whole, level = (forwards_from_parity(*table, first, DISCOUNT, free_discount=wanted) for wanted in (True, False))

    assert np.isfinite(whole.fitted_discount).all()
    assert np.isnan(level.fitted_discount).all()
    for name in set(ParityForwards._fields) - {"fitted_discount"}:
        np.testing.assert_array_equal(getattr(level, name), getattr(whole, name))


def test_expirations_without_a_readable_strike_have_no_forward() -> None:
    """None at all, one with one side only, one of NaN, between two good ones."""
    tables = [quotes(40, 1), np.empty((5, 0)), np.array([[100.0, 0.0, 0.0, 1.0, 2.0]]).T, np.full((5, 30), np.nan)]
    tables.append(quotes(40, 2))
    table, first = joined(tables)
    found = forwards_from_parity(*table, first, np.full(5, DISCOUNT))

    assert np.isfinite(found.forward).tolist() == [True, False, False, False, True]
    assert np.isnan([found.half_width[1:4], found.scatter[1:4], found.fitted_discount[1:4]]).all()
    assert found.status[1:4].tolist() == ["too_few"] * 3
    assert found.candidates[1:4].tolist() == [0, 0, 0]


def test_one_strike_gives_its_own_forward() -> None:
    table = np.array([[100.0, 3.0, 3.5, 2.0, 2.5], [110.0, 1.0, 1.5, 9.5, 10.0]]).T
    found = forwards_from_parity(*table, [0, 1, 2], 1.0)

    np.testing.assert_allclose(found.forward, [101.0, 101.5], rtol=1e-15)
    assert found.status.tolist() == ["too_few", "too_few"]
    assert np.isinf(found.half_width).all()


def test_strikes_before_the_first_and_after_the_last_expiration_are_not_read() -> None:
    table = quotes(90, 5)
    found = forwards_from_parity(*table, [30, 60], DISCOUNT)

    check_each(found, [table[:, 30:60]], np.array([DISCOUNT]))


def test_no_expirations_no_forwards() -> None:
    for first in ([0], [0, 0, 0]):
        found = forwards_from_parity([], [], [], [], [], first, 0.99)
        assert {column.shape for column in found} == {(len(first) - 1,)}
        assert (found.status == "too_few").all()


def test_absurd_quotes_end_in_nan_or_a_status() -> None:
    """Prices whose sums overflow, locked quotes that imply a negative forward, spreads of nothing: each ends."""
    rng = np.random.default_rng(9)
    table = rng.choice([0.0, -0.0, 1e-320, 1e-3, 1.0, 500.0, 1e150, 1e308, np.nan, np.inf, -1.0], (5, 6000))
    table[2, ::2], table[4, ::2] = table[1, ::2], table[3, ::2]
    discounts = rng.choice([5e-324, 1e-300, 0.5, 1.0, 1e300], 1000)
    found = forwards_from_parity(*table, np.arange(0, 6001, 6), discounts)

    assert (found.status[np.isnan(found.forward)] == "too_few").all()
    assert (found.candidates > 0).any()
    assert (found.inliers <= found.candidates).all()


@pytest.mark.parametrize("kind", [np.int8, np.uint64, np.int32])
def test_any_layout_and_any_integers_will_do(kind: type) -> None:
    table = quotes(60, 6)
    spread = np.repeat(table, 2, axis=1)[:, ::2]
    spread.flags.writeable = False
    first = np.repeat(np.array([0, 25, 60], dtype=kind), 2)[::2]
    found = forwards_from_parity(*spread, first, [0.97, 0.98])

    check_each(found, [table[:, :25], table[:, 25:]], np.array([0.97, 0.98]))


def test_many_threads_at_once_find_the_same() -> None:
    table, first = joined([quotes(100, seed) for seed in range(40)])
    alone = np.array(forwards_from_parity(*table, first, DISCOUNT)[:4])
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: np.array(forwards_from_parity(*table, first, DISCOUNT)[:4]), range(16)))

    for each in found:
        np.testing.assert_array_equal(each, alone)


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"first": [0.0, 4.0]}, TypeError, "first must hold integers, got dtype float64"),
        ({"first": ["0", "4"]}, TypeError, "first must hold integers"),
        ({"first": []}, TypeError, "first must hold integers"),
        ({"first": [[0], [1, 2]]}, ValueError, "first is not a regular array"),
        ({"first": np.zeros(0, int)}, ValueError, r"first must be one-dimensional.*got shape \(0,\)"),
        ({"first": [[0, 4]]}, ValueError, "first must be one-dimensional"),
        ({"first": 4}, ValueError, "first must be one-dimensional"),
        ({"first": [0, 3, 2]}, ValueError, "first must go up from 0 or more to at most 4"),
        ({"first": [-1, 4]}, ValueError, "first must go up"),
        ({"first": [0, 5]}, ValueError, "first must go up"),
        ({"first": np.array([0, 2**64 - 1], dtype=np.uint64)}, ValueError, "first must go up"),
        ({"discount": [0.9, 0.9]}, ValueError, r"discount must be one number or one for each of 1 expirations"),
        ({"discount": [np.nan]}, ValueError, "discount must be positive and finite, got nan"),
        ({"discount": [-1.0]}, ValueError, "discount must be positive and finite, got -1.0"),
        ({"discount": "0.9"}, TypeError, "discount must hold real numbers"),
        ({"call_bid": np.ones(3)}, ValueError, r"one length, got strike \(4,\), call_bid \(3,\)"),
        ({"put_bid": ["x"] * 4}, TypeError, "put_bid must hold real numbers"),
    ],
)
def test_bad_arguments_are_named(changed: dict[str, Any], error: type[Exception], message: str) -> None:
    names = ("strike", "call_bid", "call_ask", "put_bid", "put_ask")
    arguments: dict[str, Any] = dict(zip(names, quotes(4, 1), strict=True)) | {"first": [0, 4], "discount": 0.97}

    with pytest.raises(error, match=message):
        forwards_from_parity(**(arguments | changed))
