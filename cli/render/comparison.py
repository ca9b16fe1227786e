"""Published levels beside ours: a screen, a document, rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gex.cli.render import figures
from gex.cli.render.terminal import aligned, flow
from gex.definitions import BY_KEY

if TYPE_CHECKING:
    from gex.cli.render.terminal import Terminal
    from gex.compare import Compared, Comparison, Reading

BEST = 5
"""Conventions listed."""
SCOPES = {"all": "all", "0dte": "0DTE", "ex-0dte": "not 0DTE", "next": "next", "monthly": "monthly", "7d": "7 days"}


def screen(comparison: Comparison, vendor: str, terminal: Terminal) -> str:
    """Return the differences, the conventions that come nearest, and what could not be compared."""
    book = comparison.book
    facts = [f"{len(comparison.rows)} values by {vendor}", f"spot {figures.price(book.spot)}"]
    head = f"{book.underlying}  {figures.moment(book.quote_time)}   " + " · ".join(facts)
    return (
        "\n".join(
            [
                terminal.paint(head, "ink", bold=True),
                "",
                *_differences(comparison, terminal),
                *_conventions(comparison, terminal),
                *_others(comparison, terminal),
            ]
        )
        + "\n"
    )


def _moment(comparison: Comparison, terminal: Terminal) -> list[str]:
    """Say at which spot the levels were published, and whether that was another moment."""
    spot = comparison.published_spot
    if spot is None:
        return []
    if comparison.same_moment:
        return [f"published with spot at {figures.price(spot)}"]
    text = f"published with spot at {figures.price(spot)}, at another moment: the differences say little"
    return [terminal.paint(text, "alert")]


def _differences(comparison: Comparison, terminal: Terminal) -> list[str]:
    rows: list[tuple[str, ...]] = [("LEVEL", "published", "ours", "diff", "nearest under", "value", "as near")]
    rows += [_row(row, comparison.book.spot) for row in comparison.rows if row.tried]
    tables = (aligned([row[:columns] for row in rows], "<>>><>>"[:columns]) for columns in (7, 6, 5))
    lines = next((table for table in tables if max(map(len, table)) <= terminal.width), None)
    lines = lines or aligned([row[:5] for row in rows], "<>>><")
    return [terminal.paint(lines[0], "muted"), *lines[1:]]


def _row(row: Compared, spot: float) -> tuple[str, ...]:
    ours, nearest = row.ours, row.nearest
    return (
        row.published.name,
        _value(row.published.value, row, spot),
        _value(ours.value, row, spot) if ours else "–",
        _difference(ours, spot),
        _convention(nearest) if nearest else "",
        _value(nearest.value, row, spot) if nearest else "–",
        f"{row.as_near} of {row.tried}",
    )


def _value(value: float | None, row: Compared, spot: float) -> str:
    if value is None:
        return "–"
    if not BY_KEY[row.published.means.key or ""].is_level:
        return figures.dollars(value)
    return figures.strike(value) if value == round(value, 2) else figures.level(value, spot)


def _difference(reading: Reading | None, spot: float) -> str:
    if reading is None:
        return "–"
    if not BY_KEY[reading.key].is_level:
        return figures.dollars(reading.difference)
    return figures.signed(reading.difference, 1 if spot >= 1000 else 2)


def _convention(reading: Reading) -> str:
    return f"{reading.convention}, {SCOPES.get(reading.scope, reading.scope)}"


def _conventions(comparison: Comparison, terminal: Terminal) -> list[str]:
    """List the conventions that come nearest to all levels together."""
    scores = comparison.scores[:BEST]
    if not scores:
        return []
    rows = [
        (
            f"  {score.convention}, {SCOPES.get(score.scope, score.scope)}",
            f"{score.mean_distance:.2f}",
            "points",
            f"{score.same} of {score.levels} the same",
        )
        for score in scores
    ]
    title = f"Nearest to all {scores[0].levels} levels together, by mean distance"
    return ["", terminal.paint(title, "ink", bold=True), *aligned(rows, "<><<")]


def _others(comparison: Comparison, terminal: Terminal) -> list[str]:
    """Say what other definitions would give, what was not compared, and what could not be tried."""
    lines = [
        f"{row.published.name}: {figures.strike(row.other.value)} is {BY_KEY[row.other.key].vendor} "
        f"{BY_KEY[row.other.key].name} ({_convention(row.other)})"
        for row in comparison.rows
        if row.other
    ]
    parts = [_titled("Under another definition", lines, terminal)]
    reasons: dict[str, list[str]] = {}
    for row in comparison.rows:
        if row.reason and row.published.means.kind != "spot":
            reasons.setdefault(row.reason, []).append(row.published.name)
    parts.append(
        _titled("Not compared", [f"{', '.join(names)}: {reason}" for reason, names in reasons.items()], terminal)
    )
    parts.append(_titled("Not tried", [f"{name}: {reason}" for name, reason in comparison.left_out.items()], terminal))
    return [line for part in parts for line in part]


def _titled(title: str, lines: list[str], terminal: Terminal) -> list[str]:
    if not lines:
        return []
    flowed = [out for line in lines for out in flow([f"  {line}"], terminal.width, indent="    ")]
    return ["", terminal.paint(title, "ink", bold=True), *flowed]


def document(comparison: Comparison, vendor: str) -> dict[str, Any]:
    """Return the comparison as a document; `gex.cli.render.document.jsonable` turns its times into JSON's."""
    book = comparison.book
    return {
        "underlying": book.underlying,
        "quote_time": book.quote_time,
        "spot": book.spot,
        "published_spot": comparison.published_spot,
        "same_moment": comparison.same_moment,
        "vendor": vendor,
        "settings": book.settings.as_dict() | {"fingerprint": book.settings.fingerprint},
        "levels": [_published(row) for row in comparison.rows],
        "conventions": [asdict(score) for score in comparison.scores],
        "left_out": comparison.left_out,
        "skipped": list(comparison.text.skipped),
    }


def _published(row: Compared) -> dict[str, Any]:
    definition = BY_KEY.get(row.published.means.key or "")
    return {
        "name": row.published.name,
        "published": row.published.value,
        "key": definition and definition.key,
        "unit": definition and definition.unit,
        "ours": row.ours and asdict(row.ours),
        "nearest": row.nearest and asdict(row.nearest),
        "as_near": row.as_near,
        "tried": row.tried,
        "other": row.other and asdict(row.other),
        "reason": row.reason,
    }


def rows(comparison: Comparison, vendor: str) -> list[dict[str, Any]]:
    """Return a row a published value."""
    book = comparison.book
    whose = {"underlying": book.underlying, "quote_time": book.quote_time, "spot": book.spot, "vendor": vendor}
    return [whose | _flat(_published(row)) for row in comparison.rows]


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    ours, nearest, other = (values.pop(name) or {} for name in ("ours", "nearest", "other"))
    return values | {
        "ours": ours.get("value"),
        "difference": ours.get("difference"),
        "nearest": nearest.get("value"),
        "nearest_difference": nearest.get("difference"),
        "nearest_convention": nearest.get("convention"),
        "nearest_scope": nearest.get("scope"),
        "other": other.get("value"),
        "other_key": other.get("key"),
    }
