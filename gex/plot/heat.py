"""Net gamma by strike and expiration: colour in steps of a log-like scale, the sign or the figure written in."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import floor, log10
from typing import TYPE_CHECKING, Any

import polars as pl

from gex.plot import drawing, figures, page, prices
from gex.plot.dates import dates_of
from gex.plot.drawing import Text
from gex.plot.figures import Money
from gex.plot.page import Found
from gex.plot.theme import SHARES
from gex.results import MergedAnalysis

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gex.plot.dates import Dates
    from gex.plot.drawing import Area, Drawing, Mark
    from gex.plot.prices import Prices
    from gex.plot.theme import Theme
    from gex.results import Analysis

    Row = dict[str, Any]

ROWS, COLUMNS = 42, 14
STRIKES = 2
"""In a row."""
LEGIBLE = 9
"""Pixels of height that a cell with text in it needs."""
SUMS = ("net", "calls", "puts")
WRITTEN = 3
"""Steps whose cells have their figure, the others their sign."""


@dataclass(frozen=True)
class Steps:
    """A diverging scale: each step begins about three times lower than the one before."""

    starts: tuple[float, ...]
    theme: Theme

    def of(self, value: float) -> int:
        """Return the step of a value, 0 the strongest; that of next to nothing is the last."""
        size = abs(value)
        return sum(size < start for start in self.starts)

    def color(self, value: float) -> str:
        """Return the colour of a value."""
        step = self.of(value)
        return self.colors[value > 0][step] if step < len(SHARES) else ""

    @cached_property
    def colors(self) -> tuple[Sequence[str], Sequence[str]]:
        """The steps' colours, of values below zero and above."""
        below, above = ([self.theme.tint(sign, share) for share in SHARES] for sign in (-1.0, 1.0))
        return below, above


def steps_of(largest: float, theme: Theme) -> Steps:
    """Return a scale that begins at the last of 1, 3, 10, 30, ... below the largest value."""
    power = 10.0 ** floor(log10(largest))
    halves = 2 * floor(log10(largest)) + (largest >= 3 * power)
    starts = ((3.0 if (halves - n) % 2 else 1.0) * 10.0 ** ((halves - n) // 2) for n in range(len(SHARES)))
    return Steps(tuple(starts), theme)


@dataclass(frozen=True)
class Cell:
    """A strike of an expiration; below the scale's last step there is none."""

    net: float
    color: str
    x: tuple[float, float]
    top: float
    bottom: float

    @classmethod
    def of(cls, axis: Prices, dates: Dates, row: Row, steps: Steps) -> Cell:
        """Place the cell of a row, within the panel."""
        x, y = dates.x(row["column"]), axis.y(row["strike"])
        top, bottom = max(y - axis.half, page.TOP) + 0.5, min(y + axis.half, page.BOTTOM) - 0.5
        sides = (x - 0.5 * dates.step + 1, x + 0.5 * dates.step - 1)
        return cls(row["net"], steps.color(row["net"]), sides, top, bottom)

    def ground(self) -> Area:
        """Return its coloured ground."""
        return drawing.box(self.x[0], self.top, self.x[1], self.bottom, self.color)

    def text(self, steps: Steps, money: Money) -> Text:
        """Return its figure, or its sign where the figure is small."""
        sign = "+" if self.net > 0 else figures.MINUS
        text = money(self.net) if steps.of(self.net) < WRITTEN else sign
        at = ((self.x[0] + self.x[1]) / 2, (self.top + self.bottom) / 2 + 3.5)
        return Text(at, text, steps.theme.upon(self.color), 10, "middle")


@dataclass(frozen=True)
class Grid:
    """What the map is of: steps of strikes against dates, `net`, `calls` and `puts` of each ($ per +1%)."""

    axis: Prices
    dates: Dates
    rows: Sequence[Row]
    """Those that hold a contract: `strike`, `column` and the sums; the lowest strike first."""


def grid_of(analysis: Analysis) -> Grid:
    """Sum gamma over the steps of strikes and the dates that the map shows."""
    axis, dates = prices.prices_of(analysis, ROWS, STRIKES), dates_of(analysis, COLUMNS)
    near = pl.col("strike").is_between(axis.low - axis.step, axis.high + axis.step)
    cells = cells_of(analysis, near).select("strike", dates.column().alias("column"), *SUMS)
    return Grid(axis, dates, axis.summed(cells, "column").to_dicts())


def draw(analysis: Analysis, theme: Theme) -> Drawing:
    """Return the chart."""
    return picture(grid_of(analysis), theme)


def picture(grid: Grid, theme: Theme) -> Drawing:
    """Return the chart of a grid."""
    analysis, largest = grid.axis.analysis, page.cut([row["net"] for row in grid.rows])
    if not largest:
        found = Found("no gamma near spot", "$ of delta per +1% of spot: no strike near spot has any.")
        return page.page(analysis, theme, found, page.absence(theme, found.caption))
    marks = list(_marks(grid, steps_of(largest, theme)))
    return page.page(analysis, theme, _found(grid.axis, grid.dates, grid.rows), marks)


def cells_of(analysis: Analysis, near: pl.Expr | None = None) -> pl.DataFrame:
    """Return `net`, `calls` and `puts` by `strike` and `expiration`; of merged sources in points of the first.

    Args:
        analysis: Of one source, or merged.
        near: Which strikes; None for all.

    """
    parts = analysis.parts if isinstance(analysis, MergedAnalysis) else ()
    tables = [(part.analysis.by_contract, part.scale) for part in parts] or [(analysis.by_contract, 1.0)]
    return pl.concat(_cells(table, scale, near) for table, scale in tables)


def _cells(table: pl.DataFrame, scale: float, near: pl.Expr | None) -> pl.DataFrame:
    """Sum a table's contracts, calls and puts apart, in one pass."""
    strike, gamma, is_call = pl.col("strike") * scale, pl.col("gamma_usd_per_1pct"), pl.col("option_type") == "C"
    rows = table.lazy().select(
        strike.alias("strike"),
        "expiration",
        gamma.alias("net"),
        pl.when(is_call).then(gamma).otherwise(0.0).alias("calls"),
        pl.when(is_call).then(0.0).otherwise(gamma).alias("puts"),
    )
    rows = rows if near is None else rows.filter(near)
    # Collected first: a lazy query adds up a group in parts, in any order, and each run would have last bits of its own.
    return rows.collect().group_by("strike", "expiration").agg(pl.col(*SUMS).sum()).sort("strike", "expiration")


def _marks(grid: Grid, steps: Steps) -> Iterator[Mark]:
    theme, axis, dates, panel = steps.theme, grid.axis, grid.dates, (page.LEFT, page.RIGHT)
    money = Money.spanning([row["net"] for row in grid.rows])
    yield from prices.scale(axis, theme, panel)
    yield from prices.ribbon(axis, theme, panel)
    cells = [Cell.of(axis, dates, row, steps) for row in grid.rows if steps.color(row["net"])]
    yield from (cell.ground() for cell in sorted(cells, key=lambda cell: cell.color))
    yield from prices.rules(axis, theme, panel)
    texts = [cell.text(steps, money) for cell in cells if cell.bottom - cell.top >= LEGIBLE]
    yield from sorted(texts, key=lambda text: (len(text.text), text.color))  # signs of one colour make one element
    yield from dates.names(theme)
    yield from legend(steps, money, f"net gamma from, {money.unit} per +1%; log-like scale")


def legend(steps: Steps, money: Money, name: str) -> Iterator[Mark]:
    """Draw the scale with where each step begins, above the columns."""
    theme, y, width = steps.theme, page.TOP - 34, 46
    signed = [*(-start for start in steps.starts), *reversed(steps.starts)]
    for place, value in enumerate(signed):
        x, color = page.LEFT + width * place, steps.color(value)
        yield drawing.box(x, y, x + width - 2, y + 15, color)
        sign = "+" if value > 0 else figures.MINUS
        label = f"{sign}{abs(value) / money.scale:.4g}"
        yield Text((x + width / 2 - 1, y + 11), label, theme.upon(color), 10, "middle")
    yield Text((page.LEFT + width * len(signed) + 8, y + 11), name, theme.muted, 11.5)


def _found(axis: Prices, dates: Dates, rows: Sequence[Row]) -> Found:
    row = max(rows, key=lambda each: abs(each["net"]))
    date = f"{dates.dates[row['column']]:%Y-%m-%d}" if row["column"] < len(dates.dates) else "the other dates"
    title = f"most net gamma is {figures.dollars(row['net'])} per +1% around {row['strike']:g}, expiring {date}"
    shown = f"; {len(dates.dates)} largest of {len(dates.dates) + dates.others} dates" if dates.others else ""
    caption = (
        "Dealers' net gamma, $ of delta per +1% of spot; + and − where it is small, blank below the scale. "
        f"Strikes in steps of {axis.step:g}{shown}.{page.ribbon_note(axis.analysis)}"
    )
    return Found(title, caption)
