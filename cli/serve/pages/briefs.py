"""The few figures of a snapshot that a list of many shows: spot, flip, walls, net gamma."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from gex.cli.render import figures
from gex.cli.render.screen import STATUS
from gex.cli.serve.cache import MISSING
from gex.cli.serve.catalog import moment_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from gex.cli.serve.shelf import Shelf
    from gex.ingest.store import Snapshot
    from gex.results import Analysis, Regime

SIDES: dict[Regime, str] = {"long_gamma": "long gamma", "short_gamma": "short gamma", "near_zero": "sign unknown"}
KINDS: dict[Regime, str] = {"long_gamma": "positive", "short_gamma": "negative", "near_zero": "muted"}
RULER = Markup(
    '<svg class="ruler" viewBox="0 0 300 30" role="img" aria-label="{label}">'
    '<path d="M{low} 15H{flip}" stroke="var(--negative)" stroke-width="3"/>'
    '<path d="M{flip} 15H{high}" stroke="var(--positive)" stroke-width="3"/>{marks}</svg>'
)
FACT = Markup(' data-{}="{}"')
TICK = Markup('<path d="M{x} {top}V{bottom}" stroke="var(--{color})" stroke-width="{width}"{dash}/>')


@dataclass(frozen=True)
class Brief:
    """A snapshot in a few figures; prices in points, gamma in $ per +1%."""

    moment: str
    revision: int
    """Of the snapshots of this moment, from 1: later ones replace it."""
    time: dt.datetime
    spot: float
    net: float
    gross: float
    flip: float | None
    call_wall: float | None
    put_wall: float | None
    regime: Regime
    state: str
    """Of the data, in words."""
    timely: bool
    """Not behind an open market."""

    @property
    def side(self) -> str:
        """Which side of the flip spot is on; dealers' side where there is no flip."""
        if self.flip is None:
            return SIDES[self.regime]
        return "above flip" if self.spot >= self.flip else "below flip"

    def written(self) -> dict[str, str]:
        """Return its figures as they are read: by name."""
        return {
            "clock": f"{self.time.astimezone(figures.NEW_YORK):%H:%M}",
            "spot": figures.price(self.spot),
            "net": figures.dollars(self.net),
            "flip": "none" if self.flip is None else figures.level(self.flip, self.spot),
            "call_wall": _strike(self.call_wall),
            "put_wall": _strike(self.put_wall),
        }

    def facts(self, symbol: str) -> Markup:
        """Return its figures as attributes of an element, by which `live.js` tells two snapshots apart."""
        title = f"{symbol} {figures.price(self.spot)} {self.side}"
        given = {"symbol": symbol, "moment": self.moment, "revision": str(self.revision), "time": self.time.isoformat()}
        words = {**given, "title": title, "price": f"{self.spot:.8g}", **self.written()}
        return Markup("").join(FACT.format(name.replace("_", "-"), value) for name, value in words.items())

    def plain(self) -> dict[str, Any]:
        """Return it as JSON has it, with what its figures are read as."""
        return {**asdict(self), "time": int(self.time.timestamp()), "written": self.written(), "side": self.side}


def brief_of(analysis: Analysis, snapshot: Snapshot) -> Brief:
    """Return the few figures of a snapshot, from its analysis."""
    gamma, levels = analysis.exposure.gamma_usd_per_1pct, analysis.levels
    delay = f" {analysis.delay_minutes:g} min" if analysis.status == "delayed" else ""
    return Brief(
        moment_of(snapshot), snapshot.revision, analysis.quote_time, figures.spot_of(analysis), gamma.net, gamma.gross,
        levels.gamma_flip, levels.call_wall, levels.put_wall, analysis.regime,
        STATUS[analysis.status].capitalize() + delay, analysis.status != "delayed",
    )  # fmt: skip


async def briefs(shelf: Shelf, snapshots: Sequence[Snapshot], seconds: float) -> list[Brief | str | None]:
    """Return the figures of snapshots, one after the other for so long; None of what is left for another time.

    A sentence takes the place of those that cannot be had.
    """
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    found: list[Brief | str | None] = []
    for snapshot in snapshots:
        value = shelf.briefs.peek(("brief", snapshot.place))
        if value is MISSING:
            value = await _made(shelf, snapshot) if loop.time() < end else None
        found.append(value)
    return found


async def _made(shelf: Shelf, snapshot: Snapshot) -> Brief | str | None:
    from gex.cli.serve.problems import problem_of
    from gex.cli.serve.shelf import BusyError

    try:
        return await shelf.kept(("brief", snapshot.place), partial(_make, shelf, snapshot), brief=True)
    except BusyError:
        return None
    except Exception as error:  # noqa: BLE001 (one snapshot must not take the others with it)
        return problem_of(error, shelf.site).detail


def _make(shelf: Shelf, snapshot: Snapshot) -> Brief:
    return brief_of(shelf.analysis_once(snapshot), snapshot)


def ruler(brief: Brief) -> Markup:
    """Return a small picture of where spot stands between the walls, and on which side of the flip."""
    there = [each for each in (brief.put_wall, brief.flip, brief.call_wall, brief.spot) if each is not None]
    low, high = min(there), max(there)
    room = (high - low) or 0.01 * brief.spot

    def x(price: float) -> str:
        return f"{10 + 280 * (price - low) / room:.1f}"

    walls = ((brief.put_wall, "negative"), (brief.call_wall, "positive"))
    marks = [TICK.format(x=x(wall), top=7, bottom=23, color=color, width=2, dash="") for wall, color in walls if wall]
    if brief.flip is not None:
        dash = Markup(' stroke-dasharray="3 2"')
        marks.append(TICK.format(x=x(brief.flip), top=4, bottom=26, color="ink", width=1.5, dash=dash))
    marks.append(TICK.format(x=x(brief.spot), top=1, bottom=29, color="ink", width=3, dash=""))
    words = brief.written()
    label = f"Spot {words['spot']}, flip {words['flip']}, walls {words['put_wall']} and {words['call_wall']}"
    flip = brief.flip if brief.flip is not None else (low if brief.regime == "long_gamma" else high)
    return RULER.format(label=label, low=x(low), flip=x(flip), high=x(high), marks=Markup("").join(marks))


def _strike(value: float | None) -> str:
    return "none" if value is None else figures.strike(value)
