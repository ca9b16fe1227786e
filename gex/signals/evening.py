"""What signals and levels said on the evening of a day."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING

import numpy as np

from gex.signals.confluence import confluence
from gex.signals.dated import series_needed
from gex.signals.expression import evaluate, truth
from gex.signals.named import NAMED
from gex.signals.price_levels import price_levels
from gex.signals.syntax import ExpressionError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from gex.quotes import Bools, Floats
    from gex.results import Levels
    from gex.signals.confluence import Cluster, Tolerance
    from gex.signals.named import Named
    from gex.signals.panel import Panel
    from gex.signals.price_levels import PriceLevels


@dataclass(frozen=True)
class Reading:
    """A signal on one evening.

    Attributes:
        named: Its name, expression, unit and definition.
        value: True or false for a condition; None where there is none.
        since: Of a condition: the first day of its present state, unbroken since; else None.
        reason: Why there is no value.

    """

    named: Named
    value: float | bool | None
    since: dt.date | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Evening:
    """What was known on the evening of a history's last day.

    Attributes:
        readings: In the order they were asked for.
        levels: Prices, and why others are missing.
        sigma: Standard deviation of a session's return by the last 21, points; None without them.
        clusters: Levels that lie together, the nearest to the close first; none where `sigma` is needed and missing.

    """

    readings: tuple[Reading, ...]
    levels: PriceLevels
    sigma: float | None
    clusters: tuple[Cluster, ...]


def evening(
    panel: Panel,
    signals: Iterable[Named],
    tolerance: Tolerance,
    *,
    gamma: Levels | None = None,
    definitions: Mapping[str, Named] = NAMED,
) -> Evening:
    """Return what signals and levels say on the last day of a panel.

    Args:
        panel: As it was that evening: see `Panel.until`.
        signals: What to work out.
        tolerance: Of clusters of levels.
        gamma: Dealers' levels of that evening, from a chain.
        definitions: Named signals that expressions may use.

    Raises:
        ValueError: The history has no day, its last close is not positive, or the tolerance is no distance.

    """
    levels = price_levels(panel, gamma=gamma, definitions=definitions)
    yearly = float(evaluate("realized(21)", panel)[-1])
    sigma = levels.spot * yearly / 100.0 / sqrt(252.0) if isfinite(yearly) and yearly > 0 else None
    found = (
        ()
        if tolerance.unit == "sigmas" and sigma is None
        else (confluence(levels.levels, levels.spot, tolerance, sigma=sigma))
    )
    return Evening(tuple(reading(each, panel, definitions) for each in signals), levels, sigma, found)


def reading(named: Named, panel: Panel, definitions: Mapping[str, Named] = NAMED) -> Reading:
    """Return what a signal says on the last day of a panel, or why nothing."""
    try:
        values = evaluate(named.expression, panel, definitions)
        if values.dtype == bool:
            return _state(named, panel, truth(named.expression, panel, definitions))
    except ExpressionError as error:
        return Reading(named, None, reason=_why(error, named, panel, definitions))
    return Reading(named, float(values[-1])) if np.isfinite(values[-1]) else _none(named, panel)


def series(
    panel: Panel, signals: Iterable[Named], definitions: Mapping[str, Named] = NAMED
) -> tuple[dict[str, Floats | Bools], dict[str, str]]:
    """Return signals on every day of a panel, by name, and why there are none of the others."""
    found, reasons = {}, {}
    for named in signals:
        try:
            found[named.name] = evaluate(named.expression, panel, definitions)
        except ExpressionError as error:
            reasons[named.name] = _why(error, named, panel, definitions)
    return found, reasons


def _why(error: ExpressionError, named: Named, panel: Panel, definitions: Mapping[str, Named]) -> str:
    """Return why there is no such signal: the series that are not there, or what is wrong with the expression."""
    missing = [name for name in series_needed(named.expression, definitions) if name not in panel.names]
    return f"no series {', '.join(missing)}" if missing else error.reason


def _state(named: Named, panel: Panel, holds: Floats) -> Reading:
    if np.isnan(holds[-1]):
        return _none(named, panel)
    other = np.flatnonzero(holds != holds[-1])
    first = int(other[-1]) + 1 if len(other) else 0
    return Reading(named, bool(holds[-1]), since=panel.dates[first].tolist())


def _none(named: Named, panel: Panel) -> Reading:
    return Reading(
        named, None, reason=f"no value on {panel.dates[-1]}: too short a past, or a series has none that day"
    )
