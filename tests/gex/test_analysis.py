"""The whole of `analyze` on small chains, against sums written out with SciPy."""

from __future__ import annotations

import dataclasses
import datetime as dt

import numpy as np
import polars as pl
import pytest
from scipy.optimize import brentq
from scipy.special import ndtr

from gex import Settings, analyze

UTC = dt.UTC
TODAY = dt.date(2025, 9, 5)


def direct_net(analysis, spot: float, rows: pl.DataFrame | None = None) -> float:
    """Return net gamma per +1% at a spot from the contracts' own forward and volatility, by the textbook formula."""
    frame = analysis.by_contract if rows is None else rows
    forward = frame["forward"].to_numpy() * spot / analysis.spot.used
    w = frame["sigma"].to_numpy() * np.sqrt(frame["years"].to_numpy())
    d1 = np.log(forward / frame["strike"].to_numpy()) / w + 0.5 * w
    carry = frame["discount"].to_numpy() * forward / spot
    gamma = carry * np.exp(-0.5 * d1**2) / np.sqrt(2 * np.pi) / (spot * w)
    return float(np.sum(0.01 * spot**2 * frame["position"].to_numpy() * frame["multiplier"].to_numpy() * gamma))


def test_unrounded_quotes_give_back_forwards_and_smile(chain) -> None:
    """Quotes made from a known forward and smile return both: parity and inversion are exact."""
    analysis = analyze(chain)
    table = analysis.by_contract
    years = table["years"].to_numpy()
    assert table["forward"].to_numpy() == pytest.approx(6500.0 * np.exp(0.027 * years), rel=1e-9)
    quoted = table.filter(pl.col("bid") > 1e-4, pl.col("expiration") > TODAY)
    assert quoted["sigma"].to_numpy() == pytest.approx(quoted["implied_volatility"].to_numpy(), rel=1e-9)
    assert set(analysis.by_expiration["forward_source"]) == {"parity"}
    assert set(analysis.by_expiration["vol_source"]) == {"reimplied"}


def test_net_flip_and_walls_against_direct_sums(chain) -> None:
    analysis = analyze(chain)
    gamma = analysis.exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(direct_net(analysis, 6500.0), rel=1e-11)
    assert gamma.calls + gamma.puts == pytest.approx(gamma.net, rel=1e-12)
    assert gamma.gross == pytest.approx(gamma.calls - gamma.puts, rel=1e-12)
    flip = analysis.levels.gamma_flip
    assert flip == pytest.approx(brentq(lambda s: direct_net(analysis, s), flip - 20, flip + 20, xtol=1e-10), rel=1e-9)
    by_strike = analysis.by_strike
    assert analysis.levels.call_wall == by_strike.sort("net")["strike"][-1]
    assert analysis.levels.put_wall == by_strike.sort("net")["strike"][0]
    assert by_strike["net"].sum() == pytest.approx(gamma.net, rel=1e-12)
    assert analysis.by_expiration["net"].sum() == pytest.approx(gamma.net, rel=1e-12)


def test_parts_add_up(chain) -> None:
    analysis = analyze(chain)
    parts = (analysis.zero_dte, analysis.ex_zero_dte)
    for name in ("net", "gross", "calls", "puts"):
        total = sum(getattr(part.exposure.gamma_usd_per_1pct, name) for part in parts)
        assert total == pytest.approx(getattr(analysis.exposure.gamma_usd_per_1pct, name), rel=1e-12)
    assert sum(part.share_of_gross for part in parts) == pytest.approx(1.0)
    assert sum(part.share_of_volume for part in parts) == pytest.approx(1.0)
    assert analysis.zero_dte.expirations == (TODAY,)
    assert analysis.next_expiration.expirations == (dt.date(2025, 9, 12),)
    assert analysis.by_strike["zero_dte"].sum() == pytest.approx(analysis.zero_dte.exposure.gamma_usd_per_1pct.net)
    assert analysis.profile.spots[[0, -1]] == pytest.approx([5525.0, 7475.0])


@pytest.mark.parametrize("vol", ["reimplied", "vendor", "per-contract"])
def test_every_source_of_volatility_agrees_when_quotes_and_vendor_do(chain, vol) -> None:
    base = analyze(chain).levels.gamma_flip
    assert analyze(chain, Settings(vol=vol)).levels.gamma_flip == pytest.approx(base, rel=1e-6)


def test_a_vendor_clock_is_fitted_from_the_vendors_gamma(make_chain) -> None:
    """A vendor that takes half the time to expiry quotes gamma for it; the fit finds that clock."""

    def half_clock(frame: pl.DataFrame) -> pl.DataFrame:
        years = (pl.col("expires_at") - pl.col("quote_time")).dt.total_seconds() / 60 / 525_600 / 2
        forward = pl.lit(6500.0) * (0.027 * years * 2).exp()
        w = pl.col("implied_volatility") * years.sqrt()
        d1 = (forward / pl.col("strike")).log() / w + w / 2
        return frame.with_columns(vendor_gamma=(-d1 * d1 / 2).exp() / np.sqrt(2 * np.pi) / (forward * w))

    chain = make_chain(edit=half_clock)
    fitted = analyze(chain, Settings(vol="vendor-fitted")).by_contract
    own = analyze(chain, Settings(vol="vendor")).by_contract
    later = fitted["expiration"] > TODAY
    ratio = (fitted["sigma"] / own["sigma"]).filter(later)
    assert ratio.to_numpy() == pytest.approx(np.sqrt(0.5), rel=1e-3)


def test_a_fixed_carry_puts_parity_aside(chain) -> None:
    analysis = analyze(chain, Settings(vol="vendor", rate=0.0, dividend=0.0))
    assert analysis.by_contract["forward"].to_numpy() == pytest.approx(6500.0, rel=1e-12)
    assert analysis.spot.parity is None
    assert set(analysis.by_expiration["forward_source"]) == {"fixed"}


def test_a_stale_spot_is_replaced_and_both_reported(make_chain) -> None:
    """Quotes imply 6500; a header 6 bp away is not believed, one 4 bp away is."""
    stale = analyze(make_chain(spot=6500.0 * 1.0006))
    assert stale.spot.source == "parity"
    assert stale.spot.used == pytest.approx(6500.0, rel=1e-5)
    assert stale.spot.header == 6500.0 * 1.0006
    assert any("stale" in text and "--spot" in text for text in stale.warnings)
    near = analyze(make_chain(spot=6500.0 * 1.0004))
    assert (near.spot.source, near.spot.used) == ("header", 6500.0 * 1.0004)
    given = analyze(make_chain(spot=6500.0 * 1.0006), Settings(spot=6490.0))
    assert (given.spot.source, given.spot.used) == ("given", 6490.0)


def test_without_a_spot_parity_gives_one(make_chain) -> None:
    assert analyze(make_chain(spot=None)).spot.used == pytest.approx(6500.0, rel=1e-5)


def test_moving_spot_reprices_at_the_same_volatilities(chain) -> None:
    analysis = analyze(chain)
    moved = analyze(chain, Settings(move_to=6600.0))
    assert moved.exposure.gamma_usd_per_1pct.net == pytest.approx(direct_net(analysis, 6600.0), rel=1e-10)
    assert moved.levels.gamma_flip == pytest.approx(analysis.levels.gamma_flip, rel=1e-9)
    assert moved.by_contract["forward"].to_numpy() == pytest.approx(
        analysis.by_contract["forward"].to_numpy() * 6600.0 / 6500.0, rel=1e-12
    )


def test_at_a_later_instant_less_time_is_left_and_spot_stands(chain) -> None:
    later = dt.datetime(2025, 9, 5, 19, 0, tzinfo=UTC)
    now, then = analyze(chain).by_contract, analyze(chain, Settings(at=later)).by_contract
    assert then["years"].to_numpy() == pytest.approx(now["years"].to_numpy() - 300 / 525_600, rel=1e-12)
    assert then["sigma"].to_numpy() == pytest.approx(now["sigma"].to_numpy(), rel=1e-12)


def test_after_the_close_todays_contracts_have_expired(chain) -> None:
    analysis = analyze(chain, Settings(at=dt.datetime(2025, 9, 5, 20, 30, tzinfo=UTC)))
    assert analysis.quality.quarantined["expired"] == 82
    assert analysis.zero_dte is None
    assert analysis.exposure.charm_usd_to_close is None
    assert analysis.quality.rows_in == analysis.rows_used + sum(analysis.quality.quarantined.values())


def test_quotes_say_nothing_about_the_past(chain) -> None:
    with pytest.raises(ValueError, match="lies before the quotes"):
        analyze(chain, Settings(at=dt.datetime(2025, 9, 5, 13, 0, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("wanted", "dates"),
    [
        ("0dte", {TODAY}),
        ("next", {dt.date(2025, 9, 12)}),
        ("7d", {TODAY, dt.date(2025, 9, 12)}),
        ("2025-10-17", {dt.date(2025, 10, 17)}),
    ],
)
def test_expirations_can_be_chosen(chain, wanted, dates) -> None:
    """Carry and spot still come from the whole chain."""
    analysis = analyze(chain, Settings(expirations=wanted))
    assert set(analysis.by_expiration["expiration"]) == dates
    assert analysis.rows_used == 82 * len(dates)
    assert analysis.quality.quarantined == {"other_expiration": 246 - 82 * len(dates)}


def test_an_unknown_choice_of_expirations_is_named(chain) -> None:
    with pytest.raises(ValueError, match="'someday'"):
        analyze(chain, Settings(expirations="someday"))
    with pytest.raises(ValueError, match="no contract can be priced"):
        analyze(chain, Settings(expirations="2031-01-17"))


def test_short_all_has_no_call_wall_by_net(chain) -> None:
    analysis = analyze(chain, positions="short-all")
    gamma = analysis.exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(-gamma.gross, rel=1e-14)
    assert analysis.levels.call_wall is None
    assert analysis.levels.gamma_flip is None
    assert analysis.regime == "short_gamma"
    assert set(analysis.levels.reasons) == {"gamma_flip", "call_wall"}


def test_stocks_default_to_short_all(make_chain) -> None:
    assert analyze(make_chain(asset_class="stock")).settings.positions == "short-all"
    assert analyze(make_chain()).settings.positions == "naive"


def test_volume_is_a_scenario(make_chain) -> None:
    chain = make_chain(edit=lambda frame: frame.with_columns(volume=pl.col("open_interest") * 2))
    by_interest, by_volume = analyze(chain), analyze(chain, positions="volume")
    gamma = by_volume.exposure.gamma_usd_per_1pct
    assert gamma.net == pytest.approx(2 * by_interest.exposure.gamma_usd_per_1pct.net, rel=1e-12)
    assert by_interest.zero_dte.net_by_volume == pytest.approx(
        2 * by_interest.zero_dte.exposure.gamma_usd_per_1pct.net, rel=1e-12
    )


def test_a_sign_that_volume_contradicts_is_unknown(make_chain) -> None:
    def calls_held_puts_traded(frame: pl.DataFrame) -> pl.DataFrame:
        is_call = pl.col("option_type") == "C"
        return frame.with_columns(
            open_interest=pl.when(is_call).then(1000).otherwise(10),
            volume=pl.when(is_call).then(10).otherwise(1000),
        )

    part = analyze(make_chain(edit=calls_held_puts_traded)).zero_dte
    assert part.exposure.gamma_usd_per_1pct.net > 0 > part.net_by_volume
    assert part.sign == "unknown"


def test_no_open_interest_is_an_error_with_a_remedy(make_chain) -> None:
    chain = make_chain(edit=lambda frame: frame.with_columns(open_interest=pl.lit(0)))
    with pytest.raises(ValueError, match="--positions volume"):
        analyze(chain)
    assert analyze(chain, positions="volume").exposure.gamma_usd_per_1pct.gross > 0


def test_an_expiration_without_parity_is_carried_from_the_others(make_chain) -> None:
    """Its puts unquoted, the middle expiration has neither forward nor smile of its own."""

    def no_puts(frame: pl.DataFrame) -> pl.DataFrame:
        bare = (pl.col("expiration") == dt.date(2025, 9, 12)) & (pl.col("option_type") == "P")
        return frame.with_columns(pl.when(bare).then(None).otherwise(pl.col(c)).alias(c) for c in ("bid", "ask"))

    analysis = analyze(make_chain(edit=no_puts))
    row = analysis.by_expiration.filter(pl.col("expiration") == dt.date(2025, 9, 12))
    assert row["forward_source"].item() == "carry"
    years = row["years"].item()
    assert row["forward"].item() == pytest.approx(6500.0 * np.exp(0.027 * years), rel=1e-6)
    assert any("without a parity forward" in text for text in analysis.warnings)


def test_stale_quotes_fall_back_to_the_vendors_volatility(make_chain) -> None:
    def unquoted(frame: pl.DataFrame) -> pl.DataFrame:
        stale = pl.col("expiration") == dt.date(2025, 10, 17)
        return frame.with_columns(pl.when(stale).then(0.0).otherwise(pl.col(c)).alias(c) for c in ("bid", "ask"))

    analysis = analyze(make_chain(edit=unquoted))
    assert analysis.by_expiration["vol_source"].to_list() == ["reimplied", "reimplied", "vendor"]
    assert any("vendor's volatility" in text for text in analysis.warnings)
    assert analysis.levels.gamma_flip == pytest.approx(analyze(make_chain()).levels.gamma_flip, rel=1e-5)


def test_rows_without_any_volatility_are_counted(make_chain) -> None:
    def bare(frame: pl.DataFrame) -> pl.DataFrame:
        lost = pl.col("expiration") == dt.date(2025, 10, 17)
        return frame.with_columns(
            [pl.when(lost).then(None).otherwise(pl.col(c)).alias(c) for c in ("bid", "ask", "implied_volatility")]
        )

    analysis = analyze(make_chain(edit=bare))
    assert analysis.quality.quarantined == {"no_volatility": 82}
    assert analysis.rows_used == 164


def test_the_same_chain_gives_the_same_bytes(chain) -> None:
    first, second = analyze(chain), analyze(chain)
    assert first.by_contract.equals(second.by_contract)
    assert first.profile.gamma_usd_per_1pct.tobytes() == second.profile.gamma_usd_per_1pct.tobytes()
    assert dataclasses.replace(first.levels) == second.levels


def test_distances_are_measured_on_the_nearest_expiration(chain) -> None:
    analysis = analyze(chain)
    found = analysis.distances["call_wall"]
    assert found.points == pytest.approx(analysis.levels.call_wall - 6500.0)
    zero = analysis.by_contract.filter(pl.col("expiration") == TODAY, pl.col("option_type") == "C")
    zero = zero.with_columns(w=pl.col("sigma") * pl.col("years").sqrt())
    forward = zero["forward"][0]
    w = np.interp(np.log(analysis.levels.call_wall / forward), np.log(zero["strike"] / forward), zero["w"])
    expected = 2 * ndtr(-abs(np.log(analysis.levels.call_wall / forward)) / w)
    assert found.touch_probability == pytest.approx(expected, rel=1e-9)


def test_minutes_before_expiry_few_strikes_make_a_smile(make_chain) -> None:
    """Three strikes with time value left, on forwards that agree, still price today's gamma at their own volatility."""

    def late(frame: pl.DataFrame) -> pl.DataFrame:
        near = (pl.col("strike") - 6500.0).abs() < 30.0
        in_money = (
            pl.when(pl.col("option_type") == "C").then(6500 - pl.col("strike")).otherwise(pl.col("strike") - 6500)
        )
        dead = (pl.col("expiration") == TODAY) & ~near
        parity = pl.max_horizontal(in_money, pl.lit(0.0))
        return frame.with_columns(
            bid=pl.when(dead).then(parity * 0.999).otherwise(pl.col("bid")),
            ask=pl.when(dead).then(parity * 1.001).otherwise(pl.col("ask")),
        )

    table = analyze(make_chain(edit=late)).by_expiration
    assert table["vol_source"].to_list() == ["reimplied"] * 3


def test_without_volume_the_scenario_is_absent_with_a_reason(make_chain) -> None:
    chain = make_chain(edit=lambda frame: frame.with_columns(volume=pl.lit(None, dtype=pl.Int64)))
    part = analyze(chain).zero_dte
    assert part.net_by_volume is None
    assert part.reasons["net_by_volume"] == "no volume"
    gamma = part.exposure.gamma_usd_per_1pct
    decisive = abs(gamma.net) >= 0.05 * gamma.gross
    assert part.sign == ("unknown" if not decisive else "positive" if gamma.net > 0 else "negative")
    with pytest.raises(ValueError, match="--positions naive"):
        analyze(chain, positions="volume")


@pytest.mark.parametrize(
    ("facts", "status"),
    [({}, "ok"), ({"delay_minutes": 15.0}, "delayed"), ({"market_open": False, "delay_minutes": 15.0}, "closed")],
)
def test_the_state_of_the_data_is_said(chain, facts, status) -> None:
    assert analyze(dataclasses.replace(chain, **facts)).status == status


def test_a_column_without_a_value_keeps_its_type(chain) -> None:
    table = analyze(chain, Settings(rate=0.04, dividend=0.013)).by_expiration
    assert table["fitted_discount"].null_count() == len(table)
    assert table.schema["fitted_discount"] == pl.Float64
