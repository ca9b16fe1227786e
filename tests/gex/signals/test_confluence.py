"""Levels that lie together: by hand, by trying every group, and those of 21 November 2025."""

from __future__ import annotations

import datetime as dt
from itertools import combinations

import numpy as np
import pytest
from daily_series import history, history_of
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.results import Levels, WallPair, Walls
from gex.signals.confluence import Tolerance, confluence
from gex.signals.named import Named
from gex.signals.panel import Panel
from gex.signals.price_levels import GAMMA, PriceLevel, gamma_levels, price_levels, round_step

NOTHING = WallPair(None, None)


def level(price: float, kind: str = "average", name: str = "") -> PriceLevel:
    return PriceLevel(name or f"{kind}_{price:g}", price, kind, "")


def test_clusters_by_hand() -> None:
    levels = [level(6500, "round"), level(6547, "average"), level(6502, "gamma"), level(6495), level(6550), level(6700)]
    near, far = confluence([*levels, level(6551, "extreme")], 6510.0, Tolerance(10, "points"), sigma=60.0)
    assert [each.price for each in near.members] == [6495, 6500, 6502]
    assert near.kinds == ("average", "round", "gamma")
    assert near.spread == 7
    assert near.middle == pytest.approx(6499)
    assert near.distance == pytest.approx(-11)
    assert near.distance_pct == pytest.approx(-11 / 65.1)
    assert near.distance_sigmas == pytest.approx(-11 / 60)
    assert [each.price for each in far.members] == [6547, 6550, 6551]


def test_levels_of_one_kind_are_no_confluence_unless_asked_for() -> None:
    levels = [level(100.0), level(100.1)]
    assert confluence(levels, 100.0, Tolerance(1.0)) == ()
    (found,) = confluence(levels, 100.0, Tolerance(1.0), kinds=1)
    assert found.distance_sigmas is None


def test_a_tolerance_in_every_unit() -> None:
    assert Tolerance(5.0, "points").points(6000.0) == 5.0
    assert Tolerance(0.5, "pct").points(6000.0) == 30.0
    assert Tolerance(0.5, "sigmas").points(6000.0, 60.0) == 30.0


LEVELS = st.lists(
    st.tuples(st.integers(9_000, 11_000), st.sampled_from(["average", "gamma", "round"])), max_size=12
).map(lambda pairs: [level(price / 100, kind, f"{place}") for place, (price, kind) in enumerate(pairs)])


@settings(max_examples=25)
@given(LEVELS, st.integers(1, 300))
def test_a_cluster_is_the_largest_group_that_fits(levels, width) -> None:
    found = confluence(levels, 100.0, Tolerance(width / 100, "points"))
    members = [each for cluster in found for each in cluster.members]
    assert len(members) == len(set(members))
    for cluster in found:
        assert cluster.spread <= width / 100
        assert len(cluster.kinds) >= 2
    # No group of what is left fits, and none of all is larger than the largest found.
    left = [each for each in levels if each not in members]
    assert not any(abs(a.price - b.price) <= width / 100 and a.kind != b.kind for a, b in combinations(left, 2))
    sizes = [
        sum(0 <= other.price - each.price <= width / 100 for other in levels)
        for each in levels
        if len({other.kind for other in levels if 0 <= other.price - each.price <= width / 100}) > 1
    ]
    assert max((len(cluster.members) for cluster in found), default=0) == max(sizes, default=0)


@settings(max_examples=25)
@given(LEVELS, st.randoms())
def test_the_order_of_levels_does_not_matter(levels, random) -> None:
    mixed = random.sample(levels, len(levels))
    prices = [[each.price for each in cluster.members] for cluster in confluence(levels, 100.0, Tolerance(0.5))]
    assert prices == [[each.price for each in cluster.members] for cluster in confluence(mixed, 100.0, Tolerance(0.5))]


@pytest.mark.parametrize(
    ("tolerance", "sigma", "says"),
    [
        (Tolerance(0.0), None, "size must be positive"),
        (Tolerance(float("nan")), None, "size must be positive"),
        (Tolerance(1.0, "sigmas"), None, "sigma must be given"),
        (Tolerance(1.0, "sigmas"), 0.0, "sigmas must be positive"),
        (Tolerance(1.0, "inches"), None, "unit must be one of"),
    ],
)
def test_a_bad_tolerance_is_named(tolerance, sigma, says) -> None:
    with pytest.raises(ValueError, match=says):
        confluence([level(100.0)], 100.0, tolerance, sigma=sigma)


def test_bad_levels_are_named() -> None:
    with pytest.raises(ValueError, match="wall must be a positive price, got nan"):
        confluence([level(float("nan"), name="wall")], 100.0, Tolerance(1.0))
    with pytest.raises(ValueError, match="spot must be positive"):
        confluence([level(1.0)], 0.0, Tolerance(1.0, "points"))
    with pytest.raises(ValueError, match="at_least and kinds"):
        confluence([level(1.0)], 1.0, Tolerance(1.0), at_least=0)


def test_gamma_levels_say_why_they_are_missing() -> None:
    levels = Levels(
        None, (), None, 6600.0, 6400.0, 6500.0, 6450.0, Walls(NOTHING, NOTHING, NOTHING), {"gamma_flip": "none"}
    )
    found, reasons = gamma_levels(levels)
    assert {each.name: each.price for each in found} == {
        "call_wall": 6600.0,
        "put_wall": 6400.0,
        "absolute_gamma_strike": 6500.0,
        "high_vol_level": 6450.0,
    }
    assert reasons == {"gamma_flip": "none"}
    assert gamma_levels(None) == ((), dict.fromkeys(GAMMA, "no chain"))


def test_levels_of_a_short_history_say_what_they_lack() -> None:
    days = np.arange("2025-01-01", "2025-02-01", dtype="datetime64[D]")
    panel = Panel(history(days, np.linspace(90.0, 120.0, len(days))))
    wrong = Named("mine", "smaa(close, 3)", "points", "")
    own = [Named("half", "close / 2", "points", ""), Named("up", "close > 1", "", ""), Named("debt", "-close", "", "")]
    found = price_levels(panel, anchors=[dt.date(2025, 1, 6)], own=[wrong, *own])
    assert (found.reasons["up"], found.reasons["debt"]) == ("no price: close > 1", "no price: -close")
    assert found.reasons["sma_50"] == "not enough data on 2025-01-31: sma(close, 50)"
    assert found.reasons["ema_38"] == "not enough data on 2025-01-31: ema(close, 38)"
    assert found.reasons["mine"].startswith("no function is called 'smaa'")
    assert found.reasons["vwap_2025-01-06"] == "SPX has no volume"
    assert found.reasons["put_wall"] == "no chain"
    prices = {each.name: each.price for each in found.levels}
    assert prices["half"] == 60.0
    # Of closes, where there is nothing else.
    assert prices["high_5"] == prices["peak"] == 120.0


@pytest.mark.parametrize(
    ("price", "step"), [(6600.0, 100.0), (450.0, 10.0), (52.0, 1.0), (10_000.0, 1000.0), (5.5, 0.1)]
)
def test_round_numbers_go_with_the_price(price, step) -> None:
    assert round_step(price) == pytest.approx(step)


def test_a_history_without_a_price_is_refused() -> None:
    empty = history(np.array([], dtype="datetime64[D]"), np.array([]))
    with pytest.raises(ValueError, match="the history has no day"):
        price_levels(Panel(empty))
    with pytest.raises(ValueError, match="price must be positive"):
        round_step(0.0)


@pytest.mark.real
def test_levels_of_21_november_2025(data_path) -> None:
    """A note of that week has the 20-week average at "about 5950"."""
    panel = Panel(history_of(data_path("history", "SPX_History.csv"), "SPX")).until(dt.date(2025, 11, 21))
    found = price_levels(panel)
    prices = {each.name: round(each.price, 2) for each in found.levels}
    assert found.date == dt.date(2025, 11, 21)
    assert round(found.spot, 2) == 6602.99
    assert prices["week_20"] == 6547.68
    assert prices["low_5"] == 6521.92
    assert (prices["round_below"], prices["round_above"]) == (6600.0, 6700.0)
    assert prices["peak"] == prices["high_252"] == 6920.34
    assert set(found.reasons) == set(GAMMA)
    clusters = confluence(found.levels, found.spot, Tolerance(0.5))
    support = next(each for each in clusters if "week_20" in {member.name for member in each.members})
    assert {"low_5", "week_20"} <= {member.name for member in support.members}
