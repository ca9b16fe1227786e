"""Where the last session of a series stands: a card a figure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import joined, section
from gex.cli.page.panels.cards import CARD
from gex.cli.render import figures
from gex.cli.render.history_screen import ABOVE, GROSS, NET, TODAY
from gex.cli.serve.pages.series_panels import measure_of, ranked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gex.cli.render.history_screen import Shown

CARDS = {NET: "Net gamma", ABOVE: "Spot above the flip", GROSS: "Gross gamma", TODAY: "0DTE share of gross"}
GRID = Markup('<div class="cards">\n{}</div>\n')


def standing(shown: Shown) -> Markup:
    """Return the cards of the last session."""
    cards = GRID.format(joined(_card(shown, name) for name in CARDS))
    return section("standing", f"Where the session of {shown.rows[-1]['quote_date']} stands", cards)


def _card(shown: Shown, name: str) -> Markup:
    row, measure = shown.rows[-1], measure_of(name, [shown.rows[-1][name]])
    value = row[name]
    if value is None:
        why = shown.reasons[-1].get(name) or shown.reasons[-1].get("gamma_flip", "there is none")
        return CARD.format(name=name, kind="unknown", label=CARDS[name], value="none", notes=_items([why]))
    money = measure.scale >= 1e6
    text = figures.dollars(value) if money else measure(value)
    kind = "unknown" if row.get("regime") == "near_zero" and name == NET else _kind(name, value)
    unit = " per +1%" if money else ""
    return CARD.format(
        name=name, kind=kind, label=CARDS[name], value=(text if measure.signed else text.removeprefix("+")) + unit,
        notes=_items(_notes(shown, name)),
    )  # fmt: skip


def _kind(name: str, value: float) -> str:
    return ("positive" if value >= 0 else "negative") if name in {NET, ABOVE} else "neutral"


def _notes(shown: Shown, name: str) -> Iterator[str]:
    """Say where a figure stands among its past, and how it moved."""
    row, reasons = shown.rows[-1], shown.reasons[-1]
    if row[f"{name}_percentile"] is None:
        yield f"no percentile: {reasons.get(f'{name}_percentile', 'none')}"
    else:
        score = row[f"{name}_zscore"]
        yield from (f"{text} sessions before" for text in ranked(row, name))
        if score is not None:
            yield f"{figures.signed(score, 1)} standard deviations from their mean"
    if row.get(f"{name}_change") is not None:
        yield f"{figures.dollars(row[f'{name}_change'])} since {row['previous_date']}"
    if name == NET and row.get("regime") == "near_zero":
        yield "near zero: its sign is unknown"


def _items(notes: Iterator[str] | list[str]) -> Markup:
    return joined(Markup("<li>{}</li>").format(note) for note in notes)
