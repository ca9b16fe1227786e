"""The sources of a merged book, each with what it adds and what it says alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned
from gex.results import Analysis, MergedAnalysis

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.results import MergedPart


HEAD = ("BOOK", "spot", "scale", "net {unit}", "gross", "share", "flip alone", "in {common}", "quotes")


def books(analysis: Analysis, terminal: Terminal) -> list[str]:
    """Return a row a source; nothing where there is one only."""
    if not isinstance(analysis, MergedAnalysis):
        return []
    unit, rows = rows_of(analysis)
    head = tuple(name.format(unit=unit, common=analysis.parts[0].analysis.underlying) for name in HEAD)
    head_line, *lines = aligned([head, *rows], "<>>>>>>><")
    return [terminal.paint(head_line, "muted"), *lines]


def rows_of(analysis: MergedAnalysis) -> tuple[str, list[tuple[str, ...]]]:
    """Return the unit of the sources' gamma, and a row each as `HEAD` names its columns."""
    money = figures.Money.spanning([part.analysis.exposure.gamma_usd_per_1pct.gross for part in analysis.parts])
    return money.unit, [_row(part, money) for part in analysis.parts]


def leading(analysis: Analysis) -> Analysis:
    """Return the analysis whose points and smile are used: of a merged book its first source's."""
    return analysis.parts[0].analysis if isinstance(analysis, MergedAnalysis) else analysis


def _row(part: MergedPart, money: figures.Money) -> tuple[str, ...]:
    own = part.analysis
    spot, gamma, flip = figures.spot_of(own), own.exposure.gamma_usd_per_1pct, own.levels.gamma_flip
    return (
        own.underlying,
        figures.price(spot),
        f"{part.scale:.5g}",
        money.alone(gamma.net),
        figures.three_digits(gamma.gross / money.scale),
        figures.percent(part.share_of_gross),
        "none" if flip is None else figures.level(flip, spot),
        "" if flip is None else figures.level(flip * part.scale, spot * part.scale),
        _apart(part),
    )


def _apart(part: MergedPart) -> str:
    """Say when a source's quotes were made: the time, or how far from the first's."""
    minutes = part.minutes_apart
    if not minutes:
        return figures.clock(part.analysis.quote_time, part.analysis.quote_time)
    return f"{figures.signed(minutes, 0)} min" if abs(minutes) < 120 else f"{figures.signed(minutes / 60, 1)} h"


def published(part: MergedPart) -> dict[str, Any]:
    """Return one source of a merged report's JSON."""
    from dataclasses import asdict

    own = part.analysis
    return {
        "underlying": own.underlying,
        "quote_time": own.quote_time,
        "minutes_apart": part.minutes_apart,
        "spot": asdict(own.spot),
        "scale": part.scale,
        "share_of_gross": part.share_of_gross,
        "gamma_usd_per_1pct": asdict(own.exposure.gamma_usd_per_1pct),
        "gamma_flip": own.levels.gamma_flip,
        "call_wall": own.levels.call_wall,
        "put_wall": own.levels.put_wall,
        "positions": own.settings.positions_name,
        "rows_in": own.quality.rows_in,
        "rows_used": own.rows_used,
        "quarantined": dict(sorted(own.quality.quarantined.items())),
        "vendor_check": own.vendor_check and asdict(own.vendor_check),
        "assumptions": own.assumptions,
        "warnings": own.warnings,
        "source": asdict(own.source),
        "settings_fingerprint": own.settings.fingerprint,
        "reasons": {
            name: reason
            for name, reason in own.levels.reasons.items()
            if name in {"gamma_flip", "call_wall", "put_wall"}
        },
    }
