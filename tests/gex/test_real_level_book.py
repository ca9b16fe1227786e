"""Vendors' levels on real chains, against figures that independent programs computed (vendor's volatility, F = S, naive)."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from gex import Settings, read_chain
from gex.analysis import priced
from gex.compare import compare
from gex.level_book import level_book
from gex.published import read_published

pytestmark = pytest.mark.real

NEW_YORK = ZoneInfo("America/New_York")
BARE = Settings(vol="vendor", rate=0.0, dividend=0.0, exercise="european")


def book_of(path, time: str, settings: Settings = BARE, scopes=("all", "0dte")):
    quote_time = dt.datetime.fromisoformat(time).replace(tzinfo=NEW_YORK)
    chain = read_chain(path, quote_time=quote_time)
    spot = settings.spot or chain.spot
    return level_book(priced(chain, Settings(**(vars(settings) | {"spot": spot}))), scopes)


@pytest.mark.parametrize(
    ("name", "time", "net", "flip", "walls", "sides", "hvl"),
    [
        ("spx_2022-12-12_2030", "2022-12-12T20:30", -2.7649, 4004.638, (4100, 3800), (4000, 4000), 3975),
        ("spx_2025-09-04_1430", "2025-09-04T14:30", 91.7063, 6442.942, (6480, 6300), (6480, 6000), 6445),
        ("spx_2025-09-05_1016", "2025-09-05T10:16", 104.4121, 6475.549, (6535, 6455), (6535, 6000), 6455),
        ("qqq_2023-05-10_1510", "2023-05-10T15:10", 0.9185, 323.670, (325, 315), (325, 315), 319),
    ],
)
def test_walls_flip_and_hvl(data_path, name, time, net, flip, walls, sides, hvl) -> None:
    """The net within 2 $mm where gross is 12 to 449 $bn, the flip within 0.02 points, strikes exactly."""
    found = book_of(data_path("chains", "cboe_csv", f"{name}.csv"), time).of("all").by_key
    assert found["common.net_gex"].value / 1e9 == pytest.approx(net, abs=2e-3)
    assert found["spotgamma.zero_gamma"].value == pytest.approx(flip, abs=0.02)
    assert (found["spotgamma.call_wall"].value, found["spotgamma.put_wall"].value) == walls
    assert (found["menthorq.call_resistance"].value, found["menthorq.put_support"].value) == sides
    assert found["menthorq.hvl"].value == hvl


def test_0dte_by_open_interest_and_by_volume(data_path) -> None:
    """+56.6 and -7.8 $bn: the sign of today's net depends on what is taken as held."""
    path = data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")
    found = book_of(path, "2025-09-05T10:16").of("0dte").by_key
    assert found["gexbot.sum_gex_oi"].value / 1e9 == pytest.approx(56.6, abs=0.05)
    assert found["gexbot.sum_gex_vol"].value / 1e9 == pytest.approx(-7.8, abs=0.05)


def test_max_pain_of_each_expiration(data_path) -> None:
    path = data_path("chains", "cboe_csv", "spx_2022-12-12_2030.csv")
    days = {"2022-12-13": 3975, "2022-12-14": 3970, "2022-12-15": 3950, "2022-12-19": 4025}
    book = book_of(path, "2022-12-12T20:30", scopes=tuple(days))
    assert {day: book.of(day).by_key["common.max_pain"].value for day in days} == days


def test_squeezemetrics_2017_is_the_net_in_shares(data_path) -> None:
    """$ per +1% is 0.01 S^2 times shares per point."""
    path = data_path("chains", "cboe_csv", "spx_2022-12-12_2030.csv")
    found = book_of(path, "2022-12-12T20:30").of("all").by_key
    shares = found["common.net_gex"].value / (0.01 * 3990.5601**2)
    assert found["squeezemetrics.gex_2017"].value == pytest.approx(shares, rel=1e-9)
    assert found["squeezemetrics.gex"].value == pytest.approx(3990.5601 * shares, rel=1e-9)


def test_a_flip_published_at_f_equal_s_is_recognised(data_path) -> None:
    """The flip of the first independent program, 6475.549, is the vendor's volatility without carry, not ours as set."""
    path = data_path("chains", "cboe_csv", "spx_2025-09-05_1016.csv")
    chain = read_chain(path, quote_time=dt.datetime(2025, 9, 5, 10, 16, tzinfo=NEW_YORK))
    text = read_published("Zero Gamma: 6475.549\nCall Wall: 6535\nPut Wall: 6455\nHVL: 6455", 6515.94)
    found = compare(chain, Settings(), text)
    assert (found.scores[0].convention, found.scores[0].scope) == ("vendor IV, F = S", "all")
    flip = found.rows[0]
    assert flip.ours.difference == pytest.approx(6475.549 - 6469.7, abs=0.5)
    assert abs(flip.nearest.difference) < 0.005
