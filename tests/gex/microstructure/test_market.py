"""The simulated market: nothing is lost between its holders, its days repeat, and rules are as right as published."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from market import AGENTS, KINDS, PRESETS, Day, accuracy, simulate
from market.contracts import YEAR, nanoseconds
from polars.testing import assert_frame_equal

from gex import analyze
from gex.ingest.schema import KEY
from gex.ingest.trade_schema import TRADE_COLUMNS, TRADE_SCHEMA
from gex.position_book import PositionBook
from gex.pricing import gamma

TEST_DAYS = (10_000, 10_001)


@pytest.fixture(scope="module", name="day")
def _day() -> Day:
    return simulate(TEST_DAYS[0], trades=5_000)


def changes(day: Day) -> pl.DataFrame:
    """Return dealers' change by contract, from the truth of each trade."""
    told = day.trades.select(KEY).with_columns(day.truth["dealer_change"])
    return told.group_by(KEY).agg(pl.col("dealer_change").sum())


def test_the_same_seed_gives_the_same_day_and_another_does_not(day: Day) -> None:
    again, other = simulate(TEST_DAYS[0], trades=5_000), simulate(TEST_DAYS[1], trades=5_000)
    assert_frame_equal(day.trades, again.trades)
    assert_frame_equal(day.truth, again.truth)
    assert_frame_equal(day.closing, again.closing)
    assert not day.trades["price"].equals(other.trades["price"])


def test_the_tape_is_a_trade_table_in_order(day: Day) -> None:
    trades = day.trades
    assert trades.schema == TRADE_SCHEMA
    assert trades.height == day.truth.height == 5_000
    assert trades["trade_time"].is_sorted()
    assert (trades["price"] > 0).all()
    assert (trades["size"] > 0).all()
    required = [column.name for column in TRADE_COLUMNS if not column.nullable]
    assert trades.select(required).null_count().sum_horizontal().item() == 0
    assert trades.select(KEY).unique().join(day.opening, on=KEY, how="anti").is_empty()


def test_every_kind_of_trade_and_holder_is_there(day: Day) -> None:
    assert set(day.truth["kind"]) == set(KINDS)
    assert set(day.truth["initiator"]) == set(AGENTS[:2])
    assert set(day.truth["passive"]) == set(AGENTS)
    legs = day.trades.filter("is_complex").group_by("trade_time", "exchange").len()
    assert legs["len"].is_in([2, 3, 4]).mean() > 0.95  # several orders may share a millisecond


def test_trades_are_at_the_best_quote_inside_in_the_middle_and_outside(day: Day) -> None:
    price, bid, ask = (day.trades[name].to_numpy() for name in ("price", "bid", "ask"))
    shares = {
        "at": (price == bid) | (price == ask),
        "inside": (price > bid) & (price < ask),
        "middle": np.isclose(price, (bid + ask) / 2),
        "outside": (price < bid) | (price > ask),
    }
    found = {where: hits.mean() for where, hits in shares.items()}
    assert found["at"] + found["inside"] + found["outside"] == pytest.approx(1.0)
    assert 0.5 < found["at"] < 0.75
    assert 0.2 < found["inside"] < 0.45
    assert 0.01 < found["middle"] < 0.1
    assert 0.01 < found["outside"] < 0.1


def test_the_best_quote_on_the_tape_is_a_little_older_than_the_exchanges(day: Day) -> None:
    older = (day.trades["exchange_bid"] > day.trades["bid"]) | (day.trades["exchange_ask"] < day.trades["ask"])
    assert 0.02 < older.mean() < 0.2
    at_once = simulate(TEST_DAYS[0], trades=500, national_delay=0.0, order_age=1e9, late=0.0).trades
    assert not ((at_once["exchange_bid"] > at_once["bid"]) | (at_once["exchange_ask"] < at_once["ask"])).any()


def test_all_positions_add_up_to_nothing_morning_and_evening(day: Day) -> None:
    for held in (day.morning, day.evening):
        assert (held.long >= 0).all()
        assert (held.short >= 0).all()
        np.testing.assert_array_equal(held.long.sum(axis=0) + held.dealers, held.short.sum(axis=0))


def test_opening_and_changes_are_closing(day: Day) -> None:
    moved = day.opening.join(changes(day), on=KEY, how="left").fill_null(0)
    expected = moved.with_columns(pl.col("contracts") + pl.col("dealer_change")).select(*KEY, "contracts")
    assert_frame_equal(expected, day.closing.select(*KEY, "contracts"), check_row_order=False)


def test_dealers_take_the_other_side_of_the_initiator_or_are_absent(day: Day) -> None:
    truth = day.truth
    absent = (truth["passive"] != "maker").to_numpy()
    assert 0.02 < absent.mean() < 0.15
    signed = -truth["initiator_side"].to_numpy() * day.trades["size"].to_numpy()
    np.testing.assert_array_equal(truth["dealer_change"].to_numpy(), np.where(absent, 0, signed))


def test_a_resting_order_that_a_maker_takes_is_the_initiators(day: Day) -> None:
    """As in the published accuracies, which are those of customers' sides."""
    resting = pl.when(pl.col("kind") == "limit").then(-1).otherwise(1)
    assert day.truth.select((pl.col("taker_side") == pl.col("initiator_side") * resting).all()).item()


def test_open_interest_follows_from_who_opens_and_closes(day: Day) -> None:
    """Longs of customers change by what they open less what they close; makers' by their net positions."""
    sides = {1: "initiator", -1: "passive"}
    table = pl.concat([day.trades, day.truth], how="horizontal")
    steps = []
    for sign, who in sides.items():
        opens = pl.col(f"is_opening_{who}")
        buys = pl.col("initiator_side") == sign
        step = pl.when(opens & buys).then("size").when(~opens & ~buys).then(-pl.col("size")).otherwise(0)
        steps.append(table.filter(pl.col(who) != "maker").select(*KEY, step=step))
    customers = pl.concat(steps).group_by(KEY).agg(pl.col("step").sum())
    makers = np.maximum(day.evening.makers, 0).sum(axis=0) - np.maximum(day.morning.makers, 0).sum(axis=0)
    expected = day.contracts.key.with_columns(makers=pl.Series(makers)).join(customers, on=KEY, how="left").fill_null(0)
    both = day.opening.join(expected, on=KEY).join(day.closing, on=KEY, suffix="_after")
    assert (both["open_interest"] + both["makers"] + both["step"] == both["open_interest_after"]).all()
    assert 0.5 < day.truth["is_opening_initiator"].mean() < 0.8
    later = day.closing.filter(pl.col("expiration") > day.settings.date)
    assert_frame_equal(day.next_open_interest, later.select(*KEY, "open_interest"))


def test_the_chain_is_of_its_time(day: Day) -> None:
    chain, noon = day.chain, day.chain_at(dt.datetime(2025, 9, 5, 16, tzinfo=dt.UTC))
    for each in (chain, noon):
        told = day.trades.filter(pl.col("trade_time") <= each.quote_time)
        assert each.frame["volume"].sum() == told["size"].sum()
        assert each.frame["open_interest"].sum() == day.opening["open_interest"].sum()
        assert (each.frame["bid"] < each.frame["ask"]).all()
        assert each.frame["quote_time"].unique().to_list() == [each.quote_time]
    assert noon.frame["volume"].sum() < chain.frame["volume"].sum()


def test_analysis_finds_the_dealers_gamma_that_the_market_was_priced_with(day: Day) -> None:
    """Volatilities implied by the rounded quotes are near those behind them."""
    found = analyze(day.chain, positions=PositionBook("dealers", day.closing.drop("open_interest"), "0" * 64))
    end = np.full(len(day.contracts.strike), nanoseconds(day.chain.quote_time))
    years, spot = (day.contracts.expires - end) / YEAR, day.moves.at(end)
    sigma = day.contracts.volatility * day.moves.level_at(end)
    per_unit = gamma(spot, day.contracts.strike, years, sigma, day.settings.rate, day.settings.dividend)
    dollars = 100.0 * day.evening.dealers * per_unit * spot**2 * 0.01
    net, gross = found.exposure.gamma_usd_per_1pct.net, np.abs(dollars).sum()
    assert abs(net - dollars.sum()) < 0.03 * gross


@pytest.mark.parametrize("preset", PRESETS)
def test_published_accuracies_come_out_in_order_and_size_on_days_not_set_by(preset: str) -> None:
    found = accuracy.measured([simulate(seed, preset, trades=10_000) for seed in TEST_DAYS])
    published = accuracy.PUBLISHED[preset]
    for rule, share in published.items():
        assert found[rule] == pytest.approx(share, abs=4.5), rule
    for rules in accuracy.ORDER[preset]:
        assert [found[rule] for rule in rules] == sorted(found[rule] for rule in rules)


def test_a_size_as_quoted_tells_the_side_as_published() -> None:
    """Grauer et al.: it signs 22.3% of trades and is right on 79.9% of them, on which the quote rule is on 19%."""
    share, right, quote = np.mean([accuracy.sized(simulate(seed, trades=10_000)) for seed in TEST_DAYS], axis=0)
    assert share == pytest.approx(22.3, abs=3.0)
    assert right == pytest.approx(79.9, abs=4.0)
    assert quote == pytest.approx(19.0, abs=5.0)
