"""Prices of an evening that people watch: averages, prior extremes, round numbers, and the levels of dealers' gamma."""

from __future__ import annotations

from dataclasses import dataclass
from math import floor, isfinite, log10
from typing import TYPE_CHECKING, Literal

from gex.signals.expression import evaluate
from gex.signals.named import NAMED, Named
from gex.signals.syntax import ExpressionError

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from gex.results import Levels
    from gex.signals.panel import Panel

Kind = Literal["average", "vwap", "extreme", "round", "gamma", "own"]

AVERAGES = (20, 50, 100, 200)
"""Days of simple moving averages."""
PIVOTS = (38, 121, 345)
"""Spans of exponential ones: those that the street's published pivots of trend followers lie on."""
WEEKS = (20, 40)
EXTREMES = (5, 21, 63, 252)
GAMMA = {
    "gamma_flip": "price at which dealers' re-priced net gamma is zero, the nearest to spot",
    "call_wall": "strike of the largest net gamma",
    "put_wall": "strike of the most negative net gamma",
    "absolute_gamma_strike": "strike of the largest gamma of calls and puts together",
    "high_vol_level": "strike at which net gamma summed over strikes from below is lowest",
}
"""Levels of `gex.results.Levels`, by name."""


@dataclass(frozen=True)
class PriceLevel:
    """One price and what it is.

    Attributes:
        name: `sma_50`, `put_wall`.
        price: Points.
        kind: Two levels of one kind say less together than two of different kinds.
        definition: The formula, or words.

    """

    name: str
    price: float
    kind: Kind
    definition: str


@dataclass(frozen=True)
class PriceLevels:
    """The levels of an evening, and why others are missing.

    Attributes:
        date: The evening.
        spot: The close, points.
        levels: In the order they were asked for.
        reasons: Of those that there are none of, by name.

    """

    date: dt.date
    spot: float
    levels: tuple[PriceLevel, ...]
    reasons: dict[str, str]


def price_levels(
    panel: Panel,
    *,
    anchors: Iterable[dt.date] = (),
    volume: str = "volume",
    own: Iterable[Named] = (),
    gamma: Levels | None = None,
    definitions: Mapping[str, Named] = NAMED,
) -> PriceLevels:
    """Return the levels known on the evening of a panel's last day.

    Args:
        panel: The history and the series beside it.
        anchors: First days of anchored averages by volume.
        volume: The volume that weighs them: the history's own, or another's such as `SPY.volume`.
        own: Further levels, as expressions in points.
        gamma: Dealers' levels of that evening, from a chain.
        definitions: Named signals that expressions may use.

    Raises:
        ValueError: The history has no day, or its last close is missing or not positive.

    """
    if not len(panel):
        raise ValueError("the history has no day")
    spot = float(panel.column(panel.main.name)[-1])
    if not spot > 0:
        raise ValueError(f"the last close must be positive, got {spot}")
    found, reasons = [], {}
    # An exponential average has a value from the first day on; of a short history it is not of its span.
    young = {f"ema_{n}" for n in PIVOTS if len(panel) < n}
    for named, kind in _asked(panel, spot, tuple(anchors), volume, tuple(own)):
        try:
            values = evaluate(named.expression, panel, definitions)
            price = float(values[-1])
            if values.dtype == bool or price <= 0:
                reasons[named.name] = f"no price: {named.expression}"
            elif isfinite(price) and named.name not in young:
                found.append(PriceLevel(named.name, price, kind, f"{named.definition}: {named.expression}"))
            else:
                reasons[named.name] = f"not enough data on {panel.dates[-1]}: {named.expression}"
        except ExpressionError as error:
            reasons[named.name] = error.reason
    more, why = gamma_levels(gamma)
    return PriceLevels(panel.dates[-1].tolist(), spot, (*found, *more), reasons | why)


def gamma_levels(levels: Levels | None) -> tuple[tuple[PriceLevel, ...], dict[str, str]]:
    """Return dealers' levels, and why there are none of the others; None where there was no chain."""
    if levels is None:
        return (), dict.fromkeys(GAMMA, "no chain")
    prices = {name: getattr(levels, name) for name in GAMMA}
    found = tuple(PriceLevel(name, price, "gamma", GAMMA[name]) for name, price in prices.items() if price is not None)
    missing = [name for name, price in prices.items() if price is None]
    return found, {name: levels.reasons.get(name, "the chain has none") for name in missing}


def round_step(price: float) -> float:
    """Return the distance between round numbers at a price: 100 at 6600, 10 at 450, 1 at 52.

    Raises:
        ValueError: The price is not positive and finite.

    """
    if not (price > 0 and isfinite(price)):
        raise ValueError(f"price must be positive and finite, got {price}")
    return float(10.0 ** (floor(log10(price)) - 1))


def _asked(
    panel: Panel, spot: float, anchors: tuple[dt.date, ...], volume: str, own: tuple[Named, ...]
) -> Iterable[tuple[Named, Kind]]:
    """Yield the levels to look for as expressions, and their kinds."""
    points, step = "points", round_step(spot)
    for n in AVERAGES:
        yield Named(f"sma_{n}", f"sma(close, {n})", points, f"{n}-day average"), "average"
    for n in PIVOTS:
        yield Named(f"ema_{n}", f"ema(close, {n})", points, f"exponential average of span {n}"), "average"
    for n in WEEKS:
        yield Named(f"week_{n}", f"weekly_sma(close, {n})", points, f"{n}-week average"), "average"
    for n in EXTREMES:
        yield Named(f"high_{n}", f"highest({_column(panel, 'high')}, {n})", points, f"{n}-day high"), "extreme"
        yield Named(f"low_{n}", f"lowest({_column(panel, 'low')}, {n})", points, f"{n}-day low"), "extreme"
    yield Named("peak", f"peak({_column(panel, 'high')})", points, "highest price so far"), "extreme"
    yield Named("round_below", f"round_below(close, {step:g})", points, "round number at or below"), "round"
    yield Named("round_above", f"round_above(close, {step:g})", points, "round number at or above"), "round"
    for anchor in anchors:
        text = f'vwap(({_column(panel, "high")} + {_column(panel, "low")} + close) / 3, {volume}, "{anchor}")'
        yield Named(f"vwap_{anchor}", text, points, "average by volume since a day"), "vwap"
    for named in own:
        yield named, "own"


def _column(panel: Panel, column: str) -> str:
    """Return a column of the history; its closes where it has no other prices."""
    try:
        panel.column(panel.main.name, column)
    except ValueError:
        return "close"
    return column
