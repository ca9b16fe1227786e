"""Seeded option chains that look like those of SPX and QQQ, with their true levels known exactly.

`generate` draws one chain, `generate_days` a series that evolves from day to day; the same seed gives the same
bytes. Nothing is copied from any market: docs/sample.md says how each part is made.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, get_args

import numpy as np

from gex.ingest import calendar
from gex.ingest.sample_chain import Book, Options, Sample, State, snapshot
from gex.ingest.sample_csv import write_cboe_csv
from gex.ingest.sample_market import PRODUCTS, SESSIONS_PER_YEAR, Size, Symbol, ZeroCurve, at_the_money_variance
from gex.ingest.sample_truth import Truth

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["Sample", "Truth", "ZeroCurve", "generate", "generate_days", "write_cboe_csv"]

QUOTE_TIME = dt.datetime(2026, 3, 10, 14, 0, tzinfo=dt.UTC)
"""A Tuesday at 10:00 in New York."""
FIRST_DAY = dt.date(2026, 1, 5)


def generate(
    symbol: Symbol = "SPX",
    quote_time: dt.datetime = QUOTE_TIME,
    seed: int = 1,
    *,
    rounded: bool = True,
    bad_rows: int = 0,
    spot: float | None = None,
    curve: ZeroCurve | None = None,
    size: Size = "full",
) -> Sample:
    """Draw a chain.

    Args:
        symbol: SPX or QQQ.
        quote_time: With a time zone, within a trading session.
        seed: Not negative; the same gives the same bytes.
        rounded: Quote in ticks, with zero bids in the wings, as an exchange does. False quotes symmetrically
            about the exact price of every contract.
        bad_rows: Rows to add that a reader must set aside, in pairs of a call and a put; an odd number is
            rounded up. The truth does not know them.
        spot: Points; drawn near the product's usual level if None.
        curve: Zero rates; near 4% if None.
        size: `small` gives several hundred rows, on a few expirations.

    Raises:
        ValueError: An argument is outside what is said above.

    """
    options = _checked(Options(symbol, seed, rounded, bad_rows, curve or ZeroCurve(), size))
    return snapshot(options, _first_state(options, spot), quote_time, {})[0]


def generate_days(
    symbol: Symbol,
    days: int,
    seed: int = 1,
    *,
    start: dt.date = FIRST_DAY,
    at: dt.time | None = None,
    rounded: bool = True,
    curve: ZeroCurve | None = None,
    size: Size = "full",
) -> Iterator[Sample]:
    """Draw one chain a session: spot moves, contracts expire and are listed, open interest follows volume.

    From one session to the next a contract's open interest changes by at most what it traded in the first.
    Strikes once listed stay until they expire; a new one starts without open interest (a small sample, a window on
    the listings, takes new expirations in with theirs).

    Args:
        symbol: SPX or QQQ.
        days: How many sessions.
        seed: Not negative; a shorter series is the start of a longer one.
        start: The first session, or a date before it.
        at: New York time of the quotes. Each session's close if None, when what expires that day is gone; earlier
            in the day, the volume shown is that of the day so far.
        rounded: As in `generate`.
        curve: As in `generate`.
        size: As in `generate`.

    Yields:
        One sample for each session.

    Raises:
        ValueError: An argument is outside what is said above.

    """
    options = _checked(Options(symbol, seed, rounded, 0, curve or ZeroCurve(), size))
    if days < 0:
        raise ValueError(f"days must not be negative, got {days}")
    state = _first_state(options, None)
    book: Book = {}
    day = start if calendar.is_session(start) else calendar.next_session(start)
    for _ in range(days):
        quote_time = calendar.session_close(day) if at is None else calendar.new_york(day, at)
        sample, book = snapshot(options, state, quote_time, book)
        yield sample
        day = calendar.next_session(day)
        state = _next_state(options, state, day)


def _checked(options: Options) -> Options:
    """Refuse options outside the documented choices."""
    for name, value, choices in (("symbol", options.symbol, Symbol), ("size", options.size, Size)):
        if value not in get_args(choices):
            raise ValueError(f"{name} must be one of {', '.join(get_args(choices))}; got {value!r}")
    for name, number in (("seed", options.seed), ("bad_rows", options.bad_rows)):
        if number < 0:
            raise ValueError(f"{name} must not be negative, got {number}")
    return options


def _first_state(options: Options, spot: float | None) -> State:
    """Draw where a chain or a series starts: most often above the flip."""
    rng = np.random.default_rng([options.seed, 0])
    usual = PRODUCTS[options.symbol].spot * float(np.exp(0.03 * rng.standard_normal()))
    level = round(usual if spot is None else float(spot), 2)
    if not 0.0 < level < np.inf:
        raise ValueError(f"spot must be a positive price, got {spot}")
    above_flip = rng.uniform(0.003, 0.011) * (1.0 if rng.random() < 0.75 else -0.7)
    return State(
        spot=level,
        change=round(level * 0.006 * float(rng.standard_normal()), 2),
        volatility=float(np.exp(0.1 * rng.standard_normal())),
        balance=level * (1.0 - float(above_flip)),
    )


def _next_state(options: Options, state: State, day: dt.date) -> State:
    """Move spot by a day; volatility rises when it falls, and the balance of holders follows slowly."""
    rng = np.random.default_rng([options.seed, 1, day.toordinal()])
    variance = at_the_money_variance(options.symbol, np.array([1.0 / SESSIONS_PER_YEAR]), state.volatility)
    move = 3e-4 + float(np.sqrt(variance[0]) * rng.standard_normal())
    spot = round(state.spot * float(np.exp(move)), 2)
    return State(
        spot=spot,
        change=round(spot - state.spot, 2),
        volatility=state.volatility**0.94 * float(np.exp(0.02 * rng.standard_normal() - 4.0 * move)),
        balance=state.balance + 0.25 * (0.992 * spot - state.balance),
    )
