"""The strikes that matter, as bars: around spot, the walls, and the largest beside them."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.bars import Bar, Rule, draw
from gex.cli.render.ladder import joined, panel
from gex.cli.render.marks import tagged, with_rules
from gex.summary import DECISIVE

if TYPE_CHECKING:
    import polars as pl

    from gex.cli.render.terminal import Terminal
    from gex.results import Analysis

    Row = dict[str, Any]

SHOWN, FEWEST, MOST = 12, 7, 40
"""Strikes where nobody scrolls, and on the lowest and the highest terminal."""
OTHER_LINES = 3
"""Of the chart, beside those of its strikes."""
NEGLIGIBLE = 0.01
"""Strikes near spot with less than this fraction of the largest gross gamma say nothing."""
REACH = 0.1
"""Strikes further from spot than this fraction are not worth a line, walls apart."""
WIDE, BESIDE = 100, 160
"""Columns from which on calls and puts stand behind net, and the profile beside it."""
WIDEST, PANEL = 140, 62
"""Columns that the chart takes at the most, and those of the profile."""
OUTLYING, RANK = 10.0, 2
"""A bar longer than so many times the third longest is cut: it would flatten all others."""


def strike_bars(analysis: Analysis, terminal: Terminal, lines: int | None = None) -> list[str]:
    """Draw net gamma by strike, highest strike first, today's part inside.

    Where there is room, calls and puts lie behind it, and the profile at each strike stands beside it.

    Args:
        analysis: What to draw.
        terminal: Where.
        lines: How many there is room for; None where nobody scrolls.

    """
    count = SHOWN if lines is None else min(max(lines - OTHER_LINES, FEWEST), MOST)
    rows = chosen(analysis, count)
    if not rows:
        return [terminal.paint(f"no strike within {REACH:.0%} of spot has gamma", "muted")]
    width = min(terminal.width, WIDEST) if terminal.width < BESIDE else terminal.width - PANEL
    wide = terminal.width >= WIDE
    head, marks = _chart(analysis, rows, width, wide=wide)
    chart = [terminal.paint(head, "muted"), *draw(marks, terminal, width, most=_most(rows, wide=wide))]
    if terminal.width < BESIDE:
        return chart
    return joined(chart, panel(analysis, marks, terminal, PANEL), width)


def _chart(analysis: Analysis, rows: list[Row], width: int, *, wide: bool) -> tuple[str, list[Bar | Rule]]:
    """Return the head of the chart, and what is in it."""
    shown, today = figures.Money.spanning(row["net"] for row in rows), any(row["zero_dte"] for row in rows)
    columns = _columns(rows, shown, today=today, wide=wide)
    skipped = _after_gaps(analysis, [row["strike"] for row in rows])
    bars = [
        (row["strike"], _bar(row, text, gap=row["strike"] in skipped, wide=wide))
        for row, text in zip(rows, columns[1:], strict=True)
    ]
    return _head(shown, columns[0], width, today=today, wide=wide), with_rules(analysis, tagged(analysis, bars))


def chosen(analysis: Analysis, count: int = SHOWN) -> list[Row]:
    """Return rows of `by_strike`, highest strike first: walls, the nearest to spot, the largest of each sign."""
    table, spot = _near(analysis), figures.spot_of(analysis)
    rows = table.to_dicts()
    walls = {analysis.levels.call_wall, analysis.levels.put_wall}
    worth = NEGLIGIBLE * max((row["gross"] for row in rows), default=0.0)
    weighty = [row["strike"] for row in rows if row["gross"] > worth]
    nearest = set(sorted(weighty, key=lambda strike: abs(strike - spot))[: count // 3])
    places = _places(rows)
    ranked = sorted(
        rows,
        key=lambda row: (
            row["strike"] not in walls,
            row["strike"] not in nearest,
            places[row["strike"]],
            row["strike"],
        ),
    )
    return sorted(ranked[:count], key=lambda row: -row["strike"])


def _places(rows: list[Row]) -> dict[float, int]:
    """Rank strikes by size among those of their own sign, so that one side can't crowd out the other."""
    by_size = sorted(rows, key=lambda row: (-abs(row["net"]), row["strike"]))
    sides = ([row for row in by_size if row["net"] >= 0], [row for row in by_size if row["net"] < 0])
    return {row["strike"]: place for side in sides for place, row in enumerate(side)}


def _near(analysis: Analysis) -> pl.DataFrame:
    import polars as pl

    walls = [wall for wall in (analysis.levels.call_wall, analysis.levels.put_wall) if wall is not None]
    far = (pl.col("strike") / figures.spot_of(analysis) - 1).abs() > REACH
    return analysis.by_strike.filter((~far & (pl.col("gross") > 0)) | pl.col("strike").is_in(walls))


def _after_gaps(analysis: Analysis, shown: list[float]) -> set[float]:
    """Return the strikes of `shown`, high to low, with listed strikes left out just above them."""
    listed = analysis.by_strike["strike"].to_list()
    rank = {strike: place for place, strike in enumerate(sorted(listed))}
    return {below for above, below in pairwise(shown) if rank[above] - rank[below] > 1}


def _most(rows: list[Row], *, wide: bool) -> float:
    """Return the longest bar drawn whole."""
    names = ("net", "calls", "puts") if wide else ("net",)
    sizes: list[float] = sorted((max(abs(row[name]) for name in names) for row in rows), reverse=True)
    return OUTLYING * sizes[RANK] if len(sizes) > 2 * RANK and sizes[RANK] else sizes[0]


def _head(money: figures.Money, columns: str, width: int, *, today: bool, wide: bool) -> str:
    title = f"strike   net {money.unit} per +1%" + (" (█▒ 0DTE, ▓░ later)" if today else "")
    title += " ·· calls, puts" if wide else ""
    return f"{title}{columns:>{width - len(title)}}".rstrip()


def _columns(rows: list[Row], money: figures.Money, *, today: bool, wide: bool) -> list[str]:
    """Return the heads and the figures beside the bars, each as wide as its widest."""
    names = [("net", "net" if wide else ""), *([("zero_dte", "0DTE")] if today else [])]
    names += [("calls", "calls"), ("puts", "puts")] if wide else []
    lines = [""] * (len(rows) + 1)
    for name, head in names:
        cells = [head, *(_figure(row[name], money, name) for row in rows)]
        size = max(7, *map(len, cells))
        lines = [f"{line} {cell:>{size}}" for line, cell in zip(lines, cells, strict=True)]
    head = lines[0].strip() if wide else "of which 0DTE" if today else ""
    return [head, *(line[1:] for line in lines[1:])]


def _figure(value: float, money: figures.Money, name: str) -> str:
    text = money(value)
    return text if name == "net" or text[0] in "+−" else ""


def _bar(row: Row, text: str, *, gap: bool, wide: bool) -> Bar:
    bar = Bar(
        ("⋮ " if gap else "") + figures.strike(row["strike"]),
        row["net"],
        inner=row["zero_dte"],
        figures=text,
        unsure=abs(row["net"]) < DECISIVE * row["gross"],
    )
    sides = (row["calls"], row["puts"])
    return replace(bar, reach=(min(0.0, *sides), max(0.0, *sides))) if wide else bar
