"""Real chains against figures computed by independent programs, conventions named in each test."""

from __future__ import annotations

import datetime as dt
import math
from typing import NamedTuple

import polars as pl
import pytest

from gex import Settings, analyze, read_chain

pytestmark = pytest.mark.real


class Reference(NamedTuple):
    """One file under: vendor volatility, clock from the time printed in the file, spot for forward, naive."""

    name: str
    time: str
    alive: int
    used: int
    spot: float
    vendor_net: float
    net: float
    gross: float
    flip: float
    net_walls: tuple[float, float]
    gross_walls: tuple[float, float]
    high_vol_level: float


REFERENCES = [
    Reference(
        "spx_2022-12-12_2030", "2022-12-12T20:30", 18870, 16853, 3990.5601, -1.0752, -2.7649, 166.662, 4004.638,
        (4100, 3800), (4000, 4000), 3975,
    ),
    Reference(
        "spx_2025-08-27_2130", "2025-08-27T21:30", 23614, 23042, 6481.3999, 43.6733, 43.5823, 346.957, 6424.019,
        (6500, 6000), (6500, 6000), 6445,
    ),
    Reference(
        "spx_2025-08-28_1625", "2025-08-28T16:25", 23630, 22721, 6501.8599, 65.3354, 52.9168, 351.500, 6436.594,
        (6500, 6300), (6500, 6000), 6445,
    ),
    Reference(
        "spx_2025-08-29_1629", "2025-08-29T16:29", 23254, 22251, 6460.2598, 21.2750, 12.1154, 334.379, 6437.833,
        (6600, 6400), (6500, 6000), 6445,
    ),
    Reference(
        "spx_2025-09-02_1937", "2025-09-02T19:37", 23306, 22216, 6415.54, 6.6373, -15.5466, 342.331, 6443.216,
        (6600, 6400), (6000, 6000), 6450,
    ),
    Reference(
        "spx_2025-09-03_1618", "2025-09-03T16:18", 23704, 23115, 6448.2798, 22.5710, 12.1730, 355.656, 6428.449,
        (6500, 6300), (6500, 6000), 6445,
    ),
    Reference(
        "spx_2025-09-04_1430", "2025-09-04T14:30", 24040, 22657, 6485.6401, 102.3360, 91.7063, 423.639, 6442.942,
        (6480, 6300), (6480, 6000), 6445,
    ),
    Reference(
        "spx_2025-09-05_1016", "2025-09-05T10:16", 24122, 23296, 6515.9399, 121.6714, 104.4121, 448.672, 6475.549,
        (6535, 6455), (6535, 6000), 6455,
    ),
    Reference(
        "qqq_2023-06-12_1635", "2023-06-12T16:35", 7016, 6309, 358.27, 0.6799, 0.5892, 11.602, 355.392,
        (360, 340), (360, 350), 349,
    ),
    Reference(
        "qqq_2024-03-22_2146", "2024-03-22T21:46", 9532, 6888, 445.65, 0.2785, -0.1659, 11.987, 446.124,
        (450, 430), (450, 440), 444,
    ),
    Reference(
        "qqq_2023-05-10_1510", "2023-05-10T15:10", 6790, 5807, 324.56, 0.9843, 0.9185, 12.545, 323.670,
        (325, 315), (325, 315), 319,
    ),
]  # fmt: skip

VENDOR_AT_SPOT = Settings(vol="vendor", rate=0.0, dividend=0.0, exercise="european")


@pytest.mark.parametrize("expected", REFERENCES, ids=lambda reference: reference.name)
def test_vendor_volatility_and_spot_for_forward(expected: Reference, data_path) -> None:
    """Rows exactly, exposures within 0.1%, the flip within 0.05 points (SPX) and 0.02 (QQQ), walls exactly."""
    chain = read_chain(data_path("chains", "cboe_csv", f"{expected.name}.csv"), quote_time=expected.time)
    analysis = analyze(chain, VENDOR_AT_SPOT)
    assert len(chain.frame) == expected.alive
    assert analysis.rows_used == expected.used
    assert analysis.spot.used == expected.spot
    gamma = analysis.exposure.gamma_usd_per_1pct
    assert gamma.net / 1e9 == pytest.approx(expected.net, abs=1e-3 * max(abs(expected.net), 0.01 * expected.gross))
    assert gamma.gross / 1e9 == pytest.approx(expected.gross, rel=1e-3)
    sign = pl.when(pl.col("option_type") == "C").then(1.0).otherwise(-1.0)
    vendor = pl.col("vendor_gamma") * pl.col("open_interest") * sign
    vendor_net = chain.frame.select(vendor.sum()).item() * expected.spot**2 / 1e9
    assert vendor_net == pytest.approx(expected.vendor_net, abs=6e-5)
    levels = analysis.levels
    assert len(levels.gamma_flip_crossings) == 1
    assert levels.gamma_flip == pytest.approx(expected.flip, abs=0.05 if expected.spot > 1000 else 0.02)
    assert (levels.walls.net.call.strike, levels.walls.net.put.strike) == expected.net_walls
    assert (levels.walls.gross.call.strike, levels.walls.gross.put.strike) == expected.gross_walls
    assert levels.high_vol_level == expected.high_vol_level


@pytest.mark.parametrize(
    ("name", "spot", "net", "flip"),
    [
        ("spx_2025-09-05_1016", 6515.9399, 114.21, 6469.7),
        ("spx_2025-09-04_1430", 6485.6401, 99.70, 6436.0),
        ("spx_2025-09-03_1618", 6448.2798, None, 6413.7),
        ("spx_2025-09-02_1937", 6415.54, 0.70, 6414.3),
        ("spx_2025-08-29_1629", 6460.2598, None, 6422.4),
        ("spx_2025-08-27_2130", 6481.3999, None, 6423.7),
        ("qqq_2023-06-12_1635", 358.27, 0.788, 354.30),
        ("qqq_2023-05-10_1510", 324.56, None, 323.2),
    ],
)
def test_reimplied_on_parity_forwards(name, spot, net, flip, data_path) -> None:
    """The default conventions at the header's spot: within 1.5 points (SPX) and 0.3 (QQQ) of independent programs."""
    chain = read_chain(data_path("chains", "cboe_csv", f"{name}.csv"))
    analysis = analyze(chain, Settings(spot=spot, exercise="european"))
    assert analysis.levels.gamma_flip == pytest.approx(flip, abs=1.5 if spot > 1000 else 0.3)
    if net is not None:
        gross = analysis.exposure.gamma_usd_per_1pct.gross / 1e9
        assert analysis.exposure.gamma_usd_per_1pct.net / 1e9 == pytest.approx(net, abs=0.01 * gross)


@pytest.mark.parametrize(("name", "gap"), [("spx_2025-08-27_2130", -14.9), ("spx_2025-09-02_1937", 12.3)])
def test_a_stale_spot_after_hours_is_found(name, gap, data_path) -> None:
    """Near forwards imply a spot away from the header's; it is used, and both are reported."""
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", f"{name}.csv")))
    assert analysis.spot.source == "parity"
    assert analysis.spot.parity - analysis.spot.header == pytest.approx(gap, abs=1.5)
    assert any("stale" in text for text in analysis.warnings)


@pytest.mark.parametrize("name", ["spx_2025-09-05_1016", "spx_2025-09-04_1430"])
@pytest.mark.parametrize("vol", ["reimplied", "vendor"])
def test_gamma_near_the_money_today_against_the_vendors(name, vol, data_path) -> None:
    """On live files the median ratio is within 2.5% of 1, once the quotes' delay is taken off."""
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", f"{name}.csv")), Settings(vol=vol))
    assert analysis.status == "delayed"
    assert analysis.vendor_check.contracts > 10
    assert analysis.vendor_check.median_gamma_ratio == pytest.approx(1.0, abs=0.025)


def test_today_by_open_interest_and_by_volume(data_path) -> None:
    """Vendor volatility, spot for forward, the file's own time: +56.6 $bn by open interest, -7.8 by volume."""
    path = data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")
    part = analyze(read_chain(path, quote_time="2025-09-05T10:16"), VENDOR_AT_SPOT).zero_dte
    assert part.expirations == (dt.date(2025, 9, 5),)
    assert part.exposure.gamma_usd_per_1pct.net / 1e9 == pytest.approx(56.6, abs=0.1)
    assert part.net_by_volume / 1e9 == pytest.approx(-7.8, abs=0.1)
    assert part.sign == "unknown"
    assert part.share_of_gross == pytest.approx(0.231, abs=0.002)
    assert part.share_of_open_interest == pytest.approx(0.043, abs=0.001)
    assert part.share_of_volume == pytest.approx(0.647, abs=0.002)
    assert part.levels.gamma_flip == pytest.approx(6490.9, abs=0.1)
    assert part.expected_move.straddle == pytest.approx(24.30, abs=0.01)
    assert part.expected_move.strike == 6515.0


def test_hedging_flows_are_far_from_linear(data_path) -> None:
    """SPX 2025-09-05: -1% +33, -0.5% +34, +0.5% -73, +1% -149 $bn, against +-115 by the derivative."""
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")))
    flow = {f.spot_move_pct: f.flow_usd / 1e9 for f in analysis.hedge_flow}
    assert flow[-1.0] == pytest.approx(33, abs=2)
    assert flow[-0.5] == pytest.approx(34, abs=2)
    assert flow[0.5] == pytest.approx(-73, abs=2)
    assert flow[1.0] == pytest.approx(-149, abs=2)


class Rebased(NamedTuple):
    """One file with early exercise, and what it gives where every contract is taken for European."""

    name: str
    flip: float
    european_flip: float
    net: float
    expirations: int
    european_forwards: int


# Black's formula reads an American put's premium as a lower forward and a higher volatility: past a few months calls
# and puts then agree on no forward at all. Freed of the premium they do, and puts have more gamma than taken for.
REBASED = [
    Rebased("qqq_2023-05-10_1510", 323.384, 323.262, 1.0102, 32, 28),
    Rebased("qqq_2023-06-12_1635", 354.630, 354.323, 0.7298, 28, 19),
    Rebased("qqq_2024-03-22_2146", 444.852, 444.483, 0.2777, 30, 22),
    Rebased("spy_2025-08-19_2042", 645.738, 645.696, -6.3443, 32, 23),
]


@pytest.mark.parametrize("expected", REBASED, ids=lambda rebased: rebased.name)
def test_early_exercise_moves_forwards_and_flip(expected: Rebased, data_path) -> None:
    """Every expiration but one at most has a parity forward; the flip moves by up to 0.37 points."""
    chain = read_chain(data_path("chains", "cboe_csv", f"{expected.name}.csv"))
    american, european = analyze(chain), analyze(chain, Settings(exercise="european"))
    for analysis, flip in ((american, expected.flip), (european, expected.european_flip)):
        assert analysis.levels.gamma_flip == pytest.approx(flip, abs=2e-3)
        assert len(analysis.by_expiration) == expected.expirations
    assert american.exposure.gamma_usd_per_1pct.net / 1e9 == pytest.approx(expected.net, abs=1e-3)
    found = [analysis.by_expiration["forward_source"].to_list().count("parity") for analysis in (american, european)]
    assert found[0] >= expected.expirations - 1
    assert found[1] == expected.european_forwards


@pytest.mark.parametrize("name", [rebased.name for rebased in REBASED])
def test_quantlib_gives_the_mids_back(name, data_path, american_price) -> None:
    """Out-of-the-money mids within 5e-6 of spot, at the volatility, rate and yield that we read from them."""
    analysis = analyze(read_chain(data_path("chains", "cboe_csv", f"{name}.csv")))
    spot = analysis.spot.parity
    otm = (pl.col("option_type") == "C") == (pl.col("strike") >= pl.col("forward"))
    quoted = analysis.by_contract.filter((pl.col("bid") > 0) & otm & (pl.col("years") > 7 / 365))
    near = quoted.filter((pl.col("strike") / spot - 1).abs() < 0.2).sample(50, seed=1)
    for row in near.iter_rows(named=True):
        strike, years, sigma, is_call = (*(row[x] for x in ("strike", "years", "sigma")), row["option_type"] == "C")
        rate = -math.log(row["discount"]) / years
        carry = (rate, rate - math.log(row["forward"] / spot) / years)
        mid = 0.5 * (row["bid"] + row["ask"])
        assert american_price(spot, strike, years, sigma, carry, is_call) == pytest.approx(mid, abs=5e-6 * spot)
