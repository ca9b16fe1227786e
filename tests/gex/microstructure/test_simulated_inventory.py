"""Inventory on a simulated day, whose holders are known."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import pytest
from market import simulate
from signed_tapes import told

from gex.ingest.schema import KEY
from gex.microstructure.inventory import from_trades, opening_of
from gex.microstructure.sides import classify
from gex.position_book import PositionBook

if TYPE_CHECKING:
    from market import Day

    from gex.microstructure.inventory import Inventory


@pytest.fixture(name="day", scope="module")
def _day() -> Day:
    return simulate(10_007, trades=4000)


def morning(day: Day) -> Inventory:
    return opening_of(PositionBook("morning", day.opening.select(*KEY, pl.col("contracts").cast(pl.Float64)), "0"))


def test_with_true_sides_the_evening_is_the_morning_and_the_trades(day: Day) -> None:
    with_makers = day.truth["passive"] == "maker"
    sides = told(day.truth["initiator_side"].filter(with_makers).to_list())
    found = morning(day).plus(from_trades(day.trades.filter(with_makers), sides)).table
    assert found["contracts"].to_list() == pytest.approx(day.closing["contracts"].to_list())
    assert found["variance"].max() == pytest.approx(0.0, abs=1e-9)


def test_open_interest_bounds_hold_what_dealers_truly_hold_and_nothing_is_impossible(day: Day) -> None:
    evening = morning(day).plus(from_trades(day.trades, classify(day.trades)))
    before = day.opening.select(*KEY, "open_interest")
    found = evening.reconciled(before, day.next_open_interest)
    assert found.impossible.is_empty()
    assert found.table.height == day.next_open_interest.height
    both = found.inventory.table.join(day.closing.select(*KEY, truth="contracts"), on=KEY)
    assert (both["truth"] >= both["low"]).all()
    assert (both["truth"] <= both["high"]).all()
    assert (found.inventory.table["variance"] <= evening.table["variance"] * (1 + 1e-9)).all()


def test_complex_orders_of_the_day_are_factors_and_their_errors_are_counted_once(day: Day) -> None:
    sides = told(day.truth["initiator_side"].to_list(), 0.8)
    found = from_trades(day.trades, sides)
    shared = found.factors.group_by(KEY).agg((pl.col("loading") ** 2).sum().alias("shared"))
    both = found.table.join(shared, on=KEY)
    assert both.height > 100
    assert (both["shared"] <= both["variance"] * (1 + 1e-9)).all()
    legs = day.trades.filter("is_complex")
    orders = legs.group_by("trade_time", "exchange").agg(pl.struct(KEY).n_unique().alias("legs"))
    assert 0 < found.factors["factor"].n_unique() <= orders.filter(pl.col("legs") > 1).height
