"""Net gamma by strike at two times: before and after on the left, what came and went on the right."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.plot import figures, page, prices
from gex.plot.drawing import Line, Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.plot.strikes import NET, ROWS, SHARE, SIDES, Panel

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.plot.drawing import Drawing, Mark
    from gex.plot.prices import Prices
    from gex.plot.theme import Theme
    from gex.results import Analysis

    Row = dict[str, Any]


def draw(before: Analysis, after: Analysis, theme: Theme) -> Drawing:
    """Return the chart of two analyses of one underlying, in the window of the second."""
    axis = prices.prices_of(after, ROWS)
    rows = differences(before, after, axis)
    if not any(row["before"] or row["after"] for row in rows):
        found = Found("no gamma near spot", "$ of delta per +1% of spot: no strike near spot has any, then or now.")
        return page.page(after, theme, found, page.absence(theme, found.caption))
    return page.page(after, theme, _found(before, after, axis, rows), list(_marks(before, axis, rows, theme)))


def differences(before: Analysis, after: Analysis, axis: Prices) -> list[Row]:
    """Return net gamma of both in each step of strikes, and their difference, lowest strike first."""
    first, second = (axis.summed(each.by_strike.select("strike", "net")) for each in (before, after))
    both = first.rename({"net": "before"}).join(
        second.rename({"net": "after"}), on="strike", how="full", coalesce=True
    ).fill_null(0.0).sort("strike")  # fmt: skip
    return both.with_columns(change=both["after"] - both["before"]).to_dicts()


def _marks(before: Analysis, axis: Prices, rows: Sequence[Row], theme: Theme) -> Iterator[Mark]:
    money = Money.spanning([row[name] for row in rows for name in ("before", "after")])
    parts = Money.spanning([row["change"] for row in rows])
    levels = Panel(SIDES, page.span([row[name] for row in rows for name in ("before", "after")]), money, theme)
    moves = Panel(NET, page.span([row["change"] for row in rows]), parts, theme)
    yield from prices.scale(axis, theme, SIDES, NET)
    yield from levels.scale(f"net after, lighter: before, {money.unit} per +1%", 5)
    yield from moves.scale(f"after less before, {parts.unit} per +1%", 7)
    half = SHARE * axis.half
    for row in rows:
        y = axis.y(row["strike"])
        yield from levels.bar(row["before"], y - half, y + half, theme.soft(row["before"]))
        yield from levels.bar(row["after"], y - 0.5 * half, y + 0.5 * half, theme.strong(row["after"]))
        yield from moves.bar(row["change"], y - half, y + half, theme.strong(row["change"]))
    yield from (levels.zero(), moves.zero())
    yield from _spot_before(before, axis, theme)
    yield from prices.rules(axis, theme, SIDES, NET)


def _spot_before(before: Analysis, axis: Prices, theme: Theme) -> Iterator[Mark]:
    """Draw where spot was, if that is in sight."""
    spot = figures.spot_of(before)
    if not axis.low <= spot <= axis.high:
        return
    y = axis.y(spot)
    for left, right in (SIDES, NET):
        yield Line([(left, y), (right, y)], theme.muted, 1.2, (2.0, 3.0))
    yield Text((NET[1] - 4, y - 5), f"spot before {figures.price(spot)}", theme.muted, 11.5, "end")


def _found(before: Analysis, after: Analysis, axis: Prices, rows: Sequence[Row]) -> Found:
    first, second = (each.exposure.gamma_usd_per_1pct.net for each in (before, after))
    largest = max(rows, key=lambda row: abs(row["change"]))
    title = f"net gamma {figures.dollars(second - first)} per +1%"
    if largest["change"]:
        where = figures.strike(largest["strike"])
        title += f"; most at strike {where} ({figures.dollars(largest['change'])})"
    caption = (
        f"Dealers' net gamma at each strike, $ of delta per +1% of spot, from {figures.moment(before.quote_time)} to "
        f"{figures.moment(after.quote_time)}. Strikes in steps of {axis.step:g}; levels are those after."
    )
    return Found(title, caption)
