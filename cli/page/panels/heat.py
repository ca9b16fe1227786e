"""Strike and expiration as a map, with every cell as a figure behind it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeGuard

from gex.cli.page.html import canvas_of, figure, floats, section, table
from gex.cli.render import figures
from gex.plot import heat, page
from gex.plot.drawing import Text
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from markupsafe import Markup

    from gex.cli.page.view import View
    from gex.plot.drawing import Drawing, Mark
    from gex.plot.heat import Grid

    Row = dict[str, Any]

CLEAR = 13.0
"""Pixels between spot's price and a name of the axis."""


def panel(view: View) -> Markup:
    """Return the section."""
    grid = heat.grid_of(view.analysis)
    picture = heat.picture(grid, PAGE)
    if not any(row["net"] for row in grid.rows):
        return section("heat", "Strike and expiration", figure("heat-chart", picture))
    chart = figure(
        "heat-chart", picture, _table(grid), canvas=_canvas(picture, grid), panel="heat", data=_data(grid)
    )  # fmt: skip
    return section("heat", "Strike and expiration", chart)


def _canvas(picture: Drawing, grid: Grid) -> Markup:
    """Return the map with its axis of prices apart, which stays, with spot on it, where the rest scrolls."""
    y, price = grid.axis.y(grid.axis.spot) + 4, figures.price(grid.axis.spot)
    spot = Text((page.LEFT - 8, y), price, PAGE.ink, 11.5, "end", bold=True)
    names = [mark for mark in picture.marks if _is_price(mark) and abs(mark.at[1] - y) >= CLEAR]
    axis = replace(picture, marks=[*names, spot], title="Strikes, in points", sides=(0, page.LEFT))
    rest = [mark for mark in picture.marks if not _is_price(mark)]
    return canvas_of(axis, replace(picture, marks=rest, sides=(page.LEFT, page.WIDTH)), kind="split")


def _is_price(mark: Mark) -> TypeGuard[Text]:
    return isinstance(mark, Text) and mark.anchor == "end" and mark.at[0] < page.LEFT


def _table(grid: Grid) -> Markup:
    """Return net gamma of every cell, highest strike first; what has no contract stays empty."""
    money = figures.Money.spanning([row["net"] for row in grid.rows])
    columns, strikes = _columns(grid), _strikes(grid)
    nets = {(row["strike"], row["column"]): money.alone(row["net"]) for row in grid.rows}
    rows = ([figures.strike(strike), *(nets.get((strike, each), "") for each in range(columns))] for strike in strikes)
    head = ["Strike", *(grid.dates.name(column) for column in range(columns))]
    return table(f"Net gamma by strike and expiration, {money.unit} per +1%", head, rows)


def _data(grid: Grid) -> dict[str, object]:
    """Return what the pointer finds: places in pixels, sums in dollars, a row a strike from the top down."""
    strikes, columns = _strikes(grid), _columns(grid)
    strongest = max(grid.rows, key=lambda row: abs(row["net"]))
    return {
        "left": page.LEFT,
        "step": grid.dates.step,
        "top": (page.TOP, page.BOTTOM),
        "half": grid.axis.half,
        "strikes": [figures.strike(strike) for strike in strikes],
        "middles": [round(grid.axis.y(strike), 2) for strike in strikes],
        "dates": [grid.dates.name(column) for column in range(columns)],
        "gross": sum(abs(row["calls"]) + abs(row["puts"]) for row in grid.rows),
        "first": strikes.index(strongest["strike"]) * columns + strongest["column"],
        **{name: floats(list(_values(grid, strikes, columns, name))) for name in ("net", "calls", "puts")},
    }


def _values(grid: Grid, strikes: Sequence[float], columns: int, name: str) -> Iterator[float]:
    found = {(row["strike"], row["column"]): row[name] for row in grid.rows}
    return (found.get((strike, column), 0.0) for strike in strikes for column in range(columns))


def _columns(grid: Grid) -> int:
    return len(grid.dates.dates) + bool(grid.dates.others)


def _strikes(grid: Grid) -> list[float]:
    return sorted({row["strike"] for row in grid.rows}, reverse=True)
