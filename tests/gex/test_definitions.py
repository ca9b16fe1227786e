"""Vendors' levels against the arithmetic, on five strikes; their units against SciPy; scopes on calendars."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.stats import norm

from gex.analysis import analyze, priced
from gex.definitions import BY_KEY, DEFINITIONS, VENDORS
from gex.level_book import level_book
from gex.level_rules import First, Held, found_of
from gex.results import Crossing
from gex.scopes import dates_in, third_friday
from gex.settings import Settings

#               90          95          100           105         110   (call, put)
GAMMA = np.array([1.0, -9.0, 2.0, -7.0, 12.0, -11.0, 8.0, -2.0, 5.0, -1.0])
VOLUME = np.array([1.0, -1.0, 9.0, -2.0, 3.0, -6.0, 1.0, -1.0, 2.0, -1.0])
DELTA = np.array([9.0, -1.0, 8.0, -3.0, 5.0, -5.0, 2.0, -7.0, 1.0, -12.0])
OPEN_INTEREST = np.array([10.0, 80.0, 20.0, 70.0, 60.0, 65.0, 90.0, 15.0, 75.0, 5.0])
STRIKES = np.array([90.0, 95.0, 100.0, 105.0, 110.0])

HELD = Held(
    spot=100.0,
    ladder=0.15,
    strikes=STRIKES,
    at=np.repeat(np.arange(5), 2),
    is_call=np.array([True, False] * 5),
    gamma=GAMMA,
    by_open_interest=GAMMA,
    by_volume=VOLUME,
    delta=DELTA,
    open_interest=OPEN_INTEREST,
    naive_shares=-3.0,
    vanna_by_volatility=0.5,
    spots=np.array([85.0, 92.0, 96.0, 99.0, 104.0, 115.0]),
    profile=np.array([-4.0, -6.0, -3.0, 3.0, 5.0, 4.0]),
    crossings=(Crossing(97.5, 2.0), Crossing(88.0, -1.0)),
    first=First("SPXW 2025-09-05", 0.0125, 95.0),
)


def strikes_of(found) -> list[float]:
    return [each.level for each in found.ranked]


def test_spotgamma_like_by_hand() -> None:
    """Net by strike is -8, -5, +1, +6, +4; |call| + |put| gamma 10, 9, 23, 10, 6; delta 10, 11, 10, 9, 13.

    The profile has slopes -2/7, 3/4, 2, 2/5, -1/11. About 96 it changes by 2 * 0.48 + 0.75 * 0.48 = 1.32, about 99
    by 0.4 * 0.495 + 2 * 0.495 = 1.188: the most at 96, nearest strike 95.
    """
    found = found_of(HELD)
    assert strikes_of(found["spotgamma.call_wall"]) == [105.0, 110.0, 100.0]
    assert [each.strength for each in found["spotgamma.call_wall"].ranked] == [6.0, 4.0, 1.0]
    assert strikes_of(found["spotgamma.put_wall"]) == [90.0, 95.0]
    assert found["spotgamma.put_wall"].strength == -8.0
    assert found["spotgamma.zero_gamma"].value == 97.5
    assert strikes_of(found["spotgamma.zero_gamma"]) == [97.5, 88.0]
    assert (found["spotgamma.absolute_gamma"].value, found["spotgamma.absolute_gamma"].strength) == (100.0, 23.0)
    assert (found["spotgamma.key_delta"].value, found["spotgamma.key_delta"].strength) == (110.0, 13.0)
    assert found["spotgamma.key_delta"].strength_unit == "$"
    assert found["spotgamma.hedge_wall"].value == 95.0
    assert found["spotgamma.hedge_wall"].strength == pytest.approx(1.32)


def test_menthorq_like_by_hand() -> None:
    """Calls alone peak at 100 (12), puts at 100 (-11); cumulated net -8, -13, -12, -6, -2 is least at 95.

    By size the nets rank 90 (8), 105 (6), 95 (5), 110 (4), 100 (1). A day is 1.25% of 100.
    """
    found = found_of(HELD)
    assert (found["menthorq.call_resistance"].value, found["menthorq.call_resistance"].strength) == (100.0, 12.0)
    assert (found["menthorq.put_support"].value, found["menthorq.put_support"].strength) == (100.0, -11.0)
    assert (found["menthorq.hvl"].value, found["menthorq.hvl"].strength) == (95.0, -13.0)
    assert [found[f"menthorq.gex_{rank}"].value for rank in range(1, 7)] == [90.0, 105.0, 95.0, 110.0, 100.0, None]
    assert found["menthorq.gex_1"].strength == -8.0
    assert found["menthorq.gex_6"].reason == "fewer than 6 strikes have gamma"
    assert found["menthorq.gamma_wall"].value == 90.0
    assert found["menthorq.one_day_max"].value == pytest.approx(101.25)
    assert found["menthorq.one_day_min"].value == pytest.approx(98.75)
    assert found["menthorq.one_day_min"].note == "SPXW 2025-09-05"


def test_gexbot_like_by_hand() -> None:
    """By volume the nets are 0, +7, -3, 0, +1, their sum 5; by open interest they sum to -2."""
    found = found_of(HELD)
    assert found["gexbot.zero_gamma"] == found["spotgamma.zero_gamma"]
    assert [found[f"gexbot.major_{each}"].value for each in ("pos_oi", "neg_oi", "pos_vol", "neg_vol")] == [
        *(105.0, 90.0, 95.0, 100.0),
    ]
    assert strikes_of(found["gexbot.major_pos_vol"]) == [95.0, 110.0]
    assert (found["gexbot.sum_gex_oi"].value, found["gexbot.sum_gex_vol"].value) == (-2.0, 5.0)


def test_common_ones_by_hand() -> None:
    """Of volume |call| + |put| is 2, 11, 9, 2, 3; cumulated 4, -6 between 95 and 100 is zero two fifths up."""
    found = found_of(HELD)
    assert (found["common.call_wall_oi"].value, found["common.call_wall_oi"].strength) == (105.0, 90.0)
    assert (found["common.put_wall_oi"].value, found["common.put_wall_oi"].strength_unit) == (90.0, "contracts")
    assert found["common.absolute_gamma_vol"].value == 95.0
    assert found["common.max_pain"].value == 95.0
    assert found["common.cumulative_flip"].reason == "net gamma cumulated upwards never changes sign"
    crossing = replace(HELD, gamma=np.array([0.0, 0.0, 4.0, 0.0, 0.0, -10.0, 0.0, 0.0, 0.0, 0.0]))
    assert found_of(crossing)["common.cumulative_flip"].value == pytest.approx(97.0)


def test_squeezemetrics_units_by_hand() -> None:
    """Net gamma of -2 $ per +1% at 100 is -2 $ per point; VEX is -10 * 0.5 = -5 $ per point."""
    found = found_of(HELD)
    assert found["squeezemetrics.gex_2017"].value == -3.0
    assert found["squeezemetrics.gex"].value == pytest.approx(-2.0)
    assert found["squeezemetrics.vex"].value == pytest.approx(-5.0)
    assert found["squeezemetrics.gex_plus"].value == pytest.approx(-7.0)


def test_nothing_held_says_why() -> None:
    """No position, volume or crossing: every level is none with a reason, every sum is zero."""
    nothing = np.zeros(10)
    empty = replace(
        HELD,
        gamma=nothing,
        by_open_interest=nothing,
        by_volume=nothing,
        delta=nothing,
        open_interest=nothing,
        profile=np.zeros(6),
        crossings=(),
        first=First("SPXW 2025-09-05", None, None),
    )
    for key, found in found_of(empty).items():
        if BY_KEY[key].is_level:
            assert found.value is None, key
            assert found.reason, key
    assert found_of(empty)["common.net_gex"].value == 0.0


def test_short_everything_keeps_signs() -> None:
    """Dealers short calls and puts: call resistance is still the strike of the largest call gamma."""
    short = found_of(replace(HELD, gamma=-np.abs(GAMMA)))
    assert (short["menthorq.call_resistance"].value, short["menthorq.call_resistance"].strength) == (100.0, -12.0)
    assert short["spotgamma.call_wall"].reason == "no strike has a positive value"


def test_every_definition_is_found_and_stated() -> None:
    assert set(found_of(HELD)) == set(BY_KEY)
    assert len(BY_KEY) == len(DEFINITIONS)
    for definition in DEFINITIONS:
        assert definition.vendor in VENDORS
        assert definition.text
        assert definition.source


@pytest.fixture(name="few", scope="module")
def _few(make_chain):
    """One week, three strikes, flat 16%: calls' open interest 100, 105, 110, puts' 320, 314, 308."""
    strikes = np.array([6400.0, 6500.0, 6600.0])
    return make_chain([dt.date(2025, 9, 12)], strikes, lambda k, years: np.full_like(k, 0.16 * np.sqrt(years)))


def black_scholes(spot: float, sigma: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return delta of calls, gamma and vanna of the three strikes, by SciPy."""
    years, rate, dividend = (7 * 1440 + 360) / 525_600, 0.04, 0.013
    strike = np.array([6400.0, 6500.0, 6600.0])
    w = sigma * np.sqrt(years)
    d1 = (np.log(spot / strike) + (rate - dividend) * years) / w + 0.5 * w
    carried = np.exp(-dividend * years)
    vanna = -carried * norm.pdf(d1) * (d1 - w) / sigma
    return carried * norm.cdf(d1), carried * norm.pdf(d1) / (spot * w), vanna


CALLS, PUTS = np.array([100.0, 105.0, 110.0]), np.array([320.0, 314.0, 308.0])


def test_squeezemetrics_against_scipy(few) -> None:
    found = level_book(priced(few, Settings())).of("all").by_key
    _, gamma, vanna = black_scholes(6500.0, 0.16)
    shares = float(np.sum(100.0 * (CALLS - PUTS) * gamma))
    vex = -10.0 * float(np.sum(100.0 * (CALLS - PUTS) * vanna * 0.16))
    assert found["squeezemetrics.gex_2017"].value == pytest.approx(shares, rel=1e-6)
    assert found["squeezemetrics.gex"].value == pytest.approx(6500.0 * shares, rel=1e-6)
    assert found["squeezemetrics.vex"].value == pytest.approx(vex, rel=1e-6)
    assert found["common.net_gex"].value == pytest.approx(65.0 * 6500.0 * shares, rel=1e-6)
    short = level_book(priced(few, Settings(positions="short-all"))).of("all").by_key
    assert short["squeezemetrics.gex_2017"].value == pytest.approx(shares, rel=1e-6)
    assert short["squeezemetrics.gex"].value < 0


def test_vex_is_the_hedge_of_its_assumption(few) -> None:
    """Re-price delta with volatility 1% lower for 0.10% of spot: dollars of delta gained per point of spot."""
    h = 1e-6
    shares = [
        float(np.sum(100.0 * (CALLS * delta + PUTS * (np.exp(-0.013 * (7 * 1440 + 360) / 525_600) - delta))))
        for delta in (black_scholes(6500.0, 0.16 * np.exp(move))[0] for move in (-10.0 * h, 10.0 * h))
    ]
    expected = (shares[0] - shares[1]) / (2.0 * h)
    found = level_book(priced(few, Settings())).of("all").by_key
    assert found["squeezemetrics.vex"].value == pytest.approx(expected, rel=1e-6)


def test_the_book_agrees_with_the_report(chain) -> None:
    analysis, book = analyze(chain), level_book(priced(chain, Settings()), ("all", "0dte", "next"))
    parts = (analysis.levels, analysis.zero_dte.levels, analysis.next_expiration.levels)
    for scope, levels in zip(book.scopes, parts, strict=True):
        found = scope.by_key
        assert found["spotgamma.zero_gamma"].value == pytest.approx(levels.gamma_flip, rel=1e-11)
        assert found["spotgamma.call_wall"].value == levels.call_wall
        assert found["spotgamma.put_wall"].value == levels.put_wall
        assert found["spotgamma.absolute_gamma"].value == levels.absolute_gamma_strike
        assert found["menthorq.hvl"].value == levels.high_vol_level
        assert found["menthorq.call_resistance"].value == levels.walls.gross.call.strike
        assert found["common.call_wall_oi"].value == levels.walls.open_interest.call.strike
    assert book.of("0dte").by_key["gexbot.sum_gex_vol"].value == pytest.approx(analysis.zero_dte.net_by_volume)
    assert book.of("next").by_key["common.max_pain"].value == analysis.by_expiration["max_pain"][1]


def test_a_scope_without_expirations_is_empty(few) -> None:
    book = level_book(priced(few, Settings()), ("0dte", "each", "2025-09-13"))
    assert [scope.scope for scope in book.scopes] == ["0dte", "2025-09-12", "2025-09-13"]
    assert [len(scope.levels) for scope in book.scopes] == [0, len(DEFINITIONS), 0]


def test_scopes_on_a_calendar() -> None:
    """Juneteenth 2026 is a Friday: the monthly expiration is the Thursday before it."""
    d = dt.date
    listed = [d(2026, 6, 15), d(2026, 6, 17), d(2026, 6, 18), d(2026, 6, 26), d(2026, 7, 17)]
    assert third_friday(2026, 6) == d(2026, 6, 19)
    assert dates_in("monthly", listed, d(2026, 6, 15)) == [d(2026, 6, 18)]
    assert dates_in("monthly", listed, d(2026, 6, 22)) == [d(2026, 7, 17)]
    assert dates_in("0dte", listed, d(2026, 6, 15)) == [d(2026, 6, 15)]
    assert dates_in("ex-0dte", listed, d(2026, 6, 15)) == listed[1:]
    assert dates_in("next", listed, d(2026, 6, 15)) == [d(2026, 6, 17)]
    assert dates_in("3d", listed, d(2026, 6, 15)) == listed[:3]
    assert dates_in("2026-06-26", listed, d(2026, 6, 15)) == [d(2026, 6, 26)]
    for wrong in ("soon", "2026-13-01", "99999999999d"):
        with pytest.raises(ValueError, match="a scope is all, 0dte"):
            dates_in(wrong, listed, d(2026, 6, 15))


def test_the_days_range_against_scipy(few) -> None:
    """16% over the 7 days and 6 hours to the expiration, which is five weekdays away."""
    found = level_book(priced(few, Settings())).of("all").by_key
    day = 6500.0 * 0.16 * np.sqrt((7 * 1440 + 360) / 525_600) / np.sqrt(5)
    assert found["menthorq.one_day_max"].value == pytest.approx(6500.0 + day, rel=1e-7)
    assert found["menthorq.one_day_min"].value == pytest.approx(6500.0 - day, rel=1e-7)


def test_scopes_add_up(chain) -> None:
    """Every sum over all expirations is the sum of its parts, and of today's and all others."""
    book = level_book(priced(chain, Settings()), ("all", "0dte", "ex-0dte", "each"))
    whole, today, others, *each = (scope.by_key for scope in book.scopes)
    assert len(each) == 3
    for key in ("common.net_gex", "gexbot.sum_gex_vol", "squeezemetrics.gex_plus", "squeezemetrics.gex_2017"):
        total = whole[key].value
        assert sum(part[key].value for part in each) == pytest.approx(total, rel=1e-9)
        assert today[key].value + others[key].value == pytest.approx(total, rel=1e-9)


@given(hnp.arrays(np.float64, 10, elements=st.integers(-50, 50).map(float)))
def test_ranks_against_sorting(gamma: np.ndarray) -> None:
    """Against Python's own sort of the strikes' sums."""
    found = found_of(replace(HELD, gamma=gamma))
    net = [(float(gamma[2 * i] + gamma[2 * i + 1]), float(strike)) for i, strike in enumerate(STRIKES)]
    positive = sorted(((value, strike) for value, strike in net if value > 0), key=lambda each: (-each[0], each[1]))
    by_size = sorted(((value, strike) for value, strike in net if value), key=lambda each: (-abs(each[0]), each[1]))
    assert [(each.strength, each.level) for each in found["spotgamma.call_wall"].ranked] == positive
    assert found["menthorq.gamma_wall"].value == (by_size[0][1] if by_size else None)
    sums = np.cumsum([value for value, _ in net])
    if sums.any():
        assert found["menthorq.hvl"].strength == sums.min()
