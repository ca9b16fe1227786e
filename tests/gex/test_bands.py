"""The bands: every variant is the analysis that its setting alone gives, and every convention switched off tightens them."""

from __future__ import annotations

import dataclasses

import numpy as np
import polars as pl
import pytest

from gex import Settings, analyze, read_chain
from gex.bands import FAIR, FIRM, certainty_of
from gex.ingest.sample import generate
from gex.position_book import PositionBook
from gex.settings import CONVENTIONS, Curve

ALONE = {
    "the vendor's volatility": Settings(vol="vendor"),
    "each contract's own volatility": Settings(vol="per-contract"),
    "the smile moves with spot": Settings(dynamics="sticky-moneyness"),
    "all volatility moves against spot": Settings(dynamics="vol-beta"),
    "discount rates: no discounting": Settings(curve=Curve((1.0,), (0.0,))),
    "discount rates: higher": Settings(curve=Curve((1.0,), (0.05,))),
    "dealers short calls and puts": Settings(positions="short-all"),
    "calls by their skew": Settings(positions="call-skew"),
    "today's volume in place of open interest": Settings(positions="volume"),
    "0DTE half volume, half open interest": Settings(zero_dte_volume=0.5),
    "0DTE by volume": Settings(zero_dte_volume=1.0),
}
"""By a variant's description, the settings that make it the analysis itself."""


@pytest.fixture(name="sample", scope="module", params=[("SPX", 1), ("QQQ", 3)], ids=["SPX", "QQQ"])
def _sample(request):
    """Return a generated chain whose vendor has a volatility for every contract, and its analysis."""
    symbol, seed = request.param
    chain = read_chain(generate(symbol, seed=seed, size="small").chain)
    chain = dataclasses.replace(chain, frame=chain.frame.filter(pl.col("implied_volatility") > 0))
    chain = dataclasses.replace(chain, spot=analyze(chain, Settings(band=())).spot.used)
    return chain, analyze(chain, Settings(exercise="european"))


def variants_of(analysis):
    return {each.description: each for each in analysis.levels.bands.variants}


def test_each_variant_is_what_its_setting_gives(sample) -> None:
    """To 1e-7 of spot for the flip, 1e-9 of gross for net: two paths to the same contracts, volatilities and carry."""
    chain, analysis = sample
    gross = analysis.exposure.gamma_usd_per_1pct.gross
    found = variants_of(analysis)
    assert len(found) >= 9
    for description in found.keys() & ALONE.keys():
        variant = found[description]
        alone = analyze(chain, dataclasses.replace(ALONE[description], exercise="european", spot=chain.spot, band=()))
        flips = [flip or np.nan for flip in (variant.gamma_flip, alone.levels.gamma_flip)]
        assert flips[0] == pytest.approx(flips[1], rel=1e-7, nan_ok=True), description
        assert (variant.call_wall, variant.put_wall) == (alone.levels.call_wall, alone.levels.put_wall), description
        net = alone.exposure.gamma_usd_per_1pct.net
        assert variant.net_usd_per_1pct == pytest.approx(net, abs=1e-9 * gross), description


def test_every_description_is_known(sample) -> None:
    _, analysis = sample
    smiles = {"smile linear in variance and strike", "smile from quotes no wider than 50% of their mid"}
    assert set(variants_of(analysis)) <= ALONE.keys() | smiles


def test_a_convention_switched_off_tightens_its_band(sample) -> None:
    """The one at an end of a band, together with all that reach as far, is what made it as wide as it was."""
    chain, analysis = sample
    for group in ("method", "positions"):
        low, high = getattr(analysis.levels.bands, group).gamma_flip
        assert low <= analysis.levels.gamma_flip <= high
        for end in {low, high} - {analysis.levels.gamma_flip}:
            at_end = {v.convention for v in analysis.levels.bands.variants if v.gamma_flip == end and v.group == group}
            assert at_end
            left = tuple(name for name in CONVENTIONS if name not in at_end)
            without = analyze(chain, Settings(exercise="european", band=left)).levels
            assert without.gamma_flip == analysis.levels.gamma_flip
            tighter = getattr(without.bands, group).gamma_flip
            assert low <= tighter[0] <= tighter[1] <= high
            assert tighter[1] - tighter[0] < high - low


@pytest.mark.parametrize("convention", CONVENTIONS)
def test_each_convention_alone_makes_a_band_from_the_analysis_to_itself(sample, convention) -> None:
    chain, _ = sample
    levels = analyze(chain, Settings(exercise="european", band=(convention,))).levels
    assert {each.convention for each in levels.bands.variants} <= {convention}
    for group in ("method", "positions"):
        flips = [v.gamma_flip for v in levels.bands.variants if v.group == group and v.gamma_flip is not None]
        spread = getattr(levels.bands, group).gamma_flip
        assert spread == (min([levels.gamma_flip, *flips]), max([levels.gamma_flip, *flips]))


def test_no_bands_where_none_are_asked_for(sample) -> None:
    chain, _ = sample
    assert analyze(chain, Settings(band=())).levels.bands is None


def test_a_variant_without_a_level_says_why(sample) -> None:
    _, analysis = sample
    short = variants_of(analysis)["dealers short calls and puts"]
    assert short.gamma_flip is short.call_wall is None
    assert set(short.reasons) == {"gamma_flip", "call_wall"}
    assert short.put_wall is not None
    assert short.net_usd_per_1pct == pytest.approx(-analysis.exposure.gamma_usd_per_1pct.gross, rel=1e-12)


def test_american_variants_keep_what_early_exercise_adds() -> None:
    """The band of the same chain priced as American lies as much higher or lower as its own flip does."""
    chain = read_chain(generate("QQQ", seed=3, size="small").chain)
    chain = dataclasses.replace(
        chain, frame=chain.frame.with_columns(pl.lit("A").cast(chain.frame.schema["exercise"]).alias("exercise"))
    )
    american, european = analyze(chain).levels, analyze(chain, Settings(exercise="european")).levels
    assert american.gamma_flip != european.gamma_flip
    for ours, theirs in zip(american.bands.variants, european.bands.variants, strict=True):
        assert ours.convention == theirs.convention
        if ours.gamma_flip is not None:
            shift = american.gamma_flip - european.gamma_flip
            assert ours.gamma_flip - theirs.gamma_flip == pytest.approx(shift, abs=0.002 * chain.spot)


def test_a_book_of_ones_own_has_no_band_over_positions(sample) -> None:
    chain, _ = sample
    table = chain.frame.select("root", "expiration", "strike", "option_type", contracts=pl.lit(1.0))
    levels = analyze(chain, positions=PositionBook("own.csv", table, "0" * 64)).levels
    assert {each.group for each in levels.bands.variants} == {"method"}


def test_a_stocks_band_holds_the_index_model() -> None:
    chain = dataclasses.replace(read_chain(generate("SPX", seed=1, size="small").chain), asset_class="stock")
    analysis = analyze(chain)
    assert analysis.settings.positions == "short-all"
    naive = variants_of(analysis)["dealers long calls, short puts"]
    assert naive.gamma_flip == pytest.approx(analyze(chain, positions="naive").levels.gamma_flip, rel=1e-7)
    assert analysis.levels.bands.certainty is None
    assert analysis.levels.bands.verdict.startswith("no flip: net gamma is negative everywhere")


@pytest.mark.parametrize(
    ("points", "certainty"),
    [(None, None), (99 * FIRM, "firm"), (100 * FIRM, "fair"), (100 * FAIR, "fair"), (101 * FAIR, "weak")],
)
def test_certainty(points, certainty) -> None:
    assert certainty_of(points, 100.0) == certainty


@pytest.mark.real
def test_verdict_on_a_real_chain(data_path) -> None:
    """2025-09-02, half an hour before the close: the flip hardly depends on the method, but on who holds what."""
    chain = read_chain(data_path("chains", "cboe_csv", "spx_2025-09-02_1937.csv"))
    levels = analyze(chain, Settings(spot=6415.54)).levels
    assert levels.gamma_flip == pytest.approx(6414.3, abs=0.2)
    assert np.ptp(levels.bands.method.gamma_flip) < 5 < np.ptp(levels.bands.positions.gamma_flip)
    assert levels.bands.certainty == "weak"
    assert levels.bands.verdict.startswith("flip 6414, method 641")
    assert levels.bands.verdict.endswith("weak: 6.2 points per 1% of gross")
