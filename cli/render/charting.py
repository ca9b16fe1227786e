"""Levels as text that charting programs take.

TradingView: one line of names and values, `$SPX: Call Resistance, 6500, Put Support, 6300, ...`, the text that
MenthorQ gives its users to paste and that indicators for such levels read. Sierra Chart: the seven columns of the
free study Google Sheets Levels Importer (Frozen Tundra): price, price 2, note, color, line type, line width, alignment (2: right).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from gex.cli.render import figures

if TYPE_CHECKING:
    from gex.futures import FuturesPoints
    from gex.level_book import LevelBook


class Line(NamedTuple):
    """One line on a chart."""

    name: str
    key: str
    scope: str
    color: str
    style: int
    """0 solid, 1 dashed, 2 dotted."""
    width: int


LINES = (
    Line("Call Resistance", "menthorq.call_resistance", "all", "green", 0, 2),
    Line("Put Support", "menthorq.put_support", "all", "red", 0, 2),
    Line("HVL", "menthorq.hvl", "all", "yellow", 0, 2),
    Line("1D Min", "menthorq.one_day_min", "all", "gray", 1, 1),
    Line("1D Max", "menthorq.one_day_max", "all", "gray", 1, 1),
    Line("Call Resistance 0DTE", "menthorq.call_resistance", "0dte", "green", 1, 1),
    Line("Put Support 0DTE", "menthorq.put_support", "0dte", "red", 1, 1),
    Line("HVL 0DTE", "menthorq.hvl", "0dte", "yellow", 1, 1),
    Line("Gamma Wall 0DTE", "menthorq.gamma_wall", "0dte", "cyan", 1, 1),
    *(Line(f"GEX {rank}", f"menthorq.gex_{rank}", "all", "white", 2, 1) for rank in range(1, 11)),
    Line("Call Wall", "spotgamma.call_wall", "all", "green", 0, 1),
    Line("Put Wall", "spotgamma.put_wall", "all", "red", 0, 1),
    Line("Zero Gamma", "spotgamma.zero_gamma", "all", "purple", 0, 2),
)
"""MenthorQ's nineteen in their order, then the walls by net gamma and the flip."""


def text(book: LevelBook, points: FuturesPoints | None, program: str) -> str:
    """Return the levels as a program takes them; a level that does not exist is left out."""
    return sierra(book, points) if program == "sierra" else tradingview(book, points)


def tradingview(book: LevelBook, points: FuturesPoints | None) -> str:
    """Return one line to paste."""
    pairs = ", ".join(f"{line.name}, {price}" for line, price in _prices(book, points))
    return f"${_symbol(book, points)}: {pairs}\n"


def sierra(book: LevelBook, points: FuturesPoints | None) -> str:
    """Return a CSV without a header, every field quoted, a line a price: names that share one are joined."""
    lines: dict[str, list[Line]] = {}
    for line, price in _prices(book, points):
        lines.setdefault(price, []).append(line)
    rows = (
        (price, "0", " & ".join(line.name for line in some), some[0].color, str(some[0].style), str(some[0].width), "2")
        for price, some in sorted(lines.items(), key=lambda item: -float(item[0]))
    )
    return "".join(",".join(f'"{field}"' for field in row) + "\n" for row in rows)


def _prices(book: LevelBook, points: FuturesPoints | None) -> list[tuple[Line, str]]:
    found = [(line, book.of(line.scope).by_key.get(line.key)) for line in LINES]
    return [(line, _price(each.value, points)) for line, each in found if each is not None and each.value is not None]


def _price(value: float, points: FuturesPoints | None) -> str:
    """Return a price to the cent, or on the future's tick."""
    return figures.strike(round(points.on_tick(value) if points else value, 2))


def _symbol(book: LevelBook, points: FuturesPoints | None) -> str:
    """Return what the levels are of: the future's root without its month, as charts of the next one are called."""
    return points.future[:-2] if points else book.underlying
