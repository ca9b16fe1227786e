"""A session's hours, its grid of times, and gathering who is present."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pytest

from gex.flows.closing import LAST_HALF_HOUR, done_by
from gex.flows.session import Part, Session, gather, moves

DATE = dt.date(2025, 11, 20)
OPEN, CLOSE = (dt.datetime(2025, 11, 20, hour, minute, tzinfo=dt.UTC) for hour, minute in ((14, 30), (21, 0)))


def session(now: dt.datetime = OPEN, closes: dt.datetime = CLOSE) -> Session:
    return Session(DATE, OPEN, closes, now)


@dataclass(frozen=True)
class Line:
    """Trades a dollar a point."""

    name: str

    def usd(self, spots, elapsed):
        return elapsed * spots


def test_times_are_counted_back_from_the_close() -> None:
    whole = session()
    assert (whole.minutes, whole.begun) == (390.0, 0.0)
    assert whole.grid(60.0) == pytest.approx([0.0, *(np.arange(30, 391, 60) / 390)])
    late = session(OPEN + dt.timedelta(minutes=31))
    assert late.grid(60.0)[:3] == pytest.approx(np.array([31, 90, 150]) / 390)
    assert late.at(float(late.grid(60.0)[0])) == late.now
    assert session(CLOSE - dt.timedelta(minutes=1)).grid(60.0) == pytest.approx([389 / 390, 1.0])
    assert session().grid(1000.0) == pytest.approx([0.0, 1.0])


@pytest.mark.parametrize("minutes", [1.0, 7.0, 30.0, 45.0, 390.0])
@pytest.mark.parametrize("gone", [-600, 0, 17, 200, 389])
def test_a_grid_goes_up_from_now_to_the_close(minutes: float, gone: int) -> None:
    each = session(OPEN + dt.timedelta(minutes=gone))
    grid = each.grid(minutes)
    assert (np.diff(grid) > 0).all()
    assert (grid[0], grid[-1]) == (each.begun, 1.0)
    assert np.max(np.diff(grid)) <= 1.011 * minutes / 390


def test_half_an_hour_is_more_of_a_short_session() -> None:
    assert session().closing == pytest.approx(LAST_HALF_HOUR)
    assert session(closes=OPEN + dt.timedelta(minutes=210)).closing == pytest.approx(30 / 210)
    assert done_by(1.0 - 15 / 210, 30 / 210) == pytest.approx(0.5)
    assert (done_by(0.0), done_by(1.0), done_by(2.0)) == (0.0, 1.0, 1.0)


def test_moves_are_even_about_spot() -> None:
    prices = moves(6000.0, 0.03, 3)
    assert prices == pytest.approx([5820, 5880, 5940, 6000, 6060, 6120, 6180])
    assert prices[3] == 6000.0


def test_who_is_missing_is_null_and_the_rest_adds_up() -> None:
    spots, elapsed = moves(6000.0, 0.02, 2), session().grid(195.0)
    parts = [Part("dealers", Line("dealers"), None, {}), Part("others", None, "no data", {})]
    found = gather("SPX", session(), spots, elapsed, parts, spot=6000.0)
    frame = found.frame()
    assert frame.height == 5 * 3
    assert frame["others_usd"].null_count() == frame.height
    assert frame["total_usd"].to_list() == frame["dealers_usd"].to_list()
    assert frame["time"][-1] == CLOSE
    assert frame["move_pct"][:5].to_list() == pytest.approx([-2, -1, 0, 1, 2])
    with pytest.raises(ValueError, match="others: no data"):
        gather("SPX", session(), spots, elapsed, parts[1:], spot=6000.0)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: session(CLOSE), "over"),
        (lambda: session(closes=OPEN), "over"),
        (lambda: session().grid(0.0), "every_minutes"),
        (lambda: moves(6000.0, 0.0, 3), "reach"),
        (lambda: moves(6000.0, 0.1, 0), "steps"),
        (lambda: moves(float("nan"), 0.1, 1), "spot"),
    ],
)
def test_what_makes_no_sense_is_refused(make, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        make()
