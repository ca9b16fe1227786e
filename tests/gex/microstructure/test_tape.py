"""The tape: hand-worked hedges, sums that keep what they were given, and batches that give the bits of the whole."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl
import pytest
from hedge_tapes import LATER, SPOT, TODAY, at, part, random_tape, sides_of, tape_of, trade, worth, years_to
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from market import simulate

from gex.microstructure.bars import Bars
from gex.microstructure.cells import DIMENSIONS
from gex.microstructure.sides import Sides
from gex.microstructure.tape import Tape, TapeSettings
from gex.microstructure.tape_rows import CUMULATED, DOLLARS, SCHEMA
from gex.microstructure.trade_greeks import TradePricer

TRADES, SIDES = random_tape(400, seed=5)
DISORDERED = random_tape(200, seed=6, disorder=90.0, together=0.4)
FLOWS = ("flow_usd", "flow_raw_usd", "gamma_usd_per_1pct", "vanna_usd_per_vol_point")


EXAMPLES = hypothesis_settings().max_examples // 3
"""Each takes two whole tapes."""


def run(trades: pl.DataFrame, sides: Sides, *cuts: int, chain: Any = None, **settings: Any) -> pl.DataFrame:
    """Return all rows of a tape whose trades came in batches cut at these places."""
    tape = Tape(TapeSettings(**settings), chain)
    edges = [0, *sorted(cuts), len(trades)]
    slices = [slice(first, last) for first, last in pairwise(edges)]
    return pl.concat([*(tape.add(trades[rows], part(sides, rows)) for rows in slices), tape.close()])


def one(side: int = 1, probability: float = 1.0, *, maker_share: float = 1.0, **given: Any) -> dict[str, Any]:
    """Return the only row of a tape of one trade."""
    rows = run(tape_of([trade(**given)]), sides_of([side], probability), maker_share=maker_share)
    assert len(rows) == 1
    return rows.row(0, named=True)


@pytest.mark.parametrize("option_type", ["C", "P"])
@pytest.mark.parametrize("side", [1, -1])
@pytest.mark.parametrize(("strike", "expiration"), [(6500.0, TODAY), (6450.0, LATER), (6600.0, LATER)])
def test_a_trade_is_hedged_as_the_formula_says(option_type: str, side: int, strike: float, expiration: dt.date) -> None:
    value = worth(strike, years_to(expiration, at("10:00")), option_type)
    row = one(side, 0.8, option_type=option_type, strike=strike, expiration=expiration, size=7)
    whole = 7 * 100.0 * value.delta * SPOT
    assert row["flow_usd"] == pytest.approx(side * 0.6 * whole, rel=1e-9)
    assert row["flow_raw_usd"] == pytest.approx(side * whole, rel=1e-9)
    assert row["delta_traded_usd"] == pytest.approx(abs(whole), rel=1e-9)
    assert row["flow_error_usd"] == pytest.approx(0.8 * abs(whole), rel=1e-9)
    assert row["gamma_usd_per_1pct"] == pytest.approx(-side * 0.6 * 7 * value.gamma * SPOT**2, rel=1e-7)
    assert row["vanna_usd_per_vol_point"] == pytest.approx(-side * 0.6 * 7 * value.vanna * SPOT, rel=1e-6)


def test_dealers_buy_against_bought_calls_and_sold_puts() -> None:
    signs = {(kind, side): one(side, option_type=kind)["flow_usd"] > 0 for kind in "CP" for side in (1, -1)}
    assert signs == {("C", 1): True, ("C", -1): False, ("P", 1): False, ("P", -1): True}


def test_dealers_are_short_gamma_of_what_customers_bought() -> None:
    assert all(one(1, option_type=kind)["gamma_usd_per_1pct"] < 0 for kind in "CP")


def test_a_side_that_is_unknown_moves_nothing_and_adds_its_whole_error() -> None:
    row, sure = one(0), one(1)
    assert (row["flow_usd"], row["flow_raw_usd"], row["gamma_usd_per_1pct"]) == (0.0, 0.0, 0.0)
    assert row["flow_error_usd"] == row["delta_traded_usd"] == sure["delta_traded_usd"] > 0
    assert sure["flow_error_usd"] == 0.0
    assert (row["unknown_contracts"], row["bought_contracts"]) == (1, 0)


def test_the_share_of_dealers_scales_the_hedge_and_adds_its_own_doubt() -> None:
    """The other side is a dealer with probability m: mean m e, variance m - (m e)^2."""
    row, whole = one(1, 0.9, maker_share=0.5), one(1, 0.9)["flow_raw_usd"]
    assert row["flow_usd"] == pytest.approx(0.5 * 0.8 * whole)
    assert row["flow_error_usd"] == pytest.approx(math.sqrt(0.5 - 0.16) * whole)


def test_the_error_covers_the_truth() -> None:
    """Sides drawn with the probabilities told: the true flow lies in the range 95 times in 100."""
    rng = np.random.default_rng(3)
    rows = run(TRADES, SIDES, bars=Bars.of("1d")).row(0, named=True)
    found = TradePricer().price(TRADES)
    whole = TRADES["size"].to_numpy() * 100.0 * np.nan_to_num(found.delta) * SPOT
    right = rng.random((4000, len(whole))) < SIDES.probability
    side = np.where(SIDES.side == 0, 1, SIDES.side)
    truth = np.where(right, side, -side) @ whole
    inside = (truth > rows["cumulated_low_usd"]) & (truth < rows["cumulated_high_usd"])
    assert 0.94 < inside.mean() < 0.96


def error_of(*trades: dict[str, Any], side: tuple[int, ...] = (1, 1), by: Any = None) -> pl.Series:
    return run(tape_of(trades), sides_of(side, 0.8), by=by)["flow_error_usd"]


def test_fills_of_one_order_are_right_or_wrong_together() -> None:
    """The error of an order told in two fills is that of the whole; of two orders, the root of the squares."""
    fill = {"exchange": "A", "is_complex": False}
    whole = error_of(trade(size=5, **fill), side=(1,))[0]
    assert error_of(trade(size=2, **fill), trade(size=3, **fill))[0] == pytest.approx(whole, rel=1e-12)
    apart = math.hypot(2, 3) / 5 * whole
    others = [{"exchange": "B"}, {"exchange": None}, {"trade_time": at("10:00:01")}, {"is_complex": True}]
    for other in others:
        found = error_of(trade(size=2, **fill), trade(size=3, **fill) | other)[0]
        assert found == pytest.approx(apart, rel=1e-3 if "trade_time" in other else 1e-12)


def test_legs_of_a_complex_order_take_from_each_others_doubt() -> None:
    bought, sold = (trade(strike=strike, exchange="A", is_complex=True) for strike in (6500.0, 6510.0))
    first, second = (error_of(leg, side=(1,))[0] for leg in (bought, sold))
    assert error_of(bought, sold, side=(1, -1))[0] == pytest.approx(first - second, rel=1e-9)
    assert error_of(bought, sold, side=(1, 1))[0] == pytest.approx(first + second, rel=1e-9)
    # Nobody knows whether a leg without a side went with the others: its doubt is whole and its own.
    unknown = error_of(sold, side=(0,))[0]
    assert error_of(bought, sold, side=(1, 0))[0] == pytest.approx(math.hypot(first, unknown), rel=1e-9)
    assert error_of(bought, bought, side=(1, -1))[0] == 0.0


def test_groups_have_the_errors_of_their_own_legs() -> None:
    """A call and a put of one order stand in two rows: each has its own whole doubt."""
    call, put = (trade(option_type=kind, exchange="A", is_complex=True) for kind in "CP")
    alone = [error_of(leg, side=(1,))[0] for leg in (call, put)]
    assert error_of(call, put, by="type").to_list() == pytest.approx(alone)
    assert error_of(call, put)[0] == pytest.approx(abs(alone[0] - alone[1]))


def test_all_sides_turned_turn_every_flow() -> None:
    turned = replace(SIDES, side=-SIDES.side)
    there, back = run(TRADES, SIDES), run(TRADES, turned)
    for name in FLOWS:
        np.testing.assert_allclose(back[name], -there[name], rtol=1e-12, atol=1e-6)
    np.testing.assert_allclose(back["flow_error_usd"], there["flow_error_usd"], rtol=1e-12)


@pytest.mark.parametrize("dimension", DIMENSIONS)
def test_parts_make_the_whole(dimension: str) -> None:
    rows = run(TRADES, SIDES)
    for prefix in ("", "cumulated_"):
        parts = sum(rows[f"{prefix}{name}_usd"] for name in DIMENSIONS[dimension])
        np.testing.assert_allclose(parts, rows[f"{prefix}flow_usd"], rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize("by", ["type", "term", "size", "side", "expiration"])
def test_groups_make_the_whole(by: Any) -> None:
    rows, groups = run(TRADES, SIDES), run(TRADES, SIDES, by=by)
    summed = groups.group_by("start", maintain_order=True).agg(pl.exclude("group").sum())
    for name in ("trades", "contracts", "unpriced", *DOLLARS):
        np.testing.assert_allclose(summed[name], rows[name], rtol=1e-12, atol=1e-6)
    assert groups.select("start", "group").is_unique().all()


def test_a_group_holds_what_its_name_says() -> None:
    """Each group of a tape is the tape of its trades alone."""
    for by, key in (("type", pl.col("option_type") == "P"), ("expiration", pl.col("expiration") == LATER)):
        chosen = TRADES.select(key).to_series().to_numpy()
        label = {"type": "puts", "expiration": LATER.isoformat()}[by]
        rows = run(TRADES, SIDES, by=by).filter(pl.col("group") == label).drop("group")  # type: ignore[arg-type]
        alone = run(TRADES.filter(chosen), Sides(*(x[chosen] for x in (SIDES.side, SIDES.rule, SIDES.probability)), ()))
        assert rows.drop("spot").equals(alone.drop("spot"))


def test_sizes_are_parted_at_ten_and_at_a_hundred() -> None:
    sizes = [1, 9, 10, 99, 100, 5000]
    rows = run(tape_of([trade(size=size) for size in sizes]), sides_of([1] * 6), by="size")
    assert rows["group"].to_list() == ["size_1_9", "size_10_99", "size_100_up"]
    assert rows["contracts"].to_list() == [10, 109, 5100]


@pytest.mark.parametrize("width", ["30s", "5m", "1h", "1d"])
def test_bars_of_any_width_sum_to_the_same(width: str) -> None:
    rows = run(TRADES, SIDES, bars=Bars.of(width))
    assert rows["trades"].sum() == len(TRADES)
    assert rows["contracts"].sum() == TRADES["size"].sum()
    whole = run(TRADES, SIDES, bars=Bars.of("1d"))
    for name in FLOWS:
        assert rows[name].sum() == pytest.approx(whole[name][0], rel=1e-12, abs=1e-4)
        assert rows[f"cumulated_{name}"][-1] == pytest.approx(whole[name][0], rel=1e-12, abs=1e-4)
    assert rows["cumulated_error_usd"][-1] == pytest.approx(whole["flow_error_usd"][0], rel=1e-12)


@hypothesis_settings(max_examples=EXAMPLES)
@given(
    cuts=st.lists(st.integers(0, len(DISORDERED[0])), max_size=6),
    late=st.sampled_from([None, 0.0, 5.0, 3600.0]),
    by=st.sampled_from([None, "type", "expiration"]),
    empty=st.booleans(),
)
def test_batches_give_the_bits_of_the_whole(cuts: list[int], late: float | None, by: Any, empty: bool) -> None:
    trades, sides = DISORDERED
    settings: dict[str, Any] = {"late": late, "by": by, "empty": empty, "bars": Bars.of("3m")}
    # Byte for byte, which a frame's own equality of floats would not tell of zeros.
    assert run(trades, sides, *cuts, **settings).serialize() == run(trades, sides, **settings).serialize()


def test_rows_come_as_soon_as_their_bar_is_over() -> None:
    rows = tape_of([trade(clock) for clock in ("10:00", "10:04:59", "10:05:03", "10:05:05", "10:12")])
    tape = Tape(TapeSettings(late=5.0))
    told = [tape.add(rows[place], sides_of([1]))["trades"].to_list() for place in range(5)]
    assert told == [[], [], [], [2], [2]]
    assert tape.close()["trades"].to_list() == [1]
    assert tape.summary.totals["trades"] == 5


def test_a_trade_told_after_its_bar_counts_in_the_next_and_as_late() -> None:
    rows = tape_of([trade(clock) for clock in ("10:00", "10:07", "10:04", "10:06:58")])
    late = run(rows, sides_of([1] * 4), late=2.0)
    assert (late["trades"].to_list(), late["late"].to_list()) == ([1, 3], [0, 1])
    patient = run(rows, sides_of([1] * 4))
    assert (patient["trades"].to_list(), patient["late"].to_list()) == ([2, 2], [0, 0])


def test_with_the_true_sides_flows_are_those_of_the_true_changes() -> None:
    """A simulated day: dealers' true changes, negated and times delta, are what they hedge."""
    day = simulate(10_001, trades=1500)
    change = day.truth["dealer_change"].to_numpy()
    known = day.truth["dealer_change"].abs() == day.trades["size"]
    side = np.where(known.to_numpy(), -np.sign(change), 0).astype(int)
    rows = run(day.trades, sides_of(side.tolist()), bars=Bars.of("1d"))
    found = TradePricer().price(day.trades)
    hedge = np.nan_to_num(found.delta * found.spot) * -change * day.trades["multiplier"].to_numpy()
    assert known.mean() > 0.8  # type: ignore[operator]  # of booleans
    assert rows["flow_usd"][0] == pytest.approx(hedge[known.to_numpy()].sum(), rel=1e-9)
    assert rows["flow_usd"][0] == rows["flow_raw_usd"][0]


def test_order_does_not_move_trades_between_bars_that_stay_open() -> None:
    """A file sorted by contract gives the same counts, and the same sums but for their rounding."""
    order = np.random.default_rng(1).permutation(len(TRADES))
    mixed = Sides(SIDES.side[order], SIDES.rule[order], SIDES.probability[order], SIDES.stack)
    rows, other = run(TRADES, SIDES), run(TRADES[order.tolist()], mixed)
    assert other["contracts"].equals(rows["contracts"])
    np.testing.assert_allclose(other["flow_usd"], rows["flow_usd"], rtol=1e-10, atol=1e-4)


def test_bars_without_trades_are_shown_on_wish() -> None:
    trades = tape_of([trade("10:00"), trade("10:17", underlying_bid=6510.0, underlying_ask=6510.0)])
    assert run(trades, sides_of([1, 1]))["trades"].to_list() == [1, 1]
    rows = run(trades, sides_of([1, 1]), empty=True)
    assert rows["trades"].to_list() == [1, 0, 0, 1]
    assert rows["spot"].to_list() == [SPOT, SPOT, SPOT, 6510.0]
    assert rows["cumulated_flow_usd"][1] == rows["flow_usd"][0]


def test_what_is_cumulated_begins_anew_each_date() -> None:
    other = dt.date(2025, 9, 8)
    trades = tape_of([trade("10:00"), trade(trade_time=at("10:00", other), expiration=other)])
    rows = run(trades, sides_of([1, 1]), empty=True)
    assert rows["date"].to_list() == [TODAY, other]
    assert rows["cumulated_flow_usd"].to_list() == rows["flow_usd"].to_list()


def test_what_expires_on_the_date_is_0dte() -> None:
    rows = run(tape_of([trade(size=3), trade(expiration=LATER)]), sides_of([1, 1]), by="term")
    assert dict(rows.select("group", "contracts").iter_rows()) == {"zero_dte": 3, "later": 1}
    assert rows["zero_dte_contracts"].to_list() == [3, 0]


def test_unpriced_trades_are_counted_with_their_reasons_and_move_nothing() -> None:
    tape = Tape()
    tape.add(
        tape_of([trade(), trade("16:00", size=4), trade("09:31", size=5, underlying_bid=None), trade("12:00", bid=7000.0, ask=7000.0, price=7000.0)]),
        sides_of([1, 1, 1, 1]),
    )  # fmt: skip
    rows = tape.close()
    assert (rows["unpriced"].sum(), rows["unpriced_contracts"].sum()) == (3, 10)
    assert tape.summary.unpriced == {"expired": 1, "no_underlying": 1, "impossible_price": 1}
    assert rows.filter(pl.col("unpriced") > 0)["delta_traded_usd"].to_list() == [0.0, 0.0, 0.0]
    assert rows.select(pl.col(pl.Float64).is_nan().any()).row(0) == (False,) * sum(
        dtype == pl.Float64 for dtype in rows.dtypes
    )


def test_the_summary_says_what_figures_rest_on(make_chain) -> None:
    tape = Tape(TapeSettings(), make_chain([LATER]))
    trades = [
        trade(),
        trade(expiration=LATER),
        trade(bid=None, underlying_bid=None),
        trade("15:00", underlying_bid=None),
    ]
    tape.add(tape_of(trades), sides_of([1, -1, 1, 0], 0.7))
    found = tape.summary
    assert found.underlying == "SPX"
    assert (found.first, found.last) == (at("10:00"), at("15:00"))
    assert found.volatility_from == {"mid": 3, "price": 1}
    assert found.spot_from == {"quote": 2, "earlier quote": 1, "chain": 1}
    assert found.outside_chain == 3
    assert found.totals["trades"] == 4


def test_a_tape_of_nothing_has_no_row() -> None:
    tape = Tape()
    assert tape.add(tape_of([]), sides_of([])).is_empty()
    rows = tape.close()
    assert rows.is_empty()
    assert rows.schema == pl.Schema({name: dtype for name, dtype in SCHEMA.items() if name != "group"})
    assert tape.summary.first is None


def test_a_closed_tape_takes_no_more() -> None:
    tape = Tape()
    tape.close()
    with pytest.raises(ValueError, match="the tape is closed"):
        tape.add(tape_of([trade()]), sides_of([1]))


def test_every_cumulated_column_is_the_sum_of_its_own() -> None:
    rows = run(TRADES, SIDES)
    for name in CUMULATED:
        np.testing.assert_array_equal(rows[f"cumulated_{name}"], np.cumsum(rows[name]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (pl.col("size").cast(pl.Float64), "column size of trades must be Int64, got Float64"),
        (pl.lit(0, pl.Int64).alias("size"), "must hold contracts from 1 on"),
        (pl.lit(None, pl.Float64).alias("price"), "column price of trades must not hold null"),
        (pl.lit("QQQ").alias("underlying"), "of one underlying: SPX here, then trades of QQQ"),
    ],
)
def test_trades_that_are_none_are_refused(change: pl.Expr, message: str) -> None:
    tape = Tape()
    tape.add(TRADES[:3], part(SIDES, slice(0, 3)))
    with pytest.raises(ValueError, match=message):
        tape.add(TRADES[:3].with_columns(change), part(SIDES, slice(0, 3)))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ValueError, match="column bid of trades must be Float64, got None"):
        Tape().add(TRADES.drop("bid"), SIDES)


@pytest.mark.parametrize(
    ("sides", "message"),
    [
        (sides_of([1, 1]), "sides of 1 trades expected"),
        (replace(sides_of([1]), probability=np.array([0.4])), "probabilities from 0.5 to 1"),
        (replace(sides_of([1]), probability=np.array([math.nan])), "probabilities from 0.5 to 1"),
        (sides_of([2]), "sides must be -1, 0 or 1"),
    ],
)
def test_sides_that_are_none_are_refused(sides: Sides, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Tape().add(tape_of([trade()]), sides)


def test_a_chain_of_another_underlying_is_refused(chain) -> None:
    with pytest.raises(ValueError, match="of one underlying: SPX here, then trades of QQQ"):
        Tape(TapeSettings(), chain).add(tape_of([trade(underlying="QQQ")]), sides_of([1]))


@pytest.mark.parametrize(
    ("name", "value"),
    [("by", "moon"), ("late", -1.0), ("late", math.nan), ("maker_share", 1.1), ("maker_share", math.nan)],
)
def test_settings_that_are_none_are_refused(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"{name} must be"):
        TapeSettings(**{name: value})
