"""Inventory against the next morning's open interest: bounds, what opened, and data that cannot be."""

from __future__ import annotations

import itertools

import numpy as np
import polars as pl
import pytest
from scipy.stats import truncnorm
from signed_tapes import tape, told, trade

from gex.ingest.schema import KEY
from gex.microstructure.inventory import Inventory, from_trades, opening_from
from gex.microstructure.reconciliation import cut_moments


def listed(*open_interest: int) -> pl.DataFrame:
    """Return the open interest of some contracts, strike by strike from 6500."""
    rows = [trade(strike=6500.0 + 5 * k) for k in range(len(open_interest))]
    return tape(rows).select(KEY).with_columns(open_interest=pl.Series(open_interest, dtype=pl.Int64))


def day(sizes: list[int], before: pl.DataFrame, confidence: float = 0.5, p: float = 0.8) -> Inventory:
    trades = tape([trade(strike=6500.0 + 5 * k, size=q, second=k) for k, q in enumerate(sizes)])
    return opening_from(before, confidence=confidence).plus(from_trades(trades, told([1] * len(sizes), p)))


def test_both_sides_open_what_was_traded_and_what_open_interest_grew_by() -> None:
    """Truth: every way in which ten contracts can open and close, written out."""
    volume, before = 10, 20
    ways = list(itertools.product(range(volume + 1), repeat=2))
    for change in range(-volume, volume + 1):
        inferred = day([volume], listed(before)).reconciled(listed(before), listed(before + change)).table
        bought = [b for b, s in ways if b - (volume - s) == change]
        row = inferred.row(0, named=True)
        assert (row["opened_low"], row["opened_high"]) == (min(bought), max(bought))
        assert {b + s for b, s in ways if b - (volume - s) == change} == {row["opened"]}


def test_dealers_hold_no_more_than_is_open() -> None:
    before, after = listed(40, 40, 0), listed(5, 0, 30)
    found = day([35, 40, 30], before).reconciled(before, after)
    assert found.impossible.is_empty()
    table = found.inventory.table
    assert table["low"].to_list() == [-5.0, 0.0, -30.0]
    assert table["high"].to_list() == [5.0, 0.0, 30.0]
    assert (table["contracts"] >= table["low"]).all()
    assert (table["contracts"] <= table["high"]).all()
    assert table["variance"].to_list()[1] == 0.0
    assert (table["variance"] <= day([35, 40, 30], before).table["variance"]).all()


def test_the_bounds_of_trades_hold_beside_those_of_open_interest() -> None:
    before, after = listed(0), listed(8)
    row = day([8], before).reconciled(before, after).inventory.table.row(0, named=True)
    assert (row["low"], row["high"]) == (-8.0, 8.0)


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (100, 111, "open interest changed by more than was traded"),
        (100, 89, "open interest changed by more than was traded"),
        (-1, 5, "negative open interest"),
        (5, -1, "negative open interest"),
    ],
)
def test_impossible_data_are_named_and_not_used(before: int, after: int, reason: str) -> None:
    inventory = day([10, 10], listed(100, 100))
    found = inventory.reconciled(listed(before, 100), listed(after, 100))
    odd = found.impossible.row(0, named=True)
    assert (odd["strike"], odd["volume"], odd["before"], odd["after"]) == (6500.0, 10, before, after)
    assert odd["reason"] == reason
    assert found.table["strike"].to_list() == [6505.0]
    assert found.inventory.table.row(0) == inventory.table.row(0)


def test_a_position_that_open_interest_does_not_hold_is_impossible() -> None:
    own = day([10], listed(100), confidence=1.0, p=1.0)
    exact = Inventory(own.table.with_columns(low=pl.col("contracts"), high=pl.col("contracts")))
    found = exact.reconciled(listed(80), listed(75))
    assert found.impossible["reason"].to_list() == ["dealers would hold more than is open"]


def test_contracts_without_a_next_morning_stay_as_they_are() -> None:
    inventory = day([10, 10], listed(100, 100))
    found = inventory.reconciled(listed(100, 100), listed(100))
    assert found.table.height == 1
    assert found.inventory.table.row(1) == inventory.table.row(1)


def test_a_tape_and_its_open_interest_narrow_what_is_shared_with_it() -> None:
    """One contract is known for certain: what it shared with the other is no doubt of it any more."""
    before, after = listed(50, 50), listed(50, 0)
    found = day([1, 50], before).reconciled(before, after).inventory
    assert found.factors.filter(pl.col("strike") == 6505.0).is_empty()
    assert found.factors.filter(pl.col("strike") == 6500.0).height == 1
    shared = found.factors["loading"].to_numpy() ** 2
    assert shared.sum() <= found.table["variance"][0]


@pytest.mark.parametrize(
    ("mean", "sd", "low", "high"),
    [
        (0.0, 1.0, -1.0, 1.0),
        (0.0, 1.0, -50.0, 50.0),
        (3.0, 2.0, -1.0, 1.0),
        (-30.0, 2.0, -1.0, 1.0),
        (400.0, 10.0, -80.0, 80.0),
        (5.0, 1000.0, -3.0, 7.0),
        (5.0, 1.0, 4.0, np.inf),
        (5.0, 1.0, -np.inf, -1.0),
    ],
)
def test_moments_are_scipys(mean: float, sd: float, low: float, high: float) -> None:
    first, second = cut_moments(*(np.array([x]) for x in (mean, sd * sd, low, high)))
    truth = truncnorm((low - mean) / sd, (high - mean) / sd, loc=mean, scale=sd)
    if abs(truth.mean()) < 1e6 and truth.var() > 0:
        assert first[0] == pytest.approx(truth.mean(), rel=1e-8, abs=1e-8)
        assert second[0] == pytest.approx(truth.var(), rel=2e-4)
    assert low <= first[0] <= high
    assert 0.0 <= second[0] <= sd * sd


def test_moments_without_doubt_or_room() -> None:
    mean, variance = cut_moments(
        np.array([5.0, 5.0, 0.0]), np.array([0.0, 9.0, 0.0]), np.array([-1.0, 2.0, -1.0]), np.array([1.0, 2.0, 1.0])
    )
    assert mean.tolist() == [1.0, 2.0, 0.0]
    assert variance.tolist() == [0.0, 0.0, 0.0]


def test_where_any_open_interest_with_room_for_dealers_is_as_likely_misses_are_about_as_large_as_they_say() -> None:
    """Openings drawn as the model has them, forty trades a contract; contracts without room for it are left out."""
    rng = np.random.default_rng(4)
    count, trades, c = 300, 40, 0.25
    before = rng.integers(50, 400, count)
    held = before * (2.0 * rng.beta(1.0 + c, 1.0 - c, count) - 1.0)
    side = rng.choice([-1, 1], (count, trades))
    seen = np.where(rng.random((count, trades)) < 0.75, side, -side)
    truth, volume = held - 5.0 * side.sum(axis=1), 5 * trades
    after = rng.integers(np.maximum(before - volume, 0), before + volume + 1)
    made = np.flatnonzero(after >= np.abs(truth)).tolist()
    rows = [trade(strike=1000.0 + 5 * k, second=k * trades + j, size=5) for k in made for j in range(trades)]
    day_ = from_trades(tape(rows), told(seen[made].ravel().tolist(), 0.75), lean=0.0)
    keys = tape([trade(strike=1000.0 + 5 * k) for k in made]).select(KEY)
    morning, evening = (keys.with_columns(open_interest=pl.Series(x[made]).cast(pl.Int64)) for x in (before, after))
    whole = opening_from(morning, confidence=c).plus(day_)
    found = whole.reconciled(morning, evening)
    assert found.impossible.is_empty()
    misses = [((each.table["contracts"].to_numpy() - truth[made]) ** 2).mean() for each in (whole, found.inventory)]
    assert misses[1] < misses[0]
    stated = found.inventory.table["variance"].mean()
    assert stated == pytest.approx(misses[1], rel=0.3)  # the model's openings are flatter than a normal distribution


def test_what_says_nothing_new_changes_nothing() -> None:
    inventory = opening_from(listed(40, 70), confidence=0.25)
    found = inventory.reconciled(listed(40, 70), listed(40, 70)).inventory
    assert found.table.equals(inventory.table)
