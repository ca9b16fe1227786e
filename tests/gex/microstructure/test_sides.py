"""The sides of trades: each rule on rows worked by hand, all of them beside plain Python, and what must not matter."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from side_rules import drawn, one_rule, tape, told

from gex.microstructure.rules import RULES, STACKS, rules_of
from gex.microstructure.sides import Classifier, Sides, classify

if TYPE_CHECKING:
    from collections.abc import Sequence

NATIONAL = {"bid": 9.0, "ask": 10.0, "bid_size": 20, "ask_size": 30}
OWN = {"exchange_bid": 9.0, "exchange_ask": 10.0, "exchange_bid_size": 20, "exchange_ask_size": 30}
LOOKS_AHEAD = [name for name in RULES if RULES[name].reverse]
LOOKS_BACK = [name for name in RULES if name not in LOOKS_AHEAD]


def sides(rows: Sequence[dict[str, Any]], stack: str | Sequence[str]) -> list[int]:
    return classify(tape(rows), stack).side.tolist()


def same(first: Sides, second: Sides, chosen: Any = slice(None)) -> None:
    np.testing.assert_array_equal(first.side, second.side[chosen])
    np.testing.assert_array_equal(first.rule, second.rule[chosen])
    np.testing.assert_array_equal(first.probability, second.probability[chosen])


@pytest.mark.parametrize(("rule", "quotes"), [("quote_nbbo", NATIONAL), ("quote_ex", OWN)])
def test_the_quote_rule_takes_the_side_of_the_mid(rule: str, quotes: dict[str, Any]) -> None:
    prices = [9.75, 9.25, 9.5, 10.5, 8.5]
    assert sides([{**quotes, "price": price} for price in prices], rule) == [1, -1, 0, 1, -1]
    assert sides([{"price": price} for price in prices], rule) == [0] * 5


def test_a_crossed_quote_has_no_mid_and_a_locked_one_has() -> None:
    rows = [{"bid": 10.0, "ask": 9.0, "price": 9.75}, {"bid": 9.0, "ask": 9.0, "price": 9.25}]
    assert sides(rows, "quote_nbbo") == [0, 1]


def test_the_tick_tests_take_the_nearest_different_price() -> None:
    prices = [5.0, 5.0, 5.1, 5.1, 5.0, 5.0]
    rows = [{"price": price} for price in prices]
    assert sides(rows, "tick_all") == [0, 0, 1, 1, -1, -1]
    assert sides(rows, "rtick_all") == [-1, -1, 1, 1, 0, 0]


@pytest.mark.parametrize("wrong", [float("nan"), float("inf")])
def test_a_price_that_is_none_is_nobodys_last_price(wrong: float) -> None:
    rows = [{"price": price} for price in (5.0, wrong, 5.1)]
    assert sides(rows, "tick_all") == [0, 0, 1]
    assert sides(rows, "rtick_all") == [-1, 0, 0]


def test_ticks_of_one_exchange_and_of_all() -> None:
    rows = [
        {"price": 5.0, "exchange": "A"},
        {"price": 5.2, "exchange": "B"},
        {"price": 5.1, "exchange": "A"},
        {"price": 5.3, "exchange": None},
    ]
    assert sides(rows, "tick_all") == [0, 1, -1, 1]
    assert sides(rows, "tick_ex") == [0, 0, 1, 0]
    assert sides(rows, "rtick_all") == [-1, 1, -1, 0]
    assert sides(rows, "rtick_ex") == [-1, 0, 0, 0]


@pytest.mark.parametrize(
    "other",
    [
        {"strike": 6505.0},
        {"option_type": "P"},
        {"root": "SPX"},
        {"expiration": tape([{}])["expiration"][0].replace(day=8)},
    ],
)
def test_a_contract_is_root_expiration_strike_and_type(other: dict[str, Any]) -> None:
    rows = [{"price": 5.0}, {"price": 9.0, **other}, {"price": 5.1}]
    assert sides(rows, "tick_all") == [0, 0, 1]


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        #        at bid, at ask, mid, near ask, outside above, each after a trade at 11 (tick test: all sells)
        ("lr_nbbo", [-1, 1, -1, 1, 1]),
        ("emo_nbbo", [-1, 1, -1, -1, -1]),
        ("clnv_nbbo", [-1, 1, -1, 1, -1]),
    ],
)
def test_hybrids_fall_back_on_the_tick_test(rule: str, expected: list[int]) -> None:
    for price, side in zip([9.0, 10.0, 9.5, 9.75, 10.5], expected, strict=True):
        before, row, after = {"price": 11.0}, {**NATIONAL, "price": price}, {"price": 4.0}
        assert sides([before, row], rule)[1] == side
        # The next price is lower, so the reverse tick test says buy where the tick test says sell.
        reverse = 1 if price == 9.5 or (rule != "lr_nbbo" and side == -1 and price != 9.0) else side
        assert sides([before, row, after], f"rev_{rule}")[1] == reverse


def test_hybrids_on_the_exchanges_quotes_take_prices_of_all_exchanges() -> None:
    rows = [{"price": 11.0, "exchange": "A"}, {**OWN, "price": 9.5, "exchange": "B"}]
    assert [sides(rows, f"{rule}_ex")[1] for rule in ("lr", "emo", "clnv")] == [-1, -1, -1]


@pytest.mark.parametrize("suffix", ["nbbo", "ex"])
def test_depth_and_trade_size(suffix: str) -> None:
    quotes = NATIONAL if suffix == "nbbo" else OWN
    prefix = "" if suffix == "nbbo" else "exchange_"
    at_mid = [{**quotes, "price": 9.5}, {**quotes, "price": 9.5, f"{prefix}bid_size": 40}, {**quotes, "price": 9.6}]
    assert sides(at_mid, f"depth_{suffix}") == [1, -1, 0]
    equal = {f"{prefix}bid_size": 30}
    rows = [{**quotes, "size": 20}, {**quotes, "size": 30}, {**quotes, "size": 30, **equal}, {**quotes, "size": 25}]
    assert sides(rows, f"tsize_{suffix}") == [1, -1, 0, 0]


def test_the_first_rule_of_a_stack_that_tells_counts() -> None:
    rows = [
        {**OWN, "price": 10.0, "size": 30},  # the size of the ask: a customer's limit order to sell
        {**NATIONAL, "price": 10.0},
        {**OWN, **NATIONAL, "bid": None, "price": 9.1},
        {**NATIONAL, "price": 9.5},
        {**OWN, "price": 9.5},
        {"price": 9.6},
        {"price": 9.4},
    ]
    result = classify(tape(rows), "gsu_large")
    assert result.rule.tolist() == [0, 1, 2, 3, 4, 5, -1]
    assert result.side.tolist() == [-1, 1, -1, 1, 1, 1, 0]
    assert result.stack == STACKS["gsu_large"]


def test_what_nothing_tells_has_no_side() -> None:
    result = classify(tape([{}]), "gsu_large")
    assert (result.side[0], result.rule[0], result.probability[0], result.expected[0]) == (0, -1, 0.5, 0.0)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_says_what_plain_python_says(rule: str) -> None:
    trades = drawn(7, 300)
    rows = trades.rows(named=True)
    assert classify(trades, rule).side.tolist() == [one_rule(rule, rows, at) for at in range(len(rows))]


@pytest.mark.parametrize("stack", STACKS)
def test_every_stack_says_what_plain_python_says(stack: str) -> None:
    trades = drawn(8, 300)
    result = classify(trades, stack)
    assert (result.side.tolist(), result.rule.tolist()) == told(trades, STACKS[stack])


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 999), cuts=st.lists(st.integers(0, 120), max_size=5))
def test_batches_are_the_whole(seed: int, cuts: list[int]) -> None:
    trades = drawn(seed, 120)
    places = [0, *sorted(cuts), 120]
    classifier = Classifier(LOOKS_BACK[::-1])
    parts = [classifier.classify(trades[a:b]) for a, b in pairwise(places)]
    whole = classify(trades, LOOKS_BACK[::-1])
    for name in ("side", "rule", "probability"):
        np.testing.assert_array_equal(np.concatenate([getattr(part, name) for part in parts]), getattr(whole, name))


def test_rules_that_look_ahead_see_their_batch_alone() -> None:
    classifier = Classifier("rtick_all")
    first, second = tape([{"price": 5.0}]), tape([{"price": 6.0}, {"price": 5.0}])
    assert classifier.classify(first).side.tolist() == [0]
    assert classifier.classify(second).side.tolist() == [1, 0]


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 999))
def test_a_contract_alone_has_the_sides_it_has_among_others(seed: int) -> None:
    """And so in whatever order the others' trades stand between its own."""
    trades = drawn(seed, 120)
    stack = list(RULES)[seed % 7 :: 7]
    whole = classify(trades, stack)
    key = ["root", "strike", "option_type"]
    for part in trades.with_row_index("at").partition_by(key, maintain_order=True):
        same(classify(part.drop("at"), stack), whole, part["at"].to_numpy())


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 999))
def test_how_contracts_are_interleaved_does_not_matter(seed: int) -> None:
    trades = drawn(seed, 120)
    contract = trades.select(pl.struct("root", "strike", "option_type").rank("dense")).to_series().to_numpy()
    turns = np.random.default_rng(seed).permutation(contract)
    row = np.empty(len(turns), np.int64)
    row[np.argsort(turns, kind="stable")] = np.argsort(
        contract, kind="stable"
    )  # each contract's trades keep their order
    stack = list(RULES)[seed % 5 :: 5]
    same(classify(trades[row], stack), classify(trades, stack), row)


@settings(max_examples=settings().max_examples // 2)
@given(seed=st.integers(0, 999), rule=st.sampled_from(list(RULES)))
def test_a_market_seen_in_a_mirror_has_the_other_sides(seed: int, rule: str) -> None:
    """Prices negated and raised again, bids and asks exchanged: buyers are sellers."""
    trades = drawn(seed, 60).with_columns(pl.col("price", "^.*bid$", "^.*ask$") * 64)
    mirrored = trades.select(
        pl.exclude("price", "^.*(bid|ask)(_size)?$"),
        (512.0 - pl.col("price")).alias("price"),
        *[
            (512.0 - pl.col(f"{own}{a}")).alias(f"{own}{b}")
            for own in ("", "exchange_")
            for a, b in (("bid", "ask"), ("ask", "bid"))
        ],
        *[
            pl.col(f"{own}{a}_size").alias(f"{own}{b}_size")
            for own in ("", "exchange_")
            for a, b in (("bid", "ask"), ("ask", "bid"))
        ],
        pl.col("underlying_bid", "underlying_ask"),
    )
    np.testing.assert_array_equal(classify(mirrored, rule).side, -classify(trades, rule).side)


@settings(max_examples=settings().max_examples // 2)
@given(
    st.lists(
        st.fixed_dictionaries(
            {name: st.one_of(st.none(), st.floats(width=32)) for name in ("bid", "ask", "exchange_bid", "exchange_ask")}
            | {"price": st.floats(width=32), "bid_size": st.one_of(st.none(), st.integers(-1, 3))}
        ),
        max_size=20,
    )
)
def test_no_price_or_quote_raises(rows: list[dict[str, Any]]) -> None:
    result = classify(tape(rows), list(RULES))
    assert set(result.side.tolist()) <= {-1, 0, 1}
    assert ((result.probability >= 0.5) & (result.probability <= 1)).all()
    assert (result.probability[result.side == 0] == 0.5).all()


def test_an_ask_of_nothing_is_none() -> None:
    assert sides([{"bid": 0.0, "ask": 0.0, "price": 1.0}, {"bid": 0.0, "ask": 1.0, "price": 1.0}], "quote_nbbo") == [
        0,
        1,
    ]


def test_a_tape_without_trades() -> None:
    result = classify(tape([]), "gsu_large")
    assert result.side.shape == result.rule.shape == result.probability.shape == (0,)


def test_many_contracts_are_told_apart() -> None:
    """More than the table of numbers starts with, twice over, in two batches."""
    count = 5_000
    first = (
        tape([{}])
        .select(pl.exclude("strike", "price"))
        .join(
            pl.DataFrame({"strike": np.arange(count, dtype=float) + 1, "price": np.arange(count) % 7 + 1.0}),
            how="cross",
        )
    )
    second = first.with_columns(pl.col("price") + 0.01)[::-1]
    classifier = Classifier("tick_all")
    assert not classifier.classify(first).side.any()
    assert (classifier.classify(second).side == 1).all()


def test_names_of_any_length_in_any_chunks_are_the_same_names() -> None:
    long = {"root": "A ROOT OF MANY LETTERS"}
    parts = [tape([{"price": price, **root}]) for price in (5.0, 6.0) for root in (long, {"root": "SPX"}, {"root": ""})]
    assert classify(pl.concat(parts, rechunk=False), "tick_all").side.tolist() == [0, 0, 0, 1, 1, 1]


def test_wrong_stacks_are_refused() -> None:
    for wrong in ("fastest", ["quote"], [], ["tick_all", "tick_all"]):
        with pytest.raises(ValueError, match="stack"):
            rules_of(wrong)


@pytest.mark.parametrize("tolerance", [-1e-9, float("nan"), float("inf")])
def test_wrong_tolerances_are_refused(tolerance: float) -> None:
    with pytest.raises(ValueError, match="tolerance"):
        Classifier("quote", tolerance=tolerance)


def test_a_price_at_the_mid_on_paper_is_at_the_mid() -> None:
    """0.5 x (0.14 + 0.16) is above 0.15 in binary: compared as it stands, the trade is a sale."""
    rows = [{"bid": 0.14, "ask": 0.16, "price": 0.15}]
    assert sides(rows, "quote_nbbo") == [0]
    assert classify(tape(rows), "quote_nbbo", tolerance=0.0).side.tolist() == [-1]


def test_missing_columns_and_nulls_are_refused() -> None:
    trades = tape([{}])
    with pytest.raises(TypeError, match=r"Polars frame, .* got dict"):
        classify({"price": [1.0]})  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="lack the columns strike, ask"):
        classify(trades.drop("ask", "strike"))
    with pytest.raises(ValueError, match="nulls in strike, price"):
        classify(trades.with_columns(strike=None, price=None))
