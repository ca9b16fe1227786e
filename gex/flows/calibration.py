"""Fit trend followers to what was published of them, and say how far off the fit is.

The objective is the sum of squared differences, in dollars, between model and published: positions, and flows over a
week and a month if the index is flat, up or down. Each note's model sees closes up to its own only. For each shape of
`GRID` (width, delay, memory and target of volatility) the dollars of the three spans enter linearly, so they are found
by least squares with none below zero; the shape with the least sum is taken.

Errors are root mean squares by figure: on the rows the fit saw, and on each row predicted by a fit, shape included, to
all others. The second is what a figure of today deserves. Where it is no less than the figure's own size, `skill` is
zero or less: the model knows nothing of it.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from gex.flows.flow_table import HORIZONS, SCENARIOS, scenario_legs
from gex.flows.published_trend import PUBLISHED
from gex.flows.trend import TrendModel, averages_of, variance_of, worked
from gex.flows.triggers import positive
from gex.signals.averages import as_dates

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    import numpy.typing as npt

    from gex.flows.published_trend import PublishedTrend
    from gex.flows.trend import TrendState
    from gex.quotes import Floats

    Days = npt.NDArray[np.datetime64]
    Marks = npt.NDArray[np.bool_]

BN = 1e9
FIGURES = (*(f"{horizon}_{scenario}" for horizon in HORIZONS for scenario in SCENARIOS), "position")
"""What a note gives, in the order of a row."""
GRID = {
    "width": (0.25, 0.5, 1.0),
    "target_volatility": (0.08, 0.10, 0.12),
    "volatility_days": (20.0, 30.0, 60.0),
    "execution_span": (1.0, 5.0, 10.0, 20.0, 30.0),
}
"""Shapes that are tried, all with all."""
MEMORY = 1_500
"""Sessions before the first note that the fit reads; what is older weighs less than a thousandth."""


@dataclass(frozen=True)
class Error:
    """How far off one figure is, $, root mean squares over the notes that give it.

    Attributes:
        notes: How many do.
        published: Of the figure itself.
        guessed: Of the difference from the mean of the other notes.
        fitted: Of the difference from the model on rows that the fit has seen.
        left_out: Of the difference from the model on rows that it has not.

    """

    notes: int
    published: float
    guessed: float
    fitted: float
    left_out: float

    @property
    def skill(self) -> float:
        """Share of the guess' mean square error that the model takes away, 1 at best; at or below 0 it knows nothing."""
        return 1.0 - (self.left_out / self.guessed) ** 2


@dataclass(frozen=True)
class Residual:
    """One published figure beside the model's, $."""

    close: dt.date
    figure: str
    published: float
    fitted: float
    left_out: float


@dataclass(frozen=True)
class Calibration:
    """A fit.

    Attributes:
        model: Its parameters.
        errors: By figure.
        residuals: Every published figure.

    """

    model: TrendModel
    errors: dict[str, Error]
    residuals: tuple[Residual, ...]


@dataclass(frozen=True)
class Candidates:
    """Every shape of the grid beside what was published.

    Attributes:
        rows: Notes that give flows or a position.
        shapes: Models whose sizes have no part.
        designs: What a dollar of each span's full size adds to each figure, shape (shapes, notes, figures, spans).
        published: $, NaN where a note gives none; shape (notes, figures).

    """

    rows: tuple[PublishedTrend, ...]
    shapes: tuple[TrendModel, ...]
    designs: Floats
    published: Floats

    def fit(self, used: Marks) -> tuple[int, Floats]:
        """Return the shape with the least sum of squares over the notes marked, and the dollars of its spans."""
        from scipy.optimize import nnls

        given = np.isfinite(self.published[used])
        wanted = self.published[used][given]
        fits = [nnls(each[used][given], wanted) for each in self.designs]
        best = int(np.argmin([miss for _, miss in fits]))
        return best, fits[best][0]

    def left_out(self) -> Floats:
        """Return each note's figures by a fit, shape included, to all others; $, shape (notes, figures)."""
        found = np.empty_like(self.published)
        for note in range(len(self.rows)):
            best, sizes = self.fit(np.arange(len(self.rows)) != note)
            found[note] = self.designs[best, note] @ sizes
        return found


def calibrate(dates: npt.ArrayLike, closes: npt.ArrayLike, rows: Sequence[PublishedTrend] = PUBLISHED) -> Calibration:
    """Fit `TrendModel` to published rows; arguments and errors as for `candidates`.

    Raises:
        ValueError: No position at all comes nearest to what was published.

    """
    grid = candidates(dates, closes, rows)
    best, sizes = grid.fit(np.ones(len(grid.rows), dtype=bool))
    fitted, left_out = grid.designs[best] @ sizes, grid.left_out()
    full = float(sizes.sum())
    if full == 0.0:
        raise ValueError("these notes are not of trend followers: no position at all comes nearest to them")
    model = replace(grid.shapes[best], full_size_usd=full, weights=tuple((sizes / full).tolist()))
    residuals = _residuals(grid.rows, grid.published, fitted, left_out)
    return Calibration(model, _errors(grid.published, fitted, left_out), residuals)


def candidates(dates: npt.ArrayLike, closes: npt.ArrayLike, rows: Sequence[PublishedTrend] = PUBLISHED) -> Candidates:
    """Lay every shape of the grid beside published rows.

    Args:
        dates: Sessions, ascending; shape (days,).
        closes: Of SPX, positive; shape (days,).
        rows: Notes; those that give neither flows nor a position have no part.

    Raises:
        ValueError: Fewer than three notes give figures, a note's session is not among the dates, or closes are no
            prices.

    """
    given = tuple(row for row in rows if any(value is not None for value in _given(row)))
    if len(given) < 3:
        raise ValueError(f"a fit that is tested on rows left out needs three notes, got {len(given)}")
    places = _places(as_dates(dates), given)
    start = max(int(places.min()) - MEMORY, 0)
    seen = positive(closes)[start : places.max() + 1]
    shapes = tuple(TrendModel(**_shape(each)) for each in itertools.product(*GRID.values()))
    averages = averages_of(seen, shapes[0].spans)
    variances = {days: variance_of(seen, days) for days in GRID["volatility_days"]}
    states = (worked(seen, averages, variances[shape.volatility_days], shape).at(places - start) for shape in shapes)
    designs = np.stack([_design(now, shape) for now, shape in zip(states, shapes, strict=True)])
    published = BN * np.array([[np.nan if value is None else value for value in _given(row)] for row in given])
    return Candidates(given, shapes, designs, published)


def _shape(values: tuple[float, ...]) -> dict[str, Any]:
    return dict(zip(GRID, values, strict=True))


def _design(now: TrendState, shape: TrendModel) -> Floats:
    """Return what a dollar of each span's full size adds, shape (notes, figures, spans)."""
    flows = [scenario_legs(now, shape, sessions) for sessions in HORIZONS.values()]
    return np.moveaxis(np.concatenate([*flows, now.legs[:, :, None]], axis=2), 0, 2)


def _errors(published: Floats, fitted: Floats, left_out: Floats) -> dict[str, Error]:
    def size(values: Floats) -> float:
        return float(np.sqrt(np.mean(values**2)))

    found = {}
    for place, figure in enumerate(FIGURES):
        given = np.isfinite(published[:, place])
        if given.any():
            wanted, seen, unseen = (each[given, place] for each in (published, fitted, left_out))
            guess = (wanted - wanted.mean()) * len(wanted) / max(len(wanted) - 1, 1)
            found[figure] = Error(len(wanted), size(wanted), size(guess), size(seen - wanted), size(unseen - wanted))
    return found


def _residuals(
    rows: Sequence[PublishedTrend], published: Floats, fitted: Floats, left_out: Floats
) -> tuple[Residual, ...]:
    return tuple(
        Residual(row.close, figure, *(float(each[note, place]) for each in (published, fitted, left_out)))
        for note, row in enumerate(rows)
        for place, figure in enumerate(FIGURES)
        if np.isfinite(published[note, place])
    )


def _given(row: PublishedTrend) -> tuple[float | None, ...]:
    return (*row.week, *row.month, row.position)


def _places(days: Days, rows: Sequence[PublishedTrend]) -> npt.NDArray[np.intp]:
    wanted = np.array([row.close for row in rows], dtype="datetime64[D]")
    places = np.searchsorted(days, wanted)
    missing = [str(day) for day, place in zip(wanted, places, strict=True) if place == len(days) or days[place] != day]
    if missing:
        raise ValueError(f"the history has no session of {', '.join(missing)}")
    return places
