"""What moved net gamma and the levels between two snapshots: the parts against closed forms and against re-priced reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex import Settings, analyze, read_chain
from gex.analysis import priced
from gex.change import ADDITIVE, FACTORS, LEVELS, change_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.change import Change, Figures
    from gex.ingest.schema import Chain

FIXED = Settings(vol="vendor", rate=0.04, dividend=0.013)
STEPS = ("rolled_off", *FACTORS, "new")
DAYS = (
    ("spx_2025-08-27_2130", "spx_2025-08-28_1625"),
    ("spx_2025-08-28_1625", "spx_2025-08-29_1629"),
    ("spx_2025-08-29_1629", "spx_2025-09-02_1937"),
    ("spx_2025-09-02_1937", "spx_2025-09-03_1618"),
    ("spx_2025-09-03_1618", "spx_2025-09-04_1430"),
    ("spx_2025-09-04_1430", "spx_2025-09-05_1016"),
)


def later(chain: Chain, minutes: float, spot: float, *edits: pl.Expr) -> Chain:
    """Return a chain some minutes later with the underlying elsewhere; what has expired by then is gone."""
    at = chain.quote_time + dt.timedelta(minutes=minutes)
    frame = chain.frame.filter(pl.col("expires_at") > at).with_columns(
        *edits, pl.lit(at).alias("quote_time"), pl.lit(spot).alias("spot")
    )
    return replace(chain, frame=frame, quote_time=at, spot=spot, source=replace(chain.source, sha256="1" * 64))


def compared(before: Chain, after: Chain, settings: Settings = FIXED, **options: Any) -> Change:
    return change_of(priced(before, settings), priced(after, settings), **options)


def black_gamma(spot: float, strike: float, years: float, sigma: float) -> float:
    """Return the closed form with the fixed carry, per point."""
    rate, dividend = 0.04, 0.013
    w = sigma * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    return float(np.exp(-dividend * years - 0.5 * d1 * d1) / np.sqrt(2.0 * np.pi) / (spot * w))


def only(strike: float, contracts: int, expiration: dt.date = dt.date(2025, 9, 12)) -> pl.Expr:
    """Give open interest to one call."""
    held = (pl.col("strike") == strike) & (pl.col("option_type") == "C") & (pl.col("expiration") == expiration)
    return pl.when(held).then(contracts).otherwise(0).cast(pl.Int64).alias("open_interest")


def values(figures: Figures, names: tuple[str, ...] = ADDITIVE) -> np.ndarray:
    return np.array([getattr(figures, name) for name in names], dtype=float)


@pytest.mark.parametrize("order", ["price-first", "quantity-first"])
def test_one_call_is_the_closed_form_at_every_step(chain: Chain, order: Any) -> None:
    first = replace(chain, frame=chain.frame.with_columns(only(6550.0, 100), pl.lit(0.15).alias("implied_volatility")))
    second = later(chain, 1440.0, 6540.0, only(6550.0, 260), pl.lit(0.13).alias("implied_volatility"))
    change = compared(first, second, order=order)
    years = (dt.datetime(2025, 9, 12, 20, tzinfo=dt.UTC) - chain.quote_time).total_seconds() / (525_600 * 60)
    ends = {
        "price": (6500.0, 6540.0),
        "time": (years, years - 1440 / 525_600),
        "volatility": (0.15, 0.13),
        "quantity": (100, 260),
    }
    at = {name: pair[0] for name, pair in ends.items()}

    def gamma() -> float:
        spot = at["price"]
        return 0.01 * spot**2 * at["quantity"] * 100 * black_gamma(spot, 6550.0, at["time"], at["volatility"])

    for step in change.steps:
        start = gamma()
        if step.name in at:
            at[step.name] = ends[step.name][1]
        assert step.part.net == pytest.approx(gamma() - start, rel=1e-10, abs=1e-4)
        assert step.after.net == pytest.approx(gamma(), rel=1e-10)
    assert change.total.net == pytest.approx(gamma() - change.before.figures.net, rel=1e-10)


def test_the_other_order_is_what_the_other_order_gives(chain: Chain) -> None:
    second = later(chain, 600.0, 6540.0, (pl.col("open_interest") * 2 + 7), pl.col("implied_volatility") * 1.1)
    forward, backward = (compared(chain, second, order=order) for order in ("price-first", "quantity-first"))
    assert [step.name for step in backward.steps] == ["rolled_off", *FACTORS[::-1], "new"]
    nets = {step.name: step.part.net for step in backward.steps}
    for step in forward.steps:
        assert step.reversed_net == pytest.approx(nets[step.name], rel=1e-12, abs=1e-3)
    assert abs(nets["price"] / forward.steps[1].part.net - 1.0) > 0.01
    assert values(forward.total) == pytest.approx(values(backward.total), rel=1e-12)


def test_what_left_and_what_came_is_counted_and_valued_where_it_is(
    chain: Chain, make_chain: Callable[..., Chain]
) -> None:
    dates = (dt.date(2025, 9, 12), dt.date(2025, 10, 17), dt.date(2025, 10, 24))
    second = later(make_chain(dates), 1440.0, 6510.0)
    second = replace(second, frame=second.frame.filter(pl.col("strike") != 6700.0))
    change = compared(chain, second)
    assert change.gone == {"expired": 82, "not_listed": 4}
    assert change.come == {"not_listed": 80}
    first, last = analyze(chain, FIXED).by_contract, analyze(second, FIXED).by_contract
    left = (pl.col("expiration") == dt.date(2025, 9, 5)) | (pl.col("strike") == 6700.0)
    came = pl.col("expiration") == dt.date(2025, 10, 24)
    assert change.steps[0].part.net == pytest.approx(-first.filter(left)["gamma_usd_per_1pct"].sum(), rel=1e-12)
    assert change.steps[-1].part.net == pytest.approx(last.filter(came)["gamma_usd_per_1pct"].sum(), rel=1e-12)


def test_a_contract_whose_expiry_was_corrected_is_the_same_one(chain: Chain) -> None:
    earlier = (pl.col("expires_at") - dt.timedelta(hours=3)).alias("expires_at")
    change = compared(chain, later(chain, 60.0, 6500.0, earlier))
    assert (change.gone, change.come) == ({}, {})
    assert change.steps[2].part.zero_dte_net != 0.0


def test_a_contract_without_volatility_in_one_is_not_priced_there(chain: Chain) -> None:
    one = (pl.col("strike") == 6500.0) & (pl.col("option_type") == "C")
    without = pl.when(one).then(None).otherwise(pl.col("implied_volatility")).alias("implied_volatility")
    change = compared(chain, later(chain, 60.0, 6500.0, without))
    assert (change.gone, change.come) == ({"not_priced": 3}, {})
    back = compared(later(chain, -60.0, 6500.0, without), chain)
    assert (back.gone, back.come) == ({}, {"not_priced": 3})


@given(
    spot=st.floats(6300, 6700),
    minutes=st.floats(0, 20_000),
    vol=st.floats(0.5, 2.0),
    more=st.integers(0, 500),
    order=st.sampled_from(["price-first", "quantity-first"]),
)
def test_the_parts_add_up(chain: Chain, spot: float, minutes: float, vol: float, more: int, order: Any) -> None:
    edits = (
        pl.col("implied_volatility") * vol,
        pl.col("open_interest") + pl.when(pl.col("strike") > 6500).then(more).otherwise(0),
    )
    second = later(chain, minutes, spot, *edits)
    change = compared(chain, second, order=order)
    scale = change.before.figures.gross + change.after.figures.gross
    assert np.max(np.abs(values(change.residual))) <= 1e-12 * scale
    for name in LEVELS:
        assert getattr(change.residual, name) is None or abs(getattr(change.residual, name)) <= 1e-9
    for column in ("strike", "expiration"):
        table = change.by(column)
        for step in change.steps:
            assert table[step.name].sum() == pytest.approx(step.part.net, abs=1e-12 * scale)
        assert table.select(STEPS).sum_horizontal().to_numpy() == pytest.approx(
            table["change"].to_numpy(), abs=1e-12 * scale
        )


@pytest.mark.parametrize("dynamics", ["sticky-moneyness", "vol-beta"])
def test_where_volatility_moves_with_spot_it_does_so_in_the_price_step(chain: Chain, dynamics: Any) -> None:
    settings = Settings(dynamics=dynamics)
    second = later(chain, 60.0, 6500.0, pl.col("open_interest") + 1)
    change = compared(chain, second, replace(settings, spot=6500.0))
    moved = change_of(priced(chain, settings), priced(second, replace(settings, spot=6460.0)))
    assert change.steps[1].part.net == pytest.approx(0.0, abs=1e-3)
    report = analyze(chain, replace(settings, move_to=6460.0))
    assert moved.steps[1].after.net == pytest.approx(report.exposure.gamma_usd_per_1pct.net, rel=1e-12)
    assert values(moved.residual) == pytest.approx(0.0, abs=1e-12 * moved.before.figures.gross)


def test_a_level_that_no_state_has_is_none_with_a_reason(chain: Chain) -> None:
    settings = replace(FIXED, positions="short-all")
    change = compared(chain, later(chain, 60.0, 6510.0), settings)
    for step in change.steps:
        assert step.part.gamma_flip is None
        assert step.part.reasons["gamma_flip"] == "none before it: net gamma is negative everywhere within 15% of spot"
        assert step.part.put_wall is not None
    assert change.total.gamma_flip is None
    assert change.residual.reasons["gamma_flip"] == "a part is missing"


def test_what_cannot_be_compared_is_refused(chain: Chain, make_chain: Callable[..., Chain]) -> None:
    second = later(chain, 60.0, 6510.0)
    with pytest.raises(ValueError, match="both are the same snapshot, of 2025-09-05 14:00 UTC"):
        compared(chain, chain)
    with pytest.raises(
        ValueError, match="15:00 UTC, is later than the second, of 2025-09-05 14:00 UTC: give the earlier"
    ):
        compared(second, chain)
    with pytest.raises(ValueError, match="two underlyings: SPX and NDX"):
        compared(chain, replace(second, underlying="NDX"))
    with pytest.raises(ValueError, match=r"different settings \(vol\): use the same for both"):
        change_of(priced(chain, FIXED), priced(second, replace(FIXED, vol="vendor-fitted")))
    with pytest.raises(ValueError, match="no contract is in both snapshots: there is nothing to compare"):
        compared(make_chain((dt.date(2025, 9, 12),)), later(make_chain((dt.date(2025, 10, 17),)), 60.0, 6500.0))
    near = replace(FIXED, expirations="next")
    week = replace(later(chain, 10_080.0, 6500.0), quote_date=dt.date(2025, 9, 12))
    with pytest.raises(ValueError, match="no contract is in both snapshots with --expirations next"):
        compared(chain, week, near)
    with pytest.raises(ValueError, match="order must be one of price-first, quantity-first; got 'best'"):
        compared(chain, second, order="best")


@pytest.mark.real
@pytest.mark.parametrize(("first", "second"), DAYS)
def test_real_days_add_up_from_report_to_report(data_path: Callable[..., Path], first: str, second: str) -> None:
    before, after = (read_chain(data_path("chains", "cboe_csv", f"{name}.csv")) for name in (first, second))
    change = compared(before, after, Settings())
    total = values(change.total)
    assert values(change.residual) == pytest.approx(0.0, abs=1e-9 * np.min(np.abs(total[total != 0])))
    for moment, chain in ((change.before, before), (change.after, after)):
        report = analyze(chain)
        gamma = report.exposure.gamma_usd_per_1pct
        zero = report.zero_dte.exposure.gamma_usd_per_1pct.net if report.zero_dte else 0.0
        told = [gamma.net, gamma.gross, zero, report.exposure.vanna_usd_per_vol_point]
        assert values(moment.figures) == pytest.approx(told, rel=1e-11)
        for name in LEVELS:
            assert getattr(moment.figures, name) == pytest.approx(getattr(report.levels, name), rel=1e-11)


@pytest.mark.real
def test_the_step_of_time_is_the_first_snapshot_reported_at_the_second_s_spot_and_time(
    data_path: Callable[..., Path],
) -> None:
    paths = (data_path("chains", "cboe_csv", f"{name}.csv") for name in DAYS[-1])
    before, after = map(read_chain, paths)
    change = compared(before, after, Settings())
    assert (change.gone, change.come) == ({"expired": 329}, {})
    report = analyze(before, Settings(at=after.quote_time, move_to=after.spot))
    reached = change.steps[2].after
    gamma = report.exposure.gamma_usd_per_1pct
    assert (reached.net, reached.gross) == pytest.approx((gamma.net, gamma.gross), rel=1e-11)
    assert report.zero_dte is not None
    assert reached.zero_dte_net == pytest.approx(report.zero_dte.exposure.gamma_usd_per_1pct.net, rel=1e-11)
    assert reached.gamma_flip == pytest.approx(report.levels.gamma_flip, rel=1e-11)
    assert (reached.call_wall, reached.put_wall) == (report.levels.call_wall, report.levels.put_wall)


@pytest.mark.real
def test_american_contracts_add_up(data_path: Callable[..., Path]) -> None:
    names = ("qqq_2023-05-10_1510", "qqq_2023-06-12_1635")
    before, after = (read_chain(data_path("chains", "cboe_csv", f"{name}.csv")) for name in names)
    change = compared(before, after, Settings())
    assert set(change.gone) == {"expired"}
    assert values(change.residual) == pytest.approx(0.0, abs=1e-9 * abs(change.total.vanna))
    at_spot = analyze(before, Settings(move_to=change.after.spot)).by_contract
    kept = at_spot.filter(pl.col("expires_at") > after.quote_time)["gamma_usd_per_1pct"].sum()
    assert change.steps[1].after.net == pytest.approx(kept, rel=1e-11)
    report = analyze(before, Settings(at=after.quote_time, move_to=change.after.spot))
    assert change.steps[2].after.net == pytest.approx(report.exposure.gamma_usd_per_1pct.net, rel=1e-11)
    assert change.steps[2].after.gamma_flip == pytest.approx(report.levels.gamma_flip, rel=1e-11)
