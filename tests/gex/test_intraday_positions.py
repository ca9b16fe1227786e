"""0DTE under several positions side by side, a book of one's own among them, and on thin chains."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from zero_dte_formulas import CLOSE, TODAY, contracts, delta

from gex import Settings, analyze
from gex.intraday import zero_dte
from gex.position_book import PositionBook

IS_TODAY = pl.col("expiration") == TODAY


def test_positions_side_by_side(chain, view) -> None:
    """Each is what an analysis under those positions says of today; the mixture lies between."""
    by_name = {(holding.name, holding.volume_share): holding for holding in view.holdings}
    assert next(iter(by_name)) == ("naive", 0.0)
    assert set(by_name) == {("naive", 0.0), ("naive", 0.5), ("naive", 1.0), ("call-skew", 0.0), ("short-all", 0.0)}
    for (name, share), holding in by_name.items():
        part = analyze(chain, Settings(positions=name, zero_dte_volume=share)).zero_dte
        assert holding.gamma_usd_per_1pct.net == pytest.approx(part.exposure.gamma_usd_per_1pct.net, rel=1e-12)
        assert holding.gamma_usd_per_1pct.gross == pytest.approx(part.exposure.gamma_usd_per_1pct.gross, rel=1e-12)
        assert holding.levels == part.levels
        assert holding.charm_trade_usd == pytest.approx(-part.exposure.charm_usd_to_close, rel=1e-9)
    held, mixed, traded = (by_name["naive", share].gamma_usd_per_1pct.net for share in (0.0, 0.5, 1.0))
    assert mixed == pytest.approx(0.5 * (held + traded), rel=1e-12)
    assert traded == pytest.approx(analyze(chain).zero_dte.net_by_volume, rel=1e-12)


@pytest.mark.parametrize(
    ("settings", "first"),
    [
        (Settings(positions="volume"), ("volume", 1.0)),
        (Settings(zero_dte_volume=0.3), ("naive", 0.3)),
        (Settings(positions="short-all", zero_dte_volume=0.5, scale=0.1), ("short-all", 0.5)),
    ],
)
def test_what_is_asked_for_comes_first_and_once(chain, settings, first) -> None:
    view = zero_dte(chain, settings)
    names = [(holding.name, holding.volume_share) for holding in view.holdings]
    assert names[0] == first
    assert len(set(names)) == len(names)
    assert {0.0, 1.0} <= {share for _, share in names}
    expected = analyze(chain, settings).zero_dte.exposure.gamma_usd_per_1pct.net
    assert view.holdings[0].gamma_usd_per_1pct.net == pytest.approx(expected, rel=1e-12)


def test_no_open_interest_today_is_no_gamma_with_a_reason(make_chain) -> None:
    edit = lambda frame: frame.with_columns(pl.when(IS_TODAY).then(0).otherwise("open_interest").alias("open_interest"))  # noqa: E731
    view = zero_dte(make_chain(edit=edit))
    held = view.holdings[0]
    assert (held.gamma_usd_per_1pct.gross, held.charm_trade_usd, view.volume_per_open_interest) == (0.0, 0.0, None)
    assert held.levels.gamma_flip is None
    assert held.levels.reasons["gamma_flip"].startswith("no gamma")
    assert view.path["charm_trade_usd"].to_list() == [0.0] * 24


def test_a_book_of_ones_own_stands_first(chain) -> None:
    own = pl.DataFrame(
        {
            "root": ["SPXW"] * 2,
            "expiration": [TODAY, dt.date(2025, 9, 12)],
            "strike": [6500.0, 6500.0],
            "option_type": ["C", "P"],
            "contracts": [-30, 7],
        }
    )
    view = zero_dte(chain, Settings(positions=PositionBook("mine.csv", own, "0")))
    held = view.holdings[0]
    assert (held.name, held.volume_share, held.contracts) == ("mine.csv", None, 30.0)
    assert {("naive", share) for share in (0.0, 0.5, 1.0)} < {(each.name, each.volume_share) for each in view.holdings}
    row = contracts(chain).filter((pl.col("strike") == 6500.0) & (pl.col("option_type") == "C"))
    change = (delta(row, 6500.0, 0) - delta(row, 6500.0, 360.0))[0]
    assert held.charm_trade_usd == pytest.approx(6500.0 * 3000.0 * change, rel=1e-9)


def test_a_book_without_todays_contracts_trades_nothing_today(chain) -> None:
    own = pl.DataFrame(
        {
            "root": ["SPXW"],
            "expiration": [dt.date(2025, 9, 12)],
            "strike": [6500.0],
            "option_type": ["C"],
            "contracts": [5],
        }
    )
    view = zero_dte(chain, Settings(positions=PositionBook("mine.csv", own, "0")))
    assert view.holdings[0].contracts == 0.0
    assert view.path["charm_trade_usd"].sum() == 0.0
    assert view.path["all_expirations_usd"].sum() != 0.0


EDITS = {
    "calls only": pl.col("option_type") == "C",
    "calls only today": (pl.col("option_type") == "C") | ~IS_TODAY,
    "one strike today": (pl.col("strike") == 6500.0) | ~IS_TODAY,
    "no call at the money": (pl.col("strike") - 6500.0).abs() > 100.0,
}


@pytest.mark.parametrize("kept", EDITS)
@pytest.mark.parametrize("minutes", [360.0, 0.01])
def test_thin_chains_give_figures_or_reasons(make_chain, kept, minutes) -> None:
    chain = make_chain(edit=lambda frame: frame.filter(EDITS[kept]))
    view = zero_dte(chain, Settings(at=CLOSE - dt.timedelta(minutes=minutes)))
    assert view.clock.is_today
    assert np.isfinite(view.surface.delta_usd).all()
    assert np.isfinite(view.surface.gamma_usd_per_1pct).all()
    assert not view.path["charm_trade_usd"].is_nan().any()
    assert (view.moves.straddle is None) == (view.moves.reason is not None)


@pytest.mark.parametrize("strikes", [np.arange(7000.0, 7500.0, 25.0), np.arange(5000.0, 5500.0, 25.0)])
def test_spot_outside_the_strikes(make_chain, strikes) -> None:
    view = zero_dte(make_chain(strikes=strikes))
    assert np.isfinite(view.surface.hedge_trade_usd).all()
    assert view.holdings[0].gamma_usd_per_1pct.gross >= 0
    assert view.odds["above_probability"].is_between(0, 1).all()


def test_what_cannot_be_priced_today_is_said(make_chain) -> None:
    gone = [pl.when(IS_TODAY).then(None).otherwise(name).alias(name) for name in ("bid", "ask", "implied_volatility")]
    view = zero_dte(make_chain(edit=lambda frame: frame.with_columns(gone)))
    assert view.clock.expiration == dt.date(2025, 9, 12)
    assert view.clock.reason == "nothing that expires on 2025-09-05 can be priced: no volatility could be had"
    assert view.sessions["reason"][0] == "no volatility could be had for that expiration"
