"""What gamma says of the moves after it: the next day's size, and whether the last half hour goes on or turns back.

Dealers who are short gamma trade with the market, those who are long against it. So low gamma should be followed by large
moves (SqueezeMetrics 2017), and on days after negative gamma the last half hour should go on as the rest of the day
went (Baltussen, Da, Lammers and Martens 2021). Both are told here from a user's own series, by least squares with the
errors of Newey and West. Returns are simple ones; the gamma of a day is known at its close and explains what comes after.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from gex.microstructure.errors import TWO_SIDED_95
from gex.score import LONGEST_WAIT
from gex.signals.newey_west import hac

if TYPE_CHECKING:
    import numpy.typing as npt

    from gex.quotes import Bools, Floats

ENOUGH = 30
"""Days below which nothing is said of a group or by a regression."""
OTHER_UNIT = 1.25
"""Times the price before the close, above which closes are, in the middle, those of something else."""
QUARTERS = ("lowest quarter", "second quarter", "third quarter", "highest quarter")
SIGNS = ("below zero", "zero or above")
_GAP = f"more than {LONGEST_WAIT} days to the next session"


@dataclass(frozen=True)
class Group:
    """The days after gammas of one kind.

    Attributes:
        name: Which, of `QUARTERS` or `SIGNS`.
        n: Days.
        sd_pct: Standard deviation of the next day's return, percent; None for fewer than `ENOUGH` days.
        mean_absolute_pct: Mean of its absolute value, percent; None likewise.

    """

    name: str
    n: int
    sd_pct: float | None
    mean_absolute_pct: float | None


@dataclass(frozen=True)
class Slope:
    """A coefficient: `t` is its value over its error, `low` to `high` an interval of 95%; the rest is the regression's."""

    value: float
    error: float
    t: float
    low: float
    high: float
    r_squared: float
    lags: int
    n: int


@dataclass(frozen=True)
class NextDay:
    """The size of the next day's return after a day's gamma.

    Attributes:
        n: Days with a gamma and a next day.
        below_zero: Days with a gamma below zero, with a next day or not.
        first: The first day, None without any.
        last: The last day.
        left_out: Days with a gamma that are not among the `n`, by reason.
        correlation: Of gamma and the next day's absolute return.
        gamma_sd: Standard deviation of gamma, its own unit.
        by_quarter: Groups of `QUARTERS` of all days with a gamma.
        by_sign: Groups of `SIGNS`.
        on_gamma: Percentage points of absolute return for one standard deviation of gamma more.
        on_sign: Percentage points of absolute return that days below zero have more than others.
        reasons: Why a figure is None, by its name.

    """

    n: int
    below_zero: int
    first: np.datetime64 | None
    last: np.datetime64 | None
    left_out: dict[str, int]
    correlation: float | None
    gamma_sd: float | None
    by_quarter: tuple[Group, ...]
    by_sign: tuple[Group, ...]
    on_gamma: Slope | None
    on_sign: Slope | None
    reasons: dict[str, str]


@dataclass(frozen=True)
class LastHalfHour:
    """The last half hour's return on the rest of the day's, by the sign of the gamma of the evening before.

    Attributes:
        n: Days with all of them.
        first: The first day, None without any.
        last: The last day.
        left_out: Days with a gamma before them that are not among the `n`, by reason.
        below_zero: Slope after gamma below zero, percent for a percent: positive goes on, negative turns back.
        above: Slope after gamma of zero or above.
        difference: The first less the second.
        reasons: Why a figure is None, by its name.

    """

    n: int
    first: np.datetime64 | None
    last: np.datetime64 | None
    left_out: dict[str, int]
    below_zero: Slope | None
    above: Slope | None
    difference: Slope | None
    reasons: dict[str, str]


def next_day(dates: npt.ArrayLike, closes: npt.ArrayLike, gamma: npt.ArrayLike, *, lags: int | None = None) -> NextDay:
    """Tell how large the return of the session after is, by gamma.

    Args:
        dates: Sessions, ascending, each once; shape (n,).
        closes: Above 0; shape (n,).
        gamma: In any unit, known at the close of its day; NaN where there is none; shape (n,).
        lags: Of the errors; None for the rule of Newey and West.

    Raises:
        TypeError: An argument does not hold dates or numbers, or `lags` is not whole.
        ValueError: Shapes disagree, dates do not ascend, a close is not above 0, or `lags` is below 0.

    """
    days, (prices, level) = _checked(dates, closes=closes, gamma=gamma)
    _check_prices("closes", prices, missing=False)
    _check_lags(lags)
    known, follows = np.isfinite(level), _follows(days)
    use = known[:-1] & follows
    move, held = 100.0 * (prices[1:] / prices[:-1] - 1.0)[use], level[:-1][use]
    left_out = _counted({"no session after it yet": int(known[-1:].sum()), _GAP: int((known[:-1] & ~follows).sum())})
    below = held < 0
    reasons: dict[str, str] = {}
    sd = float(held.std(ddof=1)) if len(held) > 1 else 0.0
    # In standard deviations, so that a slope does not depend on the unit; a gamma that never varies has none.
    on_gamma = _slope("on_gamma", np.abs(move), held / (sd or 1.0), lags, reasons)
    if on_gamma is None:
        reasons["correlation"] = reasons["on_gamma"]
    quarter = np.searchsorted(np.quantile(level[known], (0.25, 0.5, 0.75)), held) if known.any() else held
    return NextDay(
        n=len(held),
        below_zero=int((level < 0).sum()),
        first=_end(days[:-1][use], 0),
        last=_end(days[:-1][use], -1),
        left_out=left_out,
        correlation=float(np.corrcoef(held, np.abs(move))[0, 1]) if on_gamma else None,
        gamma_sd=sd if on_gamma else None,
        by_quarter=tuple(_group(name, move[quarter == place]) for place, name in enumerate(QUARTERS)),
        by_sign=(_group(SIGNS[0], move[below]), _group(SIGNS[1], move[~below])),
        on_gamma=on_gamma,
        on_sign=_on_sign(move, below, lags, reasons),
        reasons=reasons,
    )


def last_half_hour(
    dates: npt.ArrayLike,
    closes: npt.ArrayLike,
    before_close: npt.ArrayLike,
    gamma: npt.ArrayLike,
    *,
    lags: int | None = None,
) -> LastHalfHour:
    """Tell whether the last half hour goes on as the rest of its day, by the gamma of the evening before.

    Each sign has a regression of its own, on its days alone; the difference is that of one regression on all days, on the
    sign, the rest of the day's return, and that times the sign.

    Args:
        dates: Sessions, ascending, each once; shape (n,).
        closes: Above 0; shape (n,).
        before_close: The price half an hour before the close, above 0; NaN where there is none; shape (n,).
        gamma: Known at the close of its day; NaN where there is none; shape (n,).
        lags: Of the errors; None for the rule of Newey and West.

    Raises:
        TypeError: An argument does not hold dates or numbers, or `lags` is not whole.
        ValueError: Shapes disagree, dates do not ascend, a price is not above 0, those before the close are in
            another unit, or `lags` is below 0.

    """
    days, (prices, late, level) = _checked(dates, closes=closes, before_close=before_close, gamma=gamma)
    _check_prices("closes", prices, missing=False)
    _check_lags(lags)
    _check_prices("before_close", late, missing=True)
    _check_unit(prices, late)
    known, follows, there = np.isfinite(level[:-1]), _follows(days), np.isfinite(late[1:])
    use = known & follows & there
    rest, last = (late[1:] / prices[:-1] - 1.0)[use], (prices[1:] / late[1:] - 1.0)[use]
    below = (level[:-1] < 0)[use]
    left_out = {_GAP: int((known & ~follows).sum()), "no price before the close": int((known & follows & ~there).sum())}
    reasons: dict[str, str] = {}
    slopes = _slopes(last, rest, below, lags, reasons)
    used = days[1:][use]
    return LastHalfHour(len(last), _end(used, 0), _end(used, -1), _counted(left_out), *slopes, reasons)


def _slopes(
    last: Floats, rest: Floats, below: Bools, lags: int | None, reasons: dict[str, str]
) -> tuple[Slope | None, Slope | None, Slope | None]:
    """Return the slopes below zero and above, and their difference."""
    first = _slope("below_zero", last[below], rest[below], lags, reasons)
    second = _slope("above", last[~below], rest[~below], lags, reasons)
    if first is None or second is None:
        reasons["difference"] = "one of the two slopes is missing"
        return first, second, None
    sign = below.astype(np.float64)
    return first, second, _slope("difference", last, np.column_stack([sign, rest, rest * sign]), lags, reasons)


def _on_sign(move: Floats, below: Bools, lags: int | None, reasons: dict[str, str]) -> Slope | None:
    for name, count in zip(SIGNS, (int(below.sum()), int((~below).sum())), strict=True):
        if count < ENOUGH:
            reasons["on_sign"] = f"not enough data: n = {count} {name}"
            return None
    return _slope("on_sign", np.abs(move), below.astype(np.float64), lags, reasons)


def _slope(name: str, y: Floats, x: Floats, lags: int | None, reasons: dict[str, str]) -> Slope | None:
    """Return the coefficient of the last column, None with a reason where it cannot be had."""
    if len(y) < ENOUGH:
        reasons[name] = f"not enough data: n = {len(y)}"
        return None
    if np.ptp(y) <= 1e-9 * np.abs(y).max():
        reasons[name] = "nothing to explain: all moves are the same"
        return None
    try:
        fit = hac(y, x, lags)
    except ValueError as why:
        reasons[name] = str(why)
        return None
    value, error = float(fit.coefficients[-1]), float(fit.errors[-1])
    reach = TWO_SIDED_95 * error
    return Slope(value, error, float(fit.t[-1]), value - reach, value + reach, fit.r_squared, fit.lags, fit.n)


def _group(name: str, move: Floats) -> Group:
    if len(move) < ENOUGH:
        return Group(name, len(move), None, None)
    return Group(name, len(move), float(move.std(ddof=1)), float(np.abs(move).mean()))


def _follows(days: npt.NDArray[np.datetime64]) -> Bools:
    """Tell after which days but the last the next one comes soon enough."""
    soon: Bools = np.diff(days) <= np.timedelta64(LONGEST_WAIT, "D")
    return soon


def _counted(left_out: dict[str, int]) -> dict[str, int]:
    return {why: count for why, count in left_out.items() if count}


def _end(days: npt.NDArray[np.datetime64], place: int) -> np.datetime64 | None:
    return days[place] if len(days) else None


def _checked(dates: npt.ArrayLike, **columns: npt.ArrayLike) -> tuple[npt.NDArray[np.datetime64], list[Floats]]:
    """Return the dates as days and the columns as numbers of the same length."""
    days = np.asarray(dates)
    if days.dtype.kind != "M":
        raise TypeError(f"dates must be datetime64, got {days.dtype}")
    days = days.astype("datetime64[D]")
    if days.ndim != 1 or np.isnat(days).any() or not (np.diff(days) > np.timedelta64(0, "D")).all():
        raise ValueError("dates must be ascending days, each once, of shape (n,)")
    found = []
    for name, given in columns.items():
        values = np.asarray(given)
        if values.dtype.kind not in "iuf":
            raise TypeError(f"{name} must hold numbers, got {values.dtype}")
        if values.shape != days.shape:
            raise ValueError(f"{name} must have the shape of dates, {days.shape}, got {values.shape}")
        if np.isinf(values).any():
            raise ValueError(f"{name} must be finite, or NaN where there is no value")
        found.append(values.astype(np.float64))
    return days, found


def _check_lags(lags: int | None) -> None:
    if lags is not None and (isinstance(lags, bool) or not isinstance(lags, int)):
        raise TypeError(f"lags must be a whole number, got {lags!r}")
    if lags is not None and lags < 0:
        raise ValueError(f"lags must be 0 or more, got {lags}")


def _check_prices(name: str, prices: Floats, *, missing: bool) -> None:
    wrong = ~(prices > 0) & ~(np.isnan(prices) if missing else np.zeros(len(prices), dtype=bool))
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ValueError(f"{name} must be above 0, got {prices[place]:g} at place {place}")


def _check_unit(closes: Floats, late: Floats) -> None:
    """Refuse prices of another thing, an ETF's beside its index: the last half hour never moves most days so far."""
    known = ~np.isnan(late)
    times = float(np.median(closes[known] / late[known])) if known.any() else 1.0
    if not 1 / OTHER_UNIT <= times <= OTHER_UNIT:
        raise ValueError(f"before_close must be in the unit of closes, which are {times:.3g} times as high")
