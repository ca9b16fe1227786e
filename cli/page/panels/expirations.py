"""By expiration, as a chart, with every date's figures and levels behind it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from gex.cli.page.html import figure, section, table
from gex.cli.render import figures
from gex.plot import expirations, page
from gex.plot.theme import PAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markupsafe import Markup

    from gex.cli.page.view import View
    from gex.plot.page import Size
    from gex.results import Analysis

    Row = dict[str, Any]

DOLLARS = ("net", "gross", "calls", "puts")
LEVELS = ("call_wall", "put_wall", "max_pain")
WORDS = ("Open interest", "ATM vol", "Expected move", "Call wall", "Put wall", "Max pain")


def panel(view: View) -> Markup:
    """Return the section."""
    analysis = view.analysis
    wide, narrow = (expirations.draw(analysis, PAGE, size) for size in (page.HALF, page.NARROW))
    data = {"charts": [_chart(analysis, size) for size in (page.HALF, page.NARROW)]}
    chart = figure("expirations-chart", wide, _table(analysis), narrow=narrow, panel="columns", data=data)
    return section("expirations", "By expiration", chart, kind="half")


def _chart(analysis: Analysis, size: Size) -> dict[str, object]:
    """Return a chart's columns with what the pointer says of each."""
    dates, rows = expirations.columns_of(analysis, size)
    lines = [list(_lines(dates.name(row["column"]), row)) for row in rows]
    return {"left": size.left, "right": size.right, "lines": lines if any(row["gross"] for row in rows) else []}


def _lines(name: str, row: Row) -> Iterator[str]:
    yield name
    yield f"net {figures.dollars(row['net'])} per +1%"
    yield f"calls {figures.dollars(row['calls'])}, puts {figures.dollars(row['puts'])}"
    yield f"gross {figures.dollars(row['gross']).removeprefix('+')}"


def _table(analysis: Analysis) -> Markup:
    """Return a row an expiration and root, as they settle apart."""
    rows = analysis.by_expiration.sort("expires_at", "root").to_dicts()
    money = figures.Money.spanning([row["gross"] for row in rows])
    several = analysis.by_expiration.select(pl.col("expiration").is_duplicated().any()).item()
    head = ["Expiration", *(f"{name.capitalize()}, {money.unit}" for name in DOLLARS), *WORDS]
    caption = "By expiration and root: dealers' gamma per +1% of spot, contracts, one-sigma move and levels in points"
    return table(caption, head, (_row(row, money, several=several) for row in rows))


def _row(row: Row, money: figures.Money, *, several: bool) -> list[str]:
    name = f"{row['expiration']:%Y-%m-%d}" + (f" {row['root']} {row['settlement']}" if several else "")
    net, gross, *sides = (money.alone(row[each]) for each in DOLLARS)
    volatility = "–" if row["atm_iv"] is None else f"{100 * row['atm_iv']:.1f}%"
    move = "–" if row["expected_move"] is None else f"±{figures.three_digits(row['expected_move'])}"
    levels = ("–" if row[each] is None else figures.strike(row[each]) for each in LEVELS)
    return [name, net, gross.removeprefix("+"), *sides, f"{row['open_interest']:,}", volatility, move, *levels]
