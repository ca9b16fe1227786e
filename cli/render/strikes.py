"""The strikes that matter, as bars: around spot, the walls, and the largest beside them."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.bars import Bar, Rule, draw

if TYPE_CHECKING:
    import polars as pl

    from gex.cli.render.terminal import Terminal
    from gex.results import Analysis

SHOWN = 12
NEAREST = 4
NEGLIGIBLE = 0.01
"""Strikes near spot with less than this fraction of the largest gross gamma say nothing."""
REACH = 0.1
"""Strikes further from spot than this fraction are not worth a line, walls apart."""


def strike_bars(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Draw net gamma by strike, highest strike first, today's part inside."""
    rows = chosen(analysis)
    if not rows:
        return []
    shown = figures.Money.spanning(row["net"] for row in rows)
    today = any(row["zero_dte"] for row in rows)
    width = min(terminal.width, 100)
    title = f"strike   net {shown.unit} per +1%" + (" (█▒ 0DTE, ▓░ later)" if today else "")
    aside = "of which 0DTE" if today else ""
    head = terminal.paint(f"{title}{aside:>{width - len(title)}}".rstrip(), "muted")
    skipped = _after_gaps(analysis, [row["strike"] for row in rows])
    bars = [(row["strike"], _bar(row, analysis, shown, today=today, gap=row["strike"] in skipped)) for row in rows]
    return [head, *draw(with_rules(analysis, bars), terminal, width)]


def chosen(analysis: Analysis) -> list[dict[str, Any]]:
    """Return rows of `by_strike`, highest strike first: walls, the nearest to spot, the largest of each sign."""
    table, spot = _near(analysis), figures.spot_of(analysis)
    rows = table.to_dicts()
    walls = {analysis.levels.call_wall, analysis.levels.put_wall}
    worth = NEGLIGIBLE * max((row["gross"] for row in rows), default=0.0)
    weighty = [row["strike"] for row in rows if row["gross"] > worth]
    nearest = set(sorted(weighty, key=lambda strike: abs(strike - spot))[:NEAREST])
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
    return sorted(ranked[:SHOWN], key=lambda row: -row["strike"])


def _places(rows: list[dict[str, Any]]) -> dict[float, int]:
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


def _bar(row: dict[str, Any], analysis: Analysis, money: figures.Money, *, today: bool, gap: bool) -> Bar:
    levels = analysis.levels
    tags = [tag for tag, wall in (("CW", levels.call_wall), ("PW", levels.put_wall)) if wall == row["strike"]]
    part = money(row["zero_dte"])
    text = f"{money(row['net']):>7}" + (f" {part if part[0] in '+−' else '':>8}" if today else "")
    label = ("⋮ " if gap else "") + figures.strike(row["strike"])
    return Bar(label, row["net"], " ".join(tags), row["zero_dte"], text)


def with_rules(analysis: Analysis, bars: list[tuple[float, Bar]]) -> list[Bar | Rule]:
    """Set spot, and the flip where it is in sight, among bars given by price."""
    spot, flip = figures.spot_of(analysis), analysis.levels.gamma_flip
    marks: list[tuple[float, Bar | Rule]] = [*bars, (spot, Rule(figures.price(spot), "◄ spot"))]
    prices = [price for price, _ in bars]
    if flip is not None and min(prices) < flip < max(prices):
        marks.append((flip, Rule(figures.level(flip, spot), "flip", "╌")))
    return [mark for _, mark in sorted(marks, key=lambda pair: -pair[0])]
