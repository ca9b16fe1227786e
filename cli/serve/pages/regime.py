"""`/regime`: the volatility regime of an evening: each figure with its state, its rank, its year, and what would change it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from markupsafe import Markup
from starlette.routing import Route

from gex.cli.page.html import BEHIND, joined, paragraph, section, table
from gex.cli.render.regime_document import words
from gex.cli.render.regime_screen import ALARMS, ESTIMATORS, LABELS, NO_VALUE, WATCHED, headline, state_of, value_of
from gex.cli.serve import api
from gex.cli.serve.pages.asked import asked, field, form, heading
from gex.cli.serve.pages.frame import Page, page
from gex.cli.serve.records import regime_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request

    from gex.cli.serve.params import Given
    from gex.cli.serve.shelf import Shelf
    from gex.signals.regime import Reading, Regime, Rules

NAMES = {
    "vix_band": "Volatility: VIX",
    "vvix_persistence": "Volatility of volatility: VVIX",
    "vix9d_over_vix": "Term structure, short: VIX9D over VIX",
    "vix_over_vix3m": "Term structure: VIX over VIX3M",
    "variance_premium": "Variance premium: VIX² − RV²",
    "realized_volatility": "Realized volatility of SPX",
    "credit_speed": "Credit: change of the high-yield spread",
}
CARD = Markup(
    '<article class="card {kind}" id="{name}">\n<h3>{label}</h3>\n<p class="value">{value}</p>\n'
    '<p class="state">{state}</p>\n<ul>{notes}</ul>\n{strip}</article>\n'
)
STRIP = Markup('<div class="strip">{}</div>\n')
SIGNS = {"alarmed": "▲ ", "watched": "△ ", "unknown": "? ", "": "○ "}
FILES = Markup('<p class="note">As a file: {}.</p>\n')
LINK = Markup('<a href="{address}">{text}</a>')
HEAD = ["Figure", "State", "Value", "Since", "Days", "Percentile", "Of days before", "Last day"]


async def regime(request: Request, shelf: Shelf) -> Page:
    """Return the page."""
    given = asked(request, (), (api.AS_OF,))
    found, _ = await regime_of(shelf, given["as_of"])
    histories = await shelf.aside(shelf.histories)
    key = ("regime page", given["as_of"], histories and histories.stamp)
    return Page("Regime", await shelf.kept(key, partial(body, found, given)), tab="regime")


def body(found: Regime, given: Given) -> Markup:
    """Return the inside of the page."""
    from gex.signals.regime import Rules

    rules = Rules()
    told = headline(found)
    return joined([
        heading("Volatility regime", paragraph(f"{told}.", "finding"), form("Evening", field("Evening", "as_of", given["as_of"]))),
        section("states", "States", _cards(found, rules), paragraph(_notes(rules), "note")),
        section("changes", "What the next close would change", _changes(found), kind="half"),
        section("realized", "Realized volatility by estimator", _realized(found, rules), kind="half"),
        section("figures", "All figures", BEHIND.format(_table(found)), _files(found)),
    ])  # fmt: skip


def kind_of(reading: Reading) -> str:
    """Return how a card looks: by whether its state is one to mind."""
    if not reading.current:
        return "unknown"
    return "alarmed" if reading.state in ALARMS else "watched" if reading.state in WATCHED else ""


def _cards(found: Regime, rules: Rules) -> Markup:
    return Markup('<div class="cards strips">\n{}</div>\n').format(
        joined(_card(found, rules, each) for each in found.readings)
    )


def _card(found: Regime, rules: Rules, reading: Reading) -> Markup:
    from gex.cli.render.regime_picture import strip
    from gex.plot.theme import PAGE

    kind = kind_of(reading)
    drawn = strip(found, rules, reading, PAGE)
    return CARD.format(
        kind=kind,
        name=reading.name,
        label=NAMES[reading.name],
        value=NO_VALUE if reading.value is None else value_of(reading),
        state=_state(reading, kind),
        notes=joined(Markup("<li>{}</li>").format(note) for note in notes_of(reading)),
        strip=STRIP.format(Markup(drawn.inline())) if drawn else "",  # noqa: S704 (escaped by the drawing)
    )


def _state(reading: Reading, kind: str) -> str:
    """Say the state with its sign; one that is old as of its own last day."""
    if reading.value is None:
        return f"{SIGNS[kind]}unknown"
    if reading.state is None:
        return "has no states"
    return f"{SIGNS[kind]}{state_of(reading)}" + (f" on {reading.date}" if reading.stale else "")


def notes_of(reading: Reading) -> Iterator[str]:
    """Say since when, where the figure stands among its past, and what would change its state."""
    if reading.reason:
        yield reading.reason
    if reading.since:
        yield f"since {reading.since}, {reading.sessions:,} day{'' if reading.sessions == 1 else 's'}"
    if reading.percentile is not None:
        yield f"percentile {reading.percentile:.0f} of {reading.ranked:,} days before"
    if reading.current:
        yield from (f"next close: {words(change)}" for change in reading.changes)


def _changes(found: Regime) -> Markup:
    rows = [
        [LABELS[reading.name], state_of(reading), words(change)]
        for reading in found.readings
        if reading.current
        for change in reading.changes
    ]
    if not rows:
        return paragraph("No level of the next close would change a state that is known.", "none")
    return table(
        "Levels of the next close, and the state each leads to", ["Figure", "Now", "A close of"], rows, words=3
    )


def _realized(found: Regime, rules: Rules) -> Markup:
    if not found.realized:
        return paragraph("It cannot be told: SPX is missing, or its history is too short.", "none")
    rows = ([ESTIMATORS[name], f"{value:.1f}"] for name, value in found.realized.items())
    return table(f"Over {rules.window} days", ["Estimator", "% a year"], rows)


def _table(found: Regime) -> Markup:
    rows = (
        [
            LABELS[each.name],
            state_of(each),
            NO_VALUE if each.value is None else value_of(each),
            *(NO_VALUE if value is None else f"{value}" for value in (each.since, each.sessions)),
            NO_VALUE if each.percentile is None else f"{each.percentile:.0f}",
            f"{each.ranked:,}" if each.ranked else NO_VALUE,
            NO_VALUE if each.date is None else f"{each.date}",
        ]
        for each in found.readings
    )
    return table(f"After the close of {found.as_of}", HEAD, rows, words=2)


def _notes(rules: Rules) -> str:
    return (
        f"The year to the evening; shaded: {', '.join(sorted(ALARMS))}, lighter: {', '.join(sorted(WATCHED))}; dashed: where "
        f"states meet. VVIX is confirmed by {rules.vvix_closes} closes in a row above {rules.vvix_above:g}. VIX² − RV² in %² a "
        f"year, RV over {rules.window} returns of SPX about zero. The spread's change is over {rules.credit_over} values, known a "
        "weekday late. Thresholds are rules of thumb of the street, not estimates."
    )


def _files(found: Regime) -> Markup:
    links = (
        LINK.format(address=f"{api.ROOT}/regime/table.{kind}?as_of={found.as_of}", text=text)
        for kind, text in (("csv", "CSV"), ("json", "JSON"), ("parquet", "Parquet"))
    )
    return FILES.format(Markup(", ").join(links))


ROUTES = [Route("/regime", page(regime))]
