"""The levels of an analysis as a table, highest first: how far, how likely, how sure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gex.cli.render import figures
from gex.cli.render.books import leading
from gex.cli.render.terminal import aligned, flow

if TYPE_CHECKING:
    from collections.abc import Callable

    from gex.cli.render.terminal import Terminal
    from gex.results import Analysis, Levels, Wall

LABELS = {"call_wall": "call wall", "gamma_flip": "flip", "put_wall": "put wall"}


def level_table(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Return the table, a reason for each level that does not exist, and the levels under other definitions."""
    levels = analysis.levels
    values: dict[str, float | None] = {name: getattr(levels, name) for name in LABELS}
    there = sorted(((value, name) for name, value in values.items() if value is not None), reverse=True)
    head = ("LEVEL", analysis.underlying, "dist", "%", "sigma", "touch", "margin")
    table = _fitting([head, *(_row(analysis, name, value) for value, name in there)], terminal.width)
    table[0] = terminal.paint(_with_horizon(table[0], analysis, terminal.width), "muted")
    missing = [f"{LABELS[name]}: none; {levels.reasons[name]}" for name, value in values.items() if value is None]
    lines = [line for text in missing for line in flow([text], terminal.width, indent="  ")]
    return [*table, *lines, *flow(_others(analysis), terminal.width, indent="  "), *_bands(analysis, terminal)]


def _fitting(rows: list[tuple[str, ...]], width: int) -> list[str]:
    """Lay out levels, on a narrow terminal with less about their margins, then without percentages and sigma."""
    table = aligned(rows, "<>>>>><")
    if max(map(len, table)) <= width:
        return table
    table = aligned([(*row[:-1], row[-1].partition(",")[0]) for row in rows], "<>>>>><")
    if max(map(len, table)) <= width:
        return table
    return aligned([(*row[:3], row[5], row[6].partition(",")[0]) for row in rows], "<>>><")


def _bands(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Lay out what each level would be under the other conventions in use."""
    found = band_cells(analysis)
    if found is None:
        return []
    money, cells = found
    lines = [("BAND", "flip", "call wall", "put wall", f"net {money.unit}"), *cells]
    head, *table = aligned(lines, "<>>>>")
    if max(map(len, table)) > terminal.width:
        head, *table = aligned([row[:-1] for row in lines], "<>>>")
    return [terminal.paint(head, "muted"), *table]


def band_cells(analysis: Analysis) -> tuple[figures.Money, list[tuple[str, ...]]] | None:
    """Return the scale of net gamma, and by kind of convention the bands of flip, walls and net; None without any."""
    bands, spot = analysis.levels.bands, figures.spot_of(analysis)
    if bands is None or not bands.variants:
        return None
    rows = [(name, band) for name, band in (("method", bands.method), ("positions", bands.positions))]
    money = figures.Money.spanning(value for _, band in rows for value in band.net_usd_per_1pct)
    return money, [
        (
            name,
            _range(band.gamma_flip, lambda value: figures.level(value, spot)),
            _range(band.call_wall, figures.strike),
            _range(band.put_wall, figures.strike),
            _range(band.net_usd_per_1pct, money, " to "),
        )
        for name, band in rows
    ]


def _range(spread: tuple[float, float] | None, text: Callable[[float], str], between: str = "–") -> str:
    if spread is None:
        return "none"
    low, high = (text(value) for value in spread)
    return low if low == high else f"{low}{between}{high}"


def _row(analysis: Analysis, name: str, value: float) -> tuple[str, ...]:
    spot, away = figures.spot_of(analysis), analysis.distances.get(name)
    sigma, touch = (away.sigma, away.touch_probability) if away else (None, None)
    return (
        LABELS[name],
        figures.level(value, spot) if name == "gamma_flip" else figures.strike(value),
        figures.points(value - spot, spot),
        figures.signed(100 * (value / spot - 1), 2),
        "" if sigma is None else f"{abs(sigma):.1f}",
        "" if touch is None else figures.percent(touch),
        margin(analysis.levels, name),
    )


def _with_horizon(head: str, analysis: Analysis, width: int) -> str:
    """Add the date that sigma and touch look forward to."""
    date = horizon(analysis)
    note = f"sigma, touch {date}"
    return head if not date or len(head) + len(note) + 2 > width else f"{head}{note:>{min(width, 80) - len(head)}}"


def horizon(analysis: Analysis) -> str:
    """Say by when: the nearest expiration with a smile; nothing where none has."""
    table = leading(analysis).by_expiration
    rows = zip(table["years"], table["expiration"], table["atm_iv"], strict=True)
    nearest = min(((years, date) for years, date, iv in rows if iv is not None), default=None)
    return f"by {nearest[1]:%m-%d}" if nearest else ""


def margin(levels: Levels, name: str) -> str:
    """Say how sure a level is: a wall by its runner-up, the flip by what moves it."""
    if name == "gamma_flip":
        sure = levels.points_per_1pct_of_gross
        firm = f"{levels.bands.certainty}, " if levels.bands and levels.bands.certainty else ""
        return "" if sure is None else f"{firm}{figures.three_digits(sure)} points per 1% of gross"
    return _over(levels.walls.net.call if name == "call_wall" else levels.walls.net.put)


def _over(wall: Wall | None) -> str:
    if wall is None or wall.margin is None or wall.runner_up is None:
        return "alone on its side"
    return f"{figures.signed(100 * wall.margin, 0)}% over {figures.strike(wall.runner_up)}"


def _others(analysis: Analysis) -> list[str]:
    """Name the levels under other definitions, further crossings, and today's own levels."""
    levels, spot = analysis.levels, figures.spot_of(analysis)
    parts = []
    if levels.absolute_gamma_strike is not None:
        parts.append(f"largest gamma {figures.strike(levels.absolute_gamma_strike)}")
    if levels.high_vol_level is not None:
        parts.append(f"HVL {figures.strike(levels.high_vol_level)}")
    further = [crossing.spot for crossing in levels.gamma_flip_crossings if crossing.spot != levels.gamma_flip]
    if further:
        parts.append("also crosses at " + ", ".join(figures.level(other, spot) for other in further))
    if analysis.zero_dte is not None:
        parts += _brief(analysis.zero_dte.levels, spot)
    return parts


def _brief(levels: Levels, spot: float) -> list[str]:
    shown = [] if levels.gamma_flip is None else [f"flip {figures.level(levels.gamma_flip, spot)}"]
    for tag, wall in (("CW", levels.call_wall), ("PW", levels.put_wall)):
        shown += [] if wall is None else [f"{tag} {figures.strike(wall)}"]
    return ["0DTE " + " ".join(shown)] if shown else []
