"""Where else one can go from a snapshot or a day: menus of dates and times, and the steps before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from gex.cli.page.html import joined
from gex.cli.render import figures
from gex.cli.serve.catalog import moment_of
from gex.cli.serve.pages.frame import at, menu

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from gex.cli.serve.catalog import Listed
    from gex.ingest.store import Snapshot

NEAR = 20
"""Dates in a menu on either side of the shown one; a page of its own has all."""
STEP = Markup('<a class="step" rel="{rel}" href="{address}"><span aria-hidden="true">{arrow}</span>{label}</a>\n')
NO_STEP = Markup('<span class="step" aria-hidden="true">{}</span>\n')


def of_snapshot(listed: Listed, shown: Snapshot) -> Markup:
    """Return the menus of a snapshot's date and time, and the steps to those beside it."""
    times = [(clock(each), page_of(each)) for each in reversed(listed.of(shown.quote_date))]
    ends = {each.quote_date: each for each in listed.snapshots}
    dates = date_menu(listed, shown.quote_date, {date: page_of(last) for date, last in ends.items()})
    place = listed.snapshots.index(shown)
    beside = (listed.snapshots[max(place - 1, 0) : place], listed.snapshots[place + 1 : place + 2])
    return joined([dates, menu("Time, New York", clock(shown), times), *_steps(shown, *beside)])


def of_day(listed: Listed, date: dt.date) -> Markup:
    """Return the menu of a day's date, and the steps to the days beside it."""
    dates = listed.dates
    addresses = {each: at("/replay/{symbol}/{date}", listed.snapshots[0].symbol, each) for each in dates}
    place = dates.index(date)
    early, late = dates[max(place - 1, 0) : place], dates[place + 1 : place + 2]
    steps = (
        _step(rel, arrow, addresses[found[0]] if found else None, f"{found[0]:%a %Y-%m-%d}" if found else "")
        for rel, arrow, found in (("prev", "‹", early), ("next", "›", late))
    )
    return joined([date_menu(listed, date, addresses), *steps])


def date_menu(listed: Listed, shown: dt.date, addresses: dict[dt.date, str]) -> Markup:
    """Return the menu of the dates near one, the last first."""
    dates = listed.dates
    place = dates.index(shown)
    near = reversed(dates[max(place - NEAR, 0) : place + NEAR + 1])
    items = [(named(date), addresses[date]) for date in near]
    every = ("All dates", at("/days/{symbol}", listed.snapshots[0].symbol))
    return menu("Date, New York", named(shown), [*items, every])


def page_of(snapshot: Snapshot) -> str:
    """Return the address of a snapshot's page."""
    return at("/s/{symbol}/", snapshot.symbol) + moment_of(snapshot)


def named(date: dt.date) -> str:
    """Return a date with its weekday."""
    return f"{date:%a %Y-%m-%d}"


def clock(snapshot: Snapshot) -> str:
    """Return a snapshot's New York time, with seconds where it has any."""
    local = snapshot.quote_time.astimezone(figures.NEW_YORK)
    return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"


def _steps(shown: Snapshot, early: Sequence[Snapshot], late: Sequence[Snapshot]) -> Iterator[Markup]:
    for rel, arrow, found in (("prev", "‹", early), ("next", "›", late)):
        label = figures.clock(found[0].quote_time, shown.quote_time) if found else ""
        yield _step(rel, arrow, page_of(found[0]) if found else None, label)


def _step(rel: str, arrow: str, address: str | None, label: str) -> Markup:
    if address is None:
        return NO_STEP.format(arrow)
    spoken = Markup('<span class="visually-hidden">{} {}</span>').format(
        "Earlier:" if rel == "prev" else "Later:", label
    )
    return STEP.format(rel=rel, address=address, arrow=arrow, label=spoken)
