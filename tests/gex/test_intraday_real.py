"""0DTE on real chains: figures of independent programs, and what must hold on any of them."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtr

from gex import Settings, analyze, read_chain
from gex.ingest.calendar import expiration_session, session_open, sessions_between
from gex.intraday import Plan, zero_dte

pytestmark = pytest.mark.real

VENDOR = Settings(vol="vendor", rate=0.0, dividend=0.0)
UTC = dt.UTC
PLAN = Plan(opens_at=lambda date: session_open(expiration_session(date)), sessions_of=sessions_between)


def held_by(view, name, share):
    return next(each for each in view.holdings if (each.name, each.volume_share) == (name, share))


def test_open_interest_and_volume_disagree(data_path) -> None:
    """SPX 2025-09-05 10:16, vendor's volatility, spot for forward: +56.6 $bn by open interest, -7.8 by volume."""
    view = zero_dte(
        read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv"), quote_time="2025-09-05T10:16"),
        VENDOR,
        PLAN,
    )
    held, traded = held_by(view, "naive", 0.0), held_by(view, "naive", 1.0)
    assert held.gamma_usd_per_1pct.net / 1e9 == pytest.approx(56.6, abs=0.1)
    assert traded.gamma_usd_per_1pct.net / 1e9 == pytest.approx(-7.8, abs=0.1)
    assert held.levels.gamma_flip == pytest.approx(6490.9, abs=0.1)
    assert view.moves.straddle.straddle == pytest.approx(24.30, abs=0.01)
    assert view.moves.straddle.one_sigma == pytest.approx(30.46, abs=0.01)
    assert view.clock.minutes_left == 344.0


def test_volume_is_no_estimate(data_path) -> None:
    """SPX 2025-09-04: +580 $bn by volume, eleven times what open interest gives."""
    path = data_path("chains", "cboe_csv", "spx_2025-09-04_1430.csv")
    view = zero_dte(read_chain(path), VENDOR, PLAN)
    assert held_by(view, "naive", 1.0).gamma_usd_per_1pct.net / 1e9 == pytest.approx(580, abs=2)
    assert held_by(view, "naive", 0.0).gamma_usd_per_1pct.net / 1e9 < 60


@pytest.mark.parametrize(
    "name", ["spx_2025-09-05_1016", "spx_2025-09-04_1430", "qqq_2023-05-10_1510", "spx_2022-07-12_1155"]
)
@pytest.mark.parametrize("positions", ["naive", "short-all"])
def test_the_charm_path_adds_up(name, positions, data_path) -> None:
    chain = read_chain(data_path("chains", "cboe_csv", f"{name}.csv"))
    view, analysis = zero_dte(chain, Settings(positions=positions), PLAN), analyze(chain, positions=positions)
    assert view.clock.is_today
    scale = abs(analysis.exposure.delta_usd) + analysis.exposure.gamma_usd_per_1pct.gross
    once = -analysis.zero_dte.exposure.charm_usd_to_close
    assert view.path["charm_trade_usd"].sum() == pytest.approx(once, abs=1e-12 * scale)
    whole = -analysis.exposure.charm_usd_to_close
    assert view.path["all_expirations_usd"].sum() == pytest.approx(whole, abs=1e-12 * scale)
    both = view.path["vanna_trade_usd"][0] + view.path["charm_after_vol_usd"].sum()
    assert both == pytest.approx(once, abs=1e-12 * scale)


def test_a_minute_before_the_close_gamma_is_the_closed_form(data_path) -> None:
    """The book of a real day at 15:59: its sum by the textbook formula, and a tenth of a percent's average."""
    chain = read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv"))
    settings = Settings(at=dt.datetime(2025, 9, 5, 19, 59, tzinfo=UTC))
    view = zero_dte(chain, settings, PLAN)
    rows = analyze(chain, settings).by_contract.filter(pl.col("expiration") == dt.date(2025, 9, 5))
    spot, strike = view.level, rows["strike"].to_numpy()
    held = rows["position"].to_numpy() * rows["multiplier"].to_numpy()
    w = rows["sigma"].to_numpy() / np.sqrt(525_600)
    carry = np.log(rows["forward"].to_numpy() / spot)

    def d1(at: float) -> np.ndarray:
        return (np.log(at / strike) + carry) / w + 0.5 * w

    gamma = np.exp(-0.5 * d1(spot) ** 2) / np.sqrt(2 * np.pi) / (spot * w)
    net = held_by(view, "naive", 0.0)
    scale = 0.01 * spot**2 * np.sum(np.abs(held) * gamma)
    assert net.gamma_usd_per_1pct.net == pytest.approx(0.01 * spot**2 * np.sum(held * gamma), abs=1e-6 * scale)
    move = 0.001 * spot
    finite = 0.01 * spot**2 * np.sum(held * (ndtr(d1(spot + move)) - ndtr(d1(spot - move)))) / (2 * move)
    assert net.finite_gamma_usd_per_1pct == pytest.approx(finite, abs=1e-6 * scale)
    for values in (view.surface.gamma_usd_per_1pct, view.surface.delta_usd, view.surface.hedge_trade_usd):
        assert np.isfinite(values).all()


def test_after_the_close_the_next_expiration(data_path) -> None:
    view = zero_dte(read_chain(data_path("chains", "cboe_csv", "spx_2025-09-03_1618.csv")), plan=PLAN)
    assert view.clock.expiration == dt.date(2025, 9, 4)
    assert view.clock.reason == "nothing that expires on 2025-09-03 is left to trade"
    assert view.path["until"][0] == dt.datetime(2025, 9, 4, 13, 30, tzinfo=UTC)


def test_a_holiday_is_no_session(data_path) -> None:
    """Saved on Labor Day: quotes of Friday, and one session to Tuesday's close, not two."""
    view = zero_dte(read_chain(data_path("chains", "cboe_csv", "spx_2025-09-01_0845.csv")), plan=PLAN)
    assert view.clock.expiration == dt.date(2025, 9, 2)
    assert view.sessions.row(0, named=True)["sessions"] == 1


def test_a_third_friday_has_two_instants_and_an_early_close_one_earlier(data_path) -> None:
    chain = read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv"))
    third = zero_dte(chain, Settings(at=dt.datetime(2025, 9, 19, 13, tzinfo=UTC)), PLAN).clock
    assert [(root.root, root.minutes_left) for root in third.roots] == [("SPX", 30.0), ("SPXW", 420.0)]
    later = zero_dte(chain, Settings(at=dt.datetime(2025, 9, 19, 13, 31, tzinfo=UTC)), PLAN).clock
    assert [root.root for root in later.roots] == ["SPXW"]
    early = zero_dte(chain, Settings(expirations="2025-11-28"), PLAN).clock
    assert early.expires_at == dt.datetime(2025, 11, 28, 18, tzinfo=UTC)


def test_data_days_stand_out(data_path) -> None:
    """On 2025-09-05 options priced the price index of the 11th and the central bank on the 17th above all other days."""
    sessions = zero_dte(read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")), plan=PLAN).sessions
    ranked = sessions.filter(pl.col("expiration") <= dt.date(2025, 9, 17)).sort(
        "times_typical", descending=True, nulls_last=True
    )
    assert ranked["expiration"].to_list()[:2] == [dt.date(2025, 9, 17), dt.date(2025, 9, 11)]
