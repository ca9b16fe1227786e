"""Liquidations: gain and creations of each day, splits told apart, events and their ranks."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from gex.flows.liquidations import daily_changes, liquidations

MONDAY = dt.date(2025, 3, 3)


def history_of(funds: dict[str, tuple[list[float], list[float]]]) -> pl.DataFrame:
    """Return a history: by ticker, shares (creations change them) and value a share of each day."""
    rows = [
        (MONDAY + dt.timedelta(days=day), ticker, count * nav, nav)
        for ticker, (shares, navs) in funds.items()
        for day, (count, nav) in enumerate(zip(shares, navs, strict=True))
    ]
    return pl.DataFrame(rows, schema=["date", "ticker", "aum_usd", "nav"], orient="row")


SQUEEZE = history_of(
    {
        # Day 1: -9%, a tenth redeemed. Day 2: +3%, created. Day 3: -12%, half redeemed. Day 4: shares merged 5 to 1.
        "DOWN3": ([100e6, 90e6, 95e6, 47.5e6, 9.5e6], [20.0, 18.2, 18.746, 16.49648, 5 * 16.49648 * 0.97]),
        "UP3": ([50e6] * 5, [80.0, 87.2, 84.6, 94.7, 97.5]),
    }
)


def test_a_day_s_change_is_gain_and_creations() -> None:
    rows = daily_changes(SQUEEZE).filter(pl.col("ticker") == "DOWN3").to_dicts()
    assert rows[0]["gain_usd"] == pytest.approx(2e9 * -0.09)
    assert rows[0]["created_usd"] == pytest.approx(-10e6 * 18.2)
    assert rows[2]["gain_usd"] == pytest.approx(95e6 * 18.746 * -0.12)
    assert rows[2]["created_usd"] == pytest.approx(-47.5e6 * 16.49648)
    for row in rows:
        assert row["before_usd"] + row["gain_usd"] + row["created_usd"] == pytest.approx(row["after_usd"])


def test_merged_shares_are_no_gain_and_no_redemption() -> None:
    last = daily_changes(SQUEEZE).filter(pl.col("ticker") == "DOWN3").row(-1, named=True)
    assert last["split"] == 5.0
    assert last["gain_usd"] == pytest.approx(-0.03 * last["before_usd"])
    assert last["created_usd"] == pytest.approx(0.0, abs=1.0)


def test_split_shares_are_told_apart_from_a_crash() -> None:
    split = history_of({"A": ([10e6, 40e6], [100.0, 24.0])})
    crash = history_of({"A": ([10e6, 10e6], [100.0, 24.0])})
    assert daily_changes(split).row(0, named=True)["split"] == 0.25
    assert daily_changes(split)["gain_usd"][0] == pytest.approx(-0.04 * 1e9)
    assert daily_changes(crash).row(0, named=True)["split"] is None
    assert daily_changes(crash)["gain_usd"][0] == pytest.approx(-0.76 * 1e9)


def test_events_are_losses_with_redemptions_and_are_ranked() -> None:
    events = liquidations(SQUEEZE, {"DOWN3": -3.0})
    assert events["date"].to_list() == [MONDAY + dt.timedelta(days=1), MONDAY + dt.timedelta(days=3)]
    first, second = events.to_dicts()
    assert first["gone_usd"] == pytest.approx(0.18e9 + 10e6 * 18.2)
    assert first["gone_share"] == pytest.approx(first["gone_usd"] / 2e9)
    assert first["unwound_usd"] == pytest.approx(3 * 10e6 * 18.2), "redeemed inverse shares buy the index"
    assert (first["rank_so_far"], first["rank"]) == (1, 2)
    assert (second["rank_so_far"], second["rank"]) == (1, 1)
    assert liquidations(SQUEEZE, {"DOWN3": -3.0}, least_usd=0.5e9)["rank"].to_list() == [1]
    assert liquidations(SQUEEZE, {"DOWN3": -3.0}, least_usd=5e9).is_empty()
    assert liquidations(SQUEEZE, {"UP3": 3.0}).is_empty()


def random_history(seed: int, days: int) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    moves = rng.normal(0.0, 0.015, days)
    return history_of(
        {
            name: (list(1e8 * np.cumprod(1 + rng.normal(0, 0.03, days))), list(20 * np.cumprod(1 + leverage * moves)))
            for name, leverage in (("A", -3.0), ("B", -1.0))
        }
    )


@pytest.mark.parametrize("seed", range(5))
def test_a_day_rests_on_nothing_later(seed: int) -> None:
    """Cutting the history changes nothing of earlier days but `rank`, which says that it looks at all of it."""
    history, leverage = random_history(seed, 60), {"A": -3.0, "B": -1.0}
    whole = liquidations(history, leverage).drop("rank")
    cut = MONDAY + dt.timedelta(days=30)
    early = liquidations(history.filter(pl.col("date") <= cut), leverage).drop("rank")
    assert early.equals(whole.filter(pl.col("date") <= cut))
    assert not early.is_empty()


def test_order_of_rows_is_of_no_account() -> None:
    shuffled = SQUEEZE.sample(fraction=1.0, shuffle=True, seed=1)
    assert daily_changes(shuffled).equals(daily_changes(SQUEEZE))


@pytest.mark.parametrize(
    ("edit", "match"),
    [
        (lambda frame: frame.drop("nav"), "nav is missing"),
        (lambda frame: pl.concat([frame, frame[:1]]), "twice"),
        (lambda frame: frame.with_columns(nav=pl.lit(0.0)), "nav of"),
        (lambda frame: frame.with_columns(aum_usd=pl.lit(float("nan"))), "aum_usd of"),
        (lambda frame: frame.with_columns(aum_usd=pl.lit(None, dtype=pl.Float64)), "aum_usd of"),
        (lambda frame: frame.filter(pl.col("date") == MONDAY), "two days"),
        (lambda frame: frame.clear(), "two days"),
        (lambda frame: frame.with_columns(ticker=pl.lit("OTHER") + pl.col("ticker")), "OTHERDOWN3"),
    ],
)
def test_what_is_no_history_is_refused(edit, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        liquidations(edit(SQUEEZE), {"DOWN3": -3.0})


def test_a_threshold_is_dollars() -> None:
    with pytest.raises(ValueError, match="least_usd"):
        liquidations(SQUEEZE, {"DOWN3": -3.0}, least_usd=float("nan"))


def test_what_happened_over_a_gap_is_of_no_day() -> None:
    days = [MONDAY, MONDAY + dt.timedelta(days=7), MONDAY + dt.timedelta(days=15), MONDAY + dt.timedelta(days=16)]
    rows = {"date": days, "ticker": ["A"] * 4, "aum_usd": [8e9, 7e9, 3e9, 2e9], "nav": [40.0, 36.0, 20.0, 18.0]}
    history = pl.DataFrame(rows)
    assert daily_changes(history)["date"].to_list() == [days[1], days[3]]
    assert liquidations(history, {"A": -3.0})["date"].to_list() == [days[1], days[3]]
    with pytest.raises(ValueError, match="two days within a week"):
        liquidations(history[[0, 2]], {"A": -3.0})
