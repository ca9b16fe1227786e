"""Dealers' inventory from trades: its mean, its error, and that nothing is lost on the way."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from signed_tapes import LATER, OPEN, TODAY, tape, told, trade

from gex.ingest.schema import KEY
from gex.microstructure.errors import Errors, book_errors
from gex.microstructure.factors import joined
from gex.microstructure.inventory import Inventory, from_trades, opening_from, opening_of
from gex.microstructure.maker_share import maker_share_of
from gex.position_book import PositionBook

ROWS = st.fixed_dictionaries(
    {
        "expiration": st.sampled_from([TODAY, LATER]),
        "strike": st.sampled_from([6400.0, 6500.0, 6600.0]),
        "option_type": st.sampled_from(["C", "P"]),
        "size": st.integers(1, 500),
        "second": st.integers(0, 3),
        "exchange": st.sampled_from(["C", "E", None]),
        "is_complex": st.booleans(),
    }
)
TAPE = st.lists(st.tuples(ROWS, st.sampled_from([-1, 0, 1]), st.floats(0.5, 1.0)), min_size=1, max_size=30)
SHARE = st.floats(0.0, 1.0)


def inventory(rows: list, share: float = 1.0) -> Inventory:  # type: ignore[type-arg]
    trades = tape([trade(**dict(row)) for row, _, _ in rows])
    return from_trades(
        trades, told([side for _, side, _ in rows], [p for _, _, p in rows]), maker_share=share, lean=0.0
    )


def variance(found: Inventory, weights: pl.DataFrame) -> float:
    """Return the variance of a portfolio: `weights` has `KEY` and `weight`."""
    errors = book_errors(found.book("it"), weights)
    assert errors is not None
    return errors.variance(weights["weight"].to_numpy())


def weights_of(found: Inventory, seed: int = 5) -> pl.DataFrame:
    drawn = np.random.default_rng(seed).normal(size=found.table.height)
    return found.table.select(KEY).with_columns(weight=drawn)


def same(one: Inventory, other: Inventory) -> None:
    """Check that two inventories are one, whatever the order of their sums."""
    assert one.table.drop("contracts", "variance").equals(other.table.drop("contracts", "variance"))
    for name in ("contracts", "variance"):
        assert one.table[name].to_numpy() == pytest.approx(other.table[name].to_numpy(), rel=1e-12, abs=1e-9)
    weights = weights_of(one)
    assert variance(one, weights) == pytest.approx(variance(other, weights), rel=1e-9, abs=1e-6)


@pytest.mark.parametrize(
    ("side", "p", "share", "mean", "spread"),
    [
        (1, 0.8, 1.0, -6.0, 64.0),
        (-1, 0.8, 1.0, 6.0, 64.0),
        (1, 1.0, 1.0, -10.0, 0.0),
        (0, 0.5, 1.0, 0.0, 100.0),
        (1, 0.8, 0.6, -3.6, 100 * (0.6 - 0.36 * 0.36)),
        (1, 1.0, 0.0, 0.0, 0.0),
    ],
)
def test_one_trade(side: int, p: float, share: float, mean: float, spread: float) -> None:
    found = from_trades(tape([trade(size=10)]), told([side], p), maker_share=share, lean=0.0).table.row(0, named=True)
    assert (found["contracts"], found["variance"]) == (pytest.approx(mean), pytest.approx(spread))
    assert (found["volume"], found["trades"], found["low"], found["high"]) == (10, 1, -10.0, 10.0)


def test_orders_err_apart_and_fills_of_one_order_together() -> None:
    apart = tape([trade(size=10), trade(size=30, second=1), trade(size=20, exchange="E")])
    fills = tape([trade(size=10), trade(size=30), trade(size=20)])
    sides = told([1, 1, 1], 0.8)
    assert from_trades(apart, sides, lean=0.0).table["variance"].item() == pytest.approx(0.64 * (100 + 900 + 400))
    assert from_trades(fills, sides, lean=0.0).table["variance"].item() == pytest.approx(0.64 * 60**2)
    assert from_trades(fills, told([0, 0, 0]), lean=0.0).table["variance"].item() == pytest.approx(60**2)


@pytest.mark.parametrize("sides", list(itertools.product([1, -1], repeat=3)))
def test_legs_of_a_complex_order_are_right_or_wrong_together(sides: tuple[int, int, int]) -> None:
    """Truth: the two cases written out, all legs right with probability p, all wrong otherwise."""
    strikes, sizes, p = [6400.0, 6500.0, 6600.0], np.array([10.0, 20.0, 10.0]), 0.7
    legs = tape([trade(strike=k, size=int(q), is_complex=True) for k, q in zip(strikes, sizes, strict=True)])
    found = from_trades(legs, told(sides, p))
    weights = weights_of(found)
    right = float(weights["weight"].to_numpy() @ (-sizes * sides))
    mean = p * right - (1 - p) * right
    assert found.table["contracts"].to_numpy() @ weights["weight"].to_numpy() == pytest.approx(mean)
    assert variance(found, weights) == pytest.approx(p * (right - mean) ** 2 + (1 - p) * (-right - mean) ** 2)


def test_a_spread_is_less_in_doubt_than_its_legs_and_a_leg_without_side_is_alone() -> None:
    legs = tape([trade(strike=6500.0 + 5 * k, size=10, is_complex=True) for k in range(2)])
    equal = pl.DataFrame(legs.select(KEY)).with_columns(weight=1.0)
    assert variance(from_trades(legs, told([1, -1], 0.6)), equal) == pytest.approx(0.0, abs=1e-9)
    assert variance(from_trades(legs, told([1, 1], 0.6)), equal) == pytest.approx(400 * 0.96)
    assert variance(from_trades(legs, told([1, 0], 0.6)), equal) == pytest.approx(100 * 0.96 + 100)


@given(rows=TAPE, share=SHARE, cut=st.integers(0, 30))
def test_a_tape_cut_between_instants_adds_up_to_the_whole(rows: list, share: float, cut: int) -> None:  # type: ignore[type-arg]
    rows = sorted(rows, key=lambda row: row[0]["second"])
    first, rest = ([row for row in rows if (row[0]["second"] <= cut % 4) == early] for early in (True, False))
    parts = [inventory(part, share) for part in (first, rest) if part]
    whole = parts[0] if len(parts) == 1 else parts[0].plus(parts[1])
    same(whole, inventory(rows, share))
    if len(parts) == 2:
        same(parts[1].plus(parts[0]), whole)


@given(rows=TAPE, share=SHARE)
def test_customers_hold_what_dealers_do_not(rows: list, share: float) -> None:  # type: ignore[type-arg]
    dealers = inventory(rows, share)
    others = inventory([(row, -side, p) for row, side, p in rows], share)
    same(dealers.opposite(), others)
    both = dealers.plus(others).table
    assert both["contracts"].abs().max() == pytest.approx(0.0, abs=1e-9)
    assert (dealers.opposite().table["contracts"] + dealers.table["contracts"] == 0).all()


@given(rows=TAPE)
def test_what_rolls_off_is_what_expired_and_nothing_else(rows: list) -> None:  # type: ignore[type-arg]
    found = inventory(rows)
    left = found.rolled(dt.datetime(2025, 9, 5, 20, 0, tzinfo=dt.UTC))
    expired = found.table.filter(pl.col("expiration") == TODAY)
    assert expired["contracts"].sum() + left.table["contracts"].sum() == pytest.approx(found.table["contracts"].sum())
    assert left.table.filter(pl.col("expiration") == TODAY).is_empty()
    kept = found.table.filter(pl.col("expiration") == LATER)
    assert left.table.drop("volume", "trades").equals(kept.drop("volume", "trades"))
    if kept.height:
        weights = kept.select(KEY).with_columns(weight=np.arange(1.0, kept.height + 1.0))
        padded = weights.join(found.table.select(KEY), on=KEY, how="right").select(
            *KEY, pl.col("weight").fill_null(0.0)
        )
        assert variance(left, weights) == pytest.approx(variance(found, padded), rel=1e-9, abs=1e-9)


def test_a_date_alone_rolls_off_when_the_day_is_past_in_new_york() -> None:
    table = tape([trade()]).select(*KEY).with_columns(contracts=pl.lit(3.0))
    opening = opening_of(PositionBook("yesterday.csv", table, "0"))
    assert opening.rolled(dt.datetime(2025, 9, 6, 3, 59, tzinfo=dt.UTC)).table.height == 1
    assert opening.rolled(dt.datetime(2025, 9, 6, 4, 0, tzinfo=dt.UTC)).table.height == 0


@given(st.lists(st.lists(st.floats(-9, 9), min_size=3, max_size=3), min_size=1, max_size=8), st.integers(1, 4))
def test_factors_in_proportion_are_made_one_and_no_variance_changes(loads: list[list[float]], times: int) -> None:
    keys = tape([trade(strike=6400.0 + k) for k in range(3)]).select(KEY)
    table = pl.concat(
        keys.with_columns(factor=pl.lit(f), loading=pl.Series(load, dtype=pl.Float64)) for f, load in enumerate(loads)
    )
    compact = joined(*[table] * times)
    weights = np.array([0.3, -1.7, 2.2])
    truth = times * sum(float(weights @ load) ** 2 for load in loads)
    place = {strike: k for k, strike in enumerate(keys["strike"])}
    row = np.array([place[strike] for strike in compact["strike"]], dtype=np.int64)
    errors = Errors(np.zeros(3), row, compact["factor"].to_numpy(), compact["loading"].to_numpy())
    assert errors.variance(weights) == pytest.approx(truth, rel=1e-9, abs=1e-9)
    assert compact["factor"].n_unique() <= len(loads)


def test_a_naive_opening_errs_in_all_calls_alike_and_in_all_puts_alike() -> None:
    rows = [trade(strike=k, option_type=o) for k in (6400.0, 6500.0) for o in "CP"]
    listed = tape(rows).select(*KEY, "expires_at").with_columns(open_interest=pl.Series([100, 50, 30, 20]))
    found = opening_from(listed, confidence=0.6)
    order = found.table.sort("strike", "option_type")
    assert order["contracts"].to_list() == pytest.approx([60.0, -30.0, 18.0, -12.0])
    assert order["variance"].to_list() == pytest.approx([0.64 / 3 * q * q for q in (100, 50, 30, 20)])
    assert (order["low"].to_list(), order["high"].to_list()) == ([-100, -50, -30, -20], [100, 50, 30, 20])
    weights = listed.select(KEY).with_columns(weight=1.0)
    assert variance(found, weights) == pytest.approx(0.64 / 3 * (130**2 + 70**2))
    assert opening_from(listed, confidence=1.0).table["variance"].sum() == 0
    with pytest.raises(ValueError, match=r"confidence must be from 0 to 1, got 1\.5"):
        opening_from(listed, confidence=1.5)


def test_an_opening_adds_to_the_day_and_the_bounds_with_it() -> None:
    known = tape([trade()]).select(*KEY).with_columns(contracts=pl.lit(-40.0))
    doubted = known.with_columns(contracts=pl.lit(-40.0), variance=pl.lit(25.0))
    day = from_trades(tape([trade(size=10)]), told([1], 0.8))
    end = opening_of(PositionBook("own.csv", known, "0")).plus(day).table.row(0, named=True)
    assert (end["contracts"], end["variance"], end["low"], end["high"]) == (-46.0, pytest.approx(64.0), -50.0, -30.0)
    end = opening_of(PositionBook("own.csv", doubted, "0")).plus(day).table.row(0, named=True)
    assert (end["variance"], end["low"], end["high"]) == (pytest.approx(89.0), -np.inf, np.inf)


def test_the_books_digest_follows_its_content() -> None:
    one, same_, other = (from_trades(tape([trade(size=q)]), told([1], 0.8)).book("a") for q in (10, 10, 11))
    assert one.digest == same_.digest != other.digest


def test_an_empty_tape_is_an_empty_inventory() -> None:
    none = from_trades(tape([]), told([]))
    assert none.table.is_empty()
    day = from_trades(tape([trade(size=10)]), told([1], 0.8))
    same(none.plus(day), day)
    assert none.rolled(OPEN).table.is_empty()


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="sides of 2 trades, expected 1"):
        from_trades(tape([trade()]), told([1, 1]))
    for share in (-0.1, 1.1, float("nan")):
        with pytest.raises(ValueError, match="maker_share must be from 0 to 1"):
            from_trades(tape([trade()]), told([1]), maker_share=share)


def test_the_makers_share_is_the_identity_of_both_sides() -> None:
    """Written out: of 100 contracts, x have one maker and y two; customers take what is left of the 200 sides."""
    for x, y in ((60, 0), (100, 0), (70, 30)):
        makers = x + 2 * y
        volume = pl.DataFrame(
            {
                "underlying": ["SPX", "SPX", "SPX", "NDX"],
                "account_type": ["customer", "firm", "market_maker", "market_maker"],
                "contracts": [200 - makers - 5 if makers < 190 else 200 - makers, 5 if makers < 190 else 0, makers, 9],
            }
        )
        assert maker_share_of(volume, "SPX") == pytest.approx(x / 100)
    with pytest.raises(ValueError, match="no volume of RUT by account type; there is NDX, SPX"):
        maker_share_of(volume, "RUT")
