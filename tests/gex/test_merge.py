"""Merged books against each book's own sums: textbook formulas, brute-force strikes, and books that are the same."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from gex import Settings, read_chain
from gex.analysis import analyze, priced
from gex.merge import merge, merged
from gex.merged_book import common_strikes

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gex.ingest.schema import Chain
    from gex.results import Analysis, MergedAnalysis

PLAIN = Settings(band=())
POINTS = ("strike", "bid", "ask", "spot")
LEVELS = ("gamma_flip", "call_wall", "put_wall", "absolute_gamma_strike", "high_vol_level")


def renamed(chain: Chain, name: str, **facts: Any) -> Chain:
    """Return the same contracts on something else."""
    return dataclasses.replace(chain, underlying=name, **facts)


def shrunk(chain: Chain, by: float, name: str = "XSP", **facts: Any) -> Chain:
    """Return the same chain on an index that is `by` times smaller, with contracts for as many times more of it."""
    frame = chain.frame.with_columns(pl.col(POINTS) / by, pl.col("multiplier") * by)
    return renamed(chain, name, frame=frame, spot=chain.spot / by, **facts)


def net_at(analysis: Analysis, spot: float) -> float:
    """Return net gamma per +1% at a spot from the contracts' own forward and volatility, by the textbook formula."""
    frame = analysis.by_contract
    forward = frame["forward"].to_numpy() * spot / analysis.spot.used
    w = frame["sigma"].to_numpy() * np.sqrt(frame["years"].to_numpy())
    d1 = np.log(forward / frame["strike"].to_numpy()) / w + 0.5 * w
    gamma = frame["discount"].to_numpy() * forward / spot * np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi) / (spot * w)
    return float(np.sum(0.01 * spot**2 * frame["position"].to_numpy() * frame["multiplier"].to_numpy() * gamma))


def same_flip(one: float | None, other: float | None) -> bool:
    """Say whether two flips are the same to a variant's tolerance, or neither is there."""
    return one is other if one is None or other is None else one == pytest.approx(other, rel=1e-7)


def mapped(found: MergedAnalysis, spot: float) -> float:
    """Return the sum of what the parts have with the first underlying at `spot`."""
    return sum(net_at(part.analysis, spot / part.scale) for part in found.parts)


@pytest.fixture(name="other", scope="module")
def _other(make_chain: Callable[..., Chain]) -> Chain:
    """A chain on a tenth of the index with other strikes, other expirations and three times as many puts."""
    dates = [dt.date(2025, 9, 5), dt.date(2025, 9, 10), dt.date(2025, 9, 19)]
    held = pl.when(pl.col("option_type") == "P").then(pl.col("open_interest") * 3).otherwise(pl.col("open_interest"))
    chain = make_chain(dates, np.arange(5900.0, 7101.0, 7.0), edit=lambda frame: frame.with_columns(open_interest=held))
    return shrunk(chain, 10.03, "SPY", asset_class="etf")


@pytest.fixture(name="pair", scope="module")
def _pair(chain: Chain, other: Chain) -> MergedAnalysis:
    return merge([chain, other], PLAIN)


def test_a_book_merged_with_itself_has_twice_the_dollars_and_the_same_levels(chain: Chain) -> None:
    """Bit for bit: doubling is exact, and the ratio of a spot to itself is 1."""
    alone, both = analyze(chain, PLAIN), merge([chain, renamed(chain, "TWIN")], PLAIN)
    assert both.underlying == "SPX+TWIN"
    assert [getattr(both.levels, name) for name in LEVELS] == [getattr(alone.levels, name) for name in LEVELS]
    assert both.levels.points_per_1pct_of_gross == alone.levels.points_per_1pct_of_gross
    assert [c.spot for c in both.levels.gamma_flip_crossings] == [c.spot for c in alone.levels.gamma_flip_crossings]
    for name in ("net", "gross", "calls", "puts"):
        mine, theirs = (getattr(each.exposure.gamma_usd_per_1pct, name) for each in (both, alone))
        assert mine == 2 * theirs
    assert np.array_equal(both.profile.spots, alone.profile.spots)
    assert np.array_equal(both.profile.gamma_usd_per_1pct, 2 * alone.profile.gamma_usd_per_1pct)
    assert [flow.flow_usd for flow in both.hedge_flow] == [2 * flow.flow_usd for flow in alone.hedge_flow]
    doubled = alone.by_strike.with_columns(pl.exclude("strike") * 2)
    assert both.by_strike["strike"].equals(doubled["strike"])
    for name in doubled.columns:
        assert both.by_strike[name].to_numpy() == pytest.approx(doubled[name].to_numpy(), rel=1e-12), name
    for name in ("zero_dte", "ex_zero_dte", "next_expiration"):
        mine, theirs = getattr(both, name), getattr(alone, name)
        assert [getattr(mine.levels, each) for each in LEVELS] == [getattr(theirs.levels, each) for each in LEVELS]
        assert mine.net_by_volume == 2 * theirs.net_by_volume
        kept = ("expirations", "sign", "share_of_gross", "share_of_volume", "share_of_open_interest", "expected_move")
        assert [getattr(mine, each) for each in kept] == [getattr(theirs, each) for each in kept]


def test_a_book_in_other_points_is_the_same_book(chain: Chain) -> None:
    """Dollars per percent know no points: an index a tenth as high with ten times the multiplier doubles everything."""
    alone, both = analyze(chain, PLAIN), merge([chain, shrunk(chain, 10.0)], PLAIN)
    assert both.parts[1].scale == pytest.approx(10.0, rel=1e-9)
    assert both.exposure.gamma_usd_per_1pct.net == pytest.approx(2 * alone.exposure.gamma_usd_per_1pct.net, rel=1e-9)
    assert both.exposure.vanna_usd_per_vol_point == pytest.approx(2 * alone.exposure.vanna_usd_per_vol_point, rel=1e-9)
    assert both.exposure.charm_usd_to_close == pytest.approx(2 * alone.exposure.charm_usd_to_close, rel=1e-9)
    assert [getattr(both.levels, name) for name in LEVELS] == pytest.approx(
        [getattr(alone.levels, name) for name in LEVELS], rel=1e-9
    )
    assert both.by_strike["call_open_interest"].sum() == 2 * alone.by_strike["call_open_interest"].sum()


def test_a_book_without_positions_changes_nothing(chain: Chain, other: Chain) -> None:
    """Its strikes, finer and reaching further, come in nowhere; bit for bit."""
    bare = other.frame.with_columns(pl.lit(0, pl.Int64).alias("volume"))
    base = priced(dataclasses.replace(other, frame=bare), PLAIN)
    quotes = dataclasses.replace(base.market.quotes, open_interest=np.zeros_like(base.market.quotes.open_interest))
    units = np.zeros_like(base.book.units)
    empty = dataclasses.replace(
        base, market=dataclasses.replace(base.market, quotes=quotes), book=dataclasses.replace(base.book, units=units)
    )
    alone, both = analyze(chain, PLAIN), merged([priced(chain, PLAIN), empty])
    assert both.levels == alone.levels
    assert both.exposure == alone.exposure
    assert both.hedge_flow == alone.hedge_flow
    assert both.distances == alone.distances
    assert both.by_strike.equals(alone.by_strike)
    assert np.array_equal(both.profile.gamma_usd_per_1pct, alone.profile.gamma_usd_per_1pct)
    assert both.next_expiration == alone.next_expiration
    assert both.zero_dte == alone.zero_dte
    assert both.parts[1].share_of_gross == 0.0


def test_net_profile_and_flip_against_direct_sums(pair: MergedAnalysis) -> None:
    assert pair.exposure.gamma_usd_per_1pct.net == pytest.approx(mapped(pair, 6500.0), rel=1e-11)
    for i in (0, 123, 400, len(pair.profile.spots) - 1):
        scale = np.max(np.abs(pair.profile.gamma_usd_per_1pct))
        assert pair.profile.gamma_usd_per_1pct[i] == pytest.approx(
            mapped(pair, pair.profile.spots[i]), rel=1e-9, abs=1e-9 * scale
        )
    flip = pair.levels.gamma_flip
    alone = [part.analysis.levels.gamma_flip * part.scale for part in pair.parts]
    assert flip == pytest.approx(brentq(lambda s: mapped(pair, s), flip - 20, flip + 20, xtol=1e-10), rel=1e-9)
    assert min(alone) < flip < max(alone)


def test_walls_against_strikes_searched_one_by_one(pair: MergedAnalysis) -> None:
    first = pair.parts[0].analysis.by_contract
    listed = sorted(set(first["strike"]))
    sums: dict[float, float] = {}
    gross: dict[float, float] = {}
    for part in pair.parts:
        for strike, gamma in part.analysis.by_contract.select("strike", "gamma_usd_per_1pct").iter_rows():
            scaled = strike * part.scale
            inside = listed[0] <= scaled <= listed[-1]
            place = min(listed, key=lambda each, at=scaled: (abs(each - at), each)) if inside else scaled
            sums[place] = sums.get(place, 0.0) + gamma
            gross[place] = gross.get(place, 0.0) + abs(gamma)
    assert pair.levels.call_wall == max(sums, key=sums.__getitem__)
    assert pair.levels.put_wall == min(sums, key=sums.__getitem__)
    assert pair.levels.absolute_gamma_strike == max(gross, key=gross.__getitem__)
    assert pair.by_strike["strike"].to_list() == sorted(sums)
    assert pair.by_strike["net"].to_list() == pytest.approx([sums[place] for place in sorted(sums)], rel=1e-9, abs=1e-3)


def test_the_parts_keep_what_is_their_own(chain: Chain, other: Chain, pair: MergedAnalysis) -> None:
    for part, source in zip(pair.parts, (chain, other), strict=True):
        alone = analyze(source, PLAIN)
        assert part.analysis.levels == alone.levels
        assert part.analysis.settings == alone.settings
    assert sum(part.share_of_gross for part in pair.parts) == pytest.approx(1.0)
    assert pair.parts[1].scale == pytest.approx(10.03, rel=1e-9)
    assert pair.rows_used == len(pair.by_contract)
    assert pair.quality.rows_in == pair.rows_used + sum(pair.quality.quarantined.values())
    table = pair.by_expiration.filter(pl.col("expiration") == dt.date(2025, 9, 10))
    assert table["forward"][0] == pytest.approx(6500.0 * np.exp(0.027 * table["years"][0]), rel=1e-9)


def test_the_next_expiration_is_the_earliest_of_any(pair: MergedAnalysis) -> None:
    assert pair.next_expiration is not None
    assert pair.next_expiration.expirations == (dt.date(2025, 9, 10),)
    assert pair.next_expiration.exposure == pair.parts[1].analysis.next_expiration.exposure
    assert pair.zero_dte is not None
    assert pair.ex_zero_dte is not None
    whole = pair.exposure.gamma_usd_per_1pct.net
    split = [each.exposure.gamma_usd_per_1pct.net for each in (pair.zero_dte, pair.ex_zero_dte)]
    assert sum(split) == pytest.approx(whole, rel=1e-12)
    shares = [each.share_of_open_interest for each in (pair.zero_dte, pair.ex_zero_dte)]
    assert sum(shares) == pytest.approx(1.0)


def test_which_comes_first_changes_the_points_alone(chain: Chain, other: Chain, pair: MergedAnalysis) -> None:
    turned = merge([other, chain], PLAIN)
    scale = pair.parts[1].scale
    assert turned.levels.gamma_flip * scale == pytest.approx(pair.levels.gamma_flip, rel=1e-9)
    assert turned.exposure.gamma_usd_per_1pct.net == pytest.approx(pair.exposure.gamma_usd_per_1pct.net, rel=1e-12)


def test_three_books_add_up(chain: Chain, other: Chain, pair: MergedAnalysis) -> None:
    small = shrunk(chain, 10.0)
    found = merge([chain, other, small], PLAIN)
    assert found.underlying == "SPX+SPY+XSP"
    net = pair.exposure.gamma_usd_per_1pct.net + analyze(small, PLAIN).exposure.gamma_usd_per_1pct.net
    assert found.exposure.gamma_usd_per_1pct.net == pytest.approx(net, rel=1e-12)
    flip = found.levels.gamma_flip
    assert flip == pytest.approx(brentq(lambda s: mapped(found, s), flip - 20, flip + 20, xtol=1e-10), rel=1e-9)
    assert sum(part.share_of_gross for part in found.parts) == pytest.approx(1.0)


def test_early_exercise_stays_each_books_own(chain: Chain, other: Chain) -> None:
    """American contracts keep their boundary: the merged profile is the sum of both books' own."""
    american = dataclasses.replace(
        other, frame=other.frame.with_columns(exercise=pl.lit("A", other.frame.schema["exercise"]))
    )
    found = merge([chain, american], PLAIN)
    bases = [priced(each, PLAIN) for each in (chain, american)]
    assert bases[1].book.early is not None
    for place in (100, 300, 500):
        spot = found.profile.spots[place]
        expected = sum(
            base.book.net_gamma_usd(spot / part.scale) for base, part in zip(bases, found.parts, strict=True)
        )
        assert found.profile.gamma_usd_per_1pct[place] == pytest.approx(expected, rel=1e-6)
    at_spot = sum(base.book.net_gamma_usd(base.market.level) for base in bases)
    assert found.exposure.gamma_usd_per_1pct.net == pytest.approx(at_spot, rel=1e-9)
    assert any("American" in text and "(SPY)" in text for text in found.assumptions)


def test_move_to_moves_all_by_the_same_percentage(chain: Chain, other: Chain, pair: MergedAnalysis) -> None:
    moved = merge([chain, other], dataclasses.replace(PLAIN, move_to=6630.0))
    assert moved.exposure.gamma_usd_per_1pct.net == pytest.approx(mapped(pair, 6630.0), rel=1e-9)
    assert moved.parts[1].scale == pytest.approx(pair.parts[1].scale, rel=1e-12)
    assert moved.levels.gamma_flip == pytest.approx(pair.levels.gamma_flip, rel=1e-9)


def test_times_apart_are_said_and_refused(chain: Chain, other: Chain) -> None:
    def later(**apart: float) -> Chain:
        time = other.quote_time + dt.timedelta(**apart)
        return dataclasses.replace(other, quote_time=time, quote_date=time.date())

    near = merge([chain, later(minutes=12)], PLAIN)
    assert near.parts[1].minutes_apart == 12
    assert "SPY's quotes are 12 minutes later than SPX's" in near.warnings
    with pytest.raises(ValueError, match=r"SPX and SPY are 61 minutes apart, over 60 minutes; --max-apart"):
        merge([chain, later(minutes=61)], PLAIN)
    with pytest.raises(ValueError, match=r"12 minutes apart, over 0 minutes"):
        merge([chain, later(minutes=12)], PLAIN, max_apart=dt.timedelta(0))
    with pytest.raises(ValueError, match=r"SPY and XSP are 80 minutes apart"):
        merge([chain, later(minutes=40), renamed(later(minutes=-40), "XSP")], PLAIN)
    assert merge([chain, later(minutes=61)], PLAIN, max_apart=dt.timedelta(hours=2)).parts[1].minutes_apart == 61
    with pytest.raises(ValueError, match="are of two dates, 2025-09-05 and 2025-09-06"):
        merge([chain, later(days=1)], PLAIN)
    far = merge([chain, later(days=1)], PLAIN, max_apart=dt.timedelta(days=2))
    assert far.parts[1].minutes_apart == 1440
    assert "SPY's quotes are 24 hours later than SPX's" in far.warnings


def test_what_cannot_be_merged_is_refused(chain: Chain, other: Chain) -> None:
    with pytest.raises(ValueError, match="two sources or more"):
        merge([chain], PLAIN)
    with pytest.raises(ValueError, match="SPX is there twice"):
        merge([chain, other, chain], PLAIN)
    with pytest.raises(ValueError, match="--spot is one price"):
        merge([chain, other], Settings(spot=6500.0))
    nothing = other.frame.with_columns(pl.lit(None, pl.Int64).alias("open_interest"))
    with pytest.raises(ValueError, match=r"^SPY: no "):
        merge([chain, dataclasses.replace(other, frame=nothing)], PLAIN)


def test_positions_are_each_underlyings_own(chain: Chain, other: Chain) -> None:
    stock = renamed(other, "ACME", asset_class="stock")
    found = merge([chain, stock], PLAIN)
    assert [part.analysis.settings.positions for part in found.parts] == ["naive", "short-all"]
    assert "positions differ: SPX naive, ACME short-all" in found.warnings


@given(
    st.lists(st.integers(1, 400), min_size=1, max_size=12, unique=True),
    st.lists(st.floats(0.5, 60.0), min_size=1, max_size=12),
    st.floats(0.2, 20.0),
)
def test_common_strikes_are_the_nearest_listed(listed: list[int], strikes: list[float], scale: float) -> None:
    grid = np.array(sorted(listed), dtype=float)
    got = common_strikes(np.array(strikes), scale, grid)
    for strike, place in zip(strikes, got, strict=True):
        scaled = strike * scale
        inside = grid[0] <= scaled <= grid[-1]
        assert place == (min(grid, key=lambda each, at=scaled: (abs(each - at), each)) if inside else scaled)


def test_bands_are_absent_where_none_are_asked_for(pair: MergedAnalysis) -> None:
    assert pair.levels.bands is None


def test_a_book_merged_with_itself_has_its_own_bands(chain: Chain) -> None:
    alone, both = analyze(chain).levels.bands, merge([chain, renamed(chain, "TWIN")]).levels.bands
    assert alone is not None
    assert both is not None
    assert [each.convention for each in both.variants] == [each.convention for each in alone.variants]
    for mine, theirs in zip(both.variants, alone.variants, strict=True):
        assert same_flip(mine.gamma_flip, theirs.gamma_flip)
        assert (mine.call_wall, mine.put_wall) == (theirs.call_wall, theirs.put_wall)
        assert mine.net_usd_per_1pct == pytest.approx(2 * theirs.net_usd_per_1pct, rel=1e-9)
    assert both.verdict == alone.verdict


@pytest.mark.parametrize(
    ("convention", "change"),
    [
        ("vendor", {"vol": "vendor"}),
        ("per-contract", {"vol": "per-contract"}),
        ("sticky-moneyness", {"dynamics": "sticky-moneyness"}),
        ("vol-beta", {"dynamics": "vol-beta"}),
        ("short-all", {"positions": "short-all"}),
        ("volume", {"positions": "volume"}),
        ("zero-dte-half", {"zero_dte_volume": 0.5}),
    ],
)
def test_each_variant_is_the_merged_book_under_that_setting(
    chain: Chain, other: Chain, convention: str, change: dict[str, Any]
) -> None:
    bands = merge([chain, other], Settings(band=(convention,))).levels.bands
    assert bands is not None
    (variant,) = bands.variants
    found = merge([chain, other], dataclasses.replace(PLAIN, **change))
    assert variant.convention == convention
    assert same_flip(variant.gamma_flip, found.levels.gamma_flip)
    assert (variant.call_wall, variant.put_wall) == (found.levels.call_wall, found.levels.put_wall)
    assert variant.net_usd_per_1pct == pytest.approx(found.exposure.gamma_usd_per_1pct.net, rel=1e-9)


def test_variants_of_moving_volatility(chain: Chain, other: Chain) -> None:
    """Volatility that moves with spot makes profiles slow: variants look at every eighth spot and find the same."""
    moving = dataclasses.replace(PLAIN, dynamics="vol-beta")
    bands = merge([chain, other], dataclasses.replace(moving, band=("vendor", "zero-dte-half"))).levels.bands
    assert bands is not None
    found = [
        merge([chain, other], dataclasses.replace(moving, **each))
        for each in ({"vol": "vendor"}, {"zero_dte_volume": 0.5})
    ]
    for variant, each in zip(bands.variants, found, strict=True):
        assert same_flip(variant.gamma_flip, each.levels.gamma_flip)


def test_bands_with_early_exercise_add_up_over_the_books(chain: Chain, other: Chain) -> None:
    american = dataclasses.replace(
        other, frame=other.frame.with_columns(exercise=pl.lit("A", other.frame.schema["exercise"]))
    )
    wanted = Settings(band=("vendor", "rates", "short-all"))
    bands = merge([chain, american], wanted).levels.bands
    apart = [analyze(each, wanted).levels.bands for each in (chain, american)]
    assert bands is not None
    nets = [[each.net_usd_per_1pct for each in one.variants] for one in apart]
    assert [each.net_usd_per_1pct for each in bands.variants] == pytest.approx(np.sum(nets, axis=0), rel=1e-9)
    assert len(bands.variants) == 4


@pytest.mark.real
@pytest.mark.parametrize(
    ("first", "second", "tolerance"),
    [
        ("spx_2022-12-12_2030", "ndx_2022-12-12_2031", 1e-9),
        ("spx_2025-08-27_2130", "spy_2025-08-19_2042", 1e-4),
    ],
)
def test_each_book_alone_moved_to_the_merged_flip_adds_up_to_nothing(
    data_path: Callable[..., Path], first: str, second: str, tolerance: float
) -> None:
    """Of real chains; American ones have their boundaries on other nodes alone, hence the wider tolerance."""
    chains = [read_chain(data_path("chains", "cboe_csv", f"{name}.csv")) for name in (first, second)]
    found = merge(chains, PLAIN, max_apart=dt.timedelta(days=10))
    flip = found.levels.gamma_flip
    assert flip is not None
    alone = [
        analyze(chain, Settings(band=(), move_to=flip / part.scale)).exposure.gamma_usd_per_1pct
        for chain, part in zip(chains, found.parts, strict=True)
    ]
    assert abs(sum(each.net for each in alone)) < tolerance * sum(each.gross for each in alone)
    unmoved = [analyze(chain, PLAIN).exposure.gamma_usd_per_1pct for chain in chains]
    assert found.exposure.gamma_usd_per_1pct.net == pytest.approx(sum(each.net for each in unmoved), rel=1e-9)
    assert found.exposure.gamma_usd_per_1pct.gross == pytest.approx(sum(each.gross for each in unmoved), rel=1e-12)
