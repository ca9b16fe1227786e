"""What the strike chart's script gets: every sum of the analysis, by strike and by expiration, in few bytes."""

from __future__ import annotations

import base64
import json
import struct
from dataclasses import replace
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gex.analysis import analysis_of, analyze, priced
from gex.cli.page.packed import counts, sparse
from gex.cli.page.panels import strikes
from gex.cli.page.strike_data import COUNTS, GAMMA, data_of, thinned
from gex.cli.page.view import view_of
from gex.ingest.read import read_chain
from gex.ingest.sample import generate, write_cboe_csv
from gex.merge import merge
from gex.settings import Settings
from gex.strike_cells import strike_cells

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.ingest.schema import Chain
    from gex.results import Analysis

EXACT = 2.0**-16
"""What is lost of a float that is packed."""
CENTS = 1e4
"""Dollars: what cells under a dollar may add up to, each left out."""


@cache
def sample(symbol: str = "SPX") -> Chain:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "chain.csv"
        write_cboe_csv(generate(symbol, seed=3, size="small"), path)
        return read_chain(path)


@cache
def analysed(symbol: str = "SPX") -> Analysis:
    return analyze(sample(symbol))


def unpacked_counts(text: str) -> list[int]:
    """Read LEB128 as its definition says, a byte at a time."""
    found, value, shift = [], 0, 0
    for byte in base64.b64decode(text):
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            found.append(value)
            value, shift = 0, 0
    assert shift == 0
    return found


def unpacked_floats(packed: dict[str, str], size: int) -> list[float]:
    values = base64.b64decode(packed["values"])
    bits = "".join(f"{byte:08b}"[::-1] for byte in base64.b64decode(packed["bits"]))[:size]
    each = (struct.unpack("<f", b"\0" + values[at : at + 3])[0] for at in range(0, len(values), 3))
    return [next(each) if bit == "1" else 0.0 for bit in bits]


def unpacked(data: dict[str, Any]) -> pl.DataFrame:
    """Return the cells: expiration, place of the strike, gamma and counts."""
    steps = unpacked_counts(data["steps"])
    dates = [date for date, size in zip(data["expirations"], data["sizes"], strict=True) for _ in range(size)]
    frame = pl.DataFrame({"expiration": dates, "place": steps}).with_columns(
        pl.col("place").cum_sum().over("expiration")
    )
    gamma = {name: unpacked_floats(data[name], len(steps)) for name in GAMMA}
    return frame.with_columns(
        **{name: pl.Series(values, dtype=pl.Float64) for name, values in gamma.items()},
        **{name: pl.Series(unpacked_counts(data[name]), dtype=pl.Int64) for name in COUNTS},
    )


def strikes_of(data: dict[str, Any]) -> list[float]:
    return np.frombuffer(base64.b64decode(data["strikes"]), "<f4").astype(float).tolist()


@given(st.lists(st.integers(0, 2**53)))
def test_counts_come_back(values: list[int]) -> None:
    assert unpacked_counts(counts(values)) == values


def test_small_counts_take_a_byte_each() -> None:
    assert len(base64.b64decode(counts([0, 1, 127]))) == 3
    assert len(base64.b64decode(counts([128]))) == 2


@given(st.lists(st.just(0.0) | st.floats(1e-30, 1e30) | st.floats(-1e30, -1e-30)))
def test_floats_come_back_to_five_digits(values: list[float]) -> None:
    found = unpacked_floats(sparse(values), len(values))
    assert found == pytest.approx(values, rel=EXACT * 1.01, abs=0)
    assert [value == 0 for value in found] == [value == 0 for value in values]


def assert_all_adds_up(analysis: Analysis) -> None:
    """Hold the payload against the analysis's own tables: in total, by strike, by expiration, by its slices."""
    data, table = data_of(analysis), analysis.by_strike
    cells, listed = unpacked(data), strikes_of(data)
    near = table.filter(pl.col("strike").is_between(*data["ends"]))
    assert listed == pytest.approx(near["strike"].to_list(), rel=1e-7)
    place = {strike: at + 1 for at, strike in enumerate(near["strike"])}
    low = data["ends"][0]
    own = table.with_columns(
        place=pl.col("strike").map_elements(
            lambda strike: place.get(strike, 0 if strike < low else len(place) + 1), return_dtype=pl.Int64
        )
    )
    summed = cells.group_by("place").agg(pl.col(*GAMMA, *COUNTS).sum())
    pairs = (
        own.group_by("place")
        .agg(pl.col("calls", "puts", *COUNTS).sum())
        .join(summed, on="place", how="left", suffix="_page")
    )
    for name in ("calls", "puts"):
        assert pairs[f"{name}_page"].fill_null(0).to_list() == pytest.approx(pairs[name].to_list(), rel=2e-5, abs=CENTS)
    for name in COUNTS:
        assert pairs[f"{name}_page"].fill_null(0).to_list() == pairs[name].to_list()
    expiring = analysis.by_expiration.group_by(pl.col("expiration").cast(str)).agg(pl.col("calls", "puts").sum())
    dated = (
        cells.group_by("expiration").agg(pl.col("calls", "puts").sum()).join(expiring, on="expiration", suffix="_own")
    )
    assert dated.height == len(data["expirations"])
    for name in ("calls", "puts"):
        assert dated[name].to_list() == pytest.approx(dated[f"{name}_own"].to_list(), rel=2e-5, abs=CENTS)
    assert_slices_add_up(analysis, data, cells)


def assert_slices_add_up(analysis: Analysis, data: dict[str, Any], cells: pl.DataFrame) -> None:
    parts = {"0dte": analysis.zero_dte, "next": analysis.next_expiration, "ex-0dte": analysis.ex_zero_dte}
    for name, part in parts.items():
        assert (name in data["choices"]) == (part is not None)
        if part is None:
            continue
        chosen = cells.filter(pl.col("expiration").is_in(data["choices"][name]["dates"]))
        gamma = part.exposure.gamma_usd_per_1pct
        assert chosen["calls"].sum() + chosen["puts"].sum() == pytest.approx(gamma.net, abs=CENTS + 2e-5 * gamma.gross)
        if part.net_by_volume is not None:
            sides = chosen["volume_calls"].sum(), chosen["volume_puts"].sum()
            assert sum(sides) == pytest.approx(part.net_by_volume, abs=CENTS + 2e-5 * sum(map(abs, sides)))


@pytest.mark.parametrize("symbol", ["SPX", "QQQ"])
def test_the_payload_adds_up_to_the_analysis(symbol: str) -> None:
    assert_all_adds_up(analysed(symbol))


def test_what_is_beyond_reach_is_counted_and_in_the_sums() -> None:
    """A contract far from spot is in a bin, so that no sum loses it."""
    analysis = analyze(sample(), replace(Settings(), move_to=0.8 * analysed().spot.used))
    data = data_of(analysis)
    assert data["tails"]["above"] > 0
    assert len(strikes_of(data)) + sum(data["tails"].values()) == analysis.by_strike.height
    assert_all_adds_up(analysis)


def test_merged_sources_count_at_the_first_ones_strikes() -> None:
    merged = merge([sample("SPX"), sample("QQQ")])
    by_strike = strike_cells(merged).group_by("strike").agg(pl.col("calls", "puts", "volume").sum())
    own = merged.by_strike.join(by_strike, on="strike", how="left", suffix="_page")
    for name in ("calls", "puts"):
        gross = merged.by_strike["gross"].sum()
        assert own[f"{name}_page"].fill_null(0).to_list() == pytest.approx(
            own[name].to_list(), rel=1e-9, abs=1e-12 * gross
        )
    assert own["volume_page"].fill_null(0).to_list() == pytest.approx(own["volume"].to_list(), abs=0.501)
    data_of(merged)


def test_without_volume_it_says_so() -> None:
    chain = sample()
    silent = replace(chain, frame=chain.frame.with_columns(pl.lit(None, pl.Int64).alias("volume")))
    data = data_of(analyze(silent))
    assert data["no_volume"] == "No contract has volume."
    assert not any(unpacked(data)["volume"])
    assert data_of(analysed())["no_volume"] is None


@pytest.mark.parametrize("model", ["short-all", "call-skew", "volume"])
def test_other_positions_add_up_too(model: Any) -> None:
    assert_all_adds_up(analyze(sample(), positions=model))


def test_the_curve_is_that_of_the_analysis() -> None:
    """Straight lines between the points that are left meet every point of the ladder."""
    profile = analysed().profile
    curves = (profile.gamma_usd_per_1pct, profile.zero_dte_usd_per_1pct)
    kept = thinned(profile.spots, *curves)
    assert len(kept) < 0.5 * len(profile.spots)
    for curve in curves:
        drawn = np.interp(profile.spots, profile.spots[kept], curve[kept])
        assert np.max(np.abs(drawn - curve)) <= 2e-3 * np.ptp(curve)


def test_a_peak_of_one_point_is_kept() -> None:
    x = np.linspace(100.0, 200.0, 601)
    y = np.where(np.arange(601) == 301, 1.0, 0.0)
    assert np.interp(x, x[kept := thinned(x, y)], y[kept]) == pytest.approx(y, abs=1e-12)


def test_no_name_can_end_the_data_or_begin_a_tag() -> None:
    base = priced(sample(), Settings())
    view = view_of(base, analysis_of(base))
    hostile = replace(view, analysis=replace(view.analysis, underlying="</script><img src=x>"))
    text = str(strikes.panel(hostile))
    assert "<img" not in text
    assert text.count("</script>") == 1


def test_the_table_behind_has_every_strike_in_sight() -> None:
    analysis = analysed()
    text = str(strikes.panel(view_of(priced(sample(), Settings()), analysis)))
    low, high = data_of(analysis)["window"]
    shown = analysis.by_strike.filter(pl.col("strike").is_between(low, high))
    table = text.partition("counts in contracts")[2].partition("</table>")[0]
    assert table.count('<th scope="row"') >= 0.5 * shown.height > 0
    volumes = [int(row.split("</td>")[-2].rpartition(">")[2].replace(",", "")) for row in table.split("</tr>")[1:-1]]
    assert sum(volumes) == pytest.approx(shown["volume"].sum(), rel=0.05)


def test_a_full_chain_takes_little(data_path: Callable[..., Path]) -> None:
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")))
    assert_all_adds_up(analysis)
    assert len(json.dumps(data_of(analysis))) < 130_000
