"""Small chains with known forwards, volatilities and open interest, priced by SciPy; American options by QuantLib."""

from __future__ import annotations

import datetime as dt
import math
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
import QuantLib as ql  # noqa: N813
from scipy.special import ndtr

from gex.ingest.schema import SCHEMA, SORT, Chain, QualityReport, Source
from gex.intraday import zero_dte

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from gex.intraday_results import ZeroDte

QUOTE_TIME = dt.datetime(2025, 9, 5, 14, 0, tzinfo=dt.UTC)
CLOSE = dt.datetime(2025, 9, 5, 20, 0, tzinfo=dt.UTC)
RATE, DIVIDEND, SPOT = 0.04, 0.013, 6500.0


def black(forward: float, strike: np.ndarray, w: np.ndarray, discount: float, *, is_call: bool) -> np.ndarray:
    """Return Black's price of each option."""
    d1 = np.log(forward / strike) / w + 0.5 * w
    call = discount * (forward * ndtr(d1) - strike * ndtr(d1 - w))
    return call if is_call else call - discount * (forward - strike)


def flat_smile(k: np.ndarray, years: float) -> np.ndarray:
    """Return 16% for every strike, as a total standard deviation."""
    return np.full_like(k, 0.16 * np.sqrt(years))


def skewed_smile(k: np.ndarray, years: float) -> np.ndarray:
    """Return a smile with a put skew, as a total standard deviation."""
    z = k / (0.16 * np.sqrt(years))
    return 0.16 * np.sqrt(years) * (1.0 - 0.06 * z + 0.02 * np.sqrt(z * z + 0.3))


def expiration_rows(
    expiration: dt.date, strikes: np.ndarray, smile: Callable[[np.ndarray, float], np.ndarray], root: str
) -> list[dict[str, Any]]:
    """Return the rows of one expiration, quotes unrounded, calls held above the money and puts below."""
    expires_at = dt.datetime.combine(expiration, dt.time(20), tzinfo=dt.UTC)
    years = (expires_at - QUOTE_TIME).total_seconds() / 60 / 525_600
    forward, discount = SPOT * np.exp((RATE - DIVIDEND) * years), float(np.exp(-RATE * years))
    w = smile(np.log(strikes / forward), years)
    rows = []
    for option_type in "CP":
        price = black(forward, strikes, w, discount, is_call=option_type == "C")
        rows += [
            {
                "underlying": "SPX",
                "root": root,
                "expiration": expiration,
                "expires_at": expires_at,
                "settlement": "PM",
                "exercise": "E",
                "option_type": option_type,
                "strike": float(strike),
                "multiplier": 100.0,
                "bid": float(p * 0.99),
                "ask": float(p * 1.01),
                "volume": 10 + i,
                "open_interest": 100 + 5 * i if option_type == "C" else 320 - 6 * i,
                "implied_volatility": float(s / np.sqrt(years)),
                "quote_time": QUOTE_TIME,
                "quote_date": QUOTE_TIME.date(),
                "spot": SPOT,
                "source": "test",
                "quality": 0,
            }
            for i, (strike, p, s) in enumerate(zip(strikes, price, w, strict=True))
        ]
    return rows


def chain_of(frame: pl.DataFrame, spot: float | None = SPOT, asset_class: str = "index") -> Chain:
    """Wrap a frame as a chain quoted at 10:00 New York."""
    missing = [pl.lit(None, dtype=dtype).alias(name) for name, dtype in SCHEMA.items() if name not in frame.columns]
    table = frame.with_columns(missing).select(SCHEMA.names()).cast(dict(SCHEMA)).sort(*SORT)
    return Chain(
        frame=table,
        underlying="SPX",
        asset_class=asset_class,  # type: ignore[arg-type]
        spot=spot,
        quote_time=QUOTE_TIME,
        quote_date=QUOTE_TIME.date(),
        next_close=CLOSE,
        stamp=QUOTE_TIME,
        delay_minutes=0.0,
        quote_time_source="given",
        market_open=True,
        open_interest_date=dt.date(2025, 9, 4),
        source=Source("test", "0" * 64, "test", "0"),
        quality=QualityReport(rows_in=len(table), rows_kept=len(table)),
    )


@pytest.fixture(scope="session", name="make_chain")
def _make_chain() -> Callable[..., Chain]:
    """Return a function that makes a chain: today's and two later expirations unless told otherwise."""

    def make(
        expirations: Sequence[dt.date] = (dt.date(2025, 9, 5), dt.date(2025, 9, 12), dt.date(2025, 10, 17)),
        strikes: np.ndarray | None = None,
        smile: Callable[[np.ndarray, float], np.ndarray] = skewed_smile,
        edit: Callable[[pl.DataFrame], pl.DataFrame] = lambda frame: frame,
        **facts: Any,
    ) -> Chain:
        ladder = np.arange(6000.0, 7001.0, 25.0) if strikes is None else strikes
        rows = [row for date in expirations for row in expiration_rows(date, ladder, smile, "SPXW")]
        return chain_of(edit(pl.DataFrame(rows)), **facts)

    return make


@pytest.fixture(scope="session", name="chain")
def _chain(make_chain: Callable[..., Chain]) -> Chain:
    """Return the default small chain."""
    return make_chain()


@pytest.fixture(scope="session", name="view")
def _view(chain: Chain) -> ZeroDte:
    """Return 0DTE of the default small chain."""
    return zero_dte(chain)


@pytest.fixture(scope="session", name="american_price")
def _american_price() -> Callable[..., float]:
    """Return QuantLib's price of an American option by its high-precision engine, any life scaled to 365 days."""

    @cache  # Tests ask for the same contracts.
    def price(
        spot: float, strike: float, years: float, sigma: float, carry: tuple[float, float], is_call: bool
    ) -> float:
        today, clock = ql.Date(2, 1, 2024), ql.Actual365Fixed()
        ql.Settings.instance().evaluationDate = today
        rate, dividend = (ql.YieldTermStructureHandle(ql.FlatForward(today, x * years, clock)) for x in carry)
        volatility = ql.BlackConstantVol(today, ql.NullCalendar(), sigma * math.sqrt(years), clock)
        process = ql.BlackScholesMertonProcess(
            ql.QuoteHandle(ql.SimpleQuote(spot)), dividend, rate, ql.BlackVolTermStructureHandle(volatility)
        )
        payoff = ql.PlainVanillaPayoff(ql.Option.Call if is_call else ql.Option.Put, strike)
        option = ql.VanillaOption(payoff, ql.AmericanExercise(today, today + 365))
        option.setPricingEngine(ql.QdFpAmericanEngine(process, ql.QdFpAmericanEngine.highPrecisionScheme()))
        return float(option.NPV())

    return price
