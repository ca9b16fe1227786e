"""0DTE against the closed forms, written out with SciPy, and against the analysis of the whole chain."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from zero_dte_formulas import CLOSE, MINUTES, TODAY, contracts, delta, units

from gex import Settings, analyze
from gex.analysis import priced
from gex.exposure import Book
from gex.intraday import Plan, zero_dte
from gex.intraday_clock import instants
from gex.intraday_paths import finite_gamma_usd
from gex.pricing import finite_move_gamma

UTC = dt.UTC


def test_the_path_adds_up_to_the_one_difference_of_delta(chain, view) -> None:
    """The intervals, the one difference written out, and the analysis agree; the whole chain's likewise."""
    rows = contracts(chain)
    change = np.sum(units(rows) * (delta(rows, 6500.0, 0) - delta(rows, 6500.0, 360.0)))
    scale = np.sum(np.abs(units(rows))) * 6500.0
    assert view.path["charm_trade_usd"].sum() == pytest.approx(-6500.0 * change, abs=1e-12 * scale)
    assert view.path["cumulative_usd"][-1] == pytest.approx(-6500.0 * change, abs=1e-12 * scale)
    analysis = analyze(chain)
    assert view.path["charm_trade_usd"].sum() == pytest.approx(-analysis.zero_dte.exposure.charm_usd_to_close, rel=1e-9)
    assert view.path["all_expirations_usd"].sum() == pytest.approx(-analysis.exposure.charm_usd_to_close, rel=1e-9)
    assert view.holdings[0].charm_trade_usd == pytest.approx(view.path["charm_trade_usd"].sum(), rel=1e-9)


def test_each_interval_is_an_exact_difference(chain, view) -> None:
    rows = contracts(chain)
    for row in view.path.to_dicts():
        left = [(CLOSE - row[name]) / dt.timedelta(minutes=1) for name in ("since", "until")]
        before, after = (delta(rows, 6500.0, minutes) for minutes in left)
        assert row["charm_trade_usd"] == pytest.approx(-6500.0 * np.sum(units(rows) * (after - before)), rel=1e-8)
        moved = delta(rows, 6500.0, left[0], vol=0.01)
        assert row["vanna_trade_usd"] == pytest.approx(-6500.0 * np.sum(units(rows) * (moved - before)), rel=1e-8)


def test_what_vanna_trades_first_charm_trades_less_later(chain) -> None:
    """At the expiry delta is the payoff's slope whatever volatility was: two ways to one end."""
    for points in (-3.0, 2.0, 10.0):
        path = zero_dte(chain, plan=Plan(vol_points=points)).path
        one, other = path["charm_trade_usd"].sum(), path["vanna_trade_usd"][0] + path["charm_after_vol_usd"].sum()
        assert one == pytest.approx(other, rel=1e-9)
        assert path["vanna_trade_usd"][0] != 0


def test_intervals_are_counted_back_from_the_expiry(view) -> None:
    untils = view.path["until"].to_list()
    assert view.path["since"][0] == view.evaluated_at
    assert untils[-1] == CLOSE
    assert all((CLOSE - time) % dt.timedelta(minutes=15) == dt.timedelta(0) for time in untils)
    assert len(view.path) == 24
    odd = zero_dte_at(view, dt.timedelta(minutes=7))
    assert (odd[1] - odd[0], odd[2] - odd[1]) == (dt.timedelta(minutes=3), dt.timedelta(minutes=7))


def zero_dte_at(view, every: dt.timedelta) -> tuple[dt.datetime, ...]:
    return instants(view.clock, every / dt.timedelta(minutes=1), None)


def test_before_the_session_opens_there_is_one_interval(chain) -> None:
    opening = dt.datetime(2025, 9, 12, 13, 30, tzinfo=UTC)
    plan = Plan(opens_at=lambda date: dt.datetime.combine(date, dt.time(13, 30), UTC))
    path = zero_dte(chain, Settings(expirations="next"), plan).path
    assert path["until"][0] == opening
    assert len(path) == 27
    rows = contracts(chain, date=dt.date(2025, 9, 12))
    first = delta(rows, 6500.0, 390.0) - delta(rows, 6500.0, 7 * 1440 + 360.0)
    assert path["charm_trade_usd"][0] == pytest.approx(-6500.0 * np.sum(units(rows) * first), rel=1e-8)


def test_a_minute_before_the_close_gamma_is_the_closed_form_and_finite(chain) -> None:
    """At a strike nothing bounds gamma as time runs out; over a move of 0.1% it stays below 1/2h."""
    settings = Settings(at=CLOSE - dt.timedelta(minutes=1), positions="short-all")
    view, rows = zero_dte(chain, settings), contracts(chain, settings)
    assert view.clock.minutes_left == pytest.approx(1.0)
    assert rows["years"].to_numpy() == pytest.approx(1 / MINUTES, rel=1e-9)
    w = rows["sigma"].to_numpy() * np.sqrt(1 / MINUTES)
    d1 = np.log(rows["forward"].to_numpy() / rows["strike"].to_numpy()) / w + 0.5 * w
    gamma = np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi) / (6500.0 * w)
    expected = 0.01 * 6500.0**2 * np.sum(units(rows) * gamma)
    assert view.holdings[0].gamma_usd_per_1pct.net == pytest.approx(expected, rel=1e-6)
    up, down = delta(rows, 6506.5, 1.0), delta(rows, 6493.5, 1.0)
    finite = 0.01 * 6500.0**2 * np.sum(units(rows) * (up - down)) / 13.0
    held = view.holdings[0]
    assert held.finite_gamma_usd_per_1pct == pytest.approx(finite, rel=1e-9)
    at_money = rows.filter(pl.col("strike") == 6500.0)
    bound = 0.01 * 6500.0**2 * np.abs(np.sum(units(at_money))) / 13.0
    assert abs(held.finite_gamma_usd_per_1pct) <= bound * (1 + 1e-9) < abs(held.gamma_usd_per_1pct.net)


@pytest.mark.parametrize("minutes", [360, 30, 1])
def test_finite_gamma_is_the_kernels(chain, minutes) -> None:
    settings = Settings(at=CLOSE - dt.timedelta(minutes=minutes))
    rows = contracts(chain, settings)
    rate = -np.log(rows["discount"].to_numpy()) / rows["years"].to_numpy()
    carry = np.log(rows["forward"].to_numpy() / 6500.0) / rows["years"].to_numpy()
    each = finite_move_gamma(6500.0, rows["strike"], rows["years"], rows["sigma"], 0.002, rate, rate - carry)
    view = zero_dte(chain, settings, Plan(move=0.002))
    expected = 0.01 * 6500.0**2 * float(np.sum(units(rows) * each))
    scale = 0.01 * 6500.0**2 * float(np.sum(np.abs(units(rows)) * each))
    assert view.holdings[0].finite_gamma_usd_per_1pct == pytest.approx(expected, abs=1e-9 * scale)
    assert view.path["gamma_usd_per_1pct"][0] == pytest.approx(expected, abs=1e-9 * scale)


@pytest.mark.parametrize("seconds", [59, 1])
def test_in_the_last_minute_the_path_still_ends_at_the_payoff(chain, seconds) -> None:
    settings = Settings(at=CLOSE - dt.timedelta(seconds=seconds))
    view, rows = zero_dte(chain, settings), contracts(chain, settings)
    change = np.sum(units(rows) * (delta(rows, 6500.0, 0) - delta(rows, 6500.0, 1.0)))
    assert view.path["charm_trade_usd"].sum() == pytest.approx(-6500.0 * change, rel=1e-6)
    assert np.isfinite(view.surface.gamma_usd_per_1pct).all()


def test_every_point_of_the_surface_is_repriced(chain, view) -> None:
    rows, surface = contracts(chain), view.surface
    held = units(rows)
    scale = np.sum(np.abs(held)) * 6500.0
    now = np.sum(held * delta(rows, 6500.0, 360.0))
    assert surface.spots[len(surface.spots) // 2] == 6500.0
    for row in (0, 13, 20, 40):
        for column in (0, 11, 23, 24):
            spot = float(surface.spots[row])
            left = (CLOSE - surface.times[column]) / dt.timedelta(minutes=1)
            here = np.sum(held * delta(rows, spot, left))
            up, down = (np.sum(held * delta(rows, spot * side, left)) for side in (1.001, 0.999))
            assert surface.delta_usd[row, column] == pytest.approx(spot * here, abs=1e-11 * scale)
            assert surface.hedge_trade_usd[row, column] == pytest.approx(-spot * (here - now), abs=1e-11 * scale)
            gamma = 0.01 * spot * (up - down) / 0.002
            assert surface.gamma_usd_per_1pct[row, column] == pytest.approx(gamma, abs=1e-10 * scale)
            if column < 24:
                later = (CLOSE - surface.times[column + 1]) / dt.timedelta(minutes=1)
                trade = -spot * (np.sum(held * delta(rows, spot, later)) - here)
                assert surface.charm_trade_usd[row, column] == pytest.approx(trade, abs=1e-11 * scale)
    assert np.isnan(surface.charm_trade_usd[:, -1]).all()


def test_the_surface_at_spot_is_the_path(view) -> None:
    middle = len(view.surface.spots) // 2
    assert view.surface.charm_trade_usd[middle, :-1] == pytest.approx(view.path["charm_trade_usd"].to_numpy(), rel=1e-8)
    gamma = view.path["gamma_usd_per_1pct"].to_numpy()
    assert view.surface.gamma_usd_per_1pct[middle, :-1] == pytest.approx(gamma, rel=1e-8)
    assert view.surface.hedge_trade_usd[middle, 0] == pytest.approx(0.0, abs=1.0)
    frame = view.surface.frame()
    assert frame.height == view.surface.gamma_usd_per_1pct.size
    spot = frame.filter(pl.col("spot") == 6500.0).sort("time")
    assert spot["charm_trade_usd"].to_list()[:-1] == view.surface.charm_trade_usd[middle, :-1].tolist()
    assert spot["charm_trade_usd"][-1] is None


@pytest.mark.parametrize("dynamics", ["sticky-moneyness", "vol-beta"])
def test_surfaces_follow_the_dynamics(chain, view, dynamics) -> None:
    """At spot nothing changes; away from it volatility moves, and so does delta."""
    other = zero_dte(chain, Settings(dynamics=dynamics))
    middle = len(view.surface.spots) // 2
    assert other.surface.delta_usd[middle] == pytest.approx(view.surface.delta_usd[middle], rel=1e-6)
    assert abs(other.surface.delta_usd[5, 0] / view.surface.delta_usd[5, 0] - 1) > 1e-5


@pytest.mark.parametrize(
    ("name", "value"),
    [("every_minutes", 0.5), ("every_minutes", float("nan")), ("vol_points", 1e3), ("move", 0.0), ("move", 1.0)],
)
def test_a_plan_out_of_range_names_the_value(name, value) -> None:
    with pytest.raises(ValueError, match=name):
        Plan(**{name: value})


def test_volatility_cannot_fall_below_zero(chain) -> None:
    with pytest.raises(ValueError, match="volatility cannot move by -20 points"):
        zero_dte(chain, plan=Plan(vol_points=-20.0))


def test_move_to_prices_everything_there(chain) -> None:
    view, rows = zero_dte(chain, Settings(move_to=6600.0)), contracts(chain)
    assert view.level == view.surface.spots[len(view.surface.spots) // 2] == 6600.0
    change = np.sum(units(rows) * (delta(rows, 6600.0, 0) - delta(rows, 6600.0, 360.0)))
    assert view.path["charm_trade_usd"].sum() == pytest.approx(-6600.0 * change, rel=1e-9)


@pytest.mark.parametrize(
    ("hours", "gamma"),
    [
        (6.5, 0.013869),
        (4, 0.017679),
        (2, 0.025002),
        (1, 0.035359),
        (0.5, 0.050005),
        (1 / 6, 0.086611),
        (1 / 60, 0.273889),
    ],
)
def test_gamma_at_the_money_grows_and_over_a_move_does_not(hours, gamma) -> None:
    """S = K = 6600, 16%: a thousand contracts hold $604mm per 1% at the open, $11.9bn a minute before the close."""
    one = [np.array([value]) for value in (6600.0, True, hours / 8760, 0.16, 0.0, 0.0, 100_000.0)]
    book = Book(*one)
    assert book.net_gamma_usd(6600.0) == pytest.approx(0.01 * 6600.0**2 * 100_000 * gamma, rel=5e-5)
    over = float(finite_gamma_usd(book, np.array([6600.0]), 0.0, 0.001)[0])
    assert over <= 0.01 * 6600.0 * 100_000 / 0.002 * (1 + 1e-12)
    assert over < book.net_gamma_usd(6600.0)


def american_chain(make_chain):
    return make_chain(edit=lambda frame: frame.with_columns(pl.lit("A").alias("exercise")))


def test_american_contracts_are_repriced_with_early_exercise(make_chain) -> None:
    """Point by point as the book prices them one spot at a time, which has tests of its own."""
    chain = american_chain(make_chain)
    settings = Settings(expirations="2025-10-17", positions="short-all")
    view, book = zero_dte(chain, settings), priced(chain, settings).book
    surface, scale, early = view.surface, 6500.0 * np.sum(np.abs(book.units)), []
    for row, column in ((5, 0), (20, 1), (33, 40)):
        at, elapsed = float(surface.spots[row]), (surface.times[column] - view.evaluated_at) / dt.timedelta(days=365)
        expected = at * np.sum(book.units * book.delta(at, elapsed))
        assert surface.delta_usd[row, column] == pytest.approx(expected, abs=1e-10 * scale)
        plain = at * np.sum(book.units * replace(book, early=None, early_row=None).delta(at, elapsed))
        early.append(abs(plain - expected) / scale)
    assert max(early) > 1e-5
    assert view.path["all_expirations_usd"].null_count() == len(view.path)


def test_a_days_path_of_american_contracts_is_whole(make_chain) -> None:
    """What expires today is priced as European; the chain's trades hold the early exercise of the rest."""
    chain = american_chain(make_chain)
    view, analysis = zero_dte(chain), analyze(chain)
    whole = -analysis.exposure.charm_usd_to_close
    assert view.path["all_expirations_usd"].sum() == pytest.approx(whole, rel=1e-9)
    european = zero_dte(chain, Settings(exercise="european"))
    assert view.surface.delta_usd == pytest.approx(european.surface.delta_usd, rel=1e-9, abs=1e3)
    assert view.path["all_expirations_usd"].sum() != pytest.approx(european.path["all_expirations_usd"].sum(), rel=1e-6)


def test_an_am_settled_root_is_gone_after_the_open(make_chain) -> None:
    """On a third Friday SPX is settled at 09:30 and SPXW at 16:00."""
    friday = dt.date(2025, 9, 19)
    opening = dt.datetime(2025, 9, 19, 13, 30, tzinfo=UTC)

    def edit(frame: pl.DataFrame) -> pl.DataFrame:
        third = frame.filter(pl.col("expiration") == friday)
        am = third.with_columns(
            pl.lit("SPX").alias("root"), pl.lit("AM").alias("settlement"), pl.lit(opening).alias("expires_at")
        )
        return pl.concat([frame, am.with_columns(pl.col("expires_at").cast(frame.schema["expires_at"]))])

    chain = make_chain([TODAY, friday, dt.date(2025, 9, 22)], edit=edit)
    before = zero_dte(chain, Settings(at=opening - dt.timedelta(minutes=30)))
    assert [(root.root, root.minutes_left) for root in before.clock.roots] == [("SPX", 30.0), ("SPXW", 420.0)]
    rows = contracts(chain, Settings(at=opening - dt.timedelta(minutes=30)), friday)
    assert before.holdings[0].contracts == rows["position"].abs().sum()
    am, pm = (rows.filter(pl.col("root") == root) for root in ("SPX", "SPXW"))
    trade = sum(
        np.sum(units(part) * (delta(part, 6500.0, 0) - delta(part, 6500.0, left)))
        for part, left in ((am, 30.0), (pm, 420.0))
    )
    assert before.path["charm_trade_usd"].sum() == pytest.approx(-6500.0 * trade, rel=1e-8)
    after = zero_dte(chain, Settings(at=opening + dt.timedelta(minutes=1)))
    assert [root.root for root in after.clock.roots] == ["SPXW"]
    assert after.clock.is_today
    assert after.holdings[0].contracts == pm["position"].abs().sum()
