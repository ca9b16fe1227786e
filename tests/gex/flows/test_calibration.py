"""The fit to published positions and flows: it finds what made them, and its errors are what the product states."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from daily_series import closes_of

from gex.flows import calibration as module
from gex.flows.calibration import FIGURES, calibrate, candidates
from gex.flows.fitted import ERRORS, FIRST, LAST, NOTES
from gex.flows.flow_table import flow_table
from gex.flows.published_trend import NOT_GIVEN, PUBLISHED, PublishedTrend
from gex.flows.trend import TrendModel, trend_states

DAYS = np.arange("2018-01-01", "2022-06-01", dtype="datetime64[D]")
CLOSES = 4000 * np.exp(np.cumsum(np.random.default_rng(1).normal(0.0002, 0.011, len(DAYS))))
TRUE = TrendModel(full_size_usd=150e9, weights=(0.5, 0.3, 0.2), width=1.0, target_volatility=0.10, execution_span=10.0)
SMALL = {
    "width": (0.5, 1.0),
    "target_volatility": (0.10,),
    "volatility_days": (20.0,),
    "execution_span": (10.0, 20.0),
}


def notes_of(model: TrendModel, places: list[int]) -> list[PublishedTrend]:
    """Return the notes that somebody with this model would publish."""
    found = []
    for place in places:
        state = trend_states(CLOSES[: place + 1], model).at([-1])
        table = flow_table(state, model)
        week, month = (tuple(flow / 1e9 for flow in table[horizon].values()) for horizon in ("week", "month"))
        position = float(state.held(model)[0]) * model.full_size_usd / 1e9
        found.append(PublishedTrend(DAYS[place].item(), week, month, position, None, NOT_GIVEN, "made up"))
    return found


@pytest.fixture(autouse=True)
def _small_grid(request, monkeypatch):
    if "real" not in request.keywords:
        monkeypatch.setattr(module, "GRID", SMALL)


def test_a_model_is_found_again_from_what_it_says():
    found = calibrate(DAYS, CLOSES, notes_of(TRUE, [1200, 1300, 1400, 1500]))
    assert found.model.full_size_usd == pytest.approx(150e9, rel=1e-3)
    assert found.model.weights == pytest.approx(TRUE.weights, abs=1e-3)
    assert (found.model.width, found.model.execution_span) == (1.0, 10.0)
    assert all(error.skill > 0.99 for error in found.errors.values())
    assert all(error.left_out < 0.05e9 for error in found.errors.values())
    assert len(found.residuals) == 4 * len(FIGURES)


def test_nothing_later_than_a_note_has_a_part_in_it():
    rows = notes_of(TRUE, [1200, 1300, 1400])
    other = CLOSES.copy()
    other[1401:] *= 2.0
    whole, changed = candidates(DAYS, CLOSES, rows), candidates(DAYS, other, rows)
    np.testing.assert_array_equal(whole.designs, changed.designs)


def test_noise_is_not_fitted_away():
    """Signs drawn at random leave no skill on rows left out."""
    rng = np.random.default_rng(4)
    rows = [
        replace(row, week=tuple(rng.normal(0, 20, 3)), month=tuple(rng.normal(0, 20, 3)), position=None)
        for row in notes_of(TRUE, list(range(1100, 1600, 40)))
    ]
    found = calibrate(DAYS, CLOSES, rows)
    assert np.mean([error.skill for error in found.errors.values()]) < 0.15


@pytest.mark.parametrize(
    ("rows", "match"),
    [
        (notes_of(TRUE, [1200, 1300]), "needs three notes, got 2"),
        (
            [replace(row, close=row.close.replace(year=2015)) for row in notes_of(TRUE, [1200, 1300, 1400])],
            "no session",
        ),
    ],
)
def test_what_cannot_be_fitted_is_refused(rows, match):
    with pytest.raises(ValueError, match=match):
        calibrate(DAYS, CLOSES, rows)


@pytest.mark.real
def test_the_defaults_and_their_errors_are_those_of_the_fit(data_path):
    """And a fit to the first eight notes alone foretells the eight others."""
    grid = candidates(*closes_of(data_path("history", "SPX_History.csv")))
    assert (len(grid.rows), str(grid.rows[0].close), str(grid.rows[-1].close)) == (NOTES, FIRST, LAST)
    best, sizes = grid.fit(np.ones(NOTES, dtype=bool))
    model, shape = TrendModel(), grid.shapes[best]
    assert sizes.sum() == pytest.approx(model.full_size_usd, rel=1e-3)
    assert sizes / sizes.sum() == pytest.approx(model.weights, abs=1e-3)
    for name in module.GRID:
        assert getattr(shape, name) == getattr(model, name)
    others = np.array([np.nanmean(np.delete(grid.published, note, axis=0), axis=0) for note in range(NOTES)])
    miss = {
        "published": np.zeros_like(grid.published),
        "guessed": others,
        "fitted": grid.designs[best] @ sizes,
        "left_out": grid.left_out(),
    }
    for name, values in miss.items():
        found = np.sqrt(np.nanmean((values - grid.published) ** 2, axis=0)) / 1e9
        assert dict(zip(FIGURES, found.round(1), strict=True)) == {
            figure: getattr(error, name) / 1e9 for figure, error in ERRORS.items()
        }
    first = np.array([row.first for row in grid.rows])
    best, sizes = grid.fit(first)
    given = np.isfinite(grid.published) & ~first[:, None]
    off = (grid.designs[best] @ sizes - grid.published)[given]
    assert (first.sum(), given.sum()) == (8, 53)
    assert 1 - (off @ off) / np.sum(grid.published[given] ** 2) == pytest.approx(0.88, abs=0.005)
    guess = (np.nanmean(grid.published[first], axis=0) - grid.published)[given]
    assert 1 - (off @ off) / (guess @ guess) == pytest.approx(0.57, abs=0.005)


def test_somebody_who_sells_what_rises_is_no_trend_follower():
    rising = DAYS[400:410], 100 * 1.01 ** np.arange(410)
    rows = [PublishedTrend(day, NOT_GIVEN, NOT_GIVEN, -50.0, None, NOT_GIVEN, "made up") for day in rising[0].tolist()]
    with pytest.raises(ValueError, match="no position at all"):
        calibrate(DAYS[:410], rising[1], rows)


def test_the_table_of_notes_is_sound():
    assert list(PUBLISHED) == sorted(PUBLISHED, key=lambda row: row.close)
    assert len({row.close for row in PUBLISHED}) == len(PUBLISHED)
    assert all(row.source for row in PUBLISHED)
    assert {figure for figure, error in ERRORS.items() if error.skill <= 0} == {"month_flat", "month_up"}
    assert set(ERRORS) == set(FIGURES)
