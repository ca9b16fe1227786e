"""One sample chain: the market, its holders and its quotes put together into the canonical table."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from gex.ingest import calendar
from gex.ingest import sample_market as market
from gex.ingest.contracts import contract
from gex.ingest.sample_book import Rungs, day_share, make_quotes, traded_volume, wanted_open_interest
from gex.ingest.sample_truth import Pricing, Truth, black_delta, black_gamma, black_price, call_balance, truth_of
from gex.ingest.schema import KEY, SCHEMA

if TYPE_CHECKING:
    from gex.ingest.sample_market import Listing, Size, Symbol, ZeroCurve
    from gex.ingest.sample_truth import Floats

MULTIPLIER = 100.0
PULL = 0.35
"""The part of the way to what holders want that open interest goes in a day, if volume allows."""
UNCOMPUTED = 0.02
"""Vendors give no volatility for a contract in the money with less time value than this, points."""
FAULTS = ("negative open interest", "repeated row", "no strike", "expired", "crossed quote")
"""What is wrong with planted bad rows, in turn. A crossed quote is held by nobody: it need not be set aside."""


@dataclass(frozen=True)
class Sample:
    """A chain and what is true of it.

    Attributes:
        symbol: SPX or QQQ.
        chain: The canonical chain table, sorted, call before put at every strike; bad rows follow at its end.
        spot: Points.
        change: Of spot since the last session's close, points.
        quote_time: When the quotes were made, UTC.
        curve: The discount curve behind the prices.
        truth: The exact levels, from the good rows.
        rounded: Whether quotes are in ticks; else their middles are exact prices.

    """

    symbol: Symbol
    chain: pl.DataFrame
    spot: float
    change: float
    quote_time: dt.datetime
    curve: ZeroCurve
    truth: Truth
    rounded: bool


@dataclass(frozen=True)
class Options:
    """What a caller chose."""

    symbol: Symbol
    seed: int
    rounded: bool
    bad_rows: int
    curve: ZeroCurve
    size: Size


@dataclass(frozen=True)
class State:
    """What moves from day to day."""

    spot: float
    change: float
    volatility: float
    """Multiplies the surface."""
    balance: float
    """The spot at which the gamma of the calls that are wanted makes up for that of the puts."""


@dataclass(frozen=True)
class Held:
    """One expiration at the end of a day: contracts held and traded; (strikes, 2), calls first."""

    strike: Floats
    open_interest: Floats
    volume: Floats


Book = dict[tuple[str, dt.date], Held]
"""By root and expiration; empty before the first day."""


@dataclass(frozen=True)
class _Market:
    """The priced contracts of one instant. Arrays by rung hold one entry a strike, those by row call and put."""

    listed: list[Listing]
    today: dt.date
    quote_time: dt.datetime
    years: Floats
    """Per listing."""
    forward: Floats
    discount: Floats
    rungs: Rungs
    rows: Pricing
    """Per row."""


def snapshot(options: Options, state: State, quote_time: dt.datetime, before: Book) -> tuple[Sample, Book]:
    """Draw one chain from yesterday's book; return it and today's.

    Raises:
        ValueError: `quote_time` has no zone or lies outside a trading session.

    """
    priced = _market(options, state, quote_time, before)
    rng = np.random.default_rng([options.seed, 2, priced.today.toordinal()])
    wanted = _wanted(options, state, priced)
    held = _held(options, priced, wanted, before, rng)
    traded = traded_volume(options.symbol, priced.rungs, wanted, held, state.spot, rng)
    volume = rng.poisson(traded).astype(np.float64)
    columns = _columns(options, state, priced, held, volume, rng)
    chain = pl.DataFrame({name: columns.get(name) for name in SCHEMA}, schema=SCHEMA)
    units = MULTIPLIER * held.ravel() * np.where(priced.rows.is_call, 1.0, -1.0)
    forwards = {"years": priced.years, "forward": priced.forward, "discount": priced.discount}
    sample = Sample(
        symbol=options.symbol,
        chain=_with_bad_rows(chain, options, priced.today),
        spot=state.spot,
        change=state.change,
        quote_time=priced.quote_time,
        curve=options.curve,
        truth=truth_of(priced.rows, state.spot, units, chain.select(KEY), _terms(priced.listed, forwards)),
        rounded=options.rounded,
    )
    return sample, _book(priced, held, volume)


def _market(options: Options, state: State, quote_time: dt.datetime, before: Book) -> _Market:
    """List, strike and price every contract."""
    listed = market.listings(options.symbol, quote_time, options.size)
    quote_time = quote_time.astimezone(dt.UTC)
    today = quote_time.astimezone(calendar.NEW_YORK).date()
    years = market.years_to(listed, quote_time)
    discount = options.curve.discount(years)
    forward = state.spot * market.dividend_factor(options.symbol, listed, years, today) / discount
    grids = [_strikes(options, state, each, before) for each in listed]
    index = np.repeat(np.arange(len(listed)), [len(grid) for grid in grids])
    strike = np.concatenate(grids)
    business = market.business_years(listed, quote_time)
    variance = market.at_the_money_variance(options.symbol, business, state.volatility)[index]
    w = market.total_deviation(options.symbol, np.log(strike / forward[index]), variance)
    rows = Pricing(
        forward=np.repeat(forward[index], 2),
        discount=np.repeat(discount[index], 2),
        strike=np.repeat(strike, 2),
        w=np.repeat(w, 2),
        is_call=np.tile([True, False], len(strike)),
    )
    rungs = Rungs(listed, index, strike, np.sqrt(variance))
    return _Market(listed, today, quote_time, years, forward, discount, rungs, rows)


def _strikes(options: Options, state: State, listing: Listing, before: Book) -> Floats:
    """Return a listing's strikes: those there were, and those that today's spot asks for."""
    grid = market.strikes(options.symbol, listing, state.spot, options.size)
    old = before.get((listing.root, listing.expiration))
    return grid if old is None else np.union1d(grid, old.strike)


def _wanted(options: Options, state: State, priced: _Market) -> Floats:
    """Return the open interest that holders tend to, without gamma at the state's balance; (rungs, 2)."""
    wanted = wanted_open_interest(options.symbol, priced.rungs, state.balance, options.seed)
    signed = (wanted * np.array([1.0, -1.0])).ravel()
    wanted[:, 0] *= call_balance(priced.rows, state.spot, signed, state.balance)
    return wanted


def _held(options: Options, priced: _Market, wanted: Floats, before: Book, rng: np.random.Generator) -> Floats:
    """Return open interest in whole contracts: yesterday's, moved towards what is wanted by at most what traded."""
    if not before:
        return np.round(wanted)
    held, traded = np.zeros_like(wanted), np.zeros_like(wanted)
    for i, listing in enumerate(priced.listed):
        at = np.flatnonzero(priced.rungs.index == i)
        if old := before.get((listing.root, listing.expiration)):
            at = at[np.isin(priced.rungs.strike[at], old.strike)]
            held[at], traded[at] = old.open_interest, old.volume
        elif options.size == "small":  # a window on the listings: what comes into it has been there before
            held[at] = wanted[at]
    step = PULL * (wanted - held) + 0.2 * traded * rng.standard_normal(held.shape)
    return np.maximum(np.round(held + np.clip(step, -traded, traded)), 0.0)


def _columns(
    options: Options, state: State, priced: _Market, held: Floats, volume: Floats, rng: np.random.Generator
) -> dict[str, object]:
    """Return the chain's columns."""
    rows, listing = priced.rows, np.repeat(priced.rungs.index, 2)
    price, years = black_price(rows), priced.years[listing]
    intrinsic = rows.discount * np.maximum((rows.forward - rows.strike) * np.where(rows.is_call, 1.0, -1.0), 0.0)
    bid, ask = make_quotes(options.symbol, price, intrinsic, years, state.spot, rng if options.rounded else None)
    shown = np.floor(volume * _elapsed_share(priced)).ravel()
    computed = (price - intrinsic >= UNCOMPUTED) | (intrinsic == 0.0)
    frame = _terms(priced.listed, {}).select(pl.all().gather(listing.tolist()))
    return {
        **frame.to_dict(as_series=True),
        "underlying": options.symbol,
        "option_type": np.where(rows.is_call, "C", "P"),
        "strike": rows.strike,
        "multiplier": MULTIPLIER,
        "bid": bid,
        "ask": ask,
        "last": _last(price, bid, ask, shown, held.ravel(), rng),
        "bid_size": np.where(bid > 0, _sizes(bid, rng), 0.0).astype(np.int64),
        "ask_size": _sizes(ask, rng).astype(np.int64),
        "volume": shown.astype(np.int64),
        "open_interest": held.ravel().astype(np.int64),
        "open_interest_date": calendar.previous_session(priced.today),
        "implied_volatility": _with_nulls(np.where(computed, np.round(rows.w / np.sqrt(years), 4), np.nan)),
        "vendor_delta": np.round(black_delta(rows, state.spot), 4) + 0.0,
        "vendor_gamma": np.round(black_gamma(rows, state.spot), 4),
        "quote_time": priced.quote_time,
        "quote_date": priced.today,
        "spot": state.spot,
        "source": "sample",
        "quality": 0,
    }


def _elapsed_share(priced: _Market) -> float:
    """Return the part of the day's volume that has traded at the quote time."""
    opened, closed = calendar.session_open(priced.today), calendar.session_close(priced.today)
    return day_share((priced.quote_time - opened) / (closed - opened))


def _last(price: Floats, bid: Floats, ask: Floats, volume: Floats, held: Floats, rng: np.random.Generator) -> pl.Series:
    """Return last trades: within the quote where there was volume, older where there is only open interest."""
    fresh = bid + (ask - bid) * rng.uniform(0.1, 0.9, len(price))
    stale = price * np.exp(0.15 * rng.standard_normal(len(price)))
    last = np.where(volume > 0, fresh, np.where(held > 0, stale, np.nan))
    return _with_nulls(np.maximum(np.round(last, 2), 0.01))


def _with_nulls(values: Floats) -> pl.Series:
    """Return values with null in place of NaN."""
    return pl.Series(values).fill_nan(None)


def _sizes(price: Floats, rng: np.random.Generator) -> Floats:
    """Return quoted sizes: tens of contracts, hundreds where they are cheap."""
    return np.ceil(np.exp(2.8 + 0.9 * rng.standard_normal(len(price))) * (1.0 + 6.0 / (1.0 + 4.0 * price)))


def _terms(listed: list[Listing], values: dict[str, Floats]) -> pl.DataFrame:
    """Return one row per listing: its names and dates, with `values` beside them."""
    terms = [contract(each.root) for each in listed]
    names = {
        "root": [each.root for each in listed],
        "expiration": [each.expiration for each in listed],
        "expires_at": [each.expires_at for each in listed],
        "settlement": [each.settlement for each in terms],
        "exercise": [each.exercise for each in terms],
    }
    return pl.DataFrame(names, schema={name: SCHEMA[name] for name in names}).with_columns(**values)


def _book(priced: _Market, held: Floats, volume: Floats) -> Book:
    """Return what is held and traded, by root and expiration."""
    book = {}
    for i, each in enumerate(priced.listed):
        at = priced.rungs.index == i
        book[each.root, each.expiration] = Held(priced.rungs.strike[at], held[at], volume[at])
    return book


def _with_bad_rows(chain: pl.DataFrame, options: Options, today: dt.date) -> pl.DataFrame:
    """Add rows with each of `FAULTS` in turn, made from a call and its put drawn from the chain."""
    rng = np.random.default_rng([options.seed, 3])
    pairs = [
        _spoiled(chain.slice(2 * int(rng.integers(len(chain) // 2)), 2), FAULTS[i % len(FAULTS)], today)
        for i in range((options.bad_rows + 1) // 2)
    ]
    return pl.concat([chain, *pairs])


def _spoiled(pair: pl.DataFrame, fault: str, today: dt.date) -> pl.DataFrame:
    """Turn a call and its put into bad rows, at a strike between the listed ones where the key must be new."""
    between = pl.col("strike") + 0.5
    expired = calendar.previous_session(today)
    gone = pl.lit(calendar.session_close(expired), SCHEMA["expires_at"])
    changes: dict[str, dict[str, pl.Expr]] = {
        "negative open interest": {"strike": between, "open_interest": -pl.col("open_interest") - 100},
        "repeated row": {},
        "no strike": {"strike": pl.lit(None, pl.Float64)},
        "expired": {"expiration": pl.lit(expired), "expires_at": gone},
        "crossed quote": {"strike": between, "bid": pl.col("ask") + 5.0, "open_interest": pl.lit(0, pl.Int64)},
    }
    return pair.with_columns(**changes[fault])
