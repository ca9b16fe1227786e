"""The synthetic chains: what they claim of themselves, checked by other means."""

from __future__ import annotations

import datetime as dt
import math
import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import mpmath
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gex.ingest import calendar
from gex.ingest.read import read_chain
from gex.ingest.sample import Sample, ZeroCurve, generate, generate_days, write_cboe_csv
from gex.ingest.schema import KEY, SCHEMA, SORT

if TYPE_CHECKING:
    from pathlib import Path

SYMBOLS = ("SPX", "QQQ")
SEEDS = (1, 2, 3, 4, 5, 6)
OPEN = dt.datetime(2026, 3, 10, 13, 30, tzinfo=dt.UTC)


@cache
def sample(symbol: str, seed: int = 1, *, rounded: bool = True, size: str = "full") -> Sample:
    return generate(symbol, seed=seed, rounded=rounded, size=size)


def exact(drawn: Sample) -> pl.DataFrame:
    """Return the chain with `years`, `forward`, `discount`, `w` and `mid` beside it."""
    terms = drawn.truth.forwards.select("root", "expiration", "years", "forward", "discount")
    chain = drawn.chain.join(terms, on=["root", "expiration"], how="left", maintain_order="left")
    return chain.with_columns(drawn.truth.by_contract["w"], mid=(pl.col("bid") + pl.col("ask")) / 2)


def test_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    """Tables and files are a function of the arguments, whatever the state of NumPy's global generator."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    write_cboe_csv(generate(seed=7, size="small", bad_rows=4), first)
    np.random.seed(1)  # noqa: NPY002
    write_cboe_csv(generate(seed=7, size="small", bad_rows=4), second)

    assert first.read_bytes() == second.read_bytes()
    assert generate(seed=7, size="small").chain.equals(generate(seed=7, size="small").chain)
    assert not generate(seed=8, size="small").chain.equals(generate(seed=7, size="small").chain)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_rounding_changes_the_quotes_and_not_the_truth(symbol: str) -> None:
    """Open interest and every true figure are the same with and without ticks."""
    rounded, unrounded = sample(symbol), sample(symbol, rounded=False)

    assert rounded.chain["open_interest"].equals(unrounded.chain["open_interest"])
    assert rounded.truth.net == unrounded.truth.net
    assert rounded.truth.crossings == unrounded.truth.crossings
    assert not rounded.chain["bid"].equals(unrounded.chain["bid"])


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("rounded", [True, False])
def test_table_is_the_canonical_one(symbol: str, rounded: bool) -> None:
    """Schema, order and key are those of the chain table, and a reader keeps every row."""
    drawn = sample(symbol, rounded=rounded)
    chain = read_chain(drawn.chain)

    assert drawn.chain.schema == SCHEMA
    assert drawn.chain.equals(drawn.chain.sort(SORT))
    assert drawn.chain.select(KEY).is_unique().all()
    assert chain.quality.rows_kept == chain.quality.rows_in == drawn.chain.height
    assert chain.frame.drop("quality").equals(drawn.chain.drop("quality"))
    assert (chain.quote_time, chain.spot) == (drawn.quote_time, drawn.spot)


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_truth_by_forty_digits(symbol: str) -> None:
    """Net is 0.01 S^2 times the second difference of dealers' value by spot, and vanishes across the flip."""
    drawn = sample(symbol, rounded=False, size="small")
    rows = exact(drawn).filter(pl.col("open_interest") > 0)
    fields = rows.select("forward", "strike", "w", "discount", "open_interest", "option_type").rows()

    def net(level: float, step: str = "1e-9") -> mpmath.mpf:
        spot, h = mpmath.mpf(level), mpmath.mpf(step) * mpmath.mpf(level)
        return mpmath.mpf("0.01") * spot**2 * (value(spot + h) - 2 * value(spot) + value(spot - h)) / h**2

    def value(spot: mpmath.mpf) -> mpmath.mpf:
        move = spot / mpmath.mpf(drawn.spot)
        return mpmath.fsum(call(move, *row) for row in fields)

    def call(
        move: mpmath.mpf, forward: float, strike: float, w: float, discount: float, held: int, side: str
    ) -> mpmath.mpf:
        # A put has the gamma of its call: the difference is linear in spot.
        moved = move * forward
        d1 = mpmath.log(moved / strike) / w + mpmath.mpf(w) / 2
        price = discount * (moved * mpmath.ncdf(d1) - strike * mpmath.ncdf(d1 - w))
        return (1 if side == "C" else -1) * 100 * held * price

    flip = drawn.truth.gamma_flip
    assert flip is not None
    with mpmath.workdps(40):
        assert float(net(drawn.spot)) == pytest.approx(drawn.truth.net, rel=1e-10)
        assert net(flip * (1 - 1e-10)) * net(flip * (1 + 1e-10)) < 0


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_walls_by_plain_sums(symbol: str) -> None:
    """Walls, the strike of most gamma and the high-volatility level follow from sums by strike."""
    drawn = sample(symbol)
    net: dict[float, float] = {}
    gross: dict[float, float] = {}
    rows = drawn.chain.select("strike", "option_type", "open_interest").rows()
    for (strike, side, held), gamma in zip(rows, drawn.truth.by_contract["gamma"], strict=True):
        usd = 0.01 * drawn.spot**2 * 100 * held * gamma
        net[strike] = net.get(strike, 0.0) + (usd if side == "C" else -usd)
        gross[strike] = gross.get(strike, 0.0) + usd
    running, lowest = 0.0, (math.inf, math.nan)
    for strike in sorted(net):
        running += net[strike]
        lowest = min(lowest, (running, strike))

    assert drawn.truth.call_wall == max(net, key=net.__getitem__)
    assert drawn.truth.put_wall == min(net, key=net.__getitem__)
    assert drawn.truth.absolute_gamma_strike == max(gross, key=gross.__getitem__)
    assert drawn.truth.high_vol_level == lowest[1]
    assert drawn.truth.net == pytest.approx(sum(net.values()), rel=1e-9)
    assert drawn.truth.gross == pytest.approx(sum(gross.values()), rel=1e-12)


@pytest.mark.parametrize("symbol", SYMBOLS)
@pytest.mark.parametrize("seed", SEEDS)
def test_levels_are_not_degenerate(symbol: str, seed: int) -> None:
    """The flip is between 0.1% and 3% from spot, and the call wall is above the put wall."""
    drawn = sample(symbol, seed)
    flip = drawn.truth.gamma_flip

    assert flip is not None
    assert 0.001 < abs(flip / drawn.spot - 1.0) < 0.03
    assert drawn.truth.call_wall > drawn.truth.put_wall
    assert (drawn.truth.net > 0) == (drawn.spot > flip)
    assert 0.001 < abs(drawn.truth.net) / drawn.truth.gross < 0.5


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_cboe_file_has_the_shape_of_a_download(symbol: str, tmp_path: Path) -> None:
    """A blank line, name and last, a dated line in English, 22 columns with nine names twice, one line a strike."""
    drawn, path = sample(symbol), tmp_path / "quotedata.csv"
    write_cboe_csv(drawn, path)
    lines = path.read_text(encoding="utf-8").split("\n")
    names = lines[3].split(",")

    assert lines[0] == ""
    assert re.fullmatch(r'("?)[\w&,() ]+\1,Last: \d+\.\d{4},Change: [ -]\d+\.\d{4}', lines[1])
    assert lines[2].startswith('"Date: March 10, 2026 at 10:15 AM EDT",Bid: ')
    assert len(names) == 22
    assert len(set(names)) == 13
    assert names[:3] == ["Expiration Date", "Calls", "Last Sale"]
    assert len(lines) == 4 + drawn.chain.height // 2 + 1
    assert all(len(line.split(",")) == 22 for line in lines[4:-1])
    assert re.fullmatch(r"Tue Mar 10 2026,(SPXW|QQQ)260310C\d{8},.*", lines[4])


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_cboe_file_reads_back(symbol: str, tmp_path: Path) -> None:
    """The reader returns the same rows, but for what the format has no column for."""
    drawn, path = sample(symbol), tmp_path / "quotedata.csv"
    write_cboe_csv(drawn, path)
    chain = read_chain(path)
    absent = ["bid_size", "ask_size", "source", "quality", "vendor_delta", "vendor_gamma"]

    assert chain.quality.rows_kept == drawn.chain.height
    assert (chain.quote_time, chain.spot) == (drawn.quote_time, drawn.spot)
    assert chain.frame.drop(absent).equals(drawn.chain.drop(absent))


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_bad_rows_are_set_aside(symbol: str, tmp_path: Path) -> None:
    """Planted rows are quarantined or held by nobody, in a table and in a file; good rows and truth stay."""
    drawn, clean, path = generate(symbol, bad_rows=9), sample(symbol), tmp_path / "quotedata.csv"
    write_cboe_csv(drawn, path)

    assert drawn.chain.head(clean.chain.height).equals(clean.chain)
    assert drawn.chain.height == clean.chain.height + 10
    assert drawn.truth.crossings == clean.truth.crossings
    for source in (drawn.chain, path):
        chain = read_chain(source)
        assert sum(chain.quality.quarantined.values()) == 8
        assert len(chain.quality.quarantined) == 4
        assert chain.quality.warnings["crossed"] == 2
        assert chain.frame["open_interest"].sum() == clean.chain["open_interest"].sum()


@given(
    symbol=st.sampled_from(SYMBOLS),
    seed=st.integers(0, 2**32),
    day=st.dates(dt.date(2020, 1, 2), dt.date(2030, 12, 31)).filter(calendar.is_session),
    elapsed=st.floats(0.0, 1.0),
    rounded=st.booleans(),
)
@settings(max_examples=25)
def test_any_moment_of_any_session_gives_a_chain(
    symbol: str, seed: int, day: dt.date, elapsed: float, rounded: bool
) -> None:
    """At any time of trading, contracts are alive, quotes uncrossed, levels there and the reader content."""
    opened, closed = calendar.session_open(day), calendar.session_close(day)
    drawn = generate(symbol, opened + elapsed * (closed - opened), seed, rounded=rounded, size="small")

    assert drawn.chain.equals(drawn.chain.sort(SORT))
    assert (drawn.chain["expires_at"] > drawn.quote_time).all()
    assert (drawn.chain["bid"] <= drawn.chain["ask"]).all()
    assert drawn.chain["implied_volatility"].drop_nulls().is_finite().all()
    assert drawn.truth.gamma_flip in drawn.truth.crossings
    assert read_chain(drawn.chain).quality.rows_kept == drawn.chain.height


@pytest.mark.parametrize("symbol", SYMBOLS)
def test_series_rolls_and_evolves(symbol: str) -> None:
    """Expired contracts leave, listed strikes stay, and open interest changes by at most the day's volume."""
    days = list(generate_days(symbol, 6, seed=3))
    for before, after in pairwise(days):
        both = before.chain.join(after.chain, on=KEY, how="inner", suffix="_after")
        gone = before.chain.join(after.chain, on=KEY, how="anti")
        new = after.chain.join(before.chain, on=KEY, how="anti")
        change = (both["open_interest_after"] - both["open_interest"]).abs()

        assert after.quote_time == calendar.session_close(calendar.next_session(before.quote_time.date()))
        assert after.change == pytest.approx(after.spot - before.spot, abs=0.005)
        assert (gone["expires_at"] <= after.quote_time).all()
        assert gone.height > 0
        assert (change <= both["volume"]).all()
        assert change.sum() > 0
        assert new["open_interest"].sum() == 0
        assert after.truth.gamma_flip is not None

    listed = [set(each.chain["expiration"]) for each in days]
    assert listed[-1] - listed[0]


def test_series_is_plausible_and_extends_itself() -> None:
    """Sixty days move by 0.3% to 2% a day, keep a flip within 6%, and begin as a shorter series does."""
    days = list(generate_days("SPX", 60, seed=1, size="small"))
    spots = np.array([each.spot for each in days])
    flips = np.array([each.truth.gamma_flip for each in days], dtype=float)
    shorter = list(generate_days("SPX", 3, seed=1, size="small"))

    assert 0.003 < np.std(np.diff(np.log(spots))) < 0.02
    assert np.all(np.abs(flips / spots - 1.0) < 0.06)
    assert [each.quote_time for each in days] == sorted(each.quote_time for each in days)
    assert all(short.chain.equals(long.chain) for short, long in zip(shorter, days, strict=False))


def test_series_in_the_morning_shows_what_expires_today() -> None:
    """At ten o'clock the session's own expiration is there, with a part of the day's volume."""
    (drawn,) = generate_days("QQQ", 1, start=dt.date(2026, 7, 3), at=dt.time(10), size="small")

    assert drawn.quote_time == calendar.new_york(dt.date(2026, 7, 6), dt.time(10))
    assert drawn.chain["expiration"].min() == dt.date(2026, 7, 6)
    assert drawn.chain["volume"].sum() > 0


def test_choices_are_honoured() -> None:
    """Spot and curve are the ones asked for."""
    curve = ZeroCurve((1.0,), (0.04,))
    drawn = generate("QQQ", spot=500.0, curve=curve, size="small")

    assert drawn.spot == drawn.chain["spot"][0] == 500.0
    assert drawn.curve == curve
    np.testing.assert_allclose(
        drawn.truth.forwards["discount"], np.exp(-0.04 * drawn.truth.forwards["years"].to_numpy()), rtol=1e-15
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"symbol": "NDX"}, "symbol must be one of SPX, QQQ"),
        ({"size": "huge"}, "size must be one of full, small"),
        ({"seed": -1}, "seed must not be negative"),
        ({"bad_rows": -2}, "bad_rows must not be negative"),
        ({"spot": 0.0}, "spot must be a positive price"),
        ({"quote_time": dt.datetime(2026, 3, 10, 10)}, "carry a time zone"),  # noqa: DTZ001
        ({"quote_time": OPEN - dt.timedelta(minutes=1)}, "fall in a session"),
        ({"quote_time": OPEN + dt.timedelta(days=4)}, "fall in a session"),
    ],
)
def test_impossible_arguments_are_refused(arguments: dict[str, object], message: str) -> None:
    """The error names the argument and what it must be."""
    with pytest.raises(ValueError, match=message):
        generate(**arguments)


def test_a_negative_number_of_days_is_refused() -> None:
    """A series cannot run backwards."""
    with pytest.raises(ValueError, match="days must not be negative"):
        next(generate_days("SPX", -1))
