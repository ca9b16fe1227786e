"""What a trade's contract is worth to a hedger, against fifty digits; what has no price says why."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
import pytest
from hedge_tapes import LATER, SPOT, TODAY, at, tape_of, trade, worth, years_to

from gex.market import market_of
from gex.microstructure.trade_greeks import UNPRICED, VOLATILITY_SOURCES, TradeGreeks, TradePricer
from gex.settings import Settings

GRID = [
    (option_type, strike, expiration, clock)
    for option_type in "CP"
    for strike in (6400.0, 6500.0, 6600.0)
    for expiration in (TODAY, LATER)
    for clock in ("09:30", "12:00", "15:30")
    if not (expiration == TODAY and abs(strike - SPOT) > 50 and clock == "15:30")
]


def priced(*rows: dict[str, Any], pricer: TradePricer | None = None) -> TradeGreeks:
    return (pricer or TradePricer()).price(tape_of(rows))


def reasons(found: TradeGreeks) -> list[str | None]:
    return [None if code < 0 else list(UNPRICED)[code] for code in found.reason]


def sources(found: TradeGreeks) -> list[str | None]:
    return [None if code < 0 else VOLATILITY_SOURCES[code] for code in found.volatility_from]


def test_greeks_are_those_of_the_volatility_in_the_mid() -> None:
    rows = [trade(clock, option_type=c, strike=k, expiration=e) for c, k, e, clock in GRID]
    found = priced(*rows)
    expected = [worth(k, years_to(e, at(clock)), c) for c, k, e, clock in GRID]
    assert reasons(found) == [None] * len(rows)
    assert sources(found) == ["mid"] * len(rows)
    # An option deep in the money or nearly expired has little time value: its volatility is known less well.
    for name, tolerance in (("delta", 1e-9), ("gamma", 1e-7), ("vanna", 1e-6)):
        np.testing.assert_allclose(
            getattr(found, name), [getattr(w, name) for w in expected], rtol=tolerance, atol=1e-13
        )


def test_without_a_usable_mid_the_price_tells() -> None:
    value = worth(6500.0, years_to(TODAY, at("10:00")), "C")
    off = [{"bid": None}, {"ask": None}, {"bid": 0.0}, {"bid": 30.0, "ask": 20.0}, {"ask": math.inf}]
    found = priced(*[trade(price=value.price) | quote for quote in off])
    assert sources(found) == ["price"] * len(off)
    np.testing.assert_allclose(found.delta, value.delta, rtol=1e-9)


def test_what_has_no_volatility_is_not_priced_and_says_why() -> None:
    deep = {"strike": 6300.0, "option_type": "C"}
    found = priced(
        trade(**deep, bid=190.0, ask=199.0, price=195.0),
        trade(bid=None, price=7000.0),
        trade(bid=6600.0, ask=6700.0, price=6600.0),
        trade("16:00"),
        trade("16:00:01"),
        trade(),
    )
    assert reasons(found) == ["no_time_value", "impossible_price", "impossible_price", "expired", "expired", None]
    assert np.isnan(found.delta[:5]).all()
    assert np.isnan(found.gamma[:5]).all()
    assert np.isnan(found.vanna[:5]).all()


@pytest.mark.parametrize(("bid", "ask"), [(None, None), (0.0, 6500.0), (6501.0, 6500.0), (math.nan, 6500.0)])
def test_a_trade_without_the_underlying_takes_the_last_quote_of_it_for_a_minute(
    bid: float | None, ask: float | None
) -> None:
    without = {"underlying_bid": bid, "underlying_ask": ask}
    rows = [trade("09:59", **without), trade("10:00"), trade("10:01", **without), trade("10:01:01", **without)]
    found = priced(*rows)
    assert reasons(found) == ["no_underlying", None, None, "no_underlying"]
    assert found.spot_from.tolist() == [-1, 0, 1, -1]
    assert found.spot[1:3].tolist() == [SPOT, SPOT]


def test_the_last_quote_carries_over_batches() -> None:
    rows = [trade("10:00"), trade("10:00:30", underlying_bid=None), trade("10:00:40", underlying_bid=None)]
    whole, pricer = priced(*rows), TradePricer()
    parts = [priced(row, pricer=pricer) for row in rows]
    assert np.concatenate([part.delta for part in parts]).tobytes() == whole.delta.tobytes()


def test_rate_and_dividend_are_used_without_a_chain() -> None:
    years = years_to(LATER, at("10:00"))
    forward = SPOT * math.exp((0.04 - 0.02) * years)
    value = worth(6500.0, years, "P", forward=forward)
    row = trade(expiration=LATER, option_type="P", price=value.price, bid=None)
    assert priced(row, pricer=TradePricer(dividend=0.02)).delta[0] == pytest.approx(value.delta, rel=1e-9)


@pytest.mark.parametrize("name", ["rate", "dividend"])
def test_a_rate_that_is_no_number_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a number"):
        TradePricer(**{name: math.nan})


@pytest.mark.parametrize("spot", [SPOT, 6450.0])
def test_with_a_chain_forwards_are_its_own_moved_with_spot(chain, spot: float) -> None:
    """The chain's forward carries a dividend that spot and rate do not show."""
    market = market_of(chain, Settings())
    place = market.quotes.expirations.table["expiration"].to_list().index(LATER)
    forward = float(market.forwards.forward[place]) * spot / SPOT
    value = worth(6500.0, years_to(LATER, at("10:00")), "C", spot=spot, forward=forward)
    quotes = {"bid": value.price - 0.05, "ask": value.price + 0.05, "price": value.price}
    row = trade(expiration=LATER, underlying_bid=spot, underlying_ask=spot, **quotes)
    found = priced(row, pricer=TradePricer(chain))
    assert found.in_chain.tolist() == [True]
    # The forward from parity is the true one to 1e-6 of itself, by the rounding of spot.
    assert found.delta[0] == pytest.approx(value.delta, rel=1e-6)
    assert found.gamma[0] == pytest.approx(value.gamma, rel=1e-5)


def test_with_a_chain_its_smile_tells_what_quotes_do_not(chain) -> None:
    """At the chain's own time and spot, the volatility is that of its quotes at the strike."""
    row = {"price": 195.0, "bid": None, "strike": 6300.0, "expiration": LATER}
    assert reasons(priced(trade(**row))) == ["no_time_value"]
    found = priced(trade(**row), pricer=TradePricer(chain))
    assert sources(found) == ["smile"]
    market = market_of(chain, Settings())
    place = market.quotes.expirations.table["expiration"].to_list().index(LATER)
    w = market.w(place, 6300.0)
    assert w is not None
    years = years_to(LATER, at("10:00"))
    value = worth(6300.0, years, "C", sigma=w / math.sqrt(years), forward=float(market.forwards.forward[place]))
    assert found.delta[0] == pytest.approx(value.delta, rel=1e-9)


def test_with_a_chain_and_no_quote_of_the_underlying_spot_is_the_chains(chain) -> None:
    found = priced(trade(underlying_bid=None), pricer=TradePricer(chain))
    assert found.spot.tolist() == [SPOT]
    assert found.spot_from.tolist() == [2]


def test_an_expiration_that_the_chain_lacks_is_priced_without_it(make_chain) -> None:
    chain = make_chain([dt.date(2025, 9, 19)])
    found = priced(trade(), pricer=TradePricer(chain))
    assert found.in_chain.tolist() == [False]
    assert found.delta.tobytes() == priced(trade()).delta.tobytes()


def test_a_trades_figures_do_not_depend_on_its_neighbours() -> None:
    rows = [trade(clock, option_type=c, strike=k, expiration=e) for c, k, e, clock in GRID]
    whole = priced(*rows)
    for place, row in enumerate(rows):
        assert priced(row).vanna.tobytes() == whole.vanna[place : place + 1].tobytes()


def test_no_trades_have_no_greeks() -> None:
    found = TradePricer().price(tape_of([]))
    assert found.delta.shape == found.reason.shape == (0,)
