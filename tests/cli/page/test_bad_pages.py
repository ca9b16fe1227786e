"""Whatever a snapshot has too little, nothing or too much of: a page that is whole, and sentences that say why."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import pytest
from pages import assert_valid, read

from gex import Settings
from gex.analysis import analysis_of, analyze, priced
from gex.cli.page.page import body, report
from gex.cli.page.view import FIRST, View, view_of
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.ingest.schema import QualityReport, Source

if TYPE_CHECKING:
    from gex.ingest.schema import Chain
    from gex.results import Analysis

HOSTILE = "\"><script>alert(1)</script><img src=x onerror=alert(2)>'\x07{0}"


@pytest.fixture(scope="module", name="chain")
def _chain(tmp_path_factory: pytest.TempPathFactory) -> Chain:
    path = tmp_path_factory.mktemp("chain") / "spx.csv"
    write_cboe_csv(generate("SPX", seed=3, size="small"), path)
    return read_chain(path)


@pytest.fixture(scope="module", name="view")
def _view(chain: Chain) -> View:
    base = priced(chain, Settings())
    return view_of(base, analysis_of(base))


def with_analysis(view: View, analysis: Analysis) -> View:
    return View(analysis, view.levels, view.zero_dte, view.change)


def flat(analysis: Analysis) -> Analysis:
    """Return an analysis of dealers who hold nothing."""
    exposure = analysis.exposure
    none = replace(analysis.levels, gamma_flip=None, call_wall=None, put_wall=None, bands=None)
    gamma = ("net", "calls", "puts", "gross", "zero_dte")
    return replace(
        analysis,
        regime="near_zero",
        exposure=replace(exposure, gamma_usd_per_1pct=replace(exposure.gamma_usd_per_1pct, net=0.0, gross=0.0)),
        levels=replace(none, reasons=dict.fromkeys(("gamma_flip", "call_wall", "put_wall"), "dealers hold nothing")),
        by_strike=analysis.by_strike.with_columns(pl.col(gamma) * 0.0),
        by_expiration=analysis.by_expiration.with_columns(pl.col("net", "gross", "calls", "puts") * 0.0),
        make_by_contract=lambda: analysis.by_contract.with_columns(pl.col("gamma_usd_per_1pct") * 0.0),
        hedge_flow=tuple(replace(flow, flow_usd=0.0) for flow in analysis.hedge_flow),
        profile=replace(analysis.profile, gamma_usd_per_1pct=0.0 * analysis.profile.spots, crossings=()),
    )


def test_dealers_who_hold_nothing_leave_a_sentence_in_every_section(view: View) -> None:
    root = read(body(with_analysis(view, flat(view.analysis))))
    assert_valid(root)
    for name, said in (
        ("heat", "No gamma near spot"),
        ("hedging", "No move makes dealers trade"),
        ("expirations", "No expiration has gamma"),
        ("verdict", "dealers hold nothing"),
        ("change", FIRST[1:]),
    ):
        assert said in root.by_id(name).text, name


def test_what_is_not_there_says_why_in_its_own_place(view: View) -> None:
    shown = replace(view, levels="no levels <here>", zero_dte="nothing expires", change="another underlying")
    root = read(body(shown))
    assert_valid(root)
    assert "No levels <here>." in root.by_id("definitions").text
    assert "Another underlying." in root.by_id("change").text


def test_nulls_are_dashes(view: View) -> None:
    table = view.analysis.by_expiration.with_columns(
        pl.lit(None, pl.Float64).alias(name)
        for name in ("atm_iv", "call_wall", "put_wall", "max_pain", "straddle_strike", "straddle", "expected_move")
    )
    root = read(body(with_analysis(view, replace(view.analysis, by_expiration=table, distances={}, zero_dte=None))))
    assert_valid(root)
    rows = root.by_id("expirations").rows()[1:]
    assert all(row[6:] == ["–"] * 5 for row in rows)


@pytest.mark.parametrize("settings", [Settings(expirations="next"), Settings(positions="short-all"), Settings(band=())])
def test_one_expiration_no_flip_or_no_band_is_a_whole_page(chain: Chain, settings: Settings) -> None:
    base = priced(chain, settings)
    root = read(body(view_of(base, analysis_of(base))))
    assert_valid(root)
    if settings.positions:
        assert "none" in root.by_id("card-gamma_flip").text
    if not settings.band:
        assert not [row for row in root.by_id("verdict").rows() if row[0] == "How sure"]


def test_an_outlier_stays_in_sight_and_in_its_scale(view: View) -> None:
    analysis = view.analysis
    huge = analysis.by_contract.with_columns(
        pl.when(pl.int_range(pl.len()) == 7)
        .then(9e17)
        .otherwise(pl.col("gamma_usd_per_1pct"))
        .alias("gamma_usd_per_1pct")
    )
    root = read(body(with_analysis(view, replace(analysis, make_by_contract=lambda: huge))))
    assert_valid(root)


def test_fifty_thousand_contracts_fit_in_half_a_megabyte(view: View) -> None:
    analysis = view.analysis
    copies = -(-50_000 // analysis.by_contract.height)
    many = pl.concat(
        analysis.by_contract.with_columns(pl.col("strike") + 0.01 * number, pl.col("gamma_usd_per_1pct") / copies)
        for number in range(copies)
    )
    root = report(with_analysis(view, replace(analysis, make_by_contract=lambda: many)))
    assert many.height >= 50_000
    assert len(root) < 500_000
    assert_valid(read(root.decode()))


def test_hostile_text_stays_text(view: View) -> None:
    analysis = view.analysis
    hostile = replace(
        analysis,
        underlying=HOSTILE,
        source=Source(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        warnings=(HOSTILE,),
        assumptions=(HOSTILE, HOSTILE),
        quality=QualityReport(1, 1, {HOSTILE: 1}, {HOSTILE: 2}, (HOSTILE,)),
        quote_time_source=HOSTILE,
        levels=replace(analysis.levels, gamma_flip=None, reasons={"gamma_flip": HOSTILE}),
    )
    page = report(View(hostile, HOSTILE, HOSTILE, HOSTILE)).decode()
    root = read(page)
    assert_valid(root)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert [each for each in root.every("script") if "alert(1)" in each.text] == []
    assert root.by_id("status").text.startswith(HOSTILE.replace("\x07", "").split()[0])


def test_a_stock_with_three_strikes_has_a_page(chain: Chain) -> None:
    spot = chain.spot or 0.0
    near = chain.frame.filter((pl.col("strike") / spot - 1).abs() < 0.004)
    small = replace(chain, frame=near)
    analysis = analyze(small)
    base = priced(small, Settings())
    assert_valid(read(body(view_of(base, analysis))))
