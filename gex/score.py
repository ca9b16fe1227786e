"""Grades of levels against placebo levels: what prices did at a level, beside what they did as far from spot elsewhere.

"The wall held on 83% of days" says nothing: prices seldom move that far. Each level is therefore graded beside levels
that nobody published, in the same session: one at the same distance on the other side of spot, and eight on both sides a
quarter and a half of a session's standard deviation nearer and further, from which the rate at the level's own distance
is interpolated. What a level does beyond them is its adjusted rate, with an interval; where that holds zero, no effect
was seen.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
import polars as pl

from gex.signals.proportions import interval

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.quotes import Floats

Outcome = Literal["touched", "held", "closed_beyond"]
On = Literal["next", "same"]
"""The session that levels are graded on: the one after their own, or their own."""
OUTCOMES: dict[Outcome, str] = {
    "touched": "the session's range reached the level",
    "held": "of those touched: closed on the side of the level that spot was on before",
    "closed_beyond": "closed beyond the level",
}
ENOUGH = 30
"""Effective sessions below which nothing is concluded."""
RARE = 5
"""Sessions of either kind, by the placebo rate, below which the interval of a difference is not to be trusted."""
SHIFT = 0.25
"""Of placebo levels nearer and further, in standard deviations of a session."""
STENCIL = ((-2, -1 / 6), (-1, 4 / 6), (1, 4 / 6), (2, -1 / 6))
"""Weights that interpolate a rate at no shift from those at these shifts, to the third order of the distance."""
LONGEST_WAIT = 5
"""Calendar days from a level to the session it is graded on: a longer one is a hole in the prices."""


@dataclass(frozen=True)
class Grade:
    """One outcome of one level over all its sessions."""

    source: str
    name: str
    outcome: Outcome
    count: int
    """How often it came about, of `of` sessions: those touched for `held`, all for the others."""
    of: int
    effective: float
    """How many independent sessions they are worth, by the correlation of the adjusted outcomes over time."""
    rate: float | None
    wilson: tuple[float, float] | None
    """Interval of the rate, of effective sessions; `exact` is Clopper's and Pearson's."""
    exact: tuple[float, float] | None
    placebo_rate: float | None
    adjusted: float | None
    """Rate less placebo rate."""
    adjusted_interval: tuple[float, float] | None
    verdict: str


@dataclass(frozen=True)
class Score:
    """Grades, and the sessions behind them."""

    grades: tuple[Grade, ...]
    events: pl.DataFrame
    """One row a level and session: `date` it was known, `graded_on`, `source`, `name`, `level`, `spot`, `sigma`
    (points), `distance` (sigmas, signed), `touched`, `closed_beyond`, `close_distance` (sigmas, positive beyond), and of
    the placebo levels the weighted means `placebo_touched`, `placebo_closed_beyond`."""
    left_out: dict[str, int]
    """Levels that could not be graded, by reason."""
    confidence: float
    enough: int


def score(
    levels: pl.DataFrame, prices: pl.DataFrame, *, on: On = "next", enough: int = ENOUGH, confidence: float = 0.95
) -> Score:
    """Grade levels on the session after the one they were known on, or on that one.

    Args:
        levels: `date` (of the session they were known in), `source` (whose), `name`, `level` (points, null for
            none), `spot` (points, when known), `sigma` (standard deviation of a session, points).
        prices: A row a session: `date`, `high`, `low`, `close`.
        on: `next` for levels known at a session's end; `same` for those known near its beginning.
        enough: Effective sessions needed for a conclusion.
        confidence: Of all intervals.

    Raises:
        ValueError: A date has two prices, or an argument is out of range.

    """
    _check(prices, on, enough, confidence)
    joined = _beside_prices(levels, prices, on)
    events = _events(joined.filter(pl.col("why").is_null()).drop("why"))
    counts = joined.drop_nulls("why").group_by("why").len().sort("why")
    grades = [
        _grade(source, name, part, outcome, enough, confidence)
        for (source, name), part in events.group_by("source", "name", maintain_order=True)
        for outcome in get_args(Outcome)
    ]
    return Score(tuple(grades), events, dict(counts.iter_rows()), confidence, enough)


def _check(prices: pl.DataFrame, on: str, enough: int, confidence: float) -> None:
    if prices["date"].is_duplicated().any():
        raise ValueError("a date has two rows of prices")
    if on not in get_args(On):
        raise ValueError(f"on must be next or same, got {on!r}")
    if enough < 2 or not 0 < confidence < 1:
        raise ValueError(f"enough must be 2 or more and confidence within 0 and 1, got {enough} and {confidence}")


def _beside_prices(levels: pl.DataFrame, prices: pl.DataFrame, on: On) -> pl.DataFrame:
    """Give each level the prices of its session, or `why` it cannot be graded."""
    after = prices.select(pl.col("date").alias("graded_on"), "high", "low", "close").sort("graded_on")
    joined = levels.sort("date", maintain_order=True).join_asof(
        after, left_on="date", right_on="graded_on", strategy="forward", allow_exact_matches=on == "same"
    )
    level, sigma = pl.col("level"), pl.col("sigma")
    wait = (pl.col("graded_on") - pl.col("date")).dt.total_days()
    longest, session = (LONGEST_WAIT, "session after") if on == "next" else (0, "session")
    why = (
        pl.when(level.is_null())
        .then(pl.lit("no such level that day"))
        .when(~(level.is_finite() & (level > 0)))
        .then(pl.lit("no price"))
        .when(sigma.is_null() | ~(sigma.is_finite() & (sigma > 0)))
        .then(pl.lit("no volatility to measure its distance by"))
        .when(level == pl.col("spot"))
        .then(pl.lit("at spot: it has no side"))
        .when(wait.is_null() | (wait > longest))
        .then(pl.lit(f"no prices of the {session}"))
    )
    return joined.with_columns(why.alias("why"))


def placebos(level: float, spot: float, sigma: float) -> list[tuple[float, float]]:
    """Return placebo levels and their weights, which add up to one.

    Args:
        level: Points.
        spot: Points.
        sigma: Standard deviation of a session, points.

    """
    away, unit = log(level / spot), sigma / spot
    mirror = spot * exp(-away)
    if abs(away) <= (2 * SHIFT + 0.05) * unit:  # The nearest ones would cross spot.
        return [(mirror, 1.0)]
    around = [
        (spot * exp(side * away + step * SHIFT * unit), weight / 4) for side in (1, -1) for step, weight in STENCIL
    ]
    return [(mirror, 0.5), *around]


def effective(values: Floats) -> float:
    """Return how many independent values a series is worth: n / (1 + 2 sum of weighted autocorrelations), at most n.

    Lags to the cube root of n, weighted as Newey and West do.
    """
    count = len(values)
    centred = values - values.mean()
    variance = float(centred @ centred)
    lags = int(count ** (1 / 3))
    if not variance or not lags:
        return float(count)
    total = sum((1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag]) for lag in range(1, lags + 1))
    return min(count / max(1 + 2 * total / variance, 1 / count), float(count))


def _events(kept: pl.DataFrame) -> pl.DataFrame:
    """Say of each level what the session after did to it and to its placebos."""
    rows = list(_outcomes(kept))
    types = dict.fromkeys(("distance", "close_distance", "placebo_touched", "placebo_closed_beyond"), pl.Float64)
    found = pl.DataFrame(rows, schema=types | dict.fromkeys(("touched", "closed_beyond"), pl.Boolean))
    return pl.concat([kept, found], how="horizontal")


def _outcomes(kept: pl.DataFrame) -> Iterator[dict[str, Any]]:
    for row in kept.iter_rows(named=True):
        spot, sigma = row["spot"], row["sigma"]
        others = [(weight, *_outcome(level, row)) for level, weight in placebos(row["level"], spot, sigma)]
        touched, beyond = _outcome(row["level"], row)
        side = 1 if row["level"] > spot else -1
        yield {
            "distance": (row["level"] - spot) / sigma,
            "touched": touched,
            "closed_beyond": beyond,
            "close_distance": side * (row["close"] - row["level"]) / sigma,
            "placebo_touched": sum(weight * hit for weight, hit, _ in others),
            "placebo_closed_beyond": sum(weight * hit for weight, _, hit in others),
        }


def _outcome(level: float, row: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether a session reached a level, also by opening beyond it, and whether it closed beyond it."""
    if level > row["spot"]:
        return row["high"] >= level, row["close"] > level
    return row["low"] <= level, row["close"] < level


def _grade(source: str, name: str, events: pl.DataFrame, outcome: Outcome, enough: int, confidence: float) -> Grade:
    """Grade one outcome of one level."""
    hits, tries, others, other_tries = _counts(events, outcome)
    count, of, expected = int(hits.sum()), int(tries.sum()), float(other_tries.sum())
    if of == 0 or expected <= 0:
        verdict = "nothing to say: never touched" if of == 0 else "nothing to say: no placebo level was touched"
        return Grade(source, name, outcome, count, of, 0.0, None, None, None, None, None, None, verdict)
    rate, placebo = count / of, float(others.sum()) / expected
    # By how much each session moves the difference of the two rates: ratios, to the first order.
    moves = (hits - rate * tries) / tries.mean() - (others - placebo * other_tries) / other_tries.mean()
    worth = effective(moves) / len(moves)
    wilson, exact = interval(rate, of * worth, confidence)
    spread = _spread(moves, worth, of, confidence)
    adjusted = rate - placebo
    around = None if spread is None else (max(adjusted - spread, -1.0), min(adjusted + spread, 1.0))
    verdict = _verdict(outcome, around, placebo, of * worth, enough)
    return Grade(source, name, outcome, count, of, of * worth, rate, wilson, exact, placebo, adjusted, around, verdict)


def _counts(events: pl.DataFrame, outcome: Outcome) -> tuple[Floats, Floats, Floats, Floats]:
    """Return, a session each: hits and tries of the level, and of its placebos."""
    names = ("touched", "closed_beyond", "placebo_touched", "placebo_closed_beyond")
    touched, beyond, other_touched, other_beyond = (events[name].cast(pl.Float64).to_numpy() for name in names)
    all_ = np.ones(len(touched))
    if outcome == "touched":
        return touched, all_, other_touched, all_
    if outcome == "closed_beyond":
        return beyond, all_, other_beyond, all_
    return touched - beyond, touched, other_touched - other_beyond, other_touched


def _spread(moves: Floats, worth: float, of: int, confidence: float) -> float | None:
    """Return half the width of the adjusted rate's interval, by Student's distribution; None for a single session."""
    from scipy.special import stdtrit

    free = of * worth - 1
    if free < 1:
        return None
    error = float(moves.std(ddof=1)) / sqrt(len(moves) * worth)
    return float(stdtrit(free, 0.5 + confidence / 2)) * error


def _verdict(outcome: Outcome, around: tuple[float, float] | None, placebo: float, worth: float, enough: int) -> str:
    """Say in words what may be concluded."""
    if around is None or worth < enough:
        return f"too few to say anything: {worth:.0f} effective, {enough} needed"
    rarer = worth * min(placebo, 1 - placebo)
    if rarer < RARE:
        return f"too rare to say anything: {rarer:.0f} sessions of one kind expected, {RARE} needed"
    words = outcome.replace("_", " ")
    if around[0] <= 0 <= around[1]:
        return f"{words} as often as placebo levels: no effect seen"
    low, high = sorted(100 * abs(each) for each in around)
    how = "more" if around[0] > 0 else "less"
    return f"{words} {how} often than placebo levels, by {low:.0f} to {high:.0f} points of 100"
